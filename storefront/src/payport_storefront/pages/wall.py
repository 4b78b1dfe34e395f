"""The Wall and the Settings: what the customer holds, and the way to what can be bought."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from payport import NotFound, OrderView
from payport_storefront.site import Site
from payport_storefront.situation import situations
from payport_storefront.standing import Standing, standing

__all__ = ["Home"]

_UNFINISHED = {Standing.UNPAID, Standing.WAITING, Standing.FAILED, Standing.REVIEW}


class Home:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        return [Route("/", self._wall), Route("/settings", self._settings)]

    async def _wall(self, request: Request) -> Response:
        account = self._site.customer(request).account
        pending = await self._unfinished(request, account)
        told = await self._site.told(pending) if pending else None
        return await self._page(request, "wall.html", pending=pending, told=told)

    async def _settings(self, request: Request) -> Response:
        return await self._page(request, "settings.html")

    async def _page(self, request: Request, template: str, **values: Any) -> Response:
        customer = self._site.customer(request)
        held, offers = await self._site.offered(customer.account)
        return self._site.views.page(
            request,
            template,
            customer=customer,
            held=held,
            offers=offers,
            situations=situations(held, offers),
            **values,
        )

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
