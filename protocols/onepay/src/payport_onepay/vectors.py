"""OnePay's test vectors, run against the protocol and the core's judgement of what it reports.

Found by the kit in the entry-point group `payport.vectors`. Nothing that takes a payment imports it. The
pages stand here once more, since a protocol knows no gateway: a vector names its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from payport.errors import CallbackRejected, Incomplete, Malformed, NoInput, RequestRefused
from payport.gateways.http import post
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
from payport.plugin import HttpUrl, SecretStr
from payport.rules import payment as stored
from payport.rules.money import Money, vnd
from payport.service.judge import Decision, Known, judge
from payport_contracts.kit.messages import AT, Verdict, answer, callback, signed, verified
from payport_contracts.kit.runner import Facts, Operations, Vector
from payport_onepay import about, paying, refunding
from payport_onepay.asking import ask, question
from payport_onepay.codes import DOMESTIC, INTERNATIONAL
from payport_onepay.results import report
from payport_onepay.settings import Page, Settings

__all__ = ["OPERATIONS"]

_PAGES: Final = {
    "domestic": Page(card_list="DOMESTIC", legacy_currency="VND", legacy_codes=DOMESTIC),
    "international": Page(card_list="INTERNATIONAL", legacy_currency="", legacy_codes=INTERNATIONAL),
}
_UNIFIED: Final = _PAGES["domestic"]  # the unified page has one code table for both
_REFUSED: Final = {
    "vpc_OrderInfo": "order_info_charset",
    "vpc_Amount": "amount",
    "vpc_MerchTxnRef": "merch_txn_ref",
}
_Claim = TypeVar("_Claim", PaymentReport, RefundReport)
_BUYER: Final = Buyer(name="Nguyen Van A", email="a@example.vn")


def _pay_request(vector: Vector) -> Facts:
    given = _texts(vector.get("params") or vector["given"])
    try:
        sent = paying.signed(_context(vector), given)
    except RequestRefused as refusal:
        return {"valid": False, "refused": _REFUSED[refusal.field]}
    return _sent(vector, about.PAY, sent) | {"url_query": urlencode(sent)}


def _query_request(vector: Vector) -> Facts:
    settings = _settings(vector)
    fields = question(vector["params"]["vpc_MerchTxnRef"], settings)
    if not settings.is_legacy:
        sent = dict(_context(vector).sign(about.QUERY, fields))
        return _sent(vector, about.QUERY, sent) | {"form_body": _form(sent)}
    return {"valid": True, "form_body": _form(fields)}


def _refund_request(vector: Vector) -> Facts:
    given = _texts(vector.get("params") or vector["given"])
    try:
        sent = refunding.signed(_context(vector), given)
    except RequestRefused as refusal:
        return {"valid": False, "refused": _REFUSED[refusal.field]}
    return _sent(vector, about.REFUND, sent) | {"form_body": _form(sent)}


def _callback(vector: Vector) -> Facts:
    verdict = _verdict(vector)
    found = _received(vector, verdict)
    facts = _text(verdict)
    if isinstance(found, Decision):
        return facts | {"valid": False, "verified": False, "reason": str(found)}
    proven, _ = found
    return facts | {"valid": True, "verified": True, "fields": dict(proven.fields)}


def _outcome(vector: Vector) -> Facts:
    verdict = _verdict(vector)
    found = _received(vector, verdict)
    if isinstance(found, Decision):
        return {"valid": False, "outcome": "unknown", "reason": str(found)}
    proven, claim = found
    if claim.merchant_reference != vector["order"]["merch_txn_ref"]:
        return {"valid": False, "outcome": "unknown_order"}
    before = _stored(vector["order"])
    outcome = _word(before, claim, *_judged(vector, before, claim))
    code = proven["vpc_TxnResponseCode"]
    return _text(verdict) | {"valid": outcome == "done", "outcome": outcome, "response_code": code}


def _ipn(vector: Vector) -> Facts:
    verdict = _verdict(vector)
    found = _received(vector, verdict)
    if vector.get("storage", "ok") != "ok":
        decision = Decision.TRY_AGAIN
    elif isinstance(found, Decision):
        decision = found
    elif found[1].merchant_reference != vector["order"]["merch_txn_ref"]:
        decision = Decision.UNKNOWN_REFERENCE
    else:
        decision, _ = _judged(vector, _stored(vector["order"]), found[1])
    reply = getattr(about.ANSWERS, str(decision))
    return _text(verdict) | {
        "valid": reply.body.startswith(b"responsecode=1"),
        "http_status": reply.status,
        "content_type": reply.content_type,
        "body": reply.body.decode(),
        "reason": str(decision),
    }


def _query_answer(vector: Vector) -> Facts:
    asked = vector["asked"]
    reference, amount = asked["merch_txn_ref"], vnd(asked["amount"])
    flow = ask(_page(vector), _payment(reference, amount), _context(vector))
    claim = _ended(flow, vector)
    if claim is None or claim.outcome is Outcome.UNKNOWN:
        return {"valid": False, "outcome": "unknown"}
    order = {"merch_txn_ref": reference, "order_info": claim.order_text, "amount": asked["amount"]}
    before = _stored(order | {"state": "pending"})
    outcome = _word(before, claim, *_judged(vector, before, claim))
    facts = {"valid": outcome == "done", "outcome": outcome}
    return facts if _settings(vector).is_legacy else _answered_text(about.QUERY_ANSWER, vector) | facts


def _refund_answer(vector: Vector) -> Facts:
    asked = vector["asked"]
    refund = Refund(
        amount=vnd(asked["amount"]),
        refund_reference=asked["refund_ref"],
        idempotency_key="K" * 20,
        gateway_reference=None,
        requested_at=AT,
        requested_by="back-office 3",
        payment=_payment(asked["org_ref"], vnd(asked["amount"] * 2)),
    )
    claim = _ended(refunding.give_back(refund, _context(vector)), vector)
    outcome = Outcome.UNKNOWN if claim is None else claim.outcome
    facts = {"valid": outcome is Outcome.DONE, "outcome": str(outcome)}
    return _answered_text(about.REFUND_ANSWER, vector) | facts


def _ended(flow: Flow[_Claim], vector: Vector) -> _Claim | None:
    """What a flow says of the vector's answer; None where it raised, or where no answer came."""
    next(flow)
    if vector["response"] is None:
        return None
    try:
        flow.send(Response(vector["http_status"], content=vector["response"].encode()))
    except StopIteration as end:
        value: _Claim = end.value
        return value
    except (CallbackRejected, Malformed):
        return None
    raise AssertionError("the flow asks more than once")


