"""Amounts as people type them: in the currency's own unit, the way in which they are printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from payport.doors.cli.usage import UsageError

if TYPE_CHECKING:
    from payport.rules.money import Money

__all__ = ["amount_given"]

_AMOUNT: Final = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
_MOST: Final = 20  # signs


def amount_given(text: str, currency: str, *, option: str) -> Money:
    """`300000`, `300,000` or `12.50`, exactly. Raises UsageError: no other grouping, nothing is rounded."""
    from payport.rules.money import MOST_MINOR, Money, minor_digits  # noqa: PLC0415

    below = minor_digits(currency)
    found = _AMOUNT.fullmatch(text) if len(text) <= _MOST else None
    fraction = "" if found is None else found[2] or ""
    minor = (
        -1
        if found is None or len(fraction) > below
        else int(found[1].replace(",", "") + fraction.ljust(below, "0"))
    )
    if not 0 <= minor <= MOST_MINOR:
        form = "12.50" if below else "300000 or 300,000"
        raise UsageError(field=option, problem=f"is no amount of {currency}", remedy=f"Write it as {form}")
    return Money(minor, currency)
