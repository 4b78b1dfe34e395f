"""VNPAY, for domestic cards and accounts: the buyer goes to its page and comes back. Sheet: vnpay.md.

Đồng × 100 on the wire; local time (GMT+7) without a zone. Nothing is called to begin: the signed link is the
whole request. IPN and return carry the same signed fields, but by VNPAY's own rule only the IPN moves money,
so the return is a hint. An answer to querydr is signed too. No refund yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from payport.plugin import (
    Answers,
    Callback,
    Channel,
    Checkout,
    Context,
    ContractId,
    ContractNeed,
    Field,
    Flow,
    GatewayInfo,
    GatewaySettings,
    HttpUrl,
    Incomplete,
    Names,
    Outcome,
    Payment,
    PaymentReport,
    Redirect,
    Reply,
    Verified,
    WireModel,
    hookimpl,
    post,
    read,
)
from payport_domestic_card.vnpay_codes import (
    API_CODES,
    CHOICES,
    OUTCOMES,
    PUBLISHED,
    Meaning,
    answered,
    reported,
)
from payport_domestic_card.vnpay_wire import (
    LIMITS,
    check_lengths,
    decode_amount,
    decode_time,
    encode_address,
    encode_amount,
    encode_time,
    link,
    order_info_clean,
)

__all__ = [
    "ANSWER", "ANSWERS", "IPN", "PAY", "QUERY", "RETURN", "WINDOW", "Settings", "describe", "initiate",
    "parse_callback", "query", "signed", "verify_signature",
]  # fmt: skip

PAY: Final = ContractId("vnpay-pay")
IPN: Final = ContractId("vnpay-ipn")  # proof
RETURN: Final = ContractId("vnpay-return")  # the same fields, only a hint
QUERY: Final = ContractId("vnpay-querydr-request")
ANSWER: Final = ContractId("vnpay-querydr-answer")

_VERSION: Final = "2.1.0"
WINDOW: Final = timedelta(minutes=15)  # vnp_ExpireDate, and the page's own timer (3)
_ASK_AFTER: Final = tuple(  # closing + 1, 6, 16, 60 minutes, then hourly for a day (6)
    WINDOW + timedelta(minutes=after) for after in (1, 6, 16, *range(60, 24 * 60 + 1, 60))
)
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {  # of what a callback must hold (4.1, step 7)
    "vnp_Amount": re.compile(r"[1-9][0-9]{0,11}"),
    "vnp_TxnRef": re.compile(r"[\x00-\x7f]{1,100}"),
    "vnp_ResponseCode": re.compile(r"[0-9]{2}"),
    "vnp_TransactionStatus": re.compile(r"[0-9]{2}"),
    "vnp_TransactionNo": re.compile(r"[0-9]{1,15}"),
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")  # a bank's or a card's code, only shown to people


def _said(code: str, message: str) -> Reply:
    return Reply(
        200, b'{"RspCode":"%b","Message":"%b"}' % (code.encode(), message.encode()), "application/json"
    )


ANSWERS: Final = Answers(  # section 5; 00 and 02 end VNPAY's retries
    recorded=_said("00", "Confirm Success"),
    already_known=_said("02", "Order already confirmed"),
    to_review=_said("00", "Confirm Success"),
    wrong_amount=_said("04", "Invalid amount"),
    unknown_reference=_said("01", "Order not found"),
    not_authentic=_said("97", "Invalid signature"),
    no_input=_said("99", "Input data required"),
    incomplete=_said("99", "Invalid request"),
    hint_taken=Reply(200, b"", "text/plain"),  # the return door's; its reader is a browser
    try_again=_said("99", "Unknown error"),
)


class Settings(GatewaySettings):
    """What VNPAY hands to a merchant at sign-up, but for the secret. The default URLs are the sandbox's."""

    tmn_code: str = Field(pattern=r"^[A-Za-z0-9]{8}$")
    payment_url: HttpUrl = HttpUrl("https://sandbox.vnpayment.vn/paymentv2/vpcpay.html")
    api_url: HttpUrl = HttpUrl("https://sandbox.vnpayment.vn/merchant_webapi/api/transaction")
    server_ip: str = Field(default="127.0.0.1", pattern=r"^[0-9A-Fa-f.:]{7,45}$")  # ours, told in every query
    order_type: str = Field(default="other", pattern=r"^[A-Za-z0-9]{1,100}$")  # VNPAY's category of goods

    @property
    def merchant_account(self) -> str:
        return self.tmn_code


