"""The flag `surplus` of payments: money that is to be given back, as far as it is still there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from payport.rules.chargeback import lost_of
from payport.rules.left import left_of
from payport.rules.money import Money
from payport.rules.payment import Flag, Payment
from payport.service.books import Books
from payport.storage.payment_records import save_payment

__all__ = ["flag_surplus"]


def flag_surplus(connection: Connection, books: Books, *, at: datetime, because: str) -> None:
    """Bring the flags of an order's payments to what is to be given back of its money.

    What an issuer or a refund took, or what now pays for the order, must not be given back as well: its flag
    goes. What the flagged payments do not hold is flagged at others that do, the latest first.
    """
    wanted = books.surplus
    latest_first = tuple(reversed(books.payments))
    for payment in sorted(latest_first, key=lambda each: Flag.SURPLUS not in each.flags):
        left = left_of(payment, lost_of(books.chargebacks), books.refunds)
        is_due = wanted.minor > 0 and left.minor > 0
        _save(connection, payment, is_due=is_due, at=at, because=because)
        if is_due:
            wanted = max(wanted - left, Money(0, wanted.currency))


def _save(connection: Connection, payment: Payment, *, is_due: bool, at: datetime, because: str) -> None:
    flags = payment.flags | {Flag.SURPLUS} if is_due else payment.flags - {Flag.SURPLUS}
    if flags != payment.flags:
        save_payment(connection, payment, replace(payment, flags=flags), at=at, because=because)
