"""What of a payment may be given back, and how: what a form shows before anybody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from payport.rules.money import Money
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.rules.refund import Of
from payport.rules.refund import State as Stage
from payport.rules.refund_lines import line_prices
from payport.rules.standing import grant_of, standing_lines
from payport.rules.story import given
from payport.rules.words import Text
from payport.service.books import Books, books_of, payment_named
from payport.service.seller import Seller

__all__ = ["Refundable", "RefundableLine", "default_kind", "refundable", "why_by_hand", "why_not"]

_BY_HAND: Final = (
    "Give the money back in the gateway's portal or by transfer, and record it with by_hand=True and its "
    "reference there"
)
_NO_MONEY: Final = "Only money that came in can be refunded"
_NOT_YET: Final = "Cancel its order first, or wait for it to end; its money is then given back by hand"
_NAMED_TWICE: Final = frozenset({Flag.SECOND_PAYMENT, Flag.REFERENCE})
_WHICH: Final = (
    "Look in its portal whether both came; give back by hand what did, and record it with by_hand=True"
)
_MISSING: Final = "Install or mend the plugin, or record a refund made by hand with by_hand=True"


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """A line of the order's grant that still stands. `number` counts from 0; `price` has its tax."""

    number: int
    what: Text
    price: Money


@dataclass(frozen=True, slots=True)
class Refundable:
    """What may be given back of one payment.

    Args:
        left: of all its money; `own` and `surplus`: at most that, by the kind of money.
        of: the kind that is given back where none is named.
        lines: those that a refund of own money may take.
        by_gateway: whether the gateway can be asked to give money back; `partly`: a part of it, too.
        remedy: what to do where it cannot, or where nothing can be refunded; else empty.
    """

    merchant_reference: str
    order_number: str
    left: Money
    own: Money
    surplus: Money
    of: Of
    lines: tuple[RefundableLine, ...]
    by_gateway: bool
    partly: bool
    remedy: str


def refundable(connection: Connection, seller: Seller, merchant_reference: str) -> Refundable:
    """Raises NotFound."""
    payment = payment_named(connection, merchant_reference)
    books = books_of(connection, payment)
    nothing = Money(0, payment.received.currency)
    refusal = why_not(books)
    by_hand = why_by_hand(seller, payment)
    account = seller.accounts.get(payment.gateway_account)
    return Refundable(
        merchant_reference=merchant_reference,
        order_number=payment.order_number,
        left=nothing if refusal else books.left,
        own=nothing if refusal else books.by_kind.own,
        surplus=nothing if refusal else books.by_kind.surplus,
        of=default_kind(books),
        lines=() if refusal else _lines(books),
        by_gateway=by_hand is None,
        partly=by_hand is None
        and account is not None
        and account.gateway is not None
        and account.gateway.info.partial_refund,
        remedy=refusal[1] if refusal else (by_hand or ("", ""))[1],
    )


def default_kind(books: Books) -> Of:
    """Surplus where the payment is flagged so, and where there is no own money to give back."""
    left = books.by_kind
    flagged = Flag.SURPLUS in books.payment.flags and left.surplus.minor > 0
    return Of.SURPLUS if flagged or (left.surplus.minor and not left.own.minor) else Of.ORDER


def why_not(books: Books) -> tuple[str, str] | None:
    """Problem and remedy where nothing of the payment may be refunded."""
    payment = books.payment
    if payment.state is not State.SUCCEEDED and not _is_left_over(books):
        return f"it is {payment.state}", _NOT_YET if payment.received.minor else _NO_MONEY
    if books.order.state is OrderState.PLACED:
        return "its order waits for the rest of its money", "Cancel the order first, or wait for it to end"
    if books.left.minor == 0:
        return "nothing of it is left", "Look at its refunds and chargebacks: `payport order` lists them"
    return None


def why_by_hand(seller: Seller, payment: Payment) -> tuple[str, str] | None:
    """Problem and remedy where the gateway cannot be asked to give money back."""
    if payment.state is not State.SUCCEEDED:
        return f"it is {payment.state}: no gateway gives back what did not succeed", _BY_HAND
    if payment.flags >= _NAMED_TWICE:
        return "a person named its transaction, and its gateway another", _WHICH
    account = seller.accounts.get(payment.gateway_account)
    if account is None:
        return f"its gateway account {payment.gateway_account} is not configured", _MISSING
    if account.gateway is None:
        return f"the plugin {account.plugin} of {account.name} is missing: {account.missing}", _MISSING
    if "refund" not in account.capabilities:
        return f"{account.plugin} cannot be asked to refund", _BY_HAND
    return None


def _is_left_over(books: Books) -> bool:
    """A payment that never got all of its amount, of an order that has ended or was paid by others: its money
    is there, and nothing but a refund by hand takes it away."""
    return books.payment.received.minor > 0 and books.order.state not in {
        OrderState.PLACED,
        OrderState.REVIEW,
    }


def _lines(books: Books) -> tuple[RefundableLine, ...]:
    granted = grant_of(books.grants, books.order.number)
    if granted is None:
        return ()
    wanted = {line for refund in books.refunds if refund.state is not Stage.FAILED for line in refund.lines}
    prices = line_prices(granted)
    return tuple(
        RefundableLine(line, given(granted.lines[line]), prices[line])
        for line in standing_lines(books.grants, granted)
        if line not in wanted
    )
