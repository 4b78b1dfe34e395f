"""What people look at before they act, for async hosts; the work runs in a thread."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import cached_property

from payport.doors.base import Host
from payport.doors.overseeing import Overseeing
from payport.service.auditing import JournalCheck
from payport.service.comparing_catalogs import CatalogChanges, CatalogFault
from payport.service.house import House
from payport.service.moments import Moment
from payport.service.today import Today

__all__ = ["AsyncOverseeing"]


class AsyncOverseeing(Host):
    """The verbs that show how things stand. They change nothing."""

    async def today(self, *, day: date | None = None, days: int = 14) -> Today:
        return await asyncio.to_thread(self._sync.today, day=day, days=days)

    async def timeline(self, order_number: str) -> tuple[Moment, ...]:
        return await asyncio.to_thread(self._sync.timeline, order_number)

    async def house(self) -> House:
        return await asyncio.to_thread(self._sync.house)

    async def contract_text(self, label: str) -> str:
        return await asyncio.to_thread(self._sync.contract_text, label)

    async def catalog_faults(self, catalog_text: str) -> tuple[CatalogFault, ...]:
        return await asyncio.to_thread(self._sync.catalog_faults, catalog_text)

    async def catalog_changes(
        self, before: str, after: str | None = None, *, catalog_text: str | None = None
    ) -> CatalogChanges:
        return await asyncio.to_thread(self._sync.catalog_changes, before, after, catalog_text=catalog_text)

    async def check_journal(self) -> JournalCheck:
        return await asyncio.to_thread(self._sync.check_journal)

    @cached_property
    def _sync(self) -> Overseeing:
        return Overseeing(self.seller, self.configuration)
