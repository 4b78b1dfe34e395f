"""Counts money that people or a bank's file saw, at the moment at which they say so, and only once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from payport.rules.confirmation import with_money
from payport.rules.money import Money
from payport.rules.payment import Payment, State
from payport.service.seller import Seller
from payport.service.settling import count

__all__ = ["count_by_hand", "once_more"]

_Value = TypeVar("_Value")


def once_more(use: Callable[[], _Value]) -> _Value:
    """Run it again where another was first with the same bank reference: it then sees that one."""
    for attempt in Retrying(
        retry=retry_if_exception_type(IntegrityError), stop=stop_after_attempt(3), reraise=True
    ):
        with attempt:
            return use()
    raise AssertionError("unreachable: Retrying reraises")


def count_by_hand(
    connection: Connection,
    seller: Seller,
    payment: Payment,
    amount: Money,
    *,
    reference: str,
    proof: str,
    at: datetime,
) -> Payment:
    """Count money that people or a statement say came in. It counts as paid at this moment."""
    after = with_money(payment, amount, reference=reference, at=at)
    open_still = after.state is State.PENDING
    return count(
        connection,
        seller,
        payment,
        after,
        amount,
        reference=reference,
        paid_at=at,
        received_at=at,
        proof=proof,
        because=f"{amount} came in",
        columns={} if open_still else {"due_at": None},
    )
