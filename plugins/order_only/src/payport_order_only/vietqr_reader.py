"""Reads the text of a VietQR, strictly: what could be read in two ways is refused. Sheet: vietqr.md, 1 to 7.

For transfers in đồng to one receiver. Public readers take the last of a repeated object, cut an account to a
wrong length, or skip the CRC; here each of these is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from payport.plugin import Malformed
from payport_order_only.vietqr import ACCOUNT, BANK_BIN, GUID, TO_ACCOUNT, TO_CARD, Transfer, crc16

__all__ = ["Scanned", "parse_payload"]

_AMOUNT: Final = re.compile(r"(?=.{1,13}\Z)([1-9][0-9]*)\.?")  # whole đồng; a point may stand behind
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]+")
_IGNORED: Final = frozenset({"64", *map(str, range(65, 100))})  # other languages, reserved, unreserved
_KNOWN: Final = frozenset({"00", "01", "38", "52", "53", "54", "58", "59", "60", "61", "62", "63"})
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "00": re.compile("01"), "01": re.compile("11|12"), "52": re.compile("[0-9]{4}"), "58": re.compile("VN"),
    "59": re.compile(".{1,25}"), "60": re.compile(".{1,15}"), "61": re.compile(".{1,10}"),
    "63": re.compile("[0-9A-Fa-f]{4}"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the text says. `initiation`: 11, to be used again; 12, for one payment: advice to the app only."""

    transfer: Transfer
    initiation: str


def parse_payload(text: str) -> Scanned:
    """The transfer that a text asks for. Raises Malformed, naming the part."""
    if not re.search(r"6304[0-9A-Fa-f]{4}\Z", text):
        raise _bad("crc_missing", "the text does not end with 6304 and four hex digits")
    if re.search("[\ud800-\udfff]", text):
        raise _bad("the text", "is not Unicode")
    if crc16(text[:-4]) != text[-4:].upper():
        raise _bad("crc_mismatch", "the text was changed, or not read rightly")
    root = _objects(text, "the text", ascii_only=_KNOWN)
    names = list(root)
    if names[0] != "00" or names[-1] != "63":
        raise _bad("order", "the first object is not 00, or the last is not 63")
    for name in names:
        if name not in _KNOWN and name not in _IGNORED:
            raise _bad(name, "says more than a transfer to one account of one amount")
    for name, form in _FORMS.items():
        if name in root and not form.fullmatch(root[name]):
            raise _bad(name, "is not of its form")
    for name in ("01", "38", "53", "58"):
        if name not in root:
            raise _bad(name, "is missing")
    if root["53"] != "704":
        raise _bad("currency", "is not 704, the đồng")
    bank_bin, account, service = _receiver(root["38"])
    bill_number, memo = _additional(root["62"]) if "62" in root else (None, None)
    amount = _amount(root["54"]) if "54" in root else None
    return Scanned(Transfer(bank_bin, account, amount, memo, bill_number, service), root["01"])


def _receiver(template: str) -> tuple[str, str, str]:
    """BIN, account and service of field 38."""
    outer = _objects(template, "38")
    if outer.get("00") != GUID:
        raise _bad("guid", "is another scheme's")
    if set(outer) != {"00", "01", "02"}:
        raise _bad("38", "does not hold 00, 01 and 02 alone")
    if outer["02"] not in {TO_ACCOUNT, TO_CARD}:
        raise _bad("service", "is no transfer")
    inner = _objects(outer["01"], "38.01")
    if set(inner) != {"00", "01"}:
        raise _bad("38.01", "does not hold 00 and 01 alone")
    if not BANK_BIN.fullmatch(inner["00"]):
        raise _bad("bank_bin", "is not 6 digits")
    if not ACCOUNT.fullmatch(inner["01"]) or (outer["02"] == TO_CARD and not inner["01"].isdigit()):
        raise _bad("account", "is not 1 to 19 letters and digits")
    return inner["00"], inner["01"], outer["02"]


def _additional(template: str) -> tuple[str | None, str | None]:
    """Bill number and memo of field 62; the rest of it is looked at and not used."""
    inner = _objects(template, "62")
    for name, value in inner.items():
        if "01" <= name <= "08" and len(value) > 25:
            raise _bad(f"62.{name}", "is longer than 25 characters")
    if "09" in inner and not re.fullmatch(r"(?!.*(.).*\1)[AME]{1,3}", inner["09"]):
        raise _bad("62.09", "is not of its form")
    return inner.get("01"), inner.get("08")


def _amount(text: str) -> int:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise _bad("amount", "is not whole đồng in 1 to 13 characters, above zero")
    return int(found[1])


def _objects(text: str, where: str, ascii_only: frozenset[str] | None = None) -> dict[str, str]:
    """The objects of one level, in their order; printable ASCII, all or those that are named.

    Raises: Malformed for what is cut, empty or repeated.
    """
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        head = text[place : place + 4]
        if not re.fullmatch(r"[0-9]{4}", head):
            raise _bad(where, "holds what begins with no id and length")
        name, length = head[:2], int(head[2:])
        value = text[place + 4 : place + 4 + length]
        if not length or len(value) < length:
            raise _bad(f"{where}: {name}", "is empty, or longer than what follows")
        if name in found:
            raise _bad(f"{where}: {name}", "is there twice")
        if (ascii_only is None or name in ascii_only) and not _PRINTABLE.fullmatch(value):
            raise _bad(f"{where}: {name}", "holds what is no printable ASCII")
        found[name] = value
        place += 4 + length
    return found


def _bad(field: str, problem: str) -> Malformed:
    return Malformed(field=field, problem=problem, remedy="Draw the QR code anew", reason="malformed")
