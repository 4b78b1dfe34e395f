"""Choosing what to buy: the first package at /order, and what follows it at /renew.

A choice is posted and priced once; it leads to its quote's own address, where it is confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport import Offer, PurchaseNotOpen, Quote, RequestRefused
from payport_storefront.choice import FIRST, LATER, Chosen, explained, fields_of, read_choice
from payport_storefront.renewal import modes, package_choices, preselected
from payport_storefront.site import Site

__all__ = ["Choosing"]


class Choosing:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        return [
            Route(FIRST, self._look),
            Route(FIRST, self._choose, methods=["POST"]),
            Route(LATER, self._look),
            Route(LATER, self._choose, methods=["POST"]),
            Route(f"{LATER}/price", self._price),
        ]

    async def refuse(self, request: Request, chosen: Chosen, refused: RequestRefused) -> Response:
        """The page where this was chosen, with what is wrong: 409 where it is not open, else 422."""
        if isinstance(refused, PurchaseNotOpen) and refused.field == "kind":
            return await self.closed(request, chosen)
        status = 409 if isinstance(refused, PurchaseNotOpen) else 422
        return await self._page(request, chosen, status=status, problems=explained(refused))

    async def closed(self, request: Request, chosen: Chosen) -> Response:
        """The page where this was chosen, which says why it is not open, and what is."""
        return await self._page(request, chosen, status=409)

    async def _look(self, request: Request) -> Response:
        return await self._page(request, Chosen(request.query_params, request.url.path))

    async def _choose(self, request: Request) -> Response:
        """Prices what was chosen, and leads to the quote that this made."""
        account = self._site.customer(request).account
        held, offers = await self._site.offered(account)
        page = request.url.path
        chosen = Chosen(await self._site.form(request, fields_of(page, offers.values())), page)
        offer = offers[chosen.kind(held.package)]
        if not offer.is_open:
            return await self.closed(request, chosen)
        try:
            quote = await self._site.shop.quote(account, read_choice(chosen, offer))
        except RequestRefused as refused:
            return await self.refuse(request, chosen, refused)
        return RedirectResponse(f"/order/confirm/{quote.id}", 303)

    async def _price(self, request: Request) -> Response:
        """What the choice in the address costs now, as parts of the page; nothing is kept."""
        customer = self._site.customer(request)
        held, offers = await self._site.offered(customer.account)
        chosen = Chosen(request.query_params, LATER)
        offer = offers[chosen.kind(held.package)]
        quote, problems = await self._preview(customer.account, chosen, offer)
        return self._site.views.page(
            request,
            "price_news.html",
            customer=customer,
            address=chosen.address,
            quote=quote,
            problems=problems,
            closed=None if offer.is_open else offer,
        )

    async def _page(
        self,
        request: Request,
        chosen: Chosen,
        *,
        status: int = 200,
        problems: Mapping[str, str] | None = None,
    ) -> Response:
        customer = self._site.customer(request)
        held, offers = await self._site.offered(customer.account)
        asked = offers[chosen.kind(held.package)]
        values: dict[str, Any] = {
            "held": held,
            "offers": offers,
            "offer": asked,
            "chosen": chosen,
            "problems": problems or {},
        }
        if chosen.page == LATER:
            values["refused"] = asked if status == 409 and not asked.is_open else None
            values["modes"] = modes(offers)
            values["choices"] = package_choices(offers, held)
            values["chosen"] = complete = preselected(chosen, offers, held)
            offer = offers[complete.kind(held.package)]
            values["closed"] = None if offer.is_open else offer
            values["quote"], _ = await self._preview(customer.account, complete, offer)
        template = "order.html" if chosen.page == FIRST else "renew.html"
        return self._site.views.page(
            request, template, customer=customer, status=status, address=chosen.address, **values
        )

    async def _preview(
        self, account: str, chosen: Chosen, offer: Offer
    ) -> tuple[Quote | None, Mapping[str, str]]:
        """The price of now, or what is wrong with the choice; neither where it is not open."""
        if not offer.is_open:
            return None, {}
        try:
            return await self._site.shop.preview(account, read_choice(chosen, offer)), {}
        except RequestRefused as refused:
            return None, explained(refused)
