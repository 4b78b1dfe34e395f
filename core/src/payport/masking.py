"""Card data that a message brings where none is due: masked before the message is kept.

A number is masked only if it has a card's prefix, length and check digit, so that times and references stay.
It may be written in groups, and other numbers may stand before and after it: a date, a code.
First six and last four digits remain (PCI DSS 4.0, 3.4.1), a card's code not at all. The signature was
checked before; a row with a masked number no longer verifies, and its stars say why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

__all__ = ["without_cards"]

_GAP: Final = rb"(?:%20|%2[dD]|[ +-])"
_ALONE: Final = rb"(?:(?<![0-9A-Za-z].)|(?<=%[0-9A-Fa-f]{2}.))"  # not in the middle of a word or a digest
_NUMBER: Final = re.compile(
    rb"[2-69]" + _ALONE + rb"(?:" + _GAP + rb"?[0-9]){12,18}(?![0-9A-Za-z])", re.DOTALL
)
_GAPS: Final = rb"(?:[ +.\t-]|\xc2\xa0|%(?:20|09|2[dDeE]|[cC]2%[aA]0)|\\(?:u00[aA]0|t)){1,2}"
_AMONG: Final = re.compile(  # a gap after a digit, or a sign's escape before many: most messages have neither
    rb"[ +.\t\xc2\\%-](?:(?<=[0-9].)(?:[0-9 +.\t%\xa0\\-]|[cC]2|2[dDeE]|u00|t)|[0-9A-Za-z]{1,5}[0-9]{12})"
)
_RUN: Final = re.compile(  # what escapes a sign is no part of a number that follows it
    rb"%[0-9A-Fa-f]{2}|\\(?:u[0-9A-Fa-f]{4}|[A-Za-z])|([0-9]+(?:" + _GAPS + rb"[0-9]+)*)"
)
_DIGITS: Final = re.compile(rb"(?:%[0-9A-Fa-f]{2}|\\(?:u[0-9A-Fa-f]{4}|t))+|([0-9]+)")
_LENGTHS: Final = (13, 15, 16, 17, 18, 19)
_LETTERS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_FIRST: Final = frozenset(b"234569")
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
    message = _NUMBER.sub(_mask_number, message)
    return _among_others(message) if _AMONG.search(message) else message


def _among_others(message: bytes) -> bytes:
    """Numbers that stand beside others, with nothing but blanks and dashes between: any groups of digits that
    follow each other may be a card's."""
    masked, escaped = bytearray(message), 0
    for run in _RUN.finditer(message):
        if run[1] is None:
            escaped = run.end()
            continue
        begin, end = run.span()
        if end - begin < _LENGTHS[0]:
            continue
        places = [(begin + one.start(1), begin + one.end(1)) for one in _DIGITS.finditer(run[1]) if one[1]]
        if begin != escaped and message[begin - 1 : begin] and message[begin - 1] in _LETTERS:
            del places[0]  # the end of a word, or of a digest
        if places and message[end : end + 1] and message[end] in _LETTERS:
            del places[-1]
        for card in _cards(message, places):
            for place in card[6:-4]:
                masked[place] = ord("*")
    return bytes(masked)


def _cards(message: bytes, groups: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Where the digits of each card's number stand.

    Sums of Luhn's two kinds are taken once, so that a long row of short groups costs little.
    """
    at = [place for begin, end in groups for place in range(begin, end)]
    digits = bytes(message[place] for place in at)
    plain = [digit - 48 for digit in digits]
    doubled = [2 * digit - 9 * (digit > 4) for digit in plain]
    sums = [
        list(accumulate((kinds[place % 2][place] for place in range(len(plain))), initial=0))
        for kinds in ((plain, doubled), (doubled, plain))
    ]
    ends = list(accumulate(end - begin for begin, end in groups))
    whole = frozenset(ends)
    for start in (0, *ends[:-1]) if ends else ():
        for end in (start + length for length in _LENGTHS if digits[start] in _FIRST):
            kind = sums[(end - 1) % 2]
            fits = end in whole and (kind[end] - kind[start]) % 10 == 0
            if fits and _CARDS.fullmatch(digits[start:end]):
                yield at[start:end]


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
