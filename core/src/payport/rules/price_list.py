"""What everything in a catalog costs on one day: each package for each term, with and without extra capacity.

Priced by the functions that price a quote, so the list and a quote cannot disagree. Codes are left out: who
knows one asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from payport.rules.calendar import first_term, local_midnight
from payport.rules.catalog import Catalog, Package, PackageTerm, PurchaseKind
from payport.rules.line import Draft
from payport.rules.money import Money, total
from payport.rules.pricing import added_capacity_line, extra_capacity_line, package_line
from payport.rules.promotions import Asked, apply_promotions
from payport.rules.rounding import half_up
from payport.rules.tax import with_tax
from payport.rules.words import Text

__all__ = ["Amounts", "PackagePrices", "TermPrices", "least_extra_gb", "price_list", "taken_with_a_term"]


@dataclass(frozen=True, slots=True)
class Amounts:
    """One thing, priced.

    Args:
        listed: before promotions, net or gross as the catalog's prices are.
        promotions: those that apply by themselves on the day; what they take off is taken off below.
    """

    listed: Money
    promotions: tuple[Text, ...]
    net: Money
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class TermPrices:
    """A package for one term.

    Args:
        a_month: `alone`, gross, over all its months, bonus ones included; rounded, for information alone.
        with_extra: with the least extra capacity that may be had; None where none is taken with a term.
        added: that capacity alone, added in mid-term while the whole term is left; None likewise.
    """

    months: int
    bonus_months: int
    alone: Amounts
    a_month: Money
    with_extra: Amounts | None
    added: Amounts | None


@dataclass(frozen=True, slots=True)
class PackagePrices:
    package: Package
    terms: tuple[TermPrices, ...]


def price_list(catalog: Catalog, day: date) -> tuple[PackagePrices, ...]:
    """From the smallest package to the largest, each from its shortest term to its longest.

    Args:
        day: in the catalog's zone; it says the tax rates and which promotions are open.
    Raises: RequestRefused, for a price that is more than money can be.
    """
    return tuple(
        PackagePrices(
            package,
            tuple(
                _term(package, term, catalog, day)
                for term in sorted(package.terms, key=lambda term: term.months)
            ),
        )
        for package in catalog.by_tier
    )


def taken_with_a_term(package: Package) -> tuple[PurchaseKind, ...]:
    """The purchases of a term on which the package takes extra capacity."""
    return tuple(kind for kind in package.extra_capacity_on if kind != "add_capacity")


def least_extra_gb(catalog: Catalog) -> int:
    """The least extra capacity of one order; 0 where none is sold."""
    extra = catalog.extra_capacity
    return 0 if extra is None else extra.least_steps * extra.step_gb


def _term(package: Package, term: PackageTerm, catalog: Catalog, day: date) -> TermPrices:
    goods = package_line(package, term)
    alone = _amounts([goods], package, term.months, catalog, day)
    return TermPrices(
        months=term.months,
        bonus_months=term.bonus_months,
        alone=alone,
        a_month=Money(
            half_up(Fraction(alone.gross.minor, term.months + term.bonus_months)), catalog.currency
        ),
        with_extra=_with_extra(goods, package, term, catalog, day) if taken_with_a_term(package) else None,
        added=_added(package, term, catalog, day) if "add_capacity" in package.extra_capacity_on else None,
    )


def _with_extra(
    goods: Draft, package: Package, term: PackageTerm, catalog: Catalog, day: date
) -> Amounts | None:
    if catalog.extra_capacity is None:
        return None
    extra = extra_capacity_line(catalog.extra_capacity.least_steps, term, catalog)
    return _amounts([goods, extra], package, term.months, catalog, day)


def _added(package: Package, term: PackageTerm, catalog: Catalog, day: date) -> Amounts | None:
    if catalog.extra_capacity is None:
        return None
    begins = local_midnight(day, catalog.zone)
    whole = first_term(begins, zone=catalog.zone, months=term.months, bonus_months=term.bonus_months)
    extra = added_capacity_line(catalog.extra_capacity.least_steps, whole, catalog, begins)
    return _amounts([extra], package, None, catalog, day)


def _amounts(
    goods: Sequence[Draft], package: Package, months: int | None, catalog: Catalog, day: date
) -> Amounts:
    asked = Asked(package=package.id, months=months, code=None, day=day)
    discounts = apply_promotions(goods, asked, catalog, {}).discounts
    lines, _ = with_tax((*goods, *discounts), catalog, day)
    return Amounts(
        listed=Money(sum(draft.amount for draft in goods), catalog.currency),
        promotions=tuple(dict.fromkeys(discount.title for discount in discounts)),
        net=total([line.net for line in lines], catalog.currency),
        tax=total([line.tax for line in lines], catalog.currency),
        gross=total([line.gross for line in lines], catalog.currency),
    )
