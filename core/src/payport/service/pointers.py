"""What was found of a kind, and where each of it is to be opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payport.rules.money import Money

__all__ = ["Found", "Pointer"]


@dataclass(frozen=True, slots=True)
class Pointer:
    """One of them.

    Args:
        reference: its own name: an order's number, a merchant reference, a refund's, a bank's, an event's id,
            a plugin, a subscriber, or the role and id of a key.
        order_number, gateway_account: what it belongs to; None where there is none.
        note: why, where that is known.
    """

    reference: str
    order_number: str | None = None
    gateway_account: str | None = None
    since: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """How many, since when, of how much money, and the first of them."""

    count: int = 0
    oldest: datetime | None = None
    money: tuple[Money, ...] = ()
    first: tuple[Pointer, ...] = ()
