"""Work that is due, of every kind: rows that say so themselves, each had by one at a time, and for so long.

A try is counted, and committed, before its unit runs, and given back where it ended well. So a unit that ends
its process each time is parked after `MOST_TRIES`, is shown to a person, and keeps nothing else waiting.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, select, update

from payport.service.references import new_id
from payport.service.seller import Seller

__all__ = [
    "LEASE", "MOST_TRIES", "RELEASED", "Kind", "Taken", "claim", "fail", "has", "lease", "longest_due",
    "release",
]  # fmt: skip

LEASE: Final = timedelta(seconds=15)  # taken over by another worker after it, so within 30 s
MOST_TRIES: Final = 5
RELEASED: Final[Mapping[str, Any]] = {  # the columns of a unit that ended well
    "lease_owner": None,
    "lease_until": None,
    "tries": 0,
    "last_error": None,
    "parked_at": None,
}
_DIED: Final = "whoever worked on it never came back"
_log = logging.getLogger("payport.work")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work: rows of a table, by their reference, in these states.

    Args:
        name: what a row is called, before its reference.
        suits: what else must hold of a row, but for its being due and free.
    """

    name: str
    table: Table
    reference: Column[Any]
    states: Collection[str]
    suits: Callable[[Seller, datetime], Sequence[ColumnElement[bool]]] = lambda _seller, _now: ()


@dataclass(frozen=True, slots=True)
class Taken:
    """One row that somebody has, until its lease ends."""

    reference: str
    owner: str


def claim(connection: Connection, seller: Seller, kind: Kind) -> Taken | None:
    """Take the row that has been due longest, and that nobody has."""
    row = longest_due(connection, seller, kind)
    if row is None:
        return None
    return Taken(row._mapping[kind.reference], lease(connection, seller, kind, row))


def longest_due(
    connection: Connection, seller: Seller, kind: Kind, *where: ColumnElement[bool]
) -> Row[Any] | None:
    """The row that has been due longest, and that nobody has; locked. One whose tries are used up is parked.

    Args:
        where: what must hold of it besides.
    """
    now, columns = seller.clock(), kind.table.c
    first = (
        select(kind.table)
        .where(
            columns.due_at <= now,
            columns.state.in_(kind.states),
            columns.parked_at.is_(None),
            (columns.lease_until.is_(None)) | (columns.lease_until <= now),
            *kind.suits(seller, now),
            *where,
        )
        .order_by(columns.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while (row := connection.execute(first).first()) is not None and row.tries >= MOST_TRIES:
        _park(connection, kind, row, error=row.last_error or _DIED, at=now)
    return row


def lease(
    connection: Connection,
    seller: Seller,
    kind: Kind,
    row: Row[Any],
    *,
    span: timedelta = LEASE,
    **columns: Any,
) -> str:
    """Take it, and count the try; its owner, another one each time, whatever the worker is called."""
    owner = f"{_process(os.getpid())} {new_id()}"
    connection.execute(
        update(kind.table)
        .where(kind.reference == row._mapping[kind.reference])
        .values(lease_owner=owner, lease_until=seller.clock() + span, tries=kind.table.c.tries + 1, **columns)
    )
    return owner


def has(connection: Connection, kind: Kind, taken: Taken) -> bool:
    """Whether it is still the owner's. Whoever asks has locked what the row hangs on."""
    owner = connection.execute(
        select(kind.table.c.lease_owner).where(kind.reference == taken.reference)
    ).scalar()
    return owner == taken.owner


def release(connection: Connection, kind: Kind, reference: str, **columns: Any) -> None:
    """Nobody has it any more, and it ended well; `columns` say what else is known of its work."""
    connection.execute(
        update(kind.table).where(kind.reference == reference).values(**{**RELEASED, **columns})
    )


def fail(connection: Connection, seller: Seller, kind: Kind, taken: Taken, error: str) -> bool:
    """Keep why a try failed; the next one waits longer each time. Parked after the last: whether it is.

    Args:
        error: type and place, never an error's own words.
    """
    columns, now = kind.table.c, seller.clock()
    row = connection.execute(
        select(kind.table).where(kind.reference == taken.reference).with_for_update()
    ).first()
    if row is None or row.lease_owner != taken.owner:
        return False
    if row.tries >= MOST_TRIES:
        _park(connection, kind, row, error=error, at=now)
        return True
    until = max(row.lease_until, now + LEASE * 2 ** (row.tries - 1))
    connection.execute(
        update(kind.table)
        .where(kind.reference == taken.reference, columns.lease_owner == taken.owner)
        .values(last_error=error, lease_until=until)
    )
    return False


def _park(connection: Connection, kind: Kind, row: Row[Any], *, error: str, at: datetime) -> None:
    reference = row._mapping[kind.reference]
    connection.execute(
        update(kind.table)
        .where(kind.reference == reference)
        .values(parked_at=at, last_error=error, lease_owner=None, lease_until=None)
    )
    _log.error("%s %s is parked after %d tries: %s", kind.name, reference, row.tries, error)


@cache
def _process(number: int) -> str:
    """For whoever reads a lease; by number, as a fork has another."""
    return f"{socket.gethostname()[:40]}:{number}"
