"""Refunds as a list: what goes back, why, and whether it has arrived."""

from __future__ import annotations

from typing import Any, ClassVar

from payport import Refund
from payport_backoffice.asked import Asked
from payport_backoffice.navigation import Entry
from payport_backoffice.pages.listing import Column, Listing, Verb
from payport_backoffice.states import STATES
from payport_web.languages import msg

__all__ = ["RefundList"]


class RefundList(Listing[Refund]):
    entry = Entry("refunds", "/refunds", msg("Refunds"), icon="rotate-ccw")
    path, name, template = "/refunds", "refunds", "refunds.html"
    title = msg("Refunds")
    words: ClassVar = {"state": "refund"}
    columns = (
        Column(msg("Refund"), "reference"),
        Column(msg("Order"), "order_number"),
        Column(msg("State"), "state", of="refund"),
        Column(msg("Amount"), "amount"),
        Column(msg("Reported amount"), "reported"),
        Column(msg("Currency"), "amount.currency"),
        Column(msg("Way"), "way", of="way"),
        Column(msg("Of"), "of", of="money"),
        Column(msg("Reason"), "reason"),
        Column(msg("Requested by"), "requested_by"),
        Column(msg("Requested"), "requested_at"),
        Column(msg("Ended"), "closed_at"),
        Column(msg("Gateway account"), "gateway_account"),
        Column(msg("Gateway's reference"), "gateway_reference"),
        Column(msg("Payment"), "merchant_reference"),
        Column(msg("What to look at"), "problem"),
    )

    @property
    def verb(self) -> Verb:
        return self.desk.shop.refunds

    def filters(self, asked: Asked) -> dict[str, Any]:
        return {
            "states": asked.some_of("state", STATES["refund"]),
            "amount": asked.amount("amount"),
            "gateway_account": asked.text("gateway"),
            "merchant_reference": asked.text("payment"),
            "order_number": asked.text("order"),
            "requested_from": asked.begin_of("from"),
            "requested_until": asked.end_of("until"),
        }
