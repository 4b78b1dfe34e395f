"""Orders as a list shows them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from payport.rules.money import Money
from payport.rules.order import State
from payport.service.paging import Page, between, checked, is_amount, is_text, page
from payport.service.placing import BuyerDetails
from payport.storage import tables as t

__all__ = ["OrderRow", "list_orders", "order_rows"]

_STATES: Final = tuple(str(state) for state in State)
_ORDERS: Final = t.orders.c
_COLUMNS: Final[Select[Any]] = select(
    _ORDERS.number, _ORDERS.account, _ORDERS.state, _ORDERS.total_minor, _ORDERS.received_minor,
    _ORDERS.currency, _ORDERS.buyer, _ORDERS.placed_at, _ORDERS.expires_at, _ORDERS.paid_at,
    _ORDERS.review_reason, _ORDERS.erased_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order without its lines. `methods` are those of its payments, each once, the first tried first."""

    number: str
    account: str
    state: State
    total: Money
    received: Money
    buyer: BuyerDetails
    methods: tuple[str, ...]
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    review_reason: str | None
    erased_at: datetime | None


def list_orders(
    connection: Connection,
    *,
    states: Sequence[str] = (),
    account: str | None = None,
    method: str | None = None,
    placed_from: datetime | None = None,
    placed_until: datetime | None = None,
    amount: Money | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[OrderRow]:
    """The newest placed first. `amount` is the order's total."""
    wanted = checked("states", states, _STATES)
    asked = _COLUMNS.where(
        *is_text(t.orders, account=account),
        *between(_ORDERS.placed_at, "placed", placed_from, placed_until),
        *is_amount(_ORDERS.total_minor, amount),
    )
    if method is not None:
        tried = t.payments.c.order_number == _ORDERS.number
        asked = asked.where(
            select(t.payments.c.order_number).where(tried, *is_text(t.payments, method=method)).exists()
        )
    is_few = account is not None  # then its index leads, and no other
    if is_few and wanted:
        asked = asked.where(_ORDERS.state.in_(wanted))
    return page(
        connection,
        asked,
        (_ORDERS.placed_at, _ORDERS.number),
        lambda rows: _rows(connection, rows),
        parts=() if is_few else [_ORDERS.state == state for state in wanted or _STATES],
        after=after,
        limit=limit,
    )


def order_rows(connection: Connection, numbers: Collection[str]) -> Mapping[str, OrderRow]:
    """By number; those that are not there are left out."""
    if not numbers:
        return {}
    rows = connection.execute(_COLUMNS.where(_ORDERS.number.in_(tuple(numbers)))).all()
    return {row.number: row for row in _rows(connection, rows)}


def _rows(connection: Connection, rows: Sequence[Row[Any]]) -> list[OrderRow]:
    methods = _methods(connection, [row.number for row in rows])
    return [
        OrderRow(
            number=row.number,
            account=row.account,
            state=State(row.state),
            total=Money(row.total_minor, row.currency),
            received=Money(row.received_minor, row.currency),
            buyer=BuyerDetails(**json.loads(row.buyer)),
            methods=tuple(methods.get(row.number, ())),
            placed_at=row.placed_at,
            expires_at=row.expires_at,
            paid_at=row.paid_at,
            review_reason=row.review_reason,
            erased_at=row.erased_at,
        )
        for row in rows
    ]


def _methods(connection: Connection, numbers: Sequence[str]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    payments = t.payments.c
    asked = (
        select(payments.order_number, payments.method)
        .where(payments.order_number.in_(numbers))
        .order_by(payments.handed_over_at, payments.merchant_reference)
    )
    for number, method in connection.execute(asked) if numbers else ():
        found.setdefault(number, {})[method] = None
    return found
