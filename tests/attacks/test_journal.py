"""JNL-01 to 05 and 08: whoever writes the database changes the journal, and is found. On both databases; the
stand-alone script is asked each time, and says what the core says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from payport.errors import Defect
from payport.journal.entry import leaf_hash, words_digest
from payport.rules.money import vnd
from payport.service.auditing import check_database
from payport.service.heads_file import read_heads
from payport.service.replaying import compare
from payport.service.sealing import seal
from payport.storage import tables as t
from tests.support.journal_forger import Entries, Forger, rehashed, the_script, with_a_key, write_journal
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop

SCRIPT = the_script()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seller(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shop, Forger]]:
    """One for all forgeries: each is undone. Its invariants are checked at the end."""
    folder = tmp_path_factory.mktemp("forged")
    with _database(request, folder) as url:
        shop = open_shop(folder, url)
        yield shop, _journal(shop, folder)
        check_invariants(shop.payport)
        shop.payport.close()


@contextmanager
def _database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "payport.sqlite")
        yield f"sqlite:///{folder / 'payport.sqlite'}"
    else:
        with request.getfixturevalue("postgres").fresh() as url:
            yield url


@pytest.fixture
def forger(seller: tuple[Shop, Forger]) -> Forger:
    return seller[1]


@pytest.fixture
def forged_shop(seller: tuple[Shop, Forger]) -> Shop:
    return seller[0]


def _journal(shop: Shop, folder: Path) -> Forger:
    """Of four accounts: orders, money, a refund; three heads, and entries that are not sealed yet."""
    forger = Forger(with_a_key(shop.payport.seller, folder), folder, SCRIPT)
    payment = shop.pay(shop.order("an-binh"))
    shop.ipn(payment)
    forger.seal()
    shop.order("binh-minh")
    forger.seal()
    shop.clock.forward(seconds=7.000001)
    shop.payport.refund(
        payment.merchant_reference, vnd(1_000), key="a", actor="Lan", reason="goodwill", by_hand=True,
        gateway_reference="FT1",
    )  # fmt: skip
    shop.pay(shop.order("chau-thanh"))
    forger.seal()
    shop.order("dong-a")
    shop.pay(shop.order("chau-thanh"))
    assert [head["size"] for head in forger.heads] == sorted({head["size"] for head in forger.heads})
    assert len(forger.heads) == 3
    assert sum(row["number"] is None for row in forger.entries) >= 1
    return forger


def sealed(forger: Forger) -> int:
    return int(forger.heads[-1]["size"])


def test_the_journal_is_whole_as_it_was_written(forger: Forger) -> None:
    entries = forger.entries
    verdict = forger.judge(entries)

    assert verdict is not None
    size, waiting = sealed(forger), len(entries) - sealed(forger)
    assert str(verdict) == f"whole, sealed up to {size} of {len(entries)}, {waiting} not yet sealed"
    assert verdict.notes == ()
    assert [row["number"] for row in entries][: sealed(forger)] == [*range(1, sealed(forger) + 1)]


def _other(value: Any) -> Any:
    if value is None:
        return "paid"
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    return value + (1 if isinstance(value, int) else timedelta(microseconds=1))


def test_JNL_01_a_change_in_any_column_of_an_entry_is_found_and_named(forger: Forger) -> None:
    rows = forger.entries
    columns = [
        column.name for column in t.journal.c if column.name != "id"
    ]  # ids only order what has no number
    for place in (0, sealed(forger) // 2, sealed(forger) - 1, len(rows) - 1):
        for column in columns:
            if column == "number" and rows[place]["number"] is None:
                continue
            forged = forger.entries
            forged[place][column] = _other(forged[place][column])
            bad = forger.bad(forged)

            assert bad is None or bad.number in {rows[place]["number"], None}, (place, column, bad)
            if bad is not None and column != "number":
                assert (bad.chain, bad.sequence) == (rows[place]["chain"], rows[place]["sequence"]) or (
                    column == "text"
                )


def test_JNL_01_a_change_of_any_byte_of_a_text_is_found(forger: Forger) -> None:
    """Also of one that the JSON hides: a blank, an escape, another order of keys."""
    rows = forger.entries
    for place in (0, sealed(forger) - 1, len(rows) - 1):
        written = rows[place]["text"]
        for at in range(0, len(written), 61):
            forged = forger.entries
            forged[place]["text"] = written[:at] + chr(ord(written[at]) ^ 1) + written[at + 1 :]
            assert forger.bad(forged) is not None
        for same in (written.replace(":", ": ", 1), json.dumps(json.loads(written)), written + " "):
            forged = forger.entries
            forged[place] |= {"text": same, "hash": leaf_hash(same)}
            bad = forger.bad(forged)
            assert bad is not None
            assert bad.why == "its text is not written as an entry is"


def test_JNL_01_an_amount_that_was_rewritten_with_all_hashes_after_it_is_not_what_was_sealed(
    forger: Forger,
) -> None:
    for place in range(sealed(forger)):
        forged = forger.entries
        read = json.loads(forged[place]["text"])
        read["facts"]["forged"] = 1
        forged[place]["text"] = json.dumps(read, sort_keys=True, separators=(",", ":"))
        bad = forger.bad(rehashed(forged), with_outside=False)

        assert bad is not None
        assert bad.why == "not what was sealed"
        assert bad.number is not None
        assert bad.number <= place + 1 <= (bad.last or bad.number)


def test_JNL_01_a_change_in_any_column_of_a_head_is_found(forger: Forger) -> None:
    for place, head in enumerate(forger.heads):
        for column in head:
            forged = forger.heads
            forged[place][column] = _other(forged[place][column])
            bad = forger.bad(forger.entries, forged, with_outside=False)

            before = forger.heads[place - 1]["size"] if place else 0
            assert bad is None or bad.number == before + 1, (place, column, bad)


def test_JNL_01_an_instant_of_a_head_that_is_none_is_found(forger: Forger, forged_shop: Shop) -> None:
    """SQLite keeps any text there, and PostgreSQL what no clock says."""
    with _undone(forged_shop) as connection:
        odd = {"sqlite": "garbage", "postgresql": "infinity"}[connection.dialect.name]
        connection.execute(text(f"UPDATE {_schema(connection)}journal_heads SET at = '{odd}'"))
        verdict = check_database(connection, forger.seller.sealing)

    assert verdict.bad is not None
    assert verdict.bad.number == 1


def test_JNL_01_heads_of_another_key_or_of_none_are_not_believed(
    forger: Forger, tmp_path: Path, forged_shop: Shop
) -> None:
    """The forger seals all of it anew. That is found even where no head is kept outside."""
    own = forger.heads
    (tmp_path / "forger").mkdir()
    other = Forger(with_a_key(forged_shop.payport.seller, tmp_path / "forger"), tmp_path, SCRIPT)
    for sealing in (other.seller.sealing, replace(other.seller.sealing, key=None)):
        with _undone(forged_shop) as connection:
            connection.execute(text(f"DELETE FROM {_schema(connection)}journal_heads"))
            connection.execute(text(f"UPDATE {_schema(connection)}journal SET number = NULL"))
            heads = _sealed_by(connection, replace(other.seller, sealing=replace(sealing, heads=None)))
        bad = forger.bad(forger.entries, [head | {"at": own[0]["at"]} for head in heads], with_outside=False)

        assert bad is not None


def test_JNL_02_an_entry_that_is_gone_is_missed(forger: Forger) -> None:
    """But for the very last ones of a chain that nobody sealed: the tables tell of those, see JNL-06."""
    last = sealed(forger)
    for first in range(last):
        for count in {1, 2, 3, last - first}:
            forged = forger.entries
            del forged[first : first + count]
            bad = forger.bad(forged)

            assert bad is not None
            assert bad.number == first + 1


def test_JNL_02_an_entry_that_is_gone_and_whose_number_another_took_is_missed(forger: Forger) -> None:
    for place in range(sealed(forger)):
        forged = forger.entries
        del forged[place]
        for number, row in enumerate(forged[: sealed(forger) - 1], 1):
            row["number"] = number
        assert forger.bad(forged) is not None
        assert forger.bad(rehashed(forged)) is not None


def test_JNL_03_an_end_that_was_cut_off_is_missed_by_the_heads_outside(forger: Forger) -> None:
    """With the heads in the database cut off too. The report says up to which entry it is sure."""
    sizes = [head["size"] for head in forger.heads]
    for left in range(sizes[-1]):
        entries = [row for row in forger.entries if row["number"] is not None and row["number"] <= left]
        heads = [head for head in forger.heads if head["size"] <= left]
        for row in entries[heads[-1]["size"] if heads else 0 :]:
            row["number"] = None
        verdict = forger.judge(entries, heads)

        assert verdict is not None
        assert verdict.bad is not None
        assert verdict.sealed == max((size for size in sizes if size <= left), default=0)
        assert "not in the journal" in verdict.bad.why

    alone = forger.judge(entries, heads, with_outside=False)
    assert alone is not None
    assert alone.bad is None
    assert entries == [] or "cut off" in alone.notes[0]  # what nobody could see, it says


def test_JNL_03_an_end_without_its_entries_but_with_its_heads_is_missed_alone(forger: Forger) -> None:
    forged = forger.entries[: sealed(forger) - 2]
    bad = forger.bad(forged, with_outside=False)

    assert bad is not None
    assert bad.number == sealed(forger) - 1
    assert bad.why == f"missing: a head seals up to {sealed(forger)}"


def test_JNL_03_the_sealer_goes_on_from_no_journal_that_was_cut_off(
    forger: Forger, forged_shop: Shop
) -> None:
    with _undone(forged_shop) as connection:
        size = forger.heads[-1]["size"]
        schema = _schema(connection)
        connection.execute(text(f"DELETE FROM {schema}journal_heads WHERE size = {size}"))
        connection.execute(
            text(f"UPDATE {schema}journal SET number = NULL WHERE number > {forger.heads[-2]['size']}")
        )
        with pytest.raises(Defect, match=f"the head of {size} that is kept outside is not in the database"):
            _sealed_by(connection, forger.seller)


def test_JNL_04_two_entries_that_changed_places_are_found(forger: Forger) -> None:
    """Their numbers alone, and all but their numbers; then with every hash made to fit."""
    count = len(forger.entries)
    rows = forger.entries
    for one, other in combinations(range(count), 2):
        if rows[one]["number"] is None or other - one not in {1, 2, 5}:
            continue
        forged = [dict(row) for row in rows]
        forged[one], forged[other] = forged[other], forged[one]
        for place in (one, other):
            forged[place] |= {name: rows[place][name] for name in ("number", "id")}
        bad = forger.bad(forged)
        assert bad is not None
        assert bad.number is None or bad.number <= other + 1
        if rows[other]["number"] is not None:
            assert forger.bad(rehashed(forged)) is not None


def test_JNL_05_an_entry_that_was_put_in_is_found(forger: Forger, forged_shop: Shop) -> None:
    """Well formed, in the chain of its order. At the end and with no number it is an entry like any other:
    the tables then say nothing of it, and that is found."""
    rows = forger.entries
    for place in (*range(0, sealed(forger), 3), sealed(forger)):
        forged = _put_in(rows, place)
        for number, row in enumerate(forged[: sealed(forger) + 1], 1):
            row["number"] = number
        forger.bad(forged)
        assert forger.bad(rehashed(forged)) is not None

    at_the_end = rehashed(_put_in(rows, len(rows)))
    verdict = forger.judge(at_the_end)
    assert verdict is not None
    assert verdict.bad is None
    with _undone(forged_shop) as connection:
        write_journal(connection, at_the_end, forger.heads)
        assert compare(connection)


def test_JNL_08_without_its_entry_no_change_is_made(shop: Shop) -> None:
    """Where the journal cannot be written, money's callback is answered "call again", and nothing changes."""
    payment = shop.pay(shop.order())
    database = shop.payport.seller.database
    for statement in _JOURNAL_FAILS[database.engine.dialect.name]:
        database.transaction(lambda connection, it=statement: connection.execute(text(it)))

    reply = shop.ipn(payment).reply
    with pytest.raises(Exception, match="no space for the journal"):
        shop.order("another")

    assert b'"99"' in reply.body
    assert shop.payment(payment).received == vnd(0)
    with database.reading() as connection:
        assert connection.execute(select(t.receipts)).first() is None
        assert connection.execute(select(t.orders).where(t.orders.c.account == "another")).first() is None
    database.transaction(lambda connection: connection.execute(text(_JOURNAL_WORKS[connection.dialect.name])))
    assert b'"00"' in shop.ipn(payment).reply.body
    assert shop.payment(payment).received == payment.amount


