"""INV-7: no secret, no full card number and no card code stands in the database, the journal or a log."""

from __future__ import annotations

import re
from typing import Final

from payport.doors.host import Payport
from tests.support.logs import captured_logs
from tests.support.stored import Stored

__all__ = ["card_data", "check_secrets"]

_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z.])[2-69](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])")
_CARD: Final = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|35\d{14}|6\d{15}|9704\d{12,15}"
)
_CODE: Final = re.compile(r"(?i)\b(?:cv[vcn]2?|csc)[\"']?\s*[=:]\s*[\"']?[0-9]{3,4}(?![0-9])")


def check_secrets(stored: Stored, payport: Payport) -> None:
    for place, text in (("stored", stored.text), ("logged", captured_logs())):
        for account in payport.seller.accounts.values():
            assert not account.holds_secret(text), f"INV-7: a key of {account.name} is {place}"
        for hook in payport.seller.subscribers.webhooks.values():
            assert not hook.holds_secret(text), f"INV-7: a secret of {hook.name} is {place}"
        found = card_data(text)
        assert not found, f"INV-7: card data is {place}: {found[0][:6]}…"


def card_data(text: str) -> list[str]:
    """Numbers with a card's prefix, length and check digit, and codes that are called so."""
    numbers = (match[0] for match in _NUMBER.finditer(text))
    return [number for number in numbers if _is_a_cards(re.sub("[ -]", "", number))] + _CODE.findall(text)


def _is_a_cards(digits: str) -> bool:
    if not _CARD.fullmatch(digits):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
