"""What another catalog changes, printed for its seller: prices old → new, and all else in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from payport.doors.cli.printing import heading, instant, money_json, table
from payport.rules.catalog import Catalog
from payport.rules.catalog_difference import Difference, Goods, PriceChange
from payport.rules.money import Money
from payport.rules.price_list import Amounts
from payport.rules.rounding import half_up
from payport.rules.words import months

__all__ = ["changes_json", "print_changes"]

_GOODS: Final[Mapping[Goods, str]] = {
    "package": "{months}",
    "with_extra": "{months}, with {gb} GB more",
    "added": "{gb} GB added in a term of {months}",
}


def print_changes(before: Catalog, after: Catalog, found: Difference) -> None:
    starts = instant(after.effective_from, ZoneInfo(after.zone))
    print(f"{before.version} → {after.version}, in force from {starts}")
    if after.effective_from < before.effective_from:
        print("The second comes into force before the first: perhaps they stand in the wrong order.")
    if after.version == before.version and after != before:
        print("Both have one version: give the second its own, and its own effective_from.")
    if found.is_none:
        heading("No change for any buyer.")
        return
    heading(f"prices of {found.day}")
    if found.prices:
        table(
            ("package", "what", "for", "net", "gross", "difference", ""),
            [_row(change) for change in found.prices],
            indent=2,
        )
    else:
        print("  no change")
    for section in dict.fromkeys(change.section for change in found.changes):
        heading(section)
        table(
            ("of", "what changes"),
            [(change.about, change.words) for change in found.changes if change.section == section],
            indent=2,
        )


def changes_json(before: Catalog, after: Catalog, found: Difference) -> dict[str, Any]:
    """Amounts in minor units; percent with one decimal, as text."""
    return {
        "before": before.version,
        "after": after.version,
        "effective_from": after.effective_from.isoformat(),
        "day": found.day.isoformat(),
        "no_change": found.is_none,
        "prices": [
            {
                "package": change.package,
                "months": change.months,
                "goods": change.goods,
                "extra_gb": change.extra_gb,
                "purchases": list(change.kinds),
                "before": _amounts_json(change.before),
                "after": _amounts_json(change.after),
                "gross_change": None if change.gross_change is None else money_json(change.gross_change),
                "percent": None if change.percent is None else _percent(change.percent),
            }
            for change in found.prices
        ],
        "changes": [
            {"section": change.section, "about": change.about, "words": change.words}
            for change in found.changes
        ],
    }


def _row(change: PriceChange) -> tuple[str, ...]:
    return (
        change.package,
        _GOODS[change.goods].format(months=months(change.months).en, gb=f"{change.extra_gb:,}"),
        ", ".join(change.kinds),
        _arrow(change, lambda amounts: amounts.net),
        _arrow(change, lambda amounts: amounts.gross),
        "" if change.gross_change is None else _signed(change.gross_change),
        "" if change.percent is None else f"{_percent(change.percent)} %",
    )


def _arrow(change: PriceChange, shown: Callable[[Amounts], Money]) -> str:
    if change.before is None:
        return "" if change.after is None else f"new: {shown(change.after)}"
    if change.after is None:
        return f"{shown(change.before)}, withdrawn"
    return f"{shown(change.before)} → {shown(change.after)}"


def _signed(money: Money) -> str:
    return f"+{money}" if money.minor > 0 else str(money)


def _percent(exact: Fraction) -> str:
    """One decimal, with its sign."""
    tenths = half_up(exact * 10)
    sign = "-" if tenths < 0 else "+" if tenths > 0 else ""
    whole, tenth = divmod(abs(tenths), 10)
    return f"{sign}{whole:,}.{tenth}"


def _amounts_json(amounts: Amounts | None) -> dict[str, Any] | None:
    if amounts is None:
        return None
    return {name: money_json(getattr(amounts, name)) for name in ("listed", "net", "tax", "gross")}
