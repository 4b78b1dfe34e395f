"""What reached us, byte for byte, and what of it was proven. Made by doors and by the flow driver."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from payport.errors import Incomplete

__all__ = ["Callback", "Channel", "Hint", "Received", "Verified"]

_INTEGER: Final = re.compile(r"0|[1-9][0-9]{0,17}")  # what a signed 64-bit column holds; no sign, no blank


class Channel(StrEnum):
    """Which door: the gateway's server called ours, or the buyer's browser came back."""

    IPN = "ipn"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came. `query` is the raw text after the first `?`, undecoded; empty if none.

    A gateway's answer to our own request is one too: method "ANSWER", no query.
    """

    method: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Callback(Received):
    """A message at one gateway account's door. The account's name stood in the URL."""

    account: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Verified:
    """Every field whose value went into the signed text, under its wire name, and nothing else.

    Only the core's verifier makes one. `contract` is "id version"; `key_id` names the key that fitted.
    Reading a name that was not signed raises Incomplete, as a missing one does: it was never seen.
    """

    contract: str
    key_id: str
    fields: Mapping[str, str]
    merchant_account: str | None = None
    merchant_reference: str | None = None
    currency: str | None = None
    signed_text: bytes = field(default=b"", repr=False)

    def __getitem__(self, name: str) -> str:
        try:
            return self.fields[name]
        except KeyError:
            raise Incomplete(
                field=name,
                problem="not among the signed fields",
                remedy="Read only what the contract covers",
                reason="missing_field",
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default)

    def integer(self, name: str) -> int:
        """ASCII digits without sign, blank or leading zero, at most 18. Raises Incomplete (bad_field)."""
        text = self[name]
        if not _INTEGER.fullmatch(text):
            raise _bad(name, "not a whole number in plain digits")
        return int(text)

    def local_time(self, name: str, form: str, *, utc_offset_hours: int) -> datetime:
        """A gateway's local time as aware UTC. Raises Incomplete (bad_field)."""
        zone = timezone(timedelta(hours=utc_offset_hours))
        text = self[name]
        try:
            local = datetime.strptime(text, form).replace(tzinfo=zone)
            instant = local.astimezone(UTC)
        except (ValueError, OverflowError):  # the year 1 begins before UTC's
            raise _bad(name, f"not a time of the form {form}") from None
        if local.strftime(form) != text:  # strptime takes blanks and short numbers
            raise _bad(name, f"not a time of the form {form}")
        return instant


@dataclass(frozen=True, slots=True)
class Hint:
    """A callback that proves nothing. One locator: the core looks it up and makes an ask due."""

    contract: str
    locator: str  # "merchant_reference" or "checkout_reference"
    value: str


def _bad(name: str, problem: str) -> Incomplete:
    return Incomplete(field=name, problem=problem, remedy="See the gateway's sheet", reason="bad_field")
