"""Writes the text of a VietQR: EMVCo's objects (id, length, value), one in another. Sheet: vietqr.md, 1 to 6.

Đồng, whole. ASCII only, so that a length in characters is one in bytes. The CRC finds reading errors and
proves nothing: anybody can make a text.
"""

from __future__ import annotations

import re
import unicodedata
from binascii import crc_hqx
from dataclasses import dataclass
from typing import Final

from payport.plugin import RequestRefused

__all__ = [
    "ACCOUNT", "BANK_BIN", "GUID", "MOST_DONG", "MOST_MEMO", "TO_ACCOUNT", "TO_CARD", "Transfer",
    "build_payload", "crc16", "normalize_memo",
]  # fmt: skip

GUID: Final = "A000000727"  # NAPAS's, in field 38
TO_ACCOUNT: Final = "QRIBFTTA"
TO_CARD: Final = "QRIBFTTC"
BANK_BIN: Final = re.compile(r"[0-9]{6}")
ACCOUNT: Final = re.compile(r"[0-9A-Za-z]{1,19}")  # text: leading zeros count, virtual accounts have letters
MOST_DONG: Final = 9_999_999_999_999  # 13 digits in field 54
MOST_MEMO: Final = 25

_CARD: Final = re.compile(r"[0-9]{1,19}")
_BILL: Final = re.compile(r"[\x20-\x7e]{1,25}")
_ASK_THE_PAYER: Final = "***"  # to an app it means: prompt for it


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a QR asks for. Without an amount it can be used again and again, for any amount."""

    bank_bin: str
    account: str
    amount: int | None = None  # đồng
    memo: str | None = None
    bill_number: str | None = None
    service: str = TO_ACCOUNT


def build_payload(transfer: Transfer) -> str:
    """The text to draw. Nothing is cut or mended but the memo's letters, which become ASCII.

    Raises: RequestRefused, naming the field.
    """
    _check(transfer)
    receiver = _object("00", transfer.bank_bin) + _object("01", transfer.account)
    more = ""
    if transfer.bill_number is not None:
        more += _object("01", transfer.bill_number)
    if transfer.memo is not None:
        more += _object("08", _memo(transfer.memo))
    text = (
        _object("00", "01")
        + _object("01", "11" if transfer.amount is None else "12")
        + _object("38", _object("00", GUID) + _object("01", receiver) + _object("02", transfer.service))
        + _object("53", "704")
        + ("" if transfer.amount is None else _object("54", str(transfer.amount)))
        + _object("58", "VN")
        + (_object("62", more) if more else "")
        + "6304"
    )
    return text + crc16(text)


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE of the UTF-8 bytes: four hex digits, upper case."""
    return f"{crc_hqx(text.encode(), 0xFFFF):04X}"


def normalize_memo(text: str) -> str:
    """Free text as banks carry it: ASCII without marks, each run of blanks one space. Of any length."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    ascii_only = "".join(letter for letter in bare if letter.isascii())
    return re.sub(r"[\x00-\x20\x7f]+", " ", ascii_only).strip(" ")


def _check(transfer: Transfer) -> None:
    if not BANK_BIN.fullmatch(transfer.bank_bin):
        raise _refused("bank_bin", "is not 6 digits", "Take the bank's BIN from the table")
    if transfer.service not in {TO_ACCOUNT, TO_CARD}:
        raise _refused("service", "is no transfer", f"Use {TO_ACCOUNT} or {TO_CARD}")
    number = ACCOUNT if transfer.service == TO_ACCOUNT else _CARD
    if not number.fullmatch(transfer.account):
        raise _refused("account", "is not 1 to 19 letters and digits", "Write it without blanks, as text")
    if transfer.amount is not None and not (
        type(transfer.amount) is int and 1 <= transfer.amount <= MOST_DONG
    ):
        raise _refused("amount", f"is no whole number from 1 to {MOST_DONG}", "Give whole đồng")
    if transfer.bill_number is not None and not _BILL.fullmatch(transfer.bill_number):
        raise _refused("bill_number", "is not 1 to 25 characters of ASCII", "Shorten it, or leave it out")


def _memo(text: str) -> str:
    memo = normalize_memo(text)
    if not 1 <= len(memo) <= MOST_MEMO or memo == _ASK_THE_PAYER:
        raise _refused(
            "memo", f"is not 1 to {MOST_MEMO} characters once it is ASCII", "Shorten it: a bank would cut it"
        )
    return memo


def _object(name: str, value: str) -> str:
    return f"{name}{len(value):02d}{value}"


def _refused(field: str, problem: str, remedy: str) -> RequestRefused:
    return RequestRefused(field=field, problem=problem, remedy=remedy)
