"""JNL-06 for rows that have no entries of their own: the quote of an order, the callback or the line of a
statement that proved money, the use of a code. An entry rests on each, and names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from payport.journal.witnesses import catalog_digest
from payport.rules.order import State
from payport.rules.statement import Fate
from payport.service.floods import prune
from payport.service.replaying import compare
from payport.storage import tables as t
from tests.support.oracle import check_invariants
from tests.support.shop import NOON, Shop
from tests.support.sign import ipn_query
from tests.support.transfers import ACCOUNT, Transfers, open_transfers

LATER = NOON + timedelta(days=9)
QUOTES = {
    "document": ('{"total":1}', "document"),
    "total_minor": (1, "total_minor"),
    "currency": ("USD", "currency"),
    "expires_at": (LATER, "expires_at"),
}
CALLBACKS = {
    "query": (b"vnp_Amount=1", "channel, method, query or body"),
    "body": (b"more", "channel, method, query or body"),
    "channel": ("return", "channel, method, query or body"),
    "method": ("POST", "channel, method, query or body"),
    "gateway_account": ("another", "gateway_account"),
    "received_at": (LATER, "received_at"),
    "verdict": ("hint", "verdict"),
    "merchant_reference": ("SVP222222222", "merchant_reference"),
}
LINES = {
    "amount_minor": (1, "amount_minor"),
    "currency": ("USD", "currency"),
    "booked_at": (LATER, "booked_at or fingerprint"),
    "fingerprint": ("0" * 64, "booked_at or fingerprint"),
    "fate": ("unmatched", "fate"),
}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Transfers]:
    """Money that a callback proved, money that a line of a statement did, and money that nobody expected."""
    desk = open_transfers(tmp_path, database_url)
    shop = desk.shop
    shop.ipn(shop.pay(shop.order("an-tam")))
    transfer = desk.order()
    desk.clock.forward(minutes=1)
    assert desk.read_one(desk.line(transfer, reference="FT1")).fate is Fate.MATCHED
    for query in (ipn_query("SVP999999999", 7_000), b"nothing"):
        shop.deliver(query)  # money that nobody expects, and what proves nothing
    yield desk
    check_invariants(shop.payport)
    shop.payport.close()


@contextmanager
def meddling(shop: Shop) -> Iterator[Connection]:
    """A connection that may write whatever the database itself allows; undone afterwards."""
    with shop.payport.seller.database.engine.connect() as connection, connection.begin() as all_of_it:
        yield connection
        all_of_it.rollback()


def said_after(
    connection: Connection, table: Table, where: ColumnElement[bool], values: Mapping[str, Any] | None
) -> list[tuple[str, str | None, str]]:
    """Table, column and problem of what is found, once the rows are changed; None: deleted."""
    with connection.begin_nested() as savepoint:
        change = delete(table) if values is None else update(table).values(values)
        assert connection.execute(change.where(where)).rowcount
        found = compare(connection)
        savepoint.rollback()
    assert all(difference.entry for difference in found)
    return [(each.table, each.column, each.problem) for each in found]


class TestWhoeverWritesTheDatabase:
    def test_JNL_06_changes_no_quote_that_an_order_was_placed_from(self, desk: Transfers) -> None:
        with meddling(desk.shop) as connection:
            quote = connection.execute(select(t.orders.c.quote_id).limit(1)).scalar_one()
            for column, (value, named) in QUOTES.items():
                found = said_after(connection, t.quotes, t.quotes.c.id == quote, {column: value})
                assert [each[:2] for each in found] == [("quotes", named)], column

            document = connection.execute(select(t.quotes.c.document).limit(1)).scalar_one()
            longer = document.replace('"months":12', '"months":99')
            ((_, _, problem),) = said_after(
                connection, t.quotes, t.quotes.c.document == document, {"document": longer}
            )
        assert longer != document
        assert problem.startswith("its SHA-256 is ")

    def test_JNL_06_changes_no_catalog_that_priced_an_order(self, desk: Transfers) -> None:
        this = t.catalogs.c.version.is_not(None)
        with meddling(desk.shop) as connection:
            before = connection.execute(select(t.catalogs.c.document)).scalar_one()
            cheaper = before.replace('"included_gb":10,', '"included_gb":99,')
            assert cheaper != before
            forged = {"document": cheaper, "digest": catalog_digest(cheaper)}
            assert [each[:2] for each in said_after(connection, t.catalogs, this, forged)] == [
                ("catalogs", "digest"),
                ("catalogs", "document"),
            ]
            assert [
                each[:2] for each in said_after(connection, t.catalogs, this, {"document": "no JSON"})
            ] == [("catalogs", "document")]
            assert [each[:2] for each in said_after(connection, t.catalogs, this, None)] == [
                ("catalogs", None)
            ]

    def test_JNL_06_changes_and_deletes_no_callback_that_proved_money(self, desk: Transfers) -> None:
        is_proof = t.callbacks.c.verdict == "proof"
        with meddling(desk.shop) as connection:
            assert compare(connection) == ()
            proofs = connection.execute(select(t.callbacks.c.id).where(is_proof)).scalars().all()
            assert len(proofs) == 2
            for number in proofs:
                for column, (value, named) in CALLBACKS.items():
                    found = said_after(connection, t.callbacks, t.callbacks.c.id == number, {column: value})
                    assert ("callbacks", named) in [each[:2] for each in found], column
            gone = said_after(connection, t.callbacks, is_proof, None)
            assert gone == [
                ("callbacks", None, "the journal rests on it, the table has no such row") for _ in proofs
            ]
            assert said_after(connection, t.callbacks, ~is_proof, None) == []

    def test_JNL_06_changes_and_deletes_no_line_that_proved_money(self, desk: Transfers) -> None:
        is_line = t.statement_lines.c.reference == "FT1"
        with meddling(desk.shop) as connection:
            for column, (value, named) in LINES.items():
                found = said_after(connection, t.statement_lines, is_line, {column: value})
                assert [each[:2] for each in found] == [("statement_lines", named)], column
            assert [each[:2] for each in said_after(connection, t.statement_lines, is_line, None)] == [
                ("statement_lines", None)
            ]
            other = connection.execute(select(t.orders.c.number).where(t.orders.c.account == "an-tam"))
            moved = {"order_number": other.scalar_one()}
            assert [each[:2] for each in said_after(connection, t.statement_lines, is_line, moved)] == [
                ("statement_lines", "order_number")
            ]

    def test_JNL_06_frees_uses_and_hides_no_code(self, desk: Transfers) -> None:
        shop = desk.shop
        shop.payport.cancel(shop.order("mot", code="ONCE").number, actor="Lan", reason="no answer")
        late = desk.order("hai", code="ONCE")
        desk.clock.forward(days=30)
        shop.payport.work()
        assert desk.now(late).state is State.EXPIRED
        uses = t.code_uses.c
        with meddling(shop) as connection:
            assert None not in connection.execute(select(uses.freed_at)).scalars().all()
            assert compare(connection) == ()

        line = desk.line(late, late.total.minor, reference="FT2")
        assert desk.read_one(line).fate is Fate.MATCHED
        with meddling(shop) as connection:
            is_late = uses.order_number == late.number
            assert connection.execute(select(uses.freed_at).where(is_late)).scalar_one() is None
            assert compare(connection) == ()
            free = said_after(connection, t.code_uses, is_late, {"freed_at": LATER})
            used = said_after(connection, t.code_uses, ~is_late, {"freed_at": None})
            assert [each[:2] for each in (*free, *used)] == [("code_uses", "freed_at")] * 2
            hidden = said_after(connection, t.code_uses, is_late, None)
            assert hidden == [("code_uses", None, "the journal tells of 'ONCE', the table has no such row")]
            number = connection.execute(select(t.orders.c.number).where(t.orders.c.account == "an-tam"))
            connection.execute(insert(t.code_uses).values(order_number=number.scalar_one(), code="ONCE"))
            (put_in,) = compare(connection)
        assert (put_in.table, put_in.problem) == (
            "code_uses",
            "the table has 'ONCE', the journal tells of no code",
        )


class TestWhatPayportTakesAwayItself:
    def test_JNL_09_leaves_all_that_an_entry_rests_on(self, desk: Transfers) -> None:
        for account in ("an-tam", "binh-minh"):
            desk.shop.payport.erase_buyer(account, actor="Lan", reason="by letter")
        desk.clock.forward(days=200)

        assert prune(desk.shop.payport.seller) == 1

        with desk.shop.payport.seller.database.reading() as connection:
            assert compare(connection) == ()
            memo = select(t.statement_lines.c.text).where(t.statement_lines.c.gateway_account == ACCOUNT)
            assert connection.execute(memo).scalar_one() == ""
