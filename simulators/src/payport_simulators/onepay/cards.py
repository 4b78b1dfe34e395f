"""What a buyer may pay with, and the public test cards (sheet 11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from payport_simulators.onepay.products import Product

__all__ = [
    "BANKS",
    "METHODS",
    "SCHEMES",
    "TEST_CARDS",
    "TEST_CSC",
    "TEST_EXPIRY",
    "TEST_HOLDER",
    "TEST_ISSUED",
    "TEST_OTP",
    "Card",
    "Method",
    "UsedCard",
    "is_card_list",
    "judge",
    "methods",
    "typed_test_card",
    "used",
]


class Method(StrEnum):
    """How the buyer pays on the page. `APP`: whatever is confirmed on a phone."""

    DOMESTIC = "domestic"
    INTERNATIONAL = "international"
    APP = "app"


METHODS: Final[Mapping[str, Method]] = {  # an item of vpc_CardList → what it lets the buyer choose
    "DOMESTIC": Method.DOMESTIC,
    "INTERNATIONAL": Method.INTERNATIONAL,
    "VC": Method.INTERNATIONAL,
    "QR": Method.APP,
    "VIETQR": Method.APP,
    "APPLEPAY": Method.APP,
    "BNPL": Method.APP,
}
BANKS: Final[Mapping[str, str]] = {  # BIN → name
    "970436": "Vietcombank",
    "970425": "ABBANK",
    "970415": "VietinBank",
    "970418": "BIDV",
    "970405": "Agribank",
    "970407": "Techcombank",
    "970422": "MB",
    "970416": "ACB",
    "970432": "VPBank",
    "970403": "Sacombank",
    "970423": "TPBank",
    "970437": "HDBank",
}
SCHEMES: Final[Mapping[str, str]] = {"VC": "Visa", "MC": "Mastercard", "JC": "JCB", "AE": "American Express"}

TEST_HOLDER: Final = "NGUYEN VAN A"
TEST_ISSUED: Final = "01/13"
TEST_OTP: Final = "123456"
TEST_EXPIRY: Final = "12/99"  # any future month is right; clocks of tests and demos may run far ahead
TEST_CSC: Final = "123"
TEST_CARDS: Final[Mapping[Method, tuple[str, ...]]] = {
    Method.DOMESTIC: ("9704360000000000002", "9704250000000001"),
    Method.INTERNATIONAL: ("4000000000001091", "4000000000001000", "5123450000000008"),
    Method.APP: (),
}

_WRONG_NUMBER: Final = {Product.DOMESTIC: "8", Product.INTERNATIONAL: "1", Product.UNIFIED: "14"}
_MONTH: Final = re.compile(r"(0[1-9]|1[0-2])/?([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Card:
    """What the buyer typed. `date` is MM/YY: issued on a domestic card, else its end. `proof`: OTP, or CSC.

    Nothing of it is kept but what `used` leaves.
    """

    number: str
    holder: str
    date: str
    proof: str


@dataclass(frozen=True, slots=True)
class UsedCard:
    """What a result says of a card. `kind` is vpc_Card: a scheme, or a bank's BIN. `ends`: MMYY or empty."""

    method: Method
    kind: str
    masked: str
    holder: str = ""
    ends: str = ""


def is_card_list(text: str) -> bool:
    """Whether a vpc_CardList names only what the page offers, or a bank's BIN."""
    return all(item in METHODS or re.fullmatch(r"[0-9]{6}", item) for item in text.split(","))


def methods(product: Product, card_list: str) -> tuple[Method, ...]:
    """What the buyer may choose, in the order of the page."""
    if product is not Product.UNIFIED:
        return (Method(product.value),)
    if not card_list:
        return tuple(Method)
    allowed = {METHODS.get(item, Method.DOMESTIC) for item in card_list.split(",")}
    return tuple(method for method in Method if method in allowed)


def judge(product: Product, method: Method, card: Card, *, today: date) -> str:
    """The response code of a payment with this card: 0 for a test card with its right data."""
    number = "".join(card.number.split())
    if number not in TEST_CARDS[method]:
        return _WRONG_NUMBER[product]
    if method is Method.DOMESTIC:
        if " ".join(card.holder.upper().split()) != TEST_HOLDER:
            return "9"
        if card.date.strip() != TEST_ISSUED:
            return "12"
        return "0" if card.proof.strip() == TEST_OTP else "25"
    month = _MONTH.fullmatch(card.date.strip())
    if month is None or (2000 + int(month[2]), int(month[1])) < (today.year, today.month):
        return "4"
    return "0" if card.proof.strip() == TEST_CSC else "E"


def used(method: Method, card: Card, *, kind: str = "") -> UsedCard:
    """The trace that a card leaves. `kind`: the bank or scheme that was chosen on the page, if one was."""
    number = "".join(character for character in card.number if character in "0123456789")
    masked = f"{number[:6]}xxxxxx{number[-4:]}" if len(number) >= 12 else ""
    holder = " ".join(card.holder.upper().split())
    match method:
        case Method.DOMESTIC:
            return UsedCard(method, kind if kind in BANKS else number[:6], masked, holder)
        case Method.INTERNATIONAL:
            month = _MONTH.fullmatch(card.date.strip())
            ends = f"{month[1]}{month[2]}" if month else ""
            return UsedCard(method, kind if kind in SCHEMES else _scheme(number), masked, holder, ends)
        case Method.APP:
            return UsedCard(method, "QR", "")


def typed_test_card(method: Method, number: str = "") -> Card:
    """A test card's right data, as a buyer types them; the first one's unless another is named."""
    cards = TEST_CARDS[method]
    number = number if number in cards else next(iter(cards), "")
    if method is Method.INTERNATIONAL:
        return Card(number, TEST_HOLDER, TEST_EXPIRY, TEST_CSC)
    return Card(number, TEST_HOLDER, TEST_ISSUED, TEST_OTP)


def _scheme(number: str) -> str:
    if number.startswith("35"):
        return "JC"
    if number.startswith(("34", "37")):
        return "AE"
    return "VC" if number.startswith("4") else "MC"
