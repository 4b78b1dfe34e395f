"""What the shop is told of an order's end, by return and notice (sheet 3.4, 4.3). Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from payport_simulators.nganluong.faults import Hash
from payport_simulators.nganluong.records import Merchant, Order, Product, State
from payport_simulators.nganluong.signing import return_code

__all__ = ["callback_query", "classic_query", "return_address"]

_ERROR_TEXT: Final = "Giao dịch thất bại"


def callback_query(order: Order) -> str:
    """Return and notice of version 3: four parameters, with the buyer's three for a wallet payment."""
    told = {
        "error_code": order.error_code,
        "token": order.token,
        "order_code": order.code,
        "order_id": str(order.transaction_id or ""),
    }
    if order.fields["payment_method"] == "NL":
        told |= {name: order.fields[name] for name in ("buyer_fullname", "buyer_email", "buyer_mobile")}
    return urlencode(told)


def classic_query(order: Order, merchant: Merchant) -> str:
    """The signed return of the classic product, and token_nl, which no signature covers."""
    told = {
        "transaction_info": order.fields["transaction_info"],
        "order_code": order.code,
        "price": order.fields["total_amount"],
        "payment_id": str(order.transaction_id or 0),
        "payment_type": "2" if order.state is State.HELD else "1",
        "error_text": _ERROR_TEXT if order.state is State.FAILED else "",
    }
    code = return_code(told, merchant.id, merchant.password)
    match order.told_with.secure_code:
        case Hash.RIGHT:
            told["secure_code"] = code
        case Hash.WRONG:
            told["secure_code"] = code[:-1] + ("0" if code[-1] != "0" else "1")
        case Hash.ABSENT:
            pass
    return urlencode(told | {"token_nl": order.token})


def return_address(order: Order, merchant: Merchant) -> str:
    """Where the buyer's browser goes. A cancelled order's goes to cancel_url, which is told nothing; without
    one it goes to return_url, told nothing but in version 3."""
    if order.state is State.CANCELLED and order.fields.get("cancel_url"):
        return order.fields["cancel_url"]
    classic = order.product is Product.CLASSIC
    if order.state is State.CANCELLED and classic:
        return order.fields["return_url"]
    query = classic_query(order, merchant) if classic else callback_query(order)
    scheme, host, path, own, fragment = urlsplit(order.fields["return_url"])
    return urlunsplit((scheme, host, path, f"{own}&{query}" if own else query, fragment))
