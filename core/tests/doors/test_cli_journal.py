"""`payport journal`: sealed, checked, exported; what payport.toml may say of it."""

from __future__ import annotations

import asyncio
import json
import stat
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from payport import AsyncPayport, Payport
from payport.doors.cli.doctor import Grade, examine
from payport.errors import ConfigurationError, Defect
from payport.journal.entry import leaf_hash
from payport.journal.seal import SignedHead, next_head
from payport.service.heads_file import append_heads, read_heads
from payport.service.sealing import Sealed, Sealing, seal, seal_if_due
from payport.storage import tables as t
from tests.support.shop import NOON, Shop, write_configuration


def configure(folder: Path, table: str) -> Path:
    file = folder / "payport.toml"
    file.write_text(
        file.read_text(encoding="utf-8").partition("\n[journal]")[0] + f"\n{table}\n", encoding="utf-8"
    )
    return file


def with_a_new_key(cli: Any, folder: Path) -> str:
    """The public half."""
    made = cli("journal", "new-key", "sealing.pem", "--key-id", "2026")
    configure(folder, made.out.partition("\n\nPublic")[0])
    return str(made.out.rpartition("2026=")[2].strip())


def test_is_whole_from_its_sealing_to_its_export(cli: Any, shop: Shop, tmp_path: Path) -> None:
    shop.ipn(shop.pay(shop.order()))
    first = cli("journal", "seal")
    assert (first.status, first.lines("sealed up to")) == (0, ["sealed up to 7, 7 of them now"])
    assert len(first.lines("the head is")) == 2  # not signed, and in the database alone

    assert cli("journal", "keys").out == "none: payport.toml names no journal.key\n"
    public = with_a_new_key(cli, tmp_path)
    assert stat.S_IMODE((tmp_path / "sealing.pem").stat().st_mode) == 0o600
    assert cli("journal", "keys").out == f"2026={public}\n"
    shop.order("an-binh")
    assert cli("journal", "seal").out == "sealed up to 8, 1 of them now\n"
    shop.order("binh-minh-2")

    checked = cli("journal", "check")
    assert (checked.status, checked.out) == (0, "whole, sealed up to 8 of 9, 1 not yet sealed\n")
    assert json.loads(cli("journal", "check", "--json").out) == {
        "whole": True, "entries": 9, "sealed": 8, "bad": None, "notes": [], "differences": [],
    }  # fmt: skip

    assert cli("journal", "export", "e.jsonl").out == "e.jsonl: 9 entries, 2 heads\n"
    trusted = ("--export", "e.jsonl", "--heads", "heads.jsonl", "--key", f"2026={public}")
    (tmp_path / "payport.toml").rename(tmp_path / "elsewhere.toml")
    assert cli("journal", "check", *trusted).out == checked.out
    assert "because" not in (tmp_path / "e.jsonl").read_text()
    again = cli("journal", "export", "e.jsonl", "--config", "elsewhere.toml")
    assert (again.status, again.err) == (2, "FILE: is there already. Name a file that is not.\n")


def test_that_is_broken_is_said_with_the_entry_and_a_status(cli: Any, shop: Shop) -> None:
    order = shop.order()
    cli("journal", "seal")
    database = shop.payport.seller.database
    database.transaction(lambda connection: connection.execute(update(t.journal).values(kind="order.paid")))

    checked = cli("journal", "check")

    assert checked.status == 1
    assert checked.out.startswith(
        f"broken at entry 1 ({order.number}, 1): its column kind is not what its text says; sure up to 0\n"
    )
    assert json.loads(cli("journal", "check", "--json").out)["bad"]["chain"] == order.number
    database.transaction(lambda connection: connection.execute(update(t.journal).values(kind="order.placed")))


