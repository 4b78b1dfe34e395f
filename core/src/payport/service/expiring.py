"""Ends orders whose time is over, but never before their last open payment is known.

And ends, where nobody can be asked, payments that are known to nobody; those by hand end with their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from payport.rules.order import State, at_expiry, move
from payport.rules.payment import FINISHED, Payment, expire_unasked, is_known_to_nobody
from payport.rules.payment import State as PaymentState
from payport.service.asking import NEVER_SHOWN
from payport.service.leasing import Kind, Taken, has, release
from payport.service.order_only import end_by_hand, end_payment, is_by_hand_payment
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.order_records import free_code, locked_order, save_order
from payport.storage.payment_records import payment_from, payment_owner, payments_of, save_payment

__all__ = ["ORDERS", "UNASKABLE", "Ended", "due", "expire", "expire_payment"]

_LOOK_AGAIN: Final = timedelta(minutes=5)  # while a payment of the order is still open
_WITH_ITS_ORDER: Final = "its order's time is over"
ORDERS: Final = Kind("order", t.orders, t.orders.c.number, (str(State.PLACED),))


@dataclass(frozen=True, slots=True)
class Ended:
    """An order that ended, and the payments that ended with it: each before and after."""

    payments: tuple[tuple[Payment, Payment], ...] = ()


def due(connection: Connection, seller: Seller, limit: int) -> tuple[str, ...]:
    """Numbers of the orders that should be looked at now, oldest first."""
    rows = connection.execute(
        select(t.orders.c.number)
        .where(t.orders.c.due_at <= seller.clock(), t.orders.c.state == str(State.PLACED))
        .order_by(t.orders.c.due_at)
        .limit(limit)
    )
    return tuple(row.number for row in rows)


def expire(connection: Connection, seller: Seller, number: str, *, owner: str | None = None) -> Ended | None:
    """End one order, and free its promotion code; one that holds money goes to review instead.

    Args:
        owner: of the lease under which it is done.
    Returns: None where it is not to be ended (now), or the lease was lost.
    """
    now = seller.clock()
    order = locked_order(connection, number)
    if order is None or order.state is not State.PLACED:
        return None
    if owner is not None and not has(connection, ORDERS, Taken(number, owner)):
        return None
    if now < order.expires_at:  # it was given more time
        release(connection, ORDERS, number, due_at=order.expires_at)
        return None
    if _may_still_pay(seller, payments_of(connection, number)):
        release(connection, ORDERS, number, due_at=now + _LOOK_AGAIN)
        return None
    release(connection, ORDERS, number)
    payments = end_by_hand(connection, seller, number, at=now, because=_WITH_ITS_ORDER)
    ended = at_expiry(order)
    if ended is State.REVIEW:
        because = f"its time is over, and {order.received} of {order.total} were received"
        save_order(connection, order, move(order, ended, at=now, because=because), at=now, because=because)
        return Ended(payments)
    save_order(connection, order, move(order, ended, at=now), at=now, because="its time is over, unpaid")
    free_code(connection, number, at=now)
    return Ended(payments)


def expire_payment(connection: Connection, seller: Seller, taken: Taken) -> tuple[Payment, Payment] | None:
    """End one payment if it is by hand, or known to nobody; any other waits for its callback, or a person.

    Returns: the payment before and after; None where it goes on, or the lease was lost.
    """
    now = seller.clock()
    owner = payment_owner(connection, merchant_reference=taken.reference)
    if owner is None:
        return None
    lock_account(connection, owner)
    if not has(connection, UNASKABLE, taken):
        return None
    this = t.payments.c.merchant_reference == taken.reference
    row = connection.execute(select(t.payments).where(this)).one()
    payment = payment_from(row)
    release(connection, UNASKABLE, taken.reference)
    is_over = payment.state is PaymentState.PENDING and payment.closes_at <= now
    if is_over and is_by_hand_payment(seller, payment):
        return payment, end_payment(connection, payment, at=now, because=_WITH_ITS_ORDER)
    if not is_known_to_nobody(payment, shown=row.checkout is not None, at=now):
        connection.execute(update(t.payments).where(this).values(due_at=None))
        return None
    ended = expire_unasked(payment)
    save_payment(connection, payment, ended, at=now, because=NEVER_SHOWN, due_at=None)
    return payment, ended


def _with_nobody_to_ask(seller: Seller) -> Sequence[str]:
    """Their plugin is there and has no query. One whose plugin is missing may be asked later."""
    return [
        name
        for name, account in seller.accounts.items()
        if account.gateway is not None and "query" not in account.capabilities
    ]


UNASKABLE: Final = Kind(
    "payment",
    t.payments,
    t.payments.c.merchant_reference,
    (str(PaymentState.PENDING),),
    _with_nobody_to_ask,
    (t.payments.c.closes_at <= bindparam("now"),),
)


def _may_still_pay(seller: Seller, payments: Iterable[Payment]) -> bool:
    """Whether a payment is not known yet. One in review that brought its money keeps nothing waiting, nor
    does one by hand: nothing but its order's end makes it known."""
    return any(
        payment.state not in FINISHED
        and not (payment.state is PaymentState.REVIEW and payment.received.minor)
        and not is_by_hand_payment(seller, payment)
        for payment in payments
    )
