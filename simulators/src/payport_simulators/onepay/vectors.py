"""What the simulated gateway makes of a request that, as a vector says, may or may not be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

from payport_simulators.onepay.products import Product
from payport_simulators.onepay.records import Merchant, Refused
from payport_simulators.onepay.signing import canonical, digest, parse, signed_query
from payport_simulators.onepay.simulator import Simulator

__all__ = ["OPERATIONS"]

_Facts = dict[str, Any]


def _pay_request(vector: Mapping[str, Any]) -> _Facts:
    """Of the old pages the signature alone: their vectors leave out Title and AgainLink."""
    merchant = _merchant(vector)
    query = vector["expected"].get("url_query") or signed_query(
        {**_names(merchant), "vpc_Version": "2", "vpc_Command": "pay", **vector["given"]}, merchant.secret
    )
    facts = _signature(query, merchant)
    if merchant.product is Product.UNIFIED:
        with closing(Simulator({merchant.code: merchant})) as simulator:
            opened = simulator.open(merchant.product, query.encode())
        facts["valid"] = not isinstance(opened, Refused)
    return facts


def _query_request(vector: Mapping[str, Any]) -> _Facts:
    """Nothing was paid: whoever is let in hears that the gateway knows no such reference."""
    merchant = _merchant(vector)
    body = vector["expected"]["form_body"]
    with closing(Simulator({merchant.code: merchant})) as simulator:
        answer = simulator.answer_query(merchant.product, body.encode())
    return {**_signature(body, merchant), "valid": "vpc_DRExists=N" in answer.body}


def _refund_request(vector: Mapping[str, Any]) -> _Facts:
    """P-1004-1 was paid with 99,000 đồng, and nothing of it was given back."""
    merchant = _merchant(vector)
    paid = signed_query({**_names(merchant), **_PAYMENT}, merchant.secret)
    body = vector["expected"].get("form_body") or signed_query(vector["given"], merchant.secret)
    with closing(Simulator({merchant.code: merchant})) as simulator:
        simulator.open(merchant.product, paid.encode())
        simulator.settle("P-1004-1")
        answer = simulator.answer_refund(body.encode())
    return {**_signature(body, merchant), "valid": "vpc_TxnResponseCode=0" in answer.body.split("&")}


def _merchant(vector: Mapping[str, Any]) -> Merchant:
    known = vector["secret"]
    return Merchant(
        Product(vector["product"]),
        known["merchant"],
        known["access_code"],
        known["hash_secret"],
        user=known.get("user", ""),
        password=known.get("password", ""),
    )


def _names(merchant: Merchant) -> dict[str, str]:
    return {"vpc_Merchant": merchant.code, "vpc_AccessCode": merchant.access_code}


def _signature(query: str, merchant: Merchant) -> _Facts:
    fields = parse(query.encode())
    return {"canonical": canonical(fields), "vpc_SecureHash": digest(merchant.secret, fields)}


_PAYMENT: Final = {
    "vpc_Version": "2",
    "vpc_Command": "pay",
    "vpc_Locale": "vn",
    "vpc_Currency": "VND",
    "vpc_ReturnURL": "https://shop.example.vn/pay/onepay/return",
    "vpc_MerchTxnRef": "P-1004-1",
    "vpc_OrderInfo": "DH1004",
    "vpc_Amount": "9900000",
    "vpc_TicketNo": "203.0.113.9",
}

OPERATIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], _Facts]]] = {
    "pay_request": _pay_request,
    "querydr_request": _query_request,
    "refund_request": _refund_request,
}
