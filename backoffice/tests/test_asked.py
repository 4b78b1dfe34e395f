"""Filters of a list, out of its address."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import Request

from payport import vnd
from payport_backoffice.asked import Asked

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")


def _asked(**query: str) -> Asked:
    return Asked(Request({"type": "http", "query_string": urlencode(query).encode()}), VIET_NAM)


def test_days_are_the_merchants_and_a_last_day_is_included() -> None:
    asked = _asked(since="2026-11-24", until="2026-11-24")

    assert asked.begin_of("since") == datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert asked.end_of("until") == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    assert asked.unread == []


@pytest.mark.parametrize("text", ["1100000", "1.100.000", "1,100,000 ₫", "₫1,100,000", " 1.100.000đ "])
def test_an_amount_is_read_as_people_write_it(text: str) -> None:
    assert _asked(amount=text).amount("amount") == vnd(1_100_000)


@pytest.mark.parametrize("text", ["1.1", "-1", "1e6", "1.100.00", "một triệu", "9" * 16, "１２３"])
def test_what_is_no_amount_is_not_asked_and_is_said(text: str) -> None:
    asked = _asked(amount=text)

    assert asked.amount("amount") is None
    assert asked.unread == ["amount"]


@pytest.mark.parametrize("text", ["24/11/2026", "2026-02-30", "0001-01-01", "9999-12-31", "today"])
def test_what_is_no_day_is_not_asked_and_is_said(text: str) -> None:
    asked = _asked(since=text)

    assert asked.begin_of("since") is None
    assert asked.end_of("since") is None
    assert asked.unread == ["since", "since"]


def test_WEB_07_only_what_is_allowed_is_asked() -> None:
    asked = _asked(state="paid", method="'; drop", name="a\x00b", long="x" * 201, blank="  ")

    assert asked.one_of("state", {"paid", "review"}) == "paid"
    assert asked.one_of("method", {"wallet"}) is None
    assert (asked.text("name"), asked.text("long"), asked.text("blank"), asked.text("none")) == (None,) * 4
    assert asked.unread == ["method", "name", "long"]
