from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payport.errors import RequestRefused
from payport.rules.catalog import Promotion
from payport.rules.line import Draft
from payport.rules.money import vnd
from payport.rules.promotions import Asked, apply_promotions
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.rounding import half_up
from payport.rules.words import Text

A_DAY = date(2026, 3, 2)
BOTH = ("package", "extra_capacity")


def a_promotion(id: str, **facts: Any) -> Promotion:  # noqa: A002
    return Promotion(id=id, names=Text(vi=f"{id} vi", en=id), **facts)


def a_line(amount: int, on: Any = "package") -> Draft:
    word = Text(vi="x", en="x")
    return Draft(on, on, word, 1, word, amount, amount, word, "vat")


@pytest.fixture
def cuts(catalog_with: Callable[..., Any]) -> Callable[..., list[tuple[str, int]]]:
    """What is taken off: `cuts([lines], promotion, …, code=…)` gives (promotion, amount) pairs."""

    def take(lines: list[Draft], *promotions: Promotion, code: str | None = None) -> list[tuple[str, int]]:
        applied = apply_promotions(
            lines, Asked("small", 12, code, A_DAY), catalog_with(promotions=promotions), {}
        )
        return [(discount.title.en, -discount.amount) for discount in applied.discounts]

    return take


class TestOneAutomaticPromotion:
    def test_a_percent_is_rounded_half_up_in_magnitude(self, cuts: Any) -> None:
        assert cuts([a_line(33_335)], a_promotion("ten", percent=10)) == [("ten", 3_334)]

    def test_it_is_on_the_package_alone_unless_it_says_otherwise(self, cuts: Any) -> None:
        lines = [a_line(1_000), a_line(500, "extra_capacity")]

        assert cuts(lines, a_promotion("ten", percent=10)) == [("ten", 100)]
        assert cuts(lines, a_promotion("ten", percent=10, on=BOTH)) == [("ten", 100), ("ten", 50)]
        assert cuts(lines, a_promotion("ten", percent=10, on=("extra_capacity",))) == [("ten", 50)]

    def test_an_amount_is_spread_by_largest_remainder(self, cuts: Any) -> None:
        lines = [a_line(100), a_line(200, "extra_capacity")]

        assert cuts(lines, a_promotion("off", amount=100, on=BOTH)) == [("off", 33), ("off", 67)]

    def test_of_a_single_dong_applies(self, cuts: Any) -> None:
        assert cuts([a_line(1_000)], a_promotion("one", amount=1)) == [("one", 1)]

    def test_is_a_line_of_one_discount_at_its_own_price(self, desk_with: Any) -> None:
        desk = desk_with(promotions=(a_promotion("ten", percent=10),))

        line = desk.quote(New(package="small", months=12)).lines[1]

        assert (line.quantity, line.unit_price, line.amount) == (1, vnd(-120_000), vnd(-120_000))

    def test_an_amount_above_the_price_takes_the_price(self, cuts: Any) -> None:
        assert cuts([a_line(700)], a_promotion("off", amount=1_000)) == [("off", 700)]

    def test_the_one_worth_most_applies_and_at_a_tie_the_first_in_the_file(self, cuts: Any) -> None:
        line = [a_line(1_000)]
        five, ten, same = (
            a_promotion("five", percent=5),
            a_promotion("ten", percent=10),
            a_promotion("same", amount=100),
        )

        assert cuts(line, five, ten, same) == [("ten", 100)]
        assert cuts(line, same, ten) == [("same", 100)]

    @pytest.mark.parametrize(
        "facts",
        [
            {"packages": ("large",)},
            {"terms": (24,)},
            {"since": date(2026, 3, 3)},
            {"before": date(2026, 3, 2)},
        ],
    )
    def test_it_is_silent_outside_its_packages_terms_and_window(self, cuts: Any, facts: Any) -> None:
        assert cuts([a_line(1_000)], a_promotion("ten", percent=10, **facts)) == []

    def test_its_window_holds_from_the_first_day_until_before_the_last(self, cuts: Any) -> None:
        promotion = a_promotion("ten", percent=10, since=date(2026, 3, 2), before=date(2026, 3, 3))

        assert cuts([a_line(1_000)], promotion) == [("ten", 100)]


