"""What a result says about a payment, whether OnePay called, the buyer came back, or we asked.

Only vpc_TxnResponseCode decides. The amount, the merchant and the order are compared by the core.
Sheet: onepay.md, 4.1 (step 9), 4.2, 5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from payport.plugin import Incomplete, Outcome, PaymentReport, Verified
from payport_onepay.codes import Codes, outcome_of
from payport_onepay.settings import Page, Settings
from payport_onepay.wire import decode_amount, decode_time

__all__ = ["number_of", "report", "shown", "told"]

_TEXT: Final = re.compile(r"[ -~]{1,128}")  # what a report may carry of a signed text
_NUMBER: Final = re.compile(  # digits, or PAY- and 22 characters; what names nothing is no number
    r"(?!(?:0+|null)\Z)[A-Za-z0-9_-]{1,64}"
)
_CODE: Final = re.compile(r"[A-Z0-9?]{1,3}")
_NOT_PAID_YET: Final = "100"
_KIND: Final = re.compile(r"[A-Z]{2,10}|[0-9]{6}")  # VC, MC, CUP …; a bank's BIN: never a card's number


def report(page: Page, verified: Verified, settings: Settings) -> PaymentReport:
    """A verified callback. Raises Incomplete for an amount or a reference that is not of the sheet's form."""
    if decode_amount(verified["vpc_Amount"]) is None:
        raise _bad_field("vpc_Amount", "bad_amount")
    if not _TEXT.fullmatch(verified["vpc_MerchTxnRef"]):
        raise _bad_field("vpc_MerchTxnRef", "bad_field")
    return told(page.codes(settings), verified.fields)


def told(codes: Codes, said: Mapping[str, str], *, asked: bool = False) -> PaymentReport:
    """A result's fields. A success that names no transaction may be money, and cannot be counted: a person
    looks. A number is kept only where it names money: after a decline the buyer may try again."""
    code = said.get("vpc_TxnResponseCode", "")
    outcome = outcome_of(codes, code)
    number = number_of(said)
    if outcome is Outcome.DONE and number is None:
        outcome = Outcome.SUSPECT
    return PaymentReport(
        outcome,
        gateway_code=" ".join(filter(None, ("queryDR" if asked else "", shown(code)))),
        merchant_account=_text(said.get("vpc_Merchant")),
        merchant_reference=_text(said.get("vpc_MerchTxnRef")),
        amount=decode_amount(said.get("vpc_Amount", ""), said.get("vpc_CurrencyCode") or "VND"),
        gateway_reference=number if outcome is Outcome.DONE else None,
        paid_at=decode_time(said.get("vpc_PaymentTime", "")) if outcome is Outcome.DONE else None,
        paid_with=" ".join(
            filter(_KIND.fullmatch, (said.get("vpc_Card", ""), said.get("vpc_AdditionData", "")))
        ),
        unpaid=asked and code == _NOT_PAID_YET,
        order_text=_text(said.get("vpc_OrderInfo")),
    )


def number_of(said: Mapping[str, str]) -> str | None:
    """vpc_TransactionNo, if it has the form of one."""
    number = said.get("vpc_TransactionNo", "")
    return number if _NUMBER.fullmatch(number) else None


def shown(code: str) -> str:
    """A code as it may stand before people; nothing, where it has not the form of one."""
    return code if _CODE.fullmatch(code) else ""


def _text(said: str | None) -> str | None:
    """Empty counts as absent; what no report may carry is no text of ours either."""
    if not said:
        return None
    return said if _TEXT.fullmatch(said) else "unreadable"


def _bad_field(name: str, reason: str) -> Incomplete:
    return Incomplete(
        field=name, problem="not of the sheet's form", remedy="See onepay.md, 4.1", reason=reason
    )
