"""Ends a review, as a named person decides: of an order, or of a payment. Rules: "Quote and order".

What a person accepts counts at that moment: nothing could be used before, so no day is lost, and no date that
is typed ever counts. Money that is not there makes no order paid, whoever says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, bindparam, select

from payport.errors import NotFound, RequestRefused
from payport.gateways.believed import believe_text
from payport.rules.effect import Review
from payport.rules.left import left_of_order
from payport.rules.money import MOST_MINOR, Money
from payport.rules.order import Order
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State, move
from payport.service.books import Books, books_of, locked_payment
from payport.service.by_hand import check_by_hand
from payport.service.cancelling import end_order
from payport.service.leasing import RELEASED
from payport.service.order_only import is_by_hand_payment
from payport.service.seller import Seller
from payport.service.settling import RESOLUTION, count, give, would_give
from payport.service.surplus import flag_surplus
from payport.storage import tables as t
from payport.storage.account_records import grants_of
from payport.storage.chargeback_records import chargebacks_of
from payport.storage.order_records import locked_order
from payport.storage.payment_records import payments_of, save_payment
from payport.storage.refund_records import names_this, refunds_of

__all__ = ["Ended", "resolve_order", "resolve_payment"]

Ended: TypeAlias = tuple[Payment, Payment]  # before and after
_DOUBTS: Final = frozenset(
    {
        Flag.AMOUNT, Flag.CURRENCY, Flag.MERCHANT, Flag.ENVIRONMENT, Flag.ORDER, Flag.REFERENCE, Flag.SUSPECT,
    }
)  # fmt: skip
_OVER: Final[dict[str, Any]] = {**RELEASED, "due_at": None}


def resolve_order(
    connection: Connection, seller: Seller, number: str, outcome: str, *, actor: str, reason: str
) -> tuple[Order, tuple[Ended, ...]]:
    """End the review of an order.

    Paid: it takes its effect at this moment, with one grant, and its payments in review whose money is all
    there succeed with it. Cancelled: its money is flagged to be given back.

    Args:
        outcome: "paid" or "cancelled".
    Returns: the order, and the payments that ended with it, each before and after.
    Raises: NotFound; RequestRefused where it is not in review, its money does not cover it, or what its
        account holds does not allow it.
    """
    check_by_hand(actor=actor, reason=reason)
    _check_outcome(outcome, ("paid", "cancelled"))
    order = locked_order(connection, number)
    if order is None:
        raise NotFound(field="order", problem="no such order", remedy="Check the number")
    if order.state is not OrderState.REVIEW:
        raise _not_in_review("order", order.state)
    now, because = seller.clock(), f"{outcome} by {actor}: {reason}"
    if outcome == "cancelled":
        ended = end_order(connection, seller, order, at=now, because=because)
    else:
        ended = _pay(connection, seller, order, at=now, because=because)
    after = locked_order(connection, number)
    assert after is not None
    return after, ended


def resolve_payment(
    connection: Connection,
    seller: Seller,
    merchant_reference: str,
    outcome: str,
    *,
    actor: str,
    reason: str,
    amount: Money | None,
    gateway_reference: str | None,
) -> Ended:
    """End the review of a payment, as a person found it at the gateway. `Payport.resolve_payment` says more.

    Money that was counted stays so. What is beyond it is counted now, by the transaction's name, and its
    order takes its effect if that covers it. An order that is in review stays there, for a person.
    """
    check_by_hand(actor=actor, reason=reason)
    _check_outcome(outcome, ("succeeded", "failed"))
    payment = locked_payment(connection, merchant_reference)
    if payment.state is not State.REVIEW:
        raise _not_in_review("merchant_reference", payment.state)
    if is_by_hand_payment(seller, payment):
        raise RequestRefused(
            field="merchant_reference",
            problem="it is paid by transfer or in cash",
            remedy="Confirm the rest of its money, or cancel its order and give back what came",
        )
    now, because = seller.clock(), f"{outcome}, found by {actor}: {reason}"
    if outcome == "failed":
        return _fail(connection, payment, amount, gateway_reference, at=now, because=because)
    books = books_of(connection, payment)
    came = _came(payment, amount, most=MOST_MINOR - books.order.received.minor + payment.received.minor)
    after = _accepted(payment, at=now)
    if came == payment.received:
        _check_unnamed(gateway_reference)
        save_payment(connection, payment, after, at=now, because=because, **_OVER)
    else:
        named = _transaction(connection, payment, gateway_reference)
        after = replace(after, received=came, gateway_reference=payment.gateway_reference or named)
        after = count(
            connection,
            seller,
            payment,
            after,
            came - payment.received,
            reference=named,
            paid_at=now,
            received_at=now,
            proof=f"{RESOLUTION}{actor}",
            because=because,
            columns=_OVER,
        )
    return payment, _flagged(connection, books, after, at=now, because=because)


def _pay(
    connection: Connection, seller: Seller, order: Order, *, at: datetime, because: str
) -> tuple[Ended, ...]:
    grants = grants_of(connection, order.account)
    chargebacks, refunds = chargebacks_of(connection, order.number), refunds_of(connection, order.number)
    own = left_of_order(grants, order, chargebacks, refunds).own
    if own < order.total:
        raise RequestRefused(
            field="outcome",
            problem=f"{own} of its {order.total} are there, and not claimed or given back",
            remedy="Wait for the rest of its money, or cancel it and give back what came",
        )
    granted = would_give(connection, seller, order, grants, paid_at=at, at=at)
    if isinstance(granted, Review):
        raise RequestRefused(
            field="outcome",
            problem=granted.reason,
            remedy="Cancel it and give its money back, or bring the account to where it can take effect",
        )
    give(connection, order, granted, sequence=len(grants) + 1, paid_at=at, at=at, because=because)
    ended = tuple(_succeed(connection, order, at=at, because=because))
    payments = payments_of(connection, order.number)
    if payments:
        flag_surplus(connection, books_of(connection, payments[0]), at=at, because=because)
    return ended


def _succeed(connection: Connection, order: Order, *, at: datetime, because: str) -> Sequence[Ended]:
    """The payments whose money the person has just accepted."""
    ended: list[Ended] = []
    for payment in payments_of(connection, order.number):
        if payment.state is State.REVIEW and payment.received >= payment.amount:
            after = _accepted(payment, at=at)
            save_payment(connection, payment, after, at=at, because=because, **_OVER)
            ended.append((payment, after))
    return ended


def _accepted(payment: Payment, *, at: datetime) -> Payment:
    """What was in doubt is so no more: the flags that held it back are gone."""
    accepted = replace(move(payment, State.SUCCEEDED), paid_at=payment.paid_at or at)
    return replace(accepted, flags=payment.flags - _DOUBTS)


def _fail(
    connection: Connection,
    payment: Payment,
    amount: Money | None,
    gateway_reference: str | None,
    *,
    at: datetime,
    because: str,
) -> Ended:
    for field, given in (("amount", amount), ("gateway_reference", gateway_reference)):
        if given is not None:
            raise RequestRefused(field=field, problem="nothing came where it failed", remedy="Leave it out")
    if payment.received.minor:
        raise RequestRefused(
            field="outcome",
            problem=f"{payment.received} of it are proven and counted",
            remedy="End it as succeeded, or cancel its order and give the money back",
        )
    failed = replace(move(payment, State.FAILED), flags=payment.flags - _DOUBTS)
    save_payment(connection, payment, failed, at=at, because=because, **_OVER)
    return payment, failed


def _came(payment: Payment, amount: Money | None, *, most: int) -> Money:
    """All that came in for the payment: what was said, else what is counted, else what was asked for."""
    if amount is None:
        amount = payment.received if payment.received.minor else payment.amount
    if (
        type(amount) is not Money
        or type(amount.minor) is not int
        or amount.currency != payment.amount.currency
        or amount.minor > most
    ):
        raise RequestRefused(
            field="amount",
            problem=f"not an amount of {payment.amount.currency}",
            remedy="Say how much came in for this payment, all of it together",
        )
    if amount < payment.received:
        raise RequestRefused(
            field="amount",
            problem=f"{payment.received} are proven and counted already",
            remedy="Give all that came in; what is too much is given back as a refund",
        )
    if amount < payment.amount:
        raise RequestRefused(
            field="amount",
            problem=f"{amount} came, and {payment.amount} were asked for",
            remedy="Give it back at the gateway and end the payment as failed; where it is counted, cancel "
            "the order and record the refund",
        )
    return amount


def _transaction(connection: Connection, payment: Payment, gateway_reference: str | None) -> str:
    """By what name the money is counted. Raises RequestRefused for none, or one that is another's."""
    named = payment.gateway_reference if gateway_reference is None else gateway_reference
    problem, remedy = "it is not known", "Give the transaction's number, as the gateway's portal shows it"
    if named is not None:
        try:
            believe_text("gateway_reference", named, most=128, least=1)
        except ValueError:
            problem = "not a text of 1 to 128 signs in one line"
        else:
            named = named.strip()
            ours, is_first = payment.gateway_reference, not payment.received.minor
            if _is_taken(connection, payment, named):
                problem = "its money is counted already, or it names something else"
            elif is_first and ours not in {None, named}:
                problem = f"the gateway gave it another name before: {ours}"
                remedy = "Leave it out: money that is counted by another name could come a second time"
            else:
                return named
    raise RequestRefused(field="gateway_reference", problem=problem, remedy=remedy)


