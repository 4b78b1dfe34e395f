"""docs/audit.md: its commands run, and say what it shows."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from payport.doors.cli import main
from tests.docs.pages import ROOT, blocks, page
from tests.support.tried_once import codes_tried_once

__all__ = ["codes_tried_once"]

PAGE = page("audit.md")
CONTRACTS = ROOT / "contracts" / "src" / "payport_contracts"
STEPS = [
    (command, shown)
    for block in blocks(PAGE, "console")
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]
WEAKER = (
    ('grade = "proof"', 'grade = "hint"\nlocate = { merchant_reference = "vnp_TxnRef" }'),
    ('amount = "vnp_Amount"', ""),
    ('  "vnp_Amount",\n', ""),
    ('leave_out = ["', 'leave_out = ["vnp_Amount", "'),
    ('version = "1.0.0"', 'version = "2.0.0"'),
)


@pytest.mark.parametrize(("command", "shown"), STEPS[:2])
def test_what_a_command_of_the_page_says_is_what_stands_there(
    command: str,
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAYPORT_CONFIG", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    (tmp_path / "approved.toml").write_bytes((CONTRACTS / "approved.toml").read_bytes())
    text = (CONTRACTS / "vnpay" / "ipn.toml").read_text(encoding="utf-8")
    for before, after in WEAKER:
        text = text.replace(before, after)
    (tmp_path / "weaker.toml").write_text(text, encoding="utf-8")

    main(shlex.split(command)[1:])

    assert counted(capsys.readouterr().out).startswith(counted(shown))


def counted(text: str) -> str:
    """Without sizes, and without how many changes were made: all of them must have come out right."""
    text = re.sub(r"\d+ bytes", "N bytes", text)
    return re.sub(r"(Changed messages .*: )(\d+) of \2$", r"\1N of N", text, flags=re.MULTILINE)


def test_the_line_for_a_shell_gives_the_digest_below_it() -> None:
    [line] = blocks(PAGE, "sh")

    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=10, check=True)

    assert f"gives `{ran.stdout.split()[-1]}`." in PAGE


def test_the_options_of_a_sample_are_those_that_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    command = shlex.split(STEPS[2][0])[1:]

    main([*command[:2], "--help"])

    taken = set(re.findall(r"--[a-z]+", capsys.readouterr().out))
    assert set(re.findall(r"--[a-z]+", PAGE.partition("## A sample")[2])) <= taken
    assert len(STEPS) == 3
