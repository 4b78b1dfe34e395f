"""What holds of every page: it fits windows wide, narrow and between, and axe has nothing to say about it."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

from tests.support.axe import violations

__all__ = ["look"]

_BETWEEN: Final = 1_100
_WIDTHS: Final = {"vi": 390, "en": 1280}
"""Where axe looks: it is slow, and of one page the languages differ in words alone, the widths in layout."""
_COMPLETE: Final = """async () => {
  await document.fonts.ready;
  const coming = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added";
  while (document.querySelector(coming)) await new Promise(later => setTimeout(later, 20));
  return document.documentElement.lang;
}"""
"""Once a price that is being asked for is there. Gives the page's language."""
_SPILLS: Final = """() => {
  const page = document.documentElement, wide = each => each.scrollWidth > each.clientWidth + 1;
  const open = each => getComputedStyle(each).overflowX === "visible";
  return wide(page) || [...document.querySelectorAll(".scroll")].some(each => wide(each) && open(each));
}"""
"""Whether the page is wider than its window, or a table than its frame: it would cover what is beside it."""


def look(page: Page) -> None:
    """At the page as it stands, in three widths; leaves it in that of its language."""
    page.wait_for_load_state()
    language = page.evaluate(_COMPLETE)
    own = _WIDTHS[language]
    for width in (_BETWEEN, *(width for width in _WIDTHS.values() if width != own), own):
        page.set_viewport_size({"width": width, "height": 860})
        assert not page.evaluate(_SPILLS), (page.url, width)
    assert [(found.id, found.html) for found in violations(page)] == [], page.url
