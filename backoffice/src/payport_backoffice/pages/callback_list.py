"""What gateways sent, as a list: what each message proves, and what was done with it."""

from __future__ import annotations

from typing import Any, ClassVar

from payport import CallbackRow
from payport_backoffice.asked import Asked
from payport_backoffice.navigation import Entry
from payport_backoffice.pages.listing import Column, Listing, Verb
from payport_backoffice.states import STATES
from payport_web.languages import msg

__all__ = ["CallbackList"]


class CallbackList(Listing[CallbackRow]):
    entry = Entry(
        "callbacks", "/callbacks", msg("Gateway messages"), icon="message-circle", group=msg("Proof")
    )
    path, name, template = "/callbacks", "callbacks", "callbacks.html"
    title = msg("Gateway messages")
    lead = msg("As they came, with what each of them proves. Old ones that prove nothing are not kept.")
    words: ClassVar = {"verdict": "verdict", "decision": "decision"}
    columns = (
        Column(msg("Number"), "id"),
        Column(msg("Received"), "received_at"),
        Column(msg("Gateway account"), "gateway_account"),
        Column(msg("Door"), "channel"),
        Column(msg("Verdict"), "verdict", of="verdict"),
        Column(msg("Decision"), "decision", of="decision"),
        Column(msg("Payment"), "merchant_reference"),
        Column(msg("Order"), "order_number"),
        Column(msg("Contract"), "contract"),
        Column(msg("Key"), "key_id"),
        Column(msg("Reason"), "reason"),
    )

    @property
    def verb(self) -> Verb:
        return self.desk.shop.callbacks

    def filters(self, asked: Asked) -> dict[str, Any]:
        return {
            "verdict": asked.one_of("verdict", STATES["verdict"]),
            "decision": asked.one_of("decision", STATES["decision"]),
            "gateway_account": asked.text("gateway"),
            "order_number": asked.text("order"),
            "merchant_reference": asked.text("payment"),
            "received_from": asked.begin_of("from"),
            "received_until": asked.end_of("until"),
        }
