"""The command line as part of a host's own: with the host's configuration, and with its functions.

`payport worker` alone knows no function of a host. Run by the host, it tells them of events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.gateways.observers import Observer
    from payport.rules.payment import Payment
    from payport.service.seller import Refusal
    from payport.service.subscribers import Listener

__all__ = ["HostOfCommands", "host_of_commands", "run_command"]


@dataclass(frozen=True, slots=True)
class HostOfCommands:
    """Whose command runs: the file that is read where `--config` names none, and how a seller is opened."""

    config: Path
    opening: Callable[[Path], Payport]


_HOST: Final[ContextVar[HostOfCommands | None]] = ContextVar("_HOST", default=None)


def host_of_commands() -> HostOfCommands | None:
    """None: `payport` was called by itself."""
    return _HOST.get()


def run_command(
    arguments: Sequence[str],
    *,
    config: str | Path,
    observers: Iterable[Observer] = (),
    may_initiate: Callable[[Payment], Refusal | None] | None = None,
    subscribers: Mapping[str, Listener] | None = None,
) -> int:
    """Run one command of `payport` in this process, as a command of the host's own; its exit status.

    Args:
        arguments: what would stand behind `payport`, as in ["worker", "--once"].
        config: the payport.toml that is read where the arguments name none.
        observers, may_initiate, subscribers: as for `Payport.from_config`; a worker tells these subscribers.
    """
    from payport.doors.cli import main  # noqa: PLC0415 - it imports this
    from payport.doors.host import Payport  # noqa: PLC0415

    told = tuple(observers)

    def opening(path: Path) -> Payport:
        return Payport.from_config(path, observers=told, may_initiate=may_initiate, subscribers=subscribers)

    token = _HOST.set(HostOfCommands(Path(config), opening))
    try:
        return main(arguments)
    finally:
        _HOST.reset(token)
