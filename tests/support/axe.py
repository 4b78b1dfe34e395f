"""What axe has to say about a page as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from playwright.sync_api import Page

__all__ = ["Violation", "violations"]

# Only what is wrong crosses over to Python: all that is right is a hundred times as much. Nothing is loaded
# a second time (`preload`): that serves a rule about sound, of which no page has any, and one that is off.
_RUN: Final = """;
axe.run({resultTypes: ["violations"], preload: false}).then(found => {
  if (found.passes.length === 0) throw new Error("axe found nothing to look at");
  return found.violations.map(each => [each.id, each.impact, each.nodes[0].html]);
})"""


@dataclass(frozen=True)
class Violation:
    """A rule that is broken, and the first element that breaks it."""

    id: str
    impact: str
    html: str


def violations(page: Page) -> list[Violation]:
    return [Violation(*each) for each in page.evaluate(_script())]


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8") + _RUN
