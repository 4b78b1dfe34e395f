"""VNPAY's test vectors, run against this plugin and the core's judgement of what it reports.

Found by the kit in the entry-point group `payport.vectors`. Nothing that takes a payment imports it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from payport.errors import CallbackRejected, Incomplete, NoInput, RequestRefused
from payport.gateways.types import (
    Buyer,
    Context,
    ContractId,
    Outcome,
    Payment,
    PaymentReport,
    Response,
    Verified,
)
from payport.rules import payment as stored
from payport.rules.money import Money, vnd
from payport.service.judge import Decision, Known, judge
from payport_contracts.kit.messages import AT, answer, callback, signed, verified
from payport_contracts.kit.runner import Facts, Operations, Vector
from payport_domestic_card import vnpay
from payport_domestic_card.vnpay_codes import API_CODES, OUTCOMES, Meaning, answered, reported
from payport_domestic_card.vnpay_wire import encode_amount, encode_time, link, order_info_clean

__all__ = ["OPERATIONS"]

_STATES: Final = {  # the sheet's words for what is stored (5)
    "open": stored.State.PENDING,
    "review": stored.State.REVIEW,
    "paid": stored.State.SUCCEEDED,
    "refunded": stored.State.SUCCEEDED,
    "failed": stored.State.FAILED,
    "cancelled": stored.State.FAILED,
    "expired": stored.State.EXPIRED,
}
_NOT_OURS: Final = frozenset({"vnp_Command", "vnp_TmnCode", "vnp_TxnRef"})


def _pay_request(vector: Vector) -> Facts:
    try:
        sent = vnpay.signed(_context(vector), vnpay.PAY, _texts(vector["params"]))
    except RequestRefused as refusal:
        return {"valid": False, "reason": refusal.problem}
    return {"valid": True, "vnp_SecureHash": sent["vnp_SecureHash"], "query": link(sent)}


def _query_request(vector: Vector) -> Facts:
    try:
        sent = vnpay.signed(_context(vector), vnpay.QUERY, _texts(vector["params"]))
    except RequestRefused as refusal:
        return {"valid": False, "reason": refusal.problem}
    return {"valid": True, "vnp_SecureHash": sent["vnp_SecureHash"]}


def _amount(vector: Vector) -> Facts:
    try:
        return {"valid": True, "vnp_Amount": encode_amount(vnd(vector["params"]["amount_vnd"]))}
    except (ValueError, RequestRefused) as refusal:  # ValueError: no whole number, so no Money
        return {"valid": False, "reason": type(refusal).__name__}


def _time(vector: Vector) -> Facts:
    try:
        return {"valid": True, "vnp_date": encode_time(datetime.fromisoformat(vector["params"]["instant"]))}
    except (ValueError, OverflowError, TypeError, RequestRefused) as refusal:
        return {"valid": False, "reason": type(refusal).__name__}


def _order_info(vector: Vector) -> Facts:
    try:
        return {"valid": True, "vnp_OrderInfo": order_info_clean(vector["params"]["text"])}
    except (TypeError, RequestRefused) as refusal:
        return {"valid": False, "reason": type(refusal).__name__}


def _callback(vector: Vector) -> Facts:
    found = _received(vector)
    if isinstance(found, Decision):
        return {"valid": False, "accepted": False, "reason": str(found)}
    proven, report = found
    return {"valid": True, "accepted": True, "result": str(_meaning(report)), "fields": dict(proven.fields)}


def _query_answer(vector: Vector) -> Facts | None:
    asked = vector["asked"]
    if asked.get("kind", "payment") != "payment":
        return None  # what became of a refund: with the refund hooks
    flow = vnpay.query(_payment(asked["vnp_TxnRef"], vnd(asked["amount"])), _context(vector))
    next(flow)
    try:
        flow.send(Response(200, content=vector["response_text"].encode()))
    except StopIteration as end:
        return _answer_facts(end.value, vnd(asked["amount"]))
    except Incomplete as error:
        return {"valid": False, "outcome": "mismatch" if error.field in _NOT_OURS else "unknown"}
    except CallbackRejected as error:
        return {"valid": False, "outcome": "unknown", "reason": error.reason}
    raise AssertionError("the flow asks more than once")


def _answer_facts(report: PaymentReport, asked: Money) -> Facts:
    """The sheet's word for a report. Its table compares the amount (6, step 6); here the core does."""
    kind, _, said = report.gateway_code.partition(" ")
    code, _, status = said.partition("/")
    meaning = API_CODES[code].meaning if code in API_CODES else Meaning.UNKNOWN
    if kind == "unsigned":
        told = meaning in {Meaning.RETRY_LATER, Meaning.CONFIG_ERROR}
        return {"valid": False, "outcome": str(meaning if told else Meaning.UNKNOWN)}
    if said.startswith("about another") or said.endswith("without an amount"):
        return {"valid": False, "outcome": "mismatch"}
    if code == "00" and report.outcome is not Outcome.UNKNOWN:
        if report.amount != asked:
            return {"valid": False, "outcome": "mismatch"}
        meaning = answered(code, "01", status)
    if meaning is Meaning.UNKNOWN:  # authentic and useless: whether that is "valid", the vectors leave open
        return {"outcome": str(meaning)}
    return {"valid": True, "outcome": str(meaning)}


