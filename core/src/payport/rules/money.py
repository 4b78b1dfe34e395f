"""Money: integer minor units with an ISO 4217 currency. Nothing here divides or rounds; pricing does."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from payport.errors import Defect

__all__ = ["MOST_MINOR", "Money", "total", "vnd"]

# What JSON holds exactly in every language, and any 64-bit column with room to spare.
MOST_MINOR: Final = 2**53 - 1


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
        return f"{self.minor:,} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise Defect(
                field="currency",
                problem=f"{self.currency} met {other.currency}",
                remedy="Send the payment to review; money of two currencies is never added or compared",
            )


def vnd(minor: int) -> Money:
    """Whole đồng."""
    return Money(minor, "VND")


def total(amounts: list[Money] | tuple[Money, ...], currency: str) -> Money:
    """The sum; of nothing, zero of `currency`."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result
