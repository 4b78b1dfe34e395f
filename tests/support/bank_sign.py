"""Signs for the bank that does not exist, by hand: never by the code under test."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import struct
from collections.abc import Mapping
from urllib.parse import quote_from_bytes, quote_plus

from tests.support.sign import escape

__all__ = [
    "API_SECRET", "BANK_SECRET", "MERCHANT", "bank_fields", "digest_query", "hmac_hex", "json_body",
    "md5_extended", "pairs",
]  # fmt: skip

BANK_SECRET = "bank-ipn-secret-of-tests"
API_SECRET = "bank-api-secret-of-tests"
MERCHANT = "SAMPLE01"


def bank_fields(reference: str, amount: int, **changes: str | None) -> dict[str, str]:
    """What a genuine success says; a change to None leaves the field out."""
    fields = {
        "merchant": MERCHANT,
        "order_ref": reference,
        "amount": str(amount),
        "currency": "VND",
        "status": "paid",
        "txn": f"T{reference}",
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def hmac_hex(text: bytes, secret: str = BANK_SECRET) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def pairs(fields: Mapping[str, str], secret: str = BANK_SECRET, *, unsigned: str = "") -> bytes:
    """Sorted, escaped, signed; `unsigned` is put behind as it is."""
    text = "&".join(f"{escape(name)}={escape(value)}" for name, value in sorted(fields.items()))
    return f"{text}&sig={hmac_hex(text.encode(), secret)}{unsigned}".encode()


def json_body(fields: Mapping[str, str], secret: str = BANK_SECRET) -> bytes:
    """A JSON object whose raw values are signed as sorted pairs."""
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return json.dumps({**fields, "sig": hmac_hex(text.encode(), secret)}, ensure_ascii=False).encode()


def digest_query(fields: Mapping[str, str], secret: str = BANK_SECRET) -> bytes:
    """MD5 of secret and values, one after the other: the weak scheme of old kits."""
    text = secret + fields["amount"] + fields["order_ref"] + fields["status"]
    signature = hashlib.md5(text.encode()).hexdigest()
    query = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
    return f"{query}&sig={signature}".encode()


def md5_extended(query: bytes, fields: Mapping[str, str], *, secret_length: int, suffix: bytes) -> bytes:
    """The same message with `suffix` behind its last signed value; its digest goes on without the key."""
    length = secret_length + sum(len(fields[name]) for name in ("amount", "order_ref", "status"))
    padding = b"\x80" + bytes(-(length + 9) % 64) + struct.pack("<Q", length * 8)
    state = bytes.fromhex(query.rpartition(b"=")[2].decode())
    digest = _md5_from(state, length + len(padding), suffix)
    status = quote_from_bytes(fields["status"].encode() + padding + suffix)
    rest = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items() if name != "status")
    return f"{rest}&status={status}&sig={digest.hex()}".encode()


def _md5_from(state: bytes, done: int, data: bytes) -> bytes:
    """MD5 (RFC 1321) over `data`, begun from the digest of `done` bytes instead of from the start."""
    a0, b0, c0, d0 = struct.unpack("<4I", state)
    data += b"\x80" + bytes(-(done + len(data) + 9) % 64) + struct.pack("<Q", (done + len(data)) * 8)
    for start in range(0, len(data), 64):
        words = struct.unpack("<16I", data[start : start + 64])
        a, b, c, d = a0, b0, c0, d0
        for step in range(64):
            if step < 16:
                mixed, place = (b & c) | (~b & d), step
            elif step < 32:
                mixed, place = (d & b) | (~d & c), (5 * step + 1) % 16
            elif step < 48:
                mixed, place = b ^ c ^ d, (3 * step + 5) % 16
            else:
                mixed, place = c ^ (b | ~d), (7 * step) % 16
            turned = (mixed + a + int(abs(math.sin(step + 1)) * 2**32) + words[place]) & 0xFFFFFFFF
            by = _TURNS[step // 16][step % 4]
            a, d, c = d, c, b
            b = (b + (turned << by | turned >> (32 - by))) & 0xFFFFFFFF
        a0, b0, c0, d0 = ((old + new) & 0xFFFFFFFF for old, new in ((a0, a), (b0, b), (c0, c), (d0, d)))
    return struct.pack("<4I", a0, b0, c0, d0)


_TURNS = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
