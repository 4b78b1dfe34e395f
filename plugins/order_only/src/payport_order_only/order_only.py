"""Order now, pay by bank transfer or in cash: words and a VietQR, and nobody to call. Sheet: vietqr.md.

Nothing here tells whether money came: a named person or a bank statement does. The order's code is the
transfer's memo, one word of capitals and digits that banks carry whole. No callback, no question, no refund.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from payport.plugin import (
    Answers,
    Checkout,
    Context,
    Field,
    Flow,
    GatewayInfo,
    GatewaySettings,
    Instructions,
    Limits,
    Names,
    Payment,
    Reply,
    RequestRefused,
    Row,
    hookimpl,
    vnd,
)
from payport_order_only.banks import banks
from payport_order_only.vietqr import MOST_DONG, Transfer, build_payload
from payport_order_only.vietqr_reader import parse_payload
from payport_order_only.words import EXACTLY, money, no_code, same, until

__all__ = ["LIMITS", "MEMO", "Settings", "describe", "initiate"]

LIMITS: Final = Limits(least=vnd(1), most=vnd(MOST_DONG))
MEMO: Final = re.compile(r"[A-Z0-9]{6,12}")  # what is left of it whatever a bank does to case and signs (4)

_LINE: Final = r"^[^\p{C}\p{Z}][^\p{C}\p{Zl}\p{Zp}]*$"  # one line of text that is seen
_NOTHING_HERE: Final = Reply(404, b"", "text/plain")  # no gateway calls: whoever does learns nothing


class Settings(GatewaySettings):
    """The seller's bank account and cash desk. Above `qr_most` đồng no QR is drawn: bank apps send no more
    in one transfer (7, 13)."""

    bank_bin: str = Field(pattern=r"^[0-9]{6}$")
    bank_name: str = Field(default="", max_length=100, pattern=rf"^$|{_LINE}")  # where the table has none
    account_number: str = Field(pattern=r"^[0-9A-Za-z]{1,19}$")
    account_holder: str = Field(max_length=100, pattern=_LINE)
    cash_desk_vi: str = Field(default="", max_length=300, pattern=rf"^$|{_LINE}")
    cash_desk_en: str = Field(default="", max_length=300, pattern=rf"^$|{_LINE}")
    qr_most: int = Field(default=499_999_999, ge=0, le=MOST_DONG)

    def model_post_init(self, _: Any) -> None:
        if not self.bank_name and self.bank_bin not in banks():
            raise ValueError("bank_bin is in no list; give bank_name, if it is right")
        if bool(self.cash_desk_vi) is not bool(self.cash_desk_en):
            raise ValueError("cash_desk_vi and cash_desk_en belong together")

    @property
    def merchant_account(self) -> str:
        return self.account_number

    @property
    def bank(self) -> str:
        """As buyers look for it in their own bank's app."""
        if self.bank_name:
            return self.bank_name
        bank = banks()[self.bank_bin]
        return bank.name if bank.short_name in bank.name else f"{bank.short_name} ({bank.name})"


@hookimpl
def describe() -> GatewayInfo:
    return GatewayInfo(
        id="order_only",
        names=Names(vi="Chuyển khoản hoặc tiền mặt", en="Bank transfer or cash"),
        explanation=Names(
            vi="Đặt hàng ngay, trả sau bằng mã VietQR hoặc tại quầy; chúng tôi xác nhận khi nhận được tiền.",
            en="Order now, pay by VietQR or at our cash desk; we confirm once the money is here.",
        ),
        method="order_only",
        limits=(LIMITS,),
        contracts=(),
        settings=Settings,
        answers=Answers(*[_NOTHING_HERE] * 10),
        window=timedelta(days=7),  # not what counts: a payment by hand ends with its order
        ask_after=(),
        ask_gap=timedelta(days=1),
        by_hand=True,
    )


@hookimpl
def initiate(payment: Payment, context: Context[Settings]) -> Flow[Checkout]:
    """Nothing of the buyer goes into the words or the QR: only the order's code.

    Raises: RequestRefused for a code that a bank would change, and for an amount that is not in the limits.
    """
    yield from ()  # a flow that asks nothing
    memo, amount, settings = payment.order_text, payment.amount, context.settings
    if not MEMO.fullmatch(memo):
        raise _refused("order_text", "is not 6 to 12 of A-Z and 0-9", "Give the order such a number")
    if amount.currency != "VND" or not LIMITS.least <= amount <= LIMITS.most:
        raise _refused("amount", f"is not from {LIMITS.least} to {LIMITS.most}", "Offer another method")
    with_code = amount.minor <= settings.qr_most
    rows = [
        Row(Names("Số tiền", "Amount"), money(amount), copy=str(amount.minor)),
        Row(Names("Nội dung chuyển khoản", "Transfer memo"), Names(memo, memo), copy=memo),
        Row(Names("Số tài khoản", "Account number"), same(settings.account_number), settings.account_number),
        Row(Names("Chủ tài khoản", "Account holder"), same(settings.account_holder)),
        Row(Names("Ngân hàng", "Bank"), same(settings.bank)),
        Row(Names("Hạn thanh toán", "Pay until"), until(payment.closes_at)),
    ]
    if settings.cash_desk_vi:
        rows.append(
            Row(Names("Quầy thu tiền mặt", "Cash desk"), Names(settings.cash_desk_vi, settings.cash_desk_en))
        )
    rows.append(EXACTLY)
    if not with_code and settings.qr_most:
        rows.append(no_code(vnd(settings.qr_most)))
    return Instructions(tuple(rows), _code(settings, amount.minor, memo) if with_code else None)


def _code(settings: Settings, dong: int, memo: str) -> str:
    """The QR's text; read back before anybody pays by it."""
    asked = Transfer(settings.bank_bin, settings.account_number, dong, memo)
    text = build_payload(asked)
    if parse_payload(text).transfer != asked:
        raise _refused("qr_payload", "does not say what was meant", "Pay by the words; report this")
    return text


def _refused(field: str, problem: str, remedy: str) -> RequestRefused:
    return RequestRefused(field=field, problem=problem, remedy=remedy)
