"""Which attacks the project knows (tests/attacks/rows.txt), and which of them have a test, anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Row", "rows", "rows_without_a_test", "with_a_test"]

_ROOT: Final = Path(__file__).parents[2]
_ROWS: Final = _ROOT / "tests" / "attacks" / "rows.txt"
_ROOMS: Final = (
    "backoffice",
    "core",
    "contracts",
    "hosts",
    "plugins",
    "protocols",
    "simulators",
    "storefront",
    "web",
    "tests",
)
_SECTION: Final = re.compile(r"# ([0-9]+) ")
_ROW: Final = re.compile(r"([A-Z]{3}-[0-9]{2}) (.+)")
_TEST: Final = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)
_ID: Final = re.compile(r"(?<=_)([A-Z]{3})_([0-9]{2})(?=_|$)")


@dataclass(frozen=True, slots=True)
class Row:
    """One attack: its id, what it is, and the section that it stands in."""

    id: str
    title: str
    section: int


def rows() -> tuple[Row, ...]:
    """All of them, in the order of the list."""
    return tuple(_read(_ROWS.read_text(encoding="utf-8")))


def with_a_test() -> Mapping[str, tuple[str, ...]]:
    """Id to the names of the tests that carry it. Files are read, not run."""
    found: dict[str, list[str]] = {}
    for file in _test_files():
        for name in _TEST.findall(file.read_text(encoding="utf-8")):
            for section, number in _ID.findall(name):
                found.setdefault(f"{section}-{number}", []).append(name)
    return {row: tuple(names) for row, names in found.items()}


def rows_without_a_test() -> tuple[Row, ...]:
    done = with_a_test()
    return tuple(row for row in rows() if row.id not in done)


def _read(text: str) -> Iterator[Row]:
    section = 0
    for line in text.splitlines():
        if heading := _SECTION.match(line):
            section = int(heading[1])
        elif row := _ROW.fullmatch(line):
            yield Row(row[1], row[2], section)


def _test_files() -> Iterator[Path]:
    for room in _ROOMS:
        yield from sorted((_ROOT / room).rglob("test_*.py"))
