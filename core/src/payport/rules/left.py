"""What is left of the money that came in, once refunds and chargebacks are taken off. Rules: "Refund and
entitlement".

An order's own money pays for what it gave, or for what a review may yet give. All beyond is surplus: it
stands for nothing. Own money that went back makes no surplus of any other; what an issuer took is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payport.rules.chargeback import Chargeback, claimed, lost_of
from payport.rules.grant import Grant
from payport.rules.money import Money
from payport.rules.order import Order, State
from payport.rules.payment import Payment
from payport.rules.refund import Of, Refund, reserved
from payport.rules.standing import grant_of, standing_lines

__all__ = ["Left", "left_of", "left_of_order", "surplus"]

_KEEPS_ITS_MONEY: Final = frozenset({State.PLACED, State.REVIEW, State.PARTLY_REFUNDED, State.REFUNDED})


@dataclass(frozen=True, slots=True)
class Left:
    """Of an order's money: what may still go back, by its kind."""

    own: Money
    surplus: Money


def left_of(payment: Payment, chargebacks: Sequence[Chargeback], refunds: Sequence[Refund]) -> Money:
    """What the payment received without all that is gone, or may yet be. Others' entries do not count."""
    currency, reference = payment.received.currency, payment.merchant_reference
    taken = claimed([each for each in chargebacks if each.merchant_reference == reference], currency)
    given = reserved([each for each in refunds if each.merchant_reference == reference], currency)
    return _not_below_zero(payment.received - taken - given)


def left_of_order(
    grants: Sequence[Grant], order: Order, chargebacks: Sequence[Chargeback], refunds: Sequence[Refund]
) -> Left:
    """What may be given back now: money that is disputed is not, until that is won."""
    return _split(grants, order, claimed(chargebacks, order.total.currency), refunds)


def surplus(
    grants: Sequence[Grant], order: Order, chargebacks: Sequence[Chargeback], refunds: Sequence[Refund]
) -> Money:
    """What is to be given back: of the money that no issuer took, all that pays for nothing."""
    gone = claimed(lost_of(chargebacks), order.total.currency)
    return _split(grants, order, gone, refunds).surplus


def _split(grants: Sequence[Grant], order: Order, gone: Money, refunds: Sequence[Refund]) -> Left:
    currency = order.total.currency
    own_back = reserved([each for each in refunds if each.of is Of.ORDER], currency)
    money = order.received - gone - reserved([each for each in refunds if each.of is Of.SURPLUS], currency)
    granted = grant_of(grants, order.number)
    stands = granted is not None and bool(standing_lines(grants, granted))
    if not stands and order.state not in _KEEPS_ITS_MONEY:
        return Left(own=Money(0, currency), surplus=_not_below_zero(money - own_back))
    return Left(
        own=_not_below_zero(min(order.total, money) - own_back),
        surplus=_not_below_zero(money - order.total),
    )


def _not_below_zero(money: Money) -> Money:
    return max(money, Money(0, money.currency))
