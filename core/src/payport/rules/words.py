"""Words in the two languages of the market: what a line, a reason or a name says, in Vietnamese and English.

Only what the rules themselves must say; a host that shows amounts on its pages has its own formatter.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, StringConstraints

from payport.rules.document import Document
from payport.rules.money import Money, minor_digits

__all__ = ["Language", "Text", "months", "say"]

Language: TypeAlias = Literal["vi", "en"]


def _not_blank(words: str) -> str:
    if not words.strip():
        raise ValueError("is empty")
    return words


_Words = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_not_blank)]
_NO_BREAK: Final = "\u00a0"


class Text(Document):
    """One text in both languages; neither is empty."""

    vi: _Words
    en: _Words

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.vi


def say(vi: str, en: str, **values: Text | Money | date | int) -> Text:
    """Fill two sentences; each value is written as its language writes it.

    `say("giá {x}", "price {x}", x=vnd(3550000))` is "giá 3.550.000 ₫" and "price ₫3,550,000".
    """
    return Text(
        vi=vi.format(**{name: _written(value, "vi") for name, value in values.items()}),
        en=en.format(**{name: _written(value, "en") for name, value in values.items()}),
    )


@lru_cache(maxsize=256)
def months(count: int) -> Text:
    """ "12 tháng", "12 months"."""
    return say("{n} tháng", "{n} month" if count == 1 else "{n} months", n=count)


def _written(value: Text | Money | date | int, language: Language) -> str:
    match value:
        case Text():
            return value[language]
        case Money():
            return _money(value, language)
        case date():
            return value.strftime("%d/%m/%Y" if language == "vi" else "%Y-%m-%d")
        case int():
            return _number(value, language)


def _number(value: int, language: Language) -> str:
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if language == "vi" else grouped


def _money(money: Money, language: Language) -> str:
    below = minor_digits(money.currency)
    whole, rest = divmod(abs(money.minor), 10**below)
    digits = _number(whole, language)
    if below:
        digits += ("," if language == "vi" else ".") + f"{rest:0{below}}"
    sign = "-" if money.minor < 0 else ""
    if money.currency == "VND":
        return f"{sign}{digits}{_NO_BREAK}₫" if language == "vi" else f"{sign}₫{digits}"
    return f"{sign}{digits}{_NO_BREAK}{money.currency}"
