from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from payport.errors import Defect, NotFound, PurchaseNotOpen, RequestRefused
from payport.rules.entitlement import GB, State, project
from payport.rules.grant import CapacityLine, DaysLine, Grant, Paid
from payport.rules.money import vnd
from payport.rules.purchase import AddCapacity, New, Renew, Switch

JANUARY_15 = date(2026, 1, 15)
DAYS = timedelta(days=1)


class TestNothing:
    def test_is_none_and_holds_nothing(self, desk: Any) -> None:
        held = desk.uses(3).held()

        assert (held.state, held.package, held.term, held.valid_to) == (State.NONE, None, None, None)
        assert (held.capacity_bytes, held.exhausted, held.version) == (0, False, 0)


class TestATrial:
    def test_runs_to_the_local_midnight_so_many_days_on(self, desk: Any) -> None:
        desk.on(JANUARY_15).trial(days=14)

        held = desk.held()
        assert (held.state, held.package, held.included_gb) == (State.TRIAL, "small", 10)
        assert held.term.end == datetime.fromisoformat("2026-01-29T00:00:00+07:00")
        assert held.valid_to == date(2026, 1, 28)

    def test_that_ended_with_nothing_bought_is_none_again(self, desk: Any) -> None:
        desk.on(JANUARY_15).trial(package="large")

        assert desk.on(date(2026, 2, 13)).held().state is State.TRIAL
        assert desk.on(date(2026, 2, 14)).held().state is State.NONE

    def test_ends_when_a_package_is_bought(self, desk: Any) -> None:
        desk.on(JANUARY_15).trial()
        desk.on(date(2026, 1, 20)).paid(New(package="large", months=12))

        held = desk.held()
        assert (held.state, held.package, held.valid_to) == (State.ACTIVE, "large", date(2027, 1, 19))

    def test_is_refused_while_anything_is_held(self, desk: Any) -> None:
        desk.trial()
        with pytest.raises(PurchaseNotOpen, match="account: a trial or a package is held"):
            desk.trial()

    @pytest.mark.parametrize("days", [0, -1, 3661, True, 1.5, "14"])
    def test_of_no_sensible_length_is_refused(self, desk: Any, days: Any) -> None:
        with pytest.raises(RequestRefused, match="days: "):
            desk.trial(days=days)

    def test_of_an_unknown_package_is_refused(self, desk: Any) -> None:
        with pytest.raises(NotFound, match="package: "):
            desk.trial(package="medium")


class TestATermWithExtraCapacity:
    def test_holds_both_until_its_end(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=2))

        held = desk.uses(210).held()
        assert (held.included_gb, held.extra_gb, held.capacity_bytes) == (200, 10, 210 * GB)
        assert held.exhausted
        assert not desk.uses(209.99).held().exhausted

    def test_is_expired_from_its_last_midnight_on_and_nothing_is_deleted(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=2))
        end = desk.held().term.end

        last, after = desk.held(end - timedelta(microseconds=1)), desk.held(end)

        assert (last.state, after.state) == (State.ACTIVE, State.EXPIRED)
        assert (after.package, after.included_gb, after.extra_gb) == ("huge", 200, 10)


class TestARenewalBoughtInTheWindow:
    def test_stands_as_the_future_term_and_takes_over_at_the_old_end(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=2))
        desk.on(date(2027, 1, 1)).paid(Renew(months=12))

        before, after = desk.held(), desk.on(date(2027, 1, 15)).held()

        assert (before.extra_gb, before.valid_to) == (10, date(2027, 1, 14))
        assert before.future.term.start == before.term.end
        assert (after.extra_gb, after.valid_to, after.future) == (0, date(2028, 1, 14), None)

    def test_keeps_capacity_added_in_mid_term_to_the_old_term(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2027, 1, 1)).paid(Renew(months=12))
        desk.uses(10).paid(AddCapacity(steps=1))

        assert desk.held().extra_gb == 5
        assert desk.on(date(2027, 1, 15)).held().extra_gb == 0


