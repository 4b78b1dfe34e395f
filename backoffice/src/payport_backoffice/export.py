"""A list as a file for a spreadsheet, row by row, in which no text is ever a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from starlette.responses import Response, StreamingResponse

from payport import Money

__all__ = ["Cell", "spreadsheet"]

Cell: TypeAlias = str | int | Money | datetime | date | None
_FORMULA: Final = re.compile(r"[\s\x00-\x1f]*[=+\-@\t\r\n＝＋－＠]")
_BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel does not read Vietnamese
_NAME: Final = re.compile(r"[a-z0-9-]+")


def spreadsheet(
    name: str, head: Sequence[str], rows: AsyncIterable[Sequence[Cell]], *, zone: ZoneInfo
) -> Response:
    """A download, sent while it is read: a list of any length takes the memory of one row.

    Args:
        name: of the file, without its ending: small letters, digits and dashes.
        rows: money is written as whole minor units, an instant as the merchant's date and time in `zone`.
            A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"name: {name!r} is not small letters, digits and dashes")
    return StreamingResponse(
        _lines(head, rows, zone),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )


async def _lines(
    head: Sequence[str], rows: AsyncIterable[Sequence[Cell]], zone: ZoneInfo
) -> AsyncIterator[str]:
    yield _BYTE_ORDER_MARK + _line(head, zone)
    async for row in rows:
        yield _line(row, zone)


def _line(row: Sequence[Cell], zone: ZoneInfo) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_cell(cell, zone) for cell in row])
    return written.getvalue()


def _cell(cell: Cell, zone: ZoneInfo) -> str:
    match cell:
        case None:
            return ""
        case Money():
            return str(cell.minor)
        case datetime():
            return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        case date() | int():
            return str(cell)
        case _:
            return f"'{cell}" if _FORMULA.match(cell) else cell
