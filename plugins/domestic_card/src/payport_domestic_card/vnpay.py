"""VNPAY, for domestic cards and accounts: the buyer goes to its page and comes back. Sheet: vnpay.md.

Đồng × 100 on the wire; local time (GMT+7) without a zone. Nothing is called to begin: the signed link is the
whole request. IPN and return carry the same signed fields, but by VNPAY's own rule only the IPN moves money,
so the return is a hint. Answers to querydr and refund are signed too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from payport.plugin import (
    Callback,
    Channel,
    Checkout,
    Context,
    ContractId,
    ContractNeed,
    Flow,
    GatewayInfo,
    Names,
    Payment,
    PaymentReport,
    Redirect,
    Refund,
    RefundReport,
    Verified,
    hookimpl,
)
from payport_domestic_card.vnpay_account import (
    ANSWERS,
    ASK_AFTER,
    CONTRACTS,
    IPN,
    PAY,
    REFUND_ASK_AFTER,
    RETURN,
    WINDOW,
    Settings,
)
from payport_domestic_card.vnpay_api import asked, signed
from payport_domestic_card.vnpay_codes import CHOICES, PUBLISHED
from payport_domestic_card.vnpay_reports import found_refund, from_answer, from_callback, from_refund
from payport_domestic_card.vnpay_wire import (
    LIMITS,
    encode_address,
    encode_amount,
    encode_refund,
    encode_staff,
    encode_time,
    link,
    order_info_clean,
    refund_kind,
    refund_text,
)

__all__ = [
    "describe", "initiate", "parse_callback", "query", "query_refund", "refund", "verify_signature",
]  # fmt: skip

_VERSION: Final = "2.1.0"


@hookimpl
def describe() -> GatewayInfo:
    return GatewayInfo(
        id="vnpay",
        names=Names(vi="Thẻ ATM, tài khoản ngân hàng (VNPAY)", en="Domestic card or bank account (VNPAY)"),
        explanation=Names(
            vi="Bạn sang trang VNPAY, chọn ngân hàng và xác thực bằng OTP; kết quả có ngay.",
            en="You go to VNPAY's page, choose your bank and confirm with an OTP; the result comes at once.",
        ),
        method="domestic_card",
        limits=(LIMITS,),
        contracts=tuple(ContractNeed(each, 1) for each in CONTRACTS),
        settings=Settings,
        answers=ANSWERS,
        window=WINDOW,
        ask_after=ASK_AFTER,
        ask_gap=timedelta(minutes=5),
        choices=CHOICES,
        partial_refund=True,
        refund_ask_after=REFUND_ASK_AFTER,
        published_samples=PUBLISHED,
    )


@hookimpl
def initiate(payment: Payment, context: Context[Settings]) -> Flow[Checkout]:
    yield from ()  # a flow that asks nothing
    fields = {
        "vnp_Version": _VERSION,
        "vnp_Command": "pay",
        "vnp_TmnCode": context.settings.tmn_code,
        "vnp_Amount": encode_amount(payment.amount),
        "vnp_CurrCode": payment.amount.currency,
        "vnp_CreateDate": encode_time(payment.handed_over_at),
        "vnp_ExpireDate": encode_time(payment.closes_at),
        "vnp_IpAddr": encode_address(payment.buyer_ip),
        "vnp_Locale": "en" if context.language == "en" else "vn",
        "vnp_OrderInfo": order_info_clean(f"Thanh toan don hang {payment.order_text}"),
        "vnp_OrderType": context.settings.order_type,
        "vnp_ReturnUrl": context.return_url,
        "vnp_TxnRef": payment.merchant_reference,
        "vnp_BankCode": payment.choice or "",
    }
    return Redirect(f"{context.settings.payment_url}?{link(signed(context, PAY, fields))}", once=True)


@hookimpl
def verify_signature(callback: Callback) -> ContractId:
    return IPN if callback.channel is Channel.IPN else RETURN


@hookimpl
def parse_callback(verified: Verified) -> PaymentReport:
    return from_callback(verified)


@hookimpl
def query(payment: Payment, context: Context[Settings]) -> Flow[PaymentReport]:
    fields = _asking("querydr", payment, context) | {
        "vnp_RequestId": context.request_id,
        "vnp_OrderInfo": order_info_clean(f"Truy van {payment.order_text}"),
    }
    return from_answer((yield from asked(context, fields)))


@hookimpl
def refund(refund: Refund, context: Context[Settings]) -> Flow[RefundReport]:
    fields = _asking("refund", refund.payment, context) | {
        "vnp_RequestId": refund.idempotency_key,
        "vnp_TransactionType": refund_kind(refund),
        "vnp_Amount": encode_refund(refund.amount),
        "vnp_TransactionNo": refund.payment.gateway_reference or "",  # the payment's
        "vnp_CreateBy": encode_staff(refund.requested_by),
        "vnp_OrderInfo": refund_text(refund),
    }
    return from_refund(refund, (yield from asked(context, fields)))


@hookimpl
def query_refund(refund: Refund, context: Context[Settings]) -> Flow[RefundReport]:
    fields = _asking("querydr", refund.payment, context) | {
        "vnp_RequestId": context.request_id,
        "vnp_TransactionNo": refund.gateway_reference or "",  # the refund's own; sent and not signed
        "vnp_OrderInfo": order_info_clean(f"Truy van {refund.refund_reference}"),
    }
    return found_refund(refund, (yield from asked(context, fields)))


def _asking(command: str, payment: Payment, context: Context[Settings]) -> dict[str, str]:
    """What every call of the API says: which payment, by which terminal, from where, and when."""
    return {
        "vnp_Version": _VERSION,
        "vnp_Command": command,
        "vnp_TmnCode": context.settings.tmn_code,
        "vnp_TxnRef": payment.merchant_reference,
        "vnp_TransactionDate": encode_time(payment.handed_over_at),  # exactly the link's vnp_CreateDate
        "vnp_CreateDate": encode_time(context.now),
        "vnp_IpAddr": encode_address(str(context.settings.server_ip)),
    }
