"""JNL-07, JNL-10, and the journal in an auditor's hands: many writers, two databases, no Payport."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from payport.errors import ConfigurationError
from payport.journal.entry import instant, leaf_hash, parse_entry
from payport.service.auditing import check_database, check_export, export_journal
from payport.service.heads_file import read_heads
from payport.service.sealing import seal
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.database import Database
from payport.storage.journal_records import record
from tests.support.journal_forger import SCRIPT, the_script, with_a_key
from tests.support.journal_writers import ACCOUNTS, KEPT, written_by_processes
from tests.support.postgres import Postgres
from tests.support.shop import NOON, open_shop, write_configuration

WEIRD = 'Nguyễn Văn \u1ef1 \u202e \U0001f600 " \\ \u0000 \x1f'


def test_JNL_07_eight_writers_in_two_processes_leave_no_fork_and_no_gap(
    database_url: str, tmp_path: Path
) -> None:
    """With rollbacks in between, and sealers in all of them; nobody is locked out for good."""
    configuration = write_configuration(tmp_path, database_url)
    configuration.write_text(configuration.read_text() + '\n[journal]\nheads = "heads.jsonl"\n')

    written_by_processes(configuration, "one", "other")

    shop = open_shop(tmp_path, database_url)
    seller = with_a_key(shop.payport.seller, tmp_path)
    size = seal(seller).size
    outside = read_heads(tmp_path / "heads.jsonl")
    with seller.database.reading() as connection:
        verdict = check_database(connection, seller.sealing, outside=outside)
        rows = connection.execute(select(t.journal)).all()
        heads = (
            connection.execute(select(t.journal_heads.c.size).order_by(t.journal_heads.c.size))
            .scalars()
            .all()
        )
    assert (verdict.bad, verdict.entries, size) == (None, 2 * KEPT, 2 * KEPT)
    assert sorted(row.number for row in rows) == [*range(1, size + 1)]
    for account in ACCOUNTS:
        told = sorted(row.account_sequence for row in rows if row.account == account)
        assert told == [*range(1, len(told) + 1)]
    assert [json.loads(head.text)["size"] for head in outside] == [*heads]
    assert len(heads) > 1
    shop.payport.close()


def test_JNL_10_what_sqlite_wrote_is_whole_on_postgresql(
    migrated_sqlite: Path, postgres: Postgres, tmp_path: Path
) -> None:
    """Big whole numbers, microseconds, every kind of sign, keys in another order; under the same heads."""
    file = tmp_path / "payport.sqlite"
    file.write_bytes(migrated_sqlite.read_bytes())
    shop = open_shop(tmp_path, f"sqlite:///{file}")
    seller = with_a_key(shop.payport.seller, tmp_path)
    facts: dict[str, Any] = {
        "z": 2**53 - 1,
        "a": -(2**53 - 1),
        "Ă": [True, None, {"b": 1, "a": WEIRD}],
        "": "",
    }
    for micros in (0, 1, 999_999, 100_000):
        seller.database.transaction(
            lambda connection, at=micros: (
                lock_account(connection, "tài khoản"),
                record(
                    connection,
                    chain="account tài khoản",
                    account="tài khoản",
                    at=NOON + timedelta(microseconds=at),
                    kind="order.updated",
                    subject="order",
                    reference="Số 1",
                    from_state=None,
                    to_state="placed",
                    facts=facts,
                    because=WEIRD.replace("\u0000", ""),
                ),
            )
        )
        seal(seller)
    exported = tmp_path / "journal.jsonl"
    with seller.database.reading() as connection, exported.open("x") as written:
        assert export_journal(connection, seller.sealing, written, words=True) == (4, 4)
        here = connection.execute(select(t.journal.c.hash).order_by(t.journal.c.number)).scalars().all()

    with postgres.fresh() as url:
        database = Database(url)
        database.transaction(lambda connection: _import(connection, exported))
        with database.reading() as connection:
            verdict = check_database(connection, seller.sealing, outside=read_heads(tmp_path / "heads.jsonl"))
            again = StringIO()
            export_journal(connection, seller.sealing, again, words=True)
            there = connection.execute(select(t.journal.c.hash).order_by(t.journal.c.number)).scalars().all()
        database.close()

    assert (str(verdict), verdict.notes) == ("whole, sealed up to 4 of 4, 0 not yet sealed", ())
    assert here == there
    assert again.getvalue() == exported.read_text()
    shop.payport.close()


def _import(connection: Any, exported: Path) -> None:
    """Rows of an export, as a person would load them into another database."""
    for line in map(json.loads, exported.read_text().splitlines()[1:]):
        if "head" in line:
            head = json.loads(line["head"]["text"])
            connection.execute(
                insert(t.journal_heads),
                {
                    "size": head["size"],
                    "at": datetime.fromisoformat(head["at"]),
                    "key_id": head["key"],
                    **line["head"],
                },
            )
            continue
        entry = parse_entry(line["entry"]["text"])
        connection.execute(
            insert(t.journal),
            {
                "chain": entry.chain,
                "sequence": entry.sequence,
                "account": entry.account,
                "account_sequence": entry.account_sequence,
                "at": entry.at,
                "kind": entry.kind,
                "subject": entry.subject,
                "reference": entry.reference,
                "from_state": entry.from_state,
                "to_state": entry.to_state,
                **line["entry"],
            },
        )


@pytest.fixture(scope="module")
def files(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited")
    (folder / "payport.sqlite").write_bytes(migrated_sqlite.read_bytes())
    shop = open_shop(folder, f"sqlite:///{folder / 'payport.sqlite'}")
    seller = with_a_key(shop.payport.seller, folder)
    shop.ipn(shop.pay(shop.order()))
    seal(seller)
    shop.order("an-binh")
    with seller.database.reading() as connection, (folder / "journal.jsonl").open("x") as written:
        export_journal(connection, seller.sealing, written)
    (folder / "public").write_text(seller.sealing.known["2026"])
    shop.payport.close()
    return folder


class TestTheScriptAlone:
    """docs/check_journal.py in a process that can find no Payport."""

    def test_says_what_the_core_says(self, files: Path) -> None:
        public = (files / "public").read_text()
        trusted = ["--heads", str(files / "heads.jsonl"), "--key", f"2026={public}"]
        core = check_export(
            files / "journal.jsonl", outside=read_heads(files / "heads.jsonl"), keys={"2026": public}
        )

        ran = _script(files / "journal.jsonl", *trusted)

        assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{core}\n", "")
        assert core.sealed == core.entries - 1 > 0

    def test_says_where_it_is_broken(self, files: Path, tmp_path: Path) -> None:
        forged = tmp_path / "forged.jsonl"
        forged.write_text((files / "journal.jsonl").read_text().replace("1100000", "1100001"))

        ran = _script(forged)

        assert ran.returncode == 1
        assert ran.stdout.startswith("broken at entry 1 (")
        assert ": its text has another hash; sure up to 0\n" in ran.stdout

    @pytest.mark.parametrize(("key", "status"), [("2026=" + "A" * 43 + "=", 1), ("2026=no", 2), ("x", 2)])
    def test_believes_no_other_key(self, files: Path, key: str, status: int) -> None:
        ran = _script(files / "journal.jsonl", "--key", key)

        assert ran.returncode == status
        assert "Traceback" not in ran.stderr

    def test_says_what_the_core_says_of_whatever_was_made_of_an_export(
        self, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Lines dropped, doubled, exchanged; bytes changed; wrong kinds. Neither breaks down."""
        lines = (files / "journal.jsonl").read_bytes().splitlines(keepends=True)
        kept = (files / "heads.jsonl").read_bytes()
        alone = the_script()
        public = (files / "public").read_text()

        for export, heads in _made_of(lines, kept):
            (tmp_path / "e.jsonl").write_bytes(export)
            (tmp_path / "h.jsonl").write_bytes(heads)
            try:
                core = check_export(
                    tmp_path / "e.jsonl", outside=read_heads(tmp_path / "h.jsonl"), keys={"2026": public}
                )
            except ConfigurationError:
                said, status = [], 2
            else:
                said, status = [str(core), *(f"  {note}" for note in core.notes)], int(core.bad is not None)
            arguments = ("--heads", str(tmp_path / "h.jsonl"), "--key", f"2026={public}")
            monkeypatch.setattr(sys, "argv", ["check", str(tmp_path / "e.jsonl"), *arguments])

            assert alone.main() == status, (export, heads)
            assert capsys.readouterr().out.splitlines() == said

    @pytest.mark.parametrize("public", ["5", "null", '"A"', "[]"])
    def test_takes_no_key_of_a_wrong_form_from_an_export(
        self, files: Path, tmp_path: Path, public: str
    ) -> None:
        named = json.dumps((files / "public").read_text())
        text = (files / "journal.jsonl").read_text().replace(named, public, 1)
        (tmp_path / "e.jsonl").write_text(text)

        ran = _script(tmp_path / "e.jsonl")

        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr == "public key 2026 is not 32 bytes in base64\n"

    @pytest.mark.parametrize("text", ["", "\n", "[]\n", '{"form": "another"}\n', "\ufffd"])
    def test_takes_nothing_else_for_an_export(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "other").write_text(text)

        ran = _script(tmp_path / "other")

        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr == "other: is no export of a journal\n"


