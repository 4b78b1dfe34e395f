"""Payments as a list: each attempt to pay, where it went, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar

from payport import Payment
from payport_backoffice.asked import Asked
from payport_backoffice.navigation import Entry
from payport_backoffice.pages.listing import Column, Listing, Verb
from payport_backoffice.states import STATES
from payport_web.languages import msg

__all__ = ["PaymentList"]


class PaymentList(Listing[Payment]):
    entry = Entry("payments", "/payments", msg("Payments"), icon="credit-card")
    path, name, template = "/payments", "payments", "payments.html"
    title = msg("Payments")
    lead = msg("Each attempt to pay an order; an order may have several.")
    words: ClassVar = {"state": "payment", "flag": "flag"}
    columns = (
        Column(msg("Payment"), "merchant_reference"),
        Column(msg("Order"), "order_number"),
        Column(msg("State"), "state", of="payment"),
        Column(msg("Amount"), "amount"),
        Column(msg("Received"), "received"),
        Column(msg("Currency"), "amount.currency"),
        Column(msg("Method"), "method"),
        Column(msg("Gateway account"), "gateway_account"),
        Column(msg("Gateway's reference"), "gateway_reference"),
        Column(msg("Flags"), "flags", of="flag"),
        Column(msg("Buyer account"), "account"),
        Column(msg("Handed over"), "handed_over_at"),
        Column(msg("Paid at"), "paid_at"),
    )

    @property
    def verb(self) -> Verb:
        return self.desk.shop.payments

    def filters(self, asked: Asked) -> dict[str, Any]:
        return {
            "states": asked.some_of("state", STATES["payment"]),
            "flags": asked.some_of("flag", STATES["flag"]),
            "method": asked.text("method"),
            "gateway_account": asked.text("gateway"),
            "order_number": asked.text("order"),
            "account": asked.text("account"),
            "handed_over_from": asked.begin_of("from"),
            "handed_over_until": asked.end_of("until"),
        }
