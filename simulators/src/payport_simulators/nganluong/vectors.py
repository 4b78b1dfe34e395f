"""What the simulated gateway makes of the requests, and says in the returns, that vectors hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

from payport_simulators.nganluong.records import Merchant, Product, Refused
from payport_simulators.nganluong.signing import check_sum, is_same, password_hash, return_code
from payport_simulators.nganluong.simulator import Simulator

__all__ = ["OPERATIONS"]

_Facts = dict[str, Any]


def _checkout(vector: Mapping[str, Any]) -> _Facts:
    """A classic link: whether its page opens."""
    merchant = _merchant(vector, vector["params"]["receiver"])
    with closing(Simulator({merchant.id: merchant})) as simulator:
        opened = simulator.open(vector["expected"]["url_query_from_official_php"].encode())
    return {"valid": not isinstance(opened, Refused)}


def _return(vector: Mapping[str, Any]) -> _Facts:
    """A classic return: whether this gateway would have sent it."""
    merchant = _merchant(vector)
    received = vector["received"]
    code = return_code(received, merchant.id, merchant.password)
    return {"valid": is_same(code, received.get("secure_code", "")), "secure_code": code}


def _create(vector: Mapping[str, Any]) -> _Facts:
    """A SetExpressCheckout: whether it makes an order."""
    fields = vector["expected"]["form_fields"]
    answer = _answer(vector, fields)
    return {"valid": answer == "00", "merchant_password": _hash(vector)}


def _detail(vector: Mapping[str, Any]) -> _Facts:
    """A GetTransactionDetail: whether its caller is let in, to hear that there is no such token."""
    answer = _answer(vector, vector["expected"]["form_fields"])
    return {"valid": answer == "29", "merchant_password": _hash(vector)}


def _check(vector: Mapping[str, Any], kind: str, name: str) -> _Facts:
    """An order query: the same."""
    merchant = _merchant(vector)
    code = check_sum(vector["params"][name], merchant.password)
    fields = {"merchant_id": merchant.id, name: vector["params"][name]}
    with closing(Simulator({merchant.id: merchant})) as simulator:
        answer = simulator.answer_check(kind, fields | {"checksum": vector["expected"]["checksum"]})
    return {"valid": answer.error_code == "29", "checksum": code}


def _answer(vector: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    merchant = _merchant(vector)
    with closing(Simulator({merchant.id: merchant})) as simulator:
        return simulator.answer_api(Product.ADVANCED, fields, base="https://gateway.example").error_code


def _hash(vector: Mapping[str, Any]) -> str:
    return password_hash(_merchant(vector).password)


def _merchant(vector: Mapping[str, Any], receiver: str = "") -> Merchant:
    known = vector["secret"]
    number = known.get("merchant_site_code") or known["merchant_id"]
    password = known.get("secure_pass") or known["merchant_password"]
    return Merchant(number, password, receiver or known.get("receiver_email", ""))


OPERATIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], _Facts]]] = {
    "standard_checkout": _checkout,
    "standard_checkout_basic": _checkout,
    "standard_return_verify": _return,
    "order_check_token": lambda vector: _check(vector, "check", "token"),
    "order_check_v2": lambda vector: _check(vector, "checkV2", "order_code"),
    "v31_set_express_checkout": _create,
    "v31_get_transaction_detail": _detail,
}
