"""Lucide drawings, inlined: each takes the text's colour and size, and says nothing to a screen reader."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

from payport_web.static import FOLDER

__all__ = ["icon"]


@cache
def icon(name: str) -> Markup:
    """Args: name: of a file in static/vendor/lucide, without its ending."""
    drawn = (FOLDER / "vendor" / "lucide" / f"{name}.svg").read_text(encoding="utf-8")
    inside = re.sub(r"<!--.*?-->|<svg[^>]*>|</svg>", "", drawn, flags=re.DOTALL)
    return Markup(  # noqa: S704 - our own file, no one else's text
        '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '
        'aria-hidden="true" focusable="false">'
        f"{inside.strip()}</svg>"
    )
