"""The price list: whatever a catalog says, it and a quote agree on every package and term."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payport.rules.calendar import local_date
from payport.rules.catalog import (
    Catalog,
    ExtraCapacity,
    ExtraPrice,
    Policies,
    Promotion,
    ReducedRate,
    TaxClass,
)
from payport.rules.money import Money, vnd
from payport.rules.price_list import TermPrices, price_list
from payport.rules.purchase import AddCapacity, New
from payport.rules.quote import Quote
from payport.rules.words import Text

DAY = date(2026, 1, 15)
X = Text(vi="x", en="x")


def priced(catalog: Catalog, package: str, months: int, day: date = DAY) -> TermPrices:
    return next(
        term
        for entry in price_list(catalog, day)
        if entry.package.id == package
        for term in entry.terms
        if term.months == months
    )


class TestATerm:
    def test_has_its_list_price_its_tax_and_what_is_paid(self, catalog_with: Any) -> None:
        alone = priced(catalog_with(), "large", 12).alone

        assert (alone.listed, alone.net, alone.tax, alone.gross) == (
            vnd(3_650_000),
            vnd(3_650_000),
            vnd(292_000),
            vnd(3_942_000),
        )
        assert alone.promotions == ()

    def test_costs_its_list_price_with_the_tax_in_it_in_a_gross_catalog(self, catalog_with: Any) -> None:
        alone = priced(catalog_with(prices="gross"), "large", 12).alone

        assert (alone.net, alone.tax, alone.gross) == (vnd(3_379_630), vnd(270_370), vnd(3_650_000))

    def test_costs_a_month_what_is_paid_over_all_its_months_bonus_ones_too(self, catalog_with: Any) -> None:
        term = priced(catalog_with(), "large", 24)

        assert (term.months, term.bonus_months) == (24, 6)
        assert term.a_month == vnd(216_000)  # 6,480,000 ÷ 30

    def test_is_priced_with_extra_capacity_only_where_that_is_taken(self, catalog_with: Any) -> None:
        small, huge = (priced(catalog_with(), *which) for which in (("small", 12), ("huge", 30)))

        assert (small.with_extra, small.added and small.added.net) == (None, vnd(3_550_000))
        assert huge.with_extra is not None
        assert huge.with_extra.listed == vnd(28_875_000)  # 8,875,000 for 30 months

    def test_is_priced_without_any_where_none_is_sold(self, catalog_with: Any) -> None:
        huge = priced(catalog_with(extra_capacity=None), "huge", 30)

        assert (huge.with_extra, huge.added) == (None, None)

    def test_is_priced_with_the_least_that_an_order_may_hold(self, catalog_with: Any) -> None:
        extra = ExtraCapacity(step_gb=5, price=ExtraPrice(amount=100, months=1), tax="vat", least_steps=3)
        term = priced(catalog_with(extra_capacity=extra), "huge", 12)

        assert term.with_extra is not None
        assert term.with_extra.listed == vnd(10_000_000 + 3_600)


class TestADay:
    def test_says_the_rate(self, catalog_with: Any) -> None:
        reduced = ReducedRate(percent=8, since=date(2025, 7, 1), before=date(2027, 1, 1))
        catalog = catalog_with(taxes=(TaxClass(id="vat", names=X, percent=10, reduced=(reduced,)),))

        last, first = (
            priced(catalog, "small", 12, day).alone for day in (date(2026, 12, 31), date(2027, 1, 1))
        )

        assert (last.tax, first.tax) == (vnd(96_000), vnd(120_000))

    def test_says_which_promotion_applies_by_itself_and_no_code_does(self, catalog_with: Any) -> None:
        autumn = Promotion(id="a", names=Text(vi="Thu", en="Autumn"), percent=5, since=DAY)
        code = Promotion(id="b", names=X, percent=50, code="HALF")
        catalog = catalog_with(promotions=(autumn, code))

        before, on = (priced(catalog, "small", 12, day).alone for day in (DAY - timedelta(days=1), DAY))

        assert (before.net, before.promotions) == (vnd(1_200_000), ())
        assert (on.listed, on.net, on.promotions) == (vnd(1_200_000), vnd(1_140_000), (autumn.names,))


def test_packages_go_from_small_to_large_and_terms_from_short_to_long(catalog_with: Any) -> None:
    catalog = catalog_with()
    mixed = catalog.model_copy(
        update={
            "packages": tuple(
                package.model_copy(update={"terms": package.terms[::-1]})
                for package in catalog.packages[::-1]
            )
        }
    )

    shown = [(entry.package.id, [term.months for term in entry.terms]) for entry in price_list(mixed, DAY)]

    assert shown == [("small", [1, 12]), ("large", [12, 24]), ("huge", [12, 30])]


@st.composite
def sellers(draw: st.DrawFn, catalog_with: Any) -> Catalog:
    """The catalog of the tests with other prices, rates, promotions and ways of proration."""
    amounts = st.integers(0, 10**9)
    percents = st.integers(1, 100)
    base = catalog_with()
    packages = tuple(
        package.model_copy(
            update={
                "tax": draw(st.sampled_from(["vat", "other", "free"])),
                "terms": tuple(
                    term.model_copy(update={"price": draw(amounts), "bonus_months": draw(st.integers(0, 6))})
                    for term in package.terms
                ),
            }
        )
        for package in base.packages
    )
    promotions = tuple(
        Promotion(
            id=f"p{number}",
            names=X,
            **draw(
                st.one_of(
                    percents.map(lambda percent: {"percent": percent}),
                    st.integers(1, 10**9).map(lambda amount: {"amount": amount}),
                )
            ),
            on=draw(st.sampled_from([("package",), ("extra_capacity",), ("package", "extra_capacity")])),
            terms=draw(st.sampled_from([(), (12,), (30, 12)])),
        )
        for number in range(draw(st.integers(0, 2)))
    )
    return catalog_with(
        prices=draw(st.sampled_from(["net", "gross"])),
        taxes=(
            TaxClass(id="vat", names=X, percent=draw(percents)),
            TaxClass(id="other", names=X, percent=draw(percents)),
            TaxClass(id="free", names=X, treatment="not_subject"),
        ),
        packages=packages,
        promotions=promotions,
        extra_capacity=ExtraCapacity(
            step_gb=5,
            price=ExtraPrice(amount=draw(amounts), months=draw(st.integers(1, 24))),
            tax=draw(st.sampled_from(["vat", "other"])),
            least_steps=draw(st.integers(1, 3)),
        ),
        policies=Policies(
            capacity_proration=draw(st.sampled_from(["days", "months_up", "months_down", "full"]))
        ),
    )


class TestTheListAndAQuote:
    @given(data=st.data())
    @settings(max_examples=60, deadline=None)
    def test_agree_on_every_package_and_term(
        self, data: st.DataObject, catalog_with: Any, desk_class: Any
    ) -> None:
        catalog = data.draw(sellers(catalog_with))
        at = datetime(2026, 1, 14, 17, tzinfo=UTC) + timedelta(hours=data.draw(st.integers(0, 23)))
        steps = catalog.extra_capacity.least_steps

        for entry in price_list(catalog, local_date(at, catalog.zone)):
            package = entry.package.id
            for term in entry.terms:
                desk = desk_class(catalog, now=at)
                assert sums(term.alone) == sums(desk.quote(New(package=package, months=term.months)))
                if term.with_extra is not None:
                    more = New(package=package, months=term.months, extra_steps=steps)
                    assert sums(term.with_extra) == sums(desk.quote(more))
                assert term.added is not None
                desk.paid(New(package=package, months=term.months))
                desk.uses(entry.package.included_gb)
                assert sums(term.added) == sums(desk.quote(AddCapacity(steps=steps)))


def sums(priced: Any) -> tuple[Money, Money, Money]:
    return priced.net, priced.tax, priced.total if isinstance(priced, Quote) else priced.gross


@pytest.mark.parametrize("prices", ["net", "gross"])
def test_extra_capacity_of_a_whole_term_costs_the_same_whenever_it_is_taken(
    catalog_with: Any, prices: str
) -> None:
    term = priced(catalog_with(prices=prices), "huge", 30)

    assert term.with_extra is not None
    assert term.added is not None
    assert term.with_extra.listed - term.alone.listed == term.added.listed
