"""When an account's keys are valid, and which of them need a person. Never a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from payport.gateways.accounts import GatewayAccount
    from payport.signing.keys import Key

__all__ = ["Standing", "ending_soon", "keys_unfit", "standing"]

_SOON: Final = timedelta(days=30)


class Standing(StrEnum):
    """What a key does at a moment."""

    SIGNS = "signs now"  # and verifies
    VERIFIES = "verifies"
    NOT_YET = "not yet"
    ENDED = "ended"


def standing(account: GatewayAccount, key: Key, at: datetime) -> Standing:
    if not key.valid(at):
        is_early = key.not_before is not None and at < key.not_before
        return Standing.NOT_YET if is_early else Standing.ENDED
    return Standing.SIGNS if account.keyring.signing(key.role, at) is key else Standing.VERIFIES


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
