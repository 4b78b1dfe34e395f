"""What the gateway checks before it takes an order on, in the sheet's order (section 8). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from payport_simulators.nganluong.banks import METHODS, WALLETS, is_bank
from payport_simulators.nganluong.records import Merchant, Product, Refused
from payport_simulators.nganluong.signing import (
    BASIC,
    STANDARD,
    checkout_code,
    is_same,
    lowered,
    password_hash,
)

__all__ = ["FUNCTIONS", "check_caller", "check_classic", "check_order"]

FUNCTIONS: Final[Mapping[Product, frozenset[str]]] = {
    Product.ADVANCED: frozenset({"SetExpressCheckout", "GetTransactionDetail"}),
    Product.SEAMLESS: frozenset({"SetExpressCheckout", "GetTransactionDetail", "UpdateOrderAuto"}),
}

_Fields = Mapping[str, str]
_Check = tuple[str, str, Callable[[_Fields], bool]]  # error_code, field, whether it holds

_LEAST: Final = 2_000
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,11}")
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,11}")
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MOBILE: Final = re.compile(r"\+?[0-9][0-9 .-]{0,18}")
_URL: Final = re.compile(r"https?://[^\s\x00-\x1f\x7f]+")
_MINUTES: Final = re.compile(r"[1-9][0-9]{0,5}")


def check_caller(
    fields: _Fields, merchants: Mapping[str, Merchant], product: Product, *, sandbox: bool
) -> Merchant | Refused:
    """Who asks, and whether for something that there is: codes 04 to 07."""
    function = fields.get("function", "")
    if function not in FUNCTIONS[product] or (function == "UpdateOrderAuto" and not sandbox):
        return Refused("04", "function is none of this address")
    if fields.get("version") != product:
        return Refused("05", f"version is not {product}")
    merchant = merchants.get(fields.get("merchant_id", ""))
    if merchant is None or not merchant.active:
        return Refused("06", "merchant_id is unknown or not active")
    if not is_same(password_hash(merchant.password), fields.get("merchant_password", "")):
        return Refused("07", "merchant_password is wrong")
    return merchant


def check_order(fields: _Fields, merchant: Merchant) -> Refused | None:
    """What is wrong first with the order of a SetExpressCheckout whose caller is known."""
    receiver = fields.get("receiver_email", "")
    if not _MAIL.fullmatch(receiver):
        return Refused("110", "receiver_email is no address")
    if receiver.casefold() != merchant.receiver_email.casefold():
        return Refused("08", "receiver_email is not the merchant's wallet")
    return _first_wrong(fields, _ORDER)


def check_classic(
    fields: _Fields, merchants: Mapping[str, Merchant]
) -> tuple[Merchant, dict[str, str]] | Refused:
    """A checkout.php request, by its field names in 3.1: 15 signed fields if it has a currency, else 6."""
    lang = "en" if fields.get("lang") == "en" else "vi"
    missing = [name for name in (STANDARD if "currency" in fields else BASIC) if name not in fields]
    if missing:
        return Refused("03", f"{missing[0]} is missing", lang)
    merchant = merchants.get(fields["merchant_site_code"])
    if merchant is None or not merchant.active:
        return Refused("06", "merchant_site_code is unknown or not active", lang)
    if not is_same(checkout_code(fields, merchant.password), fields.get("secure_code", "")):
        return Refused("03", "secure_code is wrong", lang)
    if fields["receiver"].casefold() != merchant.receiver_email.casefold():
        return Refused("08", "receiver is not the merchant's wallet", lang)
    order = {
        "receiver_email": fields["receiver"],
        "order_code": fields["order_code"],
        "total_amount": fields["price"],
        "cur_code": fields.get("currency", "vnd"),
        "payment_method": "NL",
        "order_description": fields.get("order_description", ""),
        "tax_amount": fields.get("tax", ""),
        "discount_amount": fields.get("discount", ""),
        "fee_shipping": fields.get("fee_shipping", ""),
        "return_url": lowered(fields["return_url"]),
        "cancel_url": fields.get("cancel_url", ""),
        "affiliate_code": fields.get("affiliate_code", ""),
        "transaction_info": fields["transaction_info"],
        "lang_code": lang,
    }
    wrong = _first_wrong(order, _CLASSIC)
    return (merchant, order) if wrong is None else Refused(wrong.code, wrong.problem, lang)


def _first_wrong(fields: _Fields, checks: Sequence[_Check]) -> Refused | None:
    for code, name, holds in checks:
        if not holds(fields):
            return Refused(code, f"{name} is not as specified")
    return None


def _is_url(text: str) -> bool:
    if len(text) > 500 or not _URL.fullmatch(text):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


def _url(name: str, *, needed: bool) -> Callable[[_Fields], bool]:
    return lambda fields: _is_url(fields[name]) if fields.get(name) else not needed


def _text(name: str, least: int, most: int) -> Callable[[_Fields], bool]:
    """That many characters, none of them a control character."""
    return lambda fields: least <= len(fields.get(name, "")) <= most and fields.get(name, "").isprintable()


def _matches(name: str, pattern: re.Pattern[str], *, needed: bool = True) -> Callable[[_Fields], bool]:
    return lambda fields: bool(pattern.fullmatch(fields[name])) if fields.get(name) else not needed


def _one_of(name: str, *values: str) -> Callable[[_Fields], bool]:
    return lambda fields: fields.get(name, "") in values


def _has_amount(fields: _Fields) -> bool:
    text = fields.get("total_amount", "")
    return bool(_AMOUNT.fullmatch(text)) and int(text) >= _LEAST


def _has_bank(fields: _Fields) -> bool:
    return fields["payment_method"] in WALLETS or bool(fields.get("bank_code"))


def _knows_bank(fields: _Fields) -> bool:
    method = fields["payment_method"]
    return method in WALLETS or is_bank(method, fields["bank_code"])


def _has_mail(fields: _Fields) -> bool:
    text = fields.get("buyer_email", "")
    return len(text) <= 255 and bool(_MAIL.fullmatch(text))


_MONEY: Final[tuple[_Check, ...]] = (
    ("10", "order_code", _text("order_code", 1, 150)),
    ("11", "total_amount", _has_amount),
    ("12", "cur_code", _one_of("cur_code", "", "vnd", "usd")),
)
_PARTS: Final[tuple[_Check, ...]] = (
    ("118", "tax_amount", _matches("tax_amount", _WHOLE, needed=False)),
    ("119", "discount_amount", _matches("discount_amount", _WHOLE, needed=False)),
    ("120", "fee_shipping", _matches("fee_shipping", _WHOLE, needed=False)),
    ("126", "order_description", _text("order_description", 0, 500)),
)
_ORDER: Final[tuple[_Check, ...]] = (
    *_MONEY,
    ("01", "payment_method", _one_of("payment_method", *METHODS)),
    ("134", "bank_code", _has_bank),
    ("28", "bank_code", _knows_bank),
    ("121", "return_url", _url("return_url", needed=True)),
    ("122", "cancel_url", _url("cancel_url", needed=False)),
    ("129", "buyer_fullname", _text("buyer_fullname", 1, 255)),
    ("130", "buyer_email", _has_mail),
    ("131", "buyer_mobile", _matches("buyer_mobile", _MOBILE)),
    ("03", "notify_url", _url("notify_url", needed=False)),
    ("03", "payment_type", _one_of("payment_type", "", "1", "2")),
    *_PARTS,
    ("128", "time_limit", _matches("time_limit", _MINUTES, needed=False)),
    ("132", "buyer_address", _text("buyer_address", 0, 500)),
)
_CLASSIC: Final[tuple[_Check, ...]] = (
    *_MONEY,
    ("121", "return_url", _url("return_url", needed=True)),
    ("122", "cancel_url", _url("cancel_url", needed=False)),
    ("124", "transaction_info", _text("transaction_info", 0, 500)),
    *_PARTS,
)
