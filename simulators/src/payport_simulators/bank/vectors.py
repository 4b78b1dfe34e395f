"""How the vector runner asks the bank app: what it reads out of a text, and a text's check sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from payport_simulators.bank.qr import Unreadable, crc16, read

__all__ = ["OPERATIONS"]


def _crc16(vector: Mapping[str, Any]) -> dict[str, Any]:
    return {"valid": True, "crc": crc16(vector["params"]["text"])}


def _parse_payload(vector: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"valid": True, **asdict(read(vector["received"]))}
    except Unreadable as unreadable:
        return {"valid": False, "error": unreadable.problem}


OPERATIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "crc16": _crc16,
    "parse_payload": _parse_payload,
}
