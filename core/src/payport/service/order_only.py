"""Orders that are paid by transfer or in cash: how long they wait, and how their payments end with them.

No gateway says what became of such a payment, so it ends when its order does, and never by itself before.
Rules: "Order only".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, update

from payport.errors import Defect
from payport.gateways.accounts import GatewayAccount
from payport.rules.order import Order
from payport.rules.payment import Payment, State, move
from payport.rules.tax import price_holds_until
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.order_records import save_order
from payport.storage.payment_records import payments_of, save_payment
from payport.storage.quote_records import find_quote

__all__ = [
    "end_by_hand", "end_payment", "is_by_hand", "is_by_hand_payment", "longer_for_hands", "payment_for_money",
]  # fmt: skip


def is_by_hand(account: GatewayAccount) -> bool:
    """Whether a person or a bank statement says that money came. False while its plugin is missing."""
    return account.gateway is not None and account.gateway.info.by_hand


def is_by_hand_payment(seller: Seller, payment: Payment) -> bool:
    account = seller.accounts.get(payment.gateway_account)
    return account is not None and is_by_hand(account)


def longer_for_hands(connection: Connection, seller: Seller, order: Order, *, at: datetime) -> Order:
    """The order with `order_only_lifetime` from its placing, and never less time than it has.

    Where tax follows the payment, no longer than its price holds.
    """
    quote = find_quote(connection, order.quote_id)
    if quote is None:
        raise Defect(
            field=order.number, problem="its quote is not stored", remedy="Restore it; keep the evidence"
        )
    catalog = seller.shelf.of(connection, quote)
    until = price_holds_until(catalog, order.placed_at, catalog.policies.order_only_lifetime)
    if until <= order.expires_at:
        return order
    longer = replace(order, expires_at=until)
    save_order(connection, order, longer, at=at, because="to be paid by transfer or in cash")
    connection.execute(update(t.orders).where(t.orders.c.number == order.number).values(due_at=until))
    return longer


def end_by_hand(
    connection: Connection, seller: Seller, order_number: str, *, at: datetime, because: str
) -> tuple[tuple[Payment, Payment], ...]:
    """End the open payments of an order that has ended. Returns: each before and after, to be told of."""
    return tuple(
        (payment, end_payment(connection, payment, at=at, because=because))
        for payment in payments_of(connection, order_number)
        if payment.state is State.PENDING and is_by_hand_payment(seller, payment)
    )


def end_payment(connection: Connection, payment: Payment, *, at: datetime, because: str) -> Payment:
    """Expired; or in review, where a part of its money came. Money that comes later is taken all the same."""
    ended = move(payment, State.REVIEW if payment.received.minor else State.EXPIRED)
    save_payment(connection, payment, ended, at=at, because=because, due_at=None)
    return ended


def payment_for_money(payments: Iterable[Payment]) -> Payment | None:
    """The one of an order's payments by hand that money which came in belongs to: the open one, if there is
    one, else the one that waits for a person, else the latest."""
    ranks = {State.PENDING: 2, State.REVIEW: 1}
    return max(payments, key=lambda one: (ranks.get(one.state, 0), one.handed_over_at), default=None)
