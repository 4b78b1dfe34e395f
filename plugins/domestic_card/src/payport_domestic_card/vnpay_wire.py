"""How VNPAY writes an amount, a time, an address, an order text and a link; and how long each may be.

Sheet: vnpay.md, 3 (request), 3.1 (encoding), 6 (querydr), 7 (refund).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlencode

from payport.plugin import Limits, Money, Refund, RequestRefused, vnd

__all__ = [
    "LIMITS", "check_lengths", "decode_amount", "decode_time", "encode_address", "encode_amount",
    "encode_refund", "encode_staff", "encode_time", "link", "order_info_clean", "refund_kind",
    "refund_named_by", "refund_text",
]  # fmt: skip

LIMITS: Final = Limits(least=vnd(5_000), most=vnd(999_999_999))  # 5,000 ≤ đồng < 1,000,000,000

_REFUND_TEXT: Final = re.compile(r"Hoan tien [A-Za-z0-9_-]{1,40} ([A-Za-z0-9_-]{1,40})")
_GMT_7: Final = timezone(timedelta(hours=7))
_TIME: Final = "%Y%m%d%H%M%S"
_LENGTHS: Final[Mapping[str, tuple[int, int]]] = {  # a field that is not listed is free
    "vnp_Amount": (1, 12), "vnp_BankCode": (3, 20), "vnp_Command": (1, 16), "vnp_CreateBy": (1, 245),
    "vnp_CreateDate": (14, 14), "vnp_CurrCode": (3, 3), "vnp_ExpireDate": (14, 14), "vnp_IpAddr": (7, 45),
    "vnp_Locale": (2, 5), "vnp_OrderInfo": (1, 255), "vnp_OrderType": (1, 100), "vnp_RequestId": (1, 32),
    "vnp_ReturnUrl": (10, 255), "vnp_TmnCode": (8, 8), "vnp_TransactionDate": (14, 14),
    "vnp_TransactionNo": (1, 15), "vnp_TransactionType": (2, 2), "vnp_TxnRef": (1, 100),
    "vnp_Version": (1, 8),
}  # fmt: skip


def encode_amount(amount: Money) -> str:
    """Đồng × 100, in digits. Raises RequestRefused for another currency and outside of the limits."""
    if amount.currency != "VND" or not LIMITS.least <= amount <= LIMITS.most:
        raise _refused("amount", f"not from {LIMITS.least} to {LIMITS.most}", "Offer another method")
    return str(amount.minor * 100)


def encode_refund(amount: Money) -> str:
    """As an amount, with no least one: what is left of a payment may be less than a payment can be."""
    if amount.currency != "VND" or not 1 <= amount.minor <= LIMITS.most.minor:
        raise _refused("amount", f"not from 1 đồng to {LIMITS.most}", "Give back what was paid")
    return str(amount.minor * 100)


def decode_amount(text: str) -> Money:
    """Whole đồng. Hundredths are no money of ours: ISO 4217's "no currency", which equals no payment."""
    hundredths = int(text)
    return Money(hundredths, "XXX") if hundredths % 100 else vnd(hundredths // 100)


def encode_time(instant: datetime) -> str:
    """14 digits, GMT+7 whatever the server's zone is. Raises RequestRefused for a time without a zone."""
    if instant.tzinfo is None:
        raise _refused("time", "has no zone", "Give an aware time")
    return instant.astimezone(_GMT_7).strftime(_TIME)


def decode_time(text: str) -> datetime | None:
    """Aware, or None where VNPAY gave no time that can be read: it is only for information."""
    if not re.fullmatch(r"[0-9]{14}", text):
        return None
    try:
        return datetime.fromisoformat(f"{text[:8]}T{text[8:]}+07:00").astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 in GMT+7 begins before UTC's
        return None


def encode_address(text: str) -> str:
    """One address of 7 to 45 characters: IPv4 without `::ffff:`, a short IPv6 written out."""
    try:
        address = ip_address(text)
    except ValueError:
        raise _refused("buyer_ip", "not one IP address", "Give the buyer's address alone") from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise _refused("buyer_ip", "has a zone", "Give an address that is known outside of your network")
        address = address.ipv4_mapped or address
    return str(address) if len(str(address)) >= 7 else address.exploded


def order_info_clean(text: str) -> str:
    """ASCII without marks and special characters, at most 255. Raises RequestRefused if nothing is left."""
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn")
    plain = re.sub(r"[^A-Za-z0-9 .,:_-]", " ", bare.replace("đ", "d").replace("Đ", "D"))
    clean = re.sub(r" +", " ", plain).strip()[:255].strip()
    if not clean:
        raise _refused("order_text", "holds no letter or digit that VNPAY takes", "Give a reference in ASCII")
    return clean


def encode_staff(name: str) -> str:
    """vnp_CreateBy: a staff or system name, 1 to 245 characters."""
    try:
        return order_info_clean(name)[:245].strip()
    except RequestRefused:  # a name without a Latin letter: who it was stands in our own journal
        return "payport"


def refund_kind(refund: Refund) -> str:
    """vnp_TransactionType: 02 gives all of a payment back at once, 03 a part."""
    return "02" if refund.amount == refund.payment.amount else "03"


def refund_text(refund: Refund) -> str:
    """vnp_OrderInfo: the refund's own reference, by which its row is known again."""
    return order_info_clean(f"Hoan tien {refund.payment.order_text} {refund.refund_reference}")


def refund_named_by(text: str) -> str | None:
    """The refund that a `refund_text` names; None for any other text."""
    found = _REFUND_TEXT.fullmatch(text)
    return None if found is None else found[1]


def check_lengths(fields: Mapping[str, str]) -> None:
    """Raises RequestRefused for a value that VNPAY would cut or refuse."""
    for name, value in fields.items():
        least, most = _LENGTHS.get(name, (0, len(value)))
        if not least <= len(value) <= most:
            raise _refused(name, f"has {len(value)} characters", f"Give {least} to {most}")


def link(fields: Mapping[str, str]) -> str:
    """The query string to send: the signed text itself (sorted, form-encoded as PHP does), then the hash."""
    ordered = sorted(fields.items(), key=lambda field: (field[0] == "vnp_SecureHash", field[0].encode()))
    return urlencode(ordered).replace("~", "%7E")


def _refused(field: str, problem: str, remedy: str) -> RequestRefused:
    return RequestRefused(field=field, problem=problem, remedy=remedy)