def test_that_is_whole_beside_tables_that_say_more_is_found_too(cli: Any, shop: Shop) -> None:
    order = shop.order()
    database = shop.payport.seller.database
    table = "orders" if database.is_sqlite else "payport.orders"
    change = f"UPDATE {table} SET total_minor = total_minor {{}} 1"
    database.transaction(lambda connection: connection.execute(text(change.format("-"))))

    checked = cli("journal", "check")

    assert checked.status == 1
    assert not shop.payport.check_journal().is_whole
    assert checked.lines("whole, ")
    assert order.number in checked.lines("differs")[0]
    assert checked.lines("the tables differ from the journal in 1")
    database.transaction(lambda connection: connection.execute(text(change.format("+"))))
    assert shop.payport.check_journal().is_whole


def test_is_sealed_by_a_host_without_a_worker(shop: Shop) -> None:
    shop.order()
    host = AsyncPayport(shop.payport.seller, shop.payport.configuration)

    assert shop.payport.seal() == Sealed(size=1, added=1)
    shop.order("an-binh")
    assert asyncio.run(host.seal()) == Sealed(size=2, added=1)
    assert shop.payport.seal() == Sealed(size=2, added=0)


def test_is_sealed_by_workers_after_a_while_and_by_one_of_them(shop: Shop) -> None:
    seller = shop.payport.seller
    shop.order("a")
    assert [seal_if_due(seller), seal_if_due(seller)] == [True, False]
    shop.order("b")
    assert not seal_if_due(seller)
    shop.clock.now += timedelta(seconds=5)
    assert [seal_if_due(seller), seal_if_due(seller)] == [True, False]
    shop.order("c")
    shop.clock.now -= timedelta(days=1)  # set back: nothing waits for a day
    assert seal_if_due(seller)


def test_is_not_sealed_on_from_what_is_not_ours(cli: Any, shop: Shop, tmp_path: Path) -> None:
    with_a_new_key(cli, tmp_path)
    shop.order("a")
    cli("journal", "seal")
    shop.order("b")
    database = shop.payport.seller.database
    with database.reading() as connection:
        head = connection.execute(select(t.journal_heads)).one()
    other = {
        "signature": head.signature.replace(head.signature[:8], "AAAAAAAA"),
        "text": head.text.replace('"size":1', '"size":2'),
    }
    for column, value in other.items():
        database.transaction(
            lambda connection, it={column: value}: connection.execute(update(t.journal_heads).values(it))
        )
        refused = cli("journal", "seal")
        assert (refused.status, refused.out) == (1, "")
        assert refused.err.startswith("journal: the last head ")
        database.transaction(
            lambda connection: connection.execute(
                update(t.journal_heads).values(text=head.text, signature=head.signature)
            )
        )
    database.transaction(lambda connection: connection.execute(update(t.journal).values(hash="0" * 64)))
    assert "is not what was written" in cli("journal", "seal").err
    _take_back(shop)


def _take_back(shop: Shop) -> None:
    """So that the oracle finds what was written."""

    def mend(connection: Any) -> None:
        for row in connection.execute(select(t.journal.c.id, t.journal.c.text)).all():
            connection.execute(
                update(t.journal).where(t.journal.c.id == row.id).values(hash=leaf_hash(row.text))
            )

    shop.payport.seller.database.transaction(mend)


def test_goes_on_under_a_new_key_while_the_old_ones_public_half_is_listed(
    cli: Any, shop: Shop, tmp_path: Path
) -> None:
    public = with_a_new_key(cli, tmp_path)
    shop.order("a")
    cli("journal", "seal")
    cli("journal", "new-key", "next.pem", "--key-id", "2027")
    table = '[journal]\nkey = { file = "next.pem" }\nkey_id = "2027"\nheads = "heads.jsonl"\n'
    configure(tmp_path, table)
    shop.order("b")
    unknown = "journal: the last head (of 1) is signed by the key '2026', and payport.toml does not know it. "
    assert cli("journal", "seal").err.startswith(unknown)
    forgotten = cli("journal", "check")
    configure(tmp_path, f'{table}[[journal.former_keys]]\nid = "2026"\npublic = "{public}"')
    cli("journal", "seal")
    known = cli("journal", "check")

    assert forgotten.out.startswith("broken at entry 1: its head is signed by a key that is not known")
    assert (known.status, known.out) == (0, "whole, sealed up to 2 of 2, 0 not yet sealed\n")


