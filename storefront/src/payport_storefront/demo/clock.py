"""The demo's clock: real time and a lead over it, which only grows and outlives the process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from payport_storefront.demo.folder import DemoRefused, write_private
from payport_web.languages import msg

__all__ = ["CannotMove", "DemoClock"]

_SECOND: Final = timedelta(seconds=1)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


class CannotMove(Exception):
    """The clock stays as it is; the words are for whoever tried."""


class DemoClock:
    """Gives aware UTC to all of the demo: seller, doors, shop and gateway. Safe to share between threads.

    The lead over real time is kept in `file`, in whole seconds: what was granted in a later year would
    otherwise lie in the future of the next run.

    Args:
        file: made at the first move.
        real: the time of the machine.
    Raises: DemoRefused, where the file holds no lead.
    """

    def __init__(self, file: Path, *, real: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file, self._real, self._moving = file, real, Lock()
        self._ahead = _read(file, real())

    def __call__(self) -> datetime:
        return self._real() + self._ahead

    @property
    def ahead(self) -> timedelta:
        return self._ahead

    def move_on(self, days: int) -> None:
        """Raises: CannotMove."""
        with self._moving:
            self._lead(self._ahead + timedelta(days=days))

    def move_to(self, at: datetime) -> None:
        """To this instant, or less than a second after it. Raises: CannotMove."""
        with self._moving:
            missing = at - self._real()
            self._lead(-(-missing // _SECOND) * _SECOND)

    def _lead(self, ahead: timedelta) -> None:
        if ahead < self._ahead:
            raise CannotMove(msg("Time does not run back: begin anew with --fresh."))
        if ahead >= _LATEST - self._real():
            raise CannotMove(msg("The demo's time ends with the year 2099: begin anew with --fresh."))
        write_private(self._file, f"{ahead // _SECOND}\n")
        self._ahead = ahead


def _read(file: Path, now: datetime) -> timedelta:
    try:
        seconds = int(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return timedelta()
    except ValueError:
        seconds = -1
    if not 0 <= seconds < (_LATEST - now).total_seconds():
        raise DemoRefused(f"{file} does not say how far the demo's clock is ahead. Begin anew with --fresh")
    return timedelta(seconds=seconds)
