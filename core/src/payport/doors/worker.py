"""`payport worker`: does the work that is due until it is told to stop. Any number may run at once."""

from __future__ import annotations

import logging
import signal
from threading import Event
from types import FrameType
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from payport.doors.host import Payport

__all__ = ["run_worker", "stopped_by_signals"]

_AFTER_AN_ERROR: Final = 5.0
_log = logging.getLogger("payport.worker")


def run_worker(shop: Payport, *, every: float = 1.0, stop: Event) -> None:
    """Work in rounds, `every` seconds apart while nothing is due. A database that is away is waited for.

    A round is one unit of each kind, so that a gateway that answers slowly keeps no order waiting.

    Args:
        stop: ends the loop after the unit in hand; see `stopped_by_signals`.
    """
    while not stop.is_set():
        try:
            done = shop.work(limit=1)
            pause = every if done.idle or done.failed else 0.0
        except SQLAlchemyError as error:  # also a pool without a free connection
            _log.error("no work done: %s", type(error).__name__)
            pause = max(every, _AFTER_AN_ERROR)
        stop.wait(pause)


def stopped_by_signals() -> Event:
    """An event that SIGTERM and SIGINT set, from now on."""
    ending = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return ending
