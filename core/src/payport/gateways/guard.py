"""Time limits for code that is not ours: it runs in another thread, and is waited for so long.

Python cannot stop a thread. One that does not come back is left behind: a daemon, so that it keeps no process
alive. It is counted; a gateway that has left too many behind is not called again until some have come back.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable
from pathlib import PurePath
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeAlias, TypeVar

import pluggy

from payport.errors import Defect

__all__ = ["Guard", "describe_error"]

_MOST_ABANDONED: Final = 8
_CORE: Final = str(PurePath(__file__).parents[1])
_CALLED_THROUGH: Final = tuple(
    str(PurePath(pluggy.__file__).parents[1] / name) for name in ("pluggy", "tenacity", "sqlalchemy")
)
_STANDARD: Final = str(PurePath(os.__file__).parent)
_Value = TypeVar("_Value")


class Guard:
    """Runs the code of one gateway. `abandoned` is how many of its calls are over time and still running."""

    def __init__(self, name: str, *, most_abandoned: int = _MOST_ABANDONED) -> None:
        self._name, self._most_abandoned = name, most_abandoned
        self._late: list[_Call[Any]] = []
        self._lock = threading.Lock()

    @property
    def abandoned(self) -> int:
        with self._lock:
            self._late = [call for call in self._late if not call.ended]
            return len(self._late)

    @property
    def is_full(self) -> bool:
        """Whether so many never returned that no more is called."""
        return bool(self._late) and self.abandoned >= self._most_abandoned

    def within(self, seconds: float, function: Callable[[], _Value]) -> _Value:
        """The function's value; what it raises is raised here.

        Raises: Defect, if it is not back in time, or raises what is not an Exception (SystemExit …).
        """
        if self.is_full:
            raise self._defect(f"{self._most_abandoned} calls never returned", "Restart the process")
        call = _Call(function)
        _take().put(call)
        if not call.ends_within(max(seconds, 0)):
            with self._lock:
                self._late.append(call)
            raise self._defect(f"not back within {seconds:.3g} s", "Find what it waits for")
        if call.error is None:
            return call.value
        if isinstance(call.error, Exception):
            raise call.error
        raise self._defect(
            f"raised {describe_error(call.error)}", "Raise an Exception, or return a value"
        ) from None

    def _defect(self, problem: str, remedy: str) -> Defect:
        return Defect(field=self._name, problem=problem, remedy=remedy)


class _Call(Generic[_Value]):
    """One call, run in another thread in its caller's context. A bare lock is the cheapest way to wait."""

    __slots__ = ("_context", "_end", "_function", "ended", "error", "value")
    value: _Value

    def __init__(self, function: Callable[[], _Value]) -> None:
        self._context, self._function = contextvars.copy_context(), function
        self._end = threading.Lock()
        self._end.acquire()
        self.ended = False
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.value = self._context.run(self._function)
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        self.ended = True
        self._end.release()

    def ends_within(self, seconds: float) -> bool:
        return self._end.acquire(timeout=seconds)


_Queue: TypeAlias = SimpleQueue[_Call[Any]]
_idle: Final[list[_Queue]] = []  # of the threads that wait for a call
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a child process has none of its parent's threads


def _take() -> _Queue:
    try:
        return _idle.pop()
    except IndexError:
        queue: _Queue = SimpleQueue()
        threading.Thread(target=_work, args=(queue,), name="payport gateway", daemon=True).start()
        return queue


def _work(queue: _Queue) -> None:
    """One call after another; idle before the caller hears of it, so that its next call needs no thread."""
    while True:
        call = queue.get()
        call.run()
        _idle.append(queue)
        call.end()


def describe_error(error: BaseException) -> str:
    """Type and place, as in "KeyError at saomai.py:57". Never the error's words: they may hold a secret.

    The place is the plugin's own: its last line before a library that it called; else where it was raised.
    """
    places: list[tuple[str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    kind = type(error).__name__
    if not places:
        return kind
    folder = next((PurePath(file).parent for file, _ in places if not _is_below(file)), None)
    own = [place for place in places if PurePath(place[0]).parent == folder]
    file, line = (own or places)[-1]
    return f"{kind} at {PurePath(file).name}:{line}"


def _is_below(file: str) -> bool:
    """What a call goes through: the core and what it calls others by, the standard library."""
    is_standard = file.startswith(_STANDARD) and "site-packages" not in file
    return file.startswith((_CORE, *_CALLED_THROUGH, "<")) or is_standard
