from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from payport.errors import NotFound, RequestRefused
from payport.rules.catalog import (
    ExtraCapacity,
    ExtraPrice,
    Package,
    PackageTerm,
    Promotion,
    ReducedRate,
    TaxClass,
)
from payport.rules.grant import DaysLine
from payport.rules.money import MOST_MINOR, vnd
from payport.rules.pricing import extra_capacity_line
from payport.rules.purchase import AddCapacity, New, Renew, read_purchase
from payport.rules.quote import Quote
from payport.rules.rounding import half_up
from payport.rules.words import Text

X = Text(vi="x", en="x")


def lines_of(quote: Quote) -> list[tuple[str, int, int, int]]:
    return [(line.kind, line.net.minor, line.tax.minor, line.gross.minor) for line in quote.lines]


class TestANewPackage:
    def test_costs_its_list_price_and_the_tax_on_it(self, desk: Any) -> None:
        quote = desk.quote(New(package="large", months=12))

        assert lines_of(quote) == [("package", 3_650_000, 292_000, 3_942_000)]
        assert (quote.net, quote.tax, quote.total) == (vnd(3_650_000), vnd(292_000), vnd(3_942_000))
        assert [(rate.percent, rate.tax) for rate in quote.taxes] == [(8, vnd(292_000))]

    def test_includes_its_tax_in_a_gross_catalog(self, desk_with: Any) -> None:
        quote = desk_with(prices="gross").quote(New(package="large", months=12))

        assert lines_of(quote) == [("package", 3_379_630, 270_370, 3_650_000)]
        assert quote.total == vnd(3_650_000)

    def test_with_extra_capacity_has_a_line_for_each(self, desk: Any) -> None:
        quote = desk.quote(New(package="huge", months=30, extra_steps=2))

        assert [(line.kind, line.quantity, line.unit_price, line.amount) for line in quote.lines] == [
            ("package", 1, vnd(20_000_000), vnd(20_000_000)),
            ("extra_capacity", 2, vnd(3_550_000), vnd(17_750_000)),
        ]

    def test_says_how_each_line_came_about_in_both_languages(self, desk: Any) -> None:
        quote = desk.quote(New(package="huge", months=30, extra_steps=2))

        package, extra = quote.lines
        assert (package.title.en, package.unit.en, package.how.en) == (
            "Huge",
            "term of 30 months",
            "list price of 30 months",
        )
        assert package.how.vi == "giá niêm yết cho 30 tháng"
        assert (extra.title.en, extra.unit.en) == ("Extra capacity 10 GB", "step of 5 GB for 12 months")
        assert extra.how.en == "₫3,550,000 × 2 × 30 months ÷ 12 months"
        assert extra.how.vi == "3.550.000\u00a0₫ × 2 × 30 tháng ÷ 12 tháng"

    def test_shows_bonus_months_that_cost_nothing(self, desk: Any) -> None:
        [line] = desk.quote(New(package="large", months=24)).lines

        assert line.amount == vnd(6_000_000)
        assert line.how.en == "list price of 24 months; 6 months more at no cost"
        assert line.how.vi == "giá niêm yết cho 24 tháng; tặng thêm 6 tháng miễn phí"

    def test_has_extra_capacity_free_in_its_bonus_months(self, catalog_with: Any) -> None:
        line = extra_capacity_line(1, PackageTerm(months=24, price=1, bonus_months=6), catalog_with())

        assert line.amount == 7_100_000
        assert line.how.en == "₫3,550,000 × 1 × 24 months ÷ 12 months; free in the 6 months on top"

    def test_has_no_extra_capacity_where_none_is_sold(self, catalog_with: Any) -> None:
        with pytest.raises(RequestRefused, match="extra_steps: extra capacity is not sold"):
            extra_capacity_line(1, PackageTerm(months=24, price=1), catalog_with(extra_capacity=None))

    def test_shows_a_promotion_as_a_line_that_takes_off_tax_too(self, desk_with: Any) -> None:
        promotion = Promotion(id="ten", names=Text(vi="Ưu đãi", en="Offer"), percent=10)

        quote = desk_with(promotions=(promotion,)).quote(New(package="small", months=12))

        assert lines_of(quote) == [
            ("package", 1_200_000, 96_000, 1_296_000),
            ("promotion", -120_000, -9_600, -129_600),
        ]
        assert quote.lines[1].how.en == "10% off ₫1,200,000"


