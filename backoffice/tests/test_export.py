"""Lists for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from starlette.responses import StreamingResponse

from payport import vnd
from payport_backoffice.export import Cell, spreadsheet

pytestmark = pytest.mark.anyio
VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")


async def _written(*rows: Sequence[Cell]) -> str:
    async def each() -> AsyncIterator[Sequence[Cell]]:
        for row in rows:
            yield row

    answer = spreadsheet("orders", ["Đơn hàng", "Tổng"], each(), zone=VIET_NAM)
    assert isinstance(answer, StreamingResponse)
    assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    return "".join([str(part) async for part in answer.body_iterator])


async def test_figures_stay_figures_and_times_are_the_merchants() -> None:
    text = await _written(
        [
            "SV-1",
            vnd(1_100_000),
            vnd(-5_000),
            datetime(2026, 11, 30, 17, 0, tzinfo=UTC),
            date(2026, 12, 1),
            None,
        ]
    )

    assert text.startswith("\ufeffĐơn hàng,Tổng\r\n")
    assert text.endswith("SV-1,1100000,-5000,2026-12-01 00:00:00,2026-12-01,\r\n")


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example")',
        "+84912345678",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1",
        "\n=1",
    ],
)
async def test_WEB_04_no_text_is_a_formula(text: str) -> None:
    _, row = csv.reader(io.StringIO((await _written([text]))[1:], newline=""))

    assert row == [f"'{text}"]


async def test_WEB_04_a_text_cannot_end_its_cell_or_its_row() -> None:
    text = 'Hà, "An Tâm"\r\nSV-2,0,=1'

    rows = list(csv.reader(io.StringIO((await _written([text, "x"]))[1:], newline="")))

    assert rows[1:] == [[text, "x"]]


@pytest.mark.parametrize("name", ["", "../x", 'a"b', "đơn", "a\r\nset-cookie: x"])
async def test_WEB_08_a_file_has_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="name:"):
        spreadsheet(name, [], _nothing(), zone=VIET_NAM)


async def _nothing() -> AsyncIterator[Sequence[Cell]]:
    return
    yield
