"""Fixtures of browser tests: windows to lend, in the language of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.windows import Windows

__all__ = ["language", "window", "windows"]

_LOCALES = {"vi": "vi-VN", "en": "en-GB"}
_PATIENCE_MS = 10_000


@pytest.fixture(params=list(_LOCALES))
def language(request: pytest.FixtureRequest) -> str:
    """A test that asks for it runs in each."""
    given: str = request.param
    return given


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Iterator[Windows]:
    windows = Windows(browser)
    yield windows
    windows.close()


@pytest.fixture
def window(windows: Windows) -> Iterator[Callable[..., Page]]:
    """Opens windows, each with cookies of its own; whatever their browser complains of fails the test."""
    windows.complaints.clear()

    def open_window(language: str, width: int = 1280, *, scripts: bool = True, alone: bool = False) -> Page:
        """Args: alone: for a test that leaves more behind than cookies."""
        how = windows.open if alone else windows.lend
        page = how(_LOCALES[language], width, scripts=scripts)
        page.set_default_timeout(_PATIENCE_MS)
        return page

    yield open_window
    windows.give_back()
    assert windows.complaints == []
