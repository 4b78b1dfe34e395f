"""The demo's clock: where it starts, how far it goes, and what is left of it for the next run."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payport_storefront.demo.clock import CannotMove, DemoClock
from payport_storefront.demo.folder import DemoRefused, prepare

NOON = datetime(2026, 11, 25, 5, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clock"


@pytest.fixture
def clock(file: Path) -> DemoClock:
    return DemoClock(file, real=lambda: NOON)


class TestAClockThatNobodyHasMoved:
    def test_shows_the_real_time_in_utc_and_writes_nothing(self, file: Path) -> None:
        before = datetime.now(UTC)

        shown = DemoClock(file)()

        assert before <= shown <= datetime.now(UTC)
        assert shown.utcoffset() == timedelta()
        assert not file.exists()


class TestMovingIt:
    def test_by_days_keeps_the_time_of_day(self, clock: DemoClock) -> None:
        clock.move_on(7)
        clock.move_on(30)

        assert clock() == NOON + timedelta(days=37)
        assert clock.ahead == timedelta(days=37)

    def test_to_an_instant_arrives_there_and_less_than_a_second_after_it(self, clock: DemoClock) -> None:
        new_year = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)

        clock.move_to(new_year)

        assert new_year <= clock() < new_year + timedelta(seconds=1)

    @pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=400)])
    def test_back_is_refused_and_leaves_it_as_it_was(
        self, clock: DemoClock, file: Path, back: timedelta
    ) -> None:
        clock.move_on(2)

        with pytest.raises(CannotMove, match="back"):
            clock.move_to(clock() - back)

        assert clock() == NOON + timedelta(days=2)
        assert DemoClock(file, real=lambda: NOON)() == clock()

    def test_goes_as_far_as_the_last_second_of_2099(self, clock: DemoClock) -> None:
        end = datetime(2100, 1, 1, tzinfo=UTC)
        clock.move_to(end - timedelta(seconds=1))

        with pytest.raises(CannotMove, match="2099"):
            clock.move_on(1)

        assert clock() < end

    def test_a_year_that_no_calendar_knows_is_refused_too(self, clock: DemoClock) -> None:
        with pytest.raises(CannotMove):
            clock.move_on(99_999_999)


class TestTheNextRun:
    def test_goes_on_from_the_time_that_was_reached(self, clock: DemoClock, file: Path) -> None:
        clock.move_on(365)

        later = DemoClock(file, real=lambda: NOON + timedelta(hours=1))

        assert later() == NOON + timedelta(days=365, hours=1)

    def test_begins_with_the_real_time_when_it_is_a_fresh_one(self, tmp_path: Path) -> None:
        url = "http://127.0.0.1:8000"
        folder = prepare(tmp_path, url, fresh=False)
        DemoClock(folder.clock).move_on(365)

        again = prepare(tmp_path, url, fresh=True)

        assert DemoClock(again.clock).ahead == timedelta()

    def test_is_told_by_a_file_for_its_owner_alone(self, clock: DemoClock, file: Path) -> None:
        clock.move_on(1)

        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [entry.name for entry in file.parent.iterdir()] == ["clock"]

    @pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "9" * 12, "9" * 30])
    def test_does_not_guess_where_the_file_makes_no_sense(self, file: Path, text: str) -> None:
        file.write_text(text)

        with pytest.raises(DemoRefused, match="--fresh"):
            DemoClock(file)

    def test_refuses_a_file_that_is_no_text(self, file: Path) -> None:
        file.write_bytes(b"\xff\xfe1")

        with pytest.raises(DemoRefused, match="--fresh"):
            DemoClock(file)
