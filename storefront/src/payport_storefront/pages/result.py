"""What became of an order. Opening the page changes nothing; only Payport knows whether it is paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from payport import OrderView
from payport_storefront.site import Site
from payport_storefront.standing import concern, fingerprint, has_open_payment, standing, surplus

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
        ]

    async def _result(self, request: Request) -> Response:
        """Whoever holds the link sees the truth; only the order's own account can act on it."""
        return self._show(request, "result.html", await self._site.order(request))

    async def _progress(self, request: Request) -> Response:
        """While nothing is new, only the progress is renewed: a screen reader is not told it again."""
        order = await self._site.order(request)
        if has_open_payment(order) and request.query_params.get("seen") == fingerprint(order):
            return self._show(request, "result_progress.html", order)
        return self._show(request, "result_news.html", order, headers=_NEWS)

    def _show(
        self, request: Request, template: str, order: OrderView, headers: dict[str, str] | None = None
    ) -> Response:
        customer, now = self._site.visitor(request), self._site.clock()
        return self._site.views.page(
            request,
            template,
            customer=customer,
            headers=headers,
            order=order,
            standing=standing(order),
            open=has_open_payment(order),
            surplus=surplus(order),
            concern=concern(order),
            own=customer is not None and customer.account == order.account,
            now=now,
            pause=_pause(order, now),
            seen=fingerprint(order),
        )


def _pause(order: OrderView, now: datetime) -> int:
    """Seconds until the page asks again."""
    begun = order.payments[-1].handed_over_at if order.payments else None
    waited = now - (begun or order.placed_at)
    return next((pause for until, pause in _PAUSES if waited < until), _LONGEST_PAUSE)
