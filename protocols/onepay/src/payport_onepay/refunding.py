"""Giving money back through OnePay's unified page, and what its answer proves.

There is no way to ask what became of a refund: what is not proven stays unknown, and a person looks into
OnePay's portal. Sheet: onepay.md, 9.
"""

from __future__ import annotations

from collections.abc import Mapping

from payport.plugin import Context, Flow, Outcome, Refund, RefundReport, post, read_form
from payport_onepay.about import REFUND, REFUND_ANSWER
from payport_onepay.codes import UNIFIED, outcome_of
from payport_onepay.results import number_of, shown
from payport_onepay.settings import Settings
from payport_onepay.wire import check_refund, decode_amount, encode_amount, encode_operator

__all__ = ["give_back", "signed"]


def give_back(refund: Refund, context: Context[Settings]) -> Flow[RefundReport]:
    """Sent once, under its own reference. At a legacy page the core does not ask; nothing leaves."""
    if context.settings.is_legacy:
        yield from ()
        return RefundReport(Outcome.DECLINED, gateway_code="not sent: refund in OnePay's portal")
    fields = {
        "vpc_Command": "refund",
        "vpc_Version": "2",
        "vpc_Merchant": context.settings.merchant,
        "vpc_AccessCode": context.settings.access_code,
        "vpc_MerchTxnRef": refund.refund_reference,
        "vpc_OrgMerchTxnRef": refund.payment.merchant_reference,
        "vpc_Amount": encode_amount(refund.amount),
        "vpc_Operator": encode_operator(refund.requested_by),
    }
    response = yield post(context.settings.refund_url, form=signed(context, fields))
    unproven = read_form(response)
    if not unproven.get("vpc_SecureHash"):  # its code helps an operator, and books nothing
        return _unknown(f"unsigned {shown(unproven.get('vpc_TxnResponseCode', ''))}".strip())
    said = context.verify(REFUND_ANSWER, response)
    echoed = ("vpc_Merchant", "vpc_MerchTxnRef", "vpc_OrgMerchTxnRef")
    if any(said[name] != fields[name] for name in echoed) or decode_amount(said["vpc_Amount"]) is None:
        return _unknown("about another refund")
    return _proven(refund, said.fields)


def signed(context: Context[Settings], fields: Mapping[str, str]) -> dict[str, str]:
    """What to send. Raises RequestRefused for a value that OnePay does not take."""
    check_refund(fields)
    return context.sign(REFUND, fields)


def _proven(refund: Refund, said: Mapping[str, str]) -> RefundReport:
    """Another amount than was asked for ends no refund: one that went back is the core's to count, and a
    refusal of it says nothing of ours."""
    code, amount = said["vpc_TxnResponseCode"], decode_amount(said["vpc_Amount"])
    outcome = outcome_of(UNIFIED, code)
    if amount != refund.amount and outcome is not Outcome.DONE:
        outcome = Outcome.UNKNOWN
    return RefundReport(
        outcome,
        gateway_code=shown(code),
        merchant_account=said["vpc_Merchant"],
        merchant_reference=said["vpc_OrgMerchTxnRef"],
        refund_reference=said["vpc_MerchTxnRef"],
        amount=amount,
        gateway_reference=number_of(said),
    )


def _unknown(code: str) -> RefundReport:
    return RefundReport(Outcome.UNKNOWN, gateway_code=code)
