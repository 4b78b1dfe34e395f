"""How answers are written, XML and JSON, and how a fault spoils one (sheet 3.6, 4, 5, 7, 8). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from payport_simulators.nganluong.faults import ApiFault, Faults
from payport_simulators.nganluong.records import Order, State

__all__ = ["ApiAnswer", "detail", "json_answer", "order_data", "spoilt", "xml_answer"]

_NUMBERS: Final = ("transaction_id", "total_amount", "payment_type")
_AMPERSAND: Final = "Ngân Lượng & đối tác"
_MAINTENANCE: Final = "<!doctype html><html><title>Bảo trì</title><h1>Hệ thống đang bảo trì</h1></html>"
_OTHER: Final = {  # an order that this shop never made
    "token": "999999999-ffffffffffffffffffffffffffffffff",
    "order_code": "OTHER-ORDER",
    "total_amount": "2000",
    "transaction_id": "999999999",
    "transaction_status": "00",
}


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What goes back over HTTP, after `delay`. `error_code` is what the body says, before any fault."""

    error_code: str
    body: bytes
    media_type: str
    http_status: int = 200
    delay: timedelta = timedelta()
    location: str = ""


def xml_answer(fields: Mapping[str, str], *, bare_ampersand: bool = False) -> ApiAnswer:
    """An answer of the version 3 API: a flat `result`. With the fault an `&` stands bare in description."""
    texts = {name: escape(value) for name, value in fields.items()}
    if bare_ampersand:
        texts = {name: text.replace("&amp;", "&") for name, text in texts.items()} | {
            "description": _AMPERSAND
        }
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())
    body = f'<?xml version="1.0" encoding="utf-8"?>\n<result>{inner}</result>'
    return ApiAnswer(fields["error_code"], body.encode(), "text/xml; charset=utf-8")


def json_answer(error_code: str, data: Mapping[str, str | int] | None = None) -> ApiAnswer:
    """An answer of an order query; `data` is null on error."""
    body = json.dumps({"error_code": error_code, "data": data}, ensure_ascii=False)
    return ApiAnswer(error_code, body.encode(), "application/json")


def detail(order: Order, faults: Faults, other: Order | None) -> dict[str, str]:
    """GetTransactionDetail's fields after error_code 00, in the sheet's order (4.2), faults and all.

    `other` is the order whose data comes instead where that fault is on; without one it is made up.
    """
    told = other if other is not None and faults.other_order else order
    fields = told.fields
    paid = told.state in (State.PAID, State.HELD)
    answer = {
        "error_code": "00",
        "token": told.token,
        "description": "",
        "transaction_status": faults.status or ("00" if paid else "02"),
        "receiver_email": fields["receiver_email"],
        "order_code": told.code,
        "total_amount": str(told.amount + faults.amount_off_by),
        "payment_method": told.paid_with or fields["payment_method"],
        "bank_code": told.bank or fields.get("bank_code", ""),
        "payment_type": "2" if told.state is State.HELD else fields.get("payment_type") or "1",
        "order_description": fields.get("order_description", ""),
        "tax_amount": fields.get("tax_amount") or "0",
        "discount_amount": fields.get("discount_amount") or "0",
        "fee_shipping": fields.get("fee_shipping") or "0",
        "return_url": _escaped(fields.get("return_url")),
        "cancel_url": _escaped(fields.get("cancel_url")),
        "notify_url": _escaped(fields.get("notify_url")),
        "time_limit": fields.get("time_limit") or "1440",
        "buyer_fullname": fields.get("buyer_fullname", ""),
        "buyer_email": fields.get("buyer_email", ""),
        "buyer_mobile": fields.get("buyer_mobile", ""),
        "buyer_address": fields.get("buyer_address", ""),
        "affiliate_code": fields.get("affiliate_code", ""),
        "transaction_id": str(told.transaction_id or 0),
    }
    return answer | _OTHER if faults.other_order and other is None else answer


def order_data(order: Order, faults: Faults, other: Order | None) -> dict[str, str | int]:
    """`data` of an order query (3.6): the same order in other words, with JSON numbers."""
    told = detail(order, faults, other)
    data: dict[str, str | int] = {
        name: told[name]
        for name in (
            "token", "transaction_status", "transaction_id", "receiver_email", "order_code", "total_amount",
            "payment_method", "bank_code", "payment_type", "order_description", "return_url", "cancel_url",
            "notify_url", "buyer_fullname", "buyer_email", "buyer_mobile", "buyer_address",
        )
    }  # fmt: skip
    if not faults.numbers_as_text:
        data |= {name: int(told[name]) for name in _NUMBERS}
    return data | {"affiliate_code": told["affiliate_code"] or "null"}


def spoilt(answer: ApiAnswer, fault: ApiFault, slow_for: timedelta) -> ApiAnswer:
    """The answer as the fault sends it."""
    plain = answer.media_type.partition(";")[0]
    match fault:
        case ApiFault.HTML:
            changes: dict[str, Any] = {
                "body": _MAINTENANCE.encode(),
                "media_type": "text/html; charset=utf-8",
            }
        case ApiFault.SERVER_ERROR:
            changes = {"http_status": 502, "body": b"Bad Gateway", "media_type": "text/plain"}
        case ApiFault.SLOW:
            changes = {"delay": slow_for}
        case ApiFault.HALF:
            changes = {"body": answer.body[: len(answer.body) // 2]}
        case ApiFault.OTHER_ENCODING:
            body = answer.body.decode().encode("utf-16")
            changes = {"body": body, "media_type": f"{plain}; charset=utf-16"}
        case ApiFault.REDIRECT:
            changes = {"http_status": 302, "body": b"", "location": "/maintenance.html"}
        case ApiFault.DTD:
            head, result, rest = answer.body.partition(b"<result>")
            told = f"<error_code>{answer.error_code}</error_code>".encode()
            rest = rest.replace(told, b"<error_code>&said;</error_code>", 1)
            doctype = f'<!DOCTYPE result [<!ENTITY said "{answer.error_code}">]>'.encode() if result else b""
            changes = {"body": head + doctype + result + rest}
        case ApiFault.NONE:
            changes = {}
    return replace(answer, **changes)


def _escaped(url: str | None) -> str:
    return quote(url or "", safe="")
