"""What a person types to find an order, and what an order is found by. Pure.

Names are found by their words, without regard to case or marks: "nguyen ha" finds "Nguyễn Thu Hà".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from payport.rules.statement import fold

__all__ = ["LONGEST", "MOST_WORDS", "as_amount", "as_phone", "buyer_terms", "compact", "words"]

LONGEST: Final = 120
"""Signs of a term that are kept, and compared."""
MOST_WORDS: Final = 8
"""Words of what is asked for; further ones are not looked at."""
_WORD: Final = re.compile(r"[^\W_]+")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ().-]{6,24}")
_NO_DIGIT: Final = re.compile(r"[^0-9]")
_COUNTRY: Final = "84"  # Việt Nam; at home the number begins with 0 in its place
_AMOUNT: Final = re.compile(
    r"([0-9]{1,16}|[0-9]{1,3}(?:([., '\u00a0\u202f])[0-9]{3})(?:\2[0-9]{3})*)", re.ASCII
)
_UNIT: Final = re.compile(r"\s*(?:₫|đ|đồng|dong|vnd|vnđ)\s*$|^\s*(?:₫|vnd)\s*", re.IGNORECASE)


def words(text: str) -> tuple[str, ...]:
    """The words of a name or a memo, each once: small letters without marks."""
    return tuple(dict.fromkeys(word[:LONGEST] for word in _WORD.findall(fold(text).lower())))


def compact(text: str) -> str:
    """Letters and digits alone, without marks, in capitals: as a bank may run them together."""
    return "".join(_WORD.findall(fold(text)))


def as_phone(text: str) -> str | None:
    """Digits of a phone number as at home, with 0 for +84; None for what is none."""
    if not _PHONE.fullmatch(text.strip()):
        return None
    digits = _NO_DIGIT.sub("", text)
    digits = digits.removeprefix("00") if digits.startswith(f"00{_COUNTRY}") else digits
    if digits.startswith(_COUNTRY) and len(digits) > len(_COUNTRY) + 7:
        digits = "0" + digits.removeprefix(_COUNTRY).removeprefix("0")
    return digits if 8 <= len(digits) <= 15 else None


def as_amount(text: str) -> int | None:
    """Whole đồng, with or without separators of thousands and the sign: "1.100.000", "1,100,000 ₫"."""
    bare = _UNIT.sub("", text.strip()).strip()
    return int(_NO_DIGIT.sub("", bare)) if _AMOUNT.fullmatch(bare) else None


def buyer_terms(buyer: Mapping[str, str]) -> frozenset[str]:
    """An order's terms: words of its buyer's names, the e-mail address whole and before the @, digits.

    Args:
        buyer: name, email, phone, company, tax_code; what is not there is empty.
    """
    return frozenset(term[:LONGEST] for term in _terms(buyer) if term)


def _terms(buyer: Mapping[str, str]) -> Iterator[str]:
    yield from words(buyer.get("name", ""))
    yield from words(buyer.get("company", ""))
    address = buyer.get("email", "").strip().lower()
    yield address
    yield address.partition("@")[0]
    phone = buyer.get("phone", "")
    yield as_phone(phone) or _NO_DIGIT.sub("", phone)
    yield buyer.get("tax_code", "").strip().lower()
