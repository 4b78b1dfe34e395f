"""`payport worker`: does the work that is due until it is told to stop. Any number may run at once."""

from __future__ import annotations

import logging
import signal
from threading import Event
from types import FrameType
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from payport.doors.host import Payport
from payport.errors import ConfigurationError

__all__ = ["reloaded_by_signal", "run_worker", "stopped_by_signals"]

_AFTER_AN_ERROR: Final = 5.0
_log = logging.getLogger("payport.worker")


def run_worker(shop: Payport, *, every: float = 1.0, stop: Event, reload: Event | None = None) -> None:
    """Work in rounds, `every` seconds apart while nothing is due. A database that is away is waited for.

    A round is one unit of each kind, so that a gateway that answers slowly keeps no order waiting.

    Args:
        stop: ends the loop after the unit in hand; see `stopped_by_signals`.
        reload: has the catalogs read again before the next round; see `reloaded_by_signal`.
    """
    while not stop.is_set():
        if reload is not None and reload.is_set():
            reload.clear()
            _reload(shop)
        try:
            done = shop.work(limit=1, stopping=stop.is_set)
            # what fails, as a receiver that says no, slows down nothing that can be done
            pause = 0.0 if done.asked + done.expired + done.refunds + done.delivered else every
        except SQLAlchemyError as error:  # also a pool without a free connection
            _log.error("no work done: %s", type(error).__name__)
            pause = max(every, _AFTER_AN_ERROR)
        stop.wait(pause)


def stopped_by_signals() -> Event:
    """An event that SIGTERM and SIGINT set, from now on."""
    return _set_by(signal.SIGTERM, signal.SIGINT)


def reloaded_by_signal() -> Event:
    """An event that SIGHUP sets, from now on; where there is no such signal, nothing does."""
    hangup = getattr(signal, "SIGHUP", None)
    return _set_by() if hangup is None else _set_by(hangup)


def _set_by(*numbers: int) -> Event:
    told = Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    for number in numbers:
        signal.signal(number, tell)
    return told


def _reload(shop: Payport) -> None:
    try:
        listed = shop.reload_catalogs()
    except ConfigurationError as error:
        _log.error("catalogs not read again, the old ones stay in force: %s", error)
    except SQLAlchemyError as error:
        _log.error("catalogs not read again, the old ones stay in force: %s", type(error).__name__)
    else:
        _log.info("catalogs read again: %s", ", ".join(catalog.version for catalog in listed))
