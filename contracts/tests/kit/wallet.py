"""A good gateway to begin with: the sample wallet, with answers that say what they are about, and refunds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from payport.plugin import (
    Answers,
    Context,
    Flow,
    GatewayInfo,
    Limits,
    Money,
    Outcome,
    Payment,
    PaymentReport,
    Refund,
    RefundReport,
    Reply,
    WireModel,
    post,
    read,
    vnd,
)
from payport.testing import SampleSettings, sample_info

__all__ = ["ANSWERS", "GOOD", "OUTCOMES", "info", "reply"]

OUTCOMES: Final = {"00": Outcome.DONE, "01": Outcome.PENDING, "24": Outcome.DECLINED}


class _Answer(WireModel):
    code: str
    order_ref: str
    amount: int
    txn: str


def reply(code: str, status: int = 200) -> Reply:
    return Reply(status, json.dumps({"code": code}).encode(), "application/json")


def info(**answers: Reply) -> GatewayInfo:
    said = Answers(
        recorded=reply("00"),
        already_known=reply("02"),
        to_review=reply("00"),
        wrong_amount=reply("04"),
        unknown_reference=reply("01"),
        not_authentic=reply("97"),
        no_input=reply("99"),
        incomplete=reply("99"),
        hint_taken=reply("00"),
        try_again=reply("99", 503),
    )
    return replace(
        sample_info(),
        answers=replace(said, **answers),
        partial_refund=True,
        refund_ask_after=(timedelta(minutes=5),),
    )


def _describe() -> GatewayInfo:
    return info()


def _query(payment: Payment, context: Context[SampleSettings]) -> Flow[PaymentReport]:
    asked = {"merchant": context.settings.merchant_code, "order_ref": payment.merchant_reference}
    answer = read(_Answer, (yield post(context.settings.endpoint, "/state", json=asked, repeatable=True)))
    return PaymentReport(
        outcome=OUTCOMES.get(answer.code, Outcome.UNKNOWN),
        gateway_code=answer.code[:64],
        merchant_account=context.settings.merchant_account,
        merchant_reference=answer.order_ref,
        amount=vnd(answer.amount),
        gateway_reference=answer.txn,
    )


def _refund(refund: Refund, context: Context[SampleSettings]) -> Flow[RefundReport]:
    asked = {
        "txn": refund.payment.gateway_reference,
        "amount": refund.amount.minor,
        "request_id": refund.idempotency_key,
    }
    answer = read(_Answer, (yield post(context.settings.endpoint, "/refunds", json=asked)))
    return RefundReport(
        OUTCOMES.get(answer.code, Outcome.UNKNOWN),
        gateway_code=answer.code[:64],
        merchant_reference=answer.order_ref,
        amount=vnd(answer.amount),
        gateway_reference=answer.txn,
    )


def _query_refund(refund: Refund, context: Context[SampleSettings]) -> Flow[RefundReport]:
    asked = {"request_id": refund.idempotency_key}
    url = context.settings.endpoint
    answer = read(_Answer, (yield post(url, "/refunds/state", json=asked, repeatable=True)))
    return RefundReport(
        OUTCOMES.get(answer.code, Outcome.UNKNOWN),
        gateway_code=answer.code[:64],
        merchant_reference=answer.order_ref or None,
        amount=vnd(answer.amount) if answer.amount else None,
        gateway_reference=answer.txn or None,
    )


GOOD: Final[Mapping[str, Callable[..., Any]]] = {
    "describe": _describe,
    "query": _query,
    "refund": _refund,
    "query_refund": _query_refund,
}
ANSWERS: Final[Mapping[str, bytes]] = {
    "initiate": b'{"code":"00","txn":"9001","pay_url":"https://pay.sample.example/9001"}',
    "query": b'{"code":"00","order_ref":"PP23456789AB","amount":150000,"txn":"9001"}',
    "refund": b'{"code":"00","order_ref":"PP23456789AB","amount":50000,"txn":"R1"}',
    "query_refund": b'{"code":"00","order_ref":"PP23456789AB","amount":50000,"txn":"R1"}',
}
TWO_CURRENCIES: Final = (
    Limits(vnd(1_000), vnd(100_000_000)),
    Limits(Money(1_000, "USD"), Money(100_000, "USD")),
)
