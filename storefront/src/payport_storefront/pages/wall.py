"""The Wall and the Settings: what the customer holds, and the way to the order page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from payport import NotFound, OrderView
from payport_storefront.site import Site
from payport_storefront.standing import Standing, standing

__all__ = ["Home"]

_UNFINISHED = {Standing.UNPAID, Standing.WAITING, Standing.FAILED, Standing.REVIEW}


class Home:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        return [Route("/", self._wall), Route("/settings", self._settings)]

    async def _wall(self, request: Request) -> Response:
        customer = self._site.customer(request)
        return self._site.views.page(
            request,
            "wall.html",
            customer=customer,
            held=await self._site.shop.entitlement(customer.account),
            pending=await self._unfinished(request, customer.account),
        )

    async def _settings(self, request: Request) -> Response:
        customer = self._site.customer(request)
        held = await self._site.shop.entitlement(customer.account)
        return self._site.views.page(request, "settings.html", customer=customer, held=held)

    async def _unfinished(self, request: Request, account: str) -> OrderView | None:
        """The order placed last in this browser, while there is still something to do or to know about it."""
        token = self._site.session(request).order
        if token is None:
            return None
        try:
            order = await self._site.shop.order_by_token(token)
        except NotFound:
            return None
        return order if order.account == account and standing(order) in _UNFINISHED else None
