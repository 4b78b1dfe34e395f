"""Signatures of Standard Webhooks, version 1: HMAC-SHA256 over id, time and body; several in a rotation.

Source: the specification at standardwebhooks.com, "Signature scheme".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from pydantic import SecretStr

__all__ = ["is_secret", "signature_headers"]

_PREFIX: Final = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64


def signature_headers(event_id: str, stamp: int, body: bytes, secrets: Iterable[SecretStr]) -> dict[str, str]:
    """What goes with a body that is sent at `stamp` (seconds since 1970): one signature for each secret."""
    message = f"{event_id}.{stamp}.".encode() + body
    signatures = (hmac.digest(_bytes(secret), message, hashlib.sha256) for secret in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }


def is_secret(text: SecretStr) -> bool:
    """Whether it is written as receivers' libraries read it: `whsec_` and 24 to 64 bytes in base64."""
    if not text.get_secret_value().startswith(_PREFIX):
        return False
    try:
        return _LEAST_BYTES <= len(_bytes(text)) <= _MOST_BYTES
    except (binascii.Error, ValueError):
        return False


def _bytes(secret: SecretStr) -> bytes:
    return base64.b64decode(secret.get_secret_value().removeprefix(_PREFIX), validate=True)
