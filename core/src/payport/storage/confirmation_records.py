"""Rows of confirmations and of statement lines to values and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from payport.rules.confirmation import Confirmation, State
from payport.rules.money import Money
from payport.rules.statement import Fate
from payport.storage import tables as t
from payport.storage.changes import record_change

__all__ = [
    "add_confirmation", "confirmation_from", "confirmations_of", "find_confirmation", "keep_lines",
    "record_confirmation", "save_confirmation",
]  # fmt: skip

_ADD: Final = insert(t.confirmations)
_FIND: Final = (  # locked: one that was withdrawn may be confirmed for two orders at one moment
    select(t.confirmations)
    .where(
        t.confirmations.c.gateway_account == bindparam("account"),
        t.confirmations.c.bank_reference == bindparam("reference"),
    )
    .with_for_update()
)
_SAVE: Final = update(t.confirmations).where(
    t.confirmations.c.gateway_account == bindparam("account"),
    t.confirmations.c.bank_reference == bindparam("reference"),
)
_OF_ORDER: Final = (
    select(t.confirmations)
    .where(t.confirmations.c.order_number == bindparam("order_number"))
    .order_by(t.confirmations.c.first_at, t.confirmations.c.id)
)


def add_confirmation(connection: Connection, confirmation: Confirmation) -> None:
    connection.execute(_ADD, _values(confirmation))


def find_confirmation(connection: Connection, gateway_account: str, reference: str) -> Confirmation | None:
    row = connection.execute(_FIND, {"account": gateway_account, "reference": reference}).first()
    return None if row is None else confirmation_from(row)


def save_confirmation(connection: Connection, confirmation: Confirmation) -> None:
    named = {"account": confirmation.gateway_account, "reference": confirmation.bank_reference}
    connection.execute(_SAVE, {**named, **_values(confirmation)})


def record_confirmation(
    connection: Connection,
    before: State | None,
    after: Confirmation,
    *,
    at: datetime,
    because: str,
) -> None:
    """For the journal, once it is stored. `before`: None where it is new to its order."""
    record_change(
        connection,
        "confirmation",
        _values(after),
        reference=after.bank_reference,
        chain=after.order_number,
        states=(None if before is None else str(before), str(after.state)),
        at=at,
        because=because,
    )


def confirmations_of(connection: Connection, order_number: str) -> tuple[Confirmation, ...]:
    """In the order in which they were first made."""
    rows = connection.execute(_OF_ORDER, {"order_number": order_number})
    return tuple(confirmation_from(row) for row in rows)


def keep_lines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store lines of a statement. Of one that is stored only the fate may change, unless it is matched: that
    is for ever. Sorted, so that two who import the same file wait for each other in turn."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(t.statement_lines)
    kept = made.on_conflict_do_update(
        index_elements=["gateway_account", "reference"],
        set_={"fate": made.excluded.fate, "order_number": made.excluded.order_number},
        where=t.statement_lines.c.fate != str(Fate.MATCHED),
    )
    connection.execute(kept, sorted(rows, key=lambda row: str(row["reference"])))


def confirmation_from(row: Row[Any]) -> Confirmation:
    return Confirmation(
        gateway_account=row.gateway_account,
        bank_reference=row.bank_reference,
        merchant_reference=row.merchant_reference,
        order_number=row.order_number,
        state=State(row.state),
        amount=Money(row.amount_minor, row.currency),
        booked_on=row.booked_on,
        note=row.note,
        first_by=row.first_by,
        first_at=row.first_at,
        second_by=row.second_by,
        second_at=row.second_at,
    )


def _values(confirmation: Confirmation) -> dict[str, Any]:
    return {
        "gateway_account": confirmation.gateway_account,
        "bank_reference": confirmation.bank_reference,
        "merchant_reference": confirmation.merchant_reference,
        "order_number": confirmation.order_number,
        "state": str(confirmation.state),
        "amount_minor": confirmation.amount.minor,
        "currency": confirmation.amount.currency,
        "booked_on": confirmation.booked_on,
        "note": confirmation.note,
        "first_by": confirmation.first_by,
        "first_at": confirmation.first_at,
        "second_by": confirmation.second_by,
        "second_at": confirmation.second_at,
    }
