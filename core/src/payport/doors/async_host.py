"""The async host: the same verbs as `Payport`. Database work runs in a thread, flows on the host's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from tenacity import AsyncRetrying, retry_if_exception_type

from payport.doors.async_operating import AsyncOperating
from payport.doors.base import WAIT_FOR_THE_OTHER
from payport.doors.host import Payport
from payport.doors.opening import Opened
from payport.doors.within import Within
from payport.errors import PaymentInProgress
from payport.gateways.exchange import new_async_client
from payport.gateways.flow import adrive
from payport.gateways.types import Callback, Checkout
from payport.rules.catalog import Catalog
from payport.rules.entitlement import Entitlement
from payport.rules.openness import Offer
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from payport.rules.step import Step
from payport.service import (
    paying,
)
from payport.service.methods import MethodOffer
from payport.service.placing import BuyerDetails
from payport.service.receiving import Receipt
from payport.service.sealing import Sealed
from payport.service.telling import Told
from payport.service.viewing import Move, OrderView
from payport.service.work_list import WorkItem
from payport.service.working import WorkReport

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from starlette.types import ASGIApp

__all__ = ["AsyncPayport"]


class AsyncPayport(AsyncOperating, Opened):
    """The same verbs for async hosts. Database work runs in a thread, flows on the host's loop."""

    async def offers(self, account: str) -> tuple[Offer, ...]:
        return await asyncio.to_thread(self._sync.offers, account)

    async def quote(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        return await asyncio.to_thread(self._sync.quote, account, purchase)

    async def preview(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        return await asyncio.to_thread(self._sync.preview, account, purchase)

    async def expected(self, quote: Quote) -> Entitlement | None:
        return await asyncio.to_thread(self._sync.expected, quote)

    async def find_quote(self, account: str, quote_id: str) -> Quote:
        return await asyncio.to_thread(self._sync.find_quote, account, quote_id)

    async def place(
        self, quote: Quote | str, buyer: BuyerDetails, *, account: str | None = None, locale: str = "vi"
    ) -> OrderView:
        return await asyncio.to_thread(self._sync.place, quote, buyer, account=account, locale=locale)

    async def methods(self, order_number: str) -> tuple[MethodOffer, ...]:
        return await asyncio.to_thread(self._sync.methods, order_number)

    async def capabilities(self, gateway_account: str) -> frozenset[str]:
        return self._sync.capabilities(gateway_account)

    async def pay(
        self,
        order_number: str,
        method: str,
        choice: str | None = None,
        *,
        buyer_ip: str,
        language: str = "vi",
    ) -> Checkout:
        tried: set[str] = set()
        while True:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(PaymentInProgress), **WAIT_FOR_THE_OTHER
            ):
                with attempt:
                    begun = await asyncio.to_thread(
                        self._change,
                        paying.prepare,
                        order_number,
                        method,
                        choice,
                        buyer_ip=buyer_ip,
                        language=language,
                        tried=tried,
                    )
            if begun.checkout is not None:
                return begun.checkout
            assert begun.flow is not None
            async with new_async_client() as client:
                called = await adrive(
                    begun.flow,
                    client=client,
                    account=begun.account,
                    kind="initiate",
                    observers=self.seller.observers,
                )
            checkout = await asyncio.to_thread(self._change, paying.conclude, begun, called)
            paying.tell_handed_over(self.seller, begun, checkout)
            tried.add(begun.account.name)
            if not paying.has_another(self.seller, begun, checkout, tried):
                return checkout

    async def receive(self, callback: Callback) -> Receipt:
        return await asyncio.to_thread(self._sync.receive, callback)

    async def order(self, number: str) -> OrderView:
        return await asyncio.to_thread(self._sync.order, number)

    async def order_by_token(self, token: str) -> OrderView:
        return await asyncio.to_thread(self._sync.order_by_token, token)

    async def instructions(self, order_number: str) -> Told | None:
        return await asyncio.to_thread(self._sync.instructions, order_number)

    async def history(self, order_number: str) -> tuple[Move, ...]:
        return await asyncio.to_thread(self._sync.history, order_number)

    async def entitlement(self, account: str) -> Entitlement:
        return await asyncio.to_thread(self._sync.entitlement, account)

    async def report_usage(self, account: str, used_bytes: int, at: datetime) -> None:
        await asyncio.to_thread(self._sync.report_usage, account, used_bytes, at)

    async def start_trial(
        self, account: str, *, package: str | None = None, days: int | None = None
    ) -> Entitlement:
        return await asyncio.to_thread(self._sync.start_trial, account, package=package, days=days)

    async def explain(self, account: str) -> tuple[Step, ...]:
        return await asyncio.to_thread(self._sync.explain, account)

    async def reload_catalogs(self) -> tuple[Catalog, ...]:
        return await asyncio.to_thread(self._sync.reload_catalogs)

    async def work(self, limit: int = 100, *, stopping: Callable[[], bool] = lambda: False) -> WorkReport:
        return await asyncio.to_thread(self._sync.work, limit, stopping=stopping)

    async def seal(self) -> Sealed:
        return await asyncio.to_thread(self._sync.seal)

    async def work_items(self, limit: int = 100) -> tuple[WorkItem, ...]:
        return await asyncio.to_thread(self._sync.work_items, limit)

    async def unpark(self, reference: str) -> str:
        return await asyncio.to_thread(self._sync.unpark, reference)

    def within(self, connection: Connection) -> Within:
        """For `await connection.run_sync(lambda sync: payport.within(sync).place(…))`: see `Payport`."""
        return self._sync.within(connection)

    def asgi(self) -> ASGIApp:
        return self._sync.asgi()

    def wsgi(self) -> WSGIApplication:
        return self._sync.wsgi()

    async def close(self) -> None:
        await asyncio.to_thread(self._sync.close)

    @cached_property
    def _sync(self) -> Payport:
        return Payport(self.seller, self.configuration)
