"""docs/tutorials/write-a-catalog.md: done step by step here, and all that it shows is what comes out."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payport import Payport
from payport.doors.cli import main
from payport.rules.catalog import Package, Policies, Promotion
from tests.docs.pages import blocks, change, page, parts

PAGE = page("tutorials/write-a-catalog.md")
STEPS = re.findall(r'^```(toml|diff|console)(?: title="(\S+)")?\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE)
DAY = datetime(2026, 11, 25, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The seller's folder: the shop of start-here without its catalog, on the page's day, into a pipe."""
    _, configuration = blocks(page("start-here.md"), "toml")
    (tmp_path / "payport.toml").write_text(configuration, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("PAYPORT_CONFIG", raising=False)
    monkeypatch.setattr("payport.service.seller.utc_now", lambda: DAY)
    monkeypatch.setitem(Payport.from_config.__func__.__kwdefaults__, "clock", lambda: DAY)  # type: ignore[attr-defined]
    return tmp_path


def test_every_step_does_what_the_page_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, name, body in STEPS:
        if kind == "toml":
            with (folder / name).open("a", encoding="utf-8") as file:
                file.write(body)
        elif kind == "diff":
            change(folder / name, body)
        else:
            command, _, shown = body.partition("\n")
            if "payport quote" in command:
                with_tables()
            assert_shows(run(folder, command.removeprefix("$ "), capsys), shown)


def test_every_step_is_one_that_is_done() -> None:
    assert len(STEPS) == len(re.findall(r"^```\w", PAGE, re.MULTILINE))
    assert len([kind for kind, _, _ in STEPS if kind == "console"]) > 10


def test_the_page_shows_what_a_seller_may_write() -> None:
    """Not every key, but every part."""
    keys = {*Package.model_fields, *Promotion.model_fields} - {"amount", "packages", "on", "combines"}

    assert {key for key in keys if not re.search(rf"\b{key} = ", PAGE)} == set()
    assert any(f"{name} = " in PAGE for name in Policies.model_fields)


def run(folder: Path, command: str, capsys: pytest.CaptureFixture[str]) -> str:
    program, *arguments = shlex.split(command)
    if program == "cp":
        shutil.copy(*(folder / name for name in arguments))
        return ""
    assert program == "payport"
    capsys.readouterr()
    main(arguments)
    written = capsys.readouterr()
    assert written.err == ""
    return written.out


def with_tables() -> None:
    shop = Payport.from_config("payport.toml")
    shop.migrate()
    shop.close()


def assert_shows(out: str, shown: str) -> None:
    """What the page shows stands there in this order; "…" leaves out lines, and nothing else may."""
    rest = f"\n{out}"
    for number, part in enumerate(parts(shown)):
        before, found, rest = rest.partition(f"\n{part}")
        assert found, f"{part}\n\nis not in\n\n{out}"
        assert number or not before
        rest = f"\n{rest}"
    assert shown.endswith("…\n") or not rest.strip(), rest
