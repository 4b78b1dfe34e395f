"""What the shop may say about an order: only what Payport knows, never what a link claims."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from payport import Money, OrderView, Told
from payport_web.languages import msg

__all__ = [
    "PAYABLE",
    "Standing",
    "can_be_cancelled",
    "concern",
    "fingerprint",
    "has_open_payment",
    "standing",
    "still_to_pay",
    "surplus",
]


class Standing(StrEnum):
    UNPAID = "unpaid"  # no payment was begun
    WAITING = "waiting"  # handed to the gateway; nobody has told us yet
    TOLD = "told"  # the buyer knows how to pay by hand; the money is not here yet
    PAID = "paid"
    FAILED = "failed"  # the last attempt did not go through; the order can still be paid
    REVIEW = "review"  # money may be there; a person looks at it
    CLOSED = "closed"  # cancelled or expired: a new order is needed
    REFUNDED = "refunded"


PAYABLE: Final = frozenset({Standing.UNPAID, Standing.WAITING, Standing.TOLD, Standing.FAILED})

_BY_ORDER: Final = {
    "paid": Standing.PAID,
    "partly_refunded": Standing.PAID,
    "refunded": Standing.REFUNDED,
    "cancelled": Standing.CLOSED,
    "expired": Standing.CLOSED,
    "review": Standing.REVIEW,
}
_BY_LATEST_PAYMENT: Final = {"failed": Standing.FAILED, "expired": Standing.FAILED}
_DISPUTED: Final = msg("The bank itself has not decided yet whether this payment stands.")
_CONTRADICTED: Final = msg("What the bank reported does not match what this order asked for.")
_BY_FLAG: Final = {
    "suspect": _DISPUTED,
    "amount_mismatch": msg("The bank reported another amount than this order asked for."),
    "currency_mismatch": msg("The bank reported another currency than this order asked for."),
    "merchant_account_mismatch": _CONTRADICTED,
    "environment_mismatch": _CONTRADICTED,
    "order_mismatch": _CONTRADICTED,
    "gateway_reference_mismatch": _CONTRADICTED,
}
_LATE: Final = msg("Your payment arrived after the order had ended.")
_OVERTAKEN: Final = msg("Your payment arrived, but what your business holds has changed since you ordered.")


def standing(order: OrderView, told: Told | None = None) -> Standing:
    """The order's state decides; while it is placed, a payment in review does, then the latest payment.

    Args:
        told: the instructions that its buyer can still follow.
    """
    if order.state in _BY_ORDER:
        return _BY_ORDER[order.state]
    if not order.payments:
        return Standing.UNPAID
    if any(payment.state == "review" for payment in order.payments):
        return Standing.REVIEW
    latest = order.payments[-1]
    if told is not None and told.payment.merchant_reference == latest.merchant_reference:
        return Standing.TOLD
    return _BY_LATEST_PAYMENT.get(latest.state, Standing.WAITING)


def has_open_payment(order: OrderView, *, besides: Told | None = None) -> bool:
    """Whether an attempt, latest or earlier, is not known yet; besides one that is paid by hand."""
    by_hand = None if besides is None else besides.payment.merchant_reference
    return any(
        payment.state == "pending" and payment.merchant_reference != by_hand for payment in order.payments
    )


def still_to_pay(order: OrderView) -> Money | None:
    """What is left of an order of which a part has come; None where nothing has."""
    left = order.total - order.received
    return left if order.state == "placed" and order.received.minor and left.minor > 0 else None


def can_be_cancelled(order: OrderView) -> bool:
    """By its buyer: as long as it can be paid, and no money was received for it."""
    return standing(order) in PAYABLE and not order.received.minor


def surplus(order: OrderView) -> Money | None:
    """Money that reached us beyond what a paid order costs."""
    return order.received - order.total if order.state == "paid" and order.received > order.total else None


def concern(order: OrderView) -> str | None:
    """Why a person looks at it, in the buyer's words."""
    if standing(order) is not Standing.REVIEW:
        return None
    flags = {flag for payment in order.payments if payment.state == "review" for flag in payment.flags}
    for flag, words in _BY_FLAG.items():
        if flag in flags:
            return words
    late = any(payment.paid_at and payment.paid_at >= order.expires_at for payment in order.payments)
    return _LATE if late else _OVERTAKEN


def fingerprint(order: OrderView) -> str:
    """Changes whenever there is something new to say. It holds states and a sum, and names nobody."""
    states = "-".join(payment.state for payment in order.payments)
    return f"{standing(order)}.{states}.{order.received.minor}"
