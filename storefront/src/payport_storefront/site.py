"""What every page of the shop needs: the seller, the settings, the templates, who is asking, what is held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from payport import AsyncPayport, Entitlement, NotFound, Offer, OrderView, Told
from payport_storefront.session import Session, form_token
from payport_storefront.settings import Customer, Settings
from payport_storefront.standing import has_open_payment
from payport_storefront.views import Views
from payport_web.forms import read_form

__all__ = ["Site"]

_REPORT_STANDS: Final = timedelta(minutes=1)  # far below any `usage_max_age` that lets people type


@dataclass(frozen=True, slots=True)
class Site:
    shop: AsyncPayport
    settings: Settings
    views: Views
    clock: Callable[[], datetime]

    def session(self, request: Request) -> Session:
        session: Session = request.state.session
        return session

    def visitor(self, request: Request) -> Customer | None:
        """Who is signed in, if anybody."""
        return self.settings.customers.signed_in(self.session(request).account)

    def customer(self, request: Request) -> Customer:
        """Who is signed in. Raises: HTTPException 401."""
        customer = self.visitor(request)
        if customer is None:
            raise HTTPException(401)
        return customer

    async def held(self, account: str) -> Entitlement:
        """What the account holds, with what it has in use at this moment.

        Asked before anything is offered, priced or placed: what Payport then judges by is fresh. It is
        told what it does not know: not the same again at each look at a page.
        """
        held = await self.shop.entitlement(account)
        used, now = await self.settings.measure(account), self.clock()
        if used is None or (held.usage and held.used_bytes == used and now - held.usage.at < _REPORT_STANDS):
            return held
        await self.shop.report_usage(account, used, now)
        return await self.shop.entitlement(account)

    async def offered(self, account: str) -> tuple[Entitlement, Mapping[str, Offer]]:
        """What the account holds, and every kind of purchase by its name."""
        held = await self.held(account)
        return held, {offer.kind: offer for offer in await self.shop.offers(account)}

    async def form(self, request: Request, declared: Collection[str]) -> dict[str, str]:
        """See read_form; the token is checked there."""
        token = form_token(self.settings.session_key, self.session(request), request.url.path)
        return await read_form(request, declared, token=token)

    async def order(self, request: Request) -> OrderView:
        """The order whose token stands in the path. Raises: HTTPException 404."""
        try:
            return await self.shop.order_by_token(request.path_params["token"])
        except NotFound:
            raise HTTPException(404) from None

    async def told(self, order: OrderView) -> Told | None:
        """How the buyer was told to pay by hand, while the order waits for that."""
        return await self.shop.instructions(order.number) if has_open_payment(order) else None

    async def own_order(self, request: Request) -> OrderView:
        """As `order`, and it must be the customer's own; another's is no more there than none."""
        order = await self.order(request)
        if order.account != self.customer(request).account:
            raise HTTPException(404)
        return order
