"""The pages that an operator opens first, among a million orders, against reading an order by its number.

The orders were paid over two years, so that a fortnight holds 19,000 of them. A time line is that of one
order, whose chain and callbacks are found among those of all.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import bindparam, select, text

from benchmarks.many import FIRST, repeat_order
from benchmarks.ratio import Ratio, best
from payport.storage import tables as t
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.postgres import running_postgres
from tests.support.shop import Shop, open_shop

__all__ = ["measure_postgres", "measure_sqlite"]

_MANY: Final = 1_000_000
_TOGETHER: Final = 100_000  # orders in one transaction
_DAYS: Final = 730
_BY_NUMBER: Final = select(t.orders).where(t.orders.c.number == bindparam("number"))
_NOT_READ: Final = (t.journal,)  # only what is not sealed is looked at, and a worker seals it
_SPREAD: Final = {
    "sqlite": f"UPDATE receipts SET paid_at = "
    f"strftime('%Y-%m-%d %H:%M:%f000', paid_at, '-' || (id % {_DAYS}) || ' days')",
    "postgresql": f"UPDATE payport.receipts SET paid_at = paid_at - (id % {_DAYS}) * interval '1 day'",
}


def measure_sqlite(many: int = _MANY) -> list[Ratio]:
    with TemporaryDirectory() as folder:
        return _measured(f"sqlite:///{folder}/many.sqlite", many, "SQLite")


def measure_postgres(many: int = _MANY) -> list[Ratio]:
    with running_postgres(durable=True) as server, server.fresh() as url:
        return _measured(url, many, "PostgreSQL")


def _measured(url: str, many: int, where: str) -> list[Ratio]:
    with ExitStack() as stack:
        shop, number = _filled(Path(stack.enter_context(TemporaryDirectory())), url, many)
        stack.callback(shop.payport.close)
        payport = shop.payport
        assert len(payport.today().income) == len(payport.today().days)
        yardstick = best(lambda: _read_one(shop, number), calls=20, rounds=5)
        figures = []
        for name, look in (
            ("the day's page", payport.today),
            ("the house", payport.house),
            ("an order's time line", lambda: payport.timeline(number)),
        ):
            ours = best(look, calls=1, rounds=5)
            aim = "< 1 s" if ours < 1e6 else "< 1 s: missed"
            said = f"{name} among {many:,} orders ÷ one by its number, {where}"
            figures.append(Ratio(said, ours, yardstick, "µs", aim))
        return figures


def _read_one(shop: Shop, number: str) -> None:
    shop.payport.seller.database.seeing(lambda c: c.execute(_BY_NUMBER, {"number": number}).one())


def _filled(folder: Path, url: str, count: int) -> tuple[Shop, str]:
    database = Database(url)
    migrate(database)
    shop = open_shop(folder, url)
    payment = shop.pay(shop.order(FIRST))
    shop.ipn(payment, transaction="99")
    for first in range(1, count, _TOGETHER):
        many = min(_TOGETHER, count - first)
        repeat_order(database, payment, count=many, first=first, without=_NOT_READ)
    dialect = "sqlite" if database.is_sqlite else "postgresql"
    database.transaction(lambda connection: connection.execute(text(_SPREAD[dialect])))
    if not database.is_sqlite:
        database.transaction(lambda connection: connection.execute(text("ANALYZE")))
    database.close()
    return shop, payment.order_number