def test_that_was_signed_is_not_sealed_by_a_process_that_has_no_key(
    cli: Any, shop: Shop, tmp_path: Path
) -> None:
    """A head without a signature after one with it is never believed: it would be broken for good."""
    with_a_new_key(cli, tmp_path)
    signed = (tmp_path / "payport.toml").read_text(encoding="utf-8")
    shop.order("a")
    cli("journal", "seal")
    shop.order("b")
    configure(tmp_path, "")

    refused = cli("journal", "seal")

    assert (refused.status, refused.out) == (1, "")
    assert "is signed by the key '2026', and payport.toml names no journal.key. " in refused.err
    (tmp_path / "payport.toml").write_text(signed, encoding="utf-8")
    assert cli("journal", "seal").out == "sealed up to 2, 1 of them now\n"
    assert cli("journal", "check").status == 0


def test_a_head_that_was_not_kept_outside_is_kept_there_though_nothing_moves(
    shop: Shop, tmp_path: Path
) -> None:
    """A crash after the commit, or a full disk; and no new entry for hours."""
    seller = replace(shop.payport.seller, sealing=Sealing(heads=tmp_path / "heads.jsonl"))
    shop.order("a")
    seal(seller)
    before = (tmp_path / "heads.jsonl").read_bytes()
    shop.order("b")
    seal(seller)
    whole = (tmp_path / "heads.jsonl").read_bytes()

    for left in (b"", before, before + b'{"head"'):
        (tmp_path / "heads.jsonl").write_bytes(left)
        assert not seal_if_due(seller)
        assert (tmp_path / "heads.jsonl").read_bytes() == whole


def test_that_has_lost_what_is_kept_outside_is_told_though_nothing_moves(shop: Shop, tmp_path: Path) -> None:
    seller = replace(shop.payport.seller, sealing=Sealing(heads=tmp_path / "heads.jsonl"))
    shop.order("a")
    seal(seller)
    (line,) = (tmp_path / "heads.jsonl").read_text(encoding="ascii").splitlines()
    other = line.replace(":1,", ":2,").replace('\\"size\\":1', '\\"size\\":2')
    (tmp_path / "heads.jsonl").write_text(f"{other}\n", encoding="ascii")

    with pytest.raises(Defect, match="kept outside"):
        seal_if_due(seller)
    assert (tmp_path / "heads.jsonl").read_text(encoding="ascii") == f"{other}\n"


