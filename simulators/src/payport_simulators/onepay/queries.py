"""What queryDR answers (sheet 8, 11), and how a fault spoils it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from payport_simulators.onepay.answers import (
    ApiRefused,
    admitted,
    html,
    is_same,
    legacy_text,
    read,
    refusal,
    server_error,
    text,
    unified_text,
)
from payport_simulators.onepay.book import Book
from payport_simulators.onepay.faults import Faults, QueryFault
from payport_simulators.onepay.products import Product, message
from payport_simulators.onepay.records import ApiAnswer, Merchant, Payment
from payport_simulators.onepay.results import result_fields

__all__ = ["answer_query"]

_VERSIONS: Final = {Product.UNIFIED: ("2",), Product.DOMESTIC: ("1", "2"), Product.INTERNATIONAL: ("1", "2")}


def answer_query(product: Product, body: bytes, *, book: Book, now: datetime) -> ApiAnswer:
    """Judge one request, and tell what is true by now."""
    try:
        fields = read(body)
        merchant = admitted(fields, product, book.merchants, hash_required=product is Product.UNIFIED)
        _demand_credentials(fields, merchant)
        if fields.get("vpc_Command") != "queryDR":
            raise ApiRefused("7", "Field vpc_Command value is invalid.")
        if fields.get("vpc_Version") not in _VERSIONS[product]:
            raise ApiRefused("7", "Field vpc_Version value is invalid.")
    except ApiRefused as refused:
        return refusal(refused)
    reference = fields.get("vpc_MerchTxnRef", "")
    payment = book.find(merchant.code, reference)
    faults = book.faults(merchant.code, payment)
    found = None if faults.query is QueryFault.NOT_FOUND else payment
    told = {"vpc_DRExists": "N", "vpc_Merchant": merchant.code, "vpc_MerchTxnRef": reference}
    if found is not None:
        told = {"vpc_DRExists": "Y", **_row(found, now)}
    return _spoilt(told, product, merchant, faults)


def _demand_credentials(fields: Mapping[str, str], merchant: Merchant) -> None:
    user = is_same(fields.get("vpc_User", ""), merchant.user)
    password = is_same(fields.get("vpc_Password", ""), merchant.password)
    if not (user and password):
        raise ApiRefused("7", "Field vpc_User value is invalid.")


def _row(payment: Payment, now: datetime) -> dict[str, str]:
    request, result = payment.request, payment.result(now)
    if result is not None:
        return result_fields(request, result)
    return {
        "vpc_Command": "pay",
        "vpc_Version": "2",
        "vpc_Merchant": request.merchant,
        "vpc_MerchTxnRef": request.reference,
        "vpc_OrderInfo": request.order_info,
        "vpc_Amount": str(request.amount),
        "vpc_TxnResponseCode": "100",
        "vpc_Message": message(request.product, "100"),
    }


def _spoilt(told: Mapping[str, str], product: Product, merchant: Merchant, faults: Faults) -> ApiAnswer:
    match faults.query:
        case QueryFault.SERVER_ERROR:
            return server_error()
        case QueryFault.HTML:
            return html()
    if product is not Product.UNIFIED:
        answer = text(legacy_text(told))
    else:
        answer = text(
            unified_text(
                told,
                merchant.secret,
                has_hash=faults.query is not QueryFault.NO_HASH,
                is_right=faults.query is not QueryFault.WRONG_HASH,
            )
        )
    return replace(answer, delay=faults.slow_for) if faults.query is QueryFault.SLOW else answer
