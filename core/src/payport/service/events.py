"""An event as hosts are told it: a journal entry, without what is only ours, as JSON that never changes.

What is told is listed here, by subject: a fact that stands in no list stays inside. So no name, address, word
or secret leaves, and a new column is told to nobody by accident.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from payport.journal.entry import Entry, Fact, instant, parse_entry

__all__ = ["BEHIND_ALL_DIGITS", "FAMILIES", "Event", "event_id", "event_of", "hash_beginning"]

FAMILIES: Final = frozenset(
    {
        "account",
        "callbacks",
        "chargeback",
        "confirmation",
        "entitlement",
        "money",
        "order",
        "payment",
        "refund",
    }
)
"""What stands before the dot of a kind."""

_PREFIX: Final = "evt_"
_DIGITS: Final = 32
BEHIND_ALL_DIGITS: Final = "g"
"""Ends the range of the hashes that begin as an event's does."""
_MONEY: Final = ("amount_minor", "currency")
_OF_PAYMENT: Final = ("merchant_reference", "order_number")
_TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "order": (
        "number", "state", "total_minor", "received_minor", "currency", "placed_at", "expires_at", "paid_at",
    ),
    "payment": (
        *_OF_PAYMENT, *_MONEY, "gateway_account", "gateway", "environment", "method", "choice", "state",
        "received_minor", "handed_over_at", "closes_at", "gateway_reference", "paid_at", "flags",
    ),
    "receipt": (
        *_MONEY, "gateway_account", "gateway_reference", "merchant_reference", "paid_at", "received_at",
    ),
    "refund": (
        "reference", *_OF_PAYMENT, *_MONEY, "gateway_account", "of_what", "way", "state", "lines",
        "requested_at", "gateway_reference", "gateway_code", "reported_minor", "closed_at",
    ),
    "chargeback": ("reference", *_OF_PAYMENT, *_MONEY, "state", "opened_at", "closed_at"),
    "confirmation": (
        *_OF_PAYMENT, *_MONEY, "gateway_account", "bank_reference", "state", "booked_on", "first_at",
        "second_at",
    ),
    "grant": ("account", "sequence", "id", "kind", "order_number", "effective_at", "grant"),
    "callback": (*_MONEY, "gateway_account", "gateway_reference", "merchant_reference", "kept", "hour"),
    "account": ("account", "erased_at"),
}  # fmt: skip
_OF_GRANT: Final = ("lines", "of", "reversed_lines", "paid")
_JSON: Final = frozenset({"flags", "lines"})  # columns that hold JSON as text


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened, and it is committed.

    Args:
        id: the same for every subscriber and every try: whoever keeps the ids it has seen acts once.
        type: what happened, such as `order.paid`.
        account: the buyer account; empty for money that belongs to none.
        number: within the account, from 1, without gaps: the order in which things happened.
        at: when; aware, UTC.
        order: the order's number, where it hangs on one.
        data: `subject`, `reference`, `from` and `to` (states, or None), `facts` (the subject after it).
            Amounts are integers in minor units, instants text in UTC.
    """

    id: str
    type: str
    account: str
    number: int
    at: datetime
    order: str | None
    data: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """As it is sent: the same bytes at every try, until an upgrade tells more facts."""
        return json.dumps(
            {
                "id": self.id,
                "type": self.type,
                "account": self.account,
                "number": self.number,
                "at": instant(self.at),
                "order": self.order,
                "data": self.data,
            },
            ensure_ascii=False,
            allow_nan=False,
            sort_keys=True,
            separators=(",", ":"),
        ).encode()


def event_id(entry_hash: str) -> str:
    return f"{_PREFIX}{entry_hash[:_DIGITS]}"


def hash_beginning(event: str) -> str | None:
    """How the hash of the entry begins that the event is; None for a text that is no event's id."""
    digits = event.removeprefix(_PREFIX)
    fits = event.startswith(_PREFIX) and len(digits) == _DIGITS and not set(digits) - set("0123456789abcdef")
    return digits if fits else None


def event_of(entry_hash: str, text: str) -> Event:
    """From an entry's hash and text."""
    entry = parse_entry(text)
    return Event(
        id=event_id(entry_hash),
        type=entry.kind,
        account=entry.account,
        number=entry.account_sequence,
        at=entry.at,
        order=None if " " in entry.chain else entry.chain,
        data={
            "subject": entry.subject,
            "reference": entry.reference,
            "from": entry.from_state,
            "to": entry.to_state,
            "facts": _told(entry),
        },
    )


def _told(entry: Entry) -> dict[str, Fact]:
    told: dict[str, Fact] = {}
    for name in _TOLD.get(entry.subject, ()):
        if name not in entry.facts:
            continue
        value = entry.facts[name]
        if name in _JSON and isinstance(value, str):
            value = json.loads(value)
        if name == "grant" and isinstance(value, dict):
            told |= {part: value[part] for part in _OF_GRANT if part in value}
        else:
            told[name] = value
    return told