def test_heads_that_are_older_than_what_is_kept_are_not_kept_again(tmp_path: Path) -> None:
    """Another process appended later ones, while this one read the database."""
    heads: list[SignedHead] = []
    for place in range(4):
        last = heads[-1] if heads else None
        heads.append(next_head(last, [leaf_hash(str(place))], at=NOON, key=None))

    append_heads(tmp_path / "heads.jsonl", heads[:3])
    append_heads(tmp_path / "heads.jsonl", heads[:2])
    append_heads(tmp_path / "heads.jsonl", heads)

    assert list(read_heads(tmp_path / "heads.jsonl")) == heads


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[journal]\nkey = "secret-text"\nkey_id = "a"', "journal.key: stands in the configuration"),
        ('[journal]\nkey = { env = "NOT_THERE" }\nkey_id = "a"', "journal.key: environment variable"),
        ('[journal]\nkey = { file = "catalog.toml" }\nkey_id = "a"', "journal.key: "),
        ('[journal]\nkey_id = "a"', "journal.key_id: key and key_id belong together"),
        ("[journal]\nevery = 0", "journal.every: "),
        ('[journal]\nsigner = "a"', "journal.signer: "),
        ('[journal]\nformer_keys = [{ id = "a", public = "AAAA" }]', "public key a: is not 32 bytes"),
    ],
)
def test_is_configured_wholly_or_not_at_all(tmp_path: Path, table: str, words: str) -> None:
    write_configuration(tmp_path, "sqlite:///payport.sqlite")
    with pytest.raises(ConfigurationError) as refused:
        Payport.from_config(configure(tmp_path, table))

    assert words in str(refused.value)
    assert "secret-text" not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "--export", "none.jsonl"), "none.jsonl: cannot be read"),
        (("check", "--export", "payport.toml"), "payport.toml: is no export of a journal"),
        (("check", "--export", "x", "--key", "k"), "--key: is not ID=BASE64"),
        (("check", "--heads", "none.jsonl"), "--heads: is not there"),
        (("check", "--key", "k=A"), "--key: goes with --export: "),
        (("new-key", "a.pem", "--key-id", "a=b"), "--key-id: is no name of a key"),
        (("new-key", "a.pem", "--key-id", "x" * 65), "--key-id: is no name of a key"),
        (("new-key", "payport.toml", "--key-id", "a"), "FILE: cannot be made: File exists"),
        (("export", "none/there.jsonl"), "FILE: cannot be written"),
    ],
)
def test_says_what_is_wrong_with_a_call(
    cli: Any, migrated_sqlite: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    write_configuration(tmp_path, "sqlite:///payport.sqlite")
    (tmp_path / "payport.sqlite").write_bytes(migrated_sqlite.read_bytes())
    ran = cli("journal", *arguments)

    assert ran.status in {1, 2}
    assert ran.err.startswith(words)


def test_a_key_is_named_by_the_path_that_payport_toml_needs(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()

    made = cli("journal", "new-key", "secrets/journal-2026", "--key-id", "2026")

    read = tomllib.loads(made.out.partition("\n\nPublic")[0])
    assert read["journal"] == {
        "key": {"file": "secrets/journal-2026"}, "key_id": "2026", "heads": "heads.jsonl",
    }  # fmt: skip
    assert (tmp_path / "secrets" / "journal-2026").is_file()


def test_a_part_of_an_export_is_not_left_behind(
    cli: Any, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("payport.service.auditing.export_journal", full)

    assert cli("journal", "export", "e.jsonl").err.startswith("FILE: cannot be written: No space left")
    assert not (tmp_path / "e.jsonl").exists()


def test_a_file_of_heads_that_cannot_be_written_is_named(shop: Shop, tmp_path: Path) -> None:
    shop.order()
    sealing = replace(shop.payport.seller.sealing, heads=tmp_path / "none" / "heads.jsonl")

    with pytest.raises(ConfigurationError, match=r"journal\.heads: heads\.jsonl cannot be used"):
        seal_if_due(replace(shop.payport.seller, sealing=sealing))


def test_that_nobody_seals_is_seen_by_the_doctor(shop: Shop) -> None:
    def seen() -> tuple[Grade, str]:
        (finding,) = (finding for finding in examine(shop.payport) if finding.subject == "journal")
        return finding.grade, finding.words

    shop.order("a")
    alone = "heads are not signed; heads are kept in the database alone"
    assert seen() == (Grade.OK, f"sealed up to 0, 1 wait; {alone}")
    shop.clock.forward(minutes=2)
    assert seen()[0] is Grade.LOOK
    shop.clock.forward(minutes=20)
    assert seen()[0] is Grade.BROKEN
    assert seen()[1].startswith("1 entries are not sealed, the oldest since 2026-11-24 05:00:00+00:00. ")
    seal_if_due(shop.payport.seller)
    assert seen() == (Grade.OK, f"sealed up to 1, 0 wait; {alone}")
