"""What is done by hand names who does it and why: texts that an auditor can read later."""

from __future__ import annotations

from typing import Final

from payport.errors import RequestRefused
from payport.gateways.believed import believe_text

__all__ = ["check_by_hand"]

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


def _is_said(field: str, text: str) -> bool:
    try:
        believe_text(field, text, most=_LONGEST[field])
    except ValueError:
        return False
    return bool(text.strip())
