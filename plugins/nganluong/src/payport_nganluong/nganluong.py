"""The NgânLượng wallet, API v3.1: balance, cards and bank accounts, chosen at NgânLượng. Sheet: nganluong.md.

Whole đồng. One call makes a token and a page; calling twice makes two, and both can be paid, so it is sent
once. Return and notify are not signed: their token makes the core ask, and only the answer to a question
with the stored token, over TLS, proves anything. There is no refund.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from payport.plugin import (
    Answers,
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
    NoCheckout,
    Outcome,
    Payment,
    PaymentReport,
    Redirect,
    Reply,
    hookimpl,
    post,
    read_xml,
    vnd,
)
from payport_nganluong.nganluong_answer import about_no_token, checked, reported
from payport_nganluong.nganluong_codes import PUBLISHED, SUCCESS, created, named
from payport_nganluong.nganluong_methods import CHOICES, LEAST, way_of
from payport_nganluong.nganluong_wire import TOKEN, is_page, unfit, with_references

__all__ = [
    "CALLBACK",
    "CHECK",
    "REQUEST",
    "WINDOW",
    "Settings",
    "describe",
    "initiate",
    "query",
    "verify_signature",
]

CALLBACK: Final = ContractId("nganluong-v31-callback")  # proves nothing: a token to look up
REQUEST: Final = ContractId("nganluong-v31-request")
CHECK: Final = ContractId("nganluong-order-check")

WINDOW: Final = timedelta(hours=2)  # time_limit: enough for a transfer, short enough for the order's place
_ASK_AFTER: Final = tuple(  # 4.3; then from 15 minutes after the window on, in case NgânLượng closes late
    timedelta(minutes=after) for after in (1, 5, 15, 60, 135, *range(180, 24 * 60 + 1, 60))
)


def _said(status: int, text: bytes) -> Reply:
    return Reply(status, text, "text/plain; charset=utf-8")


_TAKEN: Final = _said(200, b"OK")
_ANSWERS: Final = Answers(  # not published (4.3): 200 once stored, so that nobody calls again for nothing
    recorded=_TAKEN,
    already_known=_TAKEN,
    to_review=_TAKEN,
    wrong_amount=_TAKEN,
    unknown_reference=_TAKEN,
    not_authentic=_TAKEN,
    no_input=_TAKEN,
    incomplete=_TAKEN,
    hint_taken=_TAKEN,
    try_again=_said(503, b"try again"),
)


class Settings(GatewaySettings):
    """What NgânLượng hands to a merchant, but for the password. The default URLs are the sandbox's."""

    merchant_id: str = Field(pattern=r"^[0-9]{1,20}\z")  # text: a leading zero counts
    receiver_email: str = Field(
        pattern=r"^[!-?A-~]{1,200}@[!-?A-~]{1,200}\z"
    )  # the wallet that gets the money
    api_url: HttpUrl = HttpUrl("https://sandbox.nganluong.vn/nl35/checkout.api.nganluong.post.php")
    order_check_url: HttpUrl = HttpUrl("https://sandbox.nganluong.vn/nl35/service/order/check")
    query_by: Literal["detail", "order_check"] = "detail"

    @property
    def merchant_account(self) -> str:
        return self.receiver_email.lower()  # what an answer names; the merchant_id stands in no answer


@hookimpl
def describe() -> GatewayInfo:
    return GatewayInfo(
        id="nganluong",
        names=Names(vi="Ví NgânLượng", en="NgânLượng wallet"),
        explanation=Names(
            vi="Bạn sang NgânLượng, trả bằng số dư, thẻ hoặc tài khoản ngân hàng; vài giây sau có kết quả.",
            en="You go to NgânLượng and pay by balance, card or bank account; the result takes some seconds.",
        ),
        method="wallet",
        limits=(
            Limits(least=LEAST, most=vnd(999_999_999)),
        ),  # no most is published: 11 refuses what is above
        contracts=tuple(ContractNeed(each, 1) for each in (CALLBACK, REQUEST, CHECK)),
        settings=Settings,
        answers=_ANSWERS,
        window=WINDOW,
        ask_after=_ASK_AFTER,
        ask_gap=timedelta(seconds=30),
        choices=CHOICES,
        published_samples=PUBLISHED,
    )


@hookimpl
def initiate(payment: Payment, context: Context[Settings]) -> Flow[Checkout]:
    """What NgânLượng would refuse is declined here, and no byte leaves."""
    fields = _order(payment, context)
    wrong = "amount" if payment.amount < way_of(payment.choice).least else unfit(fields)
    if wrong is not None:
        return NoCheckout(Outcome.DECLINED, gateway_code=f"not sent: {wrong}")
    response = yield post(context.settings.api_url, form=context.sign(REQUEST, fields), repeatable=False)
    answer = read_xml(response, root="result", amend=with_references)
    code, token, page = (answer.get(name, "") for name in ("error_code", "token", "checkout_url"))
    reference = token if TOKEN.fullmatch(token) else None
    if code == SUCCESS and reference is not None and is_page(page, context.settings.api_url):
        return Redirect(page, checkout_reference=reference)
    outcome = Outcome.UNKNOWN if token or page else created(code)
    return NoCheckout(outcome, gateway_code=named(code), checkout_reference=reference)


@hookimpl
def verify_signature() -> ContractId:
    return CALLBACK


@hookimpl
def query(payment: Payment, context: Context[Settings]) -> Flow[PaymentReport]:
    """Without a token nobody can be asked: the answer that would have brought it was lost."""
    token, settings = payment.checkout_reference, context.settings
    if token is None:
        yield from ()
        return about_no_token()
    account = {"merchant_id": settings.merchant_id, "token": token}
    if settings.query_by == "order_check":
        response = yield post(settings.order_check_url, form=context.sign(CHECK, account), repeatable=True)
        return reported(checked(response), payment, settings.receiver_email)
    fields = account | {"version": "3.1", "function": "GetTransactionDetail"}
    response = yield post(settings.api_url, form=context.sign(REQUEST, fields), repeatable=True)
    return reported(
        read_xml(response, root="result", amend=with_references), payment, settings.receiver_email
    )


def _order(payment: Payment, context: Context[Settings]) -> dict[str, str]:
    """SetExpressCheckout's fields (4.1): the final sum, and zeros. No bank_code for the wallet."""
    way, settings = way_of(payment.choice), context.settings
    fields = {
        "merchant_id": settings.merchant_id,
        "version": "3.1",
        "function": "SetExpressCheckout",
        "receiver_email": settings.receiver_email,
        "order_code": payment.merchant_reference,
        "total_amount": str(payment.amount.minor),
        "payment_method": way.method,
        "payment_type": "1",  # at once: held money is not ours yet
        "order_description": f"Don hang {payment.order_text}",
        "tax_amount": "0",
        "discount_amount": "0",
        "fee_shipping": "0",
        "return_url": context.return_url,
        "cancel_url": context.cancel_url,
        "notify_url": context.callback_url,
        "time_limit": str((payment.closes_at - payment.handed_over_at) // timedelta(minutes=1)),
        "buyer_fullname": payment.buyer.name,
        "buyer_email": payment.buyer.email,
        "buyer_mobile": payment.buyer.phone,
        "cur_code": payment.amount.currency.lower(),
        "lang_code": "en" if context.language == "en" else "vi",
    }
    return fields | ({"bank_code": way.bank} if way.bank else {})
