"""Money that came in and went back, by the way of paying and the merchant's day.

What came in counts on the day on which it counts as paid; what went back, when that was known. Neither is
taken off the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select

from payport.rules.calendar import local_midnight
from payport.rules.money import Money
from payport.rules.refund import State
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.columns import Instant

__all__ = ["Income", "income", "merchant_zone"]

_FROM: Final = bindparam("from", type_=Instant)
_UNTIL: Final = bindparam("until", type_=Instant)
_RECEIPTS, _REFUNDS, _PAYMENTS = t.receipts.c, t.refunds.c, t.payments.c
_NEXT_ACCOUNT: Final = select(func.min(_RECEIPTS.gateway_account)).where(
    _RECEIPTS.gateway_account > bindparam("behind")
)
_CAME: Final = (
    select(
        _PAYMENTS.method,
        _RECEIPTS.currency,
        func.count().label("number"),
        func.sum(_RECEIPTS.amount_minor).label("minor"),
    )
    .join(t.payments, _PAYMENTS.merchant_reference == _RECEIPTS.merchant_reference)
    .where(
        _RECEIPTS.gateway_account.in_(bindparam("accounts", expanding=True)),
        _RECEIPTS.paid_at >= _FROM,
        _RECEIPTS.paid_at < _UNTIL,
    )
    .group_by(_PAYMENTS.method, _RECEIPTS.currency)
)
_WENT: Final = (
    select(
        _PAYMENTS.method,
        _REFUNDS.currency,
        func.count().label("number"),
        func.sum(func.coalesce(_REFUNDS.reported_minor, _REFUNDS.amount_minor)).label("minor"),
    )
    .join(t.payments, _PAYMENTS.merchant_reference == _REFUNDS.merchant_reference)
    .where(_REFUNDS.state == str(State.SUCCEEDED), _REFUNDS.closed_at >= _FROM, _REFUNDS.closed_at < _UNTIL)
    .group_by(_PAYMENTS.method, _REFUNDS.currency)
)


@dataclass(frozen=True, slots=True)
class Income:
    """Of one day, method and currency: what came in, and what went back beside it.

    Args:
        method: its id in payport.toml, or one that stood there when it was paid.
        receipts, refunds: how many.
    """

    day: date
    method: str
    received: Money
    receipts: int
    refunded: Money
    refunds: int


def merchant_zone(seller: Seller) -> str:
    """Where the merchant's days begin: the zone of the newest catalog."""
    return seller.catalogs.versions[-1].zone


def income(connection: Connection, seller: Seller, last: date, days: int) -> Iterator[Income]:
    """Of so many days up to `last`, oldest first; within a day by method. Days without money give nothing."""
    zone, accounts = merchant_zone(seller), [*_accounts(connection)]
    for back in reversed(range(days)):
        day = last - timedelta(days=back)
        span = {"from": local_midnight(day, zone), "until": local_midnight(day + timedelta(days=1), zone)}
        came = {
            (row.method, row.currency): row
            for row in connection.execute(_CAME, {**span, "accounts": accounts})
        }
        went = {(row.method, row.currency): row for row in connection.execute(_WENT, span)}
        for key in sorted(came.keys() | went.keys()):
            received, receipts = _sum(came.get(key), key[1])
            refunded, refunds = _sum(went.get(key), key[1])
            yield Income(day, key[0], received, receipts, refunded, refunds)


def _accounts(connection: Connection) -> Iterator[str]:
    """All through which money ever came, configured still or not: one look at an index for each."""
    behind = ""
    while (name := connection.execute(_NEXT_ACCOUNT, {"behind": behind}).scalar()) is not None:
        yield name
        behind = name


def _sum(row: Row[Any] | None, currency: str) -> tuple[Money, int]:
    return (Money(0, currency), 0) if row is None else (Money(int(row.minor), currency), row.number)
