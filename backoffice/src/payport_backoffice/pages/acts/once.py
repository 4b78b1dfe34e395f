"""A double click is one act: whoever sends the same form again gets what the first one came to.

In one process, and for what was done lately. Across processes the core itself refuses the second one, since
the act would not do any more what was shown.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

__all__ = ["Once"]

_Value = TypeVar("_Value")
_MOST: Final = 1_000


class Once(Generic[_Value]):
    """By name: who sends it, where, and last what the form itself was given; one that was given nothing is
    never taken for another."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[tuple[str, ...], asyncio.Future[_Value]] = OrderedDict()

    def known(self, name: tuple[str, ...]) -> bool:
        return bool(name[-1]) and name in self._tasks

    async def do(self, name: tuple[str, ...], act: Callable[[], Awaitable[_Value]]) -> _Value:
        """Runs `act` for the first who asks by this name, to its end, even where they go away.

        What it raises, all who wait for it get; it may then be tried again.
        """
        task = self._tasks.get(name) if name[-1] else None
        if task is None:
            task = self._tasks[name] = asyncio.ensure_future(act())
            task.add_done_callback(lambda done: self._forget_failure(name, done))
            while len(self._tasks) > _MOST:
                self._tasks.popitem(last=False)
        return await asyncio.shield(task)

    def _forget_failure(self, name: tuple[str, ...], done: asyncio.Future[_Value]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._tasks.pop(name, None)
