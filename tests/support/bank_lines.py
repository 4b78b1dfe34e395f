"""Lines of a bank's statement, and the file that they stand in. Needs nothing of Payport."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

__all__ = ["ACCOUNT_NUMBER", "COLUMNS", "TOTAL", "a_line", "csv_of"]

ACCOUNT_NUMBER: Final = "0123456789"
TOTAL: Final = 1_100_000  # of a year of Standard
COLUMNS: Final = ("Mã giao dịch", "Thời gian", "Số tài khoản", "Ghi có", "Nội dung")
_GMT_7: Final = timezone(timedelta(hours=7))


def a_line(
    memo: str,
    minor: int | str = TOTAL,
    *,
    at: datetime,
    reference: str = "FT26328000001",
    account: str = ACCOUNT_NUMBER,
) -> Mapping[str, str]:
    when = at.astimezone(_GMT_7).strftime("%d/%m/%Y %H:%M:%S")
    return dict(zip(COLUMNS, (reference, when, account, str(minor), memo), strict=True))


def csv_of(lines: Sequence[Mapping[str, str]], *, columns: Sequence[str] = COLUMNS, **how: Any) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, **how)
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()
