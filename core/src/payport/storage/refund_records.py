"""Rows of refunds to values and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from payport.rules.money import Money
from payport.rules.refund import Of, Refund, State, Way
from payport.storage import tables as t
from payport.storage.records import add_move

__all__ = ["add_refund", "find_refund", "refund_from", "refunds_of", "save_refund"]

_ADD: Final = insert(t.refunds)
_SAVE: Final = update(t.refunds).where(t.refunds.c.reference == bindparam("saved"))
_OF_ORDER: Final = (
    select(t.refunds)
    .where(t.refunds.c.order_number == bindparam("order_number"))
    .order_by(t.refunds.c.requested_at, t.refunds.c.reference)
)


def add_refund(connection: Connection, refund: Refund, *, because: str, **columns: Any) -> None:
    """`columns` are those that only work and asking know."""
    connection.execute(_ADD, {**_values(refund), **columns})
    at = refund.requested_at
    add_move(connection, "refund", refund.reference, None, str(refund.state), at=at, because=because)


def find_refund(
    connection: Connection, *, reference: str | None = None, key: str | None = None
) -> Refund | None:
    """By its reference, or by the key that its caller gave."""
    column, value = (t.refunds.c.reference, reference) if key is None else (t.refunds.c.request_key, key)
    row = connection.execute(select(t.refunds).where(column == value)).first()
    return None if row is None else refund_from(row)


def refunds_of(connection: Connection, order_number: str) -> tuple[Refund, ...]:
    """Of all payments of the order, in the order in which they were requested."""
    return tuple(refund_from(row) for row in connection.execute(_OF_ORDER, {"order_number": order_number}))


def save_refund(
    connection: Connection, before: Refund, after: Refund, *, at: datetime, because: str, **columns: Any
) -> None:
    connection.execute(_SAVE, {"saved": after.reference, **_values(after), **columns})
    if after.state is not before.state:
        states = str(before.state), str(after.state)
        add_move(connection, "refund", after.reference, *states, at=at, because=because)


def refund_from(row: Row[Any]) -> Refund:
    reported = None if row.reported_minor is None else Money(row.reported_minor, row.currency)
    return Refund(
        reference=row.reference,
        idempotency_key=row.idempotency_key,
        key=row.request_key,
        merchant_reference=row.merchant_reference,
        order_number=row.order_number,
        gateway_account=row.gateway_account,
        of=Of(row.of_what),
        way=Way(row.way),
        state=State(row.state),
        amount=Money(row.amount_minor, row.currency),
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        reason=row.reason,
        lines=tuple(json.loads(row.lines)),
        gateway_reference=row.gateway_reference,
        gateway_code=row.gateway_code,
        reported=reported,
        problem=row.problem,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def _values(refund: Refund) -> dict[str, Any]:
    return {
        "reference": refund.reference,
        "idempotency_key": refund.idempotency_key,
        "request_key": refund.key,
        "merchant_reference": refund.merchant_reference,
        "order_number": refund.order_number,
        "gateway_account": refund.gateway_account,
        "of_what": str(refund.of),
        "way": str(refund.way),
        "state": str(refund.state),
        "amount_minor": refund.amount.minor,
        "currency": refund.amount.currency,
        "requested_at": refund.requested_at,
        "requested_by": refund.requested_by,
        "reason": refund.reason,
        "lines": json.dumps(refund.lines),
        "gateway_reference": refund.gateway_reference,
        "gateway_code": refund.gateway_code[:120],
        "reported_minor": None if refund.reported is None else refund.reported.minor,
        "problem": refund.problem,
        "closed_at": refund.closed_at,
        "closed_by": refund.closed_by,
    }
