"""What is done by hand names who does it and why: texts that an auditor can read later."""

from __future__ import annotations

from typing import Final

from payport.errors import RequestRefused
from payport.gateways.believed import believe_text
from payport.rules.money import Money

__all__ = ["check_by_hand", "check_seen"]

_LONGEST: Final = {"actor": 120, "reason": 500}


def check_by_hand(*, actor: str, reason: str) -> None:
    """Raises RequestRefused, naming `actor` or `reason`, for one that is empty, long, or no line of text."""
    for field, text in (("actor", actor), ("reason", reason)):
        if not _is_said(field, text):
            raise RequestRefused(
                field=field,
                problem=f"not a text of 1 to {_LONGEST[field]} signs in one line",
                remedy="Say who does it, and why",
            )


def check_seen(seen_left: Money | None, left: Money) -> None:
    """Raises RequestRefused where what is left of a payment is not what was seen; None: nothing was."""
    if seen_left is not None and seen_left != left:
        raise RequestRefused(
            field="seen_left",
            problem=f"what is left of the payment has changed since: {left}",
            remedy="Look at its refunds and chargebacks, and ask again if that is still needed",
        )


def _is_said(field: str, text: str) -> bool:
    try:
        believe_text(field, text, most=_LONGEST[field])
    except ValueError:
        return False
    return bool(text.strip())
