"""What an answer about one token says, and how far it is believed. Sheet: nganluong.md, 3.6, 4.2 and 4.3.

Nothing in an answer is signed: it is about our payment only if it names our token, our order_code and our
wallet. What it says besides a success or a plain "not paid" is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from payport.plugin import Outcome, Payment, PaymentReport, Response, WireModel, read, vnd
from payport_nganluong.nganluong_codes import SUCCESS, asked, named

__all__ = ["about_no_token", "checked", "reported"]

_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,11}")
_TRANSACTION: Final = re.compile(r"(?!(?:0+|null)\Z)[0-9A-Za-z][0-9A-Za-z_-]{0,63}")  # those name none
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")  # a method's or a bank's code, only shown to people
_AT_ONCE: Final = frozenset({"", "1"})  # of payment_type; every other word is a hold (3.4)
_NOT_SETTLED: Final = frozenset({"01", "02", "03"})  # of transaction_status; the documents disagree on each


class _Data(WireModel):
    """Numbers come as JSON numbers or as text (3.6)."""

    token: str | None = None
    transaction_status: str | None = None
    transaction_id: str | int | None = None
    receiver_email: str | None = None
    order_code: str | None = None
    total_amount: str | int | None = None
    payment_method: str | None = None
    bank_code: str | None = None
    payment_type: str | int | None = None


class _Checked(WireModel):
    error_code: str
    data: _Data | None = None  # absent or null on error


def checked(response: Response) -> Mapping[str, str]:
    """The JSON of /service/order/check, under the names that the XML has. Raises Malformed."""
    answer = read(_Checked, response)
    data = {} if answer.data is None else answer.data.model_dump(exclude_none=True)
    return {name: str(value) for name, value in data.items()} | {"error_code": answer.error_code}


def about_no_token() -> PaymentReport:
    return _unknown("no token")


def reported(said: Mapping[str, str], payment: Payment, receiver_email: str) -> PaymentReport:
    """The rule of 4.3, step 3, but for the amount, which the core compares."""
    code, status = said.get("error_code", ""), said.get("transaction_status", "")
    paid = code == SUCCESS
    label = f"{code}/{status if status in {SUCCESS} | _NOT_SETTLED else 'unlisted'}" if paid else named(code)
    if not _is_ours(said, payment, receiver_email, all_of_it=paid):
        return _unknown(f"{label} about another payment")
    if not paid:
        outcome = asked(code)
        unpaid = outcome is Outcome.PENDING
        return PaymentReport(outcome, label, None, None, None, unpaid=unpaid)
    if not _AMOUNT.fullmatch(said.get("total_amount", "")):
        return _unknown(f"{label} without an amount")
    held = said.get("payment_type", "") not in _AT_ONCE
    done = status == SUCCESS and not held
    number = said.get("transaction_id", "")
    if done and not _TRANSACTION.fullmatch(number):
        return _unknown(f"{label} without a transaction number")
    return PaymentReport(
        Outcome.DONE if done else Outcome.PENDING,
        gateway_code=f"{label} held" if held else label,
        merchant_account=said["receiver_email"].lower(),
        merchant_reference=said["order_code"],
        amount=vnd(int(said["total_amount"])),
        gateway_reference=number if done else None,
        paid_with=" ".join(
            filter(_PLAIN.fullmatch, (said.get("payment_method", ""), said.get("bank_code", "")))
        ),
    )


def _is_ours(said: Mapping[str, str], payment: Payment, receiver_email: str, *, all_of_it: bool) -> bool:
    """Whether each name that the answer gives is ours; `all_of_it`: and whether it gives all three.

    The case of a mail address does not count, in ASCII: other letters that fold into it do not fit.
    """
    mail = said.get("receiver_email", "")
    pairs = (
        (said.get("token", ""), payment.checkout_reference),
        (said.get("order_code", ""), payment.merchant_reference),
        (mail.lower() if mail.isascii() else "?", receiver_email.lower()),
    )
    return all(theirs == ours or (not theirs and not all_of_it) for theirs, ours in pairs)


def _unknown(code: str) -> PaymentReport:
    """An answer that proves nothing says nothing: not even whose account it names."""
    return PaymentReport(
        Outcome.UNKNOWN, gateway_code=code, merchant_account=None, merchant_reference=None, amount=None
    )
