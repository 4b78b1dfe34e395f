"""The states of an order, and the one way from each to the next. Rules: "Quote and order"."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payport.errors import TransitionRefused
from payport.rules.money import Money

__all__ = ["MOVES", "Order", "Received", "State", "at_expiry", "move", "part_payments"]


class State(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REVIEW = "review"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


MOVES: Final[Mapping[State, Set[State]]] = {
    State.PLACED: {State.PAID, State.CANCELLED, State.EXPIRED, State.REVIEW},
    State.EXPIRED: {State.PAID, State.REVIEW},  # a proven success that arrives late
    State.CANCELLED: {State.PAID, State.REVIEW},
    State.REVIEW: {State.PAID, State.CANCELLED},  # by the back office, with a reason
    State.PAID: {State.PARTLY_REFUNDED, State.REFUNDED},
    State.PARTLY_REFUNDED: {State.PARTLY_REFUNDED, State.REFUNDED},
    State.REFUNDED: set(),
}


class Received(StrEnum):
    """What was received, against the total."""

    NOTHING = "nothing"
    UNDER = "under"
    EQUAL = "equal"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Order:
    """What was bought. `received` counts money proven for it, surplus included; `token` opens its page."""

    number: str
    token: str
    account: str
    quote_id: str
    state: State
    total: Money
    received: Money
    locale: str
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    review_reason: str | None = None


def move(order: Order, to: State, *, at: datetime, because: str | None = None) -> Order:
    """The only way in which an order changes state. `because` is kept when it goes to review."""
    if to not in MOVES[order.state]:
        raise TransitionRefused(
            field="order.state",
            problem=f"{order.state} → {to} is not in MOVES",
            remedy="Send the order to review",
        )
    return replace(
        order,
        state=to,
        paid_at=at if to is State.PAID else order.paid_at,
        review_reason=because if to is State.REVIEW else None,
    )


def part_payments(order: Order) -> Received:
    """They add up: paid when equal; over: paid, and the surplus flagged. Rules: "Order only"."""
    if order.received >= order.total:
        return Received.EQUAL if order.received == order.total else Received.OVER
    return Received.UNDER if order.received.minor else Received.NOTHING


def at_expiry(order: Order) -> State:
    """Under at expiry: review. An order that holds money never just ends."""
    return State.EXPIRED if part_payments(order) is Received.NOTHING else State.REVIEW
