"""Nobody lets money of their own count: the buyer of an order is no pair of eyes for it. Attack REF-10."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, select

from payport.errors import RequestRefused
from payport.rules.confirmation import is_one_person
from payport.rules.order import Order
from payport.storage import tables as t

__all__ = ["refuse_own", "refuse_own_account"]

_BUYER: Final = select(t.orders.c.buyer).where(t.orders.c.number == bindparam("of"))

_BUYERS: Final = select(t.orders.c.buyer).where(t.orders.c.account == bindparam("of")).distinct()


def refuse_own(connection: Connection, order: Order, actor: str) -> None:
    """Raises RequestRefused where `actor` is the order's buyer account, or its buyer by e-mail."""
    buyer = connection.execute(_BUYER, {"of": order.number}).scalar_one()
    _refuse(actor, order.account, [buyer], "this is an order of their own")


def refuse_own_account(connection: Connection, account: str, actor: str) -> None:
    """Raises RequestRefused where `actor` is the buyer account, or its buyer by the e-mail of any order."""
    buyers = connection.execute(_BUYERS, {"of": account}).scalars().all()
    _refuse(actor, account, buyers, "this is an account of their own")


def _refuse(actor: str, account: str, buyers: Sequence[str], problem: str) -> None:
    if any(is_one_person(actor, name) for name in (account, *(json.loads(one)["email"] for one in buyers))):
        raise RequestRefused(field="actor", problem=problem, remedy="Let another person confirm it")
