"""When an account's keys are valid, in words, and which of them need a person. Never a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from payport.doors.cli.printing import instant

if TYPE_CHECKING:
    from payport.gateways.accounts import GatewayAccount
    from payport.signing.keys import Key

__all__ = ["ending_soon", "keys_unfit", "span_words", "standing"]

_SOON: Final = timedelta(days=30)


def standing(account: GatewayAccount, key: Key, at: datetime) -> str:
    """What the key does at this moment."""
    if not key.valid(at):
        return "not yet" if key.not_before is not None and at < key.not_before else "ended"
    return "signs now" if account.keyring.signing(key.role, at) is key else "verifies"


def keys_unfit(account: GatewayAccount, at: datetime) -> Iterator[str]:
    """Roles of which no key is valid at this moment."""
    for role in sorted({key.role for key in account.keyring.keys}):
        if not account.keyring.verifying(role, at):
            yield role


def ending_soon(account: GatewayAccount, at: datetime) -> Iterator[Key]:
    """Valid keys that end within 30 days, and that no other of their role outlives."""
    for key in account.keyring.keys:
        end = key.not_after
        ends = end is not None and key.valid(at) and end <= at + _SOON
        if end is not None and ends and not account.keyring.verifying(key.role, end):
            yield key


def span_words(key: Key) -> str:
    begin = "" if key.not_before is None else f"from {instant(key.not_before)} "
    end = "" if key.not_after is None else f"until {instant(key.not_after)}"
    return f"{begin}{end}".strip() or "always"
