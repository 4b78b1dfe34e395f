from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from payport.errors import Defect
from payport.rules.catalog import Promotion
from payport.rules.effect import Review, effect
from payport.rules.entitlement import State
from payport.rules.grant import DaysLine, Grant
from payport.rules.money import vnd
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.words import Text

JANUARY_15 = date(2026, 1, 15)
IN_THE_WINDOW = date(2027, 1, 5)
AFTER_THE_END = date(2027, 1, 20)
NEW = New(package="small", months=12)


@pytest.fixture
def small(desk: Any) -> Any:
    """Small for 12 months from 15 January 2026, all of it used at any time."""
    desk.on(JANUARY_15).paid(NEW)
    return desk


class TestNewPaid:
    def test_with_nothing_held_runs_from_payment(self, desk: Any) -> None:
        quote = desk.quote(NEW)

        granted = desk.pay(quote, at=desk.now + timedelta(hours=20))

        [line] = granted.lines
        assert granted.effective_at == line.term.start == desk.now + timedelta(hours=20)
        assert (line.term.start_date, line.term.end_date) == (date(2026, 1, 16), date(2027, 1, 16))
        assert (granted.kind, granted.order_number, granted.account) == ("order", "PP0", "alice")

    def test_in_a_trial_ends_the_trial(self, desk: Any) -> None:
        desk.trial(package="huge")

        desk.paid(NEW)

        assert (desk.held().state, desk.held().package, desk.held().future) == (State.ACTIVE, "small", None)

    def test_when_a_package_is_held_goes_to_review(self, desk: Any) -> None:
        quote = desk.quote(NEW)
        desk.paid(NEW)

        assert isinstance(desk.pay(quote), Review)
        assert isinstance(desk.on(AFTER_THE_END).pay(quote), Review)  # expired is not none

    def test_keeps_what_each_line_cost_and_what_came_in(self, desk_with: Callable[..., Any]) -> None:
        promotion = Promotion(id="ten", names=Text(vi="x", en="x"), percent=10)
        desk = desk_with(promotions=(promotion,))

        granted = desk.paid(New(package="huge", months=12, extra_steps=2))

        term, extra = granted.lines
        assert (term.price.net, term.price.gross) == (vnd(9_000_000), vnd(9_720_000))
        assert (extra.price.net, extra.price.gross) == (vnd(7_100_000), vnd(7_668_000))
        assert (granted.paid.net, granted.paid.total) == (vnd(16_100_000), vnd(17_388_000))
        assert (extra.gb, extra.start_date, extra.end_date) == (10, JANUARY_15, date(2027, 1, 15))

    def test_keeps_the_bonus_months(self, desk: Any) -> None:
        [line] = desk.paid(New(package="large", months=24)).lines

        assert (line.term.months, line.term.bonus_months) == (24, 6)
        assert line.term.end_date == date(2028, 7, 15)


class TestAddedCapacityPaid:
    def test_while_active_lasts_until_the_terms_end(self, small: Any) -> None:
        granted = small.on(date(2026, 8, 20)).uses(10).paid(AddCapacity(steps=2))

        [line] = granted.lines
        assert (line.gb, line.start_date, line.end_date) == (10, date(2026, 8, 20), date(2027, 1, 15))
        assert small.held().extra_gb == 10

    def test_when_the_account_is_suspended_goes_to_review(self, small: Any) -> None:
        quote = small.uses(10).quote(AddCapacity(steps=1))
        small.suspended(small.grants[0])

        assert small.pay(quote) == Review("extra capacity was paid, but the account is suspended")


