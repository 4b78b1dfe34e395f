"""Orders as a list: who bought, for how much, and whether the money is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from starlette.requests import Request

from payport import OrderRow
from payport_backoffice.asked import Asked
from payport_backoffice.navigation import Entry
from payport_backoffice.pages.listing import Column, Listing, Verb
from payport_backoffice.states import STATES
from payport_web.languages import msg

__all__ = ["OrderList"]


class OrderList(Listing[OrderRow]):
    entry = Entry("orders", "/orders", msg("Orders"), icon="package")
    path, name, template = "/orders", "orders", "orders.html"
    title = msg("Orders")
    words: ClassVar = {"state": "order"}
    columns = (
        Column(msg("Order"), "number"),
        Column(msg("State"), "state", of="order"),
        Column(msg("Total"), "total"),
        Column(msg("Received"), "received"),
        Column(msg("Currency"), "total.currency"),
        Column(msg("Buyer account"), "account"),
        Column(msg("Buyer"), "buyer.name"),
        Column(msg("Company"), "buyer.company"),
        Column(msg("E-mail"), "buyer.email"),
        Column(msg("Phone"), "buyer.phone"),
        Column(msg("Methods"), "methods"),
        Column(msg("Placed"), "placed_at"),
        Column(msg("Paid at"), "paid_at"),
        Column(msg("Why in review"), "review_reason"),
    )

    @property
    def verb(self) -> Verb:
        return self.desk.shop.orders

    def filters(self, asked: Asked) -> dict[str, Any]:
        return {
            "states": asked.some_of("state", STATES["order"]),
            "method": asked.text("method"),
            "account": asked.text("account"),
            "amount": asked.amount("amount"),
            "placed_from": asked.begin_of("from"),
            "placed_until": asked.end_of("until"),
        }

    def seen(self, request: Request, row: OrderRow) -> OrderRow:
        return replace(row, buyer=self.desk.buyer_of(request, row.buyer))
