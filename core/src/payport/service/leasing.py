"""Work that is due, of every kind: rows that say so themselves, each had by one at a time, and for so long.

A try is counted, and committed, before its unit runs, and given back where it ended well. So a unit that ends
its process each time is parked after `MOST_TRIES`, is shown to a person, and keeps nothing else waiting.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    select,
    update,
)

from payport.service.references import new_id
from payport.service.seller import Seller

__all__ = [
    "LEASE", "MOST_TRIES", "RELEASED", "Kind", "Taken", "claim", "due_of", "fail", "has", "lease",
    "longest_due", "release",
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


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of work: rows of a table, by their reference, in these states.

    Args:
        name: what a row is called, before its reference.
        accounts: the gateway accounts whose rows it is; None: those of all.
        suits: what else must hold of a row, but for its being due and free; its time is the parameter `now`.
    """

    name: str
    table: Table
    reference: Column[Any]
    states: Collection[str]
    accounts: Callable[[Seller], Collection[str]] | None = None
    suits: tuple[ColumnElement[bool], ...] = ()


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
    connection: Connection, seller: Seller, kind: Kind, *, but: Collection[str] = ()
) -> Row[Any] | None:
    """The row that has been due longest, and that nobody has; locked. One whose tries are used up is parked.

    Args:
        but: gateway accounts whose rows are left alone.
    """
    given: dict[str, Any] = {"now": seller.clock()}
    if kind.accounts is not None:
        given["accounts"] = [name for name in kind.accounts(seller) if name not in but]
        if not given["accounts"]:
            return None
    first = _first_due(kind)
    while (row := connection.execute(first, given).first()) is not None and row.tries >= MOST_TRIES:
        _park(connection, kind, row, error=row.last_error or _DIED, at=given["now"])
    return row


def due_of(connection: Connection, seller: Seller, kinds: tuple[Kind, ...]) -> frozenset[Kind]:
    """Those kinds of which something is due that nobody has. It only looks: nothing is locked."""
    given: dict[str, Any] = {"now": seller.clock()}
    for place, kind in enumerate(kinds):
        if kind.accounts is not None:
            given[f"accounts_{place}"] = list(kind.accounts(seller))
    found = connection.execute(_any_due(kinds), given).one()
    return frozenset(kind for kind, is_due in zip(kinds, found, strict=True) if is_due)


@cache
def _any_due(kinds: tuple[Kind, ...]) -> Select[Any]:
    """Whether there is one, kind by kind; the gateway accounts of the first are `accounts_0`."""
    looks: list[Any] = [
        select(1).where(*_is_due(kind, f"accounts_{place}")).exists().label(f"kind_{place}")
        for place, kind in enumerate(kinds)
    ]
    return select(*looks)


@cache
def _first_due(kind: Kind) -> Select[Any]:
    """Its time is the parameter `now`, its gateway accounts are `accounts`."""
    return (
        select(kind.table)
        .where(*_is_due(kind, "accounts"))
        .order_by(kind.table.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _is_due(kind: Kind, accounts: str) -> list[ColumnElement[bool]]:
    """At the parameter `now`; `accounts`: the name of the one that has its gateway accounts."""
    columns, now = kind.table.c, bindparam("now", type_=kind.table.c.due_at.type)
    due = [
        columns.due_at <= now,
        columns.state.in_(kind.states),
        columns.parked_at.is_(None),
        (columns.lease_until.is_(None)) | (columns.lease_until <= now),
        *kind.suits,
    ]
    if kind.accounts is not None:
        due.append(columns.gateway_account.in_(bindparam(accounts, expanding=True)))
    return due


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
    values = {"lease_owner": owner, "lease_until": seller.clock() + span, "tries": row.tries + 1, **columns}
    connection.execute(_this(kind), {"this": row._mapping[kind.reference], **values})
    return owner


def has(connection: Connection, kind: Kind, taken: Taken) -> bool:
    """Whether it is still the owner's. Whoever asks has locked what the row hangs on."""
    owner = connection.execute(_owner(kind), {"this": taken.reference}).scalar()
    return owner == taken.owner


def release(connection: Connection, kind: Kind, reference: str, **columns: Any) -> None:
    """Nobody has it any more, and it ended well; `columns` say what else is known of its work."""
    connection.execute(_this(kind), {"this": reference, **RELEASED, **columns})


@cache
def _this(kind: Kind) -> Update:
    """Its row `this`; which columns change is told with it."""
    return update(kind.table).where(kind.reference == bindparam("this"))


@cache
def _owner(kind: Kind) -> Select[Any]:
    return select(kind.table.c.lease_owner).where(kind.reference == bindparam("this"))


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
