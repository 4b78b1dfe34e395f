"""What the result page may say about an order: only what Payport knows, never what a link claims."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from payport import OrderView

__all__ = ["Standing", "standing"]


class Standing(StrEnum):
    UNPAID = "unpaid"  # no payment was begun
    WAITING = "waiting"  # handed to the gateway; nobody has told us yet
    PAID = "paid"
    FAILED = "failed"  # the last attempt did not go through; the order can still be paid
    REVIEW = "review"  # money may be there; a person looks at it
    CLOSED = "closed"  # cancelled or expired: a new order is needed
    REFUNDED = "refunded"


_BY_ORDER: Final = {
    "paid": Standing.PAID,
    "partly_refunded": Standing.PAID,
    "refunded": Standing.REFUNDED,
    "cancelled": Standing.CLOSED,
    "expired": Standing.CLOSED,
    "review": Standing.REVIEW,
}
_BY_PAYMENT: Final = {
    "failed": Standing.FAILED,
    "expired": Standing.FAILED,
    "review": Standing.REVIEW,
}


def standing(order: OrderView) -> Standing:
    """The order's state decides; while it is placed, its latest payment does. Not listed is waiting."""
    if order.state in _BY_ORDER:
        return _BY_ORDER[order.state]
    if not order.payments:
        return Standing.UNPAID
    return _BY_PAYMENT.get(order.payments[-1].state, Standing.WAITING)
