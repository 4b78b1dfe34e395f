"""What holds of every page: it fits a wide and a narrow window, and axe has nothing to say about it."""

from __future__ import annotations

from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = ["look"]

_WIDTHS: Final = {"vi": 390, "en": 1280}
"""Where axe looks: it is slow, and of one page the languages differ in words alone, the widths in layout."""
_OVERFLOW: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(page: Page) -> None:
    """At the page as it stands, in both widths; leaves it in that of its language."""
    page.wait_for_load_state("networkidle")  # a price that is being asked for is half there
    language = page.locator("html").get_attribute("lang") or ""
    for width in sorted(_WIDTHS.values(), key=lambda width: width == _WIDTHS[language]):
        page.set_viewport_size({"width": width, "height": 860})
        assert page.evaluate(_OVERFLOW) == 0, (page.url, width)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], page.url
