"""Checking a journal (texts, columns, chains, accounts, tree), against SHA-256 of the same texts alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.ratio import Ratio, best
from payport.journal.check import check_journal
from payport.service.auditing import check_database
from payport.service.sealing import Sealing, seal
from payport.storage import seal_records
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.shop import Shop, open_shop

__all__ = ["measure"]

_ORDERS: Final = 150


def measure() -> list[Ratio]:
    with TemporaryDirectory() as folder:
        shop = _sold(Path(folder))
        seal(shop.payport.seller)
        with shop.payport.seller.database.reading() as connection:
            rows, heads = list(seal_records.rows(connection)), seal_records.heads(connection)
            assert check_journal(rows, heads, keys={}).bad is None
            whole = best(lambda: check_database(connection, Sealing()), calls=1)
        checked = best(lambda: check_journal(rows, heads, keys={}), calls=1)
        texts = [b"\x00" + row.text.encode("ascii") for row in rows]
        bare = best(lambda: [hashlib.sha256(text).hexdigest() for text in texts], calls=3)
        shop.payport.close()
    each = len(rows)
    return [
        Ratio("journal check ÷ SHA-256 of the same entries", checked / each, bare / each, "µs", "≤ 5"),
        Ratio("the same, read from SQLite ÷ SHA-256 of them", whole / each, bare / each, "µs"),
    ]


def _sold(folder: Path) -> Shop:
    url = f"sqlite:///{folder}/shop.sqlite"
    database = Database(url)
    migrate(database)
    database.close()
    shop = open_shop(folder, url)
    for number in range(_ORDERS):
        shop.ipn(shop.pay(shop.order(f"buyer-{number}")), transaction=f"{number + 1:08}")
    return shop
