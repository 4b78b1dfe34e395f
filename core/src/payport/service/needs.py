"""What needs a person now: how much of each kind, since when, how much money, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Integer, func, literal, null, select

from payport.gateways.registry import Refused
from payport.rules.money import Money
from payport.rules.needs import REMEDIES, URGENT, WHAT, NeedKind
from payport.rules.words import Text
from payport.service import waiting
from payport.service.needs_of_house import house_needs
from payport.service.needs_of_money import surplus_money, unmatched
from payport.service.pointers import Found, Pointer
from payport.service.seller import Seller
from payport.service.waiting import Waiting
from payport.storage import tables as t

__all__ = ["Need", "needs"]

_SHOWN: Final = 5
_ORDER: Final = {kind: place for place, kind in enumerate(NeedKind)}


@dataclass(frozen=True, slots=True)
class Need:
    """One kind of thing that waits for a person; none without at least one.

    Args:
        oldest: since when the longest waiting one does; None where that has no moment.
        money: how much waits, by currency; empty where it is no money, or was not summed.
        first: up to five, the longest waiting first.
        what, remedy: what it is, and what to do, in both languages.
        is_urgent: until somebody acts, other people's money waits too, or evidence is not kept.
    """

    kind: NeedKind
    count: int
    oldest: datetime | None
    money: tuple[Money, ...]
    first: tuple[Pointer, ...]
    what: Text
    remedy: Text
    is_urgent: bool


def needs(connection: Connection, seller: Seller, refused: Sequence[Refused]) -> tuple[Need, ...]:
    """All kinds of which there is one, in the order in which a person should look.

    Args:
        refused: plugins that are installed and not used.
    """
    found = [*_rows(connection, seller), *house_needs(connection, seller, refused)]
    told = [_need(kind, each) for kind, each in found if each.count]
    return tuple(sorted(told, key=lambda need: _ORDER[need.kind]))


def _need(kind: NeedKind, found: Found) -> Need:
    return Need(
        kind=kind,
        count=found.count,
        oldest=found.oldest,
        money=found.money,
        first=tuple(found.first[:_SHOWN]),
        what=WHAT[kind],
        remedy=REMEDIES[kind],
        is_urgent=kind in URGENT,
    )


def _rows(connection: Connection, seller: Seller) -> Iterator[tuple[NeedKind, Found]]:
    for kind, rows in (
        (NeedKind.ORDERS_IN_REVIEW, waiting.ORDERS_IN_REVIEW),
        (NeedKind.PAYMENTS_IN_REVIEW, waiting.PAYMENTS_IN_REVIEW),
        (NeedKind.PROPOSALS, waiting.PROPOSALS),
        (NeedKind.CONFIRMATIONS, waiting.CONFIRMATIONS),
        (NeedKind.REFUNDS_IN_DOUBT, waiting.REFUNDS_IN_DOUBT),
        (NeedKind.REFUNDS_UNKNOWN, waiting.REFUNDS_UNKNOWN),
        (NeedKind.LINES_UNDECIDED, waiting.LINES_UNDECIDED),
        (NeedKind.LINES_UNNAMED, waiting.LINES_UNNAMED),
        (NeedKind.CHARGEBACKS, waiting.CHARGEBACKS),
        (NeedKind.ASKS_USED_UP, waiting.used_up(seller.clock())),
        (NeedKind.EXPIRED_UNASKED, waiting.UNASKED),
    ):
        yield kind, _found(connection, rows)
    surplus = _found(connection, waiting.SURPLUS)
    yield NeedKind.SURPLUS, replace(surplus, money=surplus_money(connection, surplus.count))
    yield NeedKind.UNMATCHED, unmatched(connection)
    parked = [_found(connection, rows) for rows in waiting.PARKED]
    yield NeedKind.PARKED_WORK, _together(parked)


def _found(connection: Connection, rows: Waiting) -> Found:
    """Counted and summed by currency; the first ones only where there are any."""
    currency = null() if rows.amount is None else rows.table.c.currency
    amount = literal(0, Integer) if rows.amount is None else func.coalesce(func.sum(rows.amount), 0)
    counted = (
        select(currency, func.count(), func.min(rows.since), amount)
        .select_from(rows.table)
        .where(*rows.where)
    )
    if rows.amount is not None:
        counted = counted.group_by(currency).order_by(currency)
    sums = [row for row in connection.execute(counted) if row[1]]
    if not sums:
        return Found()
    return Found(
        count=sum(row[1] for row in sums),
        oldest=min(row[2] for row in sums),
        money=tuple(Money(int(row[3]), row[0]) for row in sums if row[0] is not None),
        first=tuple(_first(connection, rows)),
    )


def _first(connection: Connection, rows: Waiting) -> Iterator[Pointer]:
    order, account, note = (
        null() if column is None else column
        for column in (rows.order, rows.account, rows.table.c.get("last_error"))
    )
    named = select(
        rows.reference.label("of"),
        order.label("belongs_to"),
        account.label("through"),
        rows.since.label("since"),
        note.label("note"),
    )
    for row in connection.execute(
        named.where(*rows.where).order_by(rows.since, rows.reference).limit(_SHOWN)
    ):
        yield Pointer(
            reference=row.of,
            order_number=row.belongs_to,
            gateway_account=row.through,
            since=row.since,
            note=row.note if rows.table in (t.payments, t.refunds, t.orders) else None,
        )


def _together(found: Sequence[Found]) -> Found:
    first: list[Pointer] = [pointer for each in found for pointer in each.first]
    oldest: list[Any] = [each.oldest for each in found if each.oldest is not None]
    return Found(
        count=sum(each.count for each in found),
        oldest=min(oldest, default=None),
        first=tuple(sorted(first, key=lambda each: (each.since is None, each.since))),
    )
