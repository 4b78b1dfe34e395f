"""The command line, called in this process: arguments and standard input in, status and both streams out."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from payport.doors.cli import main


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    def lines(self, beginning: str) -> list[str]:
        return [line.strip() for line in self.out.splitlines() if line.strip().startswith(beginning)]


Cli: TypeAlias = Callable[..., Ran]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs `payport` in the test's folder, with no configuration named from outside, into a pipe.

    A command that sets up this process's logs leaves them as they were: what it writes to is gone after it.
    """
    root = logging.getLogger()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAYPORT_CONFIG", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        handlers, level = root.handlers[:], root.level
        status = main(arguments)
        root.handlers[:], root.level = handlers, level
        written = capsys.readouterr()
        return Ran(status, written.out, written.err)

    return run