class TestARenewalPaid:
    def test_while_active_follows_from_the_last_end(self, small: Any) -> None:
        [line] = small.on(IN_THE_WINDOW).paid(Renew(months=12)).lines

        assert (line.joins, line.term.start_date, line.term.end_date) == (
            "at_end",
            date(2027, 1, 15),
            date(2028, 1, 15),
        )

    def test_after_the_end_runs_from_payment(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).quote(Renew(months=12))

        [line] = small.on(AFTER_THE_END).pay(quote).lines

        assert (line.joins, line.term.anchor, line.term.end_date) == (
            "at_once",
            AFTER_THE_END,
            date(2028, 1, 20),
        )

    def test_twice_goes_to_review(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).quote(Renew(months=12))
        small.pay(quote)

        assert isinstance(small.pay(quote), Review)

    def test_after_a_switch_follows_it_with_the_package_that_was_paid(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).uses(10).quote(Renew(months=12))
        small.paid(Switch(package="huge", months=12))

        [line] = small.pay(quote).lines

        assert (line.package, line.joins) == ("small", "at_end")
        assert (line.term.start_date, line.term.end_date) == (date(2028, 1, 5), date(2029, 1, 5))
        assert (small.held().package, small.held().future.line.package) == ("huge", "small")

    def test_when_nothing_is_held_or_all_is_suspended_goes_to_review(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).quote(Renew(months=12))
        small.suspended(small.grants[0])
        while_suspended = small.pay(quote)
        small.reversed(small.grants[0])

        assert while_suspended == Review("a following term was paid, but the account is suspended")
        assert small.pay(quote) == Review("a following term was paid, but the account is none")

    def test_in_a_gap_before_a_next_term_goes_to_review(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).quote(Renew(months=12))
        small.paid(Renew(months=12))
        small.adjusted(DaysLine(days=-10, of="G0"))  # the running term now ends before the next one begins

        assert small.on(date(2027, 1, 6)).held().state is State.EXPIRED
        assert small.pay(quote) == Review("a following term was paid, but the account is expired")

    def test_keeps_the_bonus_months_that_it_was_sold_with(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="large", months=12))

        [line] = desk.on(IN_THE_WINDOW).paid(Renew(months=24)).lines

        assert (line.term.months, line.term.bonus_months) == (24, 6)
        assert line.term.end_date == date(2029, 7, 15)

    def test_keeps_the_anchor_of_31_january(self, desk: Any) -> None:
        desk.on(date(2026, 1, 31)).paid(New(package="small", months=1))
        first = desk.held().valid_to
        desk.on(date(2026, 2, 20)).paid(Renew(months=1))

        assert first == date(2026, 2, 27)
        assert desk.on(date(2026, 3, 1)).held().valid_to == date(2026, 3, 30)