def _ipn(vector: Vector) -> Facts:
    """The answer to the gateway, and each stored state afterwards, in the sheet's words."""
    orders = vector["stored_orders"]
    states = {reference: order["state"] for reference, order in orders.items()}
    found = _received(vector)
    if vector.get("store", "available") != "available":
        decision = Decision.TRY_AGAIN
    elif isinstance(found, Decision):
        decision = found
    else:
        reference = found[1].merchant_reference or ""
        decision = Decision.UNKNOWN_REFERENCE
        if reference in orders:
            decision, states[reference] = _judged(vector, orders[reference], found[1])
    reply = getattr(vnpay.ANSWERS, str(decision))
    body = json.loads(reply.body)
    return {
        "valid": body["RspCode"] == "00",
        "http_status": reply.status,
        "content_type": reply.content_type,
        "body": body,
        "states_after": states,
        "gateway_retries": body["RspCode"] not in {"00", "02"},
        "reason": str(decision),
    }


def _judged(vector: Vector, order: Mapping[str, Any], report: PaymentReport) -> tuple[Decision, str]:
    number = order.get("transaction_no")
    before = _stored(order, report.merchant_reference or "")
    judgement = judge(
        before,
        report,
        Known(
            merchant_account=vector["secret"]["vnp_TmnCode"],
            environment="sandbox",
            now=AT,
            reference_is_counted=number is not None and number == report.gateway_reference,
        ),
        asked=False,
    )
    return judgement.decision, _state_word(order["state"], before, judgement.payment, report)


def _state_word(word: str, before: stored.Payment, after: stored.Payment, report: PaymentReport) -> str:
    """A contradiction is our review, where the sheet keeps its word and sets a flag (design)."""
    contradicted = after.flags - before.flags - {stored.Flag.SUSPECT, stored.Flag.LATE}
    if after.state is before.state or (contradicted and after.state is stored.State.REVIEW):
        return word
    match after.state:
        case stored.State.SUCCEEDED:
            return "paid"
        case stored.State.FAILED:
            return str(_meaning(report))
        case _:
            return str(after.state)


def _received(vector: Vector) -> tuple[Verified, PaymentReport] | Decision:
    """What the door makes of the bytes before any row is read."""
    verdict = verified("vnpay-ipn", callback(vector["query"]), secret=vector["secret"]["vnp_HashSecret"])
    if not isinstance(verdict.proven, Verified):
        return _rejected(verdict.error)
    if verdict.proven.merchant_account != vector["secret"]["vnp_TmnCode"]:
        return Decision.NOT_AUTHENTIC
    try:
        return verdict.proven, vnpay.parse_callback(verdict.proven)
    except Incomplete as error:
        return _rejected(error)


def _rejected(error: CallbackRejected | None) -> Decision:
    match error:
        case NoInput():
            return Decision.NO_INPUT
        case Incomplete():
            return Decision.INCOMPLETE
        case _:
            return Decision.NOT_AUTHENTIC


def _meaning(report: PaymentReport) -> Meaning:
    meaning = reported(*report.gateway_code.split("/"))
    assert OUTCOMES[meaning] is report.outcome
    return meaning


def _context(vector: Vector) -> Context[vnpay.Settings]:
    secret = vector["secret"]

    def sign(contract: ContractId, fields: Mapping[str, str | int]) -> dict[str, str]:
        return dict(signed(contract, fields, secret=secret["vnp_HashSecret"]).fields)

    def verify(contract: ContractId, response: Response) -> Verified:
        verdict = verified(contract, answer(response.text), secret=secret["vnp_HashSecret"])
        if verdict.error is not None:
            raise verdict.error
        assert isinstance(verdict.proven, Verified)
        return verdict.proven

    return Context(
        settings=vnpay.Settings(tmn_code=secret["vnp_TmnCode"]),
        callback_url="https://shop.example.vn/pay/vnpay/ipn",
        return_url="https://shop.example.vn/pay/vnpay/return",
        cancel_url="https://shop.example.vn/cart",
        now=AT,
        request_id="RQ20261124A000000001",
        language="vi",
        sign=sign,
        verify=verify,
    )


def _payment(reference: str, amount: Money) -> Payment:
    return Payment(
        merchant_reference=reference,
        amount=amount,
        choice=None,
        buyer=Buyer(name="Nguyen Van A", email="a@example.vn"),
        buyer_ip="203.0.113.9",
        handed_over_at=AT,
        closes_at=AT + vnpay.WINDOW,
        checkout_reference=None,
        gateway_reference=None,
        order_text=reference,
    )


def _stored(order: Mapping[str, Any], reference: str) -> stored.Payment:
    state, amount = _STATES[order["state"]], vnd(order["amount"])
    return stored.Payment(
        merchant_reference=reference,
        order_number=reference,
        account="vector",
        gateway_account="vnpay",
        gateway="vnpay",
        environment="sandbox",
        method="domestic_card",
        choice=None,
        state=state,
        amount=amount,
        received=amount if state is stored.State.SUCCEEDED else vnd(0),
        handed_over_at=AT - timedelta(minutes=5),
        closes_at=AT + timedelta(minutes=10),
        buyer_ip="203.0.113.9",
        language="vi",
        gateway_reference=order.get("transaction_no"),
        flags=frozenset({stored.Flag.SUSPECT}) if state is stored.State.REVIEW else frozenset(),
    )


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    """Text and whole numbers may be sent. Raises RequestRefused for what has no one way to be written."""
    texts = {}
    for name, value in params.items():
        if value is None:
            continue
        if type(value) not in {str, int}:
            raise RequestRefused(field=name, problem="is neither text nor a whole number", remedy="Send text")
        texts[name] = str(value)
    return texts


OPERATIONS: Final[Operations] = {
    "vnpay": {
        "pay_request_sign": _pay_request,
        "amount_encode": _amount,
        "timestamp_encode": _time,
        "order_info_clean": _order_info,
        "callback_verify": _callback,
        "ipn_decision": _ipn,
        "querydr_request_sign": _query_request,
        "querydr_response_verify": _query_answer,
    }
}
