"""The states of a payment, one attempt to pay one order through one account. Rules: "Quote and order"."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payport.errors import TransitionRefused
from payport.rules.money import Money

__all__ = ["FINISHED", "MOVES", "Flag", "Payment", "State", "expire_unasked", "is_known_to_nobody", "move"]


class State(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    REVIEW = "review"


MOVES: Final[Mapping[State, Set[State]]] = {
    State.CREATED: {State.PENDING, State.FAILED},
    State.PENDING: {State.SUCCEEDED, State.FAILED, State.EXPIRED, State.REVIEW},
    State.FAILED: {State.SUCCEEDED, State.REVIEW},  # a proven success overtakes
    State.EXPIRED: {State.SUCCEEDED, State.REVIEW},  # late money is still money
    State.REVIEW: {State.SUCCEEDED, State.FAILED},  # by the back office, or by a query
    State.SUCCEEDED: set(),  # final; refunds and chargebacks hang on it
}

FINISHED: Final = frozenset({State.SUCCEEDED, State.FAILED, State.EXPIRED})


class Flag(StrEnum):
    """What a person should look at. Kept on the payment until somebody has."""

    LATE = "late_payment"  # paid after a failure or an expiry
    SURPLUS = "surplus"  # money beyond what its order costs: to be refunded
    SECOND_PAYMENT = "second_payment"  # a success under another gateway reference
    CONFLICT = "conflict"  # not paid, says a report about a succeeded payment
    AMOUNT = "amount_mismatch"
    CURRENCY = "currency_mismatch"
    MERCHANT = "merchant_account_mismatch"
    ENVIRONMENT = "environment_mismatch"
    ORDER = "order_mismatch"  # paid, says the gateway, for another order than this payment's
    REFERENCE = "gateway_reference_mismatch"
    SUSPECT = "suspect"  # the gateway itself disputes the money
    UNASKED = "expired_unasked"  # its page reached nobody, and no gateway could say what became of it


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt. `received` is what proven successes say; `amount` is what was asked."""

    merchant_reference: str
    order_number: str
    account: str
    gateway_account: str
    gateway: str
    environment: str
    method: str
    choice: str | None
    state: State
    amount: Money
    received: Money
    handed_over_at: datetime
    closes_at: datetime
    buyer_ip: str
    language: str
    gateway_reference: str | None = None
    checkout_reference: str | None = None
    paid_at: datetime | None = None
    paid_with: str = ""
    flags: frozenset[Flag] = frozenset()


def move(payment: Payment, to: State) -> Payment:
    """The only way in which a payment changes state."""
    if to not in MOVES[payment.state]:
        raise TransitionRefused(
            field="payment.state",
            problem=f"{payment.state} → {to} is not in MOVES",
            remedy="Send the payment to review",
        )
    return replace(payment, state=to)


def is_known_to_nobody(payment: Payment, *, shown: bool, at: datetime) -> bool:
    """Open past its window, with no page that reached the buyer, and without a name at the gateway.

    Nobody can have paid it, as far as one can know; a late success is still taken.
    """
    named = payment.checkout_reference is not None or payment.gateway_reference is not None
    return payment.state is State.PENDING and payment.closes_at <= at and not shown and not named


def expire_unasked(payment: Payment) -> Payment:
    """End one that is known to nobody, and of which no gateway could say what became: a person is told."""
    return replace(move(payment, State.EXPIRED), flags=payment.flags | {Flag.UNASKED})
