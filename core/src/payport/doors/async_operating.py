"""The verbs of the back office for async hosts; their work runs in a thread."""

from __future__ import annotations

import asyncio
from functools import cached_property

from payport.doors.base import Host
from payport.doors.operating import Operating
from payport.rules.chargeback import Chargeback
from payport.rules.entitlement import Entitlement
from payport.rules.money import Money
from payport.service.viewing import OrderView

__all__ = ["AsyncOperating"]


class AsyncOperating(Host):
    """See `Operating`: the same verbs."""

    async def cancel(self, order_number: str, *, actor: str, reason: str) -> OrderView:
        return await asyncio.to_thread(self._sync.cancel, order_number, actor=actor, reason=reason)

    async def adjust(
        self,
        account: str,
        *,
        actor: str,
        reason: str,
        gb: int = 0,
        days: int = 0,
        package: str | None = None,
        months: int | None = None,
        seen_version: int | None = None,
    ) -> Entitlement:
        return await asyncio.to_thread(
            self._sync.adjust,
            account,
            actor=actor,
            reason=reason,
            gb=gb,
            days=days,
            package=package,
            months=months,
            seen_version=seen_version,
        )

    async def chargeback(
        self, merchant_reference: str, amount: Money, *, actor: str, reason: str
    ) -> Chargeback:
        return await asyncio.to_thread(
            self._sync.chargeback, merchant_reference, amount, actor=actor, reason=reason
        )

    async def chargeback_won(self, reference: str, *, actor: str) -> Chargeback:
        return await asyncio.to_thread(self._sync.chargeback_won, reference, actor=actor)

    async def chargeback_lost(self, reference: str, *, actor: str) -> Chargeback:
        return await asyncio.to_thread(self._sync.chargeback_lost, reference, actor=actor)

    async def ask(self, merchant_reference: str) -> bool:
        return await asyncio.to_thread(self._sync.ask, merchant_reference)

    @cached_property
    def _sync(self) -> Operating:
        return Operating(self.seller, self.configuration)
