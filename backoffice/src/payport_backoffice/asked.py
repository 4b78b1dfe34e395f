"""Reads what a list's filters ask for, from the page's address: days, amounts, states, a cursor."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request

from payport import Money, vnd

__all__ = ["Asked"]

_LONGEST: Final = 200
_MOST_DIGITS: Final = 19
_AMOUNT: Final = re.compile(r"[0-9]{1,15}|[0-9]{1,3}([.,][0-9]{3}){1,4}")
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)


class Asked:
    """Blank is not asked, and what cannot be read is not asked either: its name is then in `unread`.

    A page that has `unread` says so, since it shows more than somebody thinks.
    """

    def __init__(self, request: Request, zone: ZoneInfo) -> None:
        self._query, self._zone = request.query_params, zone
        self.unread: list[str] = []
        self._read: set[str] = set()

    def text(self, name: str) -> str | None:
        given = self._query.get(name, "").strip()
        if len(given) > _LONGEST or not given.isprintable():
            self.unread.append(name)
            return None
        if given:
            self._read.add(name)
        return given or None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the filters that were asked for, of those that the list has: a made up name is none."""
        return tuple(sorted(self._read))

    def one_of(self, name: str, allowed: Collection[str]) -> str | None:
        given = self.text(name)
        if given is None or given in allowed:
            return given
        self.unread.append(name)
        return None

    def some_of(self, name: str, allowed: Collection[str]) -> tuple[str, ...]:
        """Of several words with commas between them, as "requested,submitted"."""
        given = tuple(filter(None, (self.text(name) or "").split(",")))
        if all(each in allowed for each in given):
            return given
        self.unread.append(name)
        return ()

    def cursor(self) -> str | None:
        """Where a page of a list begins: the core reads it, and refuses what it did not write."""
        return self._query.get("after") or None

    def number(self, name: str) -> int | None:
        given = self.text(name)
        if given is None or (given.isascii() and given.isdecimal() and len(given) < _MOST_DIGITS):
            return int(given) if given else None
        self.unread.append(name)
        return None

    def begin_of(self, name: str) -> datetime | None:
        """The first instant of the merchant's day, as UTC: for `…_from`."""
        day = self.day(name)
        return datetime.combine(day, time(), self._zone).astimezone(UTC) if day else None

    def end_of(self, name: str) -> datetime | None:
        """The first instant after the merchant's day, as UTC: for `…_until`, which does not include it."""
        day = self.day(name)
        return datetime.combine(day + timedelta(days=1), time(), self._zone).astimezone(UTC) if day else None

    def amount(self, name: str) -> Money | None:
        """Whole đồng, with or without marks of thousands: 1100000, 1.100.000, 1,100,000 ₫."""
        given = self.text(name)
        if given is None:
            return None
        digits = given.removeprefix("₫").removesuffix("₫").removesuffix("đ").strip()
        if not _AMOUNT.fullmatch(digits):
            self.unread.append(name)
            return None
        return vnd(int(re.sub("[.,]", "", digits)))

    def day(self, name: str) -> date | None:
        """A day of the merchant's, as YYYY-MM-DD."""
        given = self.text(name)
        if given is None:
            return None
        try:
            day = date.fromisoformat(given)
        except ValueError:
            day = date.min
        if not _FIRST <= day <= _LAST:
            self.unread.append(name)
            return None
        return day
