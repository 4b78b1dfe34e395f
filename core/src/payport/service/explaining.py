"""Loads what tells why an account holds what it holds; the rules tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from payport.errors import Defect, NotFound
from payport.rules.explanation import Bought
from payport.rules.explanation import explain as tell
from payport.rules.step import Step
from payport.service.holding import check_account
from payport.storage import tables as t
from payport.storage.account_records import grants_of, usage_of
from payport.storage.chargeback_records import chargebacks_of
from payport.storage.order_records import order_from
from payport.storage.quote_records import find_quote
from payport.storage.refund_records import refunds_of

__all__ = ["explain"]

_KNOWN: Final = select(t.accounts.c.id).where(t.accounts.c.id == bindparam("account"))
_ORDERS: Final = (
    select(t.orders)
    .where(t.orders.c.account == bindparam("account"))
    .order_by(t.orders.c.placed_at, t.orders.c.number)
)
_LAST_MOVE: Final = select(func.max(t.journal.c.at)).where(
    t.journal.c.chain == bindparam("order"),
    t.journal.c.subject == "order",
    t.journal.c.to_state.is_distinct_from(t.journal.c.from_state),
)


def explain(connection: Connection, account: str, *, at: datetime) -> tuple[Step, ...]:
    """The account's story. Raises NotFound where nothing was ever quoted, granted or reported."""
    check_account(account)
    if connection.execute(_KNOWN, {"account": account}).first() is None:
        raise NotFound(
            field="account",
            problem="nothing is known of it",
            remedy="Check the id: a buyer account is known from its first quote, trial or usage report on",
        )
    bought = _orders(connection, account)
    return tell(
        grants_of(connection, account),
        bought=bought,
        chargebacks=[each for of in bought for each in chargebacks_of(connection, of.order.number)],
        refunds=[each for of in bought for each in refunds_of(connection, of.order.number)],
        at=at,
        usage=usage_of(connection, account),
    )


def _orders(connection: Connection, account: str) -> tuple[Bought, ...]:
    bought = []
    for row in connection.execute(_ORDERS, {"account": account}).all():
        quote = find_quote(connection, row.quote_id)
        if quote is None:
            raise Defect(
                field=row.number,
                problem="its quote is not stored",
                remedy="Restore it from a backup; keep the evidence",
            )
        since = connection.execute(_LAST_MOVE, {"order": row.number}).scalar()
        bought.append(Bought(order=order_from(row), quote=quote, since=since or row.placed_at))
    return tuple(bought)
