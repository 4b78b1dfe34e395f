"""What a person has done at the desk that moves no money: kept, so that it has a name.

Money has the journal. Here is whom to ask who asked a gateway, told a host again, or took a list away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Errand", "ErrandKind"]


class ErrandKind(StrEnum):
    """A closed list; each is a verb or a file."""

    ASK = "ask"
    ASK_REFUND = "ask_refund"
    REPLAY = "replay"
    REPLAY_PARKED = "replay_parked"
    RESUME = "resume"
    UNPARK = "unpark"
    EXPORT = "export"
    EVIDENCE = "evidence"
    WHAT_IF = "what_if"


@dataclass(frozen=True, slots=True)
class Errand:
    """Kept before it was done: so it may have failed, and is never missing.

    Args:
        id: from 1, in their order. at: aware, UTC.
        about: a payment, a refund, an event, a subscriber, a callback; or a list, with its filters' names.
        order_number: of which order, as its reference says; None where it is of none, or of nothing there is.
        reason: blank for files, and once its order's buyer was erased.
    """

    id: int
    at: datetime
    actor: str
    kind: ErrandKind
    about: str
    order_number: str | None
    reason: str
