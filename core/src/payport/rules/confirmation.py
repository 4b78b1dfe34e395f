"""Money that named people saw: when one of them is enough, and what it makes of a payment.

Rules: "Order only". Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from payport.rules.money import Money, total
from payport.rules.payment import Flag, Payment
from payport.rules.payment import State as PaymentState
from payport.rules.payment import move as move_payment

__all__ = [
    "LONGEST_REFERENCE", "Confirmation", "State", "is_one_person", "needs_second", "plain_reference",
    "with_money",
]  # fmt: skip

LONGEST_REFERENCE: Final = 64
_ENDED_UNPAID: Final = frozenset({PaymentState.FAILED, PaymentState.EXPIRED})


class State(StrEnum):
    WAITING = "waiting"  # one person saw it, and a second one must
    COUNTED = "counted"
    WITHDRAWN = "withdrawn"  # it was a mistake; its bank reference may be confirmed again


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A transfer or a cash payment that people saw. `booked_on` is the bank's day, kept, and never counts
    as the day of payment; `bank_reference` is without blanks, in capitals."""

    gateway_account: str
    bank_reference: str
    merchant_reference: str
    order_number: str
    state: State
    amount: Money
    booked_on: date
    note: str
    first_by: str
    first_at: datetime
    second_by: str | None = None
    second_at: datetime | None = None

    @property
    def people(self) -> str:
        return self.first_by if self.second_by is None else f"{self.first_by} and {self.second_by}"


def plain_reference(text: str) -> str:
    """A bank's name for a transfer, or a cash receipt's number, as it is compared."""
    return "".join(normalize("NFKC", text).split()).upper()


def is_one_person(one: str, other: str) -> bool:
    """Whether two names, as a host writes them, are one person's: blanks around and case do not count."""
    return _name(one) == _name(other)


def needs_second(amount: Money, earlier: Iterable[Confirmation], *, above: int) -> bool:
    """Whether one person alone may not count this money, by the policy `four_eyes_above`.

    What one person alone counted for the same order before is added: parts do not go below the limit.
    """
    alone = [one.amount for one in earlier if one.state is State.COUNTED and one.second_by is None]
    return total([amount, *alone], amount.currency).minor > above


def with_money(payment: Payment, amount: Money, *, reference: str, at: datetime) -> Payment:
    """The payment with this much more: succeeded once its amount is covered, else it waits for the rest.

    One that ended before is late, and in review while it is not covered.
    """
    richer = replace(
        payment,
        received=payment.received + amount,
        gateway_reference=payment.gateway_reference or reference,
    )
    if payment.state is PaymentState.SUCCEEDED:
        return richer
    is_late = payment.state in _ENDED_UNPAID
    flagged = replace(richer, flags=richer.flags | ({Flag.LATE} if is_late else set()))
    if flagged.received >= flagged.amount:
        return replace(move_payment(flagged, PaymentState.SUCCEEDED), paid_at=at)
    return move_payment(flagged, PaymentState.REVIEW) if is_late else flagged


def _name(text: str) -> str:
    return " ".join(normalize("NFKC", text).split()).casefold()
