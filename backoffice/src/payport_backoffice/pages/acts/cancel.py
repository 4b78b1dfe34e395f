"""Cancelling an order that is placed or in review."""

from __future__ import annotations

from typing import ClassVar

from starlette.requests import Request

from payport import Act
from payport import Cancel as Cancelling
from payport_backoffice.pages.acts.drafts import REASON, Draft, Typed
from payport_backoffice.pages.acts.flow import ActPage
from payport_web.languages import msg

__all__ = ["Cancel"]


class Cancel(ActPage):
    path = "/orders/{number}/cancel"
    elsewhere: ClassVar = {"order": "number"}
    told: ClassVar = {
        **ActPage.told,
        "cancelled": msg("The order is cancelled. What came in for it is to be given back."),
    }

    async def draft(self, request: Request) -> Draft:
        order = await self.desk.shop.order(request.path_params["number"])
        return Draft(
            title=msg("Cancel an order"),
            about=order.number,
            back=f"/orders/{order.number}",
            button=msg("Cancel the order"),
            lead=msg("The order ends. What came in for it is flagged, to be given back."),
            facts=((msg("Total"), order.total), (msg("Received"), order.received)),
            fields=(REASON,),
            done="cancelled",
        )

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        return Cancelling(order_number=draft.about, reason=typed.reason())
