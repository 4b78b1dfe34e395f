"""Rows of refunds to values and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, literal, select, union_all, update

from payport.rules.money import Money
from payport.rules.refund import Of, Refund, State, Way, reserved
from payport.storage import tables as t
from payport.storage.changes import record_change
from payport.storage.rows import is_kept

__all__ = [
    "add_refund", "find_refund", "given_back", "names_its_payment", "names_something_else", "names_this",
    "refund_from", "refunds_of", "save_refund",
]  # fmt: skip

_ADD: Final = insert(t.refunds)
_SAVE: Final = update(t.refunds).where(t.refunds.c.reference == bindparam("saved"))
_OF_ORDER: Final = (
    select(t.refunds)
    .where(t.refunds.c.order_number == bindparam("order_number"))
    .order_by(t.refunds.c.requested_at, t.refunds.c.reference)
)

_OWN_OF_ACCOUNT: Final = (
    select(t.refunds)
    .join(t.orders, t.orders.c.number == t.refunds.c.order_number)
    .where(
        t.orders.c.account == bindparam("account"),
        t.refunds.c.of_what == str(Of.ORDER),
        t.refunds.c.state != str(State.FAILED),
    )
)
_NAMED: Final = union_all(
    *(
        select(owner, literal(is_refund)).where(
            table.c.gateway_account == bindparam("account"),
            table.c.gateway_reference == bindparam("named"),
        )
        for table, owner, is_refund in (
            (t.refunds, t.refunds.c.reference, True),
            (t.payments, t.payments.c.merchant_reference, False),
            (t.receipts, t.receipts.c.merchant_reference, False),
        )
    )
)


def add_refund(connection: Connection, refund: Refund, *, because: str, **columns: Any) -> None:
    """`columns` are those that only work and asking know."""
    connection.execute(_ADD, {**_values(refund), **columns})
    _record(connection, None, refund, at=refund.requested_at, because=because)


def find_refund(
    connection: Connection, *, reference: str | None = None, key: str | None = None
) -> Refund | None:
    """By its reference, or by the key that its caller gave."""
    column, value = (t.refunds.c.reference, reference) if key is None else (t.refunds.c.request_key, key)
    if value is None or not is_kept(value):
        return None
    row = connection.execute(select(t.refunds).where(column == value)).first()
    return None if row is None else refund_from(row)


def refunds_of(connection: Connection, order_number: str) -> tuple[Refund, ...]:
    """Of all payments of the order, in the order in which they were requested."""
    return tuple(refund_from(row) for row in connection.execute(_OF_ORDER, {"order_number": order_number}))


def given_back(connection: Connection, account: str, *, since: datetime | None = None) -> dict[str, Money]:
    """For each order of a buyer account, what of its own money went back, or may yet.

    Args:
        since: by refunds that were requested from then on; None: by all.
    """
    statement = _OWN_OF_ACCOUNT if since is None else _OWN_OF_ACCOUNT.where(t.refunds.c.requested_at >= since)
    of_orders: dict[str, list[Refund]] = {}
    for row in connection.execute(statement, {"account": account}):
        of_orders.setdefault(row.order_number, []).append(refund_from(row))
    return {number: reserved(refunds, refunds[0].amount.currency) for number, refunds in of_orders.items()}


def names_something_else(connection: Connection, refund: Refund, gateway_reference: str) -> bool:
    """Whether the gateway's name belongs to another refund of its account, or to another payment."""
    return any(
        owner != (refund.reference if is_refund else refund.merchant_reference)
        for owner, is_refund in names_this(connection, refund.gateway_account, gateway_reference)
    )


def names_its_payment(connection: Connection, refund: Refund, gateway_reference: str) -> bool:
    """Whether it is the name of a transaction that brought the money, and so none of the refund."""
    return any(
        not is_refund and owner == refund.merchant_reference
        for owner, is_refund in names_this(connection, refund.gateway_account, gateway_reference)
    )


def names_this(
    connection: Connection, gateway_account: str, gateway_reference: str
) -> Iterator[tuple[str, bool]]:
    """What the gateway's name belongs to, within its account: a refund where True, else a payment."""
    named = {"account": gateway_account, "named": gateway_reference}
    for owner, is_refund in connection.execute(_NAMED, named):
        yield owner, bool(is_refund)


def save_refund(
    connection: Connection,
    before: Refund,
    after: Refund,
    *,
    at: datetime,
    because: str,
    **columns: Any,
) -> None:
    connection.execute(_SAVE, {"saved": after.reference, **_values(after), **columns})
    if after != before:
        _record(connection, str(before.state), after, at=at, because=because)


def _record(connection: Connection, before: str | None, after: Refund, *, at: datetime, because: str) -> None:
    record_change(
        connection,
        "refund",
        _values(after),
        reference=after.reference,
        chain=after.order_number,
        states=(before, str(after.state)),
        at=at,
        because=because,
    )


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
