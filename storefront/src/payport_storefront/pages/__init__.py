"""One module for each place in the shop; each says its routes."""

from __future__ import annotations

__all__: list[str] = []
