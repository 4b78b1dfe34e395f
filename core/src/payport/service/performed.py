"""What an act did, and whether one person was enough for it: weighed by what it did, never by its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from payport.errors import SecondPersonNeeded
from payport.rules.acts import Act
from payport.rules.chargeback import Chargeback
from payport.rules.confirmation import Confirmation
from payport.rules.entitlement import Entitlement
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from payport.rules.refund import Refund
from payport.service.refunding import Begun
from payport.service.seller import Seller
from payport.service.settling import tell_settled
from payport.service.settling_refunds import Settled, tell_refund_settled
from payport.storage.dismissal_records import Dismissed

__all__ = [
    "Performed", "Result", "as_if_done", "check_second", "end_of_review", "needs_second", "tell_performed",
]  # fmt: skip

Result: TypeAlias = (
    Order | Payment | Refund | Confirmation | Chargeback | Entitlement | Dismissed
)  # what the act is about, as it stands then
Weighed: TypeAlias = Mapping[str, Money | None]


@dataclass(frozen=True, slots=True)
class Performed:
    """What an act did, in the transaction that it is done in.

    Args:
        result: what it is about, as it stands now.
        reference: the result's own.
        amount: of the money that it is about; None: no money, or nobody knows how much.
        is_news: False where the same was done before, and nothing was done now.
        weighs: what a policy weighs, by the act that it names: of this one, where that is not `amount`, and
            of others that do the same: what their policy asks is asked, too.
        begun: a refund that is yet to be sent to its gateway, once this is committed.
        ended: payments that changed, each before and after. `refund`: likewise; what observers are told.
    """

    result: Result
    reference: str
    amount: Money | None
    is_news: bool = True
    weighs: Weighed = field(default_factory=dict)
    begun: Begun | None = None
    ended: tuple[tuple[Payment, Payment], ...] = ()
    refund: Settled | None = None


def end_of_review(before: Order | None) -> Weighed:
    """What more is weighed of an act that ends an order without its effect: that it ends a review.

    Either verb that is there for that asks, and weighs all of the order's money, whatever part went back.
    """
    if before is None or before.state is not OrderState.REVIEW:
        return {}
    return {"cancel": before.received, "resolve_order": before.received}


def check_second(seller: Seller, act: Act, done: Performed) -> None:
    """Raises SecondPersonNeeded, which undoes what was done, where the policy asks for one."""
    asking = _asking(seller, act, done)
    if asking is None:
        return
    name, amount = asking
    about = "" if amount is None else f" of {amount}"
    does = "" if name == act.act else f" does what a {_plain(name)}{about} does, and"
    raise SecondPersonNeeded(
        field="actor",
        problem=f"this {_plain(act.act)}{does or about} needs a second person, by the seller's policy",
        remedy="Propose it; another person may then approve it",
    )


def needs_second(seller: Seller, act: Act, done: Performed) -> bool:
    """Whether the policy asks for a second person: of the act, or of another that would do the same."""
    return _asking(seller, act, done) is not None


def as_if_done(done: Performed, settled: Settled) -> Performed:
    """A refund that its gateway has answered, or is taken to have."""
    return replace(done, result=settled.after, refund=settled, begun=None)


def tell_performed(seller: Seller, done: Performed) -> None:
    """Tell observers of the states that were reached; call it once the change is committed."""
    for before, after in done.ended:
        tell_settled(seller, before, after, at=seller.clock())
    if done.refund is not None:
        tell_refund_settled(seller, done.refund)


def _asking(seller: Seller, act: Act, done: Performed) -> tuple[str, Money | None] | None:
    """The act that the policy asks a second person for, with what it weighs: this one, or one like it."""
    weighed = {act.act: done.amount, **done.weighs} if done.is_news else {}
    return next((each for each in weighed.items() if seller.four_eyes.asks(*each)), None)


def _plain(name: str) -> str:
    return name.replace("_", " ")
