"""Nobody lets money of their own count: the buyer of an order is no pair of eyes for it. Attack REF-10."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Connection, bindparam, select

from payport.errors import RequestRefused
from payport.rules.confirmation import is_one_person
from payport.rules.order import Order
from payport.storage import tables as t

__all__ = ["refuse_own"]

_BUYER: Final = select(t.orders.c.buyer).where(t.orders.c.number == bindparam("of"))


def refuse_own(connection: Connection, order: Order, actor: str) -> None:
    """Raises RequestRefused where `actor` is the order's buyer account, or its buyer by e-mail."""
    buyer = connection.execute(_BUYER, {"of": order.number}).scalar_one()
    if any(is_one_person(actor, name) for name in (order.account, json.loads(buyer)["email"])):
        raise RequestRefused(
            field="actor", problem="this is an order of their own", remedy="Let another person confirm it"
        )
