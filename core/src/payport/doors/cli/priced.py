"""The lines of a price, printed: what, how much of it, what it costs, and how that came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payport.doors.cli.printing import table

if TYPE_CHECKING:
    from payport.rules.quote import Quote
    from payport.rules.words import Language

__all__ = ["print_lines"]


def print_lines(quote: Quote, language: Language, *, workings: bool = False) -> None:
    """The lines add up to the total below them. `workings`: with unit prices, tax rates and reasons."""
    columns: tuple[str, ...] = ("what", "quantity", "net", "tax", "gross")
    rows: list[tuple[object, ...]] = [
        (line.title[language], f"{line.quantity} × {line.unit[language]}", line.net, line.tax, line.gross)
        for line in quote.lines
    ]
    total: tuple[object, ...] = ("total", "", quote.net, quote.tax, quote.total)
    if workings:
        columns = (*columns[:2], "unit price", *columns[2:], "how it came about")
        rows = [
            (*row[:2], line.unit_price, *row[2:], line.how[language])
            for row, line in zip(rows, quote.lines, strict=True)
        ]
        total = (*total[:2], "", *total[2:], "")
    table(columns, [*rows, total], indent=2)
