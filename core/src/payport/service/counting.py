"""Counts money that people or a bank's file saw, at the moment at which they say so, and only once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from payport.rules.confirmation import with_money
from payport.rules.money import Money
from payport.rules.payment import Payment, State
from payport.service.seller import Seller
from payport.service.settling import count

__all__ = ["count_by_hand"]


def count_by_hand(
    connection: Connection,
    seller: Seller,
    payment: Payment,
    amount: Money,
    *,
    reference: str,
    proof: str,
    at: datetime,
    line: str | None = None,
) -> Payment:
    """Count money that people or a statement say came in. It counts as paid at this moment.

    `line`: the digest of the statement's line, which the entry names.
    """
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
        line=line,
    )
