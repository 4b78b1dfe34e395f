"""When something may be done next, for all workers together: a call to a gateway, or a period's work.

`[accounts.pace]` of payport.toml says how often an account may be asked. Calls are spread evenly: each pushes
the next one away. What a buyer or a person begins never waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.rows import insert_if_absent

__all__ = ["is_at_rest", "resting", "take_period", "take_turn"]


def resting(connection: Connection, seller: Seller) -> frozenset[str]:
    """The accounts that may not be called yet."""
    paced = [name for name, account in seller.accounts.items() if account.calls_per_minute is not None]
    now = seller.clock()
    return frozenset(name for name in paced if is_at_rest(connection, name, at=now))


def is_at_rest(connection: Connection, name: str, *, at: datetime) -> bool:
    next_at = connection.execute(select(t.pace.c.next_at).where(t.pace.c.gateway_account == name)).scalar()
    return next_at is not None and next_at > at


def take_turn(connection: Connection, seller: Seller, gateway_account: str) -> bool:
    """Take the account's next call, for whoever is first; False where another took it."""
    pace = seller.account(gateway_account).calls_per_minute
    if pace is None:
        return True
    return take_period(connection, gateway_account, timedelta(minutes=1) / pace, at=seller.clock())


def take_period(connection: Connection, name: str, every: timedelta, *, at: datetime) -> bool:
    """Whether this is the first to come since the last period ended; then another one begins.

    Args:
        name: a gateway account's, or that of a period's work, which has a blank in it and so names none.
    """
    insert_if_absent(connection, t.pace, {"gateway_account": name, "next_at": at})
    taken = connection.execute(
        update(t.pace)
        .where(t.pace.c.gateway_account == name, t.pace.c.next_at <= at)
        .values(next_at=at + every)
    )
    return taken.rowcount == 1
