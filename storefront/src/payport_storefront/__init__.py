"""A host application as a stranger would write it: a shop with its Wall and Settings, and the demo."""

from __future__ import annotations

__all__: list[str] = []