class TestASwitchPaid:
    def test_at_once_runs_from_payment_and_takes_the_place_of_all(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(10).paid(Renew(months=12))

        small.paid(Switch(package="huge", months=12))

        held = small.held()
        assert (held.package, held.term.start, held.future) == ("huge", small.now, None)

    def test_at_once_after_the_end_runs_from_payment_at_the_quoted_price(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).uses(10).quote(Switch(package="huge", months=12))

        granted = small.on(AFTER_THE_END).pay(quote)

        assert granted.lines[0].term.start == small.now
        assert granted.paid.total == quote.total < vnd(10_800_000)

    def test_at_once_after_the_next_term_has_begun_takes_its_place_at_the_quoted_price(
        self, small: Any
    ) -> None:
        """Both terms were credited and nobody has spent it: that the first has ended changes nothing."""
        small.on(IN_THE_WINDOW).uses(10).paid(AddCapacity(steps=1))
        small.paid(Renew(months=12))
        quote = small.on(date(2027, 1, 14)).uses(10).quote(Switch(package="huge", months=12))

        granted = small.on(date(2027, 1, 15)).pay(quote)

        assert quote.credited_grants == ("G0", "G1", "G2")
        assert granted.paid.total == quote.total
        assert (small.held().package, small.held().term.start) == ("huge", small.now)

    def test_at_once_with_a_credit_that_was_spent_goes_to_review(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(10)
        first = small.quote(Switch(package="huge", months=12))
        second = small.quote(Switch(package="large", months=12))
        small.pay(first)

        assert isinstance(small.pay(second), Review)
        assert small.held().package == "huge"

    def test_at_once_with_a_credit_whose_spending_was_taken_back_is_granted(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(10)
        first, second = (small.quote(Switch(package=to, months=12)) for to in ("huge", "large"))
        small.reversed(small.pay(first))

        assert isinstance(small.pay(second), Grant)
        assert small.held().package == "large"

    @pytest.mark.parametrize("bought", [AddCapacity(steps=1), Renew(months=12)])
    def test_at_once_that_would_lose_what_was_bought_since_goes_to_review(
        self, small: Any, bought: Any
    ) -> None:
        quote = small.on(IN_THE_WINDOW).uses(10).quote(Switch(package="huge", months=12))
        small.paid(bought)

        assert isinstance(small.pay(quote), Review)

    @pytest.mark.parametrize("undo", ["reversed", "suspended"])
    def test_at_once_with_the_credit_of_a_grant_that_was_touched_since_goes_to_review(
        self, desk: Any, undo: str
    ) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))
        desk.on(IN_THE_WINDOW).uses(1).paid(Renew(months=12, extra_steps=1))
        quote = desk.quote(Switch(package="large", months=12))

        if undo == "reversed":
            desk.reversed(desk.grants[1], 1)  # the capacity alone; its term still stands
        else:
            desk.suspended(desk.grants[1])

        assert isinstance(desk.pay(quote), Review)

    def test_at_once_loses_nothing_in_days_that_staff_have_given_meanwhile(self, small: Any) -> None:
        quote = small.on(AFTER_THE_END).uses(1).quote(Switch(package="huge", months=12))
        small.adjusted(DaysLine(days=30))

        assert small.held().state is State.ACTIVE
        assert isinstance(small.pay(quote), Grant)

    def test_at_once_goes_by_what_has_changed_since_its_quote_alone(self, small: Any) -> None:
        small.suspended(small.grants[0])
        small.restored(small.grants[0])

        assert isinstance(
            small.pay(small.on(IN_THE_WINDOW).uses(1).quote(Switch(package="huge", months=12))), Grant
        )

    def test_at_end_follows_and_is_given_no_credit(self, desk_with: Callable[..., Any]) -> None:
        desk = desk_with(policies={"switch": "at_end"})
        desk.on(JANUARY_15).paid(NEW)

        quote = desk.on(IN_THE_WINDOW).uses(10).quote(Switch(package="huge", months=12))
        desk.pay(quote)

        assert [line.kind for line in quote.lines] == ["package"]
        assert (desk.held().package, desk.held().future.line.package) == ("small", "huge")
        assert desk.on(date(2027, 1, 15)).held().package == "huge"

    def test_at_end_when_a_next_term_stands_goes_to_review(self, desk_with: Callable[..., Any]) -> None:
        desk = desk_with(policies={"switch": "at_end"})
        desk.on(JANUARY_15).paid(NEW)
        quote = desk.on(IN_THE_WINDOW).uses(10).quote(Switch(package="huge", months=12))
        desk.paid(Renew(months=12))

        assert isinstance(desk.pay(quote), Review)

    def test_at_end_to_less_than_is_used_by_then_still_starts_and_is_exhausted(
        self, desk_with: Callable[..., Any]
    ) -> None:
        desk = desk_with(policies={"switch": "at_end"})
        desk.on(JANUARY_15).paid(New(package="large", months=12))
        desk.on(IN_THE_WINDOW).uses(9).paid(Switch(package="small", months=12))

        held = desk.on(date(2027, 1, 15)).uses(30).held()

        assert (held.state, held.package, held.exhausted) == (State.ACTIVE, "small", True)

    def test_when_nothing_is_held_any_more_goes_to_review(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).uses(10).quote(Switch(package="huge", months=12))
        small.reversed(small.grants[0])

        assert isinstance(small.pay(quote), Review)


class TestTheInstant:
    def test_is_never_before_the_last_applied_change(self, desk: Any) -> None:
        quote = desk.quote(NEW)
        desk.now += timedelta(hours=2)
        desk.trial()

        granted = desk.pay(quote, at=desk.now - timedelta(hours=1))

        assert granted.effective_at == granted.lines[0].term.start == desk.now

    def test_is_in_utc(self, desk: Any) -> None:
        granted = desk.paid(NEW)

        assert Grant.model_validate_json(granted.model_dump_json()) == granted
        assert granted.effective_at.utcoffset() == timedelta(0)


class TestWhatMustNeverMeet:
    def test_is_a_defect_and_grants_nothing(self, desk: Any, desk_with: Callable[..., Any]) -> None:
        quote = desk.quote(NEW)
        granted = desk.paid(NEW)
        facts: dict[str, Any] = {
            "grants": [],
            "catalog": desk.catalog,
            "paid_at": desk.now,
            "grant_id": "G9",
            "order_number": "PP9",
        }
        wrong: list[dict[str, Any]] = [
            {"catalog": desk_with(version="other").catalog},
            {"grants": [granted.model_copy(update={"account": "bob"})]},
            {"grants": [granted], "order_number": "PP0"},  # this very order, a second time
        ]

        for difference in wrong:
            with pytest.raises(Defect):
                effect(quote, **{**facts, **difference})