_JOURNAL_FAILS = {
    "sqlite": (
        "CREATE TRIGGER full BEFORE INSERT ON journal"
        " BEGIN SELECT RAISE(ABORT, 'no space for the journal'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION payport.is_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space for the journal'; END $$",
        "CREATE TRIGGER full_ BEFORE INSERT ON payport.journal"
        " FOR EACH ROW EXECUTE FUNCTION payport.is_full()",
    ),
}
_JOURNAL_WORKS = {"sqlite": "DROP TRIGGER full", "postgresql": "DROP FUNCTION payport.is_full() CASCADE"}


def _put_in(rows: Entries, place: int) -> Entries:
    """A copy of the first entry's order, changed, as the next of its chain."""
    forged = [dict(row) for row in rows]
    before = [row for row in rows[:place] if row["chain"] == rows[0]["chain"]]
    read = json.loads(rows[0]["text"])
    previous = before[-1]["hash"] if before else read["previous"]
    read |= {
        "sequence": len(before) + 1,
        "previous": previous,
        "account_sequence": sum(row["account"] == read["account"] for row in rows[:place]) + 1,
        "words": words_digest(previous, "forged"),
        "kind": "order.updated",
        "to": "paid",
    }
    written = json.dumps(read, sort_keys=True, separators=(",", ":"))
    new = rows[0] | {
        "id": 1_000_000,
        "number": None,
        "sequence": read["sequence"],
        "account_sequence": read["account_sequence"],
        "because": "forged",
        "kind": "order.updated",
        "to_state": "paid",
        "text": written,
        "hash": leaf_hash(written),
        "previous": previous,
    }
    forged.insert(place, new)
    return forged


class _Undone(Exception):
    pass


@contextmanager
def _undone(shop: Shop) -> Iterator[Connection]:
    """A transaction of whoever writes the database, taken back."""
    with shop.payport.seller.database.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def _schema(connection: Connection) -> str:
    return "" if connection.dialect.name == "sqlite" else f"{t.SCHEMA}."


def _sealed_by(connection: Connection, seller: Any) -> Entries:
    """What this seller's sealer makes of the journal, inside the transaction."""
    from payport.service.sealing import _seal_some

    _seal_some(connection, seller)
    return [{**row._mapping} for row in connection.execute(select(t.journal_heads))]


def test_heads_are_kept_outside_also_those_that_a_crash_left_out(forger: Forger, forged_shop: Shop) -> None:
    file = forger.seller.sealing.heads
    assert file is not None
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)

    for torn in (lines[0], lines[0] + lines[1][:40], b"", whole + b'{"head"'):
        file.write_bytes(torn)
        seal(forger.seller)
        kept = file.read_bytes()

        assert kept.startswith(whole)
        assert [head.text for head in read_heads(file)] == [head["text"] for head in forger.heads]
        whole = kept
