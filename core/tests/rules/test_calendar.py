from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from payport.rules.calendar import (
    Term,
    add_months,
    first_term,
    local_date,
    local_midnight,
    next_term,
)

HCM = "Asia/Ho_Chi_Minh"
MORNING = datetime(2026, 1, 31, 3, tzinfo=UTC)


def a_term(start: datetime, months: int = 12, **more: int) -> Term:
    return first_term(start, zone=HCM, months=months, **more)


class TestATermAnchoredOn31January:
    def test_ends_on_the_last_of_february_and_then_on_31_march_again(self) -> None:
        first = a_term(MORNING, 1)
        second = next_term(first, months=1)

        assert (first.end_date, second.end_date) == (date(2026, 2, 28), date(2026, 3, 31))
        assert second.start == first.end
        assert second.start_date == date(2026, 2, 28)

    def test_ends_on_29_february_in_a_leap_year(self) -> None:
        assert a_term(datetime(2028, 1, 31, 3, tzinfo=UTC), 1).end_date == date(2028, 2, 29)


def test_a_year_from_29_february_ends_on_28_february() -> None:
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert add_months(date(2028, 2, 29), 48) == date(2032, 2, 29)


def test_valid_to_30_june_2024_is_stored_as_midnight_of_1_july_at_plus_7_exclusive() -> None:
    term = a_term(datetime(2024, 1, 1, 1, tzinfo=UTC), 6)

    assert term.valid_to == date(2024, 6, 30)
    assert term.end.tzinfo is UTC
    assert term.end == datetime.fromisoformat("2024-07-01T00:00:00+07:00")
    assert term.covers(term.end - timedelta(microseconds=1))
    assert not term.covers(term.end)


def test_the_local_day_counts_not_that_of_utc() -> None:
    late_in_utc = datetime(2025, 12, 31, 17, 30, tzinfo=UTC)  # 00:30 of 1 January there

    term = a_term(late_in_utc, 12)

    assert (term.start_date, term.end_date) == (date(2026, 1, 1), date(2027, 1, 1))


def test_bonus_months_are_days_of_the_term() -> None:
    term = a_term(MORNING, 24, bonus_months=6)

    assert term.end_date == date(2028, 7, 31)
    assert term.days == (date(2028, 7, 31) - date(2026, 1, 31)).days


class TestDaysLeft:
    def test_today_counts(self) -> None:
        term = a_term(MORNING, 1)  # until before 28 February

        assert term.remaining(datetime(2026, 2, 27, 16, 59, tzinfo=UTC)) == 1
        assert term.remaining(term.end) == 0
        assert term.remaining(term.start) == term.days == 28

    def test_before_the_start_all_are_left(self) -> None:
        assert a_term(MORNING, 1).remaining(MORNING - timedelta(days=90)) == 28

    @pytest.mark.parametrize(
        ("day", "up", "down"),
        [
            (date(2026, 1, 31), 3, 3),
            (date(2026, 2, 1), 3, 2),
            (date(2026, 2, 28), 2, 2),
            (date(2026, 3, 1), 2, 1),
            (date(2026, 4, 29), 1, 0),
        ],
    )
    def test_whole_months_are_marked_from_the_anchor(self, day: date, up: int, down: int) -> None:
        term = a_term(MORNING, 3)
        at = local_midnight(day, HCM) + timedelta(hours=9)

        assert term.whole_months_left(at, rounding="up") == up
        assert term.whole_months_left(at, rounding="down") == down

    def test_whole_months_are_at_most_the_paid_ones(self) -> None:
        assert a_term(MORNING, 24, bonus_months=6).whole_months_left(MORNING, rounding="down") == 24

    @pytest.mark.parametrize(
        ("moved", "day", "up", "down"),
        [
            (70, date(2026, 1, 31), 3, 3),  # until before 9 July: five months, of which three are paid
            (70, date(2026, 4, 30), 3, 2),
            (70, date(2026, 6, 9), 1, 1),
            (70, date(2026, 6, 15), 1, 0),
            (70, date(2026, 7, 8), 1, 0),
            (-40, date(2026, 1, 31), 2, 1),  # until before 21 March
            (-40, date(2026, 2, 28), 1, 0),
            (-1, date(2026, 4, 28), 1, 0),
        ],
    )
    def test_whole_months_of_a_term_whose_end_was_moved_are_marked_back_from_there(
        self, moved: int, day: date, up: int, down: int
    ) -> None:
        term = a_term(MORNING, 3).moved(moved)
        at = local_midnight(day, HCM) + timedelta(hours=9)

        assert term.remaining(at) > 0
        assert term.whole_months_left(at, rounding="up") == up
        assert term.whole_months_left(at, rounding="down") == down

    def test_whole_months_of_a_renewal_are_marked_from_the_first_anchor(self) -> None:
        term = next_term(a_term(MORNING, 1), months=12, bonus_months=1)  # 28 February 2026 to 31 March 2027
        at = local_midnight(date(2026, 10, 31), HCM)

        assert term.whole_months_left(term.start, rounding="up") == 12
        assert term.whole_months_left(at, rounding="up") == term.whole_months_left(at, rounding="down") == 5


