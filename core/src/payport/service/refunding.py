"""Gives money back: reserved and committed before anything is sent, sent once, and never again.

The call is made between two transactions, and no lock is held meanwhile. A crash on the way leaves the refund
`requested`; a worker finds that its lease ran out and makes it `unknown`. Rules: "Refund and entitlement".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from payport.errors import RefundTooLarge, RequestRefused
from payport.gateways import types as boundary
from payport.gateways.accounts import GatewayAccount
from payport.gateways.believed import believe_text
from payport.gateways.flow import Called, FlowLimits
from payport.rules.confirmation import plain_reference
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.refund import Of, Refund, State, Way
from payport.rules.refund_lines import check_lines, line_prices
from payport.rules.standing import grant_of
from payport.service.books import Books, books_of, locked_payment
from payport.service.by_hand import check_by_hand, check_seen
from payport.service.calls import context_for, keep_call, refund_view
from payport.service.references import new_id, new_reference, new_request_id
from payport.service.refund_answers import settle_answer
from payport.service.refund_judge import Finding
from payport.service.refundable import default_kind, why_by_hand, why_not
from payport.service.refunds_by_hand import check_name
from payport.service.seller import Seller
from payport.service.settling_refunds import Settled, locked_refund, settle_refund
from payport.storage.refund_records import add_refund, find_refund

__all__ = ["LIMITS", "Begun", "RefundRequest", "conclude", "prepare"]

LIMITS: Final = FlowLimits(seconds=30.0)
_SENDING: Final = timedelta(seconds=60)  # a request that is slower than this died
_LONGEST_KEY: Final = 120


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What somebody asks for; `Payport.refund` says what each means."""

    merchant_reference: str
    amount: Money | None
    key: str
    actor: str
    reason: str
    lines: tuple[int, ...]
    of: Of | str | None
    by_hand: bool
    gateway_reference: str | None
    seen_left: Money | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A refund that is reserved, with a flow to drive.

    `done`: nothing is to be sent, as it was recorded by hand, or its key is known.
    """

    refund: Refund
    done: Settled | None = None
    account: GatewayAccount | None = None
    flow: boundary.Flow[boundary.RefundReport] | None = None


def prepare(connection: Connection, seller: Seller, asked: RefundRequest) -> Begun:
    """Reserve the money, or give the refund that this key made before.

    Raises: NotFound, RefundTooLarge, RequestRefused naming the field.
    """
    _check_form(asked)
    payment = locked_payment(connection, asked.merchant_reference)
    known = find_refund(connection, key=asked.key)
    if known is not None:
        same = _same(known, asked)
        return Begun(same, done=Settled(same, same))
    books = books_of(connection, payment)
    refund = _reserved(seller, books, asked)
    if asked.by_hand:
        recorded = _record(connection, seller, refund, asked.gateway_reference or "")
        return Begun(recorded.after, done=recorded)
    account = seller.account(payment.gateway_account)
    until = seller.clock() + _SENDING
    _add(connection, refund, lease_owner=new_id(), lease_until=until, due_at=until)
    flow = account.ready.refund(
        refund_view(connection, refund, payment), context_for(connection, seller, payment)
    )
    return Begun(refund, account=account, flow=flow)


def conclude(
    connection: Connection, seller: Seller, begun: Begun, called: Called[boundary.RefundReport]
) -> Settled:
    """Keep what became of the call.

    A late answer is still the gateway's own: it ends a refund that a worker has made `unknown` meanwhile.
    """
    now = seller.clock()
    assert begun.account is not None
    refund = locked_refund(connection, begun.refund.reference)
    payment = locked_payment(connection, refund.merchant_reference)
    keep_call(connection, payment, "refund", called, at=now)
    return settle_answer(connection, seller, begun.account, refund, called=called, asked=False, at=now)


def _check_form(asked: RefundRequest) -> None:
    check_by_hand(actor=asked.actor, reason=asked.reason)
    try:
        believe_text("key", asked.key, most=_LONGEST_KEY, least=1)
    except ValueError:
        raise RequestRefused(
            field="key",
            problem=f"not a text of 1 to {_LONGEST_KEY} signs in one line",
            remedy="Give each form a key of its own when it is shown",
        ) from None
    if any(type(line) is not int for line in asked.lines):
        raise RequestRefused(field="lines", problem="no such line", remedy="Count them from 0, as integers")
    if asked.of is not None and (not isinstance(asked.of, str) or asked.of not in set(Of)):
        raise RequestRefused(field="of", problem="neither order nor surplus", remedy="Take one of the two")
    if type(asked.by_hand) is not bool:
        raise RequestRefused(field="by_hand", problem="neither True nor False", remedy="Take one of the two")
    if (asked.gateway_reference is not None) != asked.by_hand:
        raise RequestRefused(
            field="gateway_reference",
            problem="it goes with by_hand, and by_hand with it",
            remedy="By hand: give its name in the gateway's portal or at the bank; else leave it out",
        )


def _same(known: Refund, asked: RefundRequest) -> Refund:
    """The refund of this key. Raises RequestRefused, where something else was asked for with it."""
    way = Way.BY_HAND if asked.by_hand else Way.GATEWAY
    differs = {
        "merchant_reference": known.merchant_reference != asked.merchant_reference,
        "amount": asked.amount is not None and asked.amount != known.amount,
        "lines": known.lines != tuple(sorted(asked.lines)),
        "of": asked.of is not None and known.of != asked.of,
        "by_hand": known.way is not way,
        "gateway_reference": asked.by_hand
        and known.gateway_reference != plain_reference(str(asked.gateway_reference)),
        "actor": known.requested_by != asked.actor,
        "reason": known.reason != asked.reason,
    }
    other = [field for field, is_other in differs.items() if is_other]
    if other:
        raise RequestRefused(
            field="key",
            problem=f"refund {known.reference} was requested with it, with another {', '.join(other)}",
            remedy="Look at that refund; show a new form for another one",
        )
    return known


def _reserved(seller: Seller, books: Books, asked: RefundRequest) -> Refund:
    payment = books.payment
    refusal = why_not(books)
    if refusal is not None:
        raise RequestRefused(field="merchant_reference", problem=refusal[0], remedy=refusal[1])
    check_seen(asked.seen_left, books.left)
    of = default_kind(books) if asked.of is None else Of(asked.of)
    if asked.lines:
        if of is Of.SURPLUS:
            raise RequestRefused(
                field="lines",
                problem="surplus money paid for none",
                remedy='Leave them out, or say of="order"',
            )
        check_lines(asked.lines, books.grants, books.order, books.refunds)
    amount = _amount(books, asked, of)
    if not asked.by_hand:
        _check_gateway(seller, payment, amount)
    return Refund(
        reference=new_reference(seller.reference_prefix),
        idempotency_key=new_request_id(),
        key=asked.key,
        merchant_reference=payment.merchant_reference,
        order_number=payment.order_number,
        gateway_account=payment.gateway_account,
        of=of,
        way=Way.BY_HAND if asked.by_hand else Way.GATEWAY,
        state=State.REQUESTED,
        amount=amount,
        requested_at=seller.clock(),
        requested_by=asked.actor,
        reason=asked.reason,
        lines=tuple(sorted(asked.lines)),
    )


def _amount(books: Books, asked: RefundRequest, of: Of) -> Money:
    """What is asked for, within what is left of that kind of money. Raises RefundTooLarge, RequestRefused."""
    left, amount = books.left_of_kind(of), asked.amount
    kind = "the order's own money" if of is Of.ORDER else "surplus money"
    if left.minor == 0:
        raise RefundTooLarge(
            field="amount", problem=f"no {kind} is left of the payment", remedy="`refundable` says what is"
        )
    if amount is None:
        amount = _price_of(books, asked.lines) if asked.lines else left
    if type(amount) is not Money or type(amount.minor) is not int or amount.currency != left.currency:
        raise RequestRefused(
            field="amount", problem=f"not an amount of {left.currency}", remedy=f"Give from 1 to {left}"
        )
    if amount.minor < 1:
        raise RequestRefused(
            field="amount", problem="nothing, or less", remedy=f"Refund from 1 {left.currency} to {left}"
        )
    if amount > left:
        raise RefundTooLarge(
            field="amount",
            problem=f"{amount} asked, {left} left of payment {books.payment.merchant_reference} ({kind})",
            remedy=f"Refund {left} or less",
        )
    return amount


def _price_of(books: Books, lines: tuple[int, ...]) -> Money:
    granted = grant_of(books.grants, books.order.number)
    assert granted is not None
    prices = line_prices(granted)
    return Money(sum(prices[line].minor for line in lines), books.order.total.currency)


def _check_gateway(seller: Seller, payment: Payment, amount: Money) -> None:
    """Raises RequestRefused, where the gateway cannot be asked for this."""
    by_hand = why_by_hand(seller, payment)
    if by_hand is not None:
        raise RequestRefused(field="gateway_account", problem=by_hand[0], remedy=by_hand[1])
    info = seller.account(payment.gateway_account).ready.info
    if not info.partial_refund and amount != payment.received:
        raise RequestRefused(
            field="amount",
            problem=f"{info.id} gives back all of a payment or nothing",
            remedy=f"Refund {payment.received}, or give a part back by hand and record it with by_hand=True",
        )


def _record(connection: Connection, seller: Seller, refund: Refund, gateway_reference: str) -> Settled:
    """What a person gave back already is recorded as done, by a name that is compared as a bank's is."""
    check_name(connection, refund, gateway_reference)
    name = plain_reference(gateway_reference)
    check_name(connection, refund, name)
    _add(connection, refund)
    finding = Finding(State.SUCCEEDED, f"given back by hand by {refund.requested_by}", gateway_reference=name)
    settled = settle_refund(connection, seller, refund, finding, at=seller.clock(), by=refund.requested_by)
    return replace(settled, before=None)


def _add(connection: Connection, refund: Refund, **columns: Any) -> None:
    because = f"requested by {refund.requested_by}: {refund.reason}"
    add_refund(connection, refund, because=because, **columns)
