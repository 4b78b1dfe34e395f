"""What a search gives, from rows: one way for each kind of thing that can be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, Select, select

from payport.rules.money import Money
from payport.service.listing_orders import OrderRow
from payport.storage import tables as t

__all__ = [
    "LINE", "ORDER", "PAYMENT", "REFUND", "Found", "Kind", "found_line", "found_orders", "found_payments",
    "found_refunds",
]  # fmt: skip

Kind = Literal["order", "payment", "refund", "statement_line"]
ORDER: Final[Select[Any]] = select(
    t.orders.c.number, t.orders.c.total_minor, t.orders.c.currency, t.orders.c.placed_at
)
PAYMENT: Final[Select[Any]] = select(
    t.payments.c.merchant_reference, t.payments.c.order_number, t.payments.c.amount_minor,
    t.payments.c.currency, t.payments.c.handed_over_at, t.payments.c.gateway_account,
)  # fmt: skip
REFUND: Final[Select[Any]] = select(
    t.refunds.c.reference, t.refunds.c.order_number, t.refunds.c.amount_minor, t.refunds.c.currency,
    t.refunds.c.requested_at,
)  # fmt: skip
LINE: Final[Select[Any]] = select(t.statement_lines)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that fits.

    Args:
        kind, reference: what it is and its name: an order's number, a merchant reference, a refund's
            reference, a bank's reference of a line of the account `gateway_account`.
        by: what fits: `number`, `link`, `account`, `memo`, `buyer`, `reference`, `gateway_reference`,
            `checkout_reference`, `bank_reference` or `amount`.
        order: the order that it belongs to; None for a line that names none.
        text: a line's memo.
    """

    kind: Kind
    reference: str
    by: str
    amount: Money
    at: datetime
    gateway_account: str | None = None
    order_number: str | None = None
    order: OrderRow | None = None
    text: str = ""


def found_orders(connection: Connection, asked: Select[Any], by: str) -> Iterator[Found]:
    for row in connection.execute(asked):
        amount = Money(row.total_minor, row.currency)
        yield Found("order", row.number, by, amount, row.placed_at, order_number=row.number)


def found_payments(connection: Connection, asked: Select[Any], by: str) -> Iterator[Found]:
    for row in connection.execute(asked):
        amount = Money(row.amount_minor, row.currency)
        yield Found(
            "payment", row.merchant_reference, by, amount, row.handed_over_at, order_number=row.order_number
        )


def found_refunds(connection: Connection, asked: Select[Any], by: str) -> Iterator[Found]:
    for row in connection.execute(asked):
        amount = Money(row.amount_minor, row.currency)
        yield Found("refund", row.reference, by, amount, row.requested_at, order_number=row.order_number)


def found_line(row: Row[Any], by: str) -> Found:
    return Found(
        "statement_line",
        row.reference,
        by,
        Money(row.amount_minor, row.currency),
        row.booked_at,
        gateway_account=row.gateway_account,
        order_number=row.order_number,
        text=row.text,
    )
