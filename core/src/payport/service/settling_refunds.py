"""Carries out what is known of a refund: its state, and with a success the order, grant and flags together.

The account's row is locked by the caller. The refund's own call, asks, and people all come through here, so
that there is one way in which money that went back changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from payport.errors import NotFound
from payport.gateways.observers import RefundSettled
from payport.rules import order as orders
from payport.rules.grant import Grant
from payport.rules.payment import Payment
from payport.rules.refund import FINISHED, MOVES, Of, Refund, State, because, move, refunded
from payport.rules.refund_lines import stand_on, taken_by
from payport.service.books import Books, books_of, locked_payment
from payport.service.cancelling import end_order
from payport.service.chargebacks import answer_all
from payport.service.references import new_id
from payport.service.refund_judge import Finding
from payport.service.seller import Seller
from payport.service.settling import tell_settled
from payport.service.surplus import flag_surplus
from payport.storage.account_records import add_grant
from payport.storage.order_records import save_order
from payport.storage.refund_records import find_refund, save_refund

__all__ = ["Settled", "locked_refund", "settle_refund", "tell_refund_settled"]

_TOLD: Final = FINISHED | {State.UNKNOWN}
_GIVEN: Final = frozenset({orders.State.PAID, orders.State.PARTLY_REFUNDED})


@dataclass(frozen=True, slots=True)
class Settled:
    """A refund as it stood (None: it was not there) and as it stands, with the payments that ended with it,
    each before and after: what is told once it is committed."""

    before: Refund | None
    after: Refund
    payments: tuple[tuple[Payment, Payment], ...] = ()


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
) -> Settled:
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
    if not steps or after.state not in FINISHED:
        return Settled(refund, after)
    noticed, payments = _follow(connection, seller, after, at=at, by=by, problem=finding.problem)
    return Settled(refund, noticed, payments)


def tell_refund_settled(seller: Seller, settled: Settled) -> None:
    """Tell observers of states that were reached; call it once the change is committed."""
    before, after = settled.before, settled.after
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
    for payment, ended in settled.payments:
        tell_settled(seller, payment, ended, at=seller.clock())


def locked_refund(connection: Connection, reference: str) -> Refund:
    """As it stands while its account is ours. Raises NotFound."""
    found = find_refund(connection, reference=reference)
    if found is not None:
        locked_payment(connection, found.merchant_reference)
        found = find_refund(connection, reference=reference)
    if found is None:
        raise NotFound(field="refund", problem="no such refund", remedy="Check its reference")
    return found


def _steps(state: State, to: State | None) -> Sequence[State]:
    """Straight, or by way of submitted, where it was never marked as sent."""
    assert to is not None
    return [to] if to in MOVES[state] else [State.SUBMITTED, to]


def _follow(
    connection: Connection, seller: Seller, refund: Refund, *, at: datetime, by: str, problem: str | None
) -> tuple[Refund, tuple[tuple[Payment, Payment], ...]]:
    """What a refund that ended changes in order, grant and flags.

    Returns: the refund, with what a person should see of it; the payments that ended with the order.
    """
    reason = because(refund.reference, refund.state)
    books = books_of(connection, locked_payment(connection, refund.merchant_reference))
    notice = problem
    payments: tuple[tuple[Payment, Payment], ...] = ()
    if refund.state is State.SUCCEEDED and refund.of is Of.ORDER:
        payments = _move_order(connection, seller, books, at=at, because=reason)
        notice = _take_lines(connection, refund, books, at=at) or notice
    books = books_of(connection, books.payment)
    if books.chargebacks:
        answer_all(connection, books, at=at, actor=by, reason=reason)
        books = books_of(connection, books.payment)
    flag_surplus(connection, books, at=at, because=reason)
    noticed = replace(refund, problem=notice)
    if noticed != refund:
        save_refund(connection, refund, noticed, at=at, because=reason)
    return noticed, payments


def _move_order(
    connection: Connection, seller: Seller, books: Books, *, at: datetime, because: str
) -> tuple[tuple[Payment, Payment], ...]:
    """An order in review ends with its refund; one that was paid is refunded, in part or whole.

    Returns: the payments that ended with it.
    """
    order = books.order
    if order.state is orders.State.REVIEW:
        return end_order(connection, seller, order, at=at, because=because)
    if order.state in _GIVEN:
        back = refunded(books.refunds, Of.ORDER, order.total.currency)
        to = orders.State.REFUNDED if back >= order.total else orders.State.PARTLY_REFUNDED
        save_order(connection, order, orders.move(order, to, at=at), at=at, because=because)
    return ()


def _take_lines(connection: Connection, refund: Refund, books: Books, *, at: datetime) -> str | None:
    """Reverse what the refund takes; the later grants that stood on it, in words for a person."""
    entry = taken_by(refund, books.grants, books.order, books.refunds, id=new_id(), at=at)
    if entry is None:
        return None
    reason = because(refund.reference, refund.state)
    add_grant(connection, entry, sequence=len(books.grants) + 1, at=at, because=reason)
    later = stand_on(entry, books.grants)
    return f"later grants stood on what it took: {', '.join(map(_named, later))}" if later else None


def _named(grant: Grant) -> str:
    return (
        f"order {grant.order_number}" if grant.order_number else f"{grant.kind} by {grant.actor or 'itself'}"
    )
