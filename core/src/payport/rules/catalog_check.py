"""What must hold between the parts of a catalog: each thing once, each name known, each window sound.

Types, bounds and spelling are the model's (catalog.py); here stands what one field alone cannot tell.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from payport.rules.catalog import Catalog, Promotion, TaxClass

__all__ = ["Fault", "faults"]

_REVERSED: Final = (
    "the window ends before it begins",
    "Give the day after its last; that is a later day than since",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one key of the document, and what to do about it."""

    key: str
    problem: str
    remedy: str


def faults(catalog: Catalog) -> Iterator[Fault]:
    """All of them, from the top of the file to its end."""
    yield from _taxes(catalog)
    yield from _packages(catalog)
    yield from _extra_capacity(catalog)
    yield from _promotions(catalog)
    if catalog.policies.renewal_window.seconds:
        yield Fault("policies.renewal_window", "not whole days", "Say it as { days = 30 }")
    trial = catalog.policies.trial_package
    if trial is not None and not catalog.sells(trial):
        yield _unknown_package("policies.trial_package", catalog)


def _taxes(catalog: Catalog) -> Iterator[Fault]:
    yield from _repeated("taxes", "id", [tax.id for tax in catalog.taxes])
    for index, tax in enumerate(catalog.taxes):
        yield from _rates(f"taxes[{index}]", tax)


def _rates(key: str, tax: TaxClass) -> Iterator[Fault]:
    if tax.treatment != "taxed":
        if tax.percent is not None or tax.reduced:
            yield Fault(
                f"{key}.treatment", "a class without tax has rates", "Remove percent and reduced, or tax it"
            )
        return
    if tax.percent is None:
        yield Fault(
            f"{key}.percent", "is missing", 'Give the standard rate, or treatment = "zero_rated" for 0 %'
        )
        return
    for index, window in enumerate(tax.reduced):
        place = f"{key}.reduced[{index}]"
        if window.before <= window.since:
            yield Fault(f"{place}.before", *_REVERSED)
        if window.percent >= tax.percent:
            yield Fault(f"{place}.percent", "not lower than the standard rate", "Give the reduced rate")
    ordered = sorted(enumerate(tax.reduced), key=lambda entry: entry[1].since)
    for (_, earlier), (index, later) in pairwise(ordered):
        if later.since < earlier.before:
            yield Fault(
                f"{key}.reduced[{index}].since",
                "two windows hold on the same day",
                f"Begin on {earlier.before} or later",
            )


def _packages(catalog: Catalog) -> Iterator[Fault]:
    yield from _repeated("packages", "id", [package.id for package in catalog.packages])
    tiers = [package.tier for package in catalog.packages]
    yield from _repeated("packages", "tier", tiers, remedy="Number them from the smallest to the largest")
    for index, package in enumerate(catalog.packages):
        key = f"packages[{index}]"
        yield from _repeated(f"{key}.terms", "months", [term.months for term in package.terms])
        yield from _tax_known(f"{key}.tax", package.tax, catalog)
        yield from _repeated_words(f"{key}.extra_capacity_on", package.extra_capacity_on)
        if package.extra_capacity_on and catalog.extra_capacity is None:
            yield Fault(
                f"{key}.extra_capacity_on", "the catalog sells no extra capacity", "Add [extra_capacity]"
            )


def _extra_capacity(catalog: Catalog) -> Iterator[Fault]:
    extra = catalog.extra_capacity
    if extra is None:
        return
    yield from _tax_known("extra_capacity.tax", extra.tax, catalog)
    if extra.most_steps < extra.least_steps:
        yield Fault(
            "extra_capacity.most_steps", "lower than least_steps", f"Give {extra.least_steps} or more"
        )


def _promotions(catalog: Catalog) -> Iterator[Fault]:
    yield from _repeated("promotions", "id", [promotion.id for promotion in catalog.promotions])
    codes = [promotion.code for promotion in catalog.promotions]
    yield from _repeated("promotions", "code", codes)
    for index, promotion in enumerate(catalog.promotions):
        yield from _promotion(f"promotions[{index}]", promotion, catalog)


def _promotion(key: str, promotion: Promotion, catalog: Catalog) -> Iterator[Fault]:
    if promotion.percent is None and promotion.amount is None:
        yield Fault(f"{key}.percent", "takes nothing off", "Give a percent or an amount")
    if promotion.percent is not None and promotion.amount is not None:
        yield Fault(f"{key}.amount", "takes off a percent and an amount", "Keep one of the two")
    if promotion.since and promotion.before and promotion.before <= promotion.since:
        yield Fault(f"{key}.before", *_REVERSED)
    if promotion.uses is not None and promotion.code is None:
        yield Fault(f"{key}.uses", "without a code it cannot be used up", "Give it a code, or take uses away")
    yield from _repeated_words(f"{key}.packages", promotion.packages)
    yield from _repeated_words(f"{key}.terms", promotion.terms)
    yield from _repeated_words(f"{key}.on", promotion.on)
    unknown = [place for place, package in enumerate(promotion.packages) if not catalog.sells(package)]
    for place in unknown:
        yield _unknown_package(f"{key}.packages[{place}]", catalog)
    if not unknown:
        yield from _terms_sold(key, promotion, catalog)
    if "extra_capacity" in promotion.on and catalog.extra_capacity is None:
        yield Fault(f"{key}.on", "the catalog sells no extra capacity", "Add [extra_capacity]")


def _terms_sold(key: str, promotion: Promotion, catalog: Catalog) -> Iterator[Fault]:
    sold = {
        term.months
        for package in catalog.packages
        if not promotion.packages or package.id in promotion.packages
        for term in package.terms
    }
    for place, months in enumerate(promotion.terms):
        if months not in sold:
            yield Fault(
                f"{key}.terms[{place}]",
                "no package of this promotion is sold for this many months",
                "Choose among " + ", ".join(str(count) for count in sorted(sold)),
            )


def _repeated(
    table: str, field: str, values: Iterable[Hashable], *, remedy: str = "Give each its own"
) -> Iterator[Fault]:
    seen: dict[Hashable, int] = {}
    for index, value in enumerate(values):
        if value is None:
            continue
        if value in seen:
            yield Fault(f"{table}[{index}].{field}", f"the same as that of {table}[{seen[value]}]", remedy)
        seen.setdefault(value, index)


def _repeated_words(key: str, values: Sequence[Hashable]) -> Iterator[Fault]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Fault(f"{key}[{index}]", "listed twice", "Remove it")


def _tax_known(key: str, id: str, catalog: Catalog) -> Iterator[Fault]:  # noqa: A002
    known = dict.fromkeys(tax.id for tax in catalog.taxes)
    if id not in known:
        yield Fault(key, "no such tax class", "Choose among " + ", ".join(known))


def _unknown_package(key: str, catalog: Catalog) -> Fault:
    known = dict.fromkeys(package.id for package in catalog.packages)
    return Fault(key, "no such package", "Choose among " + ", ".join(known))