def test_a_renewal_counts_its_bonus_months_from_the_same_anchor() -> None:
    renewed = next_term(a_term(MORNING, 1), months=12, bonus_months=2)

    assert (renewed.anchor, renewed.end_date) == (date(2026, 1, 31), date(2027, 4, 30))
    assert (renewed.months, renewed.bonus_months) == (12, 2)


class TestAnEndMovedByDays:
    def test_gives_the_next_term_a_new_anchor(self) -> None:
        moved = a_term(MORNING, 1).moved(3)  # 28 February + 3

        following = next_term(moved, months=1)

        assert moved.end_date == date(2026, 3, 3)
        assert following.anchor == date(2026, 3, 3)
        assert following.end_date == date(2026, 4, 3)

    def test_never_goes_before_the_first_day(self) -> None:
        assert a_term(MORNING, 1).moved(-500).days == 0


def test_both_switches_of_daylight_saving_lose_no_hour() -> None:
    before_summer, before_winter = date(2026, 3, 29), date(2026, 10, 25)

    for day, hours in ((before_summer, 23), (before_winter, 25)):
        night = local_midnight(day + timedelta(days=1), "Europe/Berlin") - local_midnight(
            day, "Europe/Berlin"
        )
        assert night == timedelta(hours=hours)
    assert local_date(local_midnight(before_summer, "Europe/Berlin"), "Europe/Berlin") == before_summer


_TERM_ON_A_HOST = """
from datetime import UTC, datetime
from payport.rules.calendar import first_term, next_term
terms = [first_term(datetime(2026, month, 28, 17, 30, tzinfo=UTC), zone="Asia/Ho_Chi_Minh", months=7)
         for month in range(1, 13)]
print([(t.start.isoformat(), t.end.isoformat(), next_term(t, months=1).end.isoformat()) for t in terms])
"""


def test_the_term_is_the_same_whatever_the_zone_of_the_host() -> None:
    zones = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Ho_Chi_Minh")

    seen = {
        subprocess.run(
            [sys.executable, "-c", _TERM_ON_A_HOST],
            env={**os.environ, "TZ": zone},
            check=True,
            capture_output=True,
        ).stdout
        for zone in zones
    }

    assert len(seen) == 1


def test_a_time_without_a_zone_and_a_zone_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ValidationError):
        Term(start=datetime(2026, 1, 1), zone=HCM, anchor=date(2026, 1, 1), anchor_months=1, months=1)  # noqa: DTZ001
    with pytest.raises(ValidationError):
        Term(start=MORNING, zone="../etc/passwd", anchor=date(2026, 1, 1), anchor_months=1, months=1)


@given(
    start=st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=6),
)
def test_renewals_lose_no_day_and_end_where_one_long_term_would(start: datetime, lengths: list[int]) -> None:
    terms = [a_term(start, lengths[0])]
    for months in lengths[1:]:
        terms.append(next_term(terms[-1], months=months))

    assert terms[-1].end == a_term(start, sum(lengths)).end
    assert sum(term.days for term in terms) == (terms[-1].end_date - terms[0].start_date).days
    assert all(term == Term.model_validate_json(term.model_dump_json()) for term in terms)
