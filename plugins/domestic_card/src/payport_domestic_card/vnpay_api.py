"""One question to VNPAY's API, and how much of its answer is authentic. Sheet: vnpay.md, 6, steps 1–4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payport.plugin import Context, ContractId, Flow, Verified, WireModel, post, read
from payport_domestic_card.vnpay_account import ANSWER, QUERY, REFUND, REFUND_ANSWER, Settings
from payport_domestic_card.vnpay_codes import API_CODES
from payport_domestic_card.vnpay_wire import check_lengths

__all__ = ["asked", "signed"]

_CONTRACTS: Final = {"querydr": (QUERY, ANSWER), "refund": (REFUND, REFUND_ANSWER)}  # by vnp_Command


class _Answer(WireModel):
    """What is read of an answer before its signature: whether it has one, and the code for an operator."""

    vnp_ResponseCode: str | int | None = None
    vnp_SecureHash: str | int | None = None


def signed(context: Context[Settings], contract: ContractId, fields: Mapping[str, str]) -> dict[str, str]:
    """What to send. Empty optional fields are not created (3.1); a value that is too long is refused."""
    filled = {name: value for name, value in fields.items() if value}
    check_lengths(filled)
    return context.sign(contract, filled)


def asked(context: Context[Settings], fields: Mapping[str, str]) -> Flow[Verified | str]:
    """Sent once: VNPAY refuses a request id that it has seen.

    Returns: the answer, if it is authentic and about our terminal and payment; else what to tell an operator
    of an answer that proves nothing.
    """
    request, answer = _CONTRACTS[fields["vnp_Command"]]
    sent = signed(context, request, fields)
    response = yield post(context.settings.api_url, json=sent, repeatable=False)
    unproven = read(_Answer, response)
    if unproven.vnp_SecureHash is None:  # the code tells an operator what to mend, and moves nothing
        code = str(unproven.vnp_ResponseCode)
        return f"unsigned {code}" if code in API_CODES else "unsigned"
    said = context.verify(answer, response)
    if (said["vnp_TmnCode"], said["vnp_TxnRef"]) != (fields["vnp_TmnCode"], fields["vnp_TxnRef"]):
        return f"{fields['vnp_Command']} about another payment"
    return said
