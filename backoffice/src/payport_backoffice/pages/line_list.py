"""Lines of bank statements as a list: which money was counted, and for which order."""

from __future__ import annotations

from typing import Any, ClassVar

from payport import StatementLineRow
from payport_backoffice.asked import Asked
from payport_backoffice.navigation import Entry
from payport_backoffice.pages.listing import Column, Listing, Verb
from payport_backoffice.states import STATES
from payport_web.languages import msg

__all__ = ["LineList"]


class LineList(Listing[StatementLineRow]):
    entry = Entry("lines", "/statement-lines", msg("Bank statements"), icon="landmark")
    path, name, template = "/statement-lines", "lines", "lines.html"
    title = msg("Bank statements")
    lead = msg("Every line that was imported. What no order took waits for a person.")
    words: ClassVar = {"fate": "fate"}
    columns = (
        Column(msg("Bank's reference"), "reference"),
        Column(msg("Booked"), "booked_at"),
        Column(msg("Amount"), "amount"),
        Column(msg("Currency"), "amount.currency"),
        Column(msg("Memo"), "text"),
        Column(msg("Outcome"), "fate", of="fate"),
        Column(msg("Order"), "order_number"),
        Column(msg("Gateway account"), "gateway_account"),
        Column(msg("Imported"), "imported_at"),
        Column(msg("Imported by"), "imported_by"),
        Column(msg("Dismissed by"), "dismissed.dismissed_by"),
        Column(msg("Why dismissed"), "dismissed.reason"),
    )

    @property
    def verb(self) -> Verb:
        return self.desk.shop.statement_lines

    def filters(self, asked: Asked) -> dict[str, Any]:
        return {
            "fates": asked.some_of("fate", STATES["fate"]),
            "amount": asked.amount("amount"),
            "is_dismissed": {"yes": True, "no": False}.get(asked.one_of("dismissed", ("yes", "no")) or ""),
            "gateway_account": asked.text("gateway"),
            "order_number": asked.text("order"),
            "booked_from": asked.begin_of("from"),
            "booked_until": asked.end_of("until"),
        }
