"""OnePay's vectors, as far as its signature contracts alone can tell. Sheet: onepay.md, 3, 4.1, 8, 9.

A contract says whether a request may be signed and whether a message is authentic. What a response code
means, which values a request may hold and what an IPN is answered, the protocol's own checkers say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from payport.errors import RequestRefused
from payport.gateways.http import post
from payport.signing.received import Verified
from payport_contracts.kit.messages import Verdict, answer, callback, signed, verified
from payport_contracts.kit.runner import Checker, Disagreement, Facts, Operations, Vector

__all__ = ["OPERATIONS"]

_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,11}")  # 4.1, step 9
_NEVER_BELIEVED: Final = frozenset({  # reasons by which an answer's signature alone is refused (4.1, 8)
    "ambiguous_value", "bad_encoding", "bad_signature", "empty_hash", "hash_format", "missing_hash",
    "repeated_name", "unsigned_answer",
})  # fmt: skip
_BELIEVED: Final = frozenset({"done", "declined", "mismatch", "pending"})


def _request(contract: str) -> Checker:
    def check(vector: Vector) -> Facts | None:
        given = vector.get("params") or vector["given"]
        expected = vector["expected"]
        if vector["valid"] and "vpc_SecureHash" not in expected:
            return None  # the legacy query, which nobody signs
        try:
            fields = {name: value for name, value in given.items() if value is not None}
            request = signed(contract, fields, secret=_secret(vector))
        except RequestRefused as refusal:
            return {"valid": False, "reason": refusal.problem}
        if not vector["valid"]:
            return None  # refused for a value, which no contract judges
        return {
            "valid": True,
            "canonical": request.text,
            "vpc_SecureHash": request.fields["vpc_SecureHash"],
            "url_query": urlencode(request.fields),
            "form_body": post("https://onepay.example", form=request.fields).content.decode(),
        }

    return check


def _callback(vector: Vector) -> Facts:
    verdict = verified("onepay-callback", callback(vector["query"]), secret=_secret(vector))
    believed = _believed(verdict, vector)
    facts: dict[str, Any] = {"valid": believed, "verified": believed, "reason": verdict.reason}
    if verdict.text is not None:
        facts["canonical"] = verdict.text
    if believed and isinstance(verdict.proven, Verified):
        facts["fields"] = dict(verdict.proven.fields)
    return facts


def _answer(contract: str) -> Checker:
    def check(vector: Vector) -> Facts | None:
        response, expected = vector["response"], vector["expected"]
        if response is None:
            return None
        if vector.get("endpoint") == "legacy" and "vpc_SecureHash=" not in response:
            return None  # nobody signs it; TLS is its only proof
        if expected.get("reason") in _NEVER_BELIEVED:
            believed = False
        elif expected["outcome"] in _BELIEVED and expected.get("reason") is None:
            believed = True
        else:
            return None
        if verified(contract, answer(response), secret=_secret(vector)).accepted is not believed:
            words = ("refused", "believed")
            raise Disagreement(f"signature: expected to be {words[believed]}, was {words[not believed]}")
        return {}

    return check


def _believed(verdict: Verdict, vector: Vector) -> bool:
    """Steps 5 to 9: signature, merchant, command and fields, and the amount's form."""
    proven = verdict.proven
    return (
        isinstance(proven, Verified)
        and proven.merchant_account == vector["secret"]["merchant"]
        and _AMOUNT.fullmatch(proven["vpc_Amount"]) is not None
    )


def _secret(vector: Mapping[str, Any]) -> str:
    return str(vector["secret"]["hash_secret"])


OPERATIONS: Final[Operations] = {
    "onepay": {
        "pay_request": _request("onepay-pay"),
        "callback_verify": _callback,
        "querydr_request": _request("onepay-querydr-request"),
        "querydr_answer": _answer("onepay-querydr-answer"),
        "refund_request": _request("onepay-refund-request"),
        "refund_answer": _answer("onepay-refund-answer"),
    }
}
