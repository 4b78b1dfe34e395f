"""Payments as rows, and the receipts of what was proven for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from payport.rules import payment as payments_rules
from payport.rules.money import Money
from payport.rules.payment import Flag, Payment
from payport.storage import tables as t
from payport.storage.changes import record_change
from payport.storage.rows import by, difference, first

__all__ = [
    "add_payment",
    "add_receipt",
    "find_payment",
    "hand_over",
    "locked_payment",
    "payment_from",
    "payment_owner",
    "payment_values",
    "payments_of",
    "reference_of",
    "save_payment",
]

_ADD_PAYMENT: Final = insert(t.payments)
_ADD_RECEIPT: Final = insert(t.receipts)
_SAVE_PAYMENT: Final = update(t.payments).where(t.payments.c.merchant_reference == bindparam("saved"))
_PAYMENTS: Final = (
    select(t.payments)
    .where(t.payments.c.order_number == bindparam("order_number"))
    .order_by(t.payments.c.handed_over_at, t.payments.c.merchant_reference)
)


def find_payment(connection: Connection, **where: str) -> Payment | None:
    """By `merchant_reference`, or any columns that are unique together."""
    row = first(connection, by(t.payments, *where), **where)
    return None if row is None else payment_from(row)


def locked_payment(connection: Connection, **where: str) -> Payment | None:
    """As `find_payment`, as it stands once its buyer account is locked.

    Both rows are locked, the account's first; PostgreSQL reads anew what changed while it waited.
    """
    row = first(connection, _with_its_owner(*where), **where)
    return None if row is None else payment_from(row)


def payment_owner(connection: Connection, **where: str) -> str | None:
    """The buyer account that a payment belongs to, which is what to lock before the payment is read."""
    row = first(connection, by(t.payments, *where), **where)
    return None if row is None else str(row.account)


def reference_of(connection: Connection, **where: str) -> str | None:
    """The merchant reference of the payment that `find_payment` would find, read or not."""
    row = first(connection, by(t.payments, *where), **where)
    return None if row is None else str(row.merchant_reference)


def payments_of(connection: Connection, order_number: str) -> tuple[Payment, ...]:
    """In the order in which they were handed over."""
    rows = connection.execute(_PAYMENTS, {"order_number": order_number})
    return tuple(payment_from(row) for row in rows)


def payment_from(row: Row[Any]) -> Payment:
    return Payment(
        merchant_reference=row.merchant_reference,
        order_number=row.order_number,
        account=row.account,
        gateway_account=row.gateway_account,
        gateway=row.gateway,
        environment=row.environment,
        method=row.method,
        choice=row.choice,
        state=payments_rules.State(row.state),
        amount=Money(row.amount_minor, row.currency),
        received=Money(row.received_minor, row.currency),
        handed_over_at=row.handed_over_at,
        closes_at=row.closes_at,
        buyer_ip=row.buyer_ip,
        language=row.language,
        gateway_reference=row.gateway_reference,
        checkout_reference=row.checkout_reference,
        paid_at=row.paid_at,
        paid_with=row.paid_with,
        flags=frozenset(Flag(flag) for flag in json.loads(row.flags)),
    )


def payment_values(payment: Payment) -> dict[str, Any]:
    return {
        "merchant_reference": payment.merchant_reference,
        "order_number": payment.order_number,
        "account": payment.account,
        "gateway_account": payment.gateway_account,
        "gateway": payment.gateway,
        "environment": payment.environment,
        "method": payment.method,
        "choice": payment.choice,
        "state": str(payment.state),
        "amount_minor": payment.amount.minor,
        "received_minor": payment.received.minor,
        "currency": payment.amount.currency,
        "handed_over_at": payment.handed_over_at,
        "closes_at": payment.closes_at,
        "buyer_ip": payment.buyer_ip,
        "language": payment.language,
        "gateway_reference": payment.gateway_reference,
        "checkout_reference": payment.checkout_reference,
        "paid_at": payment.paid_at,
        "paid_with": payment.paid_with,
        "flags": json.dumps(sorted(payment.flags)),
    }


def add_payment(connection: Connection, payment: Payment, *, because: str, **columns: Any) -> None:
    """One that is begun: it is handed over as soon as its gateway has answered."""
    connection.execute(_ADD_PAYMENT, {**payment_values(payment), **columns})
    created = payments_rules.State.CREATED
    _record_payment(connection, created, payment, at=payment.handed_over_at, because=because)


def hand_over(
    connection: Connection, before: Payment, after: Payment, *, at: datetime, because: str, **columns: Any
) -> None:
    """Store the checkout of a payment that the buyer can now go and pay."""
    changed = difference(payment_values(before), payment_values(after)) | columns
    connection.execute(_SAVE_PAYMENT, {"saved": after.merchant_reference, **changed})
    _record_payment(connection, before.state, after, at=at, because=because, kind="payment.handed_over")


def save_payment(
    connection: Connection,
    before: Payment,
    after: Payment,
    *,
    at: datetime,
    because: str,
    **columns: Any,
) -> None:
    """Store a change.

    Args:
        before: as it is stored; only what is another afterwards is written.
        columns: those that only work and asking know (due_at, checkout …).
    """
    changed = difference(payment_values(before), payment_values(after)) | columns
    if changed:
        connection.execute(_SAVE_PAYMENT, {"saved": after.merchant_reference, **changed})
    if after == before:
        return
    _record_payment(connection, before.state, after, at=at, because=because)
    if Flag.SURPLUS in after.flags - before.flags:
        _record_payment(connection, after.state, after, at=at, because=because, kind="money.surplus")


def add_receipt(
    connection: Connection,
    payment: Payment,
    values: Mapping[str, Any],
    *,
    because: str,
    line: str | None = None,
) -> None:
    """Money that was proven for the payment.

    Args:
        values: the columns that do not name the payment.
        line: the digest of the line of a statement, where that proves it.
    """
    names = {"gateway_account": payment.gateway_account, "merchant_reference": payment.merchant_reference}
    row = {**names, **values}
    connection.execute(_ADD_RECEIPT, row)
    record_change(
        connection,
        "receipt",
        row,
        reference=row["gateway_reference"],
        chain=payment.order_number,
        account=payment.account,
        states=(None, "counted"),
        at=row["received_at"],
        because=because,
        more=None if line is None else {"line_sha256": line},
        kind="money.received",
    )


def _record_payment(
    connection: Connection,
    before: payments_rules.State,
    payment: Payment,
    *,
    at: datetime,
    because: str,
    kind: str | None = None,
) -> None:
    record_change(
        connection,
        "payment",
        payment_values(payment),
        reference=payment.merchant_reference,
        chain=payment.order_number,
        account=payment.account,
        states=(str(before), str(payment.state)),
        at=at,
        because=because,
        kind=kind,
    )


@cache
def _with_its_owner(*names: str) -> Select[Any]:
    owner = t.payments.c.account == t.accounts.c.id
    return by(t.payments, *names).join(t.accounts, owner).with_for_update(of=[t.accounts, t.payments])
