"""Finding one order among a million, and a page of a list: each against reading an order by its number.

Every order has the same words, of which "nguyen" is one, and words of its own kind: one of twelve family
names, one of 397 given names, an address and a phone number. So a search meets rare terms, common ones, and
common ones that no order has together, which is the worst that can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, text

from benchmarks.many import FIRST, add_terms, repeat_order
from benchmarks.ratio import Ratio, best
from payport.rules.money import vnd
from payport.storage import tables as t
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.postgres import running_postgres
from tests.support.shop import NOON, Shop, open_shop

__all__ = ["measure_postgres", "measure_sqlite"]

_MANY: Final = 1_000_000
_TOGETHER: Final = 100_000  # orders in one transaction
_LINES: Final = 20_000  # of statements, whose money no order took
_BY_NUMBER: Final = select(t.orders).where(t.orders.c.number == bindparam("number"))
_NOT_READ: Final = (t.grants, t.callbacks, t.journal)
_TERMS: Final = (
    "'ho' || (i % 12)",
    "'ten' || (i % 397)",
    "'khach' || i || '@example.vn'",
    "'09' || (10000000 + i)",
)


def measure_sqlite(many: int = _MANY) -> list[Ratio]:
    with TemporaryDirectory() as folder:
        return _measured(f"sqlite:///{folder}/many.sqlite", many, "SQLite")


def measure_postgres(many: int = _MANY) -> list[Ratio]:
    with running_postgres(durable=True) as server, server.fresh() as url:
        return _measured(url, many, "PostgreSQL")


def _measured(url: str, many: int, where: str) -> list[Ratio]:
    with ExitStack() as stack:
        shop = _filled(Path(stack.enter_context(TemporaryDirectory())), url, many)
        stack.callback(shop.payport.close)
        payport = shop.payport
        (order,) = payport.find("khach7@example.vn")
        assert order.order is not None
        yardstick = best(lambda: _read_one(shop, order.reference), calls=20, rounds=5)
        figures = []
        for name, search, finds in _searches(shop, order.reference):
            assert bool(len(search())) == finds, name
            ours = best(search, calls=1, rounds=3)
            aim = "< 1 s" if ours < 1e6 else "< 1 s: missed"
            figures.append(
                Ratio(f"{name} of {many:,} orders ÷ one by its number, {where}", ours, yardstick, "µs", aim)
            )
        return figures


def _searches(shop: Shop, number: str) -> list[tuple[str, Callable[[], Sized], bool]]:
    find, orders = shop.payport.find, shop.payport.orders
    page = orders(limit=50).next
    return [
        ("find by number", lambda: find(number), True),
        ("find by gateway reference", lambda: find("100000007"), True),
        ("find by e-mail address", lambda: find("KHACH7@example.vn"), True),
        ("find by phone", lambda: find("+84 910 000 007"), True),
        ("find by two words", lambda: find("ho7 ten7"), True),
        ("find by words that all have", lambda: find("Nguyễn Văn"), True),
        ("find by common words of no order", lambda: find("ho1 ho2"), False),
        ("find by amount", lambda: find("1.100.000 ₫"), True),
        ("find by words of a memo", lambda: find("hang mua tien"), True),
        ("find nothing", lambda: find("nowhere at all"), False),
        ("a page of the list", lambda: orders(after=page), True),
        ("a page by state and amount", lambda: orders(states=["review"], amount=vnd(1_100_000)), False),
        ("a page by a rare state", lambda: orders(states=["review"]), False),
    ]


def _read_one(shop: Shop, number: str) -> None:
    shop.payport.seller.database.seeing(lambda c: c.execute(_BY_NUMBER, {"number": number}).one())


def _filled(folder: Path, url: str, count: int) -> Shop:
    database = Database(url)
    migrate(database)
    shop = open_shop(folder, url)
    payment = shop.pay(shop.order(FIRST))
    shop.ipn(payment, transaction="99")
    for first in range(1, count, _TOGETHER):
        many = min(_TOGETHER, count - first)
        repeat_order(database, payment, count=many, first=first, without=_NOT_READ)
        add_terms(database, payment.order_number, _TERMS, count=many, first=first)
    database.transaction(_add_lines)
    if not database.is_sqlite:
        database.transaction(lambda connection: connection.execute(text("ANALYZE")))
    database.close()
    return shop


def _add_lines(connection: Connection) -> None:
    rows = [
        {
            "gateway_account": "order-only",
            "reference": f"FT{number}",
            "fingerprint": f"{number:064}",
            "booked_at": NOON + timedelta(seconds=number),
            "amount_minor": number + 1,
            "currency": "VND",
            "text": f"MBVCB.{number}.NGUYEN VAN {number} chuyen tien mua hang",
            "fate": "unmatched",
            "imported_at": NOON,
            "imported_by": "ke toan",
        }
        for number in range(_LINES)
    ]
    connection.execute(insert(t.statement_lines), rows)
