# ruff: noqa: E501
"""Gateways whose capability is not real: what they do at the wallet's server is not what its sheet says.

Each reads and asks in a form that is right, so that only a server's books show the fault. Sources: onepay.md 7,
vnpay.md 11, nganluong.md; attacks.md, ORD and REF.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, Final

from contracts.tests.kit.faulty import Faulty
from contracts.tests.kit.wallet import OUTCOMES
from payport.plugin import (
    ContractId,
    NoCheckout,
    Outcome,
    PaymentReport,
    Redirect,
    RefundReport,
    Verified,
    WireModel,
    post,
    read,
    vnd,
)

__all__ = ["FAULTY_CAPABILITIES", "refunded"]

_Hook = Callable[..., Any]


class _Page(WireModel):
    code: str
    txn: str = ""
    pay_url: str = ""


class _Said(WireModel):
    code: str
    order_ref: str
    amount: int
    txn: str


def _listed(code: str) -> Outcome:
    return OUTCOMES.get(code, Outcome.UNKNOWN)


def _begun(
    *,
    reference: Callable[[Any], str] = lambda payment: payment.merchant_reference,
    amount: Callable[[Any], int] = lambda payment: payment.amount.minor,
    page: Callable[[Any, Any], str] = lambda answer, _: answer.pay_url,
    path: str = "/orders",
) -> _Hook:
    def initiate(payment: Any, context: Any) -> Any:
        fields = {
            "merchant": context.settings.merchant_code,
            "order_ref": reference(payment),
            "amount": amount(payment),
        }
        signed = context.sign(ContractId("sample-request"), fields)
        answer = read(_Page, (yield post(context.settings.endpoint, path, json=signed, repeatable=True)))
        if answer.code != "00":
            return NoCheckout(_listed(answer.code), gateway_code=answer.code)
        return Redirect(page(answer, payment), checkout_reference=answer.txn)

    return initiate


def _asked(
    outcome: Callable[[str], Outcome] = _listed,
    *,
    about: Callable[[Any], str | None] = lambda payment: payment.merchant_reference,
    amount: Callable[[int], int] = lambda minor: minor,
) -> _Hook:
    def query(payment: Any, context: Any) -> Any:
        asked = {"order_ref": about(payment) or ""}
        answer = read(_Said, (yield post(context.settings.endpoint, "/state", json=asked, repeatable=True)))
        return PaymentReport(
            outcome=outcome(answer.code),
            gateway_code=answer.code,
            merchant_account=context.settings.merchant_account,
            merchant_reference=answer.order_ref,
            amount=vnd(amount(answer.amount)),
            gateway_reference=answer.txn or "0",
        )

    return query


def refunded(
    outcome: Callable[[str], Outcome] = _listed,
    *,
    repeatable: bool = False,
    amount: Callable[[Any], int] = lambda refund: refund.amount.minor,
    name: Callable[[Any, Any], str] = lambda refund, _: refund.idempotency_key,
    reported: Callable[[int], int] = lambda minor: minor,
) -> _Hook:
    """A refund that is right, but for what is said."""

    def refund(refund: Any, context: Any) -> Any:
        asked = {
            "txn": refund.payment.gateway_reference,
            "amount": amount(refund),
            "request_id": name(refund, context),
        }
        request = post(context.settings.endpoint, "/refunds", json=asked, repeatable=repeatable)
        answer = read(_Said, (yield request))
        return RefundReport(
            outcome(answer.code), gateway_code=answer.code, amount=vnd(reported(answer.amount))
        )

    return refund


def _refund_asked(
    outcome: Callable[[str], Outcome] = _listed,
    *,
    name: Callable[[Any], str] = lambda refund: refund.idempotency_key,
    path: str = "/refunds/state",
) -> _Hook:
    def query_refund(refund: Any, context: Any) -> Any:
        asked = {"request_id": name(refund), "order_ref": refund.payment.merchant_reference}
        answer = read(_Said, (yield post(context.settings.endpoint, path, json=asked, repeatable=True)))
        return RefundReport(outcome(answer.code), gateway_code=answer.code, amount=vnd(answer.amount or 1))

    return query_refund


def _parsed(
    outcome: Callable[[str], Outcome] = _listed,
    *,
    scale: int = 1,
    account: str = "merchant",
    reference: str = "order_ref",
) -> _Hook:
    def parse_callback(verified: Verified) -> PaymentReport:
        return PaymentReport(
            outcome=outcome(verified["status"]),
            gateway_code=verified["status"],
            merchant_account=verified[account],
            merchant_reference=verified[reference],
            amount=vnd(verified.integer("amount") // scale),
            gateway_reference=verified["txn"],
        )

    return parse_callback


def _numbered() -> Callable[[Any], str]:
    """A new name each time it is asked: `ORDER-1`, `ORDER-2` …"""
    numbers = count(1)
    return lambda payment: f"{payment.merchant_reference}-{next(numbers)}"


def _or_done(*codes: str) -> Callable[[str], Outcome]:
    return lambda code: Outcome.DONE if code in codes else _listed(code)


def _or_a_no(*codes: str) -> Callable[[str], Outcome]:
    return lambda code: Outcome.DECLINED if code in codes else _listed(code)


_BEGUN = "begins_one_order_of_the_amount_asked_for"
_HEARD = "hears_what_the_gateway_tells"
_ASKED = "asks_what_became_of_a_payment"
_BACK = "gives_back_what_is_asked_for_and_no_more"
_FOUND = "asks_what_became_of_a_refund"
FAULTY_CAPABILITIES: Final = (
    Faulty("the buyer is asked for a hundred times as much", _BEGUN, {"initiate": _begun(amount=lambda payment: payment.amount.minor * 100)}),
    Faulty("the buyer is asked for a hundredth", _BEGUN, {"initiate": _begun(amount=lambda payment: payment.amount.minor // 100)}),
    Faulty("each time it begins a new order", _BEGUN, {"initiate": _begun(reference=_numbered())}),
    Faulty("the order's name is cut", _BEGUN, {"initiate": _begun(reference=lambda payment: payment.merchant_reference[:10])}),
    Faulty("the page's address is made up", _BEGUN, {"initiate": _begun(page=lambda _, payment: f"https://pay.sample.example/p/{payment.merchant_reference}")}),
    Faulty("its server has no such address", _BEGUN, {"initiate": _begun(path="/order/create")}),
    Faulty("the IPN's amount is read in another unit", _HEARD, {"parse_callback": _parsed(scale=100)}),
    Faulty("the IPN's success is a wait", _HEARD, {"parse_callback": _parsed(lambda _: Outcome.PENDING)}),
    Faulty("the IPN's reference is read from another field", _HEARD, {"parse_callback": _parsed(reference="txn")}),
    Faulty("the IPN's merchant is read from another field", _HEARD, {"parse_callback": _parsed(account="txn")}),
    Faulty("what is given up in the IPN is done", _HEARD, {"parse_callback": _parsed(_or_done("24"))}),
    Faulty("what is given up waits for ever", _HEARD, {"parse_callback": _parsed(lambda code: Outcome.DONE if code == "00" else Outcome.UNKNOWN), "query": _asked(lambda code: Outcome.DONE if code == "00" else Outcome.PENDING)}),
    Faulty("a query says done of what waits", _ASKED, {"query": _asked(_or_done("01"))}),
    Faulty("a query says no of what waits", _ASKED, {"query": _asked(_or_a_no("01"))}),
    Faulty("an order that nobody knows is done", _ASKED, {"query": _asked(_or_done("91"), amount=lambda minor: minor or 1)}),
    Faulty("what the buyer gave up is done", _ASKED, {"query": _asked(_or_done("24"))}),
    Faulty("a query reads the amount in another unit", _ASKED, {"query": _asked(amount=lambda minor: minor // 100)}),
    Faulty("a query asks by a name that the gateway does not know", _ASKED, {"query": _asked(about=lambda payment: payment.checkout_reference)}),
    Faulty("a refund of a part gives back the whole", _BACK, {"refund": refunded(amount=lambda refund: refund.payment.amount.minor)}),
    Faulty("a refund asks for a hundredth", _BACK, {"refund": refunded(amount=lambda refund: refund.amount.minor // 100)}),
    Faulty("a refund asks for a hundred times as much", _BACK, {"refund": refunded(amount=lambda refund: refund.amount.minor * 100)}),
    Faulty("a refund that was refused is done", _BACK, {"refund": refunded(_or_done("24"))}),
    Faulty("a refund that was taken is done", _BACK, {"refund": refunded(_or_done("01"))}),
    Faulty("a refund that was taken is a no", _BACK, {"refund": refunded(_or_a_no("01"))}),
    Faulty("every refund of a payment has one name", _BACK, {"refund": refunded(name=lambda refund, _: refund.payment.merchant_reference)}),
    Faulty("each call of a refund has its own name", _BACK, {"refund": refunded(repeatable=True, name=lambda _, context: context.request_id)}),
    Faulty("a refund's amount is read in another unit", _BACK, {"refund": refunded(reported=lambda minor: minor // 100)}),
    Faulty("a refund that waits is found done", _FOUND, {"query_refund": _refund_asked(_or_done("01"))}),
    Faulty("a refund that waits is found to be a no", _FOUND, {"query_refund": _refund_asked(_or_a_no("01"))}),
    Faulty("a refund is done because its payment is", _FOUND, {"query_refund": _refund_asked(path="/state")}),
    Faulty("a refund that was given is never found done", _FOUND, {"query_refund": _refund_asked(lambda code: Outcome.PENDING if code == "00" else _listed(code))}),
    Faulty("a refund is asked about by a name that came with a lost answer", _FOUND, {"query_refund": _refund_asked(_or_a_no("91"), name=lambda refund: refund.idempotency_key if refund.gateway_reference else "")}),
    Faulty("a refund that nobody asked for is done", _FOUND, {"query_refund": _refund_asked(_or_done("91"))}),
    Faulty("every refund is found by the first one's name", _FOUND, {"query_refund": _refund_asked(name=lambda _: "K" * 19 + "1")}),
)  # fmt: skip
