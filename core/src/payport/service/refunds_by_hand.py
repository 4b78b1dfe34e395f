"""What a named person says of a refund: how it ended at the gateway, and by which name it is known there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from payport.errors import RefundTooLarge, RequestRefused
from payport.gateways.believed import believe_text
from payport.rules.money import Money
from payport.rules.refund import MOVES, Refund, State
from payport.service.books import books_of, locked_payment
from payport.service.by_hand import check_by_hand
from payport.service.refund_judge import Finding
from payport.service.seller import Seller
from payport.service.settling_refunds import Settled, locked_refund, settle_refund
from payport.storage.refund_records import names_its_payment, names_something_else

__all__ = ["check_name", "settle_by_hand"]

_ENDS: Final = {"succeeded": State.SUCCEEDED, "failed": State.FAILED}


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
) -> Settled:
    """End a refund as a named person found it at the gateway.

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
    return settle_refund(
        connection,
        seller,
        refund,
        finding,
        at=seller.clock(),
        by=actor,
        columns={"due_at": None, "lease_owner": None, "lease_until": None},
    )


def check_name(connection: Connection, refund: Refund, gateway_reference: str) -> None:
    """Raises RequestRefused for a text that names no refund, or another one, or a payment."""
    try:
        believe_text("gateway_reference", gateway_reference, most=128, least=1)
    except ValueError:
        problem, remedy = "not a text of 1 to 128 signs in one line", "Copy it from the gateway or the bank"
    else:
        if refund.gateway_reference not in {None, gateway_reference}:
            problem, remedy = "the gateway gave it another name before", "Leave it out, or look again"
        elif names_its_payment(connection, refund, gateway_reference):
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
