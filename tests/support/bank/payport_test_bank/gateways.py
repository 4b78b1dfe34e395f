"""Ten gateways, one factory: they differ in the contracts of their doors; one carries any amount, two give
money back and say what became of it, one of them is called before it has a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from types import ModuleType
from typing import Any, Final

from payport.plugin import (
    Answers,
    Callback,
    Channel,
    Checkout,
    Context,
    ContractId,
    ContractNeed,
    Flow,
    GatewayInfo,
    Limits,
    Money,
    NoCheckout,
    Outcome,
    Payment,
    PaymentReport,
    Redirect,
    Refund,
    RefundReport,
    Reply,
    Verified,
    WireModel,
    get,
    read,
)
from payport.testing import SampleSettings, sample_info, sample_plugin

__all__ = [
    "beginning", "boundless", "by_body", "by_digest", "by_form", "by_json", "by_query", "fixed_currency",
    "giving_back", "without_amount",
]  # fmt: skip

TOKEN: Final = ContractId("bank-token")
REQUEST: Final = ContractId("bank-request")
_KEPT: Final = ("initiate", "verify_signature", "parse_callback", "query")
PUBLISHED: Final = ("PRINTED-IN-A-PUBLIC-SAMPLE", "SAMPLE99")
OUTCOMES: Final[Mapping[str, Outcome]] = {
    "paid": Outcome.DONE,
    "waiting": Outcome.PENDING,
    "failed": Outcome.DECLINED,
    "disputed": Outcome.SUSPECT,
}


class Answer(WireModel):
    """What /state answers; nothing of it is signed."""

    status: str
    merchant: str | None = None
    order_ref: str | None = None
    amount: int | None = None
    currency: str = "VND"
    txn: str | None = None
    is_test: bool | None = None


class BeginAnswer(WireModel):
    """What /begin answers; nothing of it is signed."""

    status: str
    token: str | None = None


class RefundAnswer(WireModel):
    """What /refund and /refund/state answer; nothing of it is signed."""

    status: str
    merchant: str | None = None
    order_ref: str | None = None
    refund_ref: str | None = None
    amount: int | None = None
    currency: str = "VND"
    txn: str | None = None


def _said(word: str) -> Reply:
    return Reply(200, f'{{"said":"{word}"}}'.encode(), "application/json")


def _info(name: str, ipn: str, *others: ContractId, most: Money | None = None) -> GatewayInfo:
    info = sample_info(name)
    return replace(
        info,
        limits=info.limits if most is None else (Limits(Money(1, most.currency), most),),
        contracts=tuple(ContractNeed(each, 1) for each in (ContractId(ipn), TOKEN, *others)),
        answers=Answers(**{entry: _said(entry) for entry in Answers.__slots__}),
        ask_after=(timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)),
        ask_gap=timedelta(seconds=1),
        published_samples=frozenset(sha256(word.encode()).hexdigest() for word in PUBLISHED),
    )


def _bank(name: str, ipn: str, *others: ContractId, most: Money | None = None) -> ModuleType:
    def verify_signature(callback: Callback) -> ContractId:
        return ContractId(ipn) if callback.channel is Channel.IPN else TOKEN

    hooks: dict[str, Any] = {
        "describe": lambda: _info(name, ipn, *others, most=most),
        "initiate": _initiate,
        "verify_signature": verify_signature,
        "parse_callback": _parse_callback,
        "query": _query,
    }
    return sample_plugin(name, **hooks)


def _giving_back(name: str) -> ModuleType:
    """All or a part; asked again a minute after the request, an hour, a day."""
    plain = _bank(name, "bank-query")
    info = replace(
        _info(name, "bank-query"),
        partial_refund=True,
        refund_ask_after=(timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)),
    )
    hooks: dict[str, Any] = {
        "describe": lambda: info,
        "refund": _refund,
        "query_refund": _query_refund,
    }
    return sample_plugin(name, **{**{h: vars(plain)[h] for h in _KEPT}, **hooks})


def _beginning(name: str) -> ModuleType:
    """As the one that gives back, and it is asked for each page."""
    return sample_plugin(
        name,
        **{hook: found for hook, found in vars(_giving_back(name)).items() if hook in {*_KEPT, "describe"}}
        | {"initiate": _begin, "refund": _refund, "query_refund": _query_refund},
    )


def _begin(payment: Payment, context: Context[SampleSettings]) -> Flow[Checkout]:
    query = {"order_ref": payment.merchant_reference, "amount": str(payment.amount.minor)}
    answer = read(BeginAnswer, (yield get(context.settings.endpoint, "/begin", query=query)))
    if answer.status != "paid" or not answer.token:
        outcome = OUTCOMES.get(answer.status, Outcome.UNKNOWN)
        return NoCheckout(Outcome.UNKNOWN if outcome is Outcome.DONE else outcome, answer.status)
    return Redirect(f"{context.settings.endpoint}/pay/{answer.token}", checkout_reference=answer.token)


def _refund(refund: Refund, context: Context[SampleSettings]) -> Flow[RefundReport]:
    return (yield from _asked("/refund", refund, context))


def _query_refund(refund: Refund, context: Context[SampleSettings]) -> Flow[RefundReport]:
    return (yield from _asked("/refund/state", refund, context))


def _asked(path: str, refund: Refund, context: Context[SampleSettings]) -> Flow[RefundReport]:
    query = {
        "order_ref": refund.payment.merchant_reference,
        "paid_by": refund.payment.gateway_reference or "",
        "refund_ref": refund.refund_reference,
        "key": refund.idempotency_key,
        "amount": str(refund.amount.minor),
    }
    answer = read(RefundAnswer, (yield get(context.settings.endpoint, path, query=query)))
    return RefundReport(
        OUTCOMES.get(answer.status, Outcome.UNKNOWN),
        gateway_code=answer.status,
        merchant_account=answer.merchant,
        merchant_reference=answer.order_ref,
        refund_reference=answer.refund_ref,
        amount=None if answer.amount is None else Money(answer.amount, answer.currency),
        gateway_reference=answer.txn,
    )


def _initiate(payment: Payment, context: Context[SampleSettings]) -> Flow[Checkout]:
    yield from ()
    reference = payment.merchant_reference
    return Redirect(f"{context.settings.endpoint}/pay/{reference}", checkout_reference=f"token-{reference}")


def _parse_callback(verified: Verified) -> PaymentReport:
    amount = Money(verified.integer("amount"), verified.currency or "") if "amount" in verified else None
    return PaymentReport(
        OUTCOMES.get(verified["status"], Outcome.UNKNOWN),
        gateway_code=verified["status"],
        merchant_account=verified.merchant_account,
        merchant_reference=verified["order_ref"],
        amount=amount,
        gateway_reference=verified["txn"],
        is_test={"yes": True, "no": False}.get(verified.get("is_test")),
        paid_with=verified.get("card"),
    )


def _query(payment: Payment, context: Context[SampleSettings]) -> Flow[PaymentReport]:
    response = yield get(context.settings.endpoint, "/state", query={"order_ref": payment.merchant_reference})
    answer = read(Answer, response)
    return PaymentReport(
        OUTCOMES.get(answer.status, Outcome.UNKNOWN),
        gateway_code=answer.status,
        merchant_account=answer.merchant,
        merchant_reference=answer.order_ref,
        amount=None if answer.amount is None else Money(answer.amount, answer.currency),
        gateway_reference=answer.txn,
        is_test=answer.is_test,
        unpaid=answer.status == "waiting",
    )


by_query = _bank("bank_query", "bank-query", REQUEST)
fixed_currency = _bank("bank_fixed", "bank-fixed")
by_json = _bank("bank_json", "bank-json")
by_body = _bank("bank_body", "bank-body")
by_form = _bank("bank_form", "bank-form")
without_amount = _bank("bank_amountless", "bank-amountless")
by_digest = _bank("bank_digest", "bank-digest")
boundless = _bank("bank_boundless", "bank-fixed", most=Money(2**53 - 1, "VND"))
giving_back = _giving_back("bank_refund")
beginning = _beginning("bank_begin")
