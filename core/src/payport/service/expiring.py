"""Ends orders whose time is over, but never before their last open payment is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from payport.rules.order import State, at_expiry, move
from payport.rules.payment import FINISHED, Payment
from payport.rules.payment import State as PaymentState
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.records import find_order, free_code, lock_account, payments_of, save_order

__all__ = ["due", "expire"]

_LOOK_AGAIN: Final = timedelta(minutes=5)  # while a payment of the order is still open


def due(connection: Connection, seller: Seller, limit: int) -> tuple[str, ...]:
    """Numbers of the orders that should be looked at now, oldest first."""
    rows = connection.execute(
        select(t.orders.c.number)
        .where(t.orders.c.due_at <= seller.clock(), t.orders.c.state == str(State.PLACED))
        .order_by(t.orders.c.due_at)
        .limit(limit)
    )
    return tuple(row.number for row in rows)


def expire(connection: Connection, seller: Seller, number: str) -> bool:
    """End one order, and free its promotion code; one that holds money goes to review instead.

    Returns: False where it is not to be ended (now).
    """
    now = seller.clock()
    order = find_order(connection, number=number)
    if order is None:
        return False
    lock_account(connection, order.account)
    order = find_order(connection, number=number)
    if order is None or order.state is not State.PLACED or now < order.expires_at:
        return False
    if _may_still_pay(payments_of(connection, number)):
        connection.execute(
            update(t.orders).where(t.orders.c.number == number).values(due_at=now + _LOOK_AGAIN)
        )
        return False
    ended = at_expiry(order)
    if ended is State.REVIEW:
        because = f"its time is over, and {order.received} of {order.total} were received"
        save_order(connection, order, move(order, ended, at=now, because=because), at=now, because=because)
        return True
    save_order(connection, order, move(order, ended, at=now), at=now, because="its time is over, unpaid")
    free_code(connection, number, at=now)
    return True


def _may_still_pay(payments: Iterable[Payment]) -> bool:
    """Whether a payment is not known yet. One in review that brought its money keeps nothing waiting."""
    return any(
        payment.state not in FINISHED
        and not (payment.state is PaymentState.REVIEW and payment.received.minor)
        for payment in payments
    )
