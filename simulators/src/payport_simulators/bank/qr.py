"""How a bank app reads a VietQR text: strictly, or not at all. Sheet: protocols/vietqr.md, 1 to 5 and 7."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Payload", "Unreadable", "crc16", "read"]

_ROOT: Final = re.compile(r"(?s)(.*)6304([0-9A-Fa-f]{4})")
_ID_AND_LENGTH: Final = re.compile(r"([0-9]{2})([0-9]{2})")
_ASCII: Final = re.compile(r"[\x20-\x7e]+")
_AMOUNT: Final = re.compile(r"([1-9][0-9]{0,12})|([1-9][0-9]{0,11})\.")
_BIN: Final = re.compile(r"[0-9]{6}")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z]{1,19}")
_CARD: Final = re.compile(r"[0-9]{1,19}")
_CATEGORY: Final = re.compile(r"[0-9]{4}")
_FREE: Final = ("64", *(str(number) for number in range(80, 100)))  # may hold other text, and are ignored
_TIPS: Final = ("55", "56", "57")
_LONGEST: Final = {"59": ("name", 25), "60": ("city", 15), "61": ("postal_code", 10)}
_PROMPT: Final = "***"  # the payer is asked for the value


@dataclass(frozen=True, slots=True)
class Payload:
    """What a text says. `amount` is in đồng. Amount and memo are None where the payer is to fill them in."""

    bank_bin: str
    account: str
    service: str
    initiation: str
    amount: int | None
    memo: str | None


class Unreadable(ValueError):
    """The text is no VietQR transfer. `problem` is a name for the offending part."""

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE of the UTF-8 bytes: four upper-case hex digits."""
    register = 0xFFFF
    for byte in text.encode("utf-8", "replace"):
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1) ^ (0x1021 if register & 0x8000 else 0)
        register &= 0xFFFF
    return f"{register:04X}"


def read(text: str) -> Payload:
    """Raises Unreadable."""
    framed = _ROOT.fullmatch(text)
    if framed is None:
        raise Unreadable("crc_missing", "the text does not end with its check sum")
    if crc16(text[:-4]) != framed[2].upper():
        raise Unreadable("crc_mismatch", "the check sum is not that of the text")
    objects = _objects(framed[1])
    if next(iter(objects), None) != "00":
        raise Unreadable("version", "the text does not begin with its version")
    if "63" in objects:
        raise Unreadable("repeated", "object 63 is repeated")
    for number, value in objects.items():
        _demand(number in _FREE or bool(_ASCII.fullmatch(value)), "characters", f"object {number}")
    _check_constants(objects)
    bank_bin, account, service = _account(objects)
    return Payload(
        bank_bin, account, service, objects["01"], _amount(objects.get("54")), _memo(objects.get("62"))
    )


def _objects(text: str) -> dict[str, str]:
    """The objects of a text or a template by their ids, in their order. None is repeated, none is empty."""
    objects: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = _ID_AND_LENGTH.fullmatch(text[at : at + 4])
        if head is None:
            raise Unreadable("truncated", "an object does not begin with two digits each of id and length")
        number, length = head[1], int(head[2])
        value = text[at + 4 : at + 4 + length]
        if len(value) < length:
            raise Unreadable("overrun", f"object {number} is longer than what holds it")
        _demand(length > 0, "empty", f"object {number}")
        _demand(number not in objects, "repeated", f"object {number}")
        objects[number] = value
        at += 4 + length
    return objects


def _check_constants(objects: Mapping[str, str]) -> None:
    _demand(objects["00"] == "01", "version", "object 00")
    _demand(objects.get("01") in ("11", "12"), "initiation", "object 01")
    _demand(objects.get("53") == "704", "currency", "object 53")
    _demand(objects.get("58") == "VN", "country", "object 58")
    _demand("52" not in objects or bool(_CATEGORY.fullmatch(objects["52"])), "category", "object 52")
    _demand(not any(number in objects for number in _TIPS), "tip", "object 55, 56 or 57")
    for number, (problem, most) in _LONGEST.items():
        _demand(len(objects.get(number, "")) <= most, problem, f"object {number}")


def _account(objects: Mapping[str, str]) -> tuple[str, str, str]:
    """BIN, account and service of object 38."""
    _demand("38" in objects, "account_data", "object 38")
    template = _objects(objects["38"])
    _demand(template.get("00") == "A000000727", "guid", "object 38-00")
    service = template.get("02", "")
    _demand(service in ("QRIBFTTA", "QRIBFTTC"), "service", "object 38-02")
    _demand(template.keys() == {"00", "01", "02"}, "account_data", "object 38")
    receiver = _objects(template["01"])
    _demand(bool(_BIN.fullmatch(receiver.get("00", ""))), "bank_bin", "object 38-01-00")
    number = _CARD if service == "QRIBFTTC" else _ACCOUNT
    _demand(bool(number.fullmatch(receiver.get("01", ""))), "account", "object 38-01-01")
    _demand(receiver.keys() == {"00", "01"}, "account_data", "object 38-01")
    return receiver["00"], receiver["01"], service


def _amount(text: str | None) -> int | None:
    if text is None:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise Unreadable("amount", "object 54 is not as specified")
    return int(found[1] or found[2])


def _memo(template: str | None) -> str | None:
    """Object 62-08, or None if there is none or the payer is to be asked for it."""
    objects = _objects(template) if template is not None else {}
    for number, value in objects.items():
        if number <= "08":
            _demand(number != "00" and len(value) <= 25, "additional_data", f"object 62-{number}")
    asked = objects.get("09", "")
    _demand(set(asked) <= set("AME") and len(set(asked)) == len(asked), "additional_data", "object 62-09")
    memo = objects.get("08")
    return None if memo == _PROMPT else memo


def _demand(holds: bool, problem: str, what: str) -> None:
    if not holds:
        raise Unreadable(problem, f"{what} is not as specified")
