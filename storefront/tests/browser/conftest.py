"""The demo as a person starts it: a process of its own, found by its printed address; and who looks at it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

_LOCALES = {"vi": "vi-VN", "en": "en-GB"}
_PATIENCE_MS = 10_000


@pytest.fixture(params=list(_LOCALES))
def language(request: pytest.FixtureRequest) -> str:
    """A test that asks for it runs in each."""
    given: str = request.param
    return given


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens windows, each with cookies of its own; whatever their browser complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_window(language: str, width: int = 1280, *, scripts: bool = True) -> Page:
        context = browser.new_context(
            locale=_LOCALES[language],
            timezone_id="Asia/Ho_Chi_Minh",
            viewport={"width": width, "height": 860},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


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
