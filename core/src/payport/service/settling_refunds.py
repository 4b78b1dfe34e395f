"""Carries out what is known of a refund: its state, and with a success the order, grant and flags together.

The account's row is locked by the caller. The refund's own call, asks, and people all come through here, so
that there is one way in which money that went back changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from payport.errors import NotFound, RefundTooLarge, RequestRefused
from payport.gateways.believed import believe_text
from payport.gateways.observers import RefundSettled
from payport.rules import order as orders
from payport.rules.grant import Grant
from payport.rules.money import Money
from payport.rules.payment import Flag
from payport.rules.refund import MOVES, Of, Refund, State, because, move, refunded
from payport.rules.refund_lines import stand_on, taken_by
from payport.service.books import Books, books_of, locked_payment
from payport.service.by_hand import check_by_hand
from payport.service.cancelling import end_order
from payport.service.chargebacks import answer_all
from payport.service.references import new_id
from payport.service.refund_judge import Finding
from payport.service.seller import Seller
from payport.service.surplus import unflag_what_is_gone
from payport.storage.records import add_grant, save_order, save_payment
from payport.storage.refund_records import find_refund, names_something_else, save_refund

__all__ = ["check_name", "locked_refund", "settle_by_hand", "settle_refund", "tell_refund_settled"]

_ENDS: Final = {"succeeded": State.SUCCEEDED, "failed": State.FAILED}
_TOLD: Final = frozenset({State.SUCCEEDED, State.FAILED, State.UNKNOWN})
_GIVEN: Final = frozenset({orders.State.PAID, orders.State.PARTLY_REFUNDED})


def settle_refund(
    connection: Connection,
    seller: Seller,
    refund: Refund,
    finding: Finding,
    *,
    at: datetime,
    by: str,
    gateway_code: str = "",
    columns: Mapping[str, Any] | None = None,
) -> Refund:
    """Store what was found, and all that follows from it.

    Args:
        by: who or what found it.
        columns: when to ask next, and the like.
    """
    told = replace(
        refund,
        gateway_reference=refund.gateway_reference or finding.gateway_reference,
        gateway_code=gateway_code or refund.gateway_code,
        reported=finding.reported or refund.reported,
        problem=finding.problem or refund.problem,
    )
    steps = [] if finding.to in {None, refund.state} else _steps(refund.state, finding.to)
    before, after = refund, told
    for step in steps:
        after = move(after, step, at=at, by=by)
        save_refund(connection, before, after, at=at, because=finding.because, **(columns or {}))
        before = after
    if not steps:
        save_refund(connection, refund, told, at=at, because=finding.because, **(columns or {}))
        return told
    if after.state not in {State.SUCCEEDED, State.FAILED}:
        return after
    return _follow(connection, seller, after, at=at, by=by, problem=finding.problem)


def settle_by_hand(
    connection: Connection,
    seller: Seller,
    reference: str,
    outcome: str,
    *,
    actor: str,
    reason: str,
    amount: Money | None,
    gateway_reference: str | None,
) -> tuple[Refund, Refund]:
    """End a refund as a named person found it at the gateway; as it stood, and as it stands.

    Raises: NotFound; RequestRefused, naming the field; RefundTooLarge for more than the payment received.
    """
    check_by_hand(actor=actor, reason=reason)
    if outcome not in _ENDS:
        raise RequestRefused(
            field="outcome", problem="neither succeeded nor failed", remedy="Say which of the two it is"
        )
    refund = locked_refund(connection, reference)
    _check_open(refund)
    if gateway_reference is not None:
        check_name(connection, refund, gateway_reference)
    real = _real_amount(connection, refund, _ENDS[outcome], amount)
    finding = Finding(
        _ENDS[outcome],
        f"{outcome}, found by {actor}: {reason}",
        gateway_reference=gateway_reference,
        reported=None if real == refund.amount and refund.reported is None else real,
    )
    after = settle_refund(
        connection,
        seller,
        refund,
        finding,
        at=seller.clock(),
        by=actor,
        columns={"due_at": None, "lease_owner": None, "lease_until": None},
    )
    return refund, after


def tell_refund_settled(seller: Seller, before: Refund | None, after: Refund) -> None:
    """Tell observers of a state that was reached; call it once the change is committed."""
    if after.state in _TOLD and (before is None or before.state is not after.state):
        seller.observers.tell(
            RefundSettled(
                refund_reference=after.reference,
                merchant_reference=after.merchant_reference,
                account=after.gateway_account,
                state=str(after.state),
                at=after.closed_at or seller.clock(),
            )
        )


def locked_refund(connection: Connection, reference: str) -> Refund:
    """As it stands while its account is ours. Raises NotFound."""
    found = find_refund(connection, reference=reference)
    if found is not None:
        locked_payment(connection, found.merchant_reference)
        found = find_refund(connection, reference=reference)
    if found is None:
        raise NotFound(field="refund", problem="no such refund", remedy="Check its reference")
    return found


def check_name(connection: Connection, refund: Refund, gateway_reference: str) -> None:
    """Raises RequestRefused for a text that names no refund, or another one, or a payment."""
    try:
        believe_text("gateway_reference", gateway_reference, most=128, least=1)
    except ValueError:
        problem, remedy = "not a text of 1 to 128 signs in one line", "Copy it from the gateway or the bank"
    else:
        payment = locked_payment(connection, refund.merchant_reference)
        if refund.gateway_reference not in {None, gateway_reference}:
            problem, remedy = "the gateway gave it another name before", "Leave it out, or look again"
        elif gateway_reference == payment.gateway_reference:
            problem, remedy = "it names the payment itself", "Give the name of the refund"
        elif names_something_else(connection, refund, gateway_reference):
            problem, remedy = "it names another refund or payment", "Check it: each refund has its own"
        else:
            return
    raise RequestRefused(field="gateway_reference", problem=problem, remedy=remedy)


def _check_open(refund: Refund) -> None:
    if not MOVES[refund.state]:
        raise RequestRefused(
            field="refund",
            problem=f"it is {refund.state} already, by {refund.closed_by}",
            remedy="Request another refund if money is still to go back",
        )
    if refund.state is State.REQUESTED:
        raise RequestRefused(
            field="refund",
            problem="it is being sent at this moment",
            remedy="Wait a minute; it is unknown then, if no answer came",
        )


def _real_amount(connection: Connection, refund: Refund, to: State, amount: Money | None) -> Money:
    if to is State.FAILED:
        if amount is not None:
            raise RequestRefused(
                field="amount", problem="nothing went back where it failed", remedy="Leave it out"
            )
        return refund.reported or refund.amount
    if amount is None:
        if refund.reported is not None:
            raise RequestRefused(
                field="amount",
                problem=f"the gateway said {refund.reported}, and {refund.amount} were asked for",
                remedy="Say what really went back",
            )
        return refund.amount
    books = books_of(connection, locked_payment(connection, refund.merchant_reference))
    others = replace(
        books, refunds=tuple(each for each in books.refunds if each.reference != refund.reference)
    )
    if type(amount) is not Money or amount.currency != refund.amount.currency or amount.minor < 1:
        raise RequestRefused(
            field="amount",
            problem=f"not an amount of {refund.amount.currency} from 1 on",
            remedy="Say what really went back",
        )
    if amount > others.left:
        raise RefundTooLarge(
            field="amount",
            problem=f"{amount}, and {others.left} are there of the payment without this refund",
            remedy="Look at the payment's other refunds and chargebacks first",
        )
    return amount


def _steps(state: State, to: State | None) -> Sequence[State]:
    """Straight, or by way of submitted, where it was never marked as sent."""
    assert to is not None
    return [to] if to in MOVES[state] else [State.SUBMITTED, to]


def _follow(
    connection: Connection, seller: Seller, refund: Refund, *, at: datetime, by: str, problem: str | None
) -> Refund:
    """What a refund that ended changes in order, grant and flags; with what a person should see of it."""
    reason = because(refund.reference, refund.state)
    books = books_of(connection, locked_payment(connection, refund.merchant_reference))
    notice = problem
    if refund.state is State.SUCCEEDED and refund.of is Of.ORDER:
        _move_order(connection, seller, books, at=at, because=reason)
        notice = _take_lines(connection, refund, books, at=at) or notice
    books = books_of(connection, books.payment)
    if books.chargebacks:
        answer_all(connection, books, at=at, actor=by, reason=reason)
        books = books_of(connection, books.payment)
    unflag_what_is_gone(connection, books, at=at, because=reason)
    if refund.state is State.FAILED and refund.of is Of.SURPLUS and books.by_kind.surplus.minor:
        payment = locked_payment(connection, refund.merchant_reference)
        flagged = replace(payment, flags=payment.flags | {Flag.SURPLUS})
        save_payment(connection, payment, flagged, at=at, because=reason)
    noticed = replace(refund, problem=notice)
    if noticed != refund:
        save_refund(connection, refund, noticed, at=at, because=reason)
    return noticed


def _move_order(connection: Connection, seller: Seller, books: Books, *, at: datetime, because: str) -> None:
    """An order in review ends with its refund; one that was paid is refunded, in part or whole."""
    order = books.order
    if order.state is orders.State.REVIEW:
        end_order(connection, seller, order, at=at, because=because)
    elif order.state in _GIVEN:
        back = refunded(books.refunds, Of.ORDER, order.total.currency)
        to = orders.State.REFUNDED if back >= order.total else orders.State.PARTLY_REFUNDED
        save_order(connection, order, orders.move(order, to, at=at), at=at, because=because)


def _take_lines(connection: Connection, refund: Refund, books: Books, *, at: datetime) -> str | None:
    """Reverse what the refund takes; the later grants that stood on it, in words for a person."""
    entry = taken_by(refund, books.grants, books.order, books.refunds, id=new_id(), at=at)
    if entry is None:
        return None
    add_grant(connection, entry, sequence=len(books.grants) + 1)
    later = stand_on(entry, books.grants)
    return f"later grants stood on what it took: {', '.join(map(_named, later))}" if later else None


def _named(grant: Grant) -> str:
    return (
        f"order {grant.order_number}" if grant.order_number else f"{grant.kind} by {grant.actor or 'itself'}"
    )
