"""The demo as a person starts it: a process of its own, found by the address that it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that is running."""
    folder = tmp_path_factory.mktemp("demo")
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
