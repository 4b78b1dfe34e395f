"""NgânLượng's test vectors, run against this plugin and the core's judgement of what it reports.

Found by the kit in the entry-point group `payport.vectors`. Nothing that takes a payment imports it. The
vectors of the classic product are run by the kit alone, on its contracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from payport.gateways.types import (
    Buyer,
    Context,
    ContractId,
    Outcome,
    Payment,
    PaymentReport,
    Request,
    Response,
    Verified,
)
from payport.rules import payment as stored
from payport.rules.money import vnd
from payport.service.judge import Known, judge
from payport_contracts.kit.messages import AT, signed
from payport_contracts.kit.runner import Disagreement, Facts, Operations, Vector
from payport_nganluong import nganluong
from payport_nganluong.nganluong_account import WINDOW, Settings
from payport_nganluong.nganluong_codes import CODES, Meaning

__all__ = ["OPERATIONS"]

_WORDS: Final[Mapping[Meaning, str]] = {Meaning.CANCELLED: "cancelled", Meaning.PENDING: "pending"}


def _checkout(vector: Vector) -> Facts:
    """What the plugin posts. A payment knows no address of its buyer, which is optional: it stays out."""
    params, form = vector["params"], vector["expected"]["form_fields"]
    bank = form.get("bank_code")
    choices = {"VISA": bank, "NL": None}
    choice = choices.get(form["payment_method"], f"{form['payment_method']}-{bank}")
    context = _context(vector["secret"], return_url=params["return_url"], cancel_url=params["cancel_url"])
    text = params["order_description"].removeprefix("Don hang ")
    payment = _payment(
        params["order_code"], int(params["total_amount"]), choice=choice, order_text=text, buyer=params
    )
    sent = _sent(next(nganluong.initiate(payment, context)))
    return _facts(sent | {"buyer_address": params["buyer_address"]})


def _detail(vector: Vector) -> Facts:
    payment = _payment("ORD-1001", 150_000, token=vector["params"]["token"])
    return _facts(_sent(next(nganluong.query(payment, _context(vector["secret"])))))


def _check(vector: Vector) -> Facts:
    secret = vector["secret"]
    names = {"merchant_id": secret["merchant_site_code"], "merchant_password": secret["secure_pass"]}
    payment = _payment("ORD-1001", 150_000, token=vector["params"]["token"])
    sent = _sent(next(nganluong.query(payment, _context(names, query_by="order_check"))))
    if {name: sent[name] for name in vector["params"]} != vector["params"]:
        raise Disagreement("the question names another token or merchant")
    return {"valid": True, "checksum": sent["checksum"]}


def _decision(vector: Vector) -> Facts:
    """The plugin's report, judged by the core as the answer to its own question."""
    order = vector["order"]
    settings = {
        "merchant_id": "900001",
        "merchant_password": "synthetic",
        "receiver_email": order["receiver_email"],
    }
    by = "detail" if vector["response_format"] == "xml" else "order_check"
    payment = _payment(order["order_code"], order["amount"], token=order["token"])
    context = _context(settings, query_by=by)
    flow = nganluong.query(payment, context)
    next(flow)
    try:
        flow.send(Response(200, content=vector["response"].encode()))
    except StopIteration as end:
        return _word(end.value, payment, context.settings)
    raise AssertionError("the flow asks more than once")


def _word(report: PaymentReport, payment: Payment, settings: Settings) -> Facts:
    """The sheet's word. A contradiction is our review; its amount is compared by the core."""
    known = Known(merchant_account=settings.merchant_account, environment="sandbox", now=AT)
    after = judge(_stored(payment), report, known, asked=True).payment
    if after.state is stored.State.SUCCEEDED:
        number, received = after.gateway_reference, after.received.minor
        return {"valid": True, "outcome": "paid", "gateway_transaction_id": number, "amount": received}
    if after.state is stored.State.REVIEW:
        return {"valid": False, "outcome": "mismatch", "field": "total_amount"}
    meaning = CODES.get(report.gateway_code, Meaning.UNKNOWN)
    if meaning is Meaning.NOT_FOUND:
        return {"valid": False, "outcome": "error", "reason": "token_not_found"}
    word = "pending" if report.outcome is Outcome.PENDING else _WORDS.get(meaning, "unknown")
    if (word == "cancelled") is not (after.state is stored.State.FAILED):
        raise Disagreement(f"{word}, and the payment is {after.state}")
    return {"valid": False, "outcome": word}


def _facts(sent: Mapping[str, str]) -> Facts:
    return {"valid": True, "merchant_password": sent["merchant_password"], "form_fields": sent}


def _sent(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode("ascii"), keep_blank_values=True, strict_parsing=True))


def _context(secret: Mapping[str, str], *, query_by: str = "detail", **urls: str) -> Context[Settings]:
    def sign(contract: ContractId, fields: Mapping[str, str | int]) -> dict[str, str]:
        return dict(signed(contract, fields, secret=secret["merchant_password"]).fields)

    def verify(_: ContractId, __: Response) -> Verified:
        raise AssertionError("no answer is signed")

    settings = {
        "merchant_id": secret["merchant_id"],
        "receiver_email": secret.get("receiver_email", "merchant@example.vn"),
        "query_by": query_by,
    }
    return Context(
        settings=Settings.model_validate(settings),
        callback_url="https://shop.example.vn/pay/nganluong/ipn",
        return_url=urls.get("return_url", "https://shop.example.vn/pay/nganluong/return"),
        cancel_url=urls.get("cancel_url", "https://shop.example.vn/cart"),
        now=AT,
        request_id="RQ20261124A000000001",
        language="vi",
        sign=sign,
        verify=verify,
    )


def _payment(
    reference: str,
    amount: int,
    *,
    token: str | None = None,
    choice: str | None = None,
    order_text: str = "",
    buyer: Mapping[str, Any] | None = None,
) -> Payment:
    named = buyer or {}
    return Payment(
        merchant_reference=reference,
        amount=vnd(amount),
        choice=choice,
        buyer=Buyer(
            name=named.get("buyer_fullname", "Nguyen Van A"),
            email=named.get("buyer_email", "a@example.vn"),
            phone=named.get("buyer_mobile", "0900000001"),
        ),
        buyer_ip="203.0.113.9",
        handed_over_at=AT,
        closes_at=AT + WINDOW,
        checkout_reference=token,
        gateway_reference=None,
        order_text=order_text or reference,
    )


def _stored(payment: Payment) -> stored.Payment:
    return stored.Payment(
        merchant_reference=payment.merchant_reference,
        order_number=payment.merchant_reference,
        account="vector",
        gateway_account="nganluong",
        gateway="nganluong",
        environment="sandbox",
        method="wallet",
        choice=payment.choice,
        state=stored.State.PENDING,
        amount=payment.amount,
        received=vnd(0),
        handed_over_at=payment.handed_over_at,
        closes_at=payment.closes_at,
        buyer_ip=payment.buyer_ip,
        language="vi",
        checkout_reference=payment.checkout_reference,
    )


OPERATIONS: Final[Operations] = {
    "nganluong": {
        "v31_set_express_checkout": _checkout,
        "v31_get_transaction_detail": _detail,
        "order_check_token": _check,
        "confirm_decision": _decision,
    }
}
