"""The verbs of the back office for async hosts; their work runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Any

from payport.doors.async_acting import AsyncActing
from payport.doors.async_listing import AsyncListing
from payport.doors.async_overseeing import AsyncOverseeing
from payport.doors.operating import Operating
from payport.rules.chargeback import Chargeback
from payport.rules.confirmation import Confirmation
from payport.rules.entitlement import Entitlement
from payport.rules.errand import ErrandKind
from payport.rules.money import Money
from payport.rules.refund import Of, Refund
from payport.service.erasing import Erased
from payport.service.refundable import Refundable
from payport.service.statements import Statement
from payport.service.told_events import ToldEvent
from payport.service.viewing import OrderView
from payport.storage.stop_records import StoppedSubscriber

__all__ = ["AsyncOperating"]


class AsyncOperating(AsyncActing, AsyncListing, AsyncOverseeing):
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

    async def chargeback_won(self, reference: str, *, actor: str, reason: str = "") -> Chargeback:
        return await asyncio.to_thread(self._sync.chargeback_won, reference, actor=actor, reason=reason)

    async def chargeback_lost(self, reference: str, *, actor: str, reason: str = "") -> Chargeback:
        return await asyncio.to_thread(self._sync.chargeback_lost, reference, actor=actor, reason=reason)

    async def chargebacks(self, order_number: str) -> tuple[Chargeback, ...]:
        return await asyncio.to_thread(self._sync.chargebacks, order_number)

    async def ask(self, merchant_reference: str) -> bool:
        return await asyncio.to_thread(self._sync.ask, merchant_reference)

    async def refund(
        self,
        merchant_reference: str,
        amount: Money | None = None,
        *,
        key: str,
        actor: str,
        reason: str,
        lines: Sequence[int] = (),
        of: Of | str | None = None,
        by_hand: bool = False,
        gateway_reference: str | None = None,
        seen_left: Money | None = None,
    ) -> Refund:
        return await asyncio.to_thread(
            self._sync.refund,
            merchant_reference,
            amount,
            key=key,
            actor=actor,
            reason=reason,
            lines=lines,
            of=of,
            by_hand=by_hand,
            gateway_reference=gateway_reference,
            seen_left=seen_left,
        )

    async def refundable(self, merchant_reference: str) -> Refundable:
        return await asyncio.to_thread(self._sync.refundable, merchant_reference)

    async def settle_refund(
        self,
        reference: str,
        outcome: str,
        *,
        actor: str,
        reason: str,
        amount: Money | None = None,
        gateway_reference: str | None = None,
    ) -> Refund:
        return await asyncio.to_thread(
            self._sync.settle_refund,
            reference,
            outcome,
            actor=actor,
            reason=reason,
            amount=amount,
            gateway_reference=gateway_reference,
        )

    async def ask_refund(self, reference: str) -> bool:
        return await asyncio.to_thread(self._sync.ask_refund, reference)

    async def confirm(
        self,
        order_number: str,
        amount: Money,
        *,
        actor: str,
        booked_on: date,
        bank_reference: str,
        note: str = "",
        gateway_account: str | None = None,
    ) -> Confirmation:
        return await asyncio.to_thread(
            self._sync.confirm,
            order_number,
            amount,
            actor=actor,
            booked_on=booked_on,
            bank_reference=bank_reference,
            note=note,
            gateway_account=gateway_account,
        )

    async def withdraw_confirmation(
        self,
        order_number: str,
        bank_reference: str,
        *,
        actor: str,
        reason: str,
        gateway_account: str | None = None,
    ) -> Confirmation:
        return await asyncio.to_thread(
            self._sync.withdraw_confirmation,
            order_number,
            bank_reference,
            actor=actor,
            reason=reason,
            gateway_account=gateway_account,
        )

    async def confirmations(self, order_number: str) -> tuple[Confirmation, ...]:
        return await asyncio.to_thread(self._sync.confirmations, order_number)

    async def import_statement(
        self, content: bytes, *, gateway_account: str, actor: str, dry_run: bool = True
    ) -> Statement:
        return await asyncio.to_thread(
            self._sync.import_statement,
            content,
            gateway_account=gateway_account,
            actor=actor,
            dry_run=dry_run,
        )

    async def events(
        self, account: str | None = None, *, after: int = 0, limit: int = 100
    ) -> tuple[ToldEvent, ...]:
        return await asyncio.to_thread(self._sync.events, account, after=after, limit=limit)

    async def event(self, event_id: str) -> ToldEvent:
        return await asyncio.to_thread(self._sync.event, event_id)

    async def parked_events(self, *, limit: int = 100) -> tuple[ToldEvent, ...]:
        return await asyncio.to_thread(self._sync.parked_events, limit=limit)

    async def replay(self, event_id: str, *, subscriber: str | None = None) -> tuple[str, ...]:
        return await asyncio.to_thread(self._sync.replay, event_id, subscriber=subscriber)

    async def replay_parked(self, subscriber: str) -> int:
        return await asyncio.to_thread(self._sync.replay_parked, subscriber)

    async def stopped_subscribers(self) -> tuple[StoppedSubscriber, ...]:
        return await asyncio.to_thread(self._sync.stopped_subscribers)

    async def resume(self, subscriber: str) -> None:
        await asyncio.to_thread(self._sync.resume, subscriber)

    async def note_errand(
        self,
        kind: ErrandKind | str,
        about: str,
        *,
        actor: str,
        reason: str = "",
    ) -> None:
        await asyncio.to_thread(self._sync.note_errand, kind, about, actor=actor, reason=reason)

    async def erase_buyer(self, account: str, *, actor: str, reason: str) -> Erased:
        return await asyncio.to_thread(self._sync.erase_buyer, account, actor=actor, reason=reason)

    async def evidence(self, callback_id: int) -> dict[str, Any]:
        return await asyncio.to_thread(self._sync.evidence, callback_id)

    @cached_property
    def _sync(self) -> Operating:
        return Operating(self.seller, self.configuration)
