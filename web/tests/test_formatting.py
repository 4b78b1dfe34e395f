from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from payport import vnd
from payport_web import formatting


@pytest.mark.parametrize(
    ("minor", "vi", "en"),
    [
        (0, "0\u00a0₫", "₫0"),
        (150_000, "150.000\u00a0₫", "₫150,000"),
        (-30_001, "-30.001\u00a0₫", "-₫30,001"),
        (999_999_999, "999.999.999\u00a0₫", "₫999,999,999"),
    ],
)
def test_money_is_whole_dong_in_the_words_of_each_language(minor: int, vi: str, en: str) -> None:
    assert formatting.money(vnd(minor), "vi") == vi
    assert formatting.money(vnd(minor), "en") == en


class TestADay:
    LATE_EVENING_UTC = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)

    def test_is_that_of_the_merchant(self) -> None:
        assert formatting.day(self.LATE_EVENING_UTC, "vi") == "01/12/2026"
        assert formatting.day(self.LATE_EVENING_UTC, "en") == "1 Dec 2026"
        assert formatting.instant(self.LATE_EVENING_UTC, "vi") == "00:00, 01/12/2026"
        assert formatting.clock_time(self.LATE_EVENING_UTC, "en") == "00:00:00"

    def test_that_is_a_date_already_stays_what_it_is(self) -> None:
        assert formatting.day(date(2024, 6, 30), "vi") == "30/06/2024"


def test_capacity_is_counted_in_gb_of_two_to_the_thirty() -> None:
    assert formatting.capacity(10 * 2**30, "vi") == "10 GB"
    assert formatting.capacity(int(6.4 * 2**30), "vi") == "6,4 GB"
    assert formatting.capacity(int(6.4 * 2**30), "en") == "6.4 GB"


def test_an_instant_is_also_written_for_machines_and_for_who_compares_with_a_log() -> None:
    at = datetime(2026, 12, 1, 0, 0, 30, tzinfo=formatting.VIET_NAM)

    assert formatting.iso(at) == "2026-11-30T17:00:30Z"
    assert formatting.utc(at) == "2026-11-30 17:00:30 UTC"
    assert formatting.day(at, "vi", zone=ZoneInfo("America/New_York")) == "30/11/2026"