def _verdict(vector: Vector) -> Verdict:
    return verified(about.CALLBACK, callback(vector["query"]), secret=vector["secret"]["hash_secret"])


def _text(verdict: Verdict) -> dict[str, Any]:
    return {} if verdict.text is None else {"canonical": verdict.text}


def _answered_text(contract: ContractId, vector: Vector) -> dict[str, Any]:
    if vector["response"] is None:
        return {}
    return _text(verified(contract, answer(vector["response"]), secret=vector["secret"]["hash_secret"]))


def _received(vector: Vector, verdict: Verdict) -> tuple[Verified, PaymentReport] | Decision:
    """What the door makes of the bytes before any row is read."""
    if not isinstance(verdict.proven, Verified):
        return _rejected(verdict.error)
    if verdict.proven.merchant_account != vector["secret"]["merchant"]:
        return Decision.NOT_AUTHENTIC
    try:
        return verdict.proven, report(_page(vector), verdict.proven, _settings(vector))
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


def _judged(vector: Vector, before: stored.Payment, claim: PaymentReport) -> tuple[Decision, stored.Payment]:
    counted = before.gateway_reference is not None and before.gateway_reference == claim.gateway_reference
    known = Known(
        merchant_account=vector["secret"]["merchant"],
        environment="sandbox",
        now=AT,
        reference_is_counted=counted,
    )
    judgement = judge(before, claim, known, asked=False)
    return judgement.decision, judgement.payment


def _word(before: stored.Payment, claim: PaymentReport, decision: Decision, after: stored.Payment) -> str:
    """The sheet's word for what a result means (5): a contradiction is our review."""
    if after.flags - before.flags:
        return "mismatch"
    if decision is Decision.ALREADY_KNOWN:
        return "duplicate"
    return str(claim.outcome)


def _sent(vector: Vector, contract: ContractId, sent: Mapping[str, str]) -> dict[str, Any]:
    fields = {name: value for name, value in sent.items() if name != "vpc_SecureHash"}
    text = signed(contract, fields, secret=vector["secret"]["hash_secret"]).text
    return {"valid": True, "canonical": text, "vpc_SecureHash": sent["vpc_SecureHash"]}


def _form(fields: Mapping[str, str]) -> str:
    return post("https://onepay.example", form=fields).content.decode()


def _page(vector: Vector) -> Page:
    return _PAGES.get(vector["product"], _UNIFIED)


def _settings(vector: Vector) -> Settings:
    secret = vector["secret"]
    return Settings(
        generation="unified" if vector["product"] == "unified" else "legacy",
        merchant=secret["merchant"],
        access_code=secret["access_code"],
        user=secret.get("user", "op01"),
        password=SecretStr(secret.get("password", "synthetic")),
        legacy_payment_url=HttpUrl("https://mtf.onepay.vn/onecomm-pay/vpc.op"),
        legacy_query_url=HttpUrl("https://mtf.onepay.vn/onecomm-pay/Vpcdps.op"),
    )


def _context(vector: Vector) -> Context[Settings]:
    secret = vector["secret"]["hash_secret"]

    def sign(contract: ContractId, fields: Mapping[str, str | int]) -> dict[str, str]:
        return dict(signed(contract, fields, secret=secret).fields)

    def verify(contract: ContractId, response: Response) -> Verified:
        verdict = verified(contract, answer(response.text), secret=secret)
        if verdict.error is not None:
            raise verdict.error
        assert isinstance(verdict.proven, Verified)
        return verdict.proven

    return Context(
        settings=_settings(vector),
        callback_url="https://shop.example.vn/pay/onepay/ipn",
        return_url="https://shop.example.vn/pay/onepay/return",
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
        buyer=_BUYER,
        buyer_ip="203.0.113.9",
        handed_over_at=AT,
        closes_at=AT + about.WINDOW,
        checkout_reference=None,
        gateway_reference=None,
        order_text=reference,
    )


def _stored(order: Mapping[str, Any]) -> stored.Payment:
    state, amount = stored.State(order["state"]), vnd(order["amount"])
    return stored.Payment(
        merchant_reference=order["merch_txn_ref"],
        order_number=order["order_info"] or "",
        account="vector",
        gateway_account="onepay",
        gateway="onepay",
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
    )


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in given.items() if value is not None}


OPERATIONS: Final[Operations] = {
    "onepay": {
        "pay_request": _pay_request,
        "callback_verify": _callback,
        "callback_outcome": _outcome,
        "ipn_answer": _ipn,
        "querydr_request": _query_request,
        "querydr_answer": _query_answer,
        "refund_request": _refund_request,
        "refund_answer": _refund_answer,
    }
}
