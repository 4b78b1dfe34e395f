"""From a choice to an order: packages, the itemised confirmation with the buyer's data, and placing it."""

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
    QuoteExpired,
    QuoteOutdated,
    RequestRefused,
)
from payport_storefront import buyer
from payport_storefront.choice import Chosen, explained, read_choice
from payport_storefront.i18n import language_of, msg
from payport_storefront.site import Site
from payport_storefront.standing import Standing, standing

__all__ = ["Ordering"]

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
            Route("/order/confirm", self._confirm),
            Route("/order/confirm", self._place, methods=["POST"]),
        ]

    async def _order(self, request: Request) -> Response:
        return await self._choices(request)

    async def _confirm(self, request: Request) -> Response:
        """Prices what was chosen, anew each time: a quote is free, and binds nobody but the seller."""
        return await self._confirmation(request, typed={})

    async def _place(self, request: Request) -> Response:
        """Once for each quote, however often the button is pressed. The price is the quote's own."""
        customer = self._site.customer(request)
        form = await self._site.form(request, ("quote", *buyer.FIELDS))
        typed = buyer.clean(form)
        if wrong := buyer.problems(typed):
            return await self._confirmation(request, typed=typed, problems=wrong, status=422)
        try:
            order = await self._site.shop.place(
                form["quote"], BuyerDetails(**typed), account=customer.account, locale=language_of(request)
            )
        except NotFound:
            raise HTTPException(404) from None
        except (QuoteExpired, QuoteOutdated):
            return await self._confirmation(request, typed=typed, notice=_RENEWED, status=409)
        except PurchaseNotOpen:
            return await self._choices(request, status=409)
        except RequestRefused as refused:
            return await self._refused(request, typed, refused)
        self._site.session(request).order = order.token
        paid = standing(order) is Standing.PAID
        return RedirectResponse(f"/{'result' if paid else 'payment'}/{order.token}", 303)

    async def _refused(self, request: Request, typed: Mapping[str, str], refused: RequestRefused) -> Response:
        field = refused.field.removeprefix("buyer.")
        if field in buyer.FIELDS:
            problems = {field: _NOT_TAKEN}
            return await self._confirmation(request, typed=typed, problems=problems, status=422)
        if field == "code":
            return await self._choices(request, problems=explained(refused), status=422)
        return await self._confirmation(request, typed=typed, notice=_PLACED_ALREADY, status=409)

    async def _confirmation(
        self,
        request: Request,
        *,
        typed: Mapping[str, str],
        problems: Mapping[str, str] | None = None,
        notice: str | None = None,
        status: int = 200,
    ) -> Response:
        customer = self._site.customer(request)
        offer = await self._new(customer.account)
        if not offer.is_open:
            return await self._choices(request, status=409)
        try:
            chosen = read_choice(Chosen(request.query_params), offer)
            quote = await self._site.shop.quote(customer.account, chosen)
        except PurchaseNotOpen:
            return await self._choices(request, status=409)
        except RequestRefused as refused:
            return await self._choices(request, problems=explained(refused), status=422)
        return self._site.views.page(
            request,
            "confirm.html",
            customer=customer,
            status=status,
            quote=quote,
            typed=typed,
            problems=problems or {},
            notice=notice,
            query=request.url.query,
        )

    async def _choices(
        self, request: Request, *, problems: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        customer = self._site.customer(request)
        return self._site.views.page(
            request,
            "order.html",
            customer=customer,
            status=status,
            offer=await self._new(customer.account),
            held=await self._site.shop.entitlement(customer.account),
            chosen=Chosen(request.query_params),
            problems=problems or {},
        )

    async def _new(self, account: str) -> Offer:
        offers = await self._site.shop.offers(account)
        return next(offer for offer in offers if offer.kind == "new")
