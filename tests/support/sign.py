"""VNPAY's side of a callback, signed here by hand from the sheet (3.1, 4): never by the code under test."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote_plus

__all__ = ["SECRET", "TMN_CODE", "escape", "ipn_query", "signature", "signed_query"]

SECRET = "TESTVNPAYSECRETALPHA000000000001"
TMN_CODE = "TESTTMN1"


def escape(value: str) -> str:
    return quote_plus(value, safe="").replace("~", "%7E")


def signature(pairs: Iterable[tuple[str, str]], secret: str = SECRET) -> str:
    text = "&".join(f"{escape(name)}={escape(value)}" for name, value in sorted(pairs))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def signed_query(fields: Mapping[str, str], secret: str = SECRET) -> bytes:
    pairs = sorted(fields.items())
    text = "&".join(f"{escape(name)}={escape(value)}" for name, value in pairs)
    return f"{text}&vnp_SecureHash={signature(pairs, secret)}".encode()


def ipn_query(
    reference: str,
    amount: int,
    *,
    response: str = "00",
    status: str | None = None,
    transaction: str = "15000001",
    secret: str = SECRET,
    tmn_code: str = TMN_CODE,
    **extra: str,
) -> bytes:
    """A genuine message about `amount` whole đồng, as the gateway would send it."""
    return signed_query(
        {
            "vnp_Amount": str(amount * 100),
            "vnp_BankCode": "NCB",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": f"Thanh toan don hang {reference}",
            "vnp_ResponseCode": response,
            "vnp_TmnCode": tmn_code,
            "vnp_TransactionNo": transaction,
            "vnp_TransactionStatus": status or ("00" if response == "00" else "02"),
            "vnp_TxnRef": reference,
            **extra,
        },
        secret,
    )
