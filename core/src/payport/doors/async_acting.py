"""The verbs about acts as values, for async hosts; their work runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import cached_property

from payport.doors.acting import Acting
from payport.doors.base import Host
from payport.rules.acts import Act
from payport.rules.four_eyes import Proposal, State
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.what_if import WhatIf
from payport.service.performed import Result
from payport.service.rehearsing import Effect
from payport.service.viewing import OrderView
from payport.storage.dismissal_records import Dismissed

__all__ = ["AsyncActing"]


class AsyncActing(Host):
    """See `Acting`: the same verbs."""

    async def resolve_order(self, order_number: str, outcome: str, *, actor: str, reason: str) -> OrderView:
        return await asyncio.to_thread(
            self._sync.resolve_order, order_number, outcome, actor=actor, reason=reason
        )

    async def resolve_payment(
        self,
        merchant_reference: str,
        outcome: str,
        *,
        actor: str,
        reason: str,
        amount: Money | None = None,
        gateway_reference: str | None = None,
    ) -> Payment:
        return await asyncio.to_thread(
            self._sync.resolve_payment,
            merchant_reference,
            outcome,
            actor=actor,
            reason=reason,
            amount=amount,
            gateway_reference=gateway_reference,
        )

    async def dismiss(self, gateway_account: str, reference: str, *, actor: str, reason: str) -> Dismissed:
        return await asyncio.to_thread(
            self._sync.dismiss, gateway_account, reference, actor=actor, reason=reason
        )

    async def rehearse(self, act: Act, *, actor: str) -> Effect:
        return await asyncio.to_thread(self._sync.rehearse, act, actor=actor)

    async def perform(self, act: Act, *, actor: str, shown: str | None = None) -> Result:
        return await asyncio.to_thread(self._sync.perform, act, actor=actor, shown=shown)

    async def propose(self, act: Act, *, actor: str) -> Proposal:
        return await asyncio.to_thread(self._sync.propose, act, actor=actor)

    async def approve(self, proposal_id: str, *, actor: str, shown: str | None = None) -> Proposal:
        return await asyncio.to_thread(self._sync.approve, proposal_id, actor=actor, shown=shown)

    async def decline(self, proposal_id: str, *, actor: str, reason: str) -> Proposal:
        return await asyncio.to_thread(self._sync.decline, proposal_id, actor=actor, reason=reason)

    async def proposal(self, proposal_id: str) -> Proposal:
        return await asyncio.to_thread(self._sync.proposal, proposal_id)

    async def proposals(
        self,
        states: Iterable[State | str] = (State.WAITING,),
        *,
        order_number: str | None = None,
        limit: int = 100,
    ) -> tuple[Proposal, ...]:
        return await asyncio.to_thread(
            self._sync.proposals, tuple(states), order_number=order_number, limit=limit
        )

    async def what_if(self, catalog_text: str, *, limit: int = 1_000) -> WhatIf:
        return await asyncio.to_thread(self._sync.what_if, catalog_text, limit=limit)

    @cached_property
    def _sync(self) -> Acting:
        return Acting(self.seller, self.configuration)