class TestAPromotionForCertainTerms:
    @pytest.fixture
    def desk(self, desk_with: Callable[..., Any]) -> Any:
        return desk_with(promotions=(a_promotion("year", percent=10, terms=(12,), on=BOTH),))

    @pytest.mark.parametrize(("months", "off"), [(12, 1), (1, 0)])
    def test_holds_for_these_at_any_purchase_of_a_term(self, desk: Any, months: int, off: int) -> None:
        new = desk.quote(New(package="small", months=months))
        desk.paid(New(package="small", months=12))
        renewal = desk.on(date(2027, 1, 5)).quote(Renew(months=months))

        for quote in (new, renewal):
            assert [line.kind for line in quote.lines[1:]] == ["promotion"] * off

    def test_takes_nothing_off_what_is_added_in_mid_term(self, desk: Any) -> None:
        desk.paid(New(package="small", months=12))

        [line] = desk.uses(10).quote(AddCapacity(steps=1)).lines

        assert line.kind == "extra_capacity"


class TestACodeForNewCustomers:
    """The rules know no codes for one kind of purchase alone: one without packages or terms is for all."""

    def test_holds_at_a_renewal_a_switch_and_an_addition_too(self, desk_with: Callable[..., Any]) -> None:
        desk = desk_with(promotions=(a_promotion("welcome", percent=10, code="WELCOME", on=BOTH),))
        desk.paid(New(package="small", months=12, code="WELCOME"))
        desk.on(date(2027, 1, 5)).uses(10)

        for purchase in (
            Renew(months=12, code="WELCOME"),
            Switch(package="large", months=12, code="WELCOME"),
            AddCapacity(steps=1, code="WELCOME"),
        ):
            quote = desk.quote(purchase)
            goods, off = quote.lines[:2]
            assert (quote.code, off.kind) == ("WELCOME", "promotion")
            assert off.amount.minor == -half_up(Fraction(goods.amount.minor, 10))

    def test_comes_off_before_credit_which_takes_at_most_the_rest(
        self, desk_with: Callable[..., Any]
    ) -> None:
        promotion = a_promotion("welcome", percent=90, code="WELCOME", packages=("large",))
        desk = desk_with(promotions=(promotion,), policies={"switch_any_time": True})
        desk.paid(New(package="small", months=12))

        quote = desk.uses(1).quote(Switch(package="large", months=12, code="WELCOME"))

        assert [line.amount.minor for line in quote.lines] == [3_650_000, -3_285_000, -365_000]
        assert quote.surplus_days == (1_200_000 - 365_000) * 365 // 365_000


class TestACodeBesideAnAutomaticPromotion:
    def test_both_apply_when_both_say_so_and_each_percent_is_of_the_line_before(self, cuts: Any) -> None:
        automatic = a_promotion("auto", percent=10, combines=True)
        coded = a_promotion("coded", percent=20, code="CODE", combines=True)

        assert cuts([a_line(1_000)], automatic, coded, code="CODE") == [("auto", 100), ("coded", 200)]

    def test_the_percent_comes_first_and_the_amount_of_what_is_left(self, cuts: Any) -> None:
        automatic = a_promotion("auto", amount=950, combines=True)
        coded = a_promotion("coded", percent=20, code="CODE", combines=True)

        assert cuts([a_line(1_000)], automatic, coded, code="CODE") == [("coded", 200), ("auto", 800)]

    def test_no_line_goes_below_zero(self, cuts: Any) -> None:
        automatic = a_promotion("auto", percent=60, combines=True)
        coded = a_promotion("coded", percent=70, code="CODE", combines=True)

        assert cuts([a_line(1_000)], automatic, coded, code="CODE") == [("auto", 600), ("coded", 400)]

    @pytest.mark.parametrize(("one", "other"), [(True, False), (False, True), (False, False)])
    def test_else_the_one_worth_more_applies_and_at_a_tie_the_code(
        self, cuts: Any, one: bool, other: bool
    ) -> None:
        coded = a_promotion("coded", percent=10, code="CODE", combines=other)
        same = a_promotion("same", amount=100, combines=one)
        more = a_promotion("more", amount=101, combines=one)

        assert cuts([a_line(1_000)], same, coded, code="CODE") == [("coded", 100)]
        assert cuts([a_line(1_000)], more, coded, code="CODE") == [("more", 101)]

    def test_a_code_that_lost_is_not_used_up_and_the_buyer_is_told(self, desk_with: Any) -> None:
        desk = desk_with(
            promotions=(a_promotion("more", percent=50), a_promotion("less", percent=10, code="LESS"))
        )

        quote = desk.quote(New(package="small", months=12, code="LESS"))

        assert quote.code is None
        assert [note.en for note in quote.notes] == [
            "The code is not used: “more” takes off more and does not combine with it"
        ]


