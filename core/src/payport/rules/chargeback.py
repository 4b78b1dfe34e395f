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
from payport.rules.refund import Of, Refund, reserved
from payport.rules.standing import grant_of, is_suspended, reversal, standing_lines

__all__ = ["MOVES", "Chargeback", "State", "answer", "because", "claimed", "lost_of", "move"]


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


def answer(
    grants: Sequence[Grant],
    order: Order,
    chargebacks: Sequence[Chargeback],
    refunds: Sequence[Refund],
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
        refunds: all of the order. Surplus money that went back covers nothing any more.
    """
    granted = grant_of(grants, order.number)
    if granted is None:
        return None
    standing = standing_lines(grants, granted)
    if not standing:
        return None
    suspended = is_suspended(grants, granted)
    match _due(order, chargebacks, refunds, is_suspended=suspended):
        case None:
            return None
        case "reversal":
            return reversal(grants, granted, standing, id=id, at=at, actor=actor, reason=reason)
        case kind:
            return Grant(
                id=id,
                account=order.account,
                kind=kind,
                effective_at=max([at, *(grant.effective_at for grant in grants)]),
                order_number=order.number,
                actor=actor,
                reason=reason,
                of=granted.id,
            )


def _due(
    order: Order, chargebacks: Sequence[Chargeback], refunds: Sequence[Refund], *, is_suspended: bool
) -> GrantKind | None:
    """By what is left of the money: without what is lost, and without what is disputed as well.

    Own money that was refunded asks for as much less to be covered, so it stands on neither side.
    """
    currency = order.total.currency
    money = order.received - reserved([each for each in refunds if each.of is Of.SURPLUS], currency)
    lost, at_risk = claimed(lost_of(chargebacks), currency), claimed(chargebacks, currency)
    if lost.minor and money - lost < order.total:
        return "reversal"
    if at_risk.minor and money - at_risk < order.total:
        return None if is_suspended else "suspension"
    return "restoring" if is_suspended else None
