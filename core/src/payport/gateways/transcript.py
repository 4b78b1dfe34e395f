"""What is kept of a call to a gateway: where, when, how much, and the names of fields. Never a value.

An operator reads how far it came; nothing in it can sign, pay or identify a person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from payport.gateways.http import Request

__all__ = ["Transcript"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_MOST_NAMES: Final = 60


class Transcript:
    """The exchanges of one call, in order. `entries` holds only what JSON can say.

    Args:
        is_secret: says whether a text holds a key; such a text is left out, whatever it claims to be.
    """

    def __init__(self, is_secret: Callable[[str], bool]) -> None:
        self._is_secret = is_secret
        self.entries: list[dict[str, Any]] = []

    def sending(self, request: Request) -> dict[str, Any]:
        """Begin an exchange; the entry is completed by `answered` or `failed`."""
        url = request.url
        entry: dict[str, Any] = {
            "method": request.method,
            "host": url.host,
            "path": "…" if self._is_secret(url.path) else url.path,
            "query_fields": self._names(
                parse_qsl(url.query.decode("ascii", "replace"), keep_blank_values=True)
            ),
            "sent_bytes": len(request.content),
            "sent_fields": self._names(_fields(request.content)),
        }
        self.entries.append(entry)
        return entry

    def answered(self, entry: dict[str, Any], *, status: int, content: bytes, seconds: float) -> None:
        entry.update(
            status=status,
            received_bytes=len(content),
            received_fields=self._names(_fields(content)),
            milliseconds=round(seconds * 1000),
        )

    def failed(self, entry: dict[str, Any], *, problem: str, seconds: float) -> None:
        entry.update(problem=problem, milliseconds=round(seconds * 1000))

    def _names(self, pairs: list[tuple[str, str]]) -> list[str]:
        names = [name for name, _ in pairs if _NAME.fullmatch(name) and not self._is_secret(name)]
        return names[:_MOST_NAMES]


def _fields(content: bytes) -> list[tuple[str, str]]:
    """Names of a JSON object's or a form's fields, with empty values; none if it is neither."""
    try:
        text = content.decode()
        if text.startswith("{"):
            return [(str(name), "") for name in json.loads(text)]
        return [(name, "") for name, _ in parse_qsl(text, strict_parsing=True, max_num_fields=_MOST_NAMES)]
    except (ValueError, RecursionError):
        return []
