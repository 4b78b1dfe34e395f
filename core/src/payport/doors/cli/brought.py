"""Commands that other distributions bring: entry points of the group `payport.commands`.

Each names a command, and the function or cyclopts `App` that it calls. None is loaded before it is called, so
that one which cannot be loaded harms no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, Final

from payport.errors import ConfigurationError
from payport.gateways.guard import describe_error
from payport.gateways.installed import distribution_of, installed, offered_twice

__all__ = ["GROUP", "KIT", "Offer", "command_of", "offers"]

GROUP: Final = "payport.commands"
KIT: Final[Mapping[str, str]] = {
    "new-plugin": "Make a new gateway plugin, which runs and waits to be filled in.",
    "audit": "Write the auditor's report, or re-verify stored callbacks.",
}
"""Commands of the conformance kit, with what each is for: known before the kit is installed."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_INSTALL_KIT: Final = "Install payport-contracts[kit]"


@dataclass(frozen=True, slots=True)
class Offer:
    """One command that is offered. `points`: by whom; there is more than one only where they disagree.

    None at all: it is one of the kit's, which is not installed.
    """

    name: str
    points: tuple[EntryPoint, ...]

    @property
    def place(self) -> str:
        return self.points[0].value if self.points else f"{__name__}:KIT"

    @property
    def words(self) -> str:
        if not self.points:
            return f"{KIT[self.name]} Not installed: {_INSTALL_KIT.lower()}."
        return KIT.get(self.name, f"Comes with {' '.join(distribution_of(self.points[0]))}.")


def offers(points: Iterable[EntryPoint] | None = None) -> tuple[Offer, ...]:
    """Every command that is offered, by name; those of the kit always. `points`: all that are installed."""
    found: dict[str, list[EntryPoint]] = {name: [] for name in KIT}
    for point in installed(GROUP) if points is None else points:
        if _NAME.fullmatch(point.name):  # any other could be an option of ours, and take all down
            found.setdefault(point.name, []).append(point)
    return tuple(Offer(name, tuple(found[name])) for name in sorted(found))


def command_of(offer: Offer) -> Any:
    """Raises: ConfigurationError, naming the distribution that cannot be used, and why."""
    if not offer.points:
        raise _unusable(offer, "comes with the conformance kit, which is not installed", _INSTALL_KIT)
    if len(offer.points) > 1:
        both = offered_twice(offer.points)[offer.name]
        raise _unusable(offer, f"is offered by {both}; none of them is used", "Uninstall one of them")
    owner = " ".join(distribution_of(offer.points[0]))
    try:
        command = offer.points[0].load()
    except ModuleNotFoundError as error:
        remedy = _INSTALL_KIT if offer.name in KIT else f"Install what {owner} needs"
        raise _unusable(offer, f"{owner} lacks the module {error.name}", remedy) from None
    except (Exception, SystemExit) as error:
        problem = f"{owner} cannot be loaded: {describe_error(error)}"
        raise _unusable(offer, problem, "Tell its author, with this line") from None
    if not callable(command):
        problem = f"{owner} offers {type(command).__name__}, which cannot be called"
        raise _unusable(offer, problem, "Tell its author, with this line")
    return command


def _unusable(offer: Offer, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=f"payport {offer.name}", problem=problem, remedy=remedy)
