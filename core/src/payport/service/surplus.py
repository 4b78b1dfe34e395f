"""The flag `surplus` of payments: money that is to be given back, as far as it is still there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from payport.rules.chargeback import lost_of
from payport.rules.left import left_of
from payport.rules.payment import Flag, Payment
from payport.service.books import Books
from payport.storage.records import save_payment

__all__ = ["flag_what_is_left", "unflag_what_is_gone"]


def flag_what_is_left(connection: Connection, books: Books, *, at: datetime, because: str) -> None:
    """All money of an order that gives nothing for it, but what an issuer or a refund has taken."""
    for payment in books.payments:
        if _is_left(books, payment):
            _save(connection, payment, payment.flags | {Flag.SURPLUS}, at=at, because=because)


def unflag_what_is_gone(connection: Connection, books: Books, *, at: datetime, because: str) -> None:
    """What an issuer or a refund took, or what now pays for the order, must not be given back as well."""
    is_none = books.surplus.minor == 0
    for payment in books.payments:
        if Flag.SURPLUS in payment.flags and (is_none or not _is_left(books, payment)):
            _save(connection, payment, payment.flags - {Flag.SURPLUS}, at=at, because=because)


def _is_left(books: Books, payment: Payment) -> bool:
    return left_of(payment, lost_of(books.chargebacks), books.refunds).minor > 0


def _save(
    connection: Connection, payment: Payment, flags: frozenset[Flag], *, at: datetime, because: str
) -> None:
    save_payment(connection, payment, replace(payment, flags=flags), at=at, because=because)
