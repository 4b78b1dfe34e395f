"""What querydr and refund answer (sheet 6, 7, 13), and how a fault spoils the answer."""

from __future__ import annotations

import hmac
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from payport_simulators.vnpay.book import Book
from payport_simulators.vnpay.faults import ApiFault, Faults
from payport_simulators.vnpay.records import Refund, Result, Terminal, Transaction, gmt7_text
from payport_simulators.vnpay.rules import gateway_text, is_date, is_ip, is_text
from payport_simulators.vnpay.signing import HASH, digest, joined

__all__ = ["ApiAnswer", "answer_api"]

_Fields = dict[str, str]

_REQUEST_SLOTS: Final[Mapping[str, tuple[str, ...]]] = {
    "querydr": (
        "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate",
        "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo",
    ),
    "refund": (
        "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType", "vnp_TxnRef",
        "vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate",
        "vnp_IpAddr", "vnp_OrderInfo",
    ),
}  # fmt: skip
_ANSWER_SLOTS: Final = (
    "vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef",
    "vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType",
    "vnp_TransactionStatus", "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount",
)  # fmt: skip
_SLOTS_ANSWERED: Final = {"querydr": 15, "refund": 13}

_MESSAGES: Final = {
    "02": "Invalid terminal",
    "03": "Invalid data format",
    "04": "Full refund is not allowed after a partial refund",
    "91": "Transaction not found",
    "93": "Refund amount exceeds the amount left",
    "94": "Request is duplicate",
    "95": "Transaction was not successful",
    "97": "Invalid checksum",
    "98": "Timeout",
}
_DONE: Final = {"querydr": "QueryDR Success", "refund": "Refund success"}
_SAME_REFUND_WITHIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What goes back over HTTP, after `delay`."""

    http_status: int
    media_type: str
    body: str
    delay: timedelta = timedelta()


def answer_api(body: bytes, *, book: Book, now: datetime, refund_step: timedelta) -> ApiAnswer:
    """Judge one request and do what it asks. `refund_step`: from 05 to 06, and from there to the end."""
    fields = _read(body)
    if fields is None:
        return _json({"vnp_ResponseCode": "03", "vnp_Message": _MESSAGES["03"]})
    terminal = book.terminals.get(fields.get("vnp_TmnCode", ""))
    if terminal is None:
        return _json({"vnp_ResponseCode": "02", "vnp_Message": _MESSAGES["02"]})

    faults = book.faults(terminal.code, book.find(terminal.code, fields.get("vnp_TxnRef", "")))
    if faults.api is ApiFault.TOO_SOON:
        return _json({"vnp_ResponseCode": "94", "vnp_Message": _MESSAGES["94"]})
    try:
        with book.lock:
            transaction = _admitted(fields, terminal, book, now)
            if fields["vnp_Command"] == "querydr":
                details = _query(fields, transaction, now)
            else:
                amount = _refundable(fields, transaction, now)
                refund = Refund(
                    number=book.next_number(),
                    kind=fields["vnp_TransactionType"],
                    amount=amount,
                    order_info=gateway_text(fields["vnp_OrderInfo"]),
                    at=now,
                    step=refund_step,
                    fault=faults.refund,
                )
                book.put(replace(transaction, refunds=(*transaction.refunds, refund)))
                details = _refund_row(transaction, refund, now)
    except _Refused as refused:
        code, details = refused.code, {}
    else:
        code = "00"
    if faults.api is ApiFault.TIMED_OUT:
        code, details = "98", {}
    return _spoilt(_signed(fields, terminal, code, details), faults)


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _demand(holds: bool, code: str) -> None:
    if not holds:
        raise _Refused(code)


def _read(body: bytes) -> _Fields | None:
    """A JSON object of texts and whole numbers with one of the two commands; anything else is None."""
    try:
        pairs = json.loads(body, object_pairs_hook=list)
        names = [name for name, _ in pairs]
        right = all(type(value) in (str, int) for _, value in pairs) and len(set(names)) == len(names)
        fields = {name: str(value) for name, value in pairs}
    except (ValueError, TypeError, RecursionError):
        return None
    return fields if right and fields.get("vnp_Command") in _REQUEST_SLOTS else None


def _admitted(fields: _Fields, terminal: Terminal, book: Book, now: datetime) -> Transaction:
    """The transaction that is asked about, if the request is ours to answer (sheet 13, in its order)."""
    command = fields["vnp_Command"]
    text = joined(fields.get(name, "") for name in _REQUEST_SLOTS[command])
    offered = fields.get(HASH, "")
    _demand(terminal.active, "02")
    _demand(hmac.compare_digest(digest(terminal.secret, text).encode(), offered.encode()), "97")
    _demand(all(is_right(fields.get(name, "")) for name, is_right in _FORMATS[command].items()), "03")
    _demand(not book.is_repeated(terminal.code, fields["vnp_RequestId"], now=now), "94")
    transaction = book.find(terminal.code, fields["vnp_TxnRef"], fields["vnp_TransactionDate"])
    if transaction is None:
        raise _Refused("91")
    return transaction


def _query(fields: _Fields, transaction: Transaction, now: datetime) -> _Fields:
    """The row asked for: the payment's, or by vnp_TransactionNo another attempt's or a refund's."""
    number = fields.get("vnp_TransactionNo", "")
    if number in ("", "0"):
        return _payment_row(transaction, transaction.result)
    for result in transaction.results:
        if result.number == number:
            return _payment_row(transaction, result)
    for refund in transaction.refunds:
        if refund.number == number:
            return _refund_row(transaction, refund, now)
    raise _Refused("91")


