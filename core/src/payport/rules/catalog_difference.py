"""What another catalog changes for buyers: every price, and in words all else that it does.

Prices are compared on the day on which the later catalog comes into force. The names of the versions and the
order of the file change nothing for anybody, but where two promotions are worth the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Literal, TypeAlias, TypeVar

from payport.rules.calendar import local_date
from payport.rules.catalog import Catalog, ExtraCapacity, Package, Policies, Promotion, PurchaseKind, TaxClass
from payport.rules.catalog_words import change_of_policy, promotion_words, tax_words
from payport.rules.money import Money
from payport.rules.price_list import Amounts, least_extra_gb, price_list, taken_with_a_term
from payport.rules.words import Text, months

__all__ = ["Change", "Difference", "Goods", "PriceChange", "Section", "difference"]

Goods: TypeAlias = Literal["package", "with_extra", "added"]
Section: TypeAlias = Literal["catalog", "packages", "extra capacity", "promotions", "taxes", "policies"]

_Key = TypeVar("_Key", str, int)
_Value = TypeVar("_Value")
_GOODS: Final[tuple[Goods, ...]] = ("package", "with_extra", "added")
_TERMS: Final[tuple[PurchaseKind, ...]] = ("new", "renew", "switch")


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One thing that can be bought and costs another price, or is new, or is not sold any more.

    Args:
        goods: the package alone; with the least extra capacity; or that capacity alone, added in mid-term
            with the whole term left.
        extra_gb: how much that is; 0 for the package alone.
        kinds: the purchases to which this applies.
        before: None where it was not sold; after: None where it is not sold any more.
    """

    package: str
    names: Text
    months: int
    goods: Goods
    extra_gb: int
    kinds: tuple[PurchaseKind, ...]
    before: Amounts | None
    after: Amounts | None

    @property
    def gross_change(self) -> Money | None:
        """None where there are no two prices of one currency."""
        if self.before is None or self.after is None:
            return None
        if self.before.gross.currency != self.after.gross.currency:
            return None
        return self.after.gross - self.before.gross

    @property
    def percent(self) -> Fraction | None:
        """Of the gross price before; None where that was nothing, too."""
        change = self.gross_change
        if change is None or self.before is None or self.before.gross.minor == 0:
            return None
        return Fraction(100 * change.minor, self.before.gross.minor)


@dataclass(frozen=True, slots=True)
class Change:
    """One change in words: of which part of the catalog, of which thing in it, and what it does."""

    section: Section
    about: str
    words: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Prices as on `day`, which is in the later catalog's zone; and all other changes."""

    day: date
    prices: tuple[PriceChange, ...]
    changes: tuple[Change, ...]

    @property
    def is_none(self) -> bool:
        """Whether no buyer notices anything."""
        return not self.prices and not self.changes


def difference(before: Catalog, after: Catalog) -> Difference:
    """Compare two versions. Raises: RequestRefused, for a price that is more than money can be."""
    day = local_date(after.effective_from, after.zone)
    changes = (
        *_catalog(before, after),
        *_packages(before, after),
        *_extra_capacity(before, after),
        *_promotions(before, after),
        *_taxes(before, after),
        *_policies(before, after),
    )
    return Difference(day, tuple(_prices(before, after, day)), changes)


@dataclass(frozen=True, slots=True)
class _Thing:
    """What can be bought, with the kind of purchase: prices are compared for the same thing alone."""

    package: str
    months: int
    goods: Goods
    extra_gb: int
    kind: PurchaseKind

    def rank(self, packages: Sequence[str]) -> tuple[int, int, int]:
        """What belongs together stands together."""
        return packages.index(self.package), _GOODS.index(self.goods), self.months


