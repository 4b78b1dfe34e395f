from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from payport.errors import Defect, RequestRefused
from payport.rules.money import MOST_MINOR, Money, total, vnd
from payport.rules.purchase import AddCapacity, New, Renew, Switch, read_purchase
from payport.rules.rounding import half_up, shares, spread
from payport.rules.words import Text, months, say


class TestMoney:
    @pytest.mark.parametrize("minor", [True, 5.0, "5", None, MOST_MINOR + 1, -MOST_MINOR - 1])
    def test_is_whole_minor_units_within_bounds(self, minor: Any) -> None:
        with pytest.raises(ValidationError):
            Money(minor, "VND")

    @pytest.mark.parametrize("currency", ["vnd", "VN", "VNDD", "VND\n", "ＶＮＤ", ""])
    def test_has_a_currency_of_three_capital_letters(self, currency: str) -> None:
        with pytest.raises(ValidationError):
            Money(1, currency)

    def test_of_two_currencies_is_never_added_or_compared(self) -> None:
        with pytest.raises(Defect):
            vnd(1) + Money(1, "USD")
        with pytest.raises(Defect):
            _ = vnd(1) < Money(1, "USD")

    def test_is_compared_negated_and_written(self) -> None:
        assert vnd(1) < vnd(2) <= vnd(2)
        assert not vnd(2) < vnd(2)
        assert -vnd(5) == vnd(2) - vnd(7)
        assert str(vnd(3_550_000)) == "3,550,000 VND"
        assert str(vnd(-1)) == "-1 VND"

    def test_is_written_with_as_many_digits_as_its_currency_has(self) -> None:
        """ISO 4217 gives the dollar two, the dinar of Kuwait three."""
        assert [str(Money(minor, "USD")) for minor in (7, -123_456)] == ["0.07 USD", "-1,234.56 USD"]
        assert str(Money(1_500, "KWD")) == "1.500 KWD"

    def test_sums_up_even_when_there_is_none(self) -> None:
        assert total([vnd(2), vnd(-5)], "VND") == vnd(-3)
        assert total([], "VND") == vnd(0)


class TestWords:
    def test_numbers_money_and_dates_are_written_as_each_language_writes_them(self) -> None:
        text = say("{n} {m} {d}", "{n} {m} {d}", n=1_234_567, m=vnd(-3_550_000), d=date(2026, 7, 1))

        assert text.vi == "1.234.567 -3.550.000\u00a0₫ 01/07/2026"
        assert text.en == "1,234,567 -₫3,550,000 2026-07-01"

    def test_another_currency_has_its_decimals(self) -> None:
        text = say("{m}", "{m}", m=Money(123_405, "USD"))

        assert (text.vi, text.en) == ("1.234,05\u00a0USD", "1,234.05\u00a0USD")

    def test_one_month_is_no_plural(self) -> None:
        assert (months(1).en, months(2).en, months(2).vi) == ("1 month", "2 months", "2 tháng")

    def test_a_name_in_braces_stays_as_it_is(self) -> None:
        assert say("“{x}”", "“{x}”", x=Text(vi="{y}", en="{0}")).en == "“{0}”"

    def test_a_text_has_both_languages(self) -> None:
        with pytest.raises(ValidationError):
            Text(vi="Gói", en=" ")


class TestReadingAPurchase:
    @pytest.mark.parametrize(
        ("given", "read"),
        [
            ({"kind": "new", "package": "a", "months": 1}, New(package="a", months=1)),
            ({"kind": "add_capacity", "steps": 2, "code": "X"}, AddCapacity(steps=2, code="X")),
            ({"kind": "renew", "months": 1, "extra_steps": 3}, Renew(months=1, extra_steps=3)),
            ({"kind": "switch", "package": "b", "months": 1}, Switch(package="b", months=1)),
        ],
    )
    def test_takes_what_each_kind_has(self, given: Any, read: Any) -> None:
        assert read_purchase(given) == read

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({}, "kind"),
            ({"kind": "gift"}, "kind"),
            ({"kind": "new", "months": 1}, "package"),
            ({"kind": "new", "package": "a\n", "months": 1}, "package"),
            ({"kind": "new", "package": "a", "months": 1, "price": 1}, "price"),
            ({"kind": "new", "package": "new", "months": "1"}, "months"),
            ({"kind": "add_capacity", "steps": 0}, "steps"),
            ({"kind": "add_capacity", "steps": 1, "months": 3}, "months"),
            ({"kind": "renew", "months": 1, "code": ""}, "code"),
        ],
    )
    def test_refuses_the_rest_naming_the_field(self, given: Any, field: str) -> None:
        with pytest.raises(RequestRefused) as refused:
            read_purchase(given)

        assert refused.value.field == field


class TestRounding:
    @pytest.mark.parametrize(
        ("exact", "whole"),
        [
            ("1/2", 1),
            ("-1/2", -1),
            ("1/3", 0),
            ("5/2", 3),
            ("-5/2", -3),
            ("7/3", 2),
            ("-7/3", -2),
            ("8/3", 3),
            ("0", 0),
            ("9007199254740991/2", 2**52),
        ],
    )
    def test_a_half_goes_away_from_zero(self, exact: str, whole: int) -> None:
        assert half_up(Fraction(exact)) == whole

    def test_the_largest_remainder_is_rounded_up_and_not_the_largest_part(self) -> None:
        assert shares([70, 15], 10, 9) == [7, 2]
        assert shares([70, 15, -4], 10, 8) == [7, 1, 0]

    def test_a_tie_of_remainders_goes_to_the_earlier_one(self) -> None:
        assert shares([1, 1], 2, 1) == [1, 0]
        assert shares([-1, -1], 2, -1) == [0, -1]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=8), st.integers(1, 10**6))
def test_shares_add_up_and_each_is_a_neighbour_of_the_exact_part(numerators: list[int], of: int) -> None:
    rounded = half_up(Fraction(sum(numerators), of))

    whole = shares(numerators, of, rounded)

    assert sum(whole) == rounded
    assert all(abs(part * of - numerator) < of for part, numerator in zip(whole, numerators, strict=True))


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8), st.integers(0, 10**12))
def test_what_is_spread_adds_up_and_fits_its_parts(weights: list[int], amount: int) -> None:
    amount = min(amount, sum(weights))

    parts = spread(amount, weights)

    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