class TestCapacityAddedToATermWhoseEndWasMoved:
    """Days that staff or a credit added are days of the term, and add nothing to the price of the whole."""

    FULL = 3_550_000

    def price(self, desk_with: Any, policy: str, moved: int, day: date) -> int:
        desk = desk_with(policies={"capacity_proration": policy})
        desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))
        desk.adjusted(DaysLine(days=moved))
        amount: int = desk.on(day).uses(10).quote(AddCapacity(steps=1)).lines[0].amount.minor
        return amount

    @pytest.mark.parametrize("moved", [-65, 0, 35, 4000])
    @pytest.mark.parametrize("policy", ["days", "full"])
    def test_costs_the_whole_price_on_the_first_day(self, desk_with: Any, policy: str, moved: int) -> None:
        assert self.price(desk_with, policy, moved, date(2026, 1, 15)) == self.FULL

    @pytest.mark.parametrize(("moved", "left", "days"), [(-65, 83, 300), (35, 183, 400)])
    def test_costs_by_days_what_is_left_of_all_of_them(
        self, desk_with: Any, moved: int, left: int, days: int
    ) -> None:
        assert self.price(desk_with, "days", moved, date(2026, 8, 20)) == half_up(
            Fraction(self.FULL * left, days)
        )

    @pytest.mark.parametrize(
        ("policy", "day", "months"),
        [
            ("months_up", date(2026, 1, 15), 12),
            ("months_up", date(2026, 8, 20), 6),  # until before 19 February 2027
            ("months_down", date(2026, 8, 20), 5),
            ("months_up", date(2027, 1, 20), 1),  # within the days that were added
            ("months_down", date(2027, 1, 20), 0),
        ],
    )
    def test_costs_by_months_those_until_the_end_as_it_stands(
        self, desk_with: Any, policy: str, day: date, months: int
    ) -> None:
        assert self.price(desk_with, policy, 35, day) == half_up(Fraction(self.FULL * months, 12))


class TestTax:
    def test_is_that_of_the_quotes_day_in_the_merchants_zone(self, desk_with: Any) -> None:
        reduced = ReducedRate(percent=8, since=date(2025, 7, 1), before=date(2027, 1, 1))
        desk = desk_with(taxes=(TaxClass(id="vat", names=X, percent=10, reduced=(reduced,)),))
        purchase = New(package="small", months=12)
        desk.now = datetime.fromisoformat("2026-12-31T23:59:59+07:00")
        last_day = desk.quote(purchase)
        desk.now += timedelta(seconds=1)

        assert (last_day.tax, desk.quote(purchase).tax) == (vnd(96_000), vnd(120_000))
        assert (last_day.lines[0].tax_percent, last_day.lines[0].tax_class) == (8, "vat")

    def test_is_summed_for_each_rate_apart_and_no_tax_is_not_the_rate_of_nought(self, desk_with: Any) -> None:
        desk = desk_with(
            taxes=(
                TaxClass(id="vat", names=X, treatment="not_subject"),
                TaxClass(id="zero", names=X, treatment="zero_rated"),
            ),
            extra_capacity=ExtraCapacity(step_gb=5, price=ExtraPrice(amount=10, months=1), tax="zero"),
        )

        quote = desk.quote(New(package="huge", months=12, extra_steps=1))

        assert [(rate.treatment, rate.percent, rate.net, rate.tax) for rate in quote.taxes] == [
            ("not_subject", 0, vnd(10_000_000), vnd(0)),
            ("zero_rated", 0, vnd(120), vnd(0)),
        ]

    def test_by_the_payments_day_lets_no_quote_outlive_the_rate(self, desk_with: Any) -> None:
        reduced = ReducedRate(percent=8, since=date(2025, 7, 1), before=date(2027, 1, 1))
        taxes = (TaxClass(id="vat", names=X, percent=10, reduced=(reduced,)),)
        purchase = New(package="small", months=12)

        by_quote, by_payment = (
            desk_with(taxes=taxes, policies={"tax_point": point}).on(date(2026, 12, 31)).quote(purchase)
            for point in ("quote", "payment")
        )

        assert by_quote.expires_at == by_quote.made_at + timedelta(hours=24)
        assert by_payment.expires_at == datetime.fromisoformat("2027-01-01T00:00:00+07:00")

    def test_by_the_payments_day_holds_its_whole_life_once_the_rate_has_changed(self, desk_with: Any) -> None:
        reduced = ReducedRate(percent=8, since=date(2025, 7, 1), before=date(2027, 1, 1))
        taxes = (TaxClass(id="vat", names=X, percent=10, reduced=(reduced,)),)
        desk = desk_with(taxes=taxes, policies={"tax_point": "payment"})

        quote = desk.on(date(2027, 1, 1)).quote(New(package="small", months=12))

        assert (quote.expires_at - quote.made_at, quote.tax) == (timedelta(hours=24), vnd(120_000))