class TestACodeThatCannotBeUsed:
    @pytest.mark.parametrize(
        ("facts", "problem"),
        [
            ({"code": "OTHER"}, "there is no such code"),
            ({"code": "TRY", "before": date(2026, 1, 15)}, "the code does not hold today"),
            ({"code": "TRY", "since": date(2026, 1, 16)}, "the code does not hold today"),
            ({"code": "TRY", "uses": 3}, "the code has been used up"),
            ({"code": "TRY", "packages": ("large",)}, "the code is not for this purchase"),
            ({"code": "TRY", "terms": (24,)}, "the code is not for this purchase"),
            ({"code": "TRY", "on": ("extra_capacity",)}, "the code is not for this purchase"),
        ],
    )
    def test_is_refused_naming_code(self, desk_with: Any, facts: Any, problem: str) -> None:
        desk = desk_with(promotions=(a_promotion("try", percent=10, **facts),))
        desk.code_uses = {"TRY": 3}

        with pytest.raises(RequestRefused) as refused:
            desk.quote(New(package="small", months=12, code="TRY"))

        assert (refused.value.field, refused.value.problem) == ("code", problem)
        assert "TRY" not in str(refused.value)


def test_a_code_of_one_use_can_be_used_once(desk_with: Any) -> None:
    desk = desk_with(promotions=(a_promotion("ten", percent=10, code="TEN", uses=1),))

    assert desk.quote(New(package="small", months=12, code="TEN")).code == "TEN"


@pytest.mark.parametrize("typed", ["ten", "TEN", " Ten "])
def test_a_code_is_read_as_people_type_it(desk_with: Any, typed: str) -> None:
    desk = desk_with(promotions=(a_promotion("ten", percent=10, code="TEN", uses=4),))
    desk.code_uses = {"TEN": 3}

    assert desk.quote(New(package="small", months=12, code=typed)).code == "TEN"


_FACTS = st.one_of(
    st.fixed_dictionaries({"percent": st.integers(1, 100)}),
    st.fixed_dictionaries({"amount": st.integers(1, 2_000_000)}),
)


@given(
    amounts=st.lists(st.integers(0, 1_000_000), min_size=1, max_size=2),
    automatic=_FACTS,
    coded=_FACTS,
    on=st.sampled_from([("package",), BOTH]),
    combines=st.booleans(),
)
def test_what_is_taken_off_is_never_more_than_the_line(
    catalog_with: Any, amounts: list[int], automatic: Any, coded: Any, on: Any, combines: bool
) -> None:
    lines = [a_line(amount, goods) for amount, goods in zip(amounts, BOTH, strict=False)]
    promotions = (
        a_promotion("auto", on=on, combines=combines, **automatic),
        a_promotion("coded", on=on, combines=combines, code="CODE", **coded),
    )
    applied = apply_promotions(
        lines, Asked("small", 12, "CODE", A_DAY), catalog_with(promotions=promotions), {}
    )

    for line in lines:
        off = [-discount.amount for discount in applied.discounts if discount.on == line.on]
        assert all(cut > 0 for cut in off)
        assert sum(off) <= line.amount
