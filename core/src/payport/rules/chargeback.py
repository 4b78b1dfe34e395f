"""The states of a chargeback, and what the chargebacks of an order do to its grant. Rules: "Quote and order".

An issuer takes money back from a payment. While it is disputed the grant is suspended; won: restored; lost:
reversed. Money beyond what the order costs stands for nothing: as long as what is left covers the total, the
grant stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payport.errors import TransitionRefused
from payport.rules.grant import Grant, GrantKind
from payport.rules.money import Money, total
from payport.rules.order import Order
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment

__all__ = [
    "MOVES", "Chargeback", "State", "answer", "because", "claimed", "left_of", "lost_of", "move", "surplus",
]  # fmt: skip


class State(StrEnum):
    OPENED = "opened"
    WON = "won"
    LOST = "lost"


MOVES: Final[Mapping[State, Set[State]]] = {
    State.OPENED: {State.WON, State.LOST},  # by an operator, or by a query
    State.WON: set(),
    State.LOST: set(),
}


@dataclass(frozen=True, slots=True)
class Chargeback:
    """Money of one payment that its issuer claims back. `reference` is ours."""

    reference: str
    merchant_reference: str
    order_number: str
    state: State
    amount: Money
    opened_at: datetime
    opened_by: str
    reason: str
    closed_at: datetime | None = None
    closed_by: str | None = None


def move(chargeback: Chargeback, to: State, *, at: datetime, actor: str) -> Chargeback:
    """The only way in which a chargeback changes state. `actor`: who closes it."""
    if to not in MOVES[chargeback.state]:
        raise TransitionRefused(
            field="chargeback.state",
            problem=f"{chargeback.state} → {to} is not in MOVES",
            remedy="Open another chargeback if the issuer claims again",
        )
    return replace(chargeback, state=to, closed_at=at, closed_by=actor)


def because(reference: str, state: State) -> str:
    """The reason of what follows from a chargeback that came to this state."""
    return f"chargeback {reference} {state}"


def claimed(chargebacks: Sequence[Chargeback], currency: str) -> Money:
    """What is gone, or may yet be: lost and opened."""
    return total([each.amount for each in chargebacks if each.state is not State.WON], currency)


def lost_of(chargebacks: Sequence[Chargeback]) -> tuple[Chargeback, ...]:
    return tuple(each for each in chargebacks if each.state is State.LOST)


def left_of(payment: Payment, chargebacks: Sequence[Chargeback]) -> Money:
    """What the payment received without all that is gone, or may yet be."""
    of_it = [each for each in chargebacks if each.merchant_reference == payment.merchant_reference]
    return payment.received - claimed(of_it, payment.received.currency)


def answer(
    grants: Sequence[Grant],
    order: Order,
    chargebacks: Sequence[Chargeback],
    *,
    id: str,  # noqa: A002
    at: datetime,
    actor: str,
    reason: str,
) -> Grant | None:
    """The entry that brings the order's grant to where its chargebacks put it; None where it is there.

    Args:
        grants: all of the account, in order. The entry never begins before the last of them.
        chargebacks: all of the order, with the change that is answered.
    """
    granted = _granted(grants, order)
    if granted is None:
        return None
    about = [grant for grant in grants if grant.of == granted.id]
    standing = _standing(granted, about)
    kind = _due(order, chargebacks, is_suspended=_is_suspended(about)) if standing else None
    if kind is None:
        return None
    return Grant(
        id=id,
        account=order.account,
        kind=kind,
        effective_at=max([at, *(grant.effective_at for grant in grants)]),
        order_number=order.number,
        actor=actor,
        reason=reason,
        of=granted.id,
        reversed_lines=standing if kind == "reversal" else (),
    )


def surplus(grants: Sequence[Grant], order: Order, chargebacks: Sequence[Chargeback]) -> Money:
    """What is to be given back: of the money that no issuer took, all that pays for nothing.

    It pays for what the order gave, as long as some of that stands, and for what a review may yet give.
    """
    granted = _granted(grants, order)
    stands = granted is not None and _standing(granted, [grant for grant in grants if grant.of == granted.id])
    left = order.received - claimed(lost_of(chargebacks), order.total.currency)
    beyond = left - order.total if stands or order.state is OrderState.REVIEW else left
    return max(beyond, Money(0, beyond.currency))


def _granted(grants: Sequence[Grant], order: Order) -> Grant | None:
    of_orders = (grant for grant in grants if grant.kind == "order")
    return next((grant for grant in of_orders if grant.order_number == order.number), None)


def _due(order: Order, chargebacks: Sequence[Chargeback], *, is_suspended: bool) -> GrantKind | None:
    """By what is left of the money: without what is lost, and without what is disputed as well."""
    if order.received - claimed(lost_of(chargebacks), order.total.currency) < order.total:
        return "reversal"
    if order.received - claimed(chargebacks, order.total.currency) < order.total:
        return None if is_suspended else "suspension"
    return "restoring" if is_suspended else None


def _standing(granted: Grant, about: Sequence[Grant]) -> tuple[int, ...]:
    """Its lines that no reversal has taken yet."""
    taken = {line for grant in about for line in grant.reversed_lines}
    return tuple(line for line in range(len(granted.lines)) if line not in taken)


def _is_suspended(about: Sequence[Grant]) -> bool:
    switches = [grant.kind for grant in about if grant.kind in {"suspension", "restoring"}]
    return bool(switches) and switches[-1] == "suspension"
