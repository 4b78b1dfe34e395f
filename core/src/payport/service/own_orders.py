"""Nobody gives their own account anything: its buyer is no pair of eyes for it. Attack REF-10."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, select

from payport.errors import RequestRefused
from payport.rules.acts import Act, Cancel, Dismiss, OpenChargeback, SettleRefund, Withdraw
from payport.rules.confirmation import is_one_person
from payport.service.targets import Target
from payport.storage import tables as t

__all__ = ["gives", "is_buyer", "refuse_own"]

_TAKING: Final = frozenset({"cancelled", "failed", "lost"})
_BUYER: Final = select(t.orders.c.buyer).where(t.orders.c.number == bindparam("of"))
_BUYERS: Final = select(t.orders.c.buyer).where(t.orders.c.account == bindparam("of")).distinct()


def gives(act: Act) -> bool:
    """Whether its buyer may get money or service by it: who ends, claims or takes back gives nothing."""
    if isinstance(act, Cancel | Withdraw | OpenChargeback | Dismiss):
        return False
    if isinstance(act, SettleRefund):
        return True  # either end: of one that failed, the buyer keeps all that it would have taken
    return getattr(act, "outcome", None) not in _TAKING


def refuse_own(connection: Connection, target: Target, actor: str) -> None:
    """Raises RequestRefused where `actor` is the buyer account, or its buyer by e-mail.

    By that of the order where an order is meant, else by those of all the account's orders.
    """
    if target.account is None:
        return
    query, of, what = _BUYERS, target.account, "an account"
    if target.order_number is not None:
        query, of, what = _BUYER, target.order_number, "an order"
    buyers = connection.execute(query, {"of": of}).scalars().all()
    if is_buyer(actor, target.account, buyers):
        raise RequestRefused(
            field="actor", problem=f"this is {what} of their own", remedy="Let another person do it"
        )


def is_buyer(actor: str, account: str, buyers: Sequence[str]) -> bool:
    """Whether `actor` is this account, or one of these buyers by e-mail: JSON, as orders keep them."""
    return any(
        is_one_person(actor, name) for name in (account, *(json.loads(one)["email"] for one in buyers))
    )
