"""How a statement is written: CSV as a bank's export has it, and JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from payport_simulators.bank.records import GMT7, Line

__all__ = ["csv_text", "json_text"]

_HEADER: Final = "Mã giao dịch,Thời gian,Số tài khoản,Ghi có,Nội dung"


def csv_text(lines: Iterable[Line]) -> str:
    """A header and a row for each line. Times are GMT+7; a debit has nothing under "Ghi có"."""
    return "\n".join([_HEADER, *(_row(line) for line in lines), ""])


def json_text(lines: Iterable[Line]) -> str:
    """A list of objects; times as ISO 8601 with +07:00, a debit's amount below zero."""
    return json.dumps(
        [
            {
                "id": line.id,
                "time": line.time.astimezone(GMT7).isoformat(timespec="seconds"),
                "account": line.account,
                "amount": line.amount,
                "text": line.text,
            }
            for line in lines
        ],
        ensure_ascii=False,
    )


def _row(line: Line) -> str:
    time = line.time.astimezone(GMT7).strftime("%d/%m/%Y %H:%M:%S")
    credit = str(line.amount) if line.amount > 0 else ""
    quoted = line.text.replace('"', '""')
    return f'{line.id},{time},{line.account},{credit},"{quoted}"'
