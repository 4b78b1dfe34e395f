"""DUR-07: others have SQLite's file: a long reader, a long writer, a second process, a writer without end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
from sqlalchemy import event

from payport.storage import database
from tests.support.at_once import at_once
from tests.support.customer import transaction_of
from tests.support.deliver import deliver_at_once
from tests.support.shop import Shop
from tests.support.sign import ipn_query

WRITES: Final = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    file = tmp_path / "payport.sqlite"
    file.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{file}"


@contextmanager
def other(shop: Shop, begin: str) -> Iterator[sqlite3.Connection]:
    """Another connection of the file, in the middle of a transaction."""
    connection = sqlite3.connect(
        shop.folder / "payport.sqlite", isolation_level=None, check_same_thread=False
    )
    connection.execute(begin)
    connection.execute("SELECT count(*) FROM orders").fetchone()
    try:
        yield connection
    finally:
        connection.close()


def test_DUR_07_a_reader_without_end_holds_nobody_up(shop: Shop) -> None:
    with other(shop, "BEGIN"):
        payments = [shop.pay(shop.order(f"khach-{number}")) for number in range(4)]
        began = time.monotonic()

        told = at_once(*[partial(shop.ipn, each, transaction=transaction_of(each)) for each in payments])

        assert [str(one.decision) for one in told] == ["recorded"] * 4
        assert time.monotonic() - began < 8


def test_DUR_07_a_long_writer_and_a_second_process_are_waited_for(shop: Shop) -> None:
    payment = shop.pay(shop.order())
    query = ipn_query(payment.merchant_reference, payment.amount.minor)
    with other(shop, "BEGIN IMMEDIATE") as writer:
        ended = Thread(target=lambda: (time.sleep(2.5), writer.execute("COMMIT")))
        ended.start()

        answers = deliver_at_once(shop.folder / "payport.toml", query, at=shop.clock(), copies=(4,))
        shop.order("khach-2")

        ended.join()
    assert sorted("02" in answer for answer in answers) == [False, True, True, True]


def test_DUR_07_a_writer_without_end_is_not_waited_for_without_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two limits, made forty times shorter: one wait for the file, and all attempts together."""
    payment = shop.pay(shop.order())
    monkeypatch.setattr(database, "_BUSY_MS", 250)
    monkeypatch.setattr(database, "_LOST_RACES_S", 0.25)
    shop.payport.close()  # connections made from now on have the limit
    with other(shop, "BEGIN IMMEDIATE"):
        began = time.monotonic()

        assert str(shop.ipn(payment).decision) == "try_again"

        assert time.monotonic() - began < 1.25  # six attempts would take longer
    assert str(shop.ipn(payment).decision) == "recorded"


def test_DUR_07_nothing_is_written_in_a_transaction_that_began_by_reading(shop: Shop) -> None:
    """Such a one is told "locked" at once, and is not waited for (SQLITE_BUSY_SNAPSHOT)."""
    began = ""
    wrote = 0

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal began, wrote
        if statement.startswith("BEGIN"):
            began = statement
        if statement.startswith(WRITES):
            wrote += 1
            assert began == "BEGIN IMMEDIATE", statement

    event.listen(shop.payport.seller.database.engine, "before_cursor_execute", look)
    payment = shop.pay(shop.order())
    shop.ipn(payment)
    shop.payport.report_usage("binh-minh", 1, shop.clock())
    shop.payport.refund(
        payment.merchant_reference, actor="lan", reason="r", key="k", by_hand=True, gateway_reference="FT1"
    )
    shop.payport.work()

    assert wrote > 10
