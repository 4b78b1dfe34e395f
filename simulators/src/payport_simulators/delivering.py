"""How what is due at a shop goes out by the clock, while an app runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from starlette.applications import Starlette

__all__ = ["keep_delivering", "lifespan"]


class _Simulator(Protocol):
    def keep_delivering(self, *, every: float) -> Coroutine[Any, Any, None]: ...


async def keep_delivering(
    deliver_due: Callable[[datetime], object], clock: Callable[[], datetime], *, every: float
) -> None:
    """Deliver what is due every so many seconds, for ever, without holding up the loop. Cancel to end."""
    while True:
        await asyncio.to_thread(deliver_due, clock())
        await asyncio.sleep(every)


def lifespan(
    simulator: _Simulator, every: float | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """The lifespan of an app that delivers by itself; with `every` None, of one that does not."""

    @contextlib.asynccontextmanager
    async def run(_: Starlette) -> AsyncIterator[None]:
        task = None
        if every is not None:
            task = asyncio.create_task(simulator.keep_delivering(every=every))
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    return run
