"""An order as hosts and people see it: with its quote, its payments and how they stand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select

from payport.errors import NotFound
from payport.rules.money import Money
from payport.rules.order import Order, State
from payport.rules.payment import Payment
from payport.rules.quote import Quote
from payport.rules.refund import Refund
from payport.service.placing import BuyerDetails
from payport.storage import tables as t
from payport.storage.order_records import find_order
from payport.storage.payment_records import payments_of
from payport.storage.quote_records import find_quote
from payport.storage.refund_records import refunds_of

__all__ = ["Move", "OrderView", "history", "order", "view"]

_BUYER: Final = select(t.orders.c.buyer).where(t.orders.c.number == bindparam("of"))


@dataclass(frozen=True, slots=True)
class OrderView:
    """What was bought, for how much, and what became of it.

    `payments` in the order of handing over, the `refunds` of all of them in that of their requests.
    """

    number: str
    token: str
    account: str
    state: State
    total: Money
    received: Money
    quote: Quote
    buyer: BuyerDetails
    locale: str
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    review_reason: str | None
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One step of an order, of one of its payments, of a refund or of a chargeback, and what made it."""

    subject: str
    reference: str
    from_state: str | None
    to_state: str
    at: datetime
    because: str


def order(connection: Connection, **where: str) -> OrderView:
    """By `number` or by `token`. Raises NotFound, the same for none and for another's."""
    found = find_order(connection, **where)
    if found is None:
        raise NotFound(field="order", problem="no such order", remedy="Check the number, or the link")
    return view(connection, found)


def view(connection: Connection, found: Order) -> OrderView:
    quote = find_quote(connection, found.quote_id)
    assert quote is not None
    buyer = connection.execute(_BUYER, {"of": found.number}).scalar_one()
    return OrderView(
        number=found.number,
        token=found.token,
        account=found.account,
        state=found.state,
        total=found.total,
        received=found.received,
        quote=quote,
        buyer=BuyerDetails(**json.loads(buyer)),
        locale=found.locale,
        placed_at=found.placed_at,
        expires_at=found.expires_at,
        paid_at=found.paid_at,
        review_reason=found.review_reason,
        payments=payments_of(connection, found.number),
        refunds=refunds_of(connection, found.number),
    )


def history(connection: Connection, found: OrderView) -> tuple[Move, ...]:
    """Every step of the order, its payments, their refunds and chargebacks, oldest first."""
    entries = t.journal.c
    rows = connection.execute(
        select(t.journal)
        .where(entries.chain == found.number, entries.to_state.is_not(None))
        .order_by(entries.sequence)
    )
    return tuple(
        Move(row.subject, row.reference, row.from_state, row.to_state, row.at, row.because or "")
        for row in rows
        if row.from_state != row.to_state
    )
