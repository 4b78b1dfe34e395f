"""One callback among a million orders, against one among a thousand: each a success that grants its package.

Both databases stand open at once and take turns, so that a busy machine is busy for both. On SQLite, where
the database is in the process, it is the processor's time that is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.many import FIRST, answer_to, repeat_order
from benchmarks.ratio import Ratio
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.postgres import running_postgres
from tests.support.shop import Shop, open_shop
from tests.support.sign import ipn_query

__all__ = ["measure_postgres", "measure_sqlite"]

_FEW, _MANY = 1_000, 1_000_000
_TOGETHER: Final = 100_000  # orders in one transaction
_AT_ONCE: Final = 20
_TURNS: Final = 12
_NAME: Final = "one callback among {many:,} orders ÷ among {few:,}, {where}"


def measure_sqlite(many: int = _MANY) -> list[Ratio]:
    with TemporaryDirectory() as folder:
        return _compared([f"sqlite:///{folder}/{name}.sqlite" for name in ("few", "many")], many, "SQLite")


def measure_postgres(many: int = _MANY) -> list[Ratio]:
    with running_postgres(durable=True) as server, server.fresh() as few, server.fresh() as much:
        return _compared([few, much], many, "PostgreSQL")


def _compared(urls: list[str], many: int, where: str) -> list[Ratio]:
    clock = time.process_time if where == "SQLite" else time.perf_counter
    with ExitStack() as stack:
        shops = []
        for url, count in zip(urls, (_FEW, many), strict=True):
            shop = _filled(Path(stack.enter_context(TemporaryDirectory())), url, count)
            stack.callback(shop.payport.close)
            shops.append(shop)
        best = [float("inf"), float("inf")]
        for turn in range(_TURNS):
            for index, shop in enumerate(shops):
                best[index] = min(best[index], _microseconds(shop, turn, clock))
    return [Ratio(_NAME.format(many=many, few=_FEW, where=where), best[1], best[0], "µs", "≤ 1.2")]


def _filled(folder: Path, url: str, count: int) -> Shop:
    database = Database(url)
    migrate(database)
    shop = open_shop(folder, url)
    payment = shop.pay(shop.order(FIRST))
    shop.ipn(payment, transaction="99")
    for first in range(1, count, _TOGETHER):
        repeat_order(database, payment, count=min(_TOGETHER, count - first), first=first)
    database.close()
    return shop


def _microseconds(shop: Shop, turn: int, clock: Callable[[], float]) -> float:
    """For one callback, its orders and payments made before."""
    queries = [
        ipn_query(
            shop.pay(shop.order(f"new-{turn}-{n}")).merchant_reference,
            1_100_000,
            transaction=f"{turn + 1}{n:03}",
        )
        for n in range(_AT_ONCE)
    ]
    begun = clock()
    for query in queries:
        assert b'"00"' in answer_to(shop, query)
    return (clock() - begun) / _AT_ONCE * 1e6
