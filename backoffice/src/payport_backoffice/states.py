"""How each state of an order, a payment or a refund looks: a word, and a tone that only repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payport_web.languages import msg

__all__ = ["STATES", "TONES", "stands"]

TONES: Final = ("good", "bad", "wait", "warn", "quiet")
STATES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "order": {
        "placed": ("wait", msg("Not paid yet")),
        "paid": ("good", msg("Paid")),
        "cancelled": ("quiet", msg("Cancelled")),
        "expired": ("quiet", msg("Expired")),
        "review": ("warn", msg("In review")),
        "partly_refunded": ("quiet", msg("Partly refunded")),
        "refunded": ("quiet", msg("Refunded")),
    },
    "payment": {
        "created": ("wait", msg("Begun")),
        "pending": ("wait", msg("At the gateway")),
        "succeeded": ("good", msg("Succeeded")),
        "failed": ("bad", msg("Failed")),
        "expired": ("quiet", msg("Expired")),
        "review": ("warn", msg("In review")),
    },
    "refund": {
        "requested": ("wait", msg("Requested")),
        "submitted": ("wait", msg("Submitted")),
        "unknown": ("warn", msg("Not known")),
        "succeeded": ("good", msg("Succeeded")),
        "failed": ("bad", msg("Failed")),
    },
}


def stands(state: str, of: str) -> tuple[str, str]:
    """Tone and word. Raises: KeyError for a state that has no look yet."""
    return STATES[of][state]
