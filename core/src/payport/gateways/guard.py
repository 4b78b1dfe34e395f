"""Time limits for code that is not ours: each call has a thread, and one that never ends is left behind.

Python cannot stop a thread. One that was left behind is a daemon, so that it keeps no process alive; it is
counted, and a gateway with too many of them is not called again until some have ended.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import PurePath
from typing import Final, TypeVar

from payport.errors import Defect

__all__ = ["Guard", "describe_error"]

_MOST_ABANDONED: Final = 8
_Value = TypeVar("_Value")


class Guard:
    """Runs the code of one gateway. `abandoned` is how many of its calls are over time and still running."""

    def __init__(self, name: str, *, most_abandoned: int = _MOST_ABANDONED) -> None:
        self._name, self._most_abandoned = name, most_abandoned
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    @property
    def abandoned(self) -> int:
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            return len(self._threads)

    def within(self, seconds: float, function: Callable[[], _Value]) -> _Value:
        """The function's value; what it raises is raised here.

        Raises: Defect, if it is not back in time, or raises what is not an Exception (SystemExit …).
        """
        if self.abandoned >= self._most_abandoned:
            raise self._defect(f"{self._most_abandoned} calls never returned", "Restart the process")
        future: Future[_Value] = Future()
        context = contextvars.copy_context()

        def work() -> None:
            try:
                future.set_result(context.run(function))
            except BaseException as error:
                future.set_exception(error)

        thread = threading.Thread(target=work, name=f"payport {self._name}", daemon=True)
        thread.start()
        try:
            error = future.exception(max(seconds, 0))
        except TimeoutError:
            with self._lock:
                self._threads.append(thread)
            raise self._defect(f"not back within {seconds:.3g} s", "Find what it waits for") from None
        if error is None:
            return future.result()
        if isinstance(error, Exception):
            raise error
        raise self._defect(
            f"raised {describe_error(error)}", "Raise an Exception, or return a value"
        ) from None

    def _defect(self, problem: str, remedy: str) -> Defect:
        return Defect(field=self._name, problem=problem, remedy=remedy)


def describe_error(error: BaseException) -> str:
    """Type and place, as in "KeyError at saomai.py:57". Never the error's words: they may hold a secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    kind = type(error).__name__
    if trace is None:
        return kind
    return f"{kind} at {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
