"""Pricing a switch with credit, promotion and extra capacity, against the same sums in plain integers.

The demo shop's catalog: Professional for 24 months, widened in mid-term, all used up; then Enterprise for 36
months with extra capacity and a code, beside an automatic promotion that takes off less.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.resources import files

from benchmarks.ratio import Ratio, best
from payport.rules.catalog import Catalog
from payport.rules.catalog_file import load_catalog
from payport.rules.effect import Review, effect
from payport.rules.entitlement import GB, Entitlement, Usage, project
from payport.rules.grant import Grant
from payport.rules.purchase import AddCapacity, New, Switch
from payport.rules.quote import Quote, make_quote

__all__ = ["measure"]

_BOUGHT, _WIDENED, _SWITCHED = date(2026, 1, 15), date(2026, 6, 1), date(2026, 7, 1)
_END = date(2028, 3, 15)  # 24 months and 2 that cost nothing


def measure() -> list[Ratio]:
    quote = _our_quote()
    assert quote().total.minor == _the_same_sums(), "the yardstick prices something else"
    ours = best(quote, calls=300)
    plain = best(_the_same_sums, calls=20_000)
    return [Ratio("quote() of a switch, all in it ÷ the same sums in integers", ours, plain, "µs", "≤ 15")]


def _our_quote() -> Callable[[], Quote]:
    text = files("payport_storefront").joinpath("catalog.toml").read_text(encoding="utf-8")
    catalog = load_catalog(text, source="catalog.toml")
    grants: list[Grant] = []
    for day, purchase in (
        (_BOUGHT, New(package="professional", months=24)),
        (_WIDENED, AddCapacity(steps=1)),
    ):
        grants.append(_paid(purchase, day, catalog, grants))
    held = _held(grants, _SWITCHED)
    switch = Switch(package="enterprise", months=36, extra_steps=2, code="WELCOME10")
    return lambda: _quoted(switch, _SWITCHED, catalog, held)


def _paid(purchase: New | AddCapacity, day: date, catalog: Catalog, grants: list[Grant]) -> Grant:
    granted = effect(
        _quoted(purchase, day, catalog, _held(grants, day)),
        grants=grants,
        catalog=catalog,
        paid_at=_at(day),
        grant_id=f"G{len(grants)}",
        order_number=f"PP{len(grants)}",
    )
    assert not isinstance(granted, Review)
    return granted


def _held(grants: list[Grant], day: date) -> Entitlement:
    return project(grants, at=_at(day), usage=Usage(100 * GB, _at(day)))


def _quoted(purchase: New | AddCapacity | Switch, day: date, catalog: Catalog, held: Entitlement) -> Quote:
    return make_quote(
        id="Q1",
        account="alice",
        purchase=purchase,
        catalog=catalog,
        entitlement=held,
        at=_at(day),
        code_uses={},
    )


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)  # ten in the morning there


def _the_same_sums() -> int:
    """The total in đồng. Half up is (2 × numerator + denominator) ÷ (2 × denominator), cut off."""
    package = 39_900_000
    extra = (2 * 3_550_000 * 2 * 36 + 12) // (2 * 12)
    automatic = (2 * package * 5 + 100) // 200
    code = (2 * package * 10 + 100) // 200
    due = package + extra - max(automatic, code)

    left = (_END - _SWITCHED).days
    term_price, term_days = 12_790_000 - (2 * 12_790_000 * 5 + 100) // 200, (_END - _BOUGHT).days
    added_days = (_END - _WIDENED).days
    added_price = (2 * 3_550_000 * 24 * added_days + 12 * term_days) // (2 * 12 * term_days)
    unused = term_price * left * added_days + added_price * left * term_days
    value = (2 * unused + term_days * added_days) // (2 * term_days * added_days)

    net = due - min(value, term_price + added_price, due)
    return net + (2 * net * 8 + 100) // 200
