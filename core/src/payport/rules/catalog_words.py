"""What the parts of a catalog mean, in plain English: promotions, taxes and policies.

For those who run a shop: a price list says them as they are, a difference says what changed in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from payport.rules.catalog import Catalog, Policies, Promotion, TaxClass
from payport.rules.money import Money

__all__ = ["PolicyWords", "change_of_policy", "duration", "policy_words", "promotion_words", "tax_words"]

_DAY: Final = timedelta(days=1)
_GOODS: Final = {"package": "the package", "extra_capacity": "the extra capacity"}


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """A policy with its value and what follows from it."""

    name: str
    value: str
    meaning: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class _Measure:
    """A policy that can grow or shrink: what it is called, and what follows from its value."""

    subject: str
    meaning: str
    written: Callable[[Any, Catalog], str]


def duration(span: timedelta) -> str:
    """In the largest unit that leaves no rest; a single day in hours: "30 days", "24 hours"."""
    seconds = int(span.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0 and span != _DAY * (unit == "day"):
            return _count(seconds // size, unit)
    return _count(seconds, "second")


def promotion_words(promotion: Promotion, catalog: Catalog) -> Mapping[str, str]:
    """By aspect: what it takes off, how it comes to apply, when, for what, and with which others."""
    off = (
        f"{promotion.percent} %"
        if promotion.percent is not None
        else str(Money(promotion.amount or 0, catalog.currency))
    )
    packages = [catalog.package(id).names.en for id in promotion.packages]  # noqa: A001
    terms = _listed([str(count) for count in sorted(promotion.terms)], "or")
    return {
        "takes off": f"{off} of {_listed(sorted((_GOODS[on] for on in promotion.on), reverse=True), 'and')}",
        "applies": _applies(promotion),
        "holds": _window(promotion.since, promotion.before),
        "is for": f"{_listed(sorted(packages), 'and') or 'all packages'}, "
        + (f"terms of {terms} months" if terms else "all terms"),
        "combines": "with another that combines too" if promotion.combines else "with no other",
    }


def tax_words(tax: TaxClass) -> str:
    """The standard rate, and each reduced one with its days."""
    if tax.treatment == "not_subject":
        return "not subject to tax"
    if tax.treatment == "zero_rated":
        return "0 %, zero-rated"
    reduced = [
        f"{window.percent} % {_window(window.since, window.before)}"
        for window in sorted(tax.reduced, key=lambda window: window.since)
    ]
    return "; ".join([f"{tax.percent} %", *reduced])


def policy_words(catalog: Catalog) -> tuple[PolicyWords, ...]:
    """All of them, in the order of the rules."""
    return tuple(
        PolicyWords(
            name=name,
            value=_value(name, catalog),
            meaning=_meaning(name, catalog),
            is_default=getattr(catalog.policies, name) == field.default,
        )
        for name, field in Policies.model_fields.items()
    )


def change_of_policy(name: str, before: Catalog, after: Catalog) -> str:
    """The effect, as "the renewal window shrinks from 30 to 14 days"."""
    measure = _MEASURES.get(name)
    if measure is None:
        return f"{_meaning(name, after)}; until now {_meaning(name, before)}"
    old, new = getattr(before.policies, name), getattr(after.policies, name)
    moves = "grows" if old < new else "shrinks"
    (was, *unit), now = _value(name, before).split(), _value(name, after)
    shown = was if unit == now.split()[1:] else _value(name, before)
    return f"{measure.subject} {moves} from {shown} to {now}"


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def _listed(words: Sequence[str], joiner: str) -> str:
    """ "a", "a and b", "a, b and c"."""
    return f" {joiner} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _window(since: date | None, before: date | None) -> str:
    """`before` is the day after the last; people say the last."""
    last = None if before is None else before - _DAY
    if since and last:
        return f"on {since}" if since == last else f"from {since} to {last}"
    if since:
        return f"from {since} on"
    return f"until {last}" if last else "at any time"


def _applies(promotion: Promotion) -> str:
    if promotion.code is None:
        return "by itself"
    uses = "any number of orders" if promotion.uses is None else _count(promotion.uses, "order")
    return f"with the code {promotion.code}, to {uses}"


def _value(name: str, catalog: Catalog) -> str:
    value = getattr(catalog.policies, name)
    if name == "trial_package":
        return catalog.trial_package.id
    if name in _MEASURES:
        return _MEASURES[name].written(value, catalog)
    return str(value).lower()


def _meaning(name: str, catalog: Catalog) -> str:
    if name == "trial_package":
        return f"a trial gives {catalog.trial_package.names.en}"
    if name in _MEASURES:
        return _MEASURES[name].meaning.format(_value(name, catalog))
    return _CHOICES[name][getattr(catalog.policies, name)]


def _span(value: timedelta, _catalog: Catalog) -> str:
    return duration(value)


def _percent(value: int, _catalog: Catalog) -> str:
    return f"{value} %"


def _amount(value: int, catalog: Catalog) -> str:
    return str(Money(value, catalog.currency))


def _days(value: int, _catalog: Catalog) -> str:
    return _count(value, "day")


_MEASURES: Final[Mapping[str, _Measure]] = {
    "renewal_window": _Measure("the renewal window", "a renewal is open in the last {} of a term", _span),
    "add_capacity_threshold": _Measure(
        "the share of capacity that must be in use before more may be bought",
        "capacity may be added once {} of it is used",
        _percent,
    ),
    "quote_lifetime": _Measure("the life of a quote", "a quote holds for {}", _span),
    "order_lifetime": _Measure("the life of an order", "an order waits {} for its payment", _span),
    "order_only_lifetime": _Measure(
        "the life of an order that is paid by transfer or at a desk",
        "an order that is paid by transfer or at a desk waits {}",
        _span,
    ),
    "usage_max_age": _Measure(
        "the age that a usage report may have",
        "where it matters how much is used, a report of it counts for {}",
        _span,
    ),
    "four_eyes_above": _Measure(
        "the sum above which a second person confirms",
        "money confirmed by hand above {} needs a second person",
        _amount,
    ),
    "trial_days": _Measure("the trial", "a trial lasts {}", _days),
}

_CHOICES: Final[Mapping[str, Mapping[object, str]]] = {
    "switch": {
        "at_once": "a switch begins with its payment, and what is left of the old term is credited",
        "at_end": "a switch begins when the old term ends, and nothing is credited",
    },
    "switch_any_time": {
        False: "a switch is open in the renewal window, after the term, or with the capacity used up",
        True: "a switch is open at any time",
    },
    "capacity_proration": {
        "days": "added capacity is priced by the days that are left",
        "months_up": "added capacity is priced by the months that are left, a begun one counted whole",
        "months_down": "added capacity is priced by the months that are left, a begun one not counted",
        "full": "added capacity costs the whole term's price, however little is left",
    },
    "credit_surplus": {
        "extend": "credit beyond the new price lengthens the new term",
        "forfeit": "credit beyond the new price is lost",
    },
    "late_success": {
        "fulfil": "money that is proven after its order ended still fulfils it",
        "review": "money that is proven after its order ended is looked at by a person",
    },
    "tax_point": {
        "quote": "the day of the quote says the tax rate",
        "payment": "the day of the payment says the tax rate, so a quote ends where a rate changes",
    },
}
