"""The states of a chargeback, and what all chargebacks of an order do to its grant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payport.errors import TransitionRefused
from payport.rules.chargeback import (
    MOVES,
    Chargeback,
    State,
    answer,
    because,
    claimed,
    lost_of,
    move,
)
from payport.rules.entitlement import State as Held
from payport.rules.grant import Grant
from payport.rules.left import left_of, surplus
from payport.rules.money import vnd
from payport.rules.order import Order
from payport.rules.order import State as OrderState
from payport.rules.purchase import AddCapacity, New, Renew, Switch

JANUARY_15 = date(2026, 1, 15)
IN_THE_WINDOW = date(2027, 1, 5)
AFTER_THE_END = date(2027, 1, 20)
NEW = New(package="small", months=12)
TOTAL = 1_296_000


def claim(amount: int = TOTAL, state: State = State.OPENED, reference: str = "SVCB") -> Chargeback:
    at = datetime(2026, 1, 20, tzinfo=UTC)
    return Chargeback(reference, "SVPAYMENT", "PP0", state, vnd(amount), at, "Lan", "not recognised")


def order_of(grant: Grant, *, received: int | None = None) -> Order:
    assert grant.paid is not None
    assert grant.order_number is not None
    return Order(
        number=grant.order_number,
        token="t",
        account=grant.account,
        quote_id="Q0",
        state=OrderState.PAID,
        total=grant.paid.total,
        received=grant.paid.total if received is None else vnd(received),
        locale="vi",
        placed_at=grant.effective_at,
        expires_at=grant.effective_at,
    )


def follow(desk: Any, order: Order, *chargebacks: Chargeback) -> Grant | None:
    """Write what follows from these chargebacks, and give it."""
    entry = answer(
        desk.grants,
        order,
        chargebacks,
        (),
        id=f"G{len(desk.grants)}",
        at=desk.now,
        actor="Lan",
        reason=because("SVCB", State.OPENED),
    )
    if entry is not None:
        desk.grants.append(entry)
    return entry


def kind_of(entry: Grant | None) -> str | None:
    return None if entry is None else entry.kind


@pytest.fixture
def small(desk: Any) -> Any:
    desk.on(JANUARY_15).paid(NEW)
    return desk


class TestItsStates:
    @pytest.mark.parametrize("to", [State.WON, State.LOST])
    def test_are_closed_once_with_the_one_who_closed_it(self, to: State) -> None:
        at = datetime(2026, 2, 1, tzinfo=UTC)

        closed = move(claim(), to, at=at, actor="Minh")

        assert (closed.state, closed.closed_at, closed.closed_by) == (to, at, "Minh")
        for again in State:
            with pytest.raises(TransitionRefused, match="not in MOVES"):
                move(closed, again, at=at, actor="Minh")

    def test_are_all_in_the_table(self) -> None:
        assert set(MOVES) == set(State)

    def test_count_what_is_gone_or_may_be(self) -> None:
        states = [claim(1, State.OPENED), claim(10, State.WON), claim(100, State.LOST)]

        assert claimed(states, "VND") == vnd(101)


class TestAGrantWhoseMoneyIsClaimedBack:
    def test_is_suspended_when_it_is_opened_and_restored_when_it_is_won(self, small: Any) -> None:
        order = order_of(small.grants[0])

        opened = follow(small, order, claim())
        during = small.held().state
        won = follow(small, order, claim(state=State.WON))

        assert (kind_of(opened), during) == ("suspension", Held.SUSPENDED)
        assert (kind_of(won), small.held().state) == ("restoring", Held.ACTIVE)

    def test_is_reversed_with_all_its_lines_when_it_is_lost(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))
        order = order_of(granted)
        follow(desk, order, claim(order.total.minor))

        lost = follow(desk, order, claim(order.total.minor, State.LOST))

        assert lost is not None
        assert (lost.kind, lost.of, lost.reversed_lines) == ("reversal", granted.id, (0, 1))
        assert (lost.order_number, lost.actor, lost.reason) == (order.number, "Lan", "chargeback SVCB opened")
        assert desk.held().state is Held.NONE

    def test_is_written_once_however_often_it_is_asked(self, small: Any) -> None:
        order = order_of(small.grants[0])

        assert [kind_of(follow(small, order, claim())) for _ in range(2)] == ["suspension", None]
        assert [kind_of(follow(small, order, claim(state=State.LOST))) for _ in range(2)] == [
            "reversal",
            None,
        ]

    def test_loses_only_the_lines_that_still_stand(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))
        order = order_of(granted)
        desk.reversed(granted, 1)

        lost = follow(desk, order, claim(order.total.minor, State.LOST))

        assert lost is not None
        assert lost.reversed_lines == (0,)

    def test_of_which_nothing_stands_is_left_alone(self, small: Any) -> None:
        order = order_of(small.grants[0])
        small.reversed(small.grants[0])

        assert follow(small, order, claim()) is None

    def test_is_suspended_by_a_part_of_the_money_too(self, small: Any) -> None:
        assert kind_of(follow(small, order_of(small.grants[0]), claim(1))) == "suspension"

    def test_entries_never_begin_before_the_last_grant(self, small: Any) -> None:
        small.on(date(2025, 12, 1))  # another machine's clock

        entry = follow(small, order_of(small.grants[0]), claim())

        assert entry is not None
        assert entry.effective_at == small.grants[0].effective_at

    def test_is_suspended_anew_when_the_issuer_claims_again(self, small: Any) -> None:
        order = order_of(small.grants[0])
        follow(small, order, claim())
        won = claim(state=State.WON)
        follow(small, order, won)

        again = follow(small, order, won, claim(reference="SVCB2"))

        assert (kind_of(again), small.held().state) == ("suspension", Held.SUSPENDED)


class TestTwoChargebacksOfOneOrder:
    def test_restore_it_only_when_none_is_open_any_more(self, small: Any) -> None:
        order = order_of(small.grants[0])
        one, other = claim(500_000, reference="A"), claim(TOTAL - 500_000, reference="B")
        won = replace(one, state=State.WON)

        steps = [
            follow(small, order, one),
            follow(small, order, one, other),
            follow(small, order, won, other),
            follow(small, order, won, replace(other, state=State.WON)),
        ]

        assert [kind_of(step) for step in steps] == ["suspension", None, None, "restoring"]

    @pytest.mark.parametrize("last", [State.WON, State.LOST])
    def test_reverse_it_once_when_one_is_lost_whatever_the_other_does(self, small: Any, last: State) -> None:
        order = order_of(small.grants[0])
        lost, other = claim(500_000, State.LOST, "A"), claim(TOTAL - 500_000, reference="B")

        steps = [follow(small, order, lost, other), follow(small, order, lost, replace(other, state=last))]

        assert [kind_of(step) for step in steps] == ["reversal", None]


class TestMoneyBeyondTheTotal:
    def test_may_be_claimed_back_without_any_effect(self, small: Any) -> None:
        order = order_of(small.grants[0], received=2 * TOTAL)

        assert follow(small, order, claim()) is None
        assert follow(small, order, claim(state=State.LOST)) is None

    def test_covers_the_order_no_more_once_both_are_claimed(self, small: Any) -> None:
        order = order_of(small.grants[0], received=2 * TOTAL)
        lost, other = claim(state=State.LOST, reference="A"), claim(1, reference="B")

        assert kind_of(follow(small, order, lost, other)) == "suspension"
        assert kind_of(follow(small, order, lost, replace(other, state=State.LOST))) == "reversal"


class TestWhatIsToBeGivenBack:
    """Of the money that no issuer took, all that pays for nothing."""

    def test_is_what_came_beyond_the_total_while_the_grant_stands(self, small: Any) -> None:
        order = order_of(small.grants[0], received=TOTAL + 100)

        assert surplus(small.grants, order, [], []) == vnd(100)
        assert surplus(small.grants, order, [claim(30, State.LOST)], []) == vnd(70)
        assert surplus(small.grants, order, [claim(30, State.OPENED)], []) == vnd(100)
        assert surplus(small.grants, order, [claim(100, State.LOST)], []) == vnd(0)

    def test_is_never_less_than_nothing(self, small: Any) -> None:
        assert surplus(small.grants, order_of(small.grants[0]), [claim(1, State.LOST)], []) == vnd(0)

    def test_is_all_that_is_left_once_the_grant_is_reversed(self, small: Any) -> None:
        order = order_of(small.grants[0])
        lost = claim(1, State.LOST)
        follow(small, order, lost)

        assert surplus(small.grants, order, [lost], []) == vnd(TOTAL - 1)

    def test_is_what_a_review_may_not_need(self, small: Any) -> None:
        granted = small.grants.pop()
        order = order_of(granted, received=TOTAL + 5)

        assert surplus([], replace(order, state=OrderState.REVIEW), [], []) == vnd(5)
        assert surplus([], replace(order, state=OrderState.CANCELLED), [], []) == vnd(TOTAL + 5)


class TestWhatIsLeftOfAPayment:
    def test_is_without_what_is_gone_or_may_be_of_this_payment(self) -> None:
        received = SimpleNamespace(merchant_reference="SVPAYMENT", received=vnd(1_000))
        others = replace(claim(500, State.LOST), merchant_reference="SVOTHER")
        claims = [claim(1, State.OPENED), claim(20, State.WON), claim(300, State.LOST), others]

        assert left_of(received, claims, []) == vnd(699)
        assert left_of(received, lost_of(claims), []) == vnd(700)


class TestAnOrderWithoutAGrant:
    def test_is_left_alone(self, small: Any) -> None:
        order = replace(order_of(small.grants[0]), number="PP9")

        assert follow(small, order, claim()) is None


class TestWhatIsHeldThen:
    def test_of_a_term_to_come_is_suspended_only_when_it_runs(self, small: Any) -> None:
        renewal = small.on(IN_THE_WINDOW).paid(Renew(months=12))

        follow(small, order_of(renewal), claim())
        before, after = small.held(), small.on(AFTER_THE_END).held()

        assert (before.state, before.future.is_suspended) == (Held.ACTIVE, True)
        assert (after.state, after.package) == (Held.SUSPENDED, "small")

    def test_of_added_capacity_is_the_term_without_it(self, small: Any) -> None:
        added = small.uses(10).paid(AddCapacity(steps=1))
        order = order_of(added)

        follow(small, order, claim(1))
        suspended = small.held()
        follow(small, order, claim(1, State.WON))

        assert (suspended.state, suspended.extra_gb) == (Held.ACTIVE, 0)
        assert small.held().extra_gb == 5

    def test_restored_after_its_term_has_ended_is_ended(self, small: Any) -> None:
        order = order_of(small.grants[0])
        follow(small, order, claim())

        ended = small.on(AFTER_THE_END).held().state
        follow(small, order, claim(state=State.WON))

        assert (ended, small.held().state) == (Held.EXPIRED, Held.EXPIRED)

    def test_of_a_renewal_that_runs_already_is_the_term_before_it(self, small: Any) -> None:
        renewal = small.on(IN_THE_WINDOW).paid(Renew(months=12))
        small.on(AFTER_THE_END)

        follow(small, order_of(renewal), claim(state=State.LOST))

        assert (small.held().state, small.held().valid_to) == (Held.EXPIRED, date(2027, 1, 14))


class TestASwitch:
    @pytest.fixture
    def switched(self, desk_with: Any) -> Any:
        """Small for a year, then Huge at once on 1 March, with Small's unused value credited."""
        desk = desk_with(policies={"switch_any_time": True})
        desk.on(JANUARY_15).paid(NEW)
        desk.on(date(2026, 3, 1)).uses(1).paid(Switch(package="huge", months=12))
        return desk.on(date(2026, 4, 1))

    def test_lost_lets_the_old_term_stand_again_which_was_paid_for(self, switched: Any) -> None:
        order = order_of(switched.grants[1])

        follow(switched, order, claim(order.total.minor, State.LOST))

        held = switched.held()
        assert (held.state, held.package, held.valid_to) == (Held.ACTIVE, "small", date(2027, 1, 14))
        assert [received.order_number for received in held.chain] == ["PP0"]

    def test_is_not_touched_by_the_grant_that_it_replaced(self, switched: Any) -> None:
        before = switched.held()
        order = order_of(switched.grants[0])

        follow(switched, order, claim())
        suspended = switched.held()
        follow(switched, order, claim(state=State.LOST))

        assert (suspended.state, suspended.held) == (Held.ACTIVE, before.held)
        assert switched.held().held == before.held

    def test_lost_uncovers_an_old_term_that_is_suspended(self, switched: Any) -> None:
        old, new = order_of(switched.grants[0]), order_of(switched.grants[1])
        follow(switched, old, claim())

        follow(switched, new, claim(new.total.minor, State.LOST))

        assert (switched.held().state, switched.held().package) == (Held.SUSPENDED, "small")

    def test_lost_leaves_its_added_capacity_nothing_longer_to_last_for(self, desk_with: Any) -> None:
        """The old term ends later than the one that the capacity was priced for."""
        desk = desk_with(policies={"switch_any_time": True, "credit_surplus": "forfeit"})
        desk.on(JANUARY_15).paid(New(package="huge", months=30))
        switched = desk.on(date(2026, 3, 1)).uses(1).paid(Switch(package="small", months=1))
        desk.uses(10).paid(AddCapacity(steps=1))

        desk.reversed(switched)

        assert (desk.held().package, desk.held().extra_gb) == ("huge", 0)

    def test_lost_leaves_its_added_capacity_to_an_old_term_that_ends_sooner(self, switched: Any) -> None:
        switched.uses(200).paid(AddCapacity(steps=1))

        switched.reversed(switched.grants[1])

        assert (switched.held().package, switched.held().extra_gb) == ("small", 5)


