"""A catalog printed for its seller: what everything costs on a day, and what its other parts mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from payport.doors.cli.printing import heading, instant, money_json, record, table
from payport.rules.calendar import local_date
from payport.rules.catalog import Catalog, Package
from payport.rules.catalog_words import policy_words, promotion_words, tax_words
from payport.rules.money import Money
from payport.rules.price_list import Amounts, PackagePrices, TermPrices, least_extra_gb, price_list
from payport.rules.words import Text, months

__all__ = ["prices_json", "print_prices"]


def print_prices(catalog: Catalog, day: date) -> None:
    packages = price_list(catalog, day)
    early = day < local_date(catalog.effective_from, catalog.zone)
    record(
        [
            ("version", catalog.version),
            ("in force", f"from {instant(catalog.effective_from, ZoneInfo(catalog.zone))}"),
            ("prices of", f"{day}, a day before it is in force" if early else day),
            ("list prices", f"{catalog.prices} of tax"),
        ]
    )
    for priced in packages:
        heading(_title(priced.package, catalog, day))
        _print_terms(priced, catalog)
    _print_extra_capacity(catalog)
    heading("taxes")
    table(
        ("id", "name", "rate"),
        [(tax.id, _both(tax.names), tax_words(tax)) for tax in catalog.taxes],
        indent=2,
    )
    for promotion in catalog.promotions:
        heading(f"promotion {promotion.id}, {_both(promotion.names)}")
        record(promotion_words(promotion, catalog).items(), indent=2)
    heading("policies")
    table(
        ("policy", "value", "", "meaning"),
        [
            (policy.name, policy.value, "default" if policy.is_default else "", policy.meaning)
            for policy in policy_words(catalog)
        ],
        indent=2,
    )


def prices_json(catalog: Catalog, day: date) -> dict[str, Any]:
    """Amounts in minor units, times in UTC."""
    return {
        "version": catalog.version,
        "effective_from": catalog.effective_from.isoformat(),
        "day": day.isoformat(),
        "prices": catalog.prices,
        "packages": [_package_json(priced) for priced in price_list(catalog, day)],
        "extra_capacity": None
        if catalog.extra_capacity is None
        else catalog.extra_capacity.model_dump(mode="json"),
        "taxes": [
            tax.model_dump(mode="json") | {"meaning": tax_words(tax), "percent_on_day": tax.rate(day)}
            for tax in catalog.taxes
        ],
        "promotions": [
            promotion.model_dump(mode="json") | {"meaning": dict(promotion_words(promotion, catalog))}
            for promotion in catalog.promotions
        ],
        "policies": [
            {
                "name": policy.name,
                "value": policy.value,
                "default": policy.is_default,
                "meaning": policy.meaning,
            }
            for policy in policy_words(catalog)
        ],
    }


def _title(package: Package, catalog: Catalog, day: date) -> str:
    tax = catalog.tax(package.tax)
    rate = f" {tax.rate(day)} %" if tax.treatment == "taxed" else ""
    return f"{package.id}, {_both(package.names)}: {package.included_gb:,} GB included, {tax.names.en}{rate}"


def _print_terms(priced: PackagePrices, catalog: Catalog) -> None:
    """Columns that would be empty for the whole package are left out."""
    columns: list[tuple[str, Callable[[TermPrices], object]]] = [
        ("term", lambda term: months(term.months).en),
        ("bonus", lambda term: term.bonus_months or ""),
        ("list price", lambda term: term.alone.listed),
        ("promotion", lambda term: ", ".join(names.en for names in term.alone.promotions)),
        ("net", lambda term: term.alone.net),
        ("tax", lambda term: term.alone.tax),
        ("gross", lambda term: term.alone.gross),
        ("a month", lambda term: term.a_month),
        (f"with {least_extra_gb(catalog):,} GB more", lambda term: _gross(term.with_extra)),
        (f"{least_extra_gb(catalog):,} GB added later", lambda term: _gross(term.added)),
    ]
    rows = [[shown(term) for _, shown in columns] for term in priced.terms]
    filled = [place for place in range(len(columns)) if any(row[place] != "" for row in rows)]
    table(
        [columns[place][0] for place in filled], [[row[place] for place in filled] for row in rows], indent=2
    )


def _print_extra_capacity(catalog: Catalog) -> None:
    extra = catalog.extra_capacity
    if extra is None:
        return
    heading("extra capacity")
    price = Money(extra.price.amount, catalog.currency)
    record(
        [
            ("one step", f"{extra.step_gb:,} GB"),
            ("list price", f"{price} for {months(extra.price.months).en}, {catalog.prices} of tax"),
            ("tax", catalog.tax(extra.tax).names.en),
            ("an order", f"{extra.least_steps:,} to {extra.most_steps:,} steps"),
            *(
                (package.id, ", ".join(package.extra_capacity_on) or "takes none")
                for package in catalog.by_tier
            ),
        ],
        indent=2,
    )


def _gross(amounts: Amounts | None) -> Money | str:
    return "" if amounts is None else amounts.gross


def _both(names: Text) -> str:
    return f"{names.en} / {names.vi}"


def _package_json(priced: PackagePrices) -> dict[str, Any]:
    package = priced.package
    return package.model_dump(mode="json", exclude={"terms"}) | {
        "terms": [
            {
                "months": term.months,
                "bonus_months": term.bonus_months,
                "alone": _amounts_json(term.alone),
                "a_month": money_json(term.a_month),
                "with_extra": _amounts_json(term.with_extra),
                "added": _amounts_json(term.added),
            }
            for term in priced.terms
        ]
    }


def _amounts_json(amounts: Amounts | None) -> dict[str, Any] | None:
    if amounts is None:
        return None
    return {
        "listed": money_json(amounts.listed),
        "promotions": [names.model_dump() for names in amounts.promotions],
        "net": money_json(amounts.net),
        "tax": money_json(amounts.tax),
        "gross": money_json(amounts.gross),
    }
