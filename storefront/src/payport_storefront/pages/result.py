"""What became of an order. Opening the page changes nothing; only Payport knows whether it is paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport import OrderView
from payport_storefront.choice import FIRST, LATER, Chosen
from payport_storefront.outcome import Bought, bought
from payport_storefront.qr import drawn
from payport_storefront.site import Site
from payport_storefront.standing import (
    Standing,
    can_be_cancelled,
    concern,
    fingerprint,
    has_open_payment,
    standing,
    still_to_pay,
    surplus,
)

__all__ = ["Results"]

# How often the page asks: seldom once the gateway has been silent for that long.
_PAUSES: Final = ((timedelta(minutes=2), 2), (timedelta(minutes=15), 5))
_LONGEST_PAUSE: Final = 20
_NEWS: Final = {"hx-retarget": "#result", "hx-reswap": "innerHTML"}


class Results:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/result/{token}", self._result),
            Route("/result/{token}/progress", self._progress),
            Route("/result/{token}/instructions", self._instructions),
        ]

    async def _result(self, request: Request) -> Response:
        """Whoever holds the link sees the truth; only the order's own account can act on it."""
        return await self._show(request, "result.html", await self._site.order(request))

    async def _progress(self, request: Request) -> Response:
        """While nothing is new, only the progress is renewed: a screen reader is not told it again."""
        order = await self._site.order(request)
        if has_open_payment(order) and request.query_params.get("seen") == fingerprint(order):
            return await self._show(request, "result_progress.html", order)
        return await self._show(request, "result_news.html", order, headers=_NEWS)

    async def _instructions(self, request: Request) -> Response:
        """How to pay by hand: for whoever holds the link, as a buyer's accountant does."""
        order = await self._site.order(request)
        if await self._site.told(order) is None:
            return RedirectResponse(f"/result/{order.token}", 303)
        return await self._show(request, "instructions.html", order)

    async def _show(
        self, request: Request, template: str, order: OrderView, headers: dict[str, str] | None = None
    ) -> Response:
        told, left = await self._site.told(order), still_to_pay(order)
        customer, now, stands = self._site.visitor(request), self._site.clock(), standing(order, told)
        own = customer is not None and customer.account == order.account
        return self._site.views.page(
            request,
            template,
            customer=customer,
            headers=headers,
            order=order,
            standing=stands,
            open=has_open_payment(order),
            told=told,
            code=drawn(told.checkout) if told and not left else None,  # it would ask for the whole again
            left=left,
            surplus=surplus(order),
            concern=concern(order),
            own=own,
            bought=await self._bought(order) if own and stands is Standing.PAID else None,
            instead=await self._instead(order) if own and stands is Standing.REVIEW else None,
            again=Chosen.of(order.quote).address,
            can_be_cancelled=own and can_be_cancelled(order),
            now=now,
            pause=_LONGEST_PAUSE if stands is Standing.TOLD else _pause(order, now),
            seen=fingerprint(order),
        )

    async def _bought(self, order: OrderView) -> Bought | None:
        """What the order brought, as far as it is still held."""
        return bought(order.quote, await self._site.shop.entitlement(order.account))

    async def _instead(self, order: OrderView) -> str | None:
        """Where the customer may go on while a person looks at an order that could take no effect."""
        if order.state != "review":
            return None
        _, offers = await self._site.offered(order.account)
        if offers["new"].is_open:
            return FIRST
        return LATER if any(offer.is_open for offer in offers.values()) else None


def _pause(order: OrderView, now: datetime) -> int:
    """Seconds until the page asks again."""
    begun = order.payments[-1].handed_over_at if order.payments else None
    waited = now - (begun or order.placed_at)
    return next((pause for until, pause in _PAUSES if waited < until), _LONGEST_PAUSE)
