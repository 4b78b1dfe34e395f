"""The journal as a list, whole or one chain of it: every change of state of money, with its hash."""

from __future__ import annotations

from typing import Any

from payport import JournalRow
from payport_backoffice.asked import Asked
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.listing import Column, Listing, Verb
from payport_web.languages import msg

__all__ = ["JournalList"]


class JournalList(Listing[JournalRow]):
    """An order's number is its chain's name; entries without an order have chains of their own."""

    entry = Entry(
        "journal", "/journal", msg("Journal"), icon="receipt-text", right=Right.AUDIT, group=msg("Proof")
    )
    path, name, template, right = "/journal", "journal", "journal.html", Right.AUDIT
    title = msg("Journal")
    lead = msg(
        "Nothing here is edited or deleted; each entry holds the hash of the one before it in its chain."
    )
    columns = (
        Column(msg("Number"), "number"),
        Column(msg("At"), "at"),
        Column(msg("Kind"), "kind"),
        Column(msg("Chain"), "chain"),
        Column(msg("Place in its chain"), "sequence"),
        Column(msg("Buyer account"), "account"),
        Column(msg("Reference"), "reference"),
        Column(msg("From"), "from_state"),
        Column(msg("To"), "to_state"),
        Column(msg("Because"), "because"),
        Column(msg("Hash"), "hash"),
        Column(msg("Event"), "event_id"),
        Column(msg("Text"), "text"),
    )

    @property
    def verb(self) -> Verb:
        return self.desk.shop.journal

    def filters(self, asked: Asked) -> dict[str, Any]:
        kind = asked.text("kind")
        return {
            "order_number": asked.text("order"),
            "account": asked.text("account"),
            "kinds": () if kind is None else (kind,),
            "number": asked.number("number"),
            "event": asked.text("event"),
            "at_from": asked.begin_of("from"),
            "at_until": asked.end_of("until"),
        }
