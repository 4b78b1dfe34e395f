"""How often a gateway account may be asked by all workers together: `[accounts.pace]` of payport.toml.

Calls are spread evenly: each pushes the account's next one away. What a buyer or a person begins never waits.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, select, update

from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.records import insert_if_absent

__all__ = ["resting", "take_turn"]


def resting(connection: Connection, seller: Seller) -> frozenset[str]:
    """The accounts that may not be called yet."""
    paced = [name for name, account in seller.accounts.items() if account.calls_per_minute is not None]
    if not paced:
        return frozenset()
    rows = connection.execute(
        select(t.pace.c.gateway_account).where(
            t.pace.c.gateway_account.in_(paced), t.pace.c.next_at > seller.clock()
        )
    )
    return frozenset(rows.scalars())


def take_turn(connection: Connection, seller: Seller, gateway_account: str) -> bool:
    """Take the account's next call, for whoever is first; False where another took it."""
    pace = seller.account(gateway_account).calls_per_minute
    if pace is None:
        return True
    now = seller.clock()
    insert_if_absent(connection, t.pace, {"gateway_account": gateway_account, "next_at": now})
    taken = connection.execute(
        update(t.pace)
        .where(t.pace.c.gateway_account == gateway_account, t.pace.c.next_at <= now)
        .values(next_at=now + timedelta(minutes=1) / pace)
    )
    return taken.rowcount == 1
