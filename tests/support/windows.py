"""Windows of one browser, kept open from test to test: to open one takes longer than to load a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

__all__ = ["Windows"]

_STANDS_STILL: Final = "document.body?.replaceChildren()"
"""What is no longer there asks for nothing, whoever's page it was."""


@dataclass
class _Lent:
    page: Page
    size: tuple[int, int]
    locale: str | None
    heard: dict[str, Callable[[Any], None]]


class Windows:
    """Lends windows to one test at a time. Each has cookies of its own, and begins with none."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._lent: list[_Lent] = []
        self._free: list[_Lent] = []
        self._alone: list[Page] = []
        self.complaints: list[str] = []
        """What the pages' scripts failed at, and what their policy kept out. Whoever lends may clear it."""

    def lend(
        self, locale: str | None = None, width: int = 1280, height: int = 860, *, scripts: bool = True
    ) -> Page:
        """A window that is given back; without scripts, one that is closed then."""
        if not scripts:
            return self.open(locale, width, height, scripts=False)
        lent = next((one for one in self._free if one.locale == locale), None)
        if lent is None:
            lent = _Lent(self._new(locale, width, height), (width, height), locale, {})
        else:
            self._free.remove(lent)
            lent.page.context.clear_cookies()
            if lent.size != (width, height):
                lent.page.set_viewport_size({"width": width, "height": height})
        self._lent.append(lent)
        lent.heard = self._listen(lent.page)
        return lent.page

    def open(self, locale: str | None, width: int = 1280, height: int = 860, *, scripts: bool = True) -> Page:
        """A window for one test alone, which may do with it what it likes."""
        page = self._new(locale, width, height, scripts=scripts)
        self._alone.append(page)
        self._listen(page)
        return page

    def give_back(self) -> None:
        """All of them, whatever became of them; a window that was closed is not lent again."""
        for page in self._alone:
            page.context.close()
        for lent in self._lent:
            for event, hears in lent.heard.items():
                lent.page.remove_listener(event, hears)
            if self._is_as_it_was(lent):
                self._free.append(lent)
            else:
                lent.page.context.close()
        self._alone, self._lent = [], []

    def close(self) -> None:
        self.give_back()
        for lent in self._free:
            lent.page.context.close()

    def _new(self, locale: str | None, width: int, height: int, *, scripts: bool = True) -> Page:
        context = self._browser.new_context(
            locale=locale,
            timezone_id="Asia/Ho_Chi_Minh",
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
        )
        return context.new_page()

    def _listen(self, page: Page) -> dict[str, Callable[[Any], None]]:
        def hear(message: ConsoleMessage) -> None:
            if "Content Security" in message.text:
                self.complaints.append(message.text)

        def fail(error: Error) -> None:
            self.complaints.append(str(error))

        page.on("console", hear)
        page.on("pageerror", fail)
        return {"console": hear, "pageerror": fail}

    def _is_as_it_was(self, lent: _Lent) -> bool:
        """Once its page is empty. One that was closed, or is on its way elsewhere, is not worth the care."""
        page = lent.page
        if page.is_closed() or page.context.pages != [page]:
            return False
        try:
            page.evaluate(_STANDS_STILL)
        except Error:
            return False
        size = page.viewport_size
        assert size is not None
        lent.size = (size["width"], size["height"])
        return True