class TestAReversal:
    def test_takes_the_package_from_that_moment_and_not_before(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2026, 3, 1)).reversed(granted)

        assert desk.held().state is State.NONE
        assert desk.held(desk.now - DAYS).state is State.ACTIVE

    def test_of_one_line_leaves_the_other(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=2))

        desk.reversed(granted, 1)

        held = desk.held()
        assert (held.state, held.included_gb, held.extra_gb) == (State.ACTIVE, 200, 0)

    def test_of_the_term_leaves_its_capacity_nothing_to_stand_on(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12))
        renewal = desk.on(date(2027, 1, 1)).paid(Renew(months=12, extra_steps=3))

        desk.reversed(renewal, 0)

        held = desk.held()
        assert (held.state, held.extra_gb, held.future) == (State.ACTIVE, 0, None)

    def test_of_the_future_term_leaves_the_running_one(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        renewal = desk.on(date(2027, 1, 1)).paid(Renew(months=12))

        desk.reversed(renewal)

        assert (desk.held().state, desk.held().future) == (State.ACTIVE, None)

    def test_of_a_switch_lets_the_old_term_stand_again(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch_any_time": True})
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        switched = desk.on(date(2026, 3, 1)).uses(1).paid(Switch(package="huge", months=12))

        desk.on(date(2026, 4, 1)).reversed(switched)

        held = desk.held()
        assert (held.state, held.package, held.valid_to) == (State.ACTIVE, "small", date(2027, 1, 14))

    def test_of_an_adjustment_moves_the_end_back(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.adjusted(DaysLine(days=10))

        desk.reversed(desk.grants[-1])

        assert desk.held().valid_to == date(2027, 1, 14)

    def test_of_a_line_that_is_gone_or_never_was_is_a_defect(self, desk: Any) -> None:
        granted = desk.paid(New(package="small", months=12))
        desk.reversed(granted, 1)
        with pytest.raises(Defect):
            desk.held()

        desk.grants.pop()
        desk.reversed(granted)
        desk.reversed(granted)
        with pytest.raises(Defect):
            desk.held()


class TestASuspension:
    def test_holds_until_it_is_restored(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2026, 2, 1)).suspended(granted)
        during = desk.held()

        desk.on(date(2026, 3, 1)).restored(granted)

        assert (during.state, during.package) == (State.SUSPENDED, "small")
        assert desk.held().state is State.ACTIVE

    def test_of_added_capacity_takes_that_alone(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        added = desk.uses(10).paid(AddCapacity(steps=1))

        desk.suspended(added)
        held = desk.held()
        desk.restored(added)

        assert (held.state, held.extra_gb) == (State.ACTIVE, 0)
        assert desk.held().extra_gb == 5


class TestAnAdjustment:
    def test_moves_the_end_of_the_last_term_and_its_capacity_with_it(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))
        desk.adjusted(DaysLine(days=5))

        held = desk.on(date(2027, 1, 19)).held()

        assert (held.state, held.extra_gb, held.valid_to) == (State.ACTIVE, 5, date(2027, 1, 19))

    def test_revives_a_term_that_has_ended(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2027, 1, 20)).adjusted(DaysLine(days=10))

        assert desk.held().state is State.ACTIVE

    def test_with_nothing_to_move_or_widen_changes_nothing(self, desk: Any) -> None:
        desk.adjusted(DaysLine(days=5), CapacityLine(gb=5, start_date=JANUARY_15, end_date=JANUARY_15))

        assert desk.held().state is State.NONE


class TestGrantsThatContradictEachOther:
    def test_out_of_order_is_a_defect(self, desk: Any) -> None:
        desk.on(date(2026, 3, 1)).paid(New(package="small", months=12))
        desk.on(date(2026, 2, 1)).adjusted(DaysLine(days=1))

        with pytest.raises(Defect, match="out of order"):
            desk.held()

    def test_of_two_accounts_are_a_defect(self, desk: Any) -> None:
        granted = desk.paid(New(package="small", months=12))
        desk.grants.append(granted.model_copy(update={"account": "bob"}))

        with pytest.raises(Defect, match="two accounts"):
            desk.held()


_LINE = DaysLine(days=1)
_PAID = Paid(net=vnd(1), total=vnd(1))


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "order", "lines": (_LINE,), "paid": _PAID},
        {"kind": "order", "lines": (_LINE,), "order_number": "PP1"},
        {"kind": "order", "paid": _PAID, "order_number": "PP1"},
        {"kind": "trial"},
        {"kind": "trial", "lines": (_LINE,), "paid": _PAID},
        {"kind": "adjustment", "lines": (_LINE,), "actor": "Lan"},
        {"kind": "adjustment", "lines": (_LINE,), "reason": "goodwill"},
        {"kind": "reversal", "of": "G1"},
        {"kind": "reversal", "reversed_lines": (0,)},
        {"kind": "suspension"},
        {"kind": "suspension", "of": "G1", "lines": (_LINE,)},
        {"kind": "restoring", "of": "G1", "reversed_lines": (0,)},
        {"kind": "gift", "lines": (_LINE,)},
    ],
)
def test_a_grant_without_what_its_kind_needs_cannot_be_made(facts: Any) -> None:
    with pytest.raises(ValidationError):
        Grant(id="G0", account="alice", effective_at=datetime(2026, 1, 1, tzinfo=UTC), **facts)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "renew", "switch", "add", "days", "reverse", "suspend", "restore"]),
        st.integers(0, 200),
    ),
    max_size=8,
)


def _live(desk: Any, steps: list[tuple[str, int]]) -> None:
    """Play a history; what is not open at its moment is left out, as the service would refuse it."""
    for step, days in steps:
        desk.now += days * DAYS
        desk.uses(10)
        last = next((grant for grant in reversed(desk.grants) if grant.kind == "order"), None)
        untouched = last and not any(grant.of == last.id for grant in desk.grants)
        try:
            match step:
                case "buy":
                    desk.paid(New(package="small", months=12))
                case "renew":
                    desk.paid(Renew(months=12))
                case "switch":
                    desk.paid(Switch(package="huge", months=12, extra_steps=1))
                case "add":
                    desk.paid(AddCapacity(steps=1))
                case "days":
                    desk.adjusted(DaysLine(days=days + 1))
                case "reverse" if untouched:
                    desk.reversed(last)
                case "suspend" if untouched:
                    desk.suspended(last)
                case "restore" if last:
                    desk.restored(last)
        except RequestRefused:
            continue


@given(steps=_STEPS, later=st.integers(0, 900))
def test_a_projection_looks_at_the_past_alone_and_survives_storing(
    catalog_with: Any, desk_class: Any, steps: list[tuple[str, int]], later: int
) -> None:
    desk = desk_class(catalog_with())
    _live(desk, steps)
    stored = TypeAdapter(list[Grant]).validate_json(TypeAdapter(list[Grant]).dump_json(desk.grants))

    assert stored == desk.grants
    for index, grant in enumerate(desk.grants, start=1):
        at = grant.effective_at
        same_instant = [later for later in desk.grants[index:] if later.effective_at == at]
        if not same_instant:
            assert project(stored, at=at) == project(desk.grants[:index], at=at)
    now = desk.held(desk.now + later * DAYS)
    assert (now.held is None) == (now.state in {State.NONE})
    assert now.extra_gb >= 0
