"""Money of no order of ours that a person looked at: what is known of it, and that it was dismissed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, tuple_

from payport.rules.money import Money
from payport.storage import tables as t
from payport.storage.journal_records import record

__all__ = [
    "Dismissed", "Unclaimed", "add_dismissal", "dismissals_of", "find_dismissal", "find_unclaimed",
]  # fmt: skip

_KIND: Final = "money.dismissed"
_LINE: Final = select(t.statement_lines).where(
    t.statement_lines.c.gateway_account == bindparam("account"),
    t.statement_lines.c.reference == bindparam("reference"),
)
_UNMATCHED: Final = select(t.journal.c.text).where(
    t.journal.c.chain == bindparam("chain"),
    t.journal.c.kind == "money.unmatched",
    t.journal.c.reference == bindparam("reference"),
)
_DISMISSED: Final = select(t.dismissals).where(
    t.dismissals.c.gateway_account == bindparam("account"),
    t.dismissals.c.reference == bindparam("reference"),
)


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Money of which no order knows. `subject`: "statement_line" or "callback", by what tells of it.

    `matched`: a bank's line whose money was counted for an order. `amount` None: nobody said how much.
    """

    subject: str
    amount: Money | None
    matched: bool = False


@dataclass(frozen=True, slots=True)
class Dismissed:
    """By whom, when and why it was looked at, and found to be none of ours or settled elsewhere."""

    gateway_account: str
    reference: str
    subject: str
    at: datetime
    dismissed_by: str
    reason: str


def find_unclaimed(connection: Connection, gateway_account: str, reference: str) -> Unclaimed | None:
    """A line of an imported statement, or else a transaction that a gateway told of, by its reference."""
    line = connection.execute(_LINE, {"account": gateway_account, "reference": reference}).first()
    if line is not None:
        amount = Money(line.amount_minor, line.currency)
        return Unclaimed("statement_line", amount, matched=line.fate == "matched")
    told = connection.execute(_UNMATCHED, {"chain": _chain(gateway_account), "reference": reference}).first()
    if told is None:
        return None
    facts: dict[str, Any] = json.loads(told.text)["facts"]
    minor, currency = facts.get("amount_minor"), facts.get("currency")
    return Unclaimed("callback", None if minor is None or currency is None else Money(minor, currency))


def find_dismissal(connection: Connection, gateway_account: str, reference: str) -> Dismissed | None:
    row = connection.execute(_DISMISSED, {"account": gateway_account, "reference": reference}).first()
    return None if row is None else Dismissed(**row._mapping)


def dismissals_of(
    connection: Connection, named: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], Dismissed]:
    """Of money named by gateway account and reference; what was not dismissed is left out."""
    if not named:
        return {}
    asked = select(t.dismissals).where(
        tuple_(t.dismissals.c.gateway_account, t.dismissals.c.reference).in_(named)
    )
    return {
        (row.gateway_account, row.reference): Dismissed(**row._mapping) for row in connection.execute(asked)
    }


def add_dismissal(connection: Connection, dismissed: Dismissed, amount: Money | None) -> None:
    """Keep it, with its entry in the journal. The caller holds the lock of money that belongs to nobody."""
    row = {
        "gateway_account": dismissed.gateway_account,
        "reference": dismissed.reference,
        "subject": dismissed.subject,
        "at": dismissed.at,
        "dismissed_by": dismissed.dismissed_by,
        "reason": dismissed.reason,
    }
    connection.execute(insert(t.dismissals), row)
    record(
        connection,
        chain=_chain(dismissed.gateway_account),
        account="",
        at=dismissed.at,
        kind=_KIND,
        subject=dismissed.subject,
        reference=dismissed.reference,
        from_state=None,
        to_state=None,
        facts={
            "gateway_account": dismissed.gateway_account,
            "reference": dismissed.reference,
            "amount_minor": None if amount is None else amount.minor,
            "currency": None if amount is None else amount.currency,
            "dismissed_by": dismissed.dismissed_by,
        },
        because=f"dismissed by {dismissed.dismissed_by}: {dismissed.reason}",
    )


def _chain(gateway_account: str) -> str:
    return f"gateway {gateway_account}"
