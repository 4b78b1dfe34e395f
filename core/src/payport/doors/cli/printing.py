"""Output for people: plain, aligned, as wide as the terminal. What others wrote can draw nothing in it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from payport.rules.money import Money

__all__ = ["as_json", "heading", "instant", "money_json", "plain", "record", "table"]

_UNBOUNDED: Final = 10_000  # columns of a pipe: a line stays a line, for grep and awk
_NARROWEST: Final = 40


def heading(text: str) -> None:
    print(f"\n{text}")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, indent: int = 0) -> None:
    """Columns beside each other; a cell that is too wide for the terminal goes on below itself, and the
    first column, which names the row, is never broken."""
    _print_grid(columns, [[plain(cell) for cell in row] for row in rows], indent, with_head=True)


def record(rows: Iterable[tuple[str, object]], *, indent: int = 0) -> None:
    """Labels and values, one pair a line. A value of None is left out."""
    shown = [[label, plain(value)] for label, value in rows if value is not None]
    _print_grid(("", ""), shown, indent, with_head=False)


def as_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def money_json(money: Money) -> dict[str, Any]:
    return {"minor": money.minor, "currency": money.currency}


def instant(at: datetime | None, zone: tzinfo = UTC) -> str:
    """To the second, with its offset: "2026-11-25 10:26:00+07:00"; "-" for none."""
    return "-" if at is None else at.astimezone(zone).isoformat(" ", "seconds")


def plain(value: object) -> str:
    """On one line, every control and every invisible sign as an escape: it can draw nothing by itself.

    A blank at which no line may end, as money has in Vietnamese, is a blank.
    """
    text = str(value).replace("\u00a0", " ")
    return "".join(sign if sign.isprintable() else _escape(sign) for sign in text)


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape", errors="surrogatepass").decode("ascii")


def _print_grid(
    columns: Sequence[str], rows: Sequence[Sequence[str]], indent: int, *, with_head: bool
) -> None:
    from rich.console import Console  # noqa: PLC0415 - 50 ms
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="", show_header=with_head)
    for place, name in enumerate(columns):
        grid.add_column(name, overflow="fold", no_wrap=place == 0)
    for row in rows:
        grid.add_row(*map(Text, row))
    grid.columns[0].min_width = max(len(row[0]) for row in [columns, *rows])
    console = Console(width=max(_NARROWEST, _width() - indent), color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(grid)
    for line in captured.get().splitlines():
        print(f"{' ' * indent}{line}".rstrip())


def _width() -> int:
    if os.environ.get("COLUMNS", "").isdecimal():
        return int(os.environ["COLUMNS"])
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return _UNBOUNDED
