"""How OnePay writes an amount, a time, an address and a link; and which values may be sent at all.

Nothing is repaired here: a value that OnePay would cut, refuse or let be read in two ways is refused by its
field, before anything is signed. Sheet: onepay.md, 3, 3.1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlencode

from payport.plugin import Money, RequestRefused, vnd

__all__ = [
    "MOST", "check_payment", "check_refund", "decode_amount", "decode_time", "encode_address",
    "encode_amount", "encode_operator", "link",
]  # fmt: skip

MOST: Final = vnd(9_999_999_999)  # ×100 that is the 12 digits of vpc_Amount

_PLAIN: Final = re.compile(r"[ -~]*")  # printable ASCII: Vietnamese letters are not taken
_FORBIDDEN: Final = frozenset("()/&?")  # signs that OnePay's papers do not allow in a value
_ADDRESSES: Final = frozenset({"vpc_ReturnURL", "vpc_CallbackURL", "AgainLink"})
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "vpc_Merchant": re.compile(r"[A-Za-z0-9_-]{1,20}"),
    "vpc_AccessCode": re.compile(r"[A-Za-z0-9]{8}"),
    "vpc_Locale": re.compile(r"vn|en"),
    "vpc_Currency": re.compile(r"VND"),
    "vpc_ReturnURL": re.compile(r"https?://[!-~]{1,247}"),
    "vpc_CallbackURL": re.compile(r"https?://[!-~]{1,247}"),
    "vpc_MerchTxnRef": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"),
    "vpc_OrgMerchTxnRef": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"),
    "vpc_OrderInfo": re.compile(r"[A-Za-z0-9 ._:,#-]{1,34}"),
    "vpc_Amount": re.compile(r"[1-9][0-9]{0,9}00"),  # đồng × 100, without hundredths
    "vpc_TicketNo": re.compile(r"[0-9A-Fa-f.:]{7,45}"),
    "vpc_Operator": re.compile(r"[A-Za-z0-9 ._:,#-]{1,34}"),
    "vpc_Customer_Phone": re.compile(r".{1,16}"),
    "vpc_Customer_Email": re.compile(r".{1,24}"),
    "vpc_Customer_Id": re.compile(r".{1,64}"),
    "AgainLink": re.compile(r"https?://[!-~]{1,56}"),
    "Title": re.compile(r".{1,64}"),
}
_NEEDED: Final = frozenset({
    "vpc_AccessCode", "vpc_Amount", "vpc_Locale", "vpc_MerchTxnRef", "vpc_Merchant", "vpc_OrderInfo",
    "vpc_ReturnURL", "vpc_TicketNo",
})  # fmt: skip
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,11}")  # of a message (4.1, step 9)
_TIME: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SHORTEST_ADDRESS: Final = 7


def encode_amount(amount: Money) -> str:
    """Đồng × 100. Raises RequestRefused for another currency, and beyond 12 digits."""
    if amount.currency != "VND" or not 1 <= amount.minor <= MOST.minor:
        raise _refused("vpc_Amount", f"not from 1 to {MOST}", "Offer another method")
    return f"{amount.minor}00"


def decode_amount(text: str, currency: str = "VND") -> Money | None:
    """Whole đồng; None where there is no amount of the sheet's form. Hundredths, and what is in another
    currency, are no money of ours: ISO 4217's "no currency", which equals no payment."""
    if not _AMOUNT.fullmatch(text):
        return None
    whole, hundredths = divmod(int(text), 100)
    return vnd(whole) if not hundredths and currency == "VND" else Money(int(text), "XXX")


def decode_time(text: str) -> datetime | None:
    """Aware, or None where OnePay gave no time that can be read: it is only for information."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def encode_address(text: str) -> str:
    """The buyer's one address, in at least 7 characters: a short IPv6 is written out, IPv4 stands alone."""
    try:
        address = ip_address(text)
    except ValueError:
        raise _refused("vpc_TicketNo", "not one IP address", "Give the buyer's address alone") from None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    short = str(mapped or address)
    return short if len(short) >= _SHORTEST_ADDRESS else address.exploded


def encode_operator(name: str) -> str:
    """Who asked for a refund, without marks, in letters that OnePay takes; `payport` if none is left."""
    bare = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return re.sub(r"[^A-Za-z0-9 ._:,#-]+", "", bare).strip()[:34].strip() or "payport"


def check_payment(fields: Mapping[str, str]) -> None:
    """Raises RequestRefused for a value that a page would not take, or that could be cut again, and for
    one that is missing."""
    for name, value in fields.items():
        if name not in _ADDRESSES and (not _PLAIN.fullmatch(value) or not _FORBIDDEN.isdisjoint(value)):
            raise _refused(name, "holds a sign that OnePay does not take", "Write ASCII without ( ) / & ?")
        _check_form(name, value)
    for name in _NEEDED - fields.keys():
        raise _refused(name, "is missing or empty", "Give it")


def check_refund(fields: Mapping[str, str]) -> None:
    """Raises RequestRefused for a value of another form, and for a refund by the payment's own name."""
    for name, value in fields.items():
        _check_form(name, value)
    if fields["vpc_MerchTxnRef"] == fields["vpc_OrgMerchTxnRef"]:
        raise _refused("vpc_MerchTxnRef", "is the payment's own reference", "Give the refund its own")


def link(page: object, fields: Mapping[str, str]) -> str:
    """Where the browser goes: each value percent-encoded once, after signing."""
    return f"{page}?{urlencode(fields)}"


def _refused(field: str, problem: str, remedy: str) -> RequestRefused:
    return RequestRefused(field=field, problem=problem, remedy=remedy)


def _check_form(name: str, value: str) -> None:
    form = _FORMS.get(name)
    if form is not None and not form.fullmatch(value):
        raise _refused(name, "is not of the form or length that OnePay takes", "See onepay.md, 3.1")
