"""Confirming what was chosen: the itemised quote with the buyer's data, and placing it; for all kinds alike.

The price is the quote's own; looking again at its address makes nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport import (
    BuyerDetails,
    NotFound,
    PurchaseNotOpen,
    Quote,
    QuoteExpired,
    QuoteOutdated,
    RequestRefused,
)
from payport_storefront import buyer
from payport_storefront.choice import Chosen
from payport_storefront.outcome import bought
from payport_storefront.pages.choosing import Choosing
from payport_storefront.site import Site
from payport_storefront.standing import Standing, standing
from payport_web.languages import msg

__all__ = ["Confirming"]

_STALE: Final = msg("This price is no longer valid. Go on, and you see the price of now before you order.")
_RENEWED: Final = msg("The price was made anew. Please check it, and place the order again.")
_PLACED_ALREADY: Final = msg(
    "An order with other data was placed from this page already. Placing again makes a second one."
)
_NOT_TAKEN: Final = msg("This cannot be taken. Please write it in another way.")


class Confirming:
    """Args: choosing: where what is not open any more is chosen again."""

    def __init__(self, site: Site, choosing: Choosing) -> None:
        self._site, self._choosing = site, choosing

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/order/confirm/{quote}", self._confirm),
            Route("/order/confirm/{quote}", self._place, methods=["POST"]),
        ]

    async def _confirm(self, request: Request) -> Response:
        """The quote as it was made, however often it is looked at."""
        quote = await self._quote(request)
        if not await self._is_stale(quote):
            return await self._page(request, quote)
        _, offers = await self._site.offered(quote.account)
        if not offers[quote.purchase.kind].is_open:
            return await self._choosing.closed(request, Chosen.of(quote))
        return await self._page(request, quote, notice=_STALE)

    async def _place(self, request: Request) -> Response:
        """Once for each quote, however often the button is pressed."""
        form = await self._site.form(request, buyer.FIELDS)
        quote = await self._quote(request)
        typed = buyer.clean(form)
        if wrong := buyer.problems(typed):
            if await self._is_stale(quote):
                return await self._renewed(request, quote, typed, notice=_RENEWED)
            return await self._page(request, quote, typed=typed, problems=wrong, status=422)
        await self._site.held(quote.account)
        try:
            order = await self._site.shop.place(
                quote.id,
                BuyerDetails(**typed),
                account=quote.account,
                locale=self._site.views.language_of(request),
            )
        except (QuoteExpired, QuoteOutdated):
            return await self._renewed(request, quote, typed, notice=_RENEWED)
        except PurchaseNotOpen as refused:
            return await self._choosing.refuse(request, Chosen.of(quote), refused)
        except RequestRefused as refused:
            return await self._refused(request, quote, typed, refused)
        self._site.session(request).order = order.token
        paid = standing(order) is Standing.PAID
        return RedirectResponse(f"/{'result' if paid else 'payment'}/{order.token}", 303)

    async def _refused(
        self, request: Request, quote: Quote, typed: Mapping[str, str], refused: RequestRefused
    ) -> Response:
        field = refused.field.removeprefix("buyer.")
        if field in buyer.FIELDS:
            problems = {field: _NOT_TAKEN}
            return await self._page(request, quote, typed=typed, problems=problems, status=422)
        return await self._renewed(request, quote, typed, notice=_PLACED_ALREADY)

    async def _renewed(
        self, request: Request, quote: Quote, typed: Mapping[str, str], *, notice: str
    ) -> Response:
        """The same purchase at the price of now, with what was typed: 409, since nothing was placed."""
        await self._site.held(quote.account)
        try:
            renewed = await self._site.shop.quote(quote.account, quote.purchase)
        except RequestRefused as refused:
            return await self._choosing.refuse(request, Chosen.of(quote), refused)
        return await self._page(request, renewed, typed=typed, notice=notice, status=409)

    async def _page(
        self,
        request: Request,
        quote: Quote,
        *,
        typed: Mapping[str, str] | None = None,
        problems: Mapping[str, str] | None = None,
        notice: str | None = None,
        status: int = 200,
    ) -> Response:
        held = await self._site.shop.entitlement(quote.account)
        after = await self._site.shop.expected(quote)
        return self._site.views.page(
            request,
            "confirm.html",
            customer=self._site.customer(request),
            status=status,
            quote=quote,
            held=held,
            bought=bought(quote, after) if after else None,
            action=f"/order/confirm/{quote.id}",
            choice=Chosen.of(quote).address,
            typed=typed or {},
            problems=problems or {},
            notice=notice,
            stale=notice is _STALE,
        )

    async def _quote(self, request: Request) -> Quote:
        """The quote that the path names. Raises: HTTPException 404, the same for another's as for none."""
        account = self._site.customer(request).account
        try:
            return await self._site.shop.find_quote(account, request.path_params["quote"])
        except NotFound:
            raise HTTPException(404) from None

    async def _is_stale(self, quote: Quote) -> bool:
        held = await self._site.shop.entitlement(quote.account)
        return self._site.clock() >= quote.expires_at or held.version != quote.entitlement_version
