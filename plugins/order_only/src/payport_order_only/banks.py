"""Which bank a BIN names, from the table that is shipped beside this module. Sheet: vietqr.md, 8.

The table is public lists merged; a bank that is not in it can still receive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["Bank", "banks"]


@dataclass(frozen=True, slots=True)
class Bank:
    """`short_name` is what its app is called; `confidence`: high, medium or low, by how many lists agree."""

    bin: str
    code: str
    short_name: str
    name: str  # Vietnamese
    confidence: str


@cache
def banks() -> Mapping[str, Bank]:
    """All banks that are known, by BIN."""
    table = json.loads(files("payport_order_only").joinpath("banks.json").read_bytes())
    return MappingProxyType({row["bin"]: Bank(**row) for row in table["banks"]})
