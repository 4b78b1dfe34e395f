"""What a payment page checks before it shows itself, in the sheet's order (section 11). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from payport_simulators.onepay.cards import is_card_list
from payport_simulators.onepay.products import Product
from payport_simulators.onepay.records import Merchant, PayRequest, Reason, Refused
from payport_simulators.onepay.results import error_location
from payport_simulators.onepay.signing import HASH, Malformed, canonical, fits, is_echoed, parse

__all__ = ["check", "is_amount", "is_text", "refused_field"]

_MOST_DOMESTIC: Final = 99_999_999_900
_FORBIDDEN: Final = frozenset("()/&?")
_URL: Final = re.compile(r"https?://[\x21-\x7e]+")
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,11}")
_MAY_HOLD_AMPERSAND: Final = ("vpc_ReturnURL", "vpc_CallbackURL")


def check(product: Product, query: bytes, *, merchants: Mapping[str, Merchant]) -> PayRequest | Refused:
    """What one of the pages does with a raw query string: opens, shows an error, or sends the buyer back."""
    try:
        fields = parse(query)
    except Malformed as error:
        return Refused(Reason.MALFORMED, str(error))
    locale = "en" if fields.get("vpc_Locale") == "en" else "vn"
    merchant = merchants.get(fields.get("vpc_Merchant", ""))
    if merchant is None or merchant.product is not product:
        return Refused(Reason.MERCHANT, "vpc_Merchant is no merchant of this page", locale)
    if fields.get("vpc_AccessCode") != merchant.access_code:
        return Refused(Reason.ACCESS_CODE, "vpc_AccessCode is not this merchant's", locale)
    if not fits(fields, merchant.secret):
        return Refused(Reason.HASH, "vpc_SecureHash is wrong", locale)
    wrong = _wrong_field(product, fields)
    if wrong is not None:
        return refused_field(product, fields, wrong)
    return _request(product, fields)


def refused_field(product: Product, fields: Mapping[str, str], name: str) -> Refused:
    """The answer to a genuine request with one bad field: back to the shop, or to nowhere it could be."""
    return_url = fields.get("vpc_ReturnURL", "")
    return Refused(
        Reason.FIELD,
        f"Field {name} value is invalid.",
        "en" if fields.get("vpc_Locale") == "en" else "vn",
        error_location(product, fields, name) if _is_url(return_url) else None,
    )


def is_amount(text: str) -> bool:
    """vpc_Amount of whole đồng, × 100: no leading zero, at most 12 digits."""
    return _AMOUNT.fullmatch(text) is not None and text.endswith("00")


def is_text(least: int, most: int) -> Callable[[str], bool]:
    """That many ASCII characters, none of those that the papers forbid."""
    return lambda text: (
        least <= len(text) <= most
        and text.isascii()
        and text.isprintable()
        and not _FORBIDDEN.intersection(text)
    )


def _wrong_field(product: Product, fields: Mapping[str, str]) -> str | None:
    """The name of the first field that is not as the sheet says (3.1, 11); empty is absent."""
    legacy = product is not Product.UNIFIED
    for name, is_right in _FIELDS.items():
        value = fields.get(name, "")
        if name == "vpc_Currency" and product is Product.INTERNATIONAL:
            if value:
                return name
        elif name in _LEGACY:
            if legacy and not is_right(value):
                return name
        elif name in _OPTIONAL:
            if value and not is_right(value):
                return name
        elif not is_right(value):
            return name
    if product is Product.DOMESTIC and int(fields["vpc_Amount"]) > _MOST_DOMESTIC:
        return "vpc_Amount"
    return next(
        (n for n, v in fields.items() if "&" in v and n not in _MAY_HOLD_AMPERSAND and canonical({n: v})),
        None,
    )


def _request(product: Product, fields: Mapping[str, str]) -> PayRequest:
    unified = product is Product.UNIFIED
    return PayRequest(
        product=product,
        merchant=fields["vpc_Merchant"],
        reference=fields["vpc_MerchTxnRef"],
        amount=int(fields["vpc_Amount"]),
        order_info=fields["vpc_OrderInfo"],
        locale=fields["vpc_Locale"],
        return_url=fields["vpc_ReturnURL"],
        callback_url=fields.get("vpc_CallbackURL", "") if unified else "",
        card_list=fields.get("vpc_CardList", "") if unified else "",
        buyer_ip=fields["vpc_TicketNo"],
        title=fields.get("Title", ""),
        again_link=fields.get("AgainLink", "") if _is_url(fields.get("AgainLink", "")) else "",
        echoed={name: value for name, value in fields.items() if is_echoed(name) and value},
        hash=fields[HASH],
    )


def _is(*values: str) -> Callable[[str], bool]:
    return lambda text: text in values


def _is_url(text: str, most: int = 255) -> bool:
    if not (len(text) <= most and _URL.fullmatch(text)):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return 7 <= len(text) <= 45


_LEGACY: Final = frozenset({"AgainLink", "Title"})
_OPTIONAL: Final = frozenset({
    "vpc_CardList", "vpc_CallbackURL", "vpc_Customer_Phone", "vpc_Customer_Email", "vpc_Customer_Id",
})  # fmt: skip
_FIELDS: Final[Mapping[str, Callable[[str], bool]]] = {
    "vpc_Version": _is("2"),
    "vpc_Command": _is("pay"),
    "vpc_ReturnURL": _is_url,
    "vpc_Locale": _is("vn", "en"),
    "vpc_Amount": is_amount,
    "vpc_Currency": _is("VND"),
    "vpc_MerchTxnRef": is_text(1, 40),
    "vpc_OrderInfo": is_text(1, 34),
    "vpc_TicketNo": _is_ip,
    "AgainLink": lambda text: _is_url(text, 64),
    "Title": bool,
    "vpc_CardList": is_card_list,
    "vpc_CallbackURL": _is_url,
    "vpc_Customer_Phone": lambda text: len(text) <= 16,
    "vpc_Customer_Email": lambda text: len(text) <= 24,
    "vpc_Customer_Id": lambda text: len(text) <= 64,
}
