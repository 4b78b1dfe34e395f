"""What we asked a gateway about one payment and its refunds: how far each call came, without any value."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import NotFound
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page

__all__ = ["Calls"]


class Calls(Page):
    def routes(self) -> list[BaseRoute]:
        return [self.look("/orders/{number}/calls/{reference}", self._calls, right=Right.READ)]

    async def _calls(self, request: Request) -> Response:
        order = await self.desk.shop.order(request.path_params["number"])
        reference = request.path_params["reference"]
        payment = next((each for each in order.payments if each.merchant_reference == reference), None)
        if payment is None:
            raise NotFound(
                field="payment", problem="the order has no such payment", remedy="Begin at the order"
            )
        return self.desk.page(
            request, "calls.html", order=order, payment=payment, calls=await self.desk.shop.calls(reference)
        )
