"""Does what a person of the back office wants done: the one way for verbs, rehearsals and approvals alike.

Whether one person is enough is judged last, by what the act really did, and undoes all of it where not: so
what is wrong with an act is said first, and no figure of the form decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import Connection

from payport.errors import RequestRefused, SecondPersonNeeded
from payport.rules.acts import (
    Act,
    Adjust,
    Cancel,
    CloseChargeback,
    Confirm,
    Dismiss,
    GiveBack,
    OpenChargeback,
    ResolveOrder,
    ResolvePayment,
    SettleRefund,
    Withdraw,
)
from payport.rules.chargeback import Chargeback
from payport.rules.chargeback import State as Claim
from payport.rules.confirmation import Confirmation
from payport.rules.entitlement import Entitlement
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from payport.rules.refund import Refund, reserved
from payport.service import (
    adjusting,
    cancelling,
    chargebacks,
    confirming,
    dismissing,
    refunding,
    refunds_by_hand,
    resolving,
)
from payport.service.refunding import Begun, RefundRequest
from payport.service.seller import Seller
from payport.service.settling import tell_settled
from payport.service.settling_refunds import Settled, tell_refund_settled
from payport.storage.dismissal_records import Dismissed
from payport.storage.order_records import find_order, locked_order
from payport.storage.refund_records import refunds_of

__all__ = ["Performed", "Result", "as_if_done", "check_second", "needs_second", "perform", "tell_performed"]

Result: TypeAlias = (
    Order | Payment | Refund | Confirmation | Chargeback | Entitlement | Dismissed
)  # what the act is about, as it stands then


@dataclass(frozen=True, slots=True)
class Performed:
    """What an act did, in the transaction that it is done in.

    Args:
        result: what it is about, as it stands now.
        reference: the result's own.
        amount: what a policy weighs; None: no money, or nobody knows how much.
        is_news: False where the same was done before, and nothing was done now.
        counts_as: other acts that do the same: what their policy asks is asked, too.
        begun: a refund that is yet to be sent to its gateway, once this is committed.
        ended: payments that changed, each before and after. `refund`: likewise; what observers are told.
    """

    result: Result
    reference: str
    amount: Money | None
    is_news: bool = True
    counts_as: tuple[str, ...] = ()
    begun: Begun | None = None
    ended: tuple[tuple[Payment, Payment], ...] = ()
    refund: Settled | None = None


def perform(
    connection: Connection, seller: Seller, act: Act, *, actor: str, approved: bool = False
) -> Performed:
    """Do it, by its own use case and that one's rules.

    Args:
        actor: who wants it done.
        approved: a second person has approved it, which the caller has seen to.
    Raises: what the use case raises; SecondPersonNeeded where the seller's policy asks for one.
    """
    done = _perform(connection, seller, act, actor)
    if not approved:
        check_second(seller, act, done)
    return done


def check_second(seller: Seller, act: Act, done: Performed) -> None:
    """Raises SecondPersonNeeded, which undoes what was done, where the policy asks for one."""
    if needs_second(seller, act, done):
        about = "" if done.amount is None else f" of {done.amount}"
        raise SecondPersonNeeded(
            field="actor",
            problem=f"this {act.act.replace('_', ' ')}{about} needs a second person, by the seller's policy",
            remedy="Propose it; another person may then approve it",
        )


def needs_second(seller: Seller, act: Act, done: Performed) -> bool:
    """Whether the policy asks for a second person: of the act, or of another that would do the same."""
    return done.is_news and any(
        seller.four_eyes.asks(name, done.amount) for name in (act.act, *done.counts_as)
    )


def tell_performed(seller: Seller, done: Performed) -> None:
    """Tell observers of the states that were reached; call it once the change is committed."""
    for before, after in done.ended:
        tell_settled(seller, before, after, at=seller.clock())
    if done.refund is not None:
        tell_refund_settled(seller, done.refund)


def _perform(  # noqa: PLR0911 - one way out for each act
    connection: Connection, seller: Seller, act: Act, actor: str
) -> Performed:
    match act:
        case Confirm():
            return _confirm(connection, seller, act, actor)
        case Withdraw():
            withdrawn = confirming.withdraw(
                connection,
                seller,
                act.order_number,
                act.bank_reference,
                actor=actor,
                reason=act.reason,
                gateway_account=act.gateway_account,
            )
            return Performed(withdrawn, withdrawn.bank_reference, withdrawn.amount)
        case GiveBack():
            return _give_back(connection, seller, act, actor)
        case SettleRefund():
            return _settle_refund(connection, seller, act, actor)
        case ResolveOrder():
            order, ended = resolving.resolve_order(
                connection, seller, act.order_number, act.outcome, actor=actor, reason=act.reason
            )
            amount = order.total if act.outcome == "paid" else order.received
            counts_as = () if act.outcome == "paid" else ("cancel",)
            return Performed(order, order.number, amount, ended=ended, counts_as=counts_as)
        case ResolvePayment():
            before, payment = resolving.resolve_payment(
                connection,
                seller,
                act.merchant_reference,
                act.outcome,
                actor=actor,
                reason=act.reason,
                amount=act.amount,
                gateway_reference=act.gateway_reference,
            )
            amount = max(payment.received, payment.amount)
            return Performed(payment, payment.merchant_reference, amount, ended=((before, payment),))
        case Cancel():
            return _cancel(connection, seller, act, actor)
        case Adjust():
            return _adjust(connection, seller, act, actor)
        case OpenChargeback():
            opened = chargebacks.open_chargeback(
                connection,
                seller,
                act.merchant_reference,
                act.amount,
                actor=actor,
                reason=act.reason,
                seen_left=act.seen_left,
            )
            return Performed(opened, opened.reference, opened.amount)
        case CloseChargeback():
            if act.outcome not in {"won", "lost"}:
                raise RequestRefused(
                    field="outcome", problem="neither won nor lost", remedy="Say which of the two it is"
                )
            to = Claim(act.outcome)
            closed = chargebacks.close_chargeback(
                connection, seller, act.reference, to, actor=actor, reason=act.reason
            )
            return Performed(closed, closed.reference, closed.amount)
        case Dismiss():
            dismissed, about, is_news = dismissing.dismiss(
                connection, seller, act.gateway_account, act.reference, actor=actor, reason=act.reason
            )
            return Performed(dismissed, dismissed.reference, about, is_news=is_news)


def _confirm(connection: Connection, seller: Seller, act: Confirm, actor: str) -> Performed:
    confirmation, settled = confirming.confirm(
        connection,
        seller,
        act.order_number,
        act.amount,
        actor=actor,
        booked_on=act.booked_on,
        bank_reference=act.bank_reference,
        note=act.note,
        gateway_account=act.gateway_account,
    )
    ended = () if settled is None else (settled,)
    return Performed(confirmation, confirmation.bank_reference, confirmation.amount, ended=ended)


def _give_back(connection: Connection, seller: Seller, act: GiveBack, actor: str) -> Performed:
    """What it weighs is all that went back of the order or may: parts do not go below a limit."""
    asked = RefundRequest(
        merchant_reference=act.merchant_reference,
        amount=act.amount,
        key=act.key,
        actor=actor,
        reason=act.reason,
        lines=tuple(act.lines),
        of=act.of,
        by_hand=act.by_hand,
        gateway_reference=act.gateway_reference,
        seen_left=act.seen_left,
    )
    begun = refunding.prepare(connection, seller, asked)
    refund, known = begun.refund, begun.done is not None and begun.done.before is not None
    return Performed(
        refund,
        refund.reference,
        reserved(refunds_of(connection, refund.order_number), refund.amount.currency),
        is_news=not known,
        begun=begun if begun.flow is not None else None,
        refund=begun.done,
    )


def _settle_refund(connection: Connection, seller: Seller, act: SettleRefund, actor: str) -> Performed:
    settled = refunds_by_hand.settle_by_hand(
        connection,
        seller,
        act.reference,
        act.outcome,
        actor=actor,
        reason=act.reason,
        amount=act.amount,
        gateway_reference=act.gateway_reference,
    )
    after = settled.after
    return Performed(after, after.reference, max(after.amount, after.spent), refund=settled)


def _cancel(connection: Connection, seller: Seller, act: Cancel, actor: str) -> Performed:
    before = locked_order(connection, act.order_number)
    ended = cancelling.cancel(connection, seller, act.order_number, actor=actor, reason=act.reason)
    order = find_order(connection, number=act.order_number)
    assert before is not None
    assert order is not None
    counts_as = ("resolve_order",) if before.state is OrderState.REVIEW else ()
    return Performed(order, order.number, order.received, ended=ended, counts_as=counts_as)


def _adjust(connection: Connection, seller: Seller, act: Adjust, actor: str) -> Performed:
    held = adjusting.adjust(
        connection,
        seller,
        act.account,
        actor=actor,
        reason=act.reason,
        gb=act.gb,
        days=act.days,
        package=act.package,
        months=act.months,
        seen_version=act.seen_version,
    )
    return Performed(held, act.account, None)


def as_if_done(done: Performed, settled: Settled) -> Performed:
    """A refund that its gateway has answered, or is taken to have."""
    return replace(done, result=settled.after, refund=settled, begun=None)
