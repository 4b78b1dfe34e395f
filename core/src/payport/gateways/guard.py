"""Time limits for code that is not ours: it runs in another thread, and is waited for so long.

Python cannot stop a thread. One that does not come back is left behind: a daemon, so that it keeps no process
alive. It is counted; a gateway that has left too many behind is not called again until some have come back.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import PurePath
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from payport.errors import Defect

__all__ = ["Guard", "describe_error"]

_MOST_ABANDONED: Final = 8
_Value = TypeVar("_Value")


class Guard:
    """Runs the code of one gateway. `abandoned` is how many of its calls are over time and still running."""

    def __init__(self, name: str, *, most_abandoned: int = _MOST_ABANDONED) -> None:
        self._name, self._most_abandoned = name, most_abandoned
        self._late: list[Future[Any]] = []
        self._lock = threading.Lock()

    @property
    def abandoned(self) -> int:
        with self._lock:
            self._late = [call for call in self._late if not call.done()]
            return len(self._late)

    def within(self, seconds: float, function: Callable[[], _Value]) -> _Value:
        """The function's value; what it raises is raised here.

        Raises: Defect, if it is not back in time, or raises what is not an Exception (SystemExit …).
        """
        if self._late and self.abandoned >= self._most_abandoned:
            raise self._defect(f"{self._most_abandoned} calls never returned", "Restart the process")
        call: Future[_Value] = Future()
        worker = _take()
        worker.begin(function, call)
        try:
            error = call.exception(max(seconds, 0))
        except TimeoutError:
            with self._lock:
                self._late.append(call)
            call.add_done_callback(lambda _: _idle.append(worker))
            raise self._defect(f"not back within {seconds:.3g} s", "Find what it waits for") from None
        _idle.append(worker)
        if error is None:
            return call.result()
        if isinstance(error, Exception):
            raise error
        raise self._defect(
            f"raised {describe_error(error)}", "Raise an Exception, or return a value"
        ) from None

    def _defect(self, problem: str, remedy: str) -> Defect:
        return Defect(field=self._name, problem=problem, remedy=remedy)


class _Worker:
    """A daemon thread that does one call after another."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._work, name="payport gateway", daemon=True).start()

    def begin(self, function: Callable[[], _Value], call: Future[_Value]) -> None:
        context = contextvars.copy_context()

        def settle() -> None:
            try:
                value = context.run(function)
            except BaseException as error:
                call.set_exception(error)
            else:
                call.set_result(value)

        self._calls.put(settle)

    def _work(self) -> None:
        while True:
            self._calls.get()()


def _take() -> _Worker:
    try:
        return _idle.pop()
    except IndexError:
        return _Worker()


_idle: Final[list[_Worker]] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a child process has none of its parent's threads


def describe_error(error: BaseException) -> str:
    """Type and place, as in "KeyError at saomai.py:57". Never the error's words: they may hold a secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    kind = type(error).__name__
    if trace is None:
        return kind
    return f"{kind} at {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