class TestAQuote:
    def test_keeps_catalog_entitlement_and_expiry(self, desk: Any) -> None:
        desk.trial()

        quote = desk.quote(New(package="small", months=12))

        assert (quote.catalog_version, quote.entitlement_version) == ("test", 1)
        assert quote.expires_at == desk.now + timedelta(hours=24)

    def test_names_the_grant_that_runs_and_none_once_it_has_ended(self, desk: Any) -> None:
        desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))

        running = desk.uses(10).quote(AddCapacity(steps=1))
        ended = desk.on(date(2027, 2, 1)).quote(Renew(months=12))

        assert (running.running_grant, ended.running_grant) == ("G0", None)

    def test_that_would_owe_the_buyer_something_cannot_be_made(self, desk: Any) -> None:
        facts = desk.quote(New(package="small", months=12)).model_dump()

        with pytest.raises(ValidationError, match="Value error, nobody is owed anything by a quote"):
            Quote.model_validate({**facts, "total": vnd(-1)})


class TestQuantityGames:
    @pytest.mark.parametrize("value", [True, 1.5, 12.0, "12", "1 ", "", None, -1, 0, 10**9, 10**30])
    def test_a_number_of_months_that_is_none_is_refused_naming_it(self, desk: Any, value: Any) -> None:
        with pytest.raises(RequestRefused) as refused:
            desk.quote(read_purchase({"kind": "new", "package": "small", "months": value}))

        assert refused.value.field == "months"

    @pytest.mark.parametrize("value", [True, 1.5, "1", "", None, -1, 21, 10**9, 10**30])
    def test_a_number_of_steps_that_is_none_or_too_many_is_refused_naming_it(
        self, desk: Any, value: Any
    ) -> None:
        with pytest.raises(RequestRefused) as refused:
            desk.quote(read_purchase({"kind": "new", "package": "huge", "months": 12, "extra_steps": value}))

        assert refused.value.field == "extra_steps"

    def test_a_package_and_a_term_that_are_not_sold_are_refused_with_those_that_are(self, desk: Any) -> None:
        with pytest.raises(NotFound, match=r"package: .* small, large, huge"):
            desk.quote(New(package="tiny", months=12))
        with pytest.raises(NotFound, match=r"months: .* 12, 24\."):
            desk.quote(New(package="large", months=6))


