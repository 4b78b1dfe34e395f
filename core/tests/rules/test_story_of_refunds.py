"""What an account's story says of money that went back, word for word in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.tests.rules.test_explanation import Teller
from core.tests.rules.test_refund import a_refund
from payport.rules.money import vnd
from payport.rules.purchase import AddCapacity, New
from payport.rules.refund import Of, Refund, State, Way
from payport.rules.refund_lines import line_prices, taken_by
from payport.rules.story import given_back, still_unknown, took_nothing

AT = datetime(2026, 2, 1, 3, tzinfo=UTC)
STAGES = {
    State.REQUESTED: ("đang gửi", "is being sent"),
    State.SUBMITTED: ("cổng đang xử lý", "is with the gateway"),
    State.UNKNOWN: ("chưa rõ kết quả", "is not known yet"),
    State.SUCCEEDED: ("đã hoàn", "went back"),
    State.FAILED: ("không hoàn được, tiền ở lại", "did not go back, the money stays"),
}
KINDS = {
    Of.ORDER: ("tiền của đơn hàng", "the order's own money"),
    Of.SURPLUS: ("tiền thừa", "surplus money"),
}
WAYS = {Way.GATEWAY: ("hoàn tiền qua cổng", "refund"), Way.BY_HAND: ("hoàn tiền bằng tay", "refund by hand")}


@pytest.fixture
def teller(desk: Any) -> Teller:
    return Teller(desk)


def gives_back(teller: Teller, refund: Refund) -> None:
    """It succeeded, and takes what it takes."""
    teller.refunds.append(refund)
    order = next(each.order for each in teller.bought if each.order.number == refund.order_number)
    entry = taken_by(refund, teller.desk.grants, order, teller.refunds, id="GR", at=teller.desk.now)
    if entry is not None:
        teller.desk.grants.append(entry)


class TestARefund:
    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize("of", Of)
    @pytest.mark.parametrize("way", Way)
    def test_is_told_with_what_it_is_of_and_where_it_stands(self, state: State, of: Of, way: Way) -> None:
        told = given_back(a_refund(100, state, of=of, way=way, reported=vnd(110)))
        amount = 100 if state is State.FAILED else 110

        assert told.vi.replace("\xa0", " ") == (
            f"{WAYS[way][0]} SVRF, {amount} ₫ của thanh toán SVPAYMENT ({KINDS[of][0]}): {STAGES[state][0]}"
        )
        assert told.en == (
            f"{WAYS[way][1]} SVRF of ₫{amount} on payment SVPAYMENT ({KINDS[of][1]}): {STAGES[state][1]}"
        )

    @pytest.mark.parametrize("state", [state for state in State if state is not State.FAILED])
    def test_that_is_not_over_is_said_again_at_the_end(self, state: State) -> None:
        told = still_unknown(a_refund(100, state))

        assert told.vi.replace("\xa0", " ") == f"hoàn tiền SVRF, 100 ₫ của đơn PP0: {STAGES[state][0]}"
        assert told.en == f"refund SVRF of ₫100 on order PP0 {STAGES[state][1]}"

    @pytest.mark.parametrize(
        ("refund", "gave", "vi", "en"),
        [
            (a_refund(1, State.FAILED), True, "không đổi gì", "nothing changes"),
            (
                a_refund(1, State.UNKNOWN), True,
                "không đổi gì cho đến khi rõ kết quả", "nothing changes until it is known",
            ),
            (
                a_refund(1, of=Of.SURPLUS), True,
                "không đổi gì: đó là tiền thừa", "nothing changes: it was surplus money",
            ),
            (
                a_refund(1), False,
                "không đổi gì: đơn hàng chưa cấp gì", "nothing changes: the order gave nothing",
            ),
            (
                a_refund(1), True,
                "không thu hồi gì: không dòng nào được nêu, hoặc đã thu hồi trước đó",
                "nothing is taken: no line was named, or it was taken before",
            ),
        ],
    )  # fmt: skip
    def test_that_takes_nothing_says_why(self, refund: Refund, gave: bool, vi: str, en: str) -> None:
        told = took_nothing(refund, gave=gave)

        assert (told.vi, told.en) == (vi, en)


class TestTheStory:
    def test_says_of_which_line_the_money_is_who_gave_it_and_why(self, teller: Teller) -> None:
        order = teller.on(date(2026, 1, 15)).buys(New(package="huge", months=12, extra_steps=1))
        granted = teller.desk.grants[0]
        gives_back(
            teller,
            a_refund(
                line_prices(granted)[1].minor, lines=(1,), order_number=order.number,
                problem="look at it", closed_at=AT, closed_by="Minh",
            ),
        )  # fmt: skip

        (step,) = (step for step in teller.story() if step.kind == "refund")

        assert (step.at, step.order_number, step.actor, step.reason) == (
            AT, order.number, "Lan", "the buyer asked for it",
        )  # fmt: skip
        (line,) = step.lines
        assert line.en.endswith(": ₫" + f"{line_prices(granted)[1].minor:,}")
        assert [note.en for note in step.notes] == ["look at it"]

    def test_says_what_stood_on_what_was_taken(self, teller: Teller) -> None:
        first = teller.on(date(2026, 1, 15)).buys(New(package="small", months=12))
        teller.on(date(2026, 1, 16)).desk.uses(10)
        second = teller.buys(AddCapacity(steps=1))
        gives_back(teller, a_refund(first.total.minor, order_number=first.number, closed_at=AT))

        told = [note.en for step in teller.story() for note in step.notes]

        assert f"order {second.number} of 2026-01-16 stood on it: a person should look" in told

    def test_of_surplus_alone_names_no_line(self, teller: Teller) -> None:
        order = teller.on(date(2026, 1, 15)).buys(New(package="small", months=12))
        gives_back(teller, a_refund(5, of=Of.SURPLUS, order_number=order.number, closed_at=AT))

        (step,) = (step for step in teller.story() if step.kind == "refund")

        assert step.lines == ()
        assert [note.en for note in step.notes] == ["nothing changes: it was surplus money"]
