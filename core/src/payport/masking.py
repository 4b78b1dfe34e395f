"""Card data that a message brings where none is due: masked before the message is kept.

A number is masked only if it has a card's prefix, length and check digit, so that times and references stay.
First six and last four digits remain (PCI DSS 4.0, 3.4.1), a card's code not at all. The signature was
checked before; a row with a masked number no longer verifies, and its stars say why.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["without_cards"]

_GAP: Final = rb"(?:%20|%2[dD]|[ +-])"
_ALONE: Final = rb"(?:(?<![0-9A-Za-z].)|(?<=%[0-9A-Fa-f]{2}.))"  # not in the middle of a word or a digest
_NUMBER: Final = re.compile(
    rb"[2-69]" + _ALONE + rb"(?:" + _GAP + rb"?[0-9]){12,18}(?![0-9A-Za-z])", re.DOTALL
)
_CODE: Final = re.compile(
    rb"((?:cv[vcn]2?|csc|security_?code)(?:[\"']|%22)?\s*(?:[=:]|%3[aAdD])\s*(?:[\"']|%22)?)[0-9]{3,4}(?![0-9])",
    re.IGNORECASE,
)
_CODE_WORDS: Final = (b"cvv", b"cvc", b"cvn", b"csc", b"security")  # to spare most messages the search
_DIGIT: Final = re.compile(rb"%[0-9A-Fa-f]{2}|[0-9]")
_CARDS: Final = re.compile(
    rb"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    rb"|(?:5[1-5]|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]*(?<=^.{16})"  # Mastercard
    rb"|3[47][0-9]{13}"  # American Express
    rb"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    rb"|6(?:011|2|4[4-9]|5)[0-9]*(?<=^.{16})|62[0-9]{17}"  # Discover, UnionPay
    rb"|9704(?:[0-9]{12}|[0-9]{15})"  # NAPAS
)


def without_cards(message: bytes) -> bytes:
    """The bytes with every card number and card code masked; of the same length."""
    lowered = message.lower()
    if any(word in lowered for word in _CODE_WORDS):
        message = _CODE.sub(_mask_code, message)
    return _NUMBER.sub(_mask_number, message)


def _mask_code(found: re.Match[bytes]) -> bytes:
    return found[1] + b"*" * (len(found[0]) - len(found[1]))


def _mask_number(found: re.Match[bytes]) -> bytes:
    text = found[0]
    places = [digit.start() for digit in _DIGIT.finditer(text) if digit.end() == digit.start() + 1]
    digits = bytes(text[place] for place in places)
    if not _CARDS.fullmatch(digits) or not _fits_check_digit(digits):
        return text
    masked = bytearray(text)
    for place in places[6:-4]:
        masked[place] = ord("*")
    return bytes(masked)


def _fits_check_digit(digits: bytes) -> bool:
    """Luhn's sum (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = (digit - 48) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0
