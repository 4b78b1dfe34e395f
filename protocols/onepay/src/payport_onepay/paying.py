"""The way to OnePay's payment page: one signed link. Nothing is called, and nothing exists at OnePay before
the buyer arrives. Sheet: onepay.md, 3.1, 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from payport.plugin import Context, Payment, Redirect
from payport_onepay.about import PAY
from payport_onepay.settings import Page, Settings
from payport_onepay.wire import check_payment, encode_address, encode_amount, link

__all__ = ["redirect", "signed"]

_LONGEST_WAY_BACK: Final = 64  # AgainLink


def redirect(page: Page, payment: Payment, context: Context[Settings]) -> Redirect:
    """Raises RequestRefused for a value that OnePay does not take."""
    settings = context.settings
    fields = {
        "vpc_Version": "2",
        "vpc_Command": "pay",
        "vpc_AccessCode": settings.access_code,
        "vpc_Merchant": settings.merchant,
        "vpc_Locale": "en" if context.language == "en" else "vn",
        "vpc_ReturnURL": context.return_url,
        "vpc_MerchTxnRef": payment.merchant_reference,
        "vpc_OrderInfo": payment.order_text,
        "vpc_Amount": encode_amount(payment.amount),
        "vpc_TicketNo": encode_address(payment.buyer_ip),
    }
    if settings.is_legacy:
        fields |= {
            "vpc_Currency": page.legacy_currency,
            "Title": settings.legacy_title,
            "AgainLink": _way_back(context.cancel_url),
        }
        return Redirect(link(settings.legacy_payment_url, signed(context, fields)), once=True)
    fields |= {
        "vpc_Currency": "VND",
        "vpc_CardList": page.card_list,
        "vpc_CallbackURL": context.callback_url,
    }
    return Redirect(link(settings.payment_url, signed(context, fields)), once=True)


def signed(context: Context[Settings], fields: Mapping[str, str]) -> dict[str, str]:
    """What the browser carries. Empty means absent, so an empty field is not created."""
    filled = {name: value for name, value in fields.items() if value}
    check_payment(filled)
    return context.sign(PAY, filled)


def _way_back(url: str) -> str:
    """The order's own page; the shop's front page, where that address is longer than OnePay takes."""
    if len(url) <= _LONGEST_WAY_BACK:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
