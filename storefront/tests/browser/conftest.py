"""The demo as a person starts it: a process of its own, found by its printed address; and who looks at it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browsing import language, window, windows

__all__ = ["demo", "demo_to_move", "language", "window", "windows"]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that is running. Nobody moves its clock: its prices are those of today."""
    with _running(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture(scope="module")
def demo_to_move(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo whose clock a module's tests may move on."""
    with _running(tmp_path_factory.mktemp("demo-to-move")) as address:
        yield address


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-c", "from payport_storefront.cli import main; main()", "demo", "--port", "0"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--folder", str(folder / "kept")], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address, (folder / "log").read_text()
            yield address[0]
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert process.returncode == 0 or process.returncode == -15
    assert "Traceback" not in Path(log.name).read_text()
