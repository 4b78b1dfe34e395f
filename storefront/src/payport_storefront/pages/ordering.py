"""From a choice to an order: packages, the itemised confirmation with the buyer's data, and placing it.

A choice is posted, priced once, and shown at its quote's own address: looking again writes nothing.
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
    Offer,
    PurchaseNotOpen,
    Quote,
    QuoteExpired,
    QuoteOutdated,
    RequestRefused,
)
from payport_storefront import buyer
from payport_storefront.choice import Chosen, explained, fields_of, read_choice
from payport_storefront.i18n import language_of, msg
from payport_storefront.site import Site
from payport_storefront.standing import Standing, standing

__all__ = ["Ordering"]

_STALE: Final = msg("This price is no longer valid. Go on, and you see the price of now before you order.")
_RENEWED: Final = msg("The price was made anew. Please check it, and place the order again.")
_PLACED_ALREADY: Final = msg(
    "An order with other data was placed from this page already. Placing again makes a second one."
)
_NOT_TAKEN: Final = msg("This cannot be taken. Please write it in another way.")


class Ordering:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/order", self._order),
            Route("/order", self._choose, methods=["POST"]),
            Route("/order/confirm/{quote}", self._confirm),
            Route("/order/confirm/{quote}", self._place, methods=["POST"]),
        ]

    async def _order(self, request: Request) -> Response:
        return await self._choices(request, Chosen(request.query_params))

    async def _choose(self, request: Request) -> Response:
        """Prices what was chosen, and leads to the quote that this made."""
        customer = self._site.customer(request)
        offer = await self._new(customer.account)
        chosen = Chosen(await self._site.form(request, fields_of(offer)))
        if not offer.is_open:
            return await self._choices(request, chosen, status=409)
        try:
            quote = await self._site.shop.quote(customer.account, read_choice(chosen, offer))
        except PurchaseNotOpen:
            return await self._choices(request, chosen, status=409)
        except RequestRefused as refused:
            return await self._choices(request, chosen, problems=explained(refused), status=422)
        return RedirectResponse(f"/order/confirm/{quote.id}", 303)

    async def _confirm(self, request: Request) -> Response:
        """The quote as it was made, however often it is looked at."""
        customer = self._site.customer(request)
        quote = await self._quote(request, customer.account)
        if not await self._is_stale(quote):
            return self._confirmation(request, quote)
        if not (await self._new(customer.account)).is_open:
            return await self._choices(request, Chosen({}), status=409)
        return self._confirmation(request, quote, notice=_STALE)

    async def _place(self, request: Request) -> Response:
        """Once for each quote, however often the button is pressed. The price is the quote's own."""
        customer = self._site.customer(request)
        form = await self._site.form(request, buyer.FIELDS)
        quote = await self._quote(request, customer.account)
        typed = buyer.clean(form)
        if wrong := buyer.problems(typed):
            if await self._is_stale(quote):
                return await self._renewed(request, quote, typed, notice=_RENEWED)
            return self._confirmation(request, quote, typed=typed, problems=wrong, status=422)
        try:
            order = await self._site.shop.place(
                quote.id, BuyerDetails(**typed), account=customer.account, locale=language_of(request)
            )
        except (QuoteExpired, QuoteOutdated):
            return await self._renewed(request, quote, typed, notice=_RENEWED)
        except PurchaseNotOpen:
            return await self._choices(request, Chosen({}), status=409)
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
            return self._confirmation(request, quote, typed=typed, problems=problems, status=422)
        return await self._renewed(request, quote, typed, notice=_PLACED_ALREADY)

    async def _renewed(
        self, request: Request, quote: Quote, typed: Mapping[str, str], *, notice: str
    ) -> Response:
        """The same purchase at the price of now, with what was typed: 409, since nothing was placed."""
        try:
            renewed = await self._site.shop.quote(quote.account, quote.purchase)
        except PurchaseNotOpen:
            return await self._choices(request, Chosen({}), status=409)
        except RequestRefused as refused:
            chosen = Chosen.of(quote.purchase)
            return await self._choices(request, chosen, problems=explained(refused), status=422)
        return self._confirmation(request, renewed, typed=typed, notice=notice, status=409)

    def _confirmation(
        self,
        request: Request,
        quote: Quote,
        *,
        typed: Mapping[str, str] | None = None,
        problems: Mapping[str, str] | None = None,
        notice: str | None = None,
        status: int = 200,
    ) -> Response:
        return self._site.views.page(
            request,
            "confirm.html",
            customer=self._site.customer(request),
            status=status,
            quote=quote,
            action=f"/order/confirm/{quote.id}",
            choice=Chosen.of(quote.purchase).address,
            typed=typed or {},
            problems=problems or {},
            notice=notice,
            stale=notice is _STALE,
        )

    async def _choices(
        self,
        request: Request,
        chosen: Chosen,
        *,
        problems: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        customer = self._site.customer(request)
        return self._site.views.page(
            request,
            "order.html",
            customer=customer,
            status=status,
            query=chosen.fields,
            offer=await self._new(customer.account),
            held=await self._site.shop.entitlement(customer.account),
            chosen=chosen,
            problems=problems or {},
        )

    async def _quote(self, request: Request, account: str) -> Quote:
        """The quote that the path names. Raises: HTTPException 404, the same for another's as for none."""
        try:
            return await self._site.shop.find_quote(account, request.path_params["quote"])
        except NotFound:
            raise HTTPException(404) from None

    async def _is_stale(self, quote: Quote) -> bool:
        held = await self._site.shop.entitlement(quote.account)
        return self._site.clock() >= quote.expires_at or held.version != quote.entitlement_version

    async def _new(self, account: str) -> Offer:
        offers = await self._site.shop.offers(account)
        return next(offer for offer in offers if offer.kind == "new")
