"""Starts calls at one moment, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any, Final

__all__ = ["at_once"]

_LONGEST: Final = 60  # seconds; then the test fails


def at_once(*calls: Callable[[], Any]) -> Sequence[Any]:
    """Their results or errors, in the calls' order."""
    start = Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[place] = call()
        except Exception as error:
            results[place] = error

    threads = [Thread(target=run, args=item, daemon=True) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_LONGEST)
        assert not thread.is_alive(), "a call has not come back"
    return results
