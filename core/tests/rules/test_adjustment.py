"""What staff may give or take by hand, and what is refused with what to do instead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from payport.errors import NotFound, RequestRefused
from payport.rules.adjustment import adjustment_grant
from payport.rules.entitlement import State
from payport.rules.grant import Grant
from payport.rules.purchase import AddCapacity, New, Renew, Switch

JANUARY_15 = date(2026, 1, 15)
IN_THE_WINDOW = date(2027, 1, 5)
AFTER_THE_END = date(2027, 1, 20)


def adjust(desk: Any, **asked: Any) -> Grant:
    given = adjustment_grant(
        desk.grants,
        id=f"G{len(desk.grants)}",
        account="alice",
        at=desk.now,
        catalog=desk.catalog,
        actor="Lan",
        reason="goodwill",
        **asked,
    )
    desk.grants.append(given)
    return given


def refused(desk: Any, **asked: Any) -> RequestRefused:
    before = list(desk.grants)
    with pytest.raises(RequestRefused) as error:
        adjust(desk, **asked)
    assert desk.grants == before
    return error.value


@pytest.fixture
def small(desk: Any) -> Any:
    """Small for 12 months from 15 January 2026."""
    desk.on(JANUARY_15).paid(New(package="small", months=12))
    return desk


class TestGB:
    def test_are_there_until_the_running_term_ends(self, small: Any) -> None:
        adjust(small, gb=7)

        assert small.held().extra_gb == 7
        small.on(IN_THE_WINDOW).paid(Renew(months=12))
        assert small.held().extra_gb == 7
        assert small.on(AFTER_THE_END).held().extra_gb == 0

    def test_may_be_taken_away_down_to_nothing_and_not_below(self, small: Any) -> None:
        small.uses(10).paid(AddCapacity(steps=1))
        adjust(small, gb=2)

        adjust(small, gb=-7)

        assert small.held().extra_gb == 0
        assert refused(small, gb=-1).field == "gb"

    def test_taken_of_capacity_that_is_then_suspended_leave_what_is_included(self, small: Any) -> None:
        added = small.uses(10).paid(AddCapacity(steps=1))
        adjust(small, gb=-3)

        small.suspended(added)

        assert (small.held().extra_gb, small.held().included_gb) == (0, 10)

    def test_widen_a_trial_too(self, desk: Any) -> None:
        desk.on(JANUARY_15).trial()

        adjust(desk, gb=5)

        assert (desk.held().state, desk.held().extra_gb) == (State.TRIAL, 5)

    @pytest.mark.parametrize("day", [None, AFTER_THE_END], ids=["nothing held", "expired"])
    def test_have_nothing_to_last_for_where_no_term_runs(self, desk: Any, day: date | None) -> None:
        if day is not None:
            desk.on(JANUARY_15).paid(New(package="small", months=12))
            desk.on(day)

        error = refused(desk, gb=5)

        assert (error.field, "Give a term of a package" in error.remedy) == ("gb", True)

    def test_together_stay_below_what_anyone_holds(self, small: Any) -> None:
        adjust(small, gb=10**6)

        assert refused(small, gb=1).remedy == "It is 1000000 GB now; give -1000000 to 0"


class TestDays:
    def test_move_the_end_of_the_running_term_and_set_a_new_anchor(self, small: Any) -> None:
        adjust(small, days=16)
        small.on(IN_THE_WINDOW).paid(Renew(months=1))

        held = small.held()
        assert (held.valid_to, held.future.term.end_date) == (date(2027, 1, 30), date(2027, 2, 28))

    def test_move_the_last_term_where_two_stand(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).paid(Renew(months=12))

        adjust(small, days=-5)

        assert (small.held().valid_to, small.held().future.term.valid_to) == (
            date(2027, 1, 14),
            date(2028, 1, 9),
        )

    def test_below_zero_may_end_the_running_term_today(self, small: Any) -> None:
        small.on(date(2026, 6, 1))
        left = small.held().term.remaining(small.now)

        assert refused(small, days=-left - 1).field == "days"
        adjust(small, days=-left)

        assert (small.held().state, small.held().term.end_date) == (State.EXPIRED, date(2026, 6, 1))

    def test_below_zero_leave_a_term_to_come_its_first_day(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).paid(Renew(months=1))

        assert refused(small, days=-31).field == "days"
        adjust(small, days=-30)

        future = small.held().future.term
        assert (future.start_date, future.valid_to) == (date(2027, 1, 15), date(2027, 1, 15))

    def test_let_a_term_that_ended_live_again_and_nothing_less(self, small: Any) -> None:
        small.on(AFTER_THE_END)

        error = refused(small, days=5)
        adjust(small, days=6)

        assert (error.field, error.remedy) == ("days", "Give more days, or a term of a package")
        assert (small.held().state, small.held().valid_to) == (State.ACTIVE, AFTER_THE_END)

    def test_have_nothing_to_move_where_nothing_is_held(self, desk: Any) -> None:
        desk.on(JANUARY_15).trial(days=3)

        assert refused(desk.on(date(2026, 2, 1)), days=10).field == "days"

    def test_lengthen_a_trial_that_runs(self, desk: Any) -> None:
        desk.on(JANUARY_15).trial(days=3)

        adjust(desk, days=4)

        assert (desk.held().state, desk.held().valid_to) == (State.TRIAL, date(2026, 1, 21))

    def test_belong_to_their_term_and_go_with_it(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch_any_time": True})
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        switched = desk.on(date(2026, 3, 1)).uses(1).paid(Switch(package="huge", months=12))
        adjust(desk, days=-300)

        desk.reversed(switched)

        assert (desk.held().package, desk.held().valid_to) == ("small", date(2027, 1, 14))

    def test_move_by_as_little_as_one(self, small: Any) -> None:
        adjust(small, days=1)

        assert small.held().valid_to == date(2027, 1, 15)

    def test_never_reach_farther_than_36500_days_from_today(self, small: Any) -> None:
        for _ in range(9):
            adjust(small, days=3660)
        left = 36_500 - 365 - 9 * 3660

        assert refused(small, days=left + 1).field == "days"
        adjust(small, days=left)

        assert (small.held().term.end_date - JANUARY_15).days == 36_500


class TestATermOfAPackage:
    def test_runs_from_now_where_nothing_is_held(self, desk: Any) -> None:
        adjust(desk.on(JANUARY_15), package="large", months=3)

        held = desk.held()
        assert (held.state, held.package, held.term.start) == (State.ACTIVE, "large", desk.now)
        assert (held.valid_to, held.chain) == (date(2026, 4, 14), ())

    def test_may_be_as_long_as_a_catalog_sells(self, desk: Any) -> None:
        adjust(desk.on(JANUARY_15), package="small", months=120)

        assert desk.held().valid_to == date(2036, 1, 14)

    def test_ends_a_trial(self, desk: Any) -> None:
        desk.on(JANUARY_15).trial()

        adjust(desk, package="small", months=1)

        assert (desk.held().state, desk.held().valid_to) == (State.ACTIVE, date(2026, 2, 14))

    def test_runs_from_now_where_one_has_ended(self, small: Any) -> None:
        adjust(small.on(AFTER_THE_END), package="small", months=1)

        assert (small.held().state, small.held().term.start) == (State.ACTIVE, small.now)

    def test_follows_the_one_that_runs_whichever_package_it_is(self, small: Any) -> None:
        adjust(small, package="huge", months=1)

        held = small.held()
        assert (held.package, held.future.line.package) == ("small", "huge")
        assert held.future.term.start == held.term.end

    def test_takes_gb_and_days_that_are_given_with_it(self, small: Any) -> None:
        given = adjust(small, package="huge", months=1, gb=5, days=2)

        held = small.held()
        assert (held.extra_gb, held.valid_to) == (0, date(2027, 1, 14))
        assert (held.future.extra_gb, held.future.term.valid_to) == (5, date(2027, 2, 16))
        assert [line.kind for line in given.lines] == ["term", "capacity", "days"]

    def test_is_refused_where_a_term_to_come_stands(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).paid(Renew(months=12))

        error = refused(small, package="small", months=1)

        assert (error.field, error.remedy) == ("package", "Lengthen that one by days")

    def test_cannot_take_gb_or_days_that_it_does_not_have(self, desk: Any) -> None:
        assert refused(desk, package="small", months=1, gb=-1).field == "gb"
        assert refused(desk, package="small", months=1, days=-31).field == "days"

    def test_of_an_unknown_package_is_not_found(self, desk: Any) -> None:
        with pytest.raises(NotFound, match="package: "):
            adjust(desk, package="medium", months=1)


class TestAnAdjustment:
    def test_is_one_grant_with_actor_and_reason_and_no_payment(self, small: Any) -> None:
        given = adjust(small, gb=5, days=3)

        assert (given.kind, given.actor, given.reason, given.paid) == ("adjustment", "Lan", "goodwill", None)
        assert [line.kind for line in given.lines] == ["capacity", "days"]
        assert (small.held().extra_gb, small.held().valid_to) == (5, date(2027, 1, 17))

    def test_gives_no_credit_at_a_switch(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch_any_time": True})
        adjust(desk.on(JANUARY_15), package="small", months=12, gb=5, days=20)

        quote = desk.uses(1).quote(Switch(package="huge", months=12))

        assert (quote.credited_grants, quote.surplus_days) == ((), 0)
        assert {line.kind for line in quote.lines} == {"package"}

    def test_is_refused_while_the_account_is_suspended(self, small: Any) -> None:
        small.suspended(small.grants[0])

        for asked in ({"gb": 5}, {"days": 5}, {"package": "small", "months": 1}):
            assert refused(small, **asked).field == "account"

    def test_never_begins_before_the_last_grant(self, small: Any) -> None:
        small.now -= timedelta(minutes=5)  # another machine's clock

        given = adjust(small, gb=5)

        assert given.effective_at == small.grants[0].effective_at

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({}, "gb"),
            ({"gb": 1.5}, "gb"),
            ({"gb": True}, "gb"),
            ({"gb": "5"}, "gb"),
            ({"gb": 10**6 + 1}, "gb"),
            ({"gb": -(10**6) - 1}, "gb"),
            ({"days": 3661}, "days"),
            ({"days": 10**18}, "days"),
            ({"package": "small"}, "months"),
            ({"months": 1}, "package"),
            ({"package": "small", "months": 0}, "months"),
            ({"package": "small", "months": 121}, "months"),
            ({"package": "small", "months": True}, "months"),
        ],
        ids=str,
    )
    def test_of_a_number_that_makes_no_sense_is_refused_by_field(
        self, small: Any, asked: dict[str, Any], field: str
    ) -> None:
        assert refused(small, **asked).field == field
