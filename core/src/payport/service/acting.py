"""Does what a person of the back office wants done: the one way for verbs, rehearsals and approvals alike.

Whether one person is enough is judged last, by what the act really did, and undoes all of it where not: so
what is wrong with an act is said first, and no figure of the form decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from payport.errors import RequestRefused
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
from payport.rules.chargeback import Chargeback, claimed
from payport.rules.chargeback import State as Claim
from payport.rules.money import Money, total
from payport.rules.order import Order
from payport.rules.refund import Of, Refund, State, reserved
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
from payport.service.own_orders import gives, refuse_own
from payport.service.performed import Performed, check_second, end_of_review
from payport.service.refunding import RefundRequest
from payport.service.seller import Seller
from payport.service.targets import locked_target
from payport.storage.chargeback_records import chargebacks_of
from payport.storage.order_records import find_order
from payport.storage.refund_records import refunds_of

__all__ = ["perform"]


def perform(
    connection: Connection, seller: Seller, act: Act, *, actor: str, approved: bool = False
) -> Performed:
    """Do it, by its own use case and that one's rules.

    Args:
        actor: who wants it done.
        approved: a second person has approved it, which the caller has seen to.
    Raises: what the use case raises; RequestRefused where it gives the actor's own account something;
        SecondPersonNeeded where the seller's policy asks for one.
    """
    target = locked_target(connection, act)
    number = target.order_number
    order = None if number is None else find_order(connection, number=number)
    done = _perform(connection, seller, act, actor, order)
    if gives(act):
        refuse_own(connection, target, actor)
    if not approved:
        check_second(seller, act, done)
    return done


def _perform(  # noqa: PLR0911 - one way out for each act
    connection: Connection, seller: Seller, act: Act, actor: str, before: Order | None
) -> Performed:
    """`before`: the order that it is about, as it stood."""
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
            return _give_back(connection, seller, act, actor, before)
        case SettleRefund():
            return _settle_refund(connection, seller, act, actor, before)
        case ResolveOrder():
            order, ended = resolving.resolve_order(
                connection, seller, act.order_number, act.outcome, actor=actor, reason=act.reason
            )
            amount = order.total if act.outcome == "paid" else order.received
            weighs = {} if act.outcome == "paid" else end_of_review(before)
            return Performed(order, order.number, amount, ended=ended, weighs=weighs)
        case ResolvePayment():
            was, payment = resolving.resolve_payment(
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
            return Performed(payment, payment.merchant_reference, amount, ended=((was, payment),))
        case Cancel():
            return _cancel(connection, seller, act, actor, before)
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
            weighed = _claimed_of(connection, opened)
            return Performed(opened, opened.reference, opened.amount, weighs={act.act: weighed})
        case CloseChargeback():
            if act.outcome not in {"won", "lost"}:
                raise RequestRefused(
                    field="outcome", problem="neither won nor lost", remedy="Say which of the two it is"
                )
            to = Claim(act.outcome)
            closed = chargebacks.close_chargeback(
                connection, seller, act.reference, to, actor=actor, reason=act.reason
            )
            weighed = _closed_of(connection, closed)
            return Performed(closed, closed.reference, closed.amount, weighs={act.act: weighed})
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


def _give_back(
    connection: Connection, seller: Seller, act: GiveBack, actor: str, before: Order | None
) -> Performed:
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
    together = reserved(refunds_of(connection, refund.order_number), refund.amount.currency)
    return Performed(
        refund,
        refund.reference,
        refund.amount,
        is_news=not known,
        weighs={act.act: together, **_as_end(refund, before)},
        begun=begun if begun.flow is not None else None,
        refund=begun.done,
    )


def _settle_refund(
    connection: Connection, seller: Seller, act: SettleRefund, actor: str, before: Order | None
) -> Performed:
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
    weighs = {act.act: max(after.amount, after.spent), **_as_end(after, before)}
    if after.spent > after.amount:  # what nobody asked for was given back by whoever says so
        weighs["refund"] = reserved(refunds_of(connection, after.order_number), after.amount.currency)
    return Performed(after, after.reference, after.amount, weighs=weighs, refund=settled)


def _as_end(refund: Refund, before: Order | None) -> Mapping[str, Money | None]:
    """An order in review ends with a refund of its own money, once that succeeds."""
    return end_of_review(before) if refund.of is Of.ORDER and refund.state is not State.FAILED else {}


def _cancel(
    connection: Connection, seller: Seller, act: Cancel, actor: str, before: Order | None
) -> Performed:
    ended = cancelling.cancel(connection, seller, act.order_number, actor=actor, reason=act.reason)
    order = find_order(connection, number=act.order_number)
    assert order is not None
    return Performed(order, order.number, order.received, ended=ended, weighs=end_of_review(before))


def _claimed_of(connection: Connection, opened: Chargeback) -> Money:
    """All that is claimed of the order or gone, with this: parts do not go below a limit."""
    return claimed(chargebacks_of(connection, opened.order_number), opened.amount.currency)


def _closed_of(connection: Connection, closed: Chargeback) -> Money:
    """All claims of the order that have ended, whichever way, with this one."""
    ended = [
        each for each in chargebacks_of(connection, closed.order_number) if each.state is not Claim.OPENED
    ]
    return total([each.amount for each in ended], closed.amount.currency)


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
