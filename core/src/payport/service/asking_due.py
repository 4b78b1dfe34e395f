"""Rows that a gateway is asked about, payments and refunds alike: which may be now, and by whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select

from payport.errors import PayportError
from payport.gateways import types as boundary
from payport.service.leasing import LEASE, Kind, lease, longest_due
from payport.service.pacing import resting, take_turn
from payport.service.schedule import soonest_ask
from payport.service.seller import Seller

__all__ = ["askable", "cannot_begin", "is_askable", "lease_to_ask", "named", "next_to_ask"]

_Value = TypeVar("_Value")


def askable(seller: Seller, hook: str) -> Collection[str]:
    """The accounts that have the hook."""
    return [name for name in seller.accounts if is_askable(seller, hook, name)]


def is_askable(seller: Seller, hook: str, gateway_account: str) -> bool:
    account = seller.accounts.get(gateway_account)
    return account is not None and hook in account.capabilities


def next_to_ask(connection: Connection, seller: Seller, kind: Kind) -> Row[Any] | None:
    """The row that has been due longest, of an account whose pace allows a call now, and which does not rest
    after a slow one; locked."""
    at_rest = {*resting(connection, seller), *seller.slowness.resting()}
    while True:
        row = longest_due(connection, seller, kind, but=at_rest)
        if row is None or take_turn(connection, seller, row.gateway_account):
            return row
        at_rest.add(row.gateway_account)


def named(
    connection: Connection, seller: Seller, kind: Kind, reference: str, *, hook: str
) -> Row[Any] | None:
    """This row, which is there, for a person; locked. None if it cannot be asked about, is being asked about,
    or was asked about within the gap."""
    now = seller.clock()
    row = connection.execute(select(kind.table).where(kind.reference == reference).with_for_update()).one()
    if row.state not in kind.states or not is_askable(seller, hook, row.gateway_account):
        return None
    leased = row.lease_until is not None and row.lease_until > now
    if leased or soonest_ask(seller.account(row.gateway_account), asked_at=row.asked_at, now=now) > now:
        return None
    return row


def lease_to_ask(connection: Connection, seller: Seller, kind: Kind, row: Row[Any]) -> str:
    """Take it; the owner. A first try that died is taken over soon; one that fails again and again waits the
    gateway's gap."""
    now: datetime = seller.clock()
    gap = seller.account(row.gateway_account).ready.info.ask_gap
    span = LEASE if row.tries == 0 else max(LEASE, gap)
    return lease(connection, seller, kind, row, span=span, asks=row.asks + 1, asked_at=now)


def cannot_begin(error: PayportError) -> boundary.Flow[_Value]:
    """A gateway whose plugin is out of order answers nothing; what hangs on the others is asked about."""
    yield from ()
    raise error
