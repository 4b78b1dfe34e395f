"""What a buyer was told to do where no gateway's page takes the money: kept, to be shown again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from payport.gateways.types import Instructions, ShowQR
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.service.checkouts import from_text
from payport.storage import tables as t
from payport.storage.payment_records import payment_from

__all__ = ["Told", "told"]


@dataclass(frozen=True, slots=True)
class Told:
    """What the buyer was told, as it was first shown, and the payment that waits for it."""

    payment: Payment
    checkout: Instructions | ShowQR


def told(connection: Connection, order_number: str, *, at: datetime) -> Told | None:
    """The latest that can still be followed: its payment is open, and so is the order."""
    rows = connection.execute(
        select(t.payments)
        .join(t.orders, t.orders.c.number == t.payments.c.order_number)
        .where(
            t.orders.c.number == order_number,
            t.orders.c.state == str(OrderState.PLACED),
            t.payments.c.state == str(State.PENDING),
            t.payments.c.closes_at > at,
            t.payments.c.checkout.is_not(None),
        )
        .order_by(t.payments.c.handed_over_at.desc())
    )
    for row in rows:
        checkout = from_text(row.checkout)
        if isinstance(checkout, Instructions | ShowQR):
            return Told(payment_from(row), checkout)
    return None
