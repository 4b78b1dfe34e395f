"""Orders as rows, and the promotion code that an order holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from payport.rules import order as orders_rules
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.payment import Payment
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.changes import record_change
from payport.storage.journal_records import write_recorded
from payport.storage.rows import by, first
from payport.storage.search_records import add_terms

__all__ = [
    "add_order",
    "find_order",
    "free_code",
    "locked_order",
    "order_from",
    "order_values",
    "paid_order",
    "save_order",
]

_PAID_ORDER: Final = by(t.orders, "number", "account").where(
    select(t.journal.c.id)
    .where(
        t.journal.c.chain == t.orders.c.number,
        t.journal.c.account == t.orders.c.account,
        t.journal.c.subject == "payment",
        t.journal.c.reference == bindparam("payment"),
    )
    .exists()
)
_ADD_ORDER: Final = insert(t.orders)
_SAVE_ORDER: Final = update(t.orders).where(t.orders.c.number == bindparam("saved"))
_USE_CODE: Final = insert(t.code_uses)
_FREE_CODE: Final = update(t.code_uses).where(
    t.code_uses.c.order_number == bindparam("order"), t.code_uses.c.freed_at.is_(None)
)


def find_order(connection: Connection, **where: str) -> Order | None:
    """By `number`, `token` or `quote_id`: exact text, case and blanks count."""
    row = first(connection, by(t.orders, *where), **where)
    return None if row is None else order_from(row)


def locked_order(connection: Connection, number: str) -> Order | None:
    """The order as it stands once its buyer account is locked."""
    found = find_order(connection, number=number)
    if found is None:
        return None
    lock_account(connection, found.account)
    return find_order(connection, number=number)


def paid_order(connection: Connection, payment: Payment) -> Order | None:
    """The order that a payment is for, if the order's chain tells of the payment, and both are one buyer's.

    Rows that others than us changed, to pay for another order or for another buyer, have no such entry.
    """
    named = {
        "number": payment.order_number,
        "account": payment.account,
        "payment": payment.merchant_reference,
    }
    row = connection.execute(_PAID_ORDER, named).first()
    if row is None and write_recorded(connection):  # it may have been made in this very transaction
        row = connection.execute(_PAID_ORDER, named).first()
    return None if row is None else order_from(row)


def order_from(row: Row[Any]) -> Order:
    return Order(
        number=row.number,
        token=row.token,
        account=row.account,
        quote_id=row.quote_id,
        state=orders_rules.State(row.state),
        total=Money(row.total_minor, row.currency),
        received=Money(row.received_minor, row.currency),
        locale=row.locale,
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        paid_at=row.paid_at,
        review_reason=row.review_reason,
    )


def order_values(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "token": order.token,
        "account": order.account,
        "quote_id": order.quote_id,
        "state": str(order.state),
        "total_minor": order.total.minor,
        "received_minor": order.received.minor,
        "currency": order.total.currency,
        "locale": order.locale,
        "placed_at": order.placed_at,
        "expires_at": order.expires_at,
        "paid_at": order.paid_at,
        "review_reason": order.review_reason,
    }


def add_order(
    connection: Connection,
    order: Order,
    *,
    because: str,
    told: Mapping[str, str | None],
    code: str | None,
    found_by: Collection[str],
    **columns: Any,
) -> None:
    """Store an order, and with it the use of its code. The journal tells of both.

    Args:
        found_by: terms of its buyer, see rules/search_terms.py; no fact.
        told: what it is placed from, by digests; facts of its entry.
        columns: the buyer's details, and what only work knows.
    """
    connection.execute(_ADD_ORDER, {**order_values(order), **columns})
    add_terms(connection, order, found_by)
    if code is not None:
        connection.execute(_USE_CODE, {"order_number": order.number, "code": code})
    _record_order(
        connection,
        None,
        order,
        at=order.placed_at,
        because=because,
        more={**told, "code": code},
    )


def save_order(connection: Connection, before: Order, after: Order, *, at: datetime, because: str) -> None:
    """Store a change, and how it came about. Only a placed order is ever due: old ones burden no search."""
    over: dict[str, Any] = {} if after.state is orders_rules.State.PLACED else {"due_at": None}
    connection.execute(_SAVE_ORDER, {"saved": after.number, **order_values(after), **over})
    if after != before:
        _record_order(connection, before, after, at=at, because=because)


def free_code(connection: Connection, order_number: str, *, at: datetime) -> None:
    """Give back the use of a promotion code that the order holds, if it holds one."""
    connection.execute(_FREE_CODE, {"order": order_number, "freed_at": at})


def _record_order(
    connection: Connection,
    before: Order | None,
    after: Order,
    *,
    at: datetime,
    because: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    record_change(
        connection,
        "order",
        order_values(after),
        reference=after.number,
        chain=after.number,
        account=after.account,
        states=(None if before is None else str(before.state), str(after.state)),
        at=at,
        because=because,
        more=more,
    )
