"""Rows that a gateway is asked about, payments and refunds alike: which is due, and who has it how long."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Column, Connection, Row, Table, select, update

from payport.errors import PayportError
from payport.gateways import types as boundary
from payport.service.references import new_id
from payport.service.schedule import soonest_ask
from payport.service.seller import Seller

__all__ = ["LEASE", "Askable", "cannot_begin", "is_askable", "lease", "longest_due", "named"]

_Value = TypeVar("_Value")
LEASE: Final = timedelta(seconds=15)  # taken over by another worker after it, so within 30 s


@dataclass(frozen=True, slots=True)
class Askable:
    """What may be asked about: rows of a table, by their reference, in these states, where an account has the
    hook."""

    table: Table
    reference: Column[Any]
    states: Collection[str]
    hook: str


def longest_due(connection: Connection, seller: Seller, what: Askable) -> Row[Any] | None:
    """The row that has been due longest, and that nobody else is asking about; locked."""
    now, columns = seller.clock(), what.table.c
    return connection.execute(
        select(what.table)
        .where(
            columns.due_at <= now,
            columns.state.in_(what.states),
            columns.gateway_account.in_([name for name in seller.accounts if is_askable(seller, what, name)]),
            (columns.lease_until.is_(None)) | (columns.lease_until <= now),
        )
        .order_by(columns.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()


def named(connection: Connection, seller: Seller, what: Askable, reference: str) -> Row[Any] | None:
    """This row, which is there; locked. None if it cannot be asked about, is being asked about, or was asked
    about within the gap."""
    now = seller.clock()
    row = connection.execute(select(what.table).where(what.reference == reference).with_for_update()).one()
    if row.state not in what.states or not is_askable(seller, what, row.gateway_account):
        return None
    leased = row.lease_until is not None and row.lease_until > now
    if leased or soonest_ask(seller.account(row.gateway_account), asked_at=row.asked_at, now=now) > now:
        return None
    return row


def lease(connection: Connection, seller: Seller, what: Askable, row: Row[Any]) -> str:
    """Take it; the owner. A first try that died is taken over soon; one that fails again and again waits the
    gateway's gap."""
    now, owner = seller.clock(), new_id()
    gap = seller.account(row.gateway_account).ready.info.ask_gap
    connection.execute(
        update(what.table)
        .where(what.reference == row._mapping[what.reference])
        .values(
            lease_owner=owner,
            lease_until=now + (LEASE if row.tries == 0 else max(LEASE, gap)),
            tries=what.table.c.tries + 1,
            asks=what.table.c.asks + 1,
            asked_at=now,
        )
    )
    return owner


def is_askable(seller: Seller, what: Askable, gateway_account: str) -> bool:
    account = seller.accounts.get(gateway_account)
    return account is not None and what.hook in account.capabilities


def cannot_begin(error: PayportError) -> boundary.Flow[_Value]:
    """A gateway whose plugin is out of order answers nothing; what hangs on the others is asked about."""
    yield from ()
    raise error