class _Answer(WireModel):
    """What is read of an answer before its signature: whether it has one, and the code for an operator."""

    vnp_ResponseCode: str | int | None = None
    vnp_SecureHash: str | int | None = None


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
        contracts=tuple(ContractNeed(each, 1) for each in (PAY, IPN, RETURN, QUERY, ANSWER)),
        settings=Settings,
        answers=ANSWERS,
        window=WINDOW,
        ask_after=_ASK_AFTER,
        ask_gap=timedelta(minutes=5),
        choices=CHOICES,
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
    """Success needs 00 in both codes, and a transaction to name (4.1, step 7; 4.2)."""
    for name, form in _FORMS.items():
        if not form.fullmatch(verified[name]):
            raise _bad_field(name)
    response, status = verified["vnp_ResponseCode"], verified["vnp_TransactionStatus"]
    meaning = reported(response, status)
    if meaning is Meaning.PAID and _money_number(verified) is None:
        raise _bad_field("vnp_TransactionNo")
    return _report(verified, meaning, f"{response}/{status}")


@hookimpl
def query(payment: Payment, context: Context[Settings]) -> Flow[PaymentReport]:
    """Sent once: VNPAY refuses a request id that it has seen. What is not proven is unknown (6)."""
    fields = {
        "vnp_RequestId": context.request_id,
        "vnp_Version": _VERSION,
        "vnp_Command": "querydr",
        "vnp_TmnCode": context.settings.tmn_code,
        "vnp_TxnRef": payment.merchant_reference,
        "vnp_OrderInfo": order_info_clean(f"Truy van {payment.order_text}"),
        "vnp_TransactionDate": encode_time(payment.handed_over_at),  # exactly the link's vnp_CreateDate
        "vnp_CreateDate": encode_time(context.now),
        "vnp_IpAddr": encode_address(context.settings.server_ip),
    }
    response = yield post(context.settings.api_url, json=signed(context, QUERY, fields), repeatable=False)
    unproven = read(_Answer, response)
    if unproven.vnp_SecureHash is None:  # the code tells an operator what to mend, and moves nothing
        code = str(unproven.vnp_ResponseCode)
        return _unknown(f"unsigned {code}" if code in API_CODES else "unsigned")
    answer = context.verify(ANSWER, response)
    if (answer["vnp_TmnCode"], answer["vnp_TxnRef"]) != (fields["vnp_TmnCode"], fields["vnp_TxnRef"]):
        return _unknown("querydr about another payment")
    return _answered(answer)


def _answered(said: Verified) -> PaymentReport:
    """An authentic answer about our payment (6, steps 5 and 6). The amount is compared by the core."""
    code, status = said["vnp_ResponseCode"], said.get("vnp_TransactionStatus")
    meaning = answered(code, said.get("vnp_TransactionType"), status)
    label = f"querydr {code}/{status}" if code == "00" else f"querydr {code}"
    if OUTCOMES[meaning] is Outcome.UNKNOWN:
        return _unknown(label)
    if code == "00" and not _FORMS["vnp_Amount"].fullmatch(said.get("vnp_Amount")):
        return _unknown(f"{label} without an amount")
    if meaning is Meaning.PAID and _money_number(said) is None:
        return _unknown(f"{label} without a transaction number")
    return _report(said, meaning, label, unpaid=OUTCOMES[meaning] is Outcome.PENDING)


def signed(context: Context[Settings], contract: ContractId, fields: Mapping[str, str]) -> dict[str, str]:
    """What to send. Empty optional fields are not created (3.1); a value that is too long is refused."""
    filled = {name: value for name, value in fields.items() if value}
    check_lengths(filled)
    return context.sign(contract, filled)


def _report(said: Verified, meaning: Meaning, code: str, *, unpaid: bool = False) -> PaymentReport:
    """A transaction number is kept only where it names money: a refused try is followed by another number."""
    outcome = OUTCOMES[meaning]
    return PaymentReport(
        outcome,
        gateway_code=code,
        merchant_account=said["vnp_TmnCode"],
        merchant_reference=said["vnp_TxnRef"],
        amount=decode_amount(said["vnp_Amount"])
        if _FORMS["vnp_Amount"].fullmatch(said.get("vnp_Amount"))
        else None,
        gateway_reference=_money_number(said) if outcome in {Outcome.DONE, Outcome.SUSPECT} else None,
        paid_at=decode_time(said.get("vnp_PayDate")) if outcome is Outcome.DONE else None,
        paid_with=" ".join(filter(_PLAIN.fullmatch, (said.get("vnp_BankCode"), said.get("vnp_CardType")))),
        unpaid=unpaid,
    )


def _money_number(said: Verified) -> str | None:
    """vnp_TransactionNo; all zeros is VNPAY's way to say that there is none."""
    number = said.get("vnp_TransactionNo")
    return number if _FORMS["vnp_TransactionNo"].fullmatch(number) and number.strip("0") else None


def _unknown(code: str) -> PaymentReport:
    """An answer that proves nothing says nothing: not even whose account it names."""
    return PaymentReport(
        Outcome.UNKNOWN, gateway_code=code, merchant_account=None, merchant_reference=None, amount=None
    )


def _bad_field(name: str) -> Incomplete:
    return Incomplete(
        field=name, problem="not of the sheet's form", remedy="See vnpay.md, 4.1, step 7", reason="bad_field"
    )
