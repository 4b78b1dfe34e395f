"""A gateway as it was written for the hook spec of December 2026. It is never changed.

It names no argument, imports no name and fills no field that came later: that it goes on working is what
docs/versioning.md promises.
"""

from __future__ import annotations

from datetime import timedelta

from payport.plugin import (
    Answers,
    Callback,
    Checkout,
    Context,
    ContractId,
    ContractNeed,
    Field,
    Flow,
    GatewayInfo,
    GatewaySettings,
    HttpUrl,
    Limits,
    Names,
    Outcome,
    Payment,
    PaymentReport,
    Redirect,
    Refund,
    RefundReport,
    Reply,
    Verified,
    hookimpl,
    post,
    vnd,
)

IPN = ContractId("yesterday-ipn")
REQUEST = ContractId("yesterday-request")
OUTCOMES = {"00": Outcome.DONE, "24": Outcome.DECLINED}


class Settings(GatewaySettings):
    merchant_code: str = Field(pattern=r"^[A-Z0-9]{8}$")
    endpoint: HttpUrl = HttpUrl("https://pay.yesterday.example/")

    @property
    def merchant_account(self) -> str:
        return self.merchant_code


@hookimpl
def describe() -> GatewayInfo:
    return GatewayInfo(
        id="yesterday",
        names=Names(vi="Ví hôm qua", en="Yesterday's wallet"),
        explanation=Names(vi="Được viết cho đặc tả cũ.", en="Written for an older hook spec."),
        method="yesterday",
        limits=(Limits(vnd(1_000), vnd(100_000_000)),),
        contracts=(ContractNeed(IPN, 1), ContractNeed(REQUEST, 1)),
        settings=Settings,
        answers=Answers(*([Reply(200, b'{"code":"00"}', "application/json")] * 10)),
        window=timedelta(minutes=15),
        ask_after=(),
        ask_gap=timedelta(minutes=1),
    )


@hookimpl
def initiate(payment: Payment, context: Context[Settings]) -> Flow[Checkout]:
    yield from ()
    fields = {"order_ref": payment.merchant_reference, "amount": payment.amount.minor}
    signed = context.sign(REQUEST, fields)
    return Redirect(f"{context.settings.endpoint}pay?sig={signed['sig']}")


@hookimpl
def verify_signature(callback: Callback) -> ContractId:
    return IPN


@hookimpl
def parse_callback(verified: Verified) -> PaymentReport:
    return PaymentReport(
        outcome=OUTCOMES.get(verified["status"], Outcome.UNKNOWN),
        gateway_code=verified["status"],
        merchant_account=verified["merchant"],
        merchant_reference=verified["order_ref"],
        amount=vnd(verified.integer("amount")),
        gateway_reference=verified["txn"],
    )


@hookimpl
def refund(refund: Refund, context: Context[Settings]) -> Flow[RefundReport]:
    yield post(context.settings.endpoint, "refunds", json={"key": refund.idempotency_key}, repeatable=False)
    return RefundReport(Outcome.UNKNOWN, gateway_code="")
