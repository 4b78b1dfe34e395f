"""How OnePay reads a query and signs fields (sheet 3, 4.1). Shares no line with what it checks."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

__all__ = [
    "HASH",
    "Malformed",
    "canonical",
    "digest",
    "encoded",
    "fits",
    "is_echoed",
    "parse",
    "signed_query",
]

HASH: Final = "vpc_SecureHash"

_HASH_TYPE: Final = "vpc_SecureHashType"
_SIGNED: Final = ("vpc_", "user_")
_HEX: Final = re.compile(r"[0-9A-F]{64}")
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Malformed(ValueError):
    """The query cannot be read in exactly one way."""


def parse(query: bytes) -> dict[str, str]:
    """Every field by its decoded name; of a repeated name that nobody signs, the first.

    Raises Malformed on a broken escape, on bad UTF-8, and where a `vpc_` or `user_` name is repeated.
    """
    fields: dict[str, str] = {}
    for piece in query.split(b"&"):
        if not piece:
            continue
        name, _, value = (_decoded(part) for part in piece.partition(b"="))
        if name in fields and name.startswith(_SIGNED):
            raise Malformed(f"{name} is repeated")
        fields.setdefault(name, value)
    return fields


def is_echoed(name: str) -> bool:
    """Whether a request's field comes back in a result: the shop's own, which are signed."""
    return name.startswith("user_")


def canonical(fields: Mapping[str, str]) -> str:
    """The signed text: decoded values, names in byte order; empty is absent, the hash covers not itself."""
    return "&".join(
        f"{name}={fields[name]}"
        for name in sorted(fields, key=lambda name: name.encode())
        if name.startswith(_SIGNED) and name not in (HASH, _HASH_TYPE) and fields[name]
    )


def digest(secret: str, fields: Mapping[str, str]) -> str:
    """64 upper-case hex digits. The secret is hex too, and its bytes are the key."""
    key = bytes.fromhex(secret)
    return hmac.new(key, canonical(fields).encode(), hashlib.sha256).hexdigest().upper()


def fits(fields: Mapping[str, str], secret: str) -> bool:
    """Whether the fields carry their own hash, in upper case."""
    offered = fields.get(HASH, "")
    return _HEX.fullmatch(offered) is not None and hmac.compare_digest(digest(secret, fields), offered)


def signed_query(fields: Mapping[str, str], secret: str) -> str:
    """The fields that are not empty, names in byte order, their hash at the end."""
    return encoded({**fields, HASH: digest(secret, fields)})


def encoded(fields: Mapping[str, str]) -> str:
    """Form-encoded in byte order with the hash, if there is one, at the end; empty values are left out."""
    names = sorted((name for name in fields if fields[name]), key=lambda name: (name == HASH, name.encode()))
    return "&".join(f"{quote_plus(name)}={quote_plus(fields[name])}" for name in names)


def _decoded(raw: bytes) -> str:
    if _BROKEN_ESCAPE.search(raw):
        raise Malformed("a % is not followed by two hex digits")
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the text is not UTF-8") from None
