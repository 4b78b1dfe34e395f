"""The states of a refund, what it leaves of the money, and which lines it takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payport.errors import RequestRefused, TransitionRefused
from payport.rules import chargeback as claims
from payport.rules.chargeback import Chargeback, answer
from payport.rules.entitlement import State as Held
from payport.rules.grant import Grant
from payport.rules.left import left_of_order, surplus
from payport.rules.money import vnd
from payport.rules.order import Order
from payport.rules.order import State as OrderState
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.refund import FINISHED, MOVES, Of, Refund, State, Way, move, refunded, reserved
from payport.rules.refund_lines import check_lines, invoice_shares, line_prices, stand_on, taken_by

JANUARY_15 = date(2026, 1, 15)
AT = datetime(2026, 1, 20, tzinfo=UTC)


def a_refund(
    amount: int = 100, state: State = State.SUCCEEDED, reference: str = "SVRF", **more: Any
) -> Refund:
    facts: dict[str, Any] = {
        "idempotency_key": "K" * 20,
        "key": reference,
        "merchant_reference": "SVPAYMENT",
        "order_number": "PP0",
        "gateway_account": "bank-main",
        "of": Of.ORDER,
        "way": Way.GATEWAY,
        "requested_at": AT,
        "requested_by": "Lan",
        "reason": "the buyer asked for it",
    }
    return Refund(reference=reference, state=state, amount=vnd(amount), **{**facts, **more})


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


def replace_total(granted: Grant, minor: int) -> Grant:
    """The same grant, for which so much was paid."""
    paid = granted.paid
    assert paid is not None
    return granted.model_copy(update={"paid": paid.model_copy(update={"total": vnd(minor)})})


class TestItsStates:
    @pytest.mark.parametrize("state", State)
    def test_move_only_as_the_table_says(self, state: State) -> None:
        for to in State:
            refund = a_refund(state=state)
            if to in MOVES[state]:
                moved = move(refund, to, at=AT, by="Minh")
                assert (moved.closed_at is not None) == (moved.closed_by is not None) == (to in FINISHED)
            else:
                with pytest.raises(TransitionRefused):
                    move(refund, to, at=AT, by="Minh")

    def test_that_are_refused_say_what_to_do(self) -> None:
        with pytest.raises(TransitionRefused) as error:
            move(a_refund(state=State.FAILED), State.SUBMITTED, at=AT, by="Minh")

        assert (error.value.field, error.value.problem, error.value.remedy) == (
            "refund.state",
            "failed → submitted is not in MOVES",
            "Keep the refund as it is, and look into the gateway's portal",
        )

    def test_that_end_it_keep_when_and_by_whom(self) -> None:
        ended = move(a_refund(state=State.SUBMITTED), State.SUCCEEDED, at=AT, by="Minh")

        assert (ended.closed_at, ended.closed_by) == (AT, "Minh")

    def test_that_are_final_lead_nowhere(self) -> None:
        assert set(MOVES) == set(State)
        assert {state for state in State if not MOVES[state]} == FINISHED

    def test_reserve_the_money_but_for_what_failed(self) -> None:
        one_each = [a_refund(10**place, state) for place, state in enumerate(State)]

        assert reserved(one_each, "VND") == vnd(1111)
        assert refunded(one_each, Of.ORDER, "VND") == vnd(1000)
        assert refunded(one_each, Of.SURPLUS, "VND") == vnd(0)

    @pytest.mark.parametrize(
        ("state", "said", "spent"),
        [
            (State.UNKNOWN, 90, 100),
            (State.UNKNOWN, 110, 110),
            (State.SUCCEEDED, 90, 90),
            (State.SUCCEEDED, 110, 110),
            (State.FAILED, 110, 0),
        ],
    )
    def test_count_the_larger_until_it_is_known_and_the_real_figure_then(
        self, state: State, said: int, spent: int
    ) -> None:
        assert a_refund(100, state, reported=vnd(said)).spent == vnd(spent)


class TestWhatIsLeft:
    @pytest.fixture
    def small(self, desk: Any) -> Any:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        return desk

    def test_of_own_money_makes_no_surplus_of_any_other(self, small: Any) -> None:
        order = order_of(small.grants[0], received=2 * 1_296_000)
        back = a_refund(500_000)

        left = left_of_order(small.grants, replace(order, state=OrderState.PARTLY_REFUNDED), [], [back])

        assert (left.own, left.surplus) == (vnd(796_000), vnd(1_296_000))

    def test_of_surplus_is_less_what_went_back_or_may(self, small: Any) -> None:
        order = order_of(small.grants[0], received=1_296_000 + 1_000)
        back = a_refund(400, State.UNKNOWN, of=Of.SURPLUS)

        assert surplus(small.grants, order, [], [back]) == vnd(600)
        assert left_of_order(small.grants, order, [], [back]).own == order.total

    def test_of_an_order_that_is_refunded_is_the_surplus_alone(self, small: Any) -> None:
        order = order_of(small.grants[0], received=1_296_000 + 1_000)
        small.reversed(small.grants[0])

        left = left_of_order(
            small.grants, replace(order, state=OrderState.REFUNDED), [], [a_refund(1_296_000)]
        )

        assert (left.own, left.surplus) == (vnd(0), vnd(1_000))


class TestTheLines:
    def test_cost_what_the_order_cost_with_the_credit_off_the_term(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch_any_time": True})
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        switched = desk.on(date(2026, 3, 1)).uses(1).paid(Switch(package="huge", months=12, extra_steps=1))

        prices = line_prices(switched)

        assert sum(price.minor for price in prices) == switched.paid.total.minor
        assert prices[1] == switched.lines[1].price.gross

    def test_of_a_credit_larger_than_the_term_come_off_the_others_too(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))
        first, second = (line.price.gross.minor for line in granted.lines)
        less = replace_total(granted, second - 1)

        assert [price.minor for price in line_prices(less)] == [0, second - 1]
        assert [price.minor for price in line_prices(replace_total(granted, 0))] == [0, 0]
        assert [price.minor for price in line_prices(granted)] == [first, second]

    def test_that_cost_nothing_carry_the_invoice_by_the_first(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))

        assert invoice_shares(a_refund(7), replace_total(granted, 0)) == ((0, vnd(7)),)

    def test_of_a_partial_refund_without_any_are_all_by_largest_remainder(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))
        first, second = (price.minor for price in line_prices(granted))

        shares = invoice_shares(a_refund(1_001), granted)

        assert [line for line, _ in shares] == [0, 1]
        assert sum(share.minor for _, share in shares) == 1_001
        assert shares[0][1].minor == pytest.approx(1_001 * first / (first + second), abs=1)

    def test_that_are_named_are_those_on_the_invoice(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))

        assert invoice_shares(a_refund(1_001, lines=(1,)), granted) == ((1, vnd(1_001)),)

    def test_that_came_later_and_stood_on_it_are_for_a_person(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="small", months=12))
        added = desk.uses(10).paid(AddCapacity(steps=1))
        renewal = desk.on(date(2027, 1, 5)).paid(Renew(months=12))
        order = order_of(granted)
        refund = a_refund(order.total.minor, closed_by="Lan", closed_at=AT)

        entry = taken_by(refund, desk.grants, order, [refund], id="GR", at=desk.now)

        assert entry is not None
        assert [grant.id for grant in stand_on(entry, desk.grants)] == [added.id, renewal.id]

    def test_never_begin_to_be_taken_before_the_last_grant(self, desk: Any) -> None:
        granted = desk.on(JANUARY_15).paid(New(package="small", months=12))
        order = order_of(granted)
        refund = a_refund(order.total.minor)

        entry = taken_by(refund, desk.grants, order, [refund], id="GR", at=datetime(2025, 1, 1, tzinfo=UTC))

        assert entry is not None
        assert entry.effective_at == granted.effective_at


_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["refund", "surplus", "settle", "fail", "claim", "win", "lose"]),
        st.integers(0, 5),
        st.integers(1, 2_000_000),
        st.sampled_from([(), (0,), (1,), (0, 1)]),
    ),
    max_size=14,
)


class TestLinesThatAreNamed:
    @pytest.fixture
    def granted(self, desk: Any) -> Any:
        return desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))

    @staticmethod
    def refused(lines: Any, grants: Any, order: Order, *refunds: Refund) -> tuple[str, str, str]:
        with pytest.raises(RequestRefused) as error:
            check_lines(lines, grants, order, refunds)
        return error.value.field, error.value.problem, error.value.remedy

    def test_may_be_any_that_stand(self, desk: Any, granted: Grant) -> None:
        order = order_of(granted)

        for lines in ((), (0,), (1,), (0, 1), (1, 0)):
            check_lines(lines, desk.grants, order, [a_refund(1, State.FAILED, lines=(0, 1))])

    @pytest.mark.parametrize("line", [-1, 2, True, 0.0, "0"])
    def test_must_be_there(self, desk: Any, granted: Grant, line: Any) -> None:
        assert self.refused((0, line), desk.grants, order_of(granted)) == (
            "lines", "no such line", "Count them from 0 to 1",
        )  # fmt: skip

    def test_may_not_be_named_twice(self, desk: Any, granted: Grant) -> None:
        assert self.refused((1, 1), desk.grants, order_of(granted)) == (
            "lines", "a line is named twice", "Name each once",
        )  # fmt: skip

    @pytest.mark.parametrize("state", [state for state in State if state is not State.FAILED])
    def test_may_not_be_on_their_way_back(self, desk: Any, granted: Grant, state: State) -> None:
        under_way = a_refund(1, state, lines=(1,))

        assert self.refused((0, 1), desk.grants, order_of(granted), under_way) == (
            "lines", "line 1 is being refunded already", "Wait for that refund, or leave it out",
        )  # fmt: skip
        check_lines((0,), desk.grants, order_of(granted), [under_way])

    def test_may_not_be_gone(self, desk: Any, granted: Grant) -> None:
        order, refund = order_of(granted), a_refund(1, lines=(1,))
        entry = taken_by(refund, desk.grants, order, [refund], id="GR", at=desk.now)

        assert entry is not None
        assert (entry.reversed_lines, entry.actor) == ((1,), "Lan")
        assert self.refused((1,), [*desk.grants, entry], order) == (
            "lines", "line 1 was taken back already", "Leave it out, and give the amount",
        )  # fmt: skip

    def test_are_none_of_an_order_that_gave_nothing(self, desk: Any, granted: Grant) -> None:
        assert self.refused((0,), [], order_of(granted)) == (
            "lines", "the order gave nothing", "Leave the lines out",
        )  # fmt: skip

    def test_are_taken_by_no_refund_of_surplus(self, desk: Any, granted: Grant) -> None:
        order = order_of(granted)
        refund = a_refund(order.total.minor, of=Of.SURPLUS)

        assert taken_by(refund, desk.grants, order, [refund], id="GR", at=desk.now) is None

    def test_are_all_taken_once_all_the_money_went_back_by_who_ended_it(
        self, desk: Any, granted: Grant
    ) -> None:
        order = order_of(granted)
        first = a_refund(order.total.minor - 1, reference="SVR1")
        last = a_refund(1, reference="SVR2", closed_by="Minh", closed_at=AT)

        assert taken_by(first, desk.grants, order, [first], id="GR", at=desk.now) is None
        entry = taken_by(last, desk.grants, order, [first, last], id="GR", at=desk.now)

        assert entry is not None
        assert (entry.id, entry.of, entry.reversed_lines) == ("GR", granted.id, (0, 1))
        assert (entry.actor, entry.effective_at) == ("Minh", desk.now)
        assert "SVR2" in (entry.reason or "")


@settings(max_examples=200)
@given(beyond=st.integers(0, 2_000_000), events=_EVENTS)
def test_whatever_goes_back_and_is_claimed_in_whatever_order_money_and_lines_go_once(
    catalog_with: Any, desk_class: Any, beyond: int, events: list[tuple[str, int, int, tuple[int, ...]]]
) -> None:
    """INV-4, and each line of the grant is reversed at most once: of one payment that brought too much."""
    desk = desk_class(catalog_with()).on(JANUARY_15)
    granted = desk.paid(New(package="huge", months=12, extra_steps=1))
    order = order_of(granted)
    order = replace(order, received=vnd(order.total.minor + beyond))
    refunds: list[Refund] = []
    disputes: list[Chargeback] = []
    for what, which, amount, lines in events:
        _happens(desk, order, refunds, disputes, what, which, amount, lines)
        order = _order_after(order, refunds)
        entry = answer(
            desk.grants,
            order,
            disputes,
            refunds,
            id=f"C{len(desk.grants)}",
            at=desk.now,
            actor="M",
            reason="r",
        )
        if entry is not None:
            desk.grants.append(entry)

        gone = claims.claimed(disputes, "VND") + reserved(refunds, "VND")
        assert gone <= order.received
        taken = [line for grant in desk.grants for line in grant.reversed_lines]
        assert len(taken) == len(set(taken)) <= 2
        desk.held()  # no reversal takes a line twice, or one that is not there
        left = left_of_order(desk.grants, order, disputes, refunds)
        assert left.own + left.surplus <= order.received - gone
        back = refunded(refunds, Of.ORDER, "VND")
        if back >= order.total:
            assert desk.held().state is Held.NONE


def _order_after(order: Order, refunds: list[Refund]) -> Order:
    back = refunded(refunds, Of.ORDER, "VND")
    state = OrderState.PAID if not back.minor else OrderState.PARTLY_REFUNDED
    return replace(order, state=OrderState.REFUNDED if back >= order.total else state)


def _happens(
    desk: Any,
    order: Order,
    refunds: list[Refund],
    disputes: list[Chargeback],
    what: str,
    which: int,
    amount: int,
    lines: tuple[int, ...],
) -> None:
    """What the use cases do; what they would refuse is left out."""
    left = left_of_order(desk.grants, order, disputes, refunds)
    of = Of.SURPLUS if what == "surplus" else Of.ORDER
    open_ = [each for each in refunds if each.state is State.UNKNOWN]
    claimed = [each for each in disputes if each.state is claims.State.OPENED]
    match what:
        case "refund" | "surplus":
            most = (left.own if of is Of.ORDER else left.surplus).minor
            wanted = {line for each in refunds if each.state is not State.FAILED for line in each.lines}
            taken = {line for grant in desk.grants for line in grant.reversed_lines}
            named = tuple(line for line in lines if line not in wanted | taken) if of is Of.ORDER else ()
            if most:
                reference = f"R{len(refunds)}"
                refunds.append(a_refund(min(amount, most), State.UNKNOWN, reference, of=of, lines=named))
        case "settle" | "fail" if open_:
            one = open_[which % len(open_)]
            to = State.SUCCEEDED if what == "settle" else State.FAILED
            ended = move(one, to, at=desk.now, by="Lan")
            refunds[refunds.index(one)] = ended
            if to is State.SUCCEEDED:
                after = _order_after(order, refunds)
                entry = taken_by(ended, desk.grants, after, refunds, id=f"T{len(desk.grants)}", at=desk.now)
                if entry is not None:
                    desk.grants.append(entry)
        case "claim":
            most = (order.received - claims.claimed(disputes, "VND") - reserved(refunds, "VND")).minor
            if most > 0:
                state = claims.State.OPENED
                reference = f"C{len(disputes)}"
                disputes.append(
                    Chargeback(reference, "SVPAYMENT", "PP0", state, vnd(min(amount, most)), AT, "Lan", "r")
                )
        case "win" | "lose" if claimed:
            chosen = claimed[which % len(claimed)]
            end = claims.State.WON if what == "win" else claims.State.LOST
            disputes[disputes.index(chosen)] = claims.move(chosen, end, at=desk.now, actor="Minh")
