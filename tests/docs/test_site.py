"""`make docs`: one site from docs/, whole, every page in its place, and nothing loaded from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, page, rows

CONFIGURATION = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by what `make docs` calls. A broken link ends the build."""
    folder = tmp_path_factory.mktemp("site")
    copytree(ROOT / "docs", folder / "docs")
    (folder / "mkdocs.yml").write_bytes((ROOT / "mkdocs.yml").read_bytes())
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / ".build" / "site"


class _Loads(HTMLParser):
    """What a page loads by itself, as it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe"):
            self.found.append(given.get("src") or "")
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload", "preconnect"):
            self.found.append(given.get("href") or "")


def test_every_page_is_made_and_loads_nothing_from_elsewhere(site: Path) -> None:
    made = {str(path.relative_to(site).with_suffix(".md")) for path in site.rglob("*.html")}
    assert pages() <= made

    for path in site.rglob("*.html"):
        loads = _Loads()
        loads.feed(text := path.read_text(encoding="utf-8"))
        assert "```" not in text, f"{path}: a code block that is none"
        assert not [each for each in loads.found if re.match(r"(https?:)?//", each)], path


def test_every_page_has_its_place() -> None:
    placed = list(_leaves(CONFIGURATION["nav"]))

    assert len(placed) == len(set(placed))
    assert set(placed) == pages() - {f"decisions/{path.name}" for path in DECISIONS}


def test_every_decision_is_listed_by_its_number_and_title() -> None:
    titles = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0].partition(": ")[2] for path in DECISIONS
    }

    assert [row[1] for row in rows(page("decisions.md"))] == [
        f"[{title}](decisions/{name})" for name, title in titles.items()
    ]


def pages() -> set[str]:
    return {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}


def _leaves(nav: Any) -> Iterator[str]:
    match nav:
        case str():
            yield nav
        case list():
            for each in nav:
                yield from _leaves(each)
        case dict():
            yield from _leaves(list(nav.values()))
