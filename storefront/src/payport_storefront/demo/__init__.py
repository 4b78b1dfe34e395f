"""The demo: shop, Payport's doors, a simulated gateway and the worker in one process, on one SQLite file."""

from __future__ import annotations

__all__: list[str] = []
