"""What holds of every page: it fits a wide and a narrow window, and axe has nothing to say about it."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

from tests.support.axe import violations

__all__ = ["look"]

_WIDTHS: Final = {"vi": 390, "en": 1280}
"""Where axe looks: it is slow, and of one page the languages differ in words alone, the widths in layout."""
_COMPLETE: Final = """async () => {
  await document.fonts.ready;
  const coming = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added";
  while (document.querySelector(coming)) await new Promise(later => setTimeout(later, 20));
  return document.documentElement.lang;
}"""
"""Once a price that is being asked for is there. Gives the page's language."""
_OVERFLOW: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(page: Page) -> None:
    """At the page as it stands, in both widths; leaves it in that of its language."""
    page.wait_for_load_state()
    language = page.evaluate(_COMPLETE)
    for width in sorted(_WIDTHS.values(), key=lambda width: width == _WIDTHS[language]):
        page.set_viewport_size({"width": width, "height": 860})
        assert page.evaluate(_OVERFLOW) == 0, (page.url, width)
    assert [(found.id, found.html) for found in violations(page)] == [], page.url