_STEPS = st.lists(
    st.tuples(st.sampled_from(list(State)), st.integers(0, 5), st.integers(1, TOTAL)), max_size=12
)


@given(surplus=st.integers(0, TOTAL), steps=_STEPS)
def test_whatever_is_opened_and_closed_in_whatever_order_the_grant_is_where_the_money_is(
    catalog_with: Any, desk_class: Any, surplus: int, steps: list[tuple[State, int, int]]
) -> None:
    desk = desk_class(catalog_with()).on(JANUARY_15)
    order = order_of(desk.paid(NEW), received=TOTAL + surplus)
    chargebacks: dict[int, Chargeback] = {}
    for state, which, amount in steps:
        current = chargebacks.get(which)
        if state is State.OPENED and current is None:
            chargebacks[which] = claim(amount, reference=f"C{which}")
        elif current is not None and state in MOVES[current.state]:
            chargebacks[which] = move(current, state, at=desk.now, actor="Minh")
        follow(desk, order, *chargebacks.values())

        lost = sum(each.amount.minor for each in chargebacks.values() if each.state is State.LOST)
        disputed = sum(each.amount.minor for each in chargebacks.values() if each.state is State.OPENED)
        expected = (
            Held.NONE if lost > surplus else Held.SUSPENDED if lost + disputed > surplus else Held.ACTIVE
        )
        assert desk.held().state is expected
        assert follow(desk, order, *chargebacks.values()) is None
    assert [grant.kind for grant in desk.grants].count("reversal") <= 1