def _prices(before: Catalog, after: Catalog, day: date) -> Iterator[PriceChange]:
    """One for all kinds of purchase of a thing that change in the same way."""
    old, new = _sold(before, day), _sold(after, day)
    groups: dict[tuple[str, int, Goods, int, Amounts | None, Amounts | None], list[PurchaseKind]] = {}
    packages = list(dict.fromkeys(package.id for home in (after, before) for package in home.by_tier))
    for thing in sorted({**new, **old}, key=lambda thing: thing.rank(packages)):
        was, now = old.get(thing), new.get(thing)
        if _figures(was) != _figures(now):
            group = (thing.package, thing.months, thing.goods, thing.extra_gb, was, now)
            groups.setdefault(group, []).append(thing.kind)
    for (package, length, goods, gb, was, now), kinds in groups.items():
        home = after if after.sells(package) else before
        names = home.package(package).names
        yield PriceChange(package, names, length, goods, gb, tuple(kinds), was, now)


def _figures(amounts: Amounts | None) -> tuple[Money, ...] | None:
    return None if amounts is None else (amounts.listed, amounts.net, amounts.tax, amounts.gross)


def _sold(catalog: Catalog, day: date) -> Mapping[_Thing, Amounts]:
    sold: dict[_Thing, Amounts] = {}
    gb = least_extra_gb(catalog)
    for priced in price_list(catalog, day):
        package = priced.package
        for term in priced.terms:
            for kind in _TERMS:
                sold[_Thing(package.id, term.months, "package", 0, kind)] = term.alone
            if term.with_extra is not None:
                for kind in taken_with_a_term(package):
                    sold[_Thing(package.id, term.months, "with_extra", gb, kind)] = term.with_extra
            if term.added is not None:
                sold[_Thing(package.id, term.months, "added", gb, "add_capacity")] = term.added
    return sold


def _catalog(before: Catalog, after: Catalog) -> Iterator[Change]:
    if before.currency != after.currency:
        words = f"prices are in {after.currency} instead of {before.currency}: they cannot be compared"
        yield Change("catalog", "currency", words)
    if before.prices != after.prices:
        yield Change("catalog", "prices", f"written {after.prices} of tax instead of {before.prices}")
    if before.zone != after.zone:
        yield Change("catalog", "zone", f"days begin and end as in {after.zone} instead of {before.zone}")


def _packages(before: Catalog, after: Catalog) -> Iterator[Change]:
    old = {package.id: package for package in before.packages}
    new = {package.id: package for package in after.packages}
    for id_, package in _all(old, new):
        if id_ not in old:
            yield Change("packages", id_, f"new: {package.names.en}")
        elif id_ not in new:
            words = "not sold any more: whoever holds it can change to another, and cannot renew"
            yield Change("packages", id_, words)
        else:
            for words in _package(old[id_], new[id_], before, after):
                yield Change("packages", id_, words)


def _package(old: Package, new: Package, before: Catalog, after: Catalog) -> Iterator[str]:
    yield from _renamed(old.names, new.names)
    if old.tier != new.tier:
        yield f"its place from small to large is {new.tier} instead of {old.tier}"
    if old.included_gb != new.included_gb:
        yield (
            f"includes {new.included_gb:,} GB instead of {old.included_gb:,} GB; "
            "terms that are bought already keep theirs"
        )
    if old.tax != new.tax:
        old_tax, new_tax = before.tax(old.tax).names.en, after.tax(new.tax).names.en
        yield f"taxed as {new_tax} ({new.tax}) instead of {old_tax} ({old.tax})"
    for kind in sorted({*new.extra_capacity_on} - {*old.extra_capacity_on}):
        yield f"takes extra capacity at {kind} now"
    for kind in sorted({*old.extra_capacity_on} - {*new.extra_capacity_on}):
        yield f"takes no extra capacity at {kind} any more"
    was_sold = {term.months: term.bonus_months for term in old.terms}
    now_sold = {term.months: term.bonus_months for term in new.terms}
    for length, _ in _all(was_sold, now_sold):
        if length not in was_sold:
            yield f"sold for {months(length).en} too"
        elif length not in now_sold:
            yield f"not sold for {months(length).en} any more"
        elif was_sold[length] != now_sold[length]:
            was, now = months(was_sold[length]).en, months(now_sold[length]).en
            yield f"the term of {months(length).en} has {now} on top at no cost instead of {was}"


