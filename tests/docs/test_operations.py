"""docs/operations: what is backed up comes back, whole, on both databases; the journal says what was lost."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from payport import NotFound, new_journal_key
from payport.doors.cli import main
from tests.docs.pages import blocks, page, section
from tests.support.postgres import Postgres, binaries
from tests.support.shop import Shop, open_shop

BACKUP = page("operations/backup.md")


def steps(heading: str) -> list[list[str]]:
    """The commands of each block below a heading, in order."""
    return [
        re.findall(r"^\$ (.*)$", block, re.MULTILINE) for block in blocks(section(BACKUP, heading), "console")
    ]


def paid(shop: Shop, account: str) -> str:
    payment = shop.pay(shop.order(account))
    shop.ipn(payment)
    return payment.order_number


@pytest.fixture
def sealed(tmp_path: Path) -> str:
    """The [journal] table of a shop whose heads are kept outside."""
    new_journal_key(tmp_path / "journal-2026")
    return '[journal]\nkey = { file = "journal-2026" }\nkey_id = "2026"\nheads = "heads.jsonl"\n'


def test_a_copy_of_sqlite_comes_back_and_the_heads_outside_say_what_it_lacks(
    tmp_path: Path, sealed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = open_shop(tmp_path, f"sqlite:///{tmp_path}/payport.sqlite", accounts=sealed)
    shop.payport.migrate()
    monkeypatch.chdir(tmp_path)
    (copy,), restore = steps("SQLite")
    kept = paid(shop, "truoc")
    shop.payport.seal()
    run(copy)
    lost = paid(shop, "sau")
    shop.payport.seal()
    shop.payport.close()

    *before, check = [*restore]
    for command in before:
        assert run(command) == 0
    capsys.readouterr()
    status = run(check)

    assert (status, "not in the journal" in capsys.readouterr().out) == (1, True)
    (tmp_path / "heads.jsonl").rename(tmp_path / "heads-of-what-was-lost.jsonl")
    assert run(check) == 0
    again = open_shop(tmp_path, f"sqlite:///{tmp_path}/payport.sqlite", accounts=sealed)
    assert again.payport.order(kept).state == "paid"
    with pytest.raises(NotFound):
        again.payport.order(lost)
    again.payport.close()


def test_a_dump_of_postgresql_comes_back_into_an_empty_database(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{binaries()}{os.pathsep}{os.environ['PATH']}")
    (dump,), (restore, _, check) = steps("PostgreSQL")
    with postgres.fresh() as url:
        shop = open_shop(tmp_path, url)
        kept = paid(shop, "truoc")
        shop.payport.close()
        assert run(dump, DATABASE=url.replace("+psycopg", "")) == 0
    with postgres.fresh() as url:
        drop_schema(url)
        assert run(restore, DATABASE=url.replace("+psycopg", "")) == 0
        again = open_shop(tmp_path, url)

        assert run(check) == 0
        assert again.payport.order(kept).state == "paid"
        again.payport.require_current()
        again.payport.close()


def run(command: str, **variables: str) -> int:
    """As a shell would; `payport` in this process, `sqlite3` by the library."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value)
    program, *arguments = shlex.split(command)
    match program:
        case "payport":
            return main(arguments)
        case "sqlite3":
            with closing(sqlite3.connect(arguments[0])) as database:
                database.execute(arguments[1])
            return 0
        case "mv":
            shutil.move(*arguments)
            return 0
        case "cp":
            shutil.copyfile(*arguments)
            return 0
        case "rm":
            for name in arguments[1:]:
                Path(name).unlink(missing_ok=True)
            return 0
        case _:
            return subprocess.run([program, *arguments], check=False).returncode


def drop_schema(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA payport CASCADE")
