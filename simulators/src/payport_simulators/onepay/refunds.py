"""What a refund request does and is answered (sheet 9, 11), and how a fault spoils the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from payport_simulators.onepay.answers import (
    ApiRefused,
    admitted,
    html,
    read,
    refusal,
    server_error,
    text,
    unified_text,
)
from payport_simulators.onepay.book import Book
from payport_simulators.onepay.faults import Faults, RefundFault
from payport_simulators.onepay.products import Product
from payport_simulators.onepay.records import ApiAnswer, Merchant, Payment, Refund, RefundState
from payport_simulators.onepay.rules import is_amount, is_text
from payport_simulators.onepay.signing import HASH

__all__ = ["answer_refund"]

_Fields = Mapping[str, str]
_CODES: Final = {RefundState.DONE: "0", RefundState.WAITING: "300", RefundState.REJECTED: "1"}
_MESSAGES: Final = {"0": "Refund approved", "300": "Pending", "1": "Declined"}
_NOT_SIGNED_BACK: Final = (HASH, "vpc_SecureHashType")


def answer_refund(body: bytes, *, book: Book, now: datetime) -> ApiAnswer:
    """Judge one request, and do what it asks."""
    try:
        fields = read(body)
        merchant = admitted(fields, Product.UNIFIED, book.merchants, hash_required=True)
        if not merchant.may_refund:
            raise ApiRefused("255", "The merchant may not refund")
    except ApiRefused as refused:
        return refusal(refused)
    with book.lock:
        payment = book.find(merchant.code, fields.get("vpc_OrgMerchTxnRef", ""))
        faults = book.faults(merchant.code, payment)
        try:
            refund = _carried_out(fields, merchant, payment, faults=faults, book=book, now=now)
        except ApiRefused as refused:
            outcome = (refused.code, refused.problem, "")
        else:
            code = _CODES[refund.state]
            outcome = (code, _MESSAGES[code], refund.number)
    return _spoilt(_answer(fields, *outcome), merchant, faults)


def _carried_out(
    fields: _Fields, merchant: Merchant, payment: Payment | None, *, faults: Faults, book: Book, now: datetime
) -> Refund:
    """The refund, new or known. Raises ApiRefused, in the sheet's order; nothing has moved then."""
    _demand(fields.get("vpc_Command") == "refund", "7", "Field vpc_Command value is invalid.")
    for name, is_right in _FIELDS.items():
        _demand(is_right(fields.get(name, "")), "7", f"Field {name} value is invalid.")
    reference, amount = fields["vpc_MerchTxnRef"], int(fields["vpc_Amount"])
    known = book.find_refund(merchant.code, reference)
    if known is not None and known[1].hash == fields[HASH]:
        return known[1]
    used = known is not None or book.find(merchant.code, reference) is not None
    _demand(not used, "7", "Field vpc_MerchTxnRef value is invalid.")
    result = payment.result(now) if payment is not None else None
    if payment is None or result is None or not result.paid:
        raise ApiRefused("7", "Field vpc_OrgMerchTxnRef value is invalid.")
    _demand(amount <= payment.refundable, "5", "Amount is above what is left")
    _demand(faults.refund is not RefundFault.DECLINED, "1", _MESSAGES["1"])
    refund = Refund(
        reference=reference,
        amount=amount,
        operator=fields["vpc_Operator"],
        order_info=fields.get("vpc_OrderInfo", ""),
        number=f"REF-{book.next_number()}",
        state=RefundState.WAITING if faults.refund is RefundFault.WAITS else RefundState.DONE,
        at=now,
        hash=fields[HASH],
    )
    book.put(replace(payment, refunds=(*payment.refunds, refund)))
    return refund


def _demand(holds: bool, code: str, problem: str) -> None:
    if not holds:
        raise ApiRefused(code, problem)


def _answer(fields: _Fields, code: str, said: str, number: str) -> dict[str, str]:
    echo = {n: v for n, v in fields.items() if n.startswith(("vpc_", "user_")) and n not in _NOT_SIGNED_BACK}
    return {
        **echo,
        "vpc_Command": "refund",
        "vpc_TransactionNo": number,
        "vpc_TxnResponseCode": code,
        "vpc_Message": said,
    }


def _spoilt(answer: dict[str, str], merchant: Merchant, faults: Faults) -> ApiAnswer:
    match faults.refund:
        case RefundFault.SERVER_ERROR:
            return server_error()
        case RefundFault.HTML:
            return html()
        case RefundFault.TIMED_OUT:
            return replace(server_error(504), delay=faults.slow_for)
        case fault:
            return text(
                unified_text(
                    answer,
                    merchant.secret,
                    has_hash=fault is not RefundFault.NO_HASH,
                    is_right=fault is not RefundFault.WRONG_HASH,
                )
            )


_FIELDS: Final = {
    "vpc_Version": lambda value: value == "2",
    "vpc_MerchTxnRef": is_text(1, 40),
    "vpc_OrgMerchTxnRef": is_text(1, 40),
    "vpc_Amount": is_amount,
    "vpc_Operator": is_text(1, 64),
}
