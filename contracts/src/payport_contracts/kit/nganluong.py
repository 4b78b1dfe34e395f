"""NgânLượng's vectors, as far as its signature contracts alone can tell. Sheet: nganluong.md, 3 and 4.

The wallet's plugin checks the rest of the v3.1 operations. The classic product has no plugin and never will:
its contracts ship, its checkout does not. What one would do to `return_url` before it is signed is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

from payport.errors import RequestRefused
from payport.signing.message import php_form
from payport.signing.received import Hint
from payport_contracts.kit.messages import encoded, signed, verified
from payport_contracts.kit.runner import Checker, Facts, Operations, Vector

__all__ = ["OPERATIONS"]

_ASCII_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


def _full_url(url: str) -> str:
    """The full form signs and sends it with ASCII letters in lower case (3.1)."""
    return url.translate(_ASCII_LOWER)


def _basic_url(url: str) -> str:
    """The short form signs it escaped, then in lower case, and puts that into the link as it is (3.2)."""
    return php_form(url).lower()


def _checkout(contract: str, change: Callable[[str], str], *, as_it_is: Set[str] = frozenset()) -> Checker:
    def check(vector: Vector) -> Facts | None:
        fields = {"merchant_site_code": vector["secret"]["merchant_site_code"], **vector["params"]}
        fields["return_url"] = change(fields["return_url"])
        return _signed(contract, fields, vector, "secure_code", as_it_is=as_it_is)

    return check


def _request(contract: str, signature: str) -> Checker:
    return lambda vector: _signed(contract, vector["params"], vector, signature)


def _api_request(vector: Vector) -> Facts | None:
    """Only the password's digest: the form around it is the plugin's."""
    facts = _signed("nganluong-v31-request", vector["params"], vector, "merchant_password")
    if facts is None or not facts["valid"]:
        return facts
    return {name: facts[name] for name in ("canonical", "merchant_password")}


def _signed(
    contract: str,
    fields: Mapping[str, Any],
    vector: Vector,
    signature: str,
    *,
    as_it_is: Set[str] = frozenset(),
) -> Facts | None:
    try:
        request = signed(contract, fields, secret=_secret(vector))
    except RequestRefused as refusal:
        return {"valid": False, "reason": refusal.problem}
    if not vector["valid"]:
        return None  # refused for a value, which no contract judges
    sent = request.fields.items()
    query = "&".join(f"{name}={value if name in as_it_is else php_form(value)}" for name, value in sent)
    return {
        "valid": True,
        "canonical": request.text,
        signature: request.fields[signature],
        "url_query_from_official_php": query,
    }


def _notice(contract: str) -> Checker:
    """A signed message from NgânLượng, on its decoded fields."""

    def check(vector: Vector) -> Facts:
        settings = {"merchant_site_code": vector["secret"]["merchant_site_code"]}
        received = encoded(contract, vector["received"])
        verdict = verified(contract, received, secret=_secret(vector), settings=settings)
        facts = {"valid": verdict.accepted, "reason": verdict.reason}
        made = {"canonical": verdict.text, "secure_code": verdict.signature}
        return facts | {name: value for name, value in made.items() if value is not None}

    return check


def _unsigned_return(vector: Vector) -> Facts:
    """Nothing is proven; a token, if there is one, makes the core ask (4.3)."""
    received = encoded("nganluong-v31-callback", vector["received"])
    verdict = verified("nganluong-v31-callback", received, secret="")
    if isinstance(verdict.proven, Hint):
        return {"valid": False, "outcome": "needs_query", "token": verdict.proven.value}
    return {"valid": False, "outcome": "invalid", "reason": verdict.reason}


def _secret(vector: Vector) -> str:
    """The classic product's name for it, or the API's: it is the same password."""
    secret = vector["secret"]
    return str(secret["secure_pass"] if "secure_pass" in secret else secret["merchant_password"])


OPERATIONS: Final[Operations] = {
    "nganluong": {
        "standard_checkout": _checkout("nganluong-classic-checkout", _full_url),
        "standard_checkout_basic": _checkout(
            "nganluong-classic-basic", _basic_url, as_it_is=frozenset({"return_url"})
        ),
        "standard_return_verify": _notice("nganluong-classic-return"),
        "ws_update_order": _notice("nganluong-update-order"),
        "ws_refund_order": _notice("nganluong-refund-order"),
        "order_check_token": _request("nganluong-order-check", "checksum"),
        "order_check_v2": _request("nganluong-order-check-v2", "checksum"),
        "v31_set_express_checkout": _api_request,
        "v31_get_transaction_detail": _api_request,
        "v31_return_url": _unsigned_return,
    }
}
