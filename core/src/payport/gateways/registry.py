"""Which gateways there are: found by entry point, examined one by one, used or refused with a reason.

An entry point of the group `payport.gateways` names one gateway's module, and is called as the gateway's id.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Final

from payport.errors import Defect, PluginRefused
from payport.gateways.examined import examine_contracts, examine_hooks, examine_info, refused
from payport.gateways.facade import Gateway
from payport.gateways.guard import Guard, describe_error
from payport.gateways.installed import distribution_of, installed, offered_twice
from payport.gateways.library import ContractLibrary

__all__ = ["ContractLibrary", "Refused", "Registry", "discover"]

_GROUP: Final = "payport.gateways"
_SLOW: Final = 1.0  # seconds, of an import
_IMPORT_SECONDS: Final = 30.0
_DESCRIBE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Refused:
    """A plugin that is installed and not used."""

    name: str
    distribution: str
    version: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The gateways that may be used, by id, and those that may not."""

    gateways: Mapping[str, Gateway]
    refused: tuple[Refused, ...]

    def get(self, name: str) -> Gateway:
        """Raises PluginRefused, with the reason, if it is not installed or not used."""
        gateway = self.gateways.get(name)
        if gateway is not None:
            return gateway
        for entry in self.refused:
            if entry.name == name:
                raise refused(name, entry.reason, entry.remedy)
        raise refused(name, "not installed", "Install the distribution that offers it")


def discover(*, contracts: ContractLibrary, entry_points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load and examine every plugin. Whatever one of them does, the others are used.

    Two that claim one id are both refused, without being imported.
    """
    points = installed(_GROUP) if entry_points is None else tuple(entry_points)
    claims = offered_twice(points)
    gateways: dict[str, Gateway] = {}
    turned_away: list[Refused] = []
    for point in points:
        try:
            if point.name in claims:
                raise refused(point.name, f"offered by {claims[point.name]}; none is used", "Uninstall one")
            gateways[point.name] = _gateway(point, contracts)
        except PluginRefused as error:
            turned_away.append(Refused(point.name, *distribution_of(point), error.problem, error.remedy))
    return Registry(MappingProxyType(gateways), tuple(turned_away))


def _gateway(point: EntryPoint, library: ContractLibrary) -> Gateway:
    guard = Guard(point.name)
    plugin, notes = _load(point, guard)
    try:
        manager, capabilities = guard.within(_DESCRIBE_SECONDS, lambda: examine_hooks(plugin, point.name))
        described = guard.within(_DESCRIBE_SECONDS, manager.hook.describe)
    except PluginRefused:
        raise
    except Exception as error:
        raise refused(
            point.name, f"describe() {_fault(error)}", "It is read at discovery, and does no I/O"
        ) from None
    info = examine_info(described[0] if described else None, point.name, capabilities)
    distribution, version = distribution_of(point)
    return Gateway(
        info=info,
        contracts=MappingProxyType(dict(examine_contracts(info, library, capabilities))),
        capabilities=capabilities,
        distribution=distribution,
        version=version,
        notes=notes,
        guard=guard,
        hooks=manager.hook,
    )


def _load(point: EntryPoint, guard: Guard) -> tuple[object, tuple[str, ...]]:
    """The plugin, and what is odd about its import."""
    printed, begun = io.StringIO(), time.monotonic()
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            plugin = guard.within(_IMPORT_SECONDS, point.load)
    except Exception as error:
        raise refused(point.name, f"its import {_fault(error)}", f"Try `import {point.module}`") from None
    seconds = time.monotonic() - begun
    notes = []
    if seconds > _SLOW:
        notes.append(f"its import took {seconds:.1f} s")
    if printed.getvalue():
        notes.append("its import prints")
    return plugin, tuple(notes)


def _fault(error: Exception) -> str:
    return f"failed: {error.problem}" if isinstance(error, Defect) else f"raised {describe_error(error)}"
