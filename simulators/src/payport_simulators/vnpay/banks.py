"""The banks that a request may name, and the test cards of the public demo (sheet 3 and 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = [
    "BANKS",
    "CARD_TYPES",
    "CHOICES",
    "TEST_CARDS",
    "TEST_CARD_HOLDER",
    "TEST_CARD_ISSUED",
    "TEST_CARD_OTP",
    "Card",
    "card_type",
    "judge",
]

BANKS: Final[tuple[str, ...]] = (
    "NCB", "AGRIBANK", "SCB", "SACOMBANK", "EXIMBANK", "MSBANK", "NAMABANK", "VIETINBANK", "VIETCOMBANK",
    "HDBANK", "DONGABANK", "TPBANK", "OJB", "BIDV", "TECHCOMBANK", "VPBANK", "MBBANK", "ACB", "OCB", "IVB",
)  # fmt: skip

CARD_TYPES: Final[Mapping[str, str]] = {  # what is no domestic bank, and the vnp_CardType of its callbacks
    "VNPAYQR": "QRCODE",
    "VNMART": "VNMART",
    "VISA": "VISA",
    "MASTERCARD": "MASTERCARD",
    "JCB": "JCB",
    "UPI": "UPI",
}

CHOICES: Final[Mapping[str | None, tuple[str, ...]]] = {  # vnp_BankCode → what the buyer may still choose
    None: (*BANKS, "VNPAYQR"),
    "VNBANK": BANKS,
    "INTCARD": ("VISA", "MASTERCARD", "JCB", "UPI"),
}

TEST_CARD_HOLDER: Final = "NGUYEN VAN A"
TEST_CARD_ISSUED: Final = "07/15"
TEST_CARD_OTP: Final = "123456"
TEST_CARDS: Final[Mapping[str, str]] = {  # number → the vnp_ResponseCode that paying with it ends in
    "9704198526191432198": "00",
    "9704195798459170488": "51",
    "9704192181368742": "09",
    "9704193370791314": "12",
    "9704194841945513": "99",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What the buyer typed. `issued` is the MM/YY printed on the card; nothing of it is kept."""

    number: str
    holder: str
    issued: str
    otp: str


def card_type(bank: str) -> str:
    """vnp_CardType of a callback about this vnp_BankCode."""
    return CARD_TYPES.get(bank, "ATM")


def judge(card: Card) -> str | None:
    """The response code of a payment with this card: 10 for wrong card data, 13 for a wrong OTP.

    None for a number that is no test card: a real card has no business here.
    """
    code = TEST_CARDS.get("".join(card.number.split()))
    if code is None:
        return None
    if (" ".join(card.holder.upper().split()), card.issued.strip()) != (TEST_CARD_HOLDER, TEST_CARD_ISSUED):
        return "10"
    if card.otp.strip() != TEST_CARD_OTP:
        return "13"
    return code
