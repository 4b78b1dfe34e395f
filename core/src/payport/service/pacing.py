"""When something may be done next, for all workers together: a call to a gateway, or a period's work.

`[accounts.pace]` of payport.toml says how often an account may be asked. Calls are spread evenly: each pushes
the next one away. What a buyer or a person begins never waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.rows import insert_if_absent

__all__ = ["is_at_rest", "resting", "take_period", "take_turn"]

_NEXT: Final = select(t.pace.c.next_at).where(t.pace.c.gateway_account == bindparam("of"))
_TAKE: Final = update(t.pace).where(
    t.pace.c.gateway_account == bindparam("of"),
    (t.pace.c.next_at <= bindparam("now")) | (t.pace.c.next_at > bindparam("impossible")),
)
_SKEW: Final = timedelta(minutes=1)  # so far apart workers' clocks may be, and the pace is still kept


def resting(connection: Connection, seller: Seller) -> frozenset[str]:
    """The accounts that may not be called yet."""
    now = seller.clock()
    return frozenset(
        name
        for name, account in seller.accounts.items()
        if account.calls_per_minute is not None
        and is_at_rest(connection, name, _between(account.calls_per_minute), at=now)
    )


def is_at_rest(connection: Connection, name: str, every: timedelta, *, at: datetime) -> bool:
    """Whether the period that began last has not ended. One that ends later than it could is none: a clock
    was ahead when it began, and has been set back."""
    next_at = connection.execute(_NEXT, {"of": name}).scalar()
    return next_at is not None and at < next_at <= at + every + _SKEW


def take_turn(connection: Connection, seller: Seller, gateway_account: str) -> bool:
    """Take the account's next call, for whoever is first; False where another took it."""
    pace = seller.account(gateway_account).calls_per_minute
    if pace is None:
        return True
    return take_period(connection, gateway_account, _between(pace), at=seller.clock())


def take_period(connection: Connection, name: str, every: timedelta, *, at: datetime) -> bool:
    """Whether this is the first to come since the last period ended; then another one begins.

    Args:
        name: a gateway account's, or that of a period's work, which has a blank in it and so names none.
    """
    insert_if_absent(connection, t.pace, {"gateway_account": name, "next_at": at})
    taken = connection.execute(
        _TAKE, {"of": name, "now": at, "impossible": at + every + _SKEW, "next_at": at + every}
    )
    return taken.rowcount == 1


def _between(calls_per_minute: int) -> timedelta:
    return timedelta(minutes=1) / calls_per_minute
