"""The digest by which an entry names the callback that it rests on."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Final

__all__ = ["callback_digest"]

_FORM: Final = "payport callback 1"


def callback_digest(*, account: str, channel: str, method: str, query: bytes, body: bytes) -> str:
    """SHA-256, hex, of a callback as it is kept: card numbers masked, and without its headers, which may hold
    what a person can have erased."""
    text = json.dumps(
        {
            "form": _FORM,
            "account": account,
            "channel": channel,
            "method": method,
            "query": b64encode(query).decode(),
            "body": b64encode(body).decode(),
        },
        ensure_ascii=True,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()
