"""The NgânLượng wallet, API v3.1: balance, cards and bank accounts, chosen at NgânLượng. Sheet: nganluong.md.

Whole đồng. One call makes a token and a page; calling twice makes two, and both can be paid, so it is sent
once. Return and notify are not signed: their token makes the core ask, and only the answer to a question
with the stored token, over TLS, proves anything. There is no refund.
"""

from __future__ import annotations

from datetime import timedelta

from payport.plugin import (
    Checkout,
    Context,
    ContractId,
    ContractNeed,
    Flow,
    GatewayInfo,
    Limits,
    Names,
    NoCheckout,
    Outcome,
    Payment,
    PaymentReport,
    Redirect,
    hookimpl,
    post,
    read_xml,
    vnd,
)
from payport_nganluong.nganluong_account import (
    ANSWERS,
    ASK_AFTER,
    CALLBACK,
    CHECK,
    REQUEST,
    WINDOW,
    Settings,
)
from payport_nganluong.nganluong_answer import about_no_token, checked, reported
from payport_nganluong.nganluong_codes import PUBLISHED, SUCCESS, created, named
from payport_nganluong.nganluong_methods import CHOICES, LEAST, way_of
from payport_nganluong.nganluong_wire import TOKEN, is_page, unfit, with_references

__all__ = ["describe", "initiate", "query", "verify_signature"]


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
        answers=ANSWERS,
        window=WINDOW,
        ask_after=ASK_AFTER,
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
