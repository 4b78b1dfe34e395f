"""Ending an order that is not paid: asked first, done by POST, in the name of its own account."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport import OrderView, RequestRefused
from payport_storefront.site import Site
from payport_storefront.standing import can_be_cancelled, has_open_payment

__all__ = ["Cancelling"]

_REASON: Final = "the buyer ended it in the shop"


class Cancelling:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/payment/{token}/cancel", self._ask),
            Route("/payment/{token}/cancel", self._cancel, methods=["POST"]),
        ]

    async def _ask(self, request: Request) -> Response:
        order = await self._site.own_order(request)
        if not can_be_cancelled(order):
            return _to_result(order)
        return self._site.views.page(
            request,
            "cancel.html",
            customer=self._site.customer(request),
            order=order,
            open=has_open_payment(order),
        )

    async def _cancel(self, request: Request) -> Response:
        order = await self._site.own_order(request)
        await self._site.form(request, ())
        if can_be_cancelled(order):
            with suppress(RequestRefused):  # paid or ended meanwhile: the result page says how it stands
                await self._site.shop.cancel(order.number, actor=order.account, reason=_REASON)
        return _to_result(order)


def _to_result(order: OrderView) -> Response:
    return RedirectResponse(f"/result/{order.token}", 303)
