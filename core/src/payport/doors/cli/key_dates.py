"""When a key is valid, in words. Never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payport.doors.cli.printing import instant

if TYPE_CHECKING:
    from payport.signing.keys import Key

__all__ = ["span_words"]


def span_words(key: Key) -> str:
    begin = "" if key.not_before is None else f"from {instant(key.not_before)} "
    end = "" if key.not_after is None else f"until {instant(key.not_after)}"
    return f"{begin}{end}".strip() or "always"
