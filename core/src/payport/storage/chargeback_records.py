"""Chargebacks as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from payport.rules import chargeback as chargebacks_rules
from payport.rules.chargeback import Chargeback
from payport.rules.money import Money
from payport.storage import tables as t
from payport.storage.changes import record_change
from payport.storage.rows import by, first

__all__ = ["add_chargeback", "chargeback_from", "chargebacks_of", "find_chargeback", "save_chargeback"]

_ADD_CHARGEBACK: Final = insert(t.chargebacks)
_SAVE_CHARGEBACK: Final = update(t.chargebacks).where(t.chargebacks.c.reference == bindparam("saved"))
_CHARGEBACKS: Final = (
    select(t.chargebacks)
    .where(t.chargebacks.c.order_number == bindparam("order_number"))
    .order_by(t.chargebacks.c.opened_at, t.chargebacks.c.reference)
)


def add_chargeback(connection: Connection, opened: Chargeback, *, because: str) -> None:
    connection.execute(_ADD_CHARGEBACK, _chargeback_values(opened))
    _record_chargeback(connection, None, opened, at=opened.opened_at, because=because)


def find_chargeback(connection: Connection, **where: str) -> Chargeback | None:
    """By `reference`."""
    row = first(connection, by(t.chargebacks, *where), **where)
    return None if row is None else chargeback_from(row)


def chargebacks_of(connection: Connection, order_number: str) -> tuple[Chargeback, ...]:
    """Of all payments of the order, in the order in which they were opened."""
    rows = connection.execute(_CHARGEBACKS, {"order_number": order_number})
    return tuple(chargeback_from(row) for row in rows)


def save_chargeback(
    connection: Connection,
    before: Chargeback,
    after: Chargeback,
    *,
    at: datetime,
    because: str,
) -> None:
    connection.execute(_SAVE_CHARGEBACK, {"saved": after.reference, **_chargeback_values(after)})
    _record_chargeback(connection, str(before.state), after, at=at, because=because)


def _record_chargeback(
    connection: Connection,
    before: str | None,
    after: Chargeback,
    *,
    at: datetime,
    because: str,
) -> None:
    record_change(
        connection,
        "chargeback",
        _chargeback_values(after),
        reference=after.reference,
        chain=after.order_number,
        states=(before, str(after.state)),
        at=at,
        because=because,
    )


def chargeback_from(row: Row[Any]) -> Chargeback:
    return Chargeback(
        reference=row.reference,
        merchant_reference=row.merchant_reference,
        order_number=row.order_number,
        state=chargebacks_rules.State(row.state),
        amount=Money(row.amount_minor, row.currency),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        reason=row.reason,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def _chargeback_values(chargeback: Chargeback) -> dict[str, Any]:
    return {
        "reference": chargeback.reference,
        "merchant_reference": chargeback.merchant_reference,
        "order_number": chargeback.order_number,
        "state": str(chargeback.state),
        "amount_minor": chargeback.amount.minor,
        "currency": chargeback.amount.currency,
        "opened_at": chargeback.opened_at,
        "opened_by": chargeback.opened_by,
        "reason": chargeback.reason,
        "closed_at": chargeback.closed_at,
        "closed_by": chargeback.closed_by,
    }
