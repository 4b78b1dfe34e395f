"""Signs for the bank that does not exist, by hand: never by the code under test."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import quote_plus

from tests.support.sign import escape

__all__ = ["API_SECRET", "BANK_SECRET", "MERCHANT", "bank_fields", "digest_query", "hmac_hex", "pairs"]

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
