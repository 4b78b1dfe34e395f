"""docs/tutorials/check-a-journal.md: done step by step on a demo that runs, and what it shows comes out."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
import sqlite3
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic, sleep

import pytest

from payport.doors.cli import main
from storefront.tests.player import Player, running
from tests.docs.pages import ROOT, blocks, page

PAGE = page("tutorials/check-a-journal.md")
STEPS = [
    (command, shown)
    for block in blocks(PAGE, "console")
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]
MADE_ANEW = (  # each time: names, keys, digests, and how often the worker sealed
    (r"\bSV[A-Z0-9]{10}\b", "SV"),
    (r"demo=[A-Za-z0-9+/]{43}=", "demo=KEY"),
    (r"\b\d+ heads", "N heads"),
    (r"sure up to \d+", "sure up to N"),
    (r"quotes [\w-]+", "quotes ID"),
    (r"erased at +\S.*", "erased at T"),
)
SCRIPTS = {"docs/check_journal.py": ROOT / "docs" / "check_journal.py"}
MOST_SECONDS = 20.0


def test_JNL_06_the_demos_journal_is_whole_until_somebody_meddles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    with ExitStack() as until_stopped:
        demo = until_stopped.enter_context(running(tmp_path / ".demo"))
        with closing(Player(demo)) as player:
            player.order_and_pay("domestic_card", "professional/12", bank="NCB", newcomer=False)
        for command, shown in STEPS:
            if command.startswith("cp "):
                until_stopped.close()
            elif command == "payport journal check":
                wait_for_the_worker(tmp_path / ".demo")
            out = run(command, tmp_path, monkeypatch, capsys)
            assert alike(out) == alike(shown), f"$ {command}\n{out}"

    heads = [json.loads(json.loads(line)["head"]["text"]) for line in heads_of(tmp_path / ".demo")]
    assert {head["key"] for head in heads} == {"demo"}


def test_each_command_of_the_page_is_run() -> None:
    assert [command for command, _ in STEPS] == re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
    assert len(STEPS) > 10


def run(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What it says on both streams."""
    program, *arguments = shlex.split(command)
    capsys.readouterr()
    if program == "export":
        monkeypatch.setenv(*arguments[0].split("=", 1))
    elif program == "cp":
        shutil.copytree(folder / arguments[1], folder / arguments[2])
    elif program == "sqlite3":
        with closing(sqlite3.connect(folder / arguments[0])) as database, database:
            assert database.execute(arguments[1]).rowcount > 0
    elif program == "python":
        told = [public_key(capsys) if each.startswith("demo=") else each for each in arguments]
        monkeypatch.setattr(sys, "argv", told)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(SCRIPTS[arguments[0]]), run_name="__main__")
        assert ended.value.code == 0
    else:
        assert program == "payport"
        status = main(arguments)
        assert status == ("meddled" in command)
    written = capsys.readouterr()
    return written.out + written.err


def public_key(capsys: pytest.CaptureFixture[str]) -> str:
    main(["journal", "keys"])
    return capsys.readouterr().out.strip()


def heads_of(folder: Path) -> list[str]:
    file = folder / "journal-heads.jsonl"
    return file.read_text(encoding="ascii").splitlines() if file.exists() else []


def wait_for_the_worker(folder: Path) -> None:
    """Until it has sealed all that happened."""
    begun = monotonic()
    while monotonic() - begun < MOST_SECONDS:
        with closing(sqlite3.connect(folder / "payport.sqlite")) as database:
            (waiting,) = database.execute("SELECT count(*) FROM journal WHERE number IS NULL").fetchone()
        if not waiting and heads_of(folder):
            return
        sleep(0.05)
    raise AssertionError("the demo's worker seals nothing")


def alike(text: str) -> str:
    for made, name in MADE_ANEW:
        text = re.sub(made, name, text)
    return text
