"""Plays an account's grants again, from none: each must follow from its order and from those before it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from payport.doors.host import Payport
from payport.rules.effect import effect
from payport.rules.entitlement import project
from payport.rules.grant import Grant
from payport.service.viewing import order as view_order
from payport.storage import tables as t
from payport.storage.account_records import grants_of, usage_of

__all__ = ["replay_all", "replay_one"]


def replay_all(payport: Payport, *, at: datetime) -> int:
    """Replay every account; how many grants of orders there were."""
    with payport.seller.database.reading() as connection:
        accounts = connection.execute(select(t.accounts.c.id).order_by(t.accounts.c.id)).scalars().all()
        return sum(replay_one(connection, payport, account, at=at) for account in accounts)


def replay_one(connection: Connection, payport: Payport, account: str, *, at: datetime) -> int:
    grants = grants_of(connection, account)
    bought = 0
    for place, grant in enumerate(grants):
        if grant.kind == "order":
            bought += 1
            again = _judged_again(connection, payport, grant, grants[:place])
            assert again == grant, f"{account}: grant {place + 1} does not follow from those before it"
        _is_one_line_of_terms(grants[: place + 1])
    held = project(grants, at=at, usage=usage_of(connection, account))
    assert payport.entitlement(account) == held, f"{account}: what is shown is not what its grants amount to"
    return bought


def _judged_again(
    connection: Connection, payport: Payport, grant: Grant, before: tuple[Grant, ...]
) -> object:
    """What the rules make of the same order on the same state."""
    assert grant.order_number is not None
    order = view_order(connection, number=grant.order_number)
    assert order.paid_at is not None
    return effect(
        order.quote,
        grants=before,
        catalog=payport.seller.shelf.of(connection, order.quote),
        paid_at=order.paid_at,
        grant_id=grant.id,
        order_number=order.number,
    )


def _is_one_line_of_terms(grants: tuple[Grant, ...]) -> None:
    """At most one term runs and one follows it, where that one ends; in whatever state they are."""
    held = project(grants, at=grants[-1].effective_at)
    if held.held is not None and held.future is not None:
        assert held.held.term.end <= held.future.term.start, f"{grants[-1].id}: two terms at one time"
