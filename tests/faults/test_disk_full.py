"""DUR-06: no space is left for SQLite's file, PostgreSQL's tables, its write-ahead log, or our own log."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.service.receiving import Receipt
from tests.support.oracle import check_invariants
from tests.support.postgres import crashing_postgres
from tests.support.shop import Shop, open_shop
from tests.support.sign import ipn_query
from tests.support.small_disk import SmallDisk, may_mount, small_disk

needs_mount = pytest.mark.skipif(not may_mount(), reason="mounting a small file system is not allowed here")
MANY = 400  # callbacks with a long query: more than the space that is allocated already


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """Where PostgreSQL's own user may come to."""
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    folder.chmod(0o755)
    with small_disk(folder, megabytes=40) as mounted:
        yield mounted


def said(receipt: Receipt) -> str:
    return str(receipt.decision)


def fills_up(shop: Shop, payment: Payment) -> None:
    """Until the gateway is told to call again: rows of callbacks take what space was set aside."""
    for size in (12_000, 1_000, 1):
        for _ in range(MANY):
            said_is = {"secret": "x" * 32, "vnp_Padding": "x" * size}
            if said(shop.deliver(ipn_query(payment.merchant_reference, 1, **said_is))) == "try_again":
                break
        else:
            raise AssertionError("the disk is not full")


def nothing_is_half_done(shop: Shop, payment: Payment) -> None:
    """While there is no space: the gateway calls again, and nothing moves."""
    assert [said(shop.ipn(payment)) for _ in range(3)] == ["try_again"] * 3
    assert shop.payment(payment).state is State.PENDING
    check_invariants(shop.payport)


def completes_once(shop: Shop, payment: Payment) -> None:
    """Once there is space again, without a restart of ours."""
    assert [said(shop.ipn(payment)) for _ in range(2)] == ["recorded", "already_known"]
    assert shop.payport.order(payment.order_number).state is OrderState.PAID
    check_invariants(shop.payport)


def test_DUR_06_sqlite_that_may_not_grow_refuses_and_recovers(migrated_sqlite: Path, tmp_path: Path) -> None:
    """By its own limit of pages: everywhere the same error as of a full disk (SQLITE_FULL)."""
    shutil.copy(migrated_sqlite, tmp_path / "payport.sqlite")
    shop = open_shop(tmp_path, f"sqlite:///{tmp_path / 'payport.sqlite'}")
    payment = shop.pay(shop.order())

    def no_more(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1").fetchall()  # as many as there are

    shop.payport.close()
    event.listen(shop.payport.seller.database.engine, "connect", no_more)
    fills_up(shop, payment)
    nothing_is_half_done(shop, payment)

    event.remove(shop.payport.seller.database.engine, "connect", no_more)
    shop.payport.close()
    completes_once(shop, payment)
    shop.payport.close()


@needs_mount
def test_DUR_06_sqlite_on_a_full_disk_refuses_and_recovers(
    migrated_sqlite: Path, tmp_path: Path, disk: SmallDisk
) -> None:
    shutil.copy(migrated_sqlite, disk.path / "payport.sqlite")
    shop = open_shop(tmp_path, f"sqlite:///{disk.path / 'payport.sqlite'}")
    payment = shop.pay(shop.order())

    disk.fill()
    fills_up(shop, payment)
    nothing_is_half_done(shop, payment)
    disk.empty()

    completes_once(shop, payment)
    shop.payport.close()


@needs_mount
def test_DUR_06_postgresql_whose_tables_cannot_grow_refuses_and_recovers(
    tmp_path: Path, disk: SmallDisk
) -> None:
    with crashing_postgres() as server:
        space = disk.path / "space"
        space.mkdir()
        server.own(space)
        server.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        server.execute("CREATE DATABASE small TEMPLATE payport_template TABLESPACE small STRATEGY file_copy")
        shop = open_shop(tmp_path, server.url("small"))
        payment = shop.pay(shop.order())

        disk.fill()
        fills_up(shop, payment)
        nothing_is_half_done(shop, payment)
        disk.empty()

        completes_once(shop, payment)
        shop.payport.close()


@needs_mount
def test_DUR_06_postgresql_without_space_for_its_wal_stops_and_loses_nothing(
    tmp_path: Path, disk: SmallDisk
) -> None:
    """It stops by itself (PANIC). What was told to be final is there once there is space again."""
    with crashing_postgres(wal=disk.path) as server, server.fresh() as url:
        shop = open_shop(tmp_path, url)
        payment, other = shop.pay(shop.order()), shop.pay(shop.order("khach-2"))
        shop.ipn(other, transaction="15000002")

        disk.fill()
        burn = "SELECT pg_logical_emit_message(false, '', repeat('x', 900000)) FROM generate_series(1, 90)"
        with pytest.raises(psycopg.OperationalError):  # more than all segments that are there already
            server.execute(burn)
        told = [said(shop.ipn(payment)) for _ in range(3)]
        server.crash()
        disk.empty()
        server.start()

        assert told == ["try_again"] * 3
        assert shop.payport.order(other.order_number).state is OrderState.PAID
        assert shop.payment(payment).state is State.PENDING
        completes_once(shop, payment)
        shop.payport.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_DUR_06_a_full_disk_of_the_log_costs_no_callback(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = shop.pay(shop.order())
    handler = logging.FileHandler("/dev/full")
    log = logging.getLogger("payport")
    monkeypatch.setattr(log, "level", logging.DEBUG)
    monkeypatch.setattr(log, "handlers", [*log.handlers, handler])

    forged = ipn_query(payment.merchant_reference, 1, secret="x" * 32)
    answers = [said(shop.deliver(forged)), said(shop.ipn(payment)), said(shop.ipn(payment))]

    assert answers == ["not_authentic", "recorded", "already_known"]
    with suppress(OSError):
        handler.close()
