"""Asking OnePay what became of a payment: queryDR, and how little of its answer is believed.

The unified page's answer is signed. A legacy answer is not: TLS is its only proof, and a hash that is there
must fit all the same. Sheet: onepay.md, 8.
"""

from __future__ import annotations

from collections.abc import Mapping

from payport.plugin import Context, Flow, Outcome, Payment, PaymentReport, Response, post, read_form
from payport_onepay.about import QUERY, QUERY_ANSWER
from payport_onepay.codes import Codes, outcome_of
from payport_onepay.results import shown, told
from payport_onepay.settings import Page, Settings
from payport_onepay.wire import decode_amount

__all__ = ["ask", "question"]


def ask(page: Page, payment: Payment, context: Context[Settings]) -> Flow[PaymentReport]:
    """Sent once: the sheet does not say that OnePay takes a second question as the first."""
    settings = context.settings
    fields = question(payment.merchant_reference, settings)
    if settings.is_legacy:
        response = yield post(settings.legacy_query_url, form=fields)
        said = _unsigned(response, context)
    else:
        response = yield post(settings.query_url, form=context.sign(QUERY, fields))
        said = read_form(response)
        if said.get("vpc_SecureHash"):
            said = context.verify(QUERY_ANSWER, response).fields
        elif said.get("vpc_DRExists") != "N":  # nothing may rest on it; its code helps an operator
            return _unknown("unsigned", said)
    return _answered(page.codes(settings), said, payment, settings)


def question(merchant_reference: str, settings: Settings) -> dict[str, str]:
    """The fields of a question, password included: they are never logged, nor is the text they make."""
    return {
        "vpc_Command": "queryDR",
        "vpc_Version": "1" if settings.is_legacy else "2",
        "vpc_MerchTxnRef": merchant_reference,
        "vpc_Merchant": settings.merchant,
        "vpc_AccessCode": settings.access_code,
        "vpc_User": settings.user,
        "vpc_Password": settings.password.get_secret_value(),
    }


def _unsigned(response: Response, context: Context[Settings]) -> Mapping[str, str]:
    """A legacy answer, which may begin with a question mark."""
    bare = Response(response.status_code, content=response.content.removeprefix(b"?"))
    said = read_form(bare)
    return context.verify(QUERY_ANSWER, bare).fields if said.get("vpc_SecureHash") else said


def _answered(codes: Codes, said: Mapping[str, str], payment: Payment, settings: Settings) -> PaymentReport:
    ours = {"vpc_MerchTxnRef": payment.merchant_reference, "vpc_Merchant": settings.merchant}
    if any(said.get(name) not in {None, "", value} for name, value in ours.items()):
        return _unknown("of another payment")
    match said.get("vpc_DRExists"):
        case "N":  # nobody came to the page, so far
            return PaymentReport(
                Outcome.PENDING,
                gateway_code="queryDR N",
                merchant_account=settings.merchant,
                merchant_reference=payment.merchant_reference,
                amount=None,
                unpaid=True,
            )
        case "Y":
            code = said.get("vpc_TxnResponseCode", "")
        case _:
            return _unknown("without vpc_DRExists", said)
    if not said.get("vpc_MerchTxnRef"):
        return _unknown("of no payment", said)
    outcome = outcome_of(codes, code)
    if outcome is Outcome.UNKNOWN or (
        outcome is Outcome.DONE and decode_amount(said.get("vpc_Amount", "")) is None
    ):
        return _unknown("", said)
    return told(codes, said, asked=True)


def _unknown(why: str, said: Mapping[str, str] | None = None) -> PaymentReport:
    """An answer that proves nothing says nothing: not even whose account it names."""
    code = "" if said is None else shown(said.get("vpc_TxnResponseCode", ""))
    words = ("queryDR", why, code)
    return PaymentReport(
        Outcome.UNKNOWN,
        gateway_code=" ".join(filter(None, words)),
        merchant_account=None,
        merchant_reference=None,
        amount=None,
    )
