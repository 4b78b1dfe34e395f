"""Tax: by the rate of a day, on the sum of all lines that have it, rounded once. Rules: "Price", tax."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from payport.rules.calendar import local_date, local_midnight
from payport.rules.catalog import Catalog
from payport.rules.line import Draft, Line, TaxSum, bounded
from payport.rules.money import Money
from payport.rules.rounding import half_up, shares

__all__ = ["price_holds_until", "with_tax"]


def with_tax(
    drafts: Sequence[Draft], catalog: Catalog, day: date
) -> tuple[tuple[Line, ...], tuple[TaxSum, ...]]:
    """Finish the lines, in their order, and sum each rate, in the order of its first line.

    The lines of one rate add up to its tax: each is shown its share by largest remainder.
    """
    groups: dict[tuple[str, int], list[int]] = {}
    for index, draft in enumerate(drafts):
        tax = catalog.tax(draft.tax)
        groups.setdefault((tax.treatment, tax.rate(day)), []).append(index)
    taxes = [0 for _ in drafts]
    sums: list[TaxSum] = []
    for (_, percent), members in groups.items():
        of = 100 if catalog.prices == "net" else 100 + percent
        parts = [drafts[index].amount * percent for index in members]
        tax_of_rate = half_up(Fraction(sum(parts), of))
        for index, share in zip(members, shares(parts, of, tax_of_rate), strict=True):
            taxes[index] = share
        sums.append(_sum([drafts[index] for index in members], percent, tax_of_rate, catalog))
    lines = tuple(_line(draft, tax, catalog, day) for draft, tax in zip(drafts, taxes, strict=True))
    return lines, tuple(sums)


def price_holds_until(catalog: Catalog, at: datetime, lifetime: timedelta) -> datetime:
    """`lifetime` from `at`; where tax follows the payment (`tax_point`), no longer than the rates hold."""
    today = local_date(at, catalog.zone)
    days = [day for tax in catalog.taxes for window in tax.reduced for day in (window.since, window.before)]
    later = [day for day in days if day > today]
    if catalog.policies.tax_point == "quote" or not later:
        return at + lifetime
    return min(at + lifetime, local_midnight(min(later), catalog.zone))


def _net_and_gross(amount: int, tax: int, catalog: Catalog) -> tuple[int, int]:
    return (amount, amount + tax) if catalog.prices == "net" else (amount - tax, amount)


def _line(draft: Draft, tax: int, catalog: Catalog, day: date) -> Line:
    net, gross = _net_and_gross(draft.amount, tax, catalog)
    tax_class = catalog.tax(draft.tax)
    return Line(
        kind=draft.kind,
        on=draft.on,
        title=draft.title,
        quantity=draft.quantity,
        unit=draft.unit,
        unit_price=Money(draft.unit_price, catalog.currency),
        amount=Money(draft.amount, catalog.currency),
        how=draft.how,
        tax_class=tax_class.id,
        treatment=tax_class.treatment,
        tax_percent=tax_class.rate(day),
        net=_money(net, catalog),
        tax=_money(tax, catalog),
        gross=_money(gross, catalog),
    )


def _sum(drafts: Sequence[Draft], percent: int, tax: int, catalog: Catalog) -> TaxSum:
    net, gross = _net_and_gross(sum(draft.amount for draft in drafts), tax, catalog)
    first = catalog.tax(drafts[0].tax)
    return TaxSum(
        names=first.names,
        treatment=first.treatment,
        percent=percent,
        net=_money(net, catalog),
        tax=_money(tax, catalog),
        gross=_money(gross, catalog),
    )


def _money(minor: int, catalog: Catalog) -> Money:
    return Money(bounded(minor, field="total"), catalog.currency)
