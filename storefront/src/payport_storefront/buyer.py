"""The buyer's data: which fields the form has, and what is wrong with what was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from payport_web.languages import msg

__all__ = ["FIELDS", "clean", "problems"]

_LENGTHS: Final = {
    "name": 100,
    "email": 254,
    "phone": 20,
    "company": 200,
    "tax_code": 14,
    "address": 300,
}
FIELDS: Final = tuple(_LENGTHS)
_REQUIRED: Final = {
    "name": msg("Enter your name."),
    "email": msg("Enter an e-mail address."),
    "phone": msg("Enter a phone number."),
}
_INVOICE: Final = {
    "company": msg("An invoice to a company also needs its name."),
    "tax_code": msg("An invoice to a company also needs its tax code."),
    "address": msg("An invoice to a company also needs its address."),
}
_FORMS: Final = {
    "email": (
        re.compile(r"[^@\s<>\"(),:;\[\]\\]{1,64}@(?:[^@\s<>\".]{1,63}\.)+[^@\s<>\".]{2,63}"),
        msg("This is not an e-mail address. Write it like lan@example.vn."),
    ),
    "phone": (
        re.compile(r"\+?[0-9](?:[ .-]?[0-9]){7,14}"),
        msg("This is not a phone number. Write 8 to 15 digits, like 0912 345 678."),
    ),
    "tax_code": (
        re.compile(r"[0-9]{10}(?:-[0-9]{3})?|[0-9]{12}"),
        msg("A tax code has 10 digits, 10 and 3 after a hyphen, or 12."),
    ),
}
_TOO_LONG: Final = msg("This is too long.")
_UNREADABLE: Final = msg("This holds a character that cannot be printed.")


def clean(typed: Mapping[str, str]) -> dict[str, str]:
    """As typed, composed (NFC) and without blanks around it."""
    return {name: unicodedata.normalize("NFC", typed.get(name, "")).strip() for name in FIELDS}


def problems(buyer: Mapping[str, str]) -> dict[str, str]:
    """For each field that is wrong, one message that says what to do. Empty: all is well."""
    found: dict[str, str] = {}
    for name in FIELDS:
        if problem := _problem(name, buyer[name]):
            found[name] = problem
    if any(buyer[name] for name in _INVOICE):
        for name, needed in _INVOICE.items():
            if not buyer[name]:
                found[name] = needed
    return found


def _problem(name: str, value: str) -> str | None:
    if not value:
        return _REQUIRED.get(name)
    if len(value) > _LENGTHS[name]:
        return _TOO_LONG
    if any(unicodedata.category(character).startswith("C") for character in value):
        return _UNREADABLE
    form = _FORMS.get(name)
    return form[1] if form and not form[0].fullmatch(value) else None
