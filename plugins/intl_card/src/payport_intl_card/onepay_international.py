"""OnePay, for international cards: the buyer goes to its page and comes back. Sheet: onepay.md.

Đồng × 100 on the wire. Nothing is called to begin: the signed link is the whole request. IPN and return carry
the same signed fields, and each is proof. Two generations of the page: `unified`, and `legacy`, whose answers
to queryDR are unsigned and which gives nothing back. What both OnePay plugins speak stands in payport_onepay.
"""

from __future__ import annotations

from typing import Final

from payport.plugin import (
    Callback,
    Checkout,
    Context,
    ContractId,
    Flow,
    GatewayInfo,
    HttpUrl,
    Limits,
    Names,
    Payment,
    PaymentReport,
    Refund,
    RefundReport,
    Verified,
    hookimpl,
    vnd,
)
from payport_onepay import about
from payport_onepay.asking import ask
from payport_onepay.codes import INTERNATIONAL
from payport_onepay.paying import redirect
from payport_onepay.refunding import give_back
from payport_onepay.results import report
from payport_onepay.settings import Page
from payport_onepay.settings import Settings as OnePaySettings
from payport_onepay.wire import MOST

__all__ = [
    "PAGE", "Settings", "describe", "initiate", "parse_callback", "query", "refund", "verify_signature",
]  # fmt: skip

PAGE: Final = Page(card_list="INTERNATIONAL", legacy_currency="", legacy_codes=INTERNATIONAL)


class Settings(OnePaySettings):
    """The default URLs are the sandbox's."""

    legacy_payment_url: HttpUrl = HttpUrl("https://mtf.onepay.vn/vpcpay/vpcpay.op")
    legacy_query_url: HttpUrl = HttpUrl("https://mtf.onepay.vn/vpcpay/Vpcdps.op")


@hookimpl
def describe() -> GatewayInfo:
    return GatewayInfo(
        id="onepay_international",
        names=Names(vi="Thẻ quốc tế (OnePay)", en="International card (OnePay)"),
        explanation=Names(
            vi="Bạn sang trang OnePay và trả bằng thẻ Visa, Mastercard, JCB hoặc Amex; kết quả có ngay.",
            en="You go to OnePay's page and pay by Visa, Mastercard, JCB or Amex; the result comes at once.",
        ),
        method="international_card",
        limits=(Limits(least=vnd(1), most=MOST),),  # the sheet names no least; most is what 12 digits hold
        contracts=about.CONTRACTS,
        settings=Settings,
        answers=about.ANSWERS,
        window=about.WINDOW,
        ask_after=about.ASK_AFTER,
        ask_gap=about.ASK_GAP,
        partial_refund=True,
        published_samples=about.PUBLISHED,
    )


@hookimpl
def initiate(payment: Payment, context: Context[Settings]) -> Flow[Checkout]:
    yield from ()  # a flow that asks nothing
    return redirect(PAGE, payment, context)


@hookimpl
def verify_signature(callback: Callback) -> ContractId:  # noqa: ARG001  either door: the same fields
    return about.CALLBACK


@hookimpl
def parse_callback(verified: Verified, settings: Settings) -> PaymentReport:
    """The settings say which page, and so which code table."""
    return report(PAGE, verified, settings)


@hookimpl
def query(payment: Payment, context: Context[Settings]) -> Flow[PaymentReport]:
    return (yield from ask(PAGE, payment, context))


@hookimpl
def refund(refund: Refund, context: Context[Settings]) -> Flow[RefundReport]:
    """There is no query_refund: OnePay has no way to ask. Unknown waits for a person."""
    return (yield from give_back(refund, context))
