"""What a transaction records is written with it, and undone with what it belongs to: on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from payport.journal.entry import FIRST
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.journal_records import record, write_recorded
from tests.support.shop import NOON, Shop


class _Undone(Exception):
    pass


class TestATransactionThatRecordsSeveralChanges:
    def test_reads_the_last_entries_once_and_writes_all_at_its_end(self, shop: Shop) -> None:
        _recorded(shop, "first")
        statements: list[str] = []
        event.listen(
            shop.payport.seller.database.engine,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, *_: statements.append(statement),
        )

        _recorded(shop, "second", "third", "fourth")

        reads, *adds = (each for each in statements if "journal" in each)
        assert "INSERT" not in reads
        assert all("INSERT" in each for each in adds)
        if not shop.payport.seller.database.is_sqlite:  # which promises no order for rows that it gives back
            assert len(adds) == 1
        assert _entries(shop) == [(1, 1, "first"), (2, 2, "second"), (3, 3, "third"), (4, 4, "fourth")]

    def test_leaves_none_where_it_is_undone(self, shop: Shop) -> None:
        def use(connection: Connection) -> None:
            _record(connection, "never")
            raise _Undone

        with pytest.raises(_Undone):
            shop.payport.seller.database.transaction(use)

        _recorded(shop, "first")
        assert _entries(shop) == [(1, 1, "first")]

    def test_keeps_what_was_recorded_before_a_savepoint_that_is_undone_and_after(self, shop: Shop) -> None:
        def use(connection: Connection) -> None:
            _record(connection, "before")
            savepoint = connection.begin_nested()
            _record(connection, "inside")
            write_recorded(connection)
            _record(connection, "inside, and not written yet")
            savepoint.rollback()
            with connection.begin_nested():
                _record(connection, "inside one that is kept")
            _record(connection, "after")

        shop.payport.seller.database.transaction(use)

        assert _entries(shop) == [(1, 1, "before"), (2, 2, "inside one that is kept"), (3, 3, "after")]

    def test_may_read_what_it_wrote_so_far(self, shop: Shop) -> None:
        def use(connection: Connection) -> list[Any]:
            _record(connection, "first")
            write_recorded(connection)
            return list(connection.execute(select(t.journal.c.because)).scalars())

        assert shop.payport.seller.database.transaction(use) == ["first"]


def test_outside_a_use_case_an_entry_is_written_at_once(shop: Shop) -> None:
    with shop.payport.seller.database.engine.begin() as connection:
        _record(connection, "first")
        _record(connection, "second")

        assert connection.execute(select(t.journal.c.because)).scalars().all() == ["first", "second"]

    assert _entries(shop) == [(1, 1, "first"), (2, 2, "second")]


def _recorded(shop: Shop, *words: str) -> None:
    def use(connection: Connection) -> None:
        for each in words:
            _record(connection, each)

    shop.payport.seller.database.transaction(use)


def _record(connection: Connection, because: str) -> None:
    lock_account(connection, "binh-minh")
    record(
        connection,
        chain="account binh-minh",
        account="binh-minh",
        at=NOON,
        kind="entitlement.changed",
        subject="callback",
        reference="R1",
        from_state=None,
        to_state=None,
        facts={},
        because=because,
    )


def _entries(shop: Shop) -> list[tuple[int, int, str]]:
    with shop.payport.seller.database.reading() as connection:
        rows = connection.execute(select(t.journal).order_by(t.journal.c.id)).all()
    hashes = [FIRST, *(row.hash for row in rows)]
    assert all(f'"previous":"{before}"' in row.text for before, row in zip(hashes, rows, strict=False))
    return [(row.sequence, row.account_sequence, row.because) for row in rows]
