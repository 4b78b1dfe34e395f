"""How an order's time line is read: by day, all of it or a part, each moment with a drawing and a tone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from payport import Moment
from payport_backoffice.states import STATES
from payport_web.languages import msg

__all__ = ["PARTS", "Day", "Seen", "by_day"]

_SAYS_IT_ALL: Final = frozenset(
    {
        "order.placed",
        "payment.created",
        "payment.handed_over",
        "money.received",
        "payment.succeeded",
        "order.paid",
        "callback.ipn",
    }
)
"""Moments of an ordinary sale: why is what stands above them."""

PARTS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "all": (msg("Everything"), frozenset()),
    "money": (
        msg("Money"),
        frozenset({"order", "receipt", "refund", "chargeback", "confirmation", "statement", "grant"}),
    ),
    "calls": (msg("With gateways and banks"), frozenset({"call", "callback", "statement"})),
}
"""What may be shown: its word, and the kinds of moments; none: all of them."""

_DRAWINGS: Final[Mapping[str, str]] = {
    "order": "package",
    "payment": "credit-card",
    "receipt": "banknote",
    "refund": "rotate-ccw",
    "chargeback": "triangle-alert",
    "grant": "badge-check",
    "confirmation": "eye",
    "proposal": "users",
    "account": "users",
    "call": "arrow-right",
    "callback": "message-circle",
    "statement": "landmark",
    "errand": "users",
    "other": "newspaper",
}
_NOT_ORDINARY: Final = ("hint", "rejected", "unjudged")
_LOOKED_UP: Final[Mapping[str, str]] = {"callback": "verdict", "statement": "fate"}
"""Whose states are called otherwise in STATES."""
_TONES: Final[Mapping[str, str]] = {"receipt": "good", "account": "warn"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A moment as it is shown.

    Args:
        why: in the words that were kept, where the sentence does not say it; `by`: who, likewise.
        is_later: at another second than the one above it.
    """

    moment: Moment
    why: str | None
    by: str | None
    drawing: str
    tone: str
    is_later: bool


@dataclass(frozen=True, slots=True)
class Day:
    """Those of one of the merchant's days."""

    day: date
    moments: Sequence[Seen]


def by_day(moments: Iterable[Moment], zone: ZoneInfo, *, part: str = "all") -> tuple[Day, ...]:
    """Those that belong to the part, oldest first. Args: part: one of PARTS."""
    _, kinds = PARTS[part]
    wanted = [each for each in moments if not kinds or each.kind in kinds]
    return tuple(
        Day(day, _seen(list(each)))
        for day, each in groupby(wanted, lambda moment: moment.at.astimezone(zone).date())
    )


def _seen(moments: Sequence[Moment]) -> list[Seen]:
    before = [None, *(moment.at.replace(microsecond=0) for moment in moments)]
    return [
        Seen(
            moment,
            _why(moment),
            _by(moment),
            _DRAWINGS[moment.kind],
            _tone(moment),
            moment.at.replace(microsecond=0) != earlier,
        )
        for moment, earlier in zip(moments, before, strict=False)
    ]


def _why(moment: Moment) -> str | None:
    """An order's own grant follows from the money above it; what a person did to one has its actor."""
    follows = moment.name in _SAYS_IT_ALL or (moment.kind == "grant" and moment.actor is None)
    return None if follows and moment.state not in _NOT_ORDINARY else moment.because


def _by(moment: Moment) -> str | None:
    said = f"{moment.what.vi} {moment.because or ''}"
    return None if moment.actor is None or moment.actor in said else moment.actor


def _tone(moment: Moment) -> str:
    looks = STATES.get(_LOOKED_UP.get(moment.kind, moment.kind), {})
    known = looks.get(moment.state or "")
    return known[0] if known else _TONES.get(moment.kind, "quiet")