def _made_of(lines: list[bytes], heads: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Exports, and files of heads, as somebody may have left them."""
    for place, line in enumerate(lines):
        yield b"".join(lines[:place] + lines[place + 1 :]), heads
        yield b"".join([*lines[:place], line, *lines[place:]]), heads
        yield b"".join(lines[:place] + lines[place + 1 :] + [line]), heads
        for at in range(place % 7, len(line), 293):
            changed = line[:at] + bytes([line[at] ^ 4]) + line[at + 1 :]
            yield b"".join([*lines[:place], changed, *lines[place + 1 :]]), heads
            if line == lines[-1]:
                yield b"".join(lines), changed
    for odd in (b"null\n", b"{}\n[]\n", b'{"head": 1}\n', b'{"head": {"text": {}, "signature": []}}\n', b"{"):
        yield b"".join(lines), heads + odd
        yield b"".join(lines) + odd, heads
    for place in (1, len(lines) - 2, len(lines) - 1):
        (name,) = (read := json.loads(lines[place]))
        for key in read[name]:
            for value in (None, True, 1.0, 10**30, "", [], {}):
                one = json.dumps({name: {**read[name], key: value}}).encode() + b"\n"
                yield b"".join([*lines[:place], one, *lines[place + 1 :]]), heads
        text = json.loads(read[name]["text"])
        for key in text:
            for value in (None, True, 1.5, "", [], {}, "9" * 5000):
                written = json.dumps({**text, key: value}, sort_keys=True, separators=(",", ":"))
                written = (
                    written.replace(f'"{value}"', value) if value and isinstance(value, str) else written
                )
                new = {"text": written} | ({"hash": leaf_hash(written)} if name == "entry" else {})
                one = json.dumps({name: {**read[name], **new}}).encode() + b"\n"
                yield b"".join([*lines[:place], one, *lines[place + 1 :]]), heads
                if name == "head":
                    yield b"".join([*lines[:place], one, *lines[place + 1 :]]), one


def _script(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process whose import of payport fails."""
    program = (
        "import sys, runpy; sys.modules['payport'] = None; sys.argv = sys.argv[1:];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-I", "-c", program, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_JNL_10_an_entry_is_written_alike_by_every_release() -> None:
    """Its bytes and its hash, written down once."""
    text = (
        '{"account":"a","account_sequence":3,"at":"2026-11-24T05:00:00.000001Z","chain":"SV1",'
        '"facts":{"a":9007199254740991,"l":[1,null,true,{}],"t":"\\u1ef1\\ud83d\\ude00\\u2028\\""},"form":1,"from":null,'
        '"kind":"order.placed","previous":"'
        + "0"
        * 64
        + '","reference":"SV1","sequence":1,"subject":"order",'
        '"to":"placed","words":null}'
    )
    entry = parse_entry(text)

    assert entry.text == text
    assert entry.hash == "e902e6269463988ced8c926bdfce4a06f3860d7a3b2999fe04d557c680d70c8e"
    assert instant(entry.at.astimezone(UTC)) == "2026-11-24T05:00:00.000001Z"