class TestPricesAtTheLimit:
    def a_desk(self, desk_with: Any, price: int, step: int) -> Any:
        package = Package(
            id="vast",
            names=X,
            tier=1,
            included_gb=1,
            tax="vat",
            terms=(PackageTerm(months=120, price=price),),
            extra_capacity_on=("new",),
        )
        extra = ExtraCapacity(
            step_gb=1, price=ExtraPrice(amount=step, months=1), tax="vat", most_steps=1_000_000
        )
        return desk_with(packages=(package,), extra_capacity=extra)

    def test_more_than_money_holds_is_refused_and_never_wrapped(self, desk_with: Any) -> None:
        desk = self.a_desk(desk_with, price=1, step=MOST_MINOR)
        with pytest.raises(RequestRefused, match="extra_steps: the price would be more than can be paid"):
            desk.quote(New(package="vast", months=120, extra_steps=1_000_000))

        with pytest.raises(RequestRefused, match="total: "):  # the tax is what is too much
            self.a_desk(desk_with, price=MOST_MINOR, step=1).quote(New(package="vast", months=120))

        desk = self.a_desk(desk_with, price=MOST_MINOR // 2, step=MOST_MINOR // 240)
        with pytest.raises(RequestRefused, match="total: "):  # each line fits, the sum does not
            desk.quote(New(package="vast", months=120, extra_steps=1))

    def test_each_rate_may_fit_and_their_sum_not(self, desk_with: Any) -> None:
        desk = self.a_desk(desk_with, price=MOST_MINOR // 2, step=MOST_MINOR // 120)
        two = (TaxClass(id="vat", names=X, percent=1), TaxClass(id="two", names=X, treatment="not_subject"))
        extra = desk.catalog.extra_capacity.model_copy(update={"tax": "two"})
        desk.catalog = desk.catalog.model_copy(update={"taxes": two, "extra_capacity": extra})
        purchase = New(package="vast", months=120, extra_steps=1)

        with pytest.raises(RequestRefused, match=r"^total: the price would be more than can be paid"):
            desk.quote(purchase)

    def test_the_most_that_fits_is_exact(self, desk_with: Any) -> None:
        price = MOST_MINOR * 100 // 108

        quote = self.a_desk(desk_with, price=price, step=1).quote(New(package="vast", months=120))

        assert quote.net.minor == price
        assert quote.total.minor == price + (price * 8 + 50) // 100


_PROMOTION = st.one_of(
    st.none(),
    st.builds(
        lambda percent, both: Promotion(
            id="p", names=X, percent=percent, on=("package", "extra_capacity") if both else ("package",)
        ),
        st.integers(1, 100),
        st.booleans(),
    ),
    st.builds(
        lambda amount: Promotion(id="p", names=X, amount=amount, on=("package", "extra_capacity")),
        st.integers(1, 10**8),
    ),
)


@given(
    price=st.integers(0, 10**9),
    step=st.integers(0, 10**8),
    base=st.integers(1, 120),
    months=st.integers(1, 120),
    steps=st.integers(0, 50),
    rates=st.tuples(st.integers(1, 100), st.integers(1, 100)),
    prices=st.sampled_from(["net", "gross"]),
    promotion=_PROMOTION,
)
def test_every_quote_adds_up(
    catalog_with: Any,
    desk_class: Any,
    price: int,
    step: int,
    base: int,
    months: int,
    steps: int,
    rates: tuple[int, int],
    prices: str,
    promotion: Promotion | None,
) -> None:
    package = Package(
        id="any",
        names=X,
        tier=1,
        included_gb=1,
        tax="one",
        terms=(PackageTerm(months=months, price=price),),
        extra_capacity_on=("new",),
    )
    desk = desk_class(
        catalog_with(
            prices=prices,
            taxes=tuple(
                TaxClass(id=name, names=X, percent=percent)
                for name, percent in zip(("one", "two"), rates, strict=True)
            ),
            packages=(package,),
            extra_capacity=ExtraCapacity(step_gb=1, price=ExtraPrice(amount=step, months=base), tax="two"),
            promotions=(promotion,) if promotion else (),
        )
    )
    purchase = New(package="any", months=months, extra_steps=steps)

    quote = desk.quote(purchase)

    assert quote == desk.quote(purchase)  # pure
    assert Quote.model_validate_json(quote.model_dump_json(), strict=True) == quote
    for line in quote.lines:
        assert line.net + line.tax == line.gross
        assert line.amount == (line.net if prices == "net" else line.gross)
    for part in ("net", "tax"):
        assert sum(getattr(line, part).minor for line in quote.lines) == getattr(quote, part).minor
        assert sum(getattr(rate, part).minor for rate in quote.taxes) == getattr(quote, part).minor
    assert sum(line.gross.minor for line in quote.lines) == quote.total.minor >= 0
    assert quote.net + quote.tax == quote.total
    if prices == "gross":
        assert quote.total.minor == sum(line.amount.minor for line in quote.lines)
    for rate in quote.taxes:
        exact = rate.net.minor * rate.percent / 100
        assert abs(rate.tax.minor - exact) <= 1


def test_a_quote_has_its_times_in_utc_whatever_zone_they_come_in(desk: Any) -> None:
    desk.now = datetime.fromisoformat("2026-03-01T08:00:00+07:00")

    quote = desk.quote(New(package="small", months=12))
    again = Quote.model_validate_json(quote.model_dump_json())

    assert quote.made_at.tzinfo is UTC
    assert again.made_at.tzinfo is UTC
    assert again == quote
