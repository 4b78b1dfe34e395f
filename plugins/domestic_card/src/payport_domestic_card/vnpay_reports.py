"""What an authentic message of VNPAY says of a payment or a refund, as the core takes it.

Nothing here compares an amount with what is known: the core does. Sheet: vnpay.md, 4.1 (7), 4.2, 6, 7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from payport.plugin import Incomplete, Money, Outcome, PaymentReport, Refund, RefundReport, Verified
from payport_domestic_card.vnpay_codes import (
    OUTCOMES,
    REFUND_OUTCOMES,
    Meaning,
    answered,
    refund_answered,
    refund_found,
    reported,
)
from payport_domestic_card.vnpay_wire import decode_amount, decode_time, refund_kind, refund_named_by

__all__ = ["found_refund", "from_answer", "from_callback", "from_refund"]

_FORMS: Final[Mapping[str, re.Pattern[str]]] = {  # of what a callback must hold (4.1, step 7)
    "vnp_Amount": re.compile(r"[1-9][0-9]{0,11}"),
    "vnp_TxnRef": re.compile(r"[\x00-\x7f]{1,100}"),
    "vnp_ResponseCode": re.compile(r"[0-9]{2}"),
    "vnp_TransactionStatus": re.compile(r"[0-9]{2}"),
    "vnp_TransactionNo": re.compile(r"[0-9]{1,15}"),
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")  # a bank's or a card's code, only shown to people


def from_callback(said: Verified) -> PaymentReport:
    """Success needs 00 in both codes, and a transaction to name. Raises Incomplete for another form."""
    for name, form in _FORMS.items():
        if not form.fullmatch(said[name]):
            raise _bad_field(name)
    response, status = said["vnp_ResponseCode"], said["vnp_TransactionStatus"]
    meaning = reported(response, status)
    if meaning is Meaning.PAID and _number(said) is None:
        raise _bad_field("vnp_TransactionNo")
    return _payment(said, meaning, f"{response}/{status}")


def from_answer(said: Verified | str) -> PaymentReport:
    """querydr about a payment (6, steps 5 and 6)."""
    if isinstance(said, str):
        return _no_payment(said)
    code, status = said["vnp_ResponseCode"], said.get("vnp_TransactionStatus")
    meaning = answered(code, said.get("vnp_TransactionType"), status)
    label = _label("querydr", code, status)
    if OUTCOMES[meaning] is Outcome.UNKNOWN:
        return _no_payment(label)
    if code == "00" and _amount(said) is None:
        return _no_payment(f"{label} without an amount")
    if meaning is Meaning.PAID and _number(said) is None:
        return _no_payment(f"{label} without a transaction number")
    return _payment(said, meaning, label, unpaid=OUTCOMES[meaning] is Outcome.PENDING)


def from_refund(refund: Refund, said: Verified | str) -> RefundReport:
    """The answer to a refund (7). One of another type is unknown, and its number can be asked about."""
    if isinstance(said, str):
        return RefundReport(Outcome.UNKNOWN, said)
    code, status = said["vnp_ResponseCode"], said.get("vnp_TransactionStatus")
    label = _label("refund", code, status)
    meaning = refund_answered(code, status)
    if code == "00" and said.get("vnp_TransactionType") != refund_kind(refund):
        return _refund(refund, said, Meaning.UNKNOWN, f"{label} of another type")
    return _refund(refund, said, meaning, label)


def found_refund(refund: Refund, said: Verified | str) -> RefundReport:
    """querydr about a refund (6, step 7): by its own number, or surely ours by the text that we gave it. No
    row is believed that bears the text of another refund."""
    if isinstance(said, str):
        return RefundReport(Outcome.UNKNOWN, said)
    code, status = said["vnp_ResponseCode"], said.get("vnp_TransactionStatus")
    label = _label("querydr refund", code, status)
    by_number = refund.gateway_reference is not None and _number(said) == refund.gateway_reference
    if not by_number and refund_named_by(said.get("vnp_OrderInfo")) != refund.refund_reference:
        return RefundReport(Outcome.UNKNOWN, label if code != "00" else f"{label} about something else")
    return _refund(refund, said, refund_found(code, said.get("vnp_TransactionType"), status), label)


def _payment(said: Verified, meaning: Meaning, code: str, *, unpaid: bool = False) -> PaymentReport:
    """A transaction number is kept only where it names money: a refused try is followed by another number."""
    outcome = OUTCOMES[meaning]
    return PaymentReport(
        outcome,
        gateway_code=code,
        merchant_account=said["vnp_TmnCode"],
        merchant_reference=said["vnp_TxnRef"],
        amount=_amount(said),
        gateway_reference=_number(said) if outcome in {Outcome.DONE, Outcome.SUSPECT} else None,
        paid_at=decode_time(said.get("vnp_PayDate")) if outcome is Outcome.DONE else None,
        paid_with=" ".join(filter(_PLAIN.fullmatch, (said.get("vnp_BankCode"), said.get("vnp_CardType")))),
        unpaid=unpaid,
    )


def _refund(refund: Refund, said: Verified, meaning: Meaning, code: str) -> RefundReport:
    """The payment's own number is none of the refund's. Another amount ends no refund: one that went back is
    the core's to count, any other state of it is unknown. A text that names another refund is left to the
    core, which believes nothing that comes with it."""
    amount, number = _amount(said), _number(said)
    outcome = REFUND_OUTCOMES[meaning]
    if said["vnp_ResponseCode"] == "00" and amount is None:
        return RefundReport(Outcome.UNKNOWN, f"{code} without an amount")
    if said["vnp_ResponseCode"] == "00" and amount != refund.amount and outcome is not Outcome.DONE:
        outcome = Outcome.UNKNOWN
    return RefundReport(
        outcome,
        gateway_code=code,
        merchant_account=said["vnp_TmnCode"],
        merchant_reference=said["vnp_TxnRef"],
        refund_reference=refund_named_by(said.get("vnp_OrderInfo")),
        amount=amount,
        gateway_reference=None if number == refund.payment.gateway_reference else number,
    )


def _label(kind: str, code: str, status: str) -> str:
    return f"{kind} {code}/{status}" if code == "00" else f"{kind} {code}"


def _amount(said: Verified) -> Money | None:
    text = said.get("vnp_Amount")
    return decode_amount(text) if _FORMS["vnp_Amount"].fullmatch(text) else None


def _number(said: Verified) -> str | None:
    """vnp_TransactionNo; all zeros is VNPAY's way to say that there is none."""
    number = said.get("vnp_TransactionNo")
    return number if _FORMS["vnp_TransactionNo"].fullmatch(number) and number.strip("0") else None


def _no_payment(code: str) -> PaymentReport:
    """An answer that proves nothing says nothing: not even whose account it names."""
    return PaymentReport(
        Outcome.UNKNOWN, gateway_code=code, merchant_account=None, merchant_reference=None, amount=None
    )


def _bad_field(name: str) -> Incomplete:
    return Incomplete(
        field=name, problem="not of the sheet's form", remedy="See vnpay.md, 4.1, step 7", reason="bad_field"
    )