def _refundable(fields: _Fields, transaction: Transaction, now: datetime) -> int:
    """The amount × 100, if the payment can give it back (sheet 13, in its order)."""
    kind, amount = fields["vnp_TransactionType"], int(fields["vnp_Amount"])
    result, left = transaction.result, transaction.refundable(now)
    number = fields.get("vnp_TransactionNo", "")
    _demand(number in ("", "0") or any(r.number == number for r in transaction.results), "91")
    _demand(result is not None and result.paid, "95")
    _demand(amount <= left, "93")
    _demand(kind == "03" or amount == transaction.request.amount == left, "04")
    for earlier in transaction.refunds:
        same = (earlier.kind, earlier.amount) == (kind, amount)
        _demand(not same or now - earlier.at >= _SAME_REFUND_WITHIN, "94")
    return amount


def _payment_row(transaction: Transaction, result: Result | None) -> _Fields:
    row = {
        "vnp_Amount": str(transaction.request.amount),
        "vnp_TransactionNo": "0",
        "vnp_TransactionType": "01",
        "vnp_TransactionStatus": "01",
        "vnp_OrderInfo": transaction.request.order_info,
    }
    if result is not None:
        row |= {
            "vnp_BankCode": result.bank,
            "vnp_PayDate": gmt7_text(result.at),
            "vnp_TransactionNo": result.number,
            "vnp_TransactionStatus": result.status,
        }
    return row


def _refund_row(transaction: Transaction, refund: Refund, now: datetime) -> _Fields:
    result = transaction.result
    return {
        "vnp_Amount": str(refund.amount),
        "vnp_BankCode": result.bank if result else "",
        "vnp_PayDate": gmt7_text(refund.at),
        "vnp_TransactionNo": refund.number,
        "vnp_TransactionType": refund.kind,
        "vnp_TransactionStatus": refund.status(now),
        "vnp_OrderInfo": refund.order_info,
    }


def _signed(fields: _Fields, terminal: Terminal, code: str, details: _Fields) -> _Fields:
    command = fields["vnp_Command"]
    message = _DONE[command] if code == "00" else _MESSAGES[code]
    answer = {
        "vnp_ResponseId": uuid.uuid4().hex,
        "vnp_Command": command,
        "vnp_ResponseCode": code,
        "vnp_Message": message,
        "vnp_TmnCode": terminal.code,
        "vnp_TxnRef": fields.get("vnp_TxnRef", ""),
        **details,
    }
    text = joined(answer.get(name, "") for name in _ANSWER_SLOTS[: _SLOTS_ANSWERED[command]])
    return {**answer, HASH: digest(terminal.secret, text)}


def _spoilt(answer: _Fields, faults: Faults) -> ApiAnswer:
    match faults.api:
        case ApiFault.NO_HASH:
            return _json({name: value for name, value in answer.items() if name != HASH})
        case ApiFault.BAD_HASH:
            return _json({**answer, HASH: answer[HASH][::-1]})
        case ApiFault.SERVER_ERROR:
            return ApiAnswer(503, "text/plain", "Service Unavailable")
        case ApiFault.HTML:
            return ApiAnswer(
                200, "text/html", "<!doctype html><title>Maintenance</title><h1>Bảo trì hệ thống</h1>"
            )
        case ApiFault.SLOW:
            return replace(_json(answer), delay=faults.slow_for)
        case _:
            return _json(answer)


def _json(answer: _Fields) -> ApiAnswer:
    return ApiAnswer(200, "application/json", json.dumps(answer, ensure_ascii=False))


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


_COMMON: Final[Mapping[str, Callable[[str], bool]]] = {
    "vnp_RequestId": _matches(r"[A-Za-z0-9]{1,32}"),
    "vnp_Version": _matches(r"2\.1\.0"),
    "vnp_TxnRef": is_text(1, 100),
    "vnp_TransactionDate": is_date,
    "vnp_CreateDate": is_date,
    "vnp_IpAddr": is_ip,
    "vnp_OrderInfo": is_text(1, 255),
    "vnp_TransactionNo": _matches(r"[0-9]{0,15}"),
}
_FORMATS: Final[Mapping[str, Mapping[str, Callable[[str], bool]]]] = {
    "querydr": _COMMON,
    "refund": {
        **_COMMON,
        "vnp_TransactionType": _matches(r"02|03"),
        "vnp_Amount": _matches(r"[1-9][0-9]{0,11}"),
        "vnp_CreateBy": is_text(1, 245),
    },
}
