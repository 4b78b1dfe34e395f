"""Money: integer minor units with an ISO 4217 currency. Nothing here divides or rounds; pricing does."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from payport.errors import Defect

__all__ = ["MOST_MINOR", "Money", "minor_digits", "total", "vnd"]

# What JSON holds exactly in every language, and any 64-bit column with room to spare.
MOST_MINOR: Final = 2**53 - 1
# ISO 4217, where it is not two.
_NO_DIGIT: Final = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF", "XPF",
})  # fmt: skip
_THREE_DIGITS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


@dataclass(frozen=True, slots=True, config=ConfigDict(strict=True, hide_input_in_errors=True))
class Money:
    """An amount. `minor` counts the currency's smallest unit; the đồng has none below it.

    Args:
        minor: an integer, negative for a credit; `True`, `5.0` and `"5"` are refused.
        currency: three capital letters.
    """

    minor: Annotated[int, Field(ge=-MOST_MINOR, le=MOST_MINOR)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        """ "3,550,000 VND", "-0.07 USD"."""
        below = minor_digits(self.currency)
        whole, rest = divmod(abs(self.minor), 10**below)
        fraction = f".{rest:0{below}}" if below else ""
        return f"{'-' if self.minor < 0 else ''}{whole:,}{fraction} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise Defect(
                field="currency",
                problem=f"{self.currency} met {other.currency}",
                remedy="Send the payment to review; money of two currencies is never added or compared",
            )


def minor_digits(currency: str) -> int:
    """How many digits a currency writes below one: 0 for the đồng, 2 for most. Source: ISO 4217."""
    if currency in _NO_DIGIT:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def vnd(minor: int) -> Money:
    """Whole đồng."""
    return Money(minor, "VND")


def total(amounts: list[Money] | tuple[Money, ...], currency: str) -> Money:
    """The sum; of nothing, zero of `currency`."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result
