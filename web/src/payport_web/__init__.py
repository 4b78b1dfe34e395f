"""What Payport's pages share, for the shop and the back office: written, and looked through, once."""

from __future__ import annotations

__all__: list[str] = []
