"""VNPAY's vectors, as far as its signature contracts alone can tell. Sheet: vnpay.md, 3.1, 4.1, 6, 7.

A contract says whether a request may be signed and whether a message is authentic; what a message reports,
and how long a field may be, is the plugin's to say.
"""

from __future__ import annotations

from typing import Final

from payport.errors import Malformed, RequestRefused
from payport_contracts.kit.messages import Verdict, answer, callback, signed, verified
from payport_contracts.kit.runner import Checker, Facts, Operations, Vector

__all__ = ["OPERATIONS"]


def _request(contract: str, *, in_url: bool = False) -> Checker:
    def check(vector: Vector) -> Facts | None:
        fields = {name: value for name, value in vector["params"].items() if value is not None}
        try:
            request = signed(contract, fields, secret=_secret(vector))
        except RequestRefused as refusal:
            return {"valid": False, "reason": refusal.problem}
        if not vector["valid"]:
            return None  # refused for a value, which no contract judges
        made = request.fields["vnp_SecureHash"]
        facts = {"valid": True, "canonical": request.text, "vnp_SecureHash": made}
        return facts | {"query": f"{request.text}&vnp_SecureHash={made}"} if in_url else facts

    return check


def _callback(vector: Vector) -> Facts:
    return _facts(verified("vnpay-ipn", callback(vector["query"]), secret=_secret(vector)))


def _answer(contract: str) -> Checker:
    return lambda vector: _facts(verified(contract, answer(vector["response_text"]), secret=_secret(vector)))


def _facts(verdict: Verdict) -> Facts:
    facts: dict[str, object] = {"reason": verdict.reason}
    if not isinstance(verdict.error, Malformed):  # which is refused before any digest
        facts["signature_ok"] = verdict.signature_fits
    return facts if verdict.text is None else facts | {"canonical": verdict.text}


def _secret(vector: Vector) -> str:
    return str(vector["secret"]["vnp_HashSecret"])


OPERATIONS: Final[Operations] = {
    "vnpay": {
        "pay_request_sign": _request("vnpay-pay", in_url=True),
        "callback_verify": _callback,
        "querydr_request_sign": _request("vnpay-querydr-request"),
        "querydr_response_verify": _answer("vnpay-querydr-answer"),
        "refund_request_sign": _request("vnpay-refund-request"),
        "refund_response_verify": _answer("vnpay-refund-answer"),
    }
}
