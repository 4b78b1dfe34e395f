"""Money that no single column holds: surplus that is to be given back, and money of nobody."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from payport.rules.grant import Grant
from payport.rules.left import surplus
from payport.rules.money import Money
from payport.service import waiting
from payport.service.pointers import Found, Pointer
from payport.storage import tables as t
from payport.storage.chargeback_records import chargeback_from
from payport.storage.order_records import order_from
from payport.storage.refund_records import refund_from

__all__ = ["surplus_money", "unmatched"]

_MOST: Final = 500  # more are counted, and not summed
_UNMATCHED: Final = "money.unmatched"


def surplus_money(connection: Connection, count: int) -> tuple[Money, ...]:
    """What is to be given back of all orders with a payment that is flagged so; of more than 500, nothing."""
    if not 0 < count <= _MOST:
        return ()
    flagged = select(t.payments.c.order_number).where(*waiting.SURPLUS.where).distinct()
    orders = [
        order_from(row) for row in connection.execute(select(t.orders).where(t.orders.c.number.in_(flagged)))
    ]
    numbers, accounts = [each.number for each in orders], {each.account for each in orders}
    refunds, chargebacks = t.refunds.c, t.chargebacks.c
    refunds_of = _by(
        connection.execute(select(t.refunds).where(refunds.order_number.in_(numbers))), "order_number"
    )
    chargebacks_of = _by(
        connection.execute(select(t.chargebacks).where(chargebacks.order_number.in_(numbers))), "order_number"
    )
    grants_of = _by(
        connection.execute(
            select(t.grants.c.account, t.grants.c.document)
            .where(t.grants.c.account.in_(sorted(accounts)))
            .order_by(t.grants.c.account, t.grants.c.sequence)
        ),
        "account",
    )
    sums: dict[str, Money] = {}
    for order in orders:
        grants = [Grant.model_validate_json(row.document) for row in grants_of[order.account]]
        due = surplus(
            grants,
            order,
            [chargeback_from(row) for row in chargebacks_of[order.number]],
            [refund_from(row) for row in refunds_of[order.number]],
        )
        sums[due.currency] = sums.get(due.currency, Money(0, due.currency)) + due
    return tuple(sums[currency] for currency in sorted(sums))


def unmatched(connection: Connection) -> Found:
    """Transactions of no payment of ours, each once, but for those that a person dismissed."""
    entries, dismissed = t.journal.c, t.dismissals.c
    is_dismissed = (
        select(dismissed.reference)
        .where(
            "gateway " + dismissed.gateway_account == entries.chain, dismissed.reference == entries.reference
        )
        .exists()
    )
    told = (
        select(entries.reference, entries.at, entries.text)
        .where(entries.kind == _UNMATCHED, ~is_dismissed)
        .order_by(entries.at, entries.id)
    )
    rows = connection.execute(told).all()
    facts: list[dict[str, Any]] = [json.loads(row.text)["facts"] for row in rows]
    sums: dict[str, int] = defaultdict(int)
    for each in facts:
        if each.get("amount_minor") is not None and each.get("currency"):
            sums[each["currency"]] += each["amount_minor"]
    return Found(
        count=len(rows),
        oldest=rows[0].at if rows else None,
        money=tuple(Money(minor, currency) for currency, minor in sorted(sums.items())),
        first=tuple(
            Pointer(
                reference=row.reference,
                gateway_account=each["gateway_account"],
                since=row.at,
                note=each.get("proof"),
            )
            for row, each in zip(rows[:5], facts, strict=False)
        ),
    )


def _by(rows: Iterable[Row[Any]], column: str) -> Mapping[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row._mapping[column]].append(row)
    return found
