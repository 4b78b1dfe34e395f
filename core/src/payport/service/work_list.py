"""The work that is due, that somebody has, or that is parked, one entry a unit; and letting it go on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, case, or_, select, update

from payport.errors import NotFound
from payport.rules.order import State as OrderState
from payport.rules.refund import FINISHED as ENDED
from payport.rules.refund import State as RefundState
from payport.service.asking import ASKABLE
from payport.service.asking_due import is_askable
from payport.service.pacing import resting
from payport.service.seller import Seller
from payport.storage import tables as t

__all__ = ["WorkItem", "WorkState", "is_parked", "unpark", "work_items"]


class WorkState(StrEnum):
    """`parked` work waits for a person, `leased` is being worked on, `due` waits for a worker."""

    PARKED = "parked"
    LEASED = "leased"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One unit of work.

    Args:
        kind: payment, refund, order or delivery.
        reference: its row's; of a delivery the subscriber and the event's id.
        since: when it was parked, or became due; of one that is leased, when that ends.
        owner: whoever has it: host, process, and a number that no other lease has.
        why: why it waits, in words.
    """

    kind: str
    reference: str
    state: WorkState
    since: datetime
    tries: int
    owner: str
    why: str


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table's rows that are work, whoever can do it."""

    kind: str
    table: Table
    reference: Column[Any]
    states: Collection[str]
    hook: str | None = None


_UNDONE: Final = tuple(str(state) for state in RefundState if state not in ENDED)
_ALL: Final = (
    _Rows("payment", t.payments, t.payments.c.merchant_reference, ASKABLE, "query"),
    _Rows("refund", t.refunds, t.refunds.c.reference, _UNDONE, "query_refund"),
    _Rows("order", t.orders, t.orders.c.number, (str(OrderState.PLACED),)),
)


def work_items(connection: Connection, seller: Seller, *, limit: int) -> tuple[WorkItem, ...]:
    """At most `limit` of each table: what is parked first, then what is leased, then what is due."""
    now, at_rest = seller.clock(), resting(connection, seller)
    items = [
        _item(seller, rows, row, now=now, at_rest=at_rest)
        for rows in _ALL
        for row in connection.execute(_chosen(rows, now).limit(limit))
    ]
    items += _deliveries(connection, now, limit)
    ranks = list(WorkState)
    return tuple(sorted(items, key=lambda item: (ranks.index(item.state), item.since, item.reference)))


def is_parked(table: Table, states: Collection[str]) -> ColumnElement[bool]:
    """Work that waits for a person. What ended meanwhile, as by a callback, is none any more."""
    columns = table.c
    return columns.parked_at.is_not(None) & columns.due_at.is_not(None) & columns.state.in_(states)


def unpark(connection: Connection, seller: Seller, reference: str) -> str:
    """Let a parked payment, refund or order be worked on again, from now; its kind.

    Raises: NotFound.
    """
    for rows in _ALL:
        done = connection.execute(
            update(rows.table)
            .where(rows.reference == reference, is_parked(rows.table, rows.states))
            .values(parked_at=None, tries=0, last_error=None, due_at=seller.clock())
        )
        if done.rowcount:
            return rows.kind
    raise NotFound(
        field="reference",
        problem="no parked payment, refund or order has it",
        remedy="`payport work` lists them; a parked event is sent again by `payport events replay`",
    )


def _chosen(rows: _Rows, now: datetime) -> Any:
    columns = rows.table.c
    leased = columns.lease_until > now
    is_work = columns.state.in_(rows.states) & columns.due_at.is_not(None)
    rank = case((columns.parked_at.is_not(None), 0), (leased, 1), else_=2)
    return (
        select(rows.table)
        .where(is_work, or_(columns.parked_at.is_not(None), leased, columns.due_at <= now))
        .order_by(rank, columns.due_at)
    )


def _item(seller: Seller, rows: _Rows, row: Row[Any], *, now: datetime, at_rest: Collection[str]) -> WorkItem:
    reference = str(row._mapping[rows.reference])
    if row.parked_at is not None:
        return WorkItem(
            rows.kind, reference, WorkState.PARKED, row.parked_at, row.tries, "", row.last_error or ""
        )
    if row.lease_until is not None and row.lease_until > now:
        why = row.last_error or ""
        return WorkItem(
            rows.kind, reference, WorkState.LEASED, row.lease_until, row.tries, row.lease_owner or "", why
        )
    why = "; ".join(_reasons(seller, rows, row, at_rest))
    return WorkItem(rows.kind, reference, WorkState.DUE, row.due_at, row.tries, "", why)


def _reasons(seller: Seller, rows: _Rows, row: Row[Any], at_rest: Collection[str]) -> Iterator[str]:
    """Why it may not have been done yet, but for that no worker came."""
    if row.lease_until is not None:
        yield "whoever had it never came back"
    if row.last_error:
        yield str(row.last_error)
    if rows.hook is None:
        return
    name = row.gateway_account
    account = seller.accounts.get(name)
    if account is None:
        yield f"its account {name} is not configured"
    elif account.gateway is None:
        yield f"the plugin of {name} is missing"
    elif name in at_rest:
        yield f"{name} was asked just now, and has its pace"
    elif not is_askable(seller, rows.hook, name) and rows.table is t.refunds:
        yield f"{name} cannot be asked about refunds"


def _deliveries(connection: Connection, now: datetime, limit: int) -> Iterator[WorkItem]:
    columns, entries = t.deliveries.c, t.journal.c
    leased = columns.lease_until > now
    waiting = (columns.state == "waiting") & or_(leased, columns.due_at <= now)
    stops = t.stopped_subscribers
    rows = connection.execute(
        select(t.deliveries, entries.hash, stops.c.because)
        .join(t.journal, entries.id == columns.entry_id)
        .outerjoin(stops, stops.c.subscriber == columns.subscriber)
        .where(or_(columns.state == "parked", waiting))
        .order_by(case((columns.state == "parked", 0), (leased, 1), else_=2), columns.entry_id)
        .limit(limit)
    )
    for row in rows:
        reference = f"{row.subscriber} evt_{row.hash[:32]}"
        state, since = WorkState.DUE, row.due_at
        if row.state == "parked":
            state, since = WorkState.PARKED, row.parked_at or now
        elif row.lease_until is not None and row.lease_until > now:
            state, since = WorkState.LEASED, row.lease_until
        owner = row.lease_owner or "" if state is WorkState.LEASED else ""
        why = row.last_error or ""
        if state is WorkState.DUE and row.because is not None:
            why = f"{row.subscriber} is stopped: {row.because}"
        yield WorkItem("delivery", reference, state, since, row.tries, owner, why)