def _is_taken(connection: Connection, payment: Payment, named: str) -> bool:
    owners = names_this(connection, payment.gateway_account, named)
    counted = select(t.receipts.c.id).where(
        t.receipts.c.gateway_account == bindparam("account"),
        t.receipts.c.gateway_reference == bindparam("named"),
    )
    if connection.execute(counted, {"account": payment.gateway_account, "named": named}).first() is not None:
        return True
    return any(is_refund or owner != payment.merchant_reference for owner, is_refund in owners)


def _flagged(connection: Connection, books: Books, after: Payment, *, at: datetime, because: str) -> Payment:
    """The payment, with the order's surplus flagged as it stands now."""
    flag_surplus(connection, books_of(connection, after), at=at, because=because)
    payments = payments_of(connection, books.order.number)
    return next(one for one in payments if one.merchant_reference == after.merchant_reference)


def _check_outcome(outcome: str, wanted: tuple[str, str]) -> None:
    if outcome not in wanted:
        one, other = wanted
        raise RequestRefused(
            field="outcome", problem=f"neither {one} nor {other}", remedy="Say which of the two it is"
        )


def _check_unnamed(gateway_reference: str | None) -> None:
    if gateway_reference is not None:
        raise RequestRefused(
            field="gateway_reference",
            problem="all of its money is counted, by the names of its transactions",
            remedy="Leave it out; or give the amount too, if more came than was counted",
        )


def _not_in_review(field: str, state: str) -> RequestRefused:
    return RequestRefused(
        field=field, problem=f"it is {state}", remedy="Only what is in review is ended by hand"
    )
