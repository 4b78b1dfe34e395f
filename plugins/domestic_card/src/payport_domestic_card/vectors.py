"""VNPAY's test vectors, run against this plugin and the core's judgement of what it reports.

Found by the kit in the entry-point group `payport.vectors`. Nothing that takes a payment imports it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from payport.errors import CallbackRejected, Incomplete, NoInput, RequestRefused
from payport.gateways.types import (
    Buyer,
    Context,
    ContractId,
    Flow,
    Outcome,
    Payment,
    PaymentReport,
    Refund,
    RefundReport,
    Response,
    Verified,
)
from payport.rules import payment as stored
from payport.rules.money import Money, vnd
from payport.service.judge import Decision, Known, judge
from payport_contracts.kit import messages
from payport_contracts.kit.messages import AT, answer, callback, verified
from payport_contracts.kit.runner import Checker, Facts, Operations, Vector
from payport_domestic_card import vnpay
from payport_domestic_card.vnpay_account import ANSWERS, PAY, QUERY, REFUND, WINDOW, Settings
from payport_domestic_card.vnpay_api import signed
from payport_domestic_card.vnpay_codes import (
    API_CODES,
    OUTCOMES,
    Meaning,
    answered,
    refund_answered,
    reported,
)
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
_REFUND_CODE: Final = re.compile(r"(?P<kind>unsigned|(?:querydr )?refund) (?P<code>..)(?:/(?P<status>.*))?")
_Value = TypeVar("_Value")


def _pay_request(vector: Vector) -> Facts:
    try:
        sent = signed(_context(vector), PAY, _texts(vector["params"]))
    except RequestRefused as refusal:
        return {"valid": False, "reason": refusal.problem}
    return {"valid": True, "vnp_SecureHash": sent["vnp_SecureHash"], "query": link(sent)}


def _request(contract: ContractId) -> Checker:
    def check(vector: Vector) -> Facts:
        try:
            sent = signed(_context(vector), contract, _texts(vector["params"]))
        except RequestRefused as refusal:
            return {"valid": False, "reason": refusal.problem}
        return {"valid": True, "vnp_SecureHash": sent["vnp_SecureHash"]}

    return check


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


def _query_answer(vector: Vector) -> Facts:
    asked = vector["asked"]
    reference, amount = asked["vnp_TxnRef"], vnd(asked["amount"])
    if asked.get("kind", "payment") == "refund":
        number = json.loads(vector["response_text"]).get("vnp_TransactionNo")  # the one that was asked for
        return _refund_facts(vector, vnpay.query_refund, _refund(reference, amount, amount, number))
    flow = vnpay.query(_payment(reference, amount), _context(vector))
    ended = _ended(flow, vector)
    return _answer_facts(ended, amount) if isinstance(ended, PaymentReport) else ended


def _refund_answer(vector: Vector) -> Facts:
    asked = vector["asked"]
    amount = vnd(asked["amount"])
    whole = amount if asked["vnp_TransactionType"] == "02" else amount + amount
    return _refund_facts(vector, vnpay.refund, _refund(asked["vnp_TxnRef"], amount, whole, None))


def _refund_facts(vector: Vector, hook: Callable[..., Flow[RefundReport]], refund: Refund) -> Facts:
    """The sheet's word for a refund's report. Its table compares the amount; here, of a success, the core."""
    report = _ended(hook(refund, _context(vector)), vector)
    if not isinstance(report, RefundReport):
        return report
    said = _REFUND_CODE.fullmatch(report.gateway_code)
    if said is None:
        return {"valid": False, "outcome": "unknown" if "unsigned" in report.gateway_code else "mismatch"}
    if said["kind"] == "unsigned":
        told = refund_answered(said["code"], "") is Meaning.CONFIG_ERROR
        return {"valid": False, "outcome": str(Meaning.CONFIG_ERROR if told else Meaning.UNKNOWN)}
    if said["code"] == "00" and report.amount != refund.amount:
        return {"valid": False, "outcome": "mismatch"}
    meaning = refund_answered(said["code"], said["status"] or "")
    if meaning is Meaning.UNKNOWN:
        return {"outcome": str(meaning)}
    return {"valid": True, "outcome": str(meaning)}


def _ended(flow: Flow[_Value], vector: Vector) -> _Value | Facts:
    """What a flow makes of the vector's answer; the sheet's word where it raises."""
    next(flow)
    try:
        flow.send(Response(200, content=vector["response_text"].encode()))
    except StopIteration as end:
        value: _Value = end.value
        return value
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
    reply = getattr(ANSWERS, str(decision))
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


def _context(vector: Vector) -> Context[Settings]:
    secret = vector["secret"]

    def sign(contract: ContractId, fields: Mapping[str, str | int]) -> dict[str, str]:
        return dict(messages.signed(contract, fields, secret=secret["vnp_HashSecret"]).fields)

    def verify(contract: ContractId, response: Response) -> Verified:
        verdict = verified(contract, answer(response.text), secret=secret["vnp_HashSecret"])
        if verdict.error is not None:
            raise verdict.error
        assert isinstance(verdict.proven, Verified)
        return verdict.proven

    return Context(
        settings=Settings(tmn_code=secret["vnp_TmnCode"]),
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
        closes_at=AT + WINDOW,
        checkout_reference=None,
        gateway_reference=None,
        order_text=reference,
    )


def _refund(reference: str, amount: Money, whole: Money, number: str | None) -> Refund:
    return Refund(
        amount=amount,
        refund_reference="RF23456789AB",
        idempotency_key="RF20261124A000000001",
        gateway_reference=number,
        requested_at=AT,
        requested_by="ops01",
        payment=_payment(reference, whole),
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
        "querydr_request_sign": _request(QUERY),
        "querydr_response_verify": _query_answer,
        "refund_request_sign": _request(REFUND),
        "refund_response_verify": _refund_answer,
    }
}
