"""What people look at before they act, for async hosts; the work runs in a thread."""

from __future__ import annotations

import asyncio
from functools import cached_property

from payport.doors.base import Host
from payport.doors.overseeing import Overseeing
from payport.service.moments import Moment

__all__ = ["AsyncOverseeing"]


class AsyncOverseeing(Host):
    """The verbs that show how things stand. They change nothing."""

    async def timeline(self, order_number: str) -> tuple[Moment, ...]:
        return await asyncio.to_thread(self._sync.timeline, order_number)

    @cached_property
    def _sync(self) -> Overseeing:
        return Overseeing(self.seller, self.configuration)
