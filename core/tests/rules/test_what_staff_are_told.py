"""What an account holds in one sentence; every sentence in which an adjustment or a chargeback is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from payport.errors import PayportError
from payport.rules import chargeback
from payport.rules.adjustment import adjustment_grant
from payport.rules.money import vnd
from payport.rules.purchase import New, Renew
from payport.rules.story import held_words, money_words

JANUARY_15 = date(2026, 1, 15)


def refusal(call: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(PayportError) as refused:
        call()
    return refused.value.field, refused.value.problem, refused.value.remedy


@pytest.fixture
def adjust(desk: Any) -> Callable[..., tuple[str, str, str]]:
    """How an adjustment of the desk's account is refused."""

    def refused(**wanted: Any) -> tuple[str, str, str]:
        return refusal(
            lambda: adjustment_grant(
                desk.grants,
                id="G9",
                account="alice",
                at=desk.now,
                catalog=desk.catalog,
                actor="Lan",
                reason="goodwill",
                **wanted,
            )
        )

    return refused


class TestAnAdjustment:
    def test_of_what_is_suspended(self, desk: Any, adjust: Any) -> None:
        desk.suspended(desk.paid(New(package="small", months=12)))

        assert adjust(days=1) == ("account", "it is suspended", "Win or lose its chargeback first")

    def test_where_nothing_is_held(self, adjust: Any) -> None:
        assert adjust(gb=1) == (
            "gb",
            "the account is none",
            "Give a term of a package, or days where one ended",
        )
        assert adjust(days=1) == ("days", "no term is held", "Give a term of a package")

    def test_of_a_term_where_one_is_to_come(self, desk: Any, adjust: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2027, 1, 5)).paid(Renew(months=12))

        assert adjust(package="small", months=1) == (
            "package",
            "a term to come stands already",
            "Lengthen that one by days",
        )

    @pytest.mark.parametrize(("field", "most"), [("gb", 10**6), ("days", 3660)])
    def test_by_a_number_that_does_not_fit(self, adjust: Any, field: str, most: int) -> None:
        says = (field, "not a whole number that fits", f"Give -{most} to {most}")

        assert adjust(**{field: most + 1}) == adjust(**{field: -most - 1}) == adjust(**{field: 1.0}) == says

    def test_with_half_of_what_a_term_needs(self, adjust: Any) -> None:
        says = ("not given with the other", "Give package and months, or neither")

        assert adjust(months=1) == ("package", *says)
        assert adjust(package="small") == ("months", *says)

    @pytest.mark.parametrize("months", [0, 121, True, "1"])
    def test_by_months_that_are_none(self, adjust: Any, months: Any) -> None:
        says = ("months", "not a number of months", "Give 1 to 120")

        assert adjust(package="small", months=months) == says

    def test_of_nothing(self, adjust: Any) -> None:
        assert adjust() == ("gb", "nothing to adjust", "Give gb, days, or package and months")

    def test_to_less_than_no_extra_capacity(self, desk: Any, adjust: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))

        assert adjust(gb=-6) == (
            "gb",
            "extra capacity would be below 0 or above 1000000 GB",
            "It is 5 GB now; give -5 to 999995",
        )

    def test_of_an_end_to_where_it_cannot_be(self, desk: Any, adjust: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))

        desk.on(date(2026, 2, 15))
        running = adjust(days=-335)
        desk.on(date(2027, 1, 20))
        ended = adjust(days=5)

        assert running == (
            "days",
            "the term ends 2027-01-15, and may be moved by -334 to 36166",
            "Give a number between the two",
        )
        assert ended == (
            "days",
            "the term ends 2027-01-15, and may be moved by 6 to 36505",
            "Give more days, or a term of a package",
        )


def test_a_chargeback_that_is_closed_already() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    closed = chargeback.Chargeback(
        reference="C1",
        merchant_reference="M1",
        order_number="PP1",
        state=chargeback.State.WON,
        amount=vnd(1),
        opened_at=at,
        opened_by="Lan",
        reason="card stolen",
    )

    assert refusal(lambda: chargeback.move(closed, chargeback.State.LOST, at=at, actor="Lan")) == (
        "chargeback.state",
        "won → lost is not in MOVES",
        "Open another chargeback if the issuer claims again",
    )


class TestWhatIsHeld:
    FIRST = (
        "Huge (vi) từ 15/01/2026 đến 14/01/2027, 200 GB + 5 GB thêm",
        "Huge from 2026-01-15 to 2027-01-14, 200 GB + 5 GB extra",
    )
    NEXT = (
        "Huge (vi) từ 15/01/2027 đến 14/01/2028, 200 GB",
        "Huge from 2027-01-15 to 2028-01-14, 200 GB",
    )

    def said(self, desk: Any) -> tuple[str, str]:
        words = held_words(desk.held())
        return words.vi, words.en

    def test_is_nothing_or_a_trial(self, desk: Any) -> None:
        nothing = self.said(desk)
        desk.on(JANUARY_15).trial(days=9)

        assert nothing == ("chưa có gói nào", "nothing")
        assert self.said(desk) == (
            "dùng thử: Small (vi) từ 15/01/2026 đến 23/01/2026, 10 GB",
            "trial: Small from 2026-01-15 to 2026-01-23, 10 GB",
        )

    def test_is_a_term_with_what_follows_it_until_all_have_ended(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12, extra_steps=1))
        alone = self.said(desk)
        renewal = desk.on(date(2027, 1, 5)).paid(Renew(months=12))
        followed = self.said(desk)
        desk.suspended(renewal)
        disputed = self.said(desk)
        suspended = self.said(desk.on(date(2027, 1, 20)))
        desk.restored(renewal)
        expired = self.said(desk.on(date(2028, 2, 1)))

        (vi, en), (next_vi, next_en) = self.FIRST, self.NEXT
        assert alone == (f"có hiệu lực: {vi}", f"active: {en}")
        assert followed == (
            f"có hiệu lực: {vi}; tiếp theo là {next_vi}",
            f"active: {en}; next {next_en}",
        )
        assert disputed == (f"{followed[0]} (tạm ngưng)", f"{followed[1]} (suspended)")
        assert suspended == (f"tạm ngưng: {next_vi}", f"suspended: {next_en}")
        assert expired == (f"đã hết hạn: {next_vi}", f"expired: {next_en}")

    def test_has_its_money_as_each_language_writes_it(self) -> None:
        assert (money_words(vnd(-1234)).vi, money_words(vnd(-1234)).en) == ("-1.234\u00a0₫", "-₫1,234")
