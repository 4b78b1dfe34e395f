"""Choosing how to pay, and handing the buyer to the gateway. Money moves by POST only."""

from __future__ import annotations

from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport import (
    Checkout,
    Instructions,
    MethodOffer,
    NoCheckout,
    OrderView,
    PaymentInProgress,
    PostForm,
    Redirect,
    RequestRefused,
    ShowQR,
    Told,
)
from payport_storefront.site import Site
from payport_storefront.standing import (
    PAYABLE,
    can_be_cancelled,
    has_open_payment,
    standing,
    still_to_pay,
)
from payport_storefront.visitor import address_of
from payport_web.headers import HANDING_OVER
from payport_web.languages import msg

__all__ = ["Paying"]

_log = structlog.get_logger()
_TO_GATEWAY: Final = {"content-security-policy": HANDING_OVER}
_CHOOSE: Final = msg("Please choose one of the ways to pay.")
_AT_WORK: Final = msg("This payment is being prepared already. Please try again in a moment.")


class Paying:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/payment/{token}", self._choose),
            Route("/payment/{token}", self._pay, methods=["POST"]),
        ]

    async def _choose(self, request: Request) -> Response:
        order = await self._site.own_order(request)
        if standing(order) not in PAYABLE:
            return _to_result(order)
        methods, told = await self._site.shop.methods(order.number), await self._site.told(order)
        return self._page(request, order, methods, told)

    async def _pay(self, request: Request) -> Response:
        order = await self._site.own_order(request)
        methods, told = await self._site.shop.methods(order.number), await self._site.told(order)
        form = await self._site.form(request, {"method", *(f"choice_{method.id}" for method in methods)})
        if standing(order) not in PAYABLE:
            return _to_result(order)
        method = form["method"]
        if method not in {offer.id for offer in methods}:
            return self._page(request, order, methods, told, problem=_CHOOSE)
        try:
            checkout = await self._site.shop.pay(
                order.number,
                method,
                form[f"choice_{method}"] or None,
                buyer_ip=address_of(request, self._site.settings.trusted_proxies),
                language=self._site.views.language_of(request),
            )
        except PaymentInProgress:
            return self._page(request, order, methods, told, chosen=method, problem=_AT_WORK)
        except RequestRefused as refused:
            _log.warning("payment_refused", order=order.number, method=method, field=refused.field)
            return self._page(request, order, methods, told, chosen=method, problem=_CHOOSE)
        return self._hand_over(request, order, checkout)

    def _hand_over(self, request: Request, order: OrderView, checkout: Checkout) -> Response:
        """To where the gateway wants the buyer; where there is no such place, to the result page."""
        match checkout:
            case Redirect(url=url):
                return RedirectResponse(url, 303, headers=_TO_GATEWAY)
            case PostForm():
                customer = self._site.customer(request)
                return self._site.views.page(
                    request, "handover.html", customer=customer, headers=_TO_GATEWAY, checkout=checkout
                )
            case ShowQR() | Instructions():
                return RedirectResponse(f"/result/{order.token}/instructions", 303)
            case NoCheckout(outcome=outcome):
                _log.warning("no_checkout", order=order.number, outcome=str(outcome))
                return _to_result(order)

    def _page(
        self,
        request: Request,
        order: OrderView,
        methods: tuple[MethodOffer, ...],
        told: Told | None,
        *,
        chosen: str | None = None,
        problem: str | None = None,
    ) -> Response:
        return self._site.views.page(
            request,
            "pay.html",
            customer=self._site.customer(request),
            status=422 if problem else 200,
            headers=_TO_GATEWAY,
            order=order,
            methods=methods,
            open=has_open_payment(order, besides=told),
            told=told,
            left=still_to_pay(order),
            can_be_cancelled=can_be_cancelled(order),
            chosen=chosen,
            problem=problem,
        )


def _to_result(order: OrderView) -> Response:
    return RedirectResponse(f"/result/{order.token}", 303)
