"""Reads the pages of docs/: their sections, code blocks and tables, for tests that hold them to the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["ROOT", "blocks", "change", "code_names", "page", "parts", "rows", "section"]

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r'^```(\S*)(?: title="[^"]+")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, its own subsections included. `heading` is its whole text."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    assert found is not None, f"no heading {heading!r}"
    rest = text[found.end() :]
    ending = re.search(rf"^#{{1,{len(found[1])}}} ", _FENCE.sub(_blank, rest), re.MULTILINE)
    return rest[: ending.start()] if ending else rest


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of one language, in order."""
    return [body for name, body in _FENCE.findall(text) if name == language]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row below a table's head, in order."""
    found = []
    for line in _FENCE.sub(_blank, text).splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\-: ]+", line):
            cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
            found.append([cell.strip().replace("\\|", "|") for cell in cells])
    heads = {id(row) for row in _heads(text, found)}
    return [row for row in found if id(row) not in heads]


def code_names(text: str, *, column: int = 0) -> list[str]:
    """What stands in backticks in one column of every table."""
    return [name for row in rows(text) for name in re.findall(r"`([^`]+)`", row[column])]


def change(file: Path, body: str) -> None:
    """Lines with - go, lines with + come, the others stay; at the one place where they stand."""
    lines = body.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in "- ")
    new = "".join(line[1:] for line in lines if line[0] in "+ ")
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), encoding="utf-8")


def parts(shown: str) -> Iterator[str]:
    """What an output shows, between the lines "…" that leave something out."""
    yield from re.split(r"^…\n", shown, flags=re.MULTILINE)


def _heads(text: str, found: list[list[str]]) -> list[list[str]]:
    """The row above each line of dashes."""
    lines = [line for line in _FENCE.sub(_blank, text).splitlines() if line.startswith("|")]
    rules = [bool(re.fullmatch(r"[|\-: ]+", line)) for line in lines]
    kept = [index for index, rule in enumerate(rules) if not rule]
    below = {index - 1 for index, rule in enumerate(rules) if rule}
    return [found[place] for place, index in enumerate(kept) if index in below]


def _blank(match: re.Match[str]) -> str:
    """As long as the code block, so that places stay, with nothing in it that looks like Markdown."""
    return re.sub(r"[^\n]", " ", match[0])