def _extra_capacity(before: Catalog, after: Catalog) -> Iterator[Change]:
    old, new = before.extra_capacity, after.extra_capacity
    if old is None or new is None:
        if old != new:
            words = "sold now" if old is None else "not sold any more"
            yield Change("extra capacity", "extra_capacity", words)
        return
    was, now = _extra_words(old, before), _extra_words(new, after)
    for aspect, words in now.items():
        if words != was[aspect]:
            yield Change("extra capacity", aspect, f"{words} instead of {was[aspect]}")


def _extra_words(extra: ExtraCapacity, catalog: Catalog) -> Mapping[str, str]:
    price = Money(extra.price.amount, catalog.currency)
    return {
        "step": f"{extra.step_gb:,} GB",
        "price of a step": f"{price} for {months(extra.price.months).en}",
        "tax": f"{catalog.tax(extra.tax).names.en} ({extra.tax})",
        "steps of one order": f"{extra.least_steps:,} to {extra.most_steps:,}",
    }


def _promotions(before: Catalog, after: Catalog) -> Iterator[Change]:
    old = {promotion.id: promotion for promotion in before.promotions}
    new = {promotion.id: promotion for promotion in after.promotions}
    for id_, promotion in _all(old, new):
        if id_ not in old:
            yield Change("promotions", id_, f"new: {_promotion_words(promotion, after)}")
        elif id_ not in new:
            yield Change("promotions", id_, f"not there any more: {_promotion_words(promotion, before)}")
        else:
            for words in _promotion(old[id_], new[id_], before, after):
                yield Change("promotions", id_, words)
    was, now = _ranked(before, new), _ranked(after, old)
    if was != now:
        words = f"of two worth the same the first applies: {', '.join(now)}; until now {', '.join(was)}"
        yield Change("promotions", "order", words)


def _promotion(old: Promotion, new: Promotion, before: Catalog, after: Catalog) -> Iterator[str]:
    yield from _renamed(old.names, new.names)
    was, now = promotion_words(old, before), promotion_words(new, after)
    for aspect, words in now.items():
        if words != was[aspect]:
            yield f"{aspect} {words}; until now {was[aspect]}"


def _promotion_words(promotion: Promotion, catalog: Catalog) -> str:
    return "; ".join(f"{aspect} {words}" for aspect, words in promotion_words(promotion, catalog).items())


def _ranked(catalog: Catalog, in_both: Mapping[str, Promotion]) -> list[str]:
    """Those that apply by themselves, in the order that decides between two of one worth."""
    return [one.id for one in catalog.promotions if one.code is None and one.id in in_both]


def _taxes(before: Catalog, after: Catalog) -> Iterator[Change]:
    old = {tax.id: tax for tax in before.taxes}
    new = {tax.id: tax for tax in after.taxes}
    for id_, tax in _all(old, new):
        if id_ not in old:
            yield Change("taxes", id_, f"new: {tax.names.en}, {tax_words(tax)}")
        elif id_ not in new:
            yield Change("taxes", id_, "not there any more")
        else:
            for words in _tax(old[id_], new[id_]):
                yield Change("taxes", id_, words)


def _tax(old: TaxClass, new: TaxClass) -> Iterator[str]:
    yield from _renamed(old.names, new.names)
    was, now = tax_words(old), tax_words(new)
    if was != now:
        yield f"{now}; until now {was}"


def _policies(before: Catalog, after: Catalog) -> Iterator[Change]:
    for name in Policies.model_fields:
        if name == "trial_package":  # without one it is the lowest tier, which may have become another
            changed = before.trial_package.id != after.trial_package.id
        else:
            changed = getattr(before.policies, name) != getattr(after.policies, name)
        if changed:
            yield Change("policies", name, change_of_policy(name, before, after))


def _renamed(old: Text, new: Text) -> Iterator[str]:
    if old != new:
        yield f"called {new.en} / {new.vi} instead of {old.en} / {old.vi}"


def _all(old: Mapping[_Key, _Value], new: Mapping[_Key, _Value]) -> Iterable[tuple[_Key, _Value]]:
    """As it is now and, where it is gone, as it was; what stays or comes first."""
    return {**new, **{key: value for key, value in old.items() if key not in new}}.items()
