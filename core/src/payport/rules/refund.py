"""The states of a refund, and what the refunds of an order leave of its money. Rules: "Quote and order",
"Refund and entitlement".

Money is reserved when a refund is requested, and stays so until it is known that it did not go back:
requested, submitted and unknown count as spent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payport.errors import TransitionRefused
from payport.rules.money import Money, total

__all__ = [
    "FINISHED", "MOVES", "Of", "Refund", "State", "Way", "because", "move", "refunded", "reserved",
]  # fmt: skip


class State(StrEnum):
    REQUESTED = "requested"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


MOVES: Final[Mapping[State, Set[State]]] = {
    State.REQUESTED: {State.SUBMITTED, State.FAILED},
    State.SUBMITTED: {State.SUCCEEDED, State.FAILED, State.UNKNOWN},
    State.UNKNOWN: {State.SUCCEEDED, State.FAILED},  # asked of the gateway, or found by a person
    State.SUCCEEDED: set(),
    State.FAILED: set(),
}

FINISHED: Final = frozenset({State.SUCCEEDED, State.FAILED})


class Of(StrEnum):
    """What is given back: the order's own money, or money beyond what it costs, which touches nothing."""

    ORDER = "order"
    SURPLUS = "surplus"


class Way(StrEnum):
    """How the money goes back: asked of the gateway, or done by a person and recorded here."""

    GATEWAY = "gateway"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of one payment that is given back. `reference` and `idempotency_key` are ours.

    Args:
        key: the caller's own, so that the same click twice is one refund, for ever.
        lines: of the order's grant, counted from 0, that it reverses; empty: it reverses none (unless the
            order's whole money is given back).
        reported: what went back by the gateway's word or a person's, where that is another amount.
        problem: why a person must look at it, for the operator.
    """

    reference: str
    idempotency_key: str
    key: str
    merchant_reference: str
    order_number: str
    gateway_account: str
    of: Of
    way: Way
    state: State
    amount: Money
    requested_at: datetime
    requested_by: str
    reason: str
    lines: tuple[int, ...] = ()
    gateway_reference: str | None = None
    gateway_code: str = ""
    reported: Money | None = None
    problem: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None

    @property
    def spent(self) -> Money:
        """What it takes of the payment: what really went back; until that is known, the larger of what was
        asked and what the gateway says; of one that failed nothing."""
        if self.state is State.FAILED:
            return Money(0, self.amount.currency)
        if self.reported is None or self.state is State.SUCCEEDED:
            return self.reported or self.amount
        return max(self.amount, self.reported)


def move(refund: Refund, to: State, *, at: datetime, by: str) -> Refund:
    """The only way in which a refund changes state. `by`: who or what ended it."""
    if to not in MOVES[refund.state]:
        raise TransitionRefused(
            field="refund.state",
            problem=f"{refund.state} → {to} is not in MOVES",
            remedy="Keep the refund as it is, and look into the gateway's portal",
        )
    ended = to in FINISHED
    return replace(refund, state=to, closed_at=at if ended else None, closed_by=by if ended else None)


def because(reference: str, state: State) -> str:
    """The reason of what follows from a refund that came to this state."""
    return f"refund {reference} {state}"


def reserved(refunds: Sequence[Refund], currency: str) -> Money:
    """What has gone back, or may yet: all that did not fail."""
    return total([refund.spent for refund in refunds], currency)


def refunded(refunds: Sequence[Refund], of: Of, currency: str) -> Money:
    """What has gone back for good."""
    gone = (refund for refund in refunds if refund.of is of and refund.state is State.SUCCEEDED)
    return total([refund.spent for refund in gone], currency)
