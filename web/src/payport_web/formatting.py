"""How money, dates and capacity look in each language. Dates are the merchant's, in its own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal

from payport import Money

__all__ = ["VIET_NAM", "capacity", "clock_time", "day", "figure", "instant", "iso", "money", "utc"]

VIET_NAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_GB: Final = 2**30


def money(amount: Money, language: str) -> str:
    """vi: 150.000 ₫ (the blank is U+00A0), en: ₫150,000. The đồng has no minor unit below it."""
    return format_currency(amount.minor, amount.currency, locale=language)


def day(at: date | datetime, language: str, *, zone: ZoneInfo = VIET_NAM) -> str:
    """25/11/2026, 25 Nov 2026. An instant is shown as the merchant's day."""
    local = at.astimezone(zone).date() if isinstance(at, datetime) else at
    return format_date(local, format="dd/MM/y" if language == "vi" else "d MMM y", locale=language)


def instant(at: datetime, language: str, *, zone: ZoneInfo = VIET_NAM) -> str:
    form = "HH:mm, dd/MM/y" if language == "vi" else "d MMM y, HH:mm"
    written: str = format_datetime(at, format=form, tzinfo=zone, locale=language)
    return written


def iso(at: datetime) -> str:
    """2026-11-30T17:00:00Z, for machines."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc(at: datetime) -> str:
    """2026-11-30 17:00:00 UTC, for people who compare with a log."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock_time(at: datetime, language: str, *, zone: ZoneInfo = VIET_NAM) -> str:
    written: str = format_time(at, format="HH:mm:ss", tzinfo=zone, locale=language)
    return written


def capacity(used_bytes: int, language: str) -> str:
    """Bytes as GB of 2**30, one decimal place."""
    return f"{format_decimal(used_bytes / _GB, format='#,##0.#', locale=language)} GB"


def figure(number: int, language: str) -> str:
    written: str = format_decimal(number, locale=language)
    return written
