"""What a stored change says in the journal: its kind, and its columns but for those that stay outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select

from payport.storage import tables as t
from payport.storage.journal_records import facts_from, record

__all__ = ["SUBJECTS", "Subject", "record_change"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Rows of one table, as the journal tells of them.

    Args:
        left_out: columns that an entry never holds: secrets that open a page, words and names of people, and
            what only work knows. All others are facts, and replaying them gives the table.
        kinds: what hosts are told of a state, where it is not simply its name.
    """

    name: str
    table: Table
    left_out: frozenset[str] = frozenset()
    kinds: Mapping[str, str] = ()  # type: ignore[assignment]

    def kind(self, before: str | None, after: str) -> str:
        if before == after:
            return f"{self.name}.updated"
        return f"{self.name}.{dict(self.kinds).get(after, after)}"


_OWNER: Final = select(t.orders.c.account).where(t.orders.c.number == bindparam("number"))
_IN_REVIEW: Final = {"review": "in_review"}
_WORK: Final = frozenset(
    {"due_at", "lease_until", "lease_owner", "tries", "last_error", "parked_at", "asked_at", "asks"}
)
SUBJECTS: Final[Mapping[str, Subject]] = {
    subject.name: subject
    for subject in (
        Subject(
            "order", t.orders, _WORK | {"token", "buyer", "locale", "review_reason", "erased_at"}, _IN_REVIEW
        ),
        Subject(
            "payment",
            t.payments,
            _WORK | {"buyer_ip", "language", "paid_with", "checkout"},
            {"pending": "created", **_IN_REVIEW},
        ),
        Subject("receipt", t.receipts, frozenset({"id"})),
        Subject("refund", t.refunds, _WORK | {"reason", "problem", "request_key"}),
        Subject("chargeback", t.chargebacks, frozenset({"reason"})),
        Subject("confirmation", t.confirmations, frozenset({"id", "note"})),
        Subject("grant", t.grants, frozenset({"document"})),
        Subject("proposal", t.proposals, frozenset({"document", "reason"})),
    )
}


def record_change(
    connection: Connection,
    subject: str,
    values: Mapping[str, Any],
    *,
    reference: str,
    chain: str,
    states: tuple[str | None, str | None],
    at: datetime,
    because: str | None,
    account: str | None = None,
    kind: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Append what a row says now.

    Args:
        values: the row, by column. `more`: facts that stand in none.
        states: from and to; both None where the subject has none.
        account: the buyer's; None: that of the order, whose number the chain is.
        kind: what hosts are told, where the states do not say it.
    """
    about = SUBJECTS[subject]
    before, after = states
    record(
        connection,
        chain=chain,
        account=_owner(connection, chain) if account is None else account,
        at=at,
        kind=kind or about.kind(before, after or "added"),
        subject=subject,
        reference=reference,
        from_state=before,
        to_state=after,
        facts=facts_from(values, without=about.left_out) | facts_from(more or {}),
        because=because,
    )


def _owner(connection: Connection, order_number: str) -> str:
    return str(connection.execute(_OWNER, {"number": order_number}).scalar_one())
