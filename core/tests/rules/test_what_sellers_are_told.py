"""Every sentence about a catalog whose parts do not fit together, and about what another one changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from payport.rules.catalog import (
    Catalog,
    ExtraCapacity,
    ExtraPrice,
    Package,
    PackageTerm,
    Policies,
    Promotion,
    ReducedRate,
    TaxClass,
)
from payport.rules.catalog_check import faults
from payport.rules.catalog_difference import difference
from payport.rules.words import Text

NAMES = Text(vi="x", en="X")


def a_package(id: str, tier: int, **facts: Any) -> Package:  # noqa: A002
    terms = (PackageTerm(months=12, price=1),)
    whole = {"names": NAMES, "included_gb": 1, "tax": "vat", "terms": terms, **facts}
    return Package(id=id, tier=tier, **whole)


def a_promotion(id: str, **facts: Any) -> Promotion:  # noqa: A002
    return Promotion(id=id, names=NAMES, **facts)


def a_window(percent: int, since: date, before: date) -> ReducedRate:
    return ReducedRate(percent=percent, since=since, before=before)


def told(catalog: Catalog) -> list[tuple[str, str, str]]:
    return [(fault.key, fault.problem, fault.remedy) for fault in faults(catalog)]


class TestAnUnsoundCatalog:
    def test_has_every_fault_told_from_the_top_to_the_end(self, catalog_with: Callable[..., Catalog]) -> None:
        catalog = catalog_with(
            taxes=(
                TaxClass(
                    id="vat",
                    names=NAMES,
                    percent=10,
                    reduced=(
                        a_window(8, date(2026, 7, 1), date(2026, 9, 1)),
                        a_window(10, date(2025, 1, 1), date(2026, 1, 1)),
                        a_window(5, date(2026, 8, 31), date(2026, 8, 31)),
                    ),
                ),
                TaxClass(id="vat", names=NAMES),
                TaxClass(id="free", names=NAMES, treatment="not_subject", percent=5),
            ),
            packages=(
                a_package(
                    "a",
                    1,
                    terms=(PackageTerm(months=12, price=1), PackageTerm(months=12, price=2)),
                    extra_capacity_on=("new", "new"),
                ),
                a_package("a", 1, tax="none"),
            ),
            extra_capacity=None,
            promotions=(
                a_promotion("p", code="ONE"),
                a_promotion(
                    "p",
                    code="ONE",
                    percent=1,
                    amount=1,
                    since=date(2026, 1, 2),
                    before=date(2026, 1, 2),
                    packages=("a", "gone", "a", "lost"),
                    on=("package", "extra_capacity", "package"),
                ),
                a_promotion("q", percent=1, uses=3, terms=(12, 24, 12, 6)),
            ),
            policies=Policies(renewal_window=timedelta(days=1, hours=1), trial_package="b"),
        )
        backwards = "Give the day after its last; that is a later day than since"
        own, twice = "Give each its own", ("listed twice", "Remove it")
        none_sold = ("the catalog sells no extra capacity", "Add [extra_capacity]")
        no_such_term = "no package of this promotion is sold for this many months"

        assert told(catalog) == [
            ("taxes[1].id", "the same as that of taxes[0]", own),
            ("taxes[0].reduced[1].percent", "not lower than the standard rate", "Give the reduced rate"),
            ("taxes[0].reduced[2].before", "the window ends before it begins", backwards),
            ("taxes[0].reduced[2].since", "two windows hold on the same day", "Begin on 2026-09-01 or later"),
            (
                "taxes[1].percent",
                "is missing",
                'Give the standard rate, or treatment = "zero_rated" for 0 %',
            ),
            (
                "taxes[2].treatment",
                "a class without tax has rates",
                "Remove percent and reduced, or tax it",
            ),
            ("packages[1].id", "the same as that of packages[0]", own),
            (
                "packages[1].tier",
                "the same as that of packages[0]",
                "Number them from the smallest to the largest",
            ),
            ("packages[0].terms[1].months", "the same as that of packages[0].terms[0]", own),
            ("packages[0].extra_capacity_on[1]", *twice),
            ("packages[0].extra_capacity_on", *none_sold),
            ("packages[1].tax", "no such tax class", "Choose among vat, free"),
            ("promotions[1].id", "the same as that of promotions[0]", own),
            ("promotions[1].code", "the same as that of promotions[0]", own),
            ("promotions[0].percent", "takes nothing off", "Give a percent or an amount"),
            ("promotions[1].amount", "takes off a percent and an amount", "Keep one of the two"),
            ("promotions[1].before", "the window ends before it begins", backwards),
            ("promotions[1].packages[2]", *twice),
            ("promotions[1].on[2]", *twice),
            ("promotions[1].packages[1]", "no such package", "Choose among a"),
            ("promotions[1].packages[3]", "no such package", "Choose among a"),
            ("promotions[1].on", *none_sold),
            (
                "promotions[2].uses",
                "without a code it cannot be used up",
                "Give it a code, or take uses away",
            ),
            ("promotions[2].terms[2]", *twice),
            ("promotions[2].terms[1]", no_such_term, "Choose among 12"),
            ("promotions[2].terms[3]", no_such_term, "Choose among 12"),
            ("policies.renewal_window", "not whole days", "Say it as { days = 30 }"),
            ("policies.trial_package", "no such package", "Choose among a"),
        ]

    def test_is_told_of_its_extra_capacity(self, catalog_with: Callable[..., Catalog]) -> None:
        extra = ExtraCapacity(
            step_gb=5, price=ExtraPrice(amount=1, months=1), tax="gone", least_steps=5, most_steps=4
        )

        assert told(catalog_with(extra_capacity=extra)) == [
            ("extra_capacity.tax", "no such tax class", "Choose among vat"),
            ("extra_capacity.most_steps", "lower than least_steps", "Give 5 or more"),
        ]

    def test_is_none_where_two_windows_touch_and_an_order_holds_one_number_of_steps(
        self, catalog_with: Callable[..., Catalog]
    ) -> None:
        touching = (
            a_window(8, date(2026, 7, 1), date(2026, 9, 1)),
            a_window(5, date(2026, 6, 1), date(2026, 7, 1)),
        )
        extra = ExtraCapacity(
            step_gb=5, price=ExtraPrice(amount=1, months=1), tax="vat", least_steps=4, most_steps=4
        )
        taxes = (TaxClass(id="vat", names=NAMES, percent=10, reduced=touching),)

        assert told(catalog_with(taxes=taxes, extra_capacity=extra)) == []


def test_a_name_may_have_a_hundred_characters_and_a_duration_all_its_units() -> None:
    longest = Text(vi="x" * 100, en="x" * 100)
    units = {"days": 1, "hours": 2, "minutes": 3, "seconds": 4}

    assert TaxClass(id="vat", names=longest, percent=1).names == longest
    assert Policies(quote_lifetime=units).quote_lifetime == timedelta(**units)


class TestAnotherCatalog:
    def changes(self, old: Catalog, new: Catalog) -> list[tuple[str, str, str]]:
        return [(change.section, change.about, change.words) for change in difference(old, new).changes]

    def test_has_every_change_told_in_a_sentence(self, catalog_with: Callable[..., Catalog]) -> None:
        a_year, a_month = PackageTerm(months=12, price=1), PackageTerm(months=1, price=1)
        old = catalog_with(
            taxes=(TaxClass(id="vat", names=NAMES, percent=10), TaxClass(id="old", names=NAMES, percent=5)),
            packages=(
                a_package("same", 1, extra_capacity_on=("new", "renew"), terms=(a_month, a_year)),
                a_package("gone", 2),
            ),
            promotions=(
                a_promotion("first", percent=1),
                a_promotion("second", percent=2),
                a_promotion("gone", percent=3, code="GONE"),
            ),
        )
        renamed = Text(vi="y", en="Y")
        new = catalog_with(
            version="later",
            currency="USD",
            prices="gross",
            zone="Europe/Berlin",
            taxes=(
                TaxClass(id="vat", names=renamed, percent=8),
                TaxClass(id="new", names=NAMES, treatment="zero_rated"),
            ),
            packages=(
                a_package(
                    "same",
                    3,
                    names=renamed,
                    included_gb=1024,
                    tax="new",
                    extra_capacity_on=("renew", "switch"),
                    terms=(
                        PackageTerm(months=12, price=1, bonus_months=1),
                        PackageTerm(months=24, price=1),
                    ),
                ),
                a_package("fresh", 1),
            ),
            extra_capacity=ExtraCapacity(
                step_gb=10, price=ExtraPrice(amount=7, months=1), tax="new", least_steps=2, most_steps=9
            ),
            promotions=(
                a_promotion("second", percent=2),
                Promotion(id="first", names=renamed, amount=5, combines=True),
                a_promotion("fresh", percent=4, code="FRESH", uses=2),
            ),
            policies=Policies(switch="at_end", renewal_window=timedelta(days=10)),
        )

        assert self.changes(old, new) == [
            ("catalog", "currency", "prices are in USD instead of VND: they cannot be compared"),
            ("catalog", "prices", "written gross of tax instead of net"),
            ("catalog", "zone", "days begin and end as in Europe/Berlin instead of Asia/Ho_Chi_Minh"),
            ("packages", "same", "called Y / y instead of X / x"),
            ("packages", "same", "its place from small to large is 3 instead of 1"),
            (
                "packages",
                "same",
                "includes 1,024 GB instead of 1 GB; terms that are bought already keep theirs",
            ),
            ("packages", "same", "taxed as X (new) instead of X (vat)"),
            ("packages", "same", "takes extra capacity at switch now"),
            ("packages", "same", "takes no extra capacity at new any more"),
            (
                "packages",
                "same",
                "the term of 12 months has 1 month on top at no cost instead of 0 months",
            ),
            ("packages", "same", "sold for 24 months too"),
            ("packages", "same", "not sold for 1 month any more"),
            ("packages", "fresh", "new: X"),
            (
                "packages",
                "gone",
                "not sold any more: whoever holds it can change to another, and cannot renew",
            ),
            ("extra capacity", "step", "10 GB instead of 5 GB"),
            (
                "extra capacity",
                "price of a step",
                "0.07 USD for 1 month instead of 3,550,000 VND for 12 months",
            ),
            ("extra capacity", "tax", "X (new) instead of X (vat)"),
            ("extra capacity", "steps of one order", "2 to 9 instead of 1 to 20"),
            ("promotions", "first", "called Y / y instead of X / x"),
            ("promotions", "first", "takes off 0.05 USD of the package; until now 1 % of the package"),
            ("promotions", "first", "combines with another that combines too; until now with no other"),
            (
                "promotions",
                "fresh",
                "new: takes off 4 % of the package; applies with the code FRESH, to 2 orders; "
                "holds at any time; is for all packages, all terms; combines with no other",
            ),
            (
                "promotions",
                "gone",
                "not there any more: takes off 3 % of the package; applies with the code GONE, "
                "to any number of orders; holds at any time; is for all packages, all terms; "
                "combines with no other",
            ),
            (
                "promotions",
                "order",
                "of two worth the same the first applies: second, first; until now first, second",
            ),
            ("taxes", "vat", "called Y / y instead of X / x"),
            ("taxes", "vat", "8 %; until now 10 %"),
            ("taxes", "new", "new: X, 0 %, zero-rated"),
            ("taxes", "old", "not there any more"),
            ("policies", "renewal_window", "the renewal window shrinks from 30 to 10 days"),
            (
                "policies",
                "switch",
                "a switch begins when the old term ends, and nothing is credited; until now a switch begins "
                "with its payment, and what is left of the old term is credited",
            ),
            ("policies", "trial_package", "a trial gives X; until now a trial gives X"),
        ]

    def test_may_sell_extra_capacity_or_none(self, catalog_with: Callable[..., Catalog]) -> None:
        packages = (a_package("a", 1),)
        with_it = catalog_with(packages=packages)
        without = catalog_with(packages=packages, extra_capacity=None)

        assert self.changes(with_it, without) == [("extra capacity", "extra_capacity", "not sold any more")]
        assert self.changes(without, with_it) == [("extra capacity", "extra_capacity", "sold now")]
        assert self.changes(without, without) == []
