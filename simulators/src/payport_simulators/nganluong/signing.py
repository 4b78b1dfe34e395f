"""How NgânLượng signs: MD5 over values and a trailing secret, and a password's MD5 as bearer (sheet 3, 4)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote_plus

__all__ = [
    "BASIC",
    "RETURNED",
    "STANDARD",
    "check_sum",
    "checkout_code",
    "is_same",
    "lowered",
    "password_hash",
    "return_code",
]

STANDARD: Final = (
    "merchant_site_code", "return_url", "receiver", "transaction_info", "order_code", "price", "currency",
    "quantity", "tax", "discount", "fee_cal", "fee_shipping", "order_description", "buyer_info",
    "affiliate_code",
)  # fmt: skip
BASIC: Final = STANDARD[:6]
RETURNED: Final = ("transaction_info", "order_code", "price", "payment_id", "payment_type", "error_text")

_UPPER: Final = re.compile(r"[A-Z]+")


def checkout_code(fields: Mapping[str, str], secret: str) -> str:
    """secure_code of a checkout.php request: 15 fields if it has a currency, else 6 (sheet 3.1, 3.2)."""
    if "currency" in fields:
        values = [fields[name] for name in STANDARD]
        values[1] = lowered(values[1])
    else:
        values = [fields[name] for name in BASIC]
        values[1] = lowered(quote_plus(values[1], safe="").replace("~", "%7E"))
    return _md5(" ".join([*values, secret]))


def return_code(fields: Mapping[str, str], merchant: str, secret: str) -> str:
    """secure_code of a classic return, which begins with a space (sheet 3.4)."""
    return _md5("".join(f" {value}" for value in _returned(fields, merchant, secret)))


def password_hash(secret: str) -> str:
    """merchant_password of version 3."""
    return _md5(secret)


def check_sum(name: str, secret: str) -> str:
    """checksum of an order query, by token or by order code (sheet 3.6)."""
    return _md5(f"{name}|{secret}")


def is_same(right: str, offered: str) -> bool:
    """Exactly the same text, compared in constant time."""
    return hmac.compare_digest(right.encode(), offered.encode())


def lowered(text: str) -> str:
    """ASCII letters in lower case, all else as it is."""
    return _UPPER.sub(lambda run: run[0].lower(), text)


def _returned(fields: Mapping[str, str], merchant: str, secret: str) -> Iterable[str]:
    return (*(fields[name] for name in RETURNED), merchant, secret)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
