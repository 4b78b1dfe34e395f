# ruff: noqa: E501
"""Gateways with one fault each, known from public payment code: variants of the sample wallet.

Named by what is wrong. `check`: the one that must name it.
"""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from payport.plugin import (
    Channel,
    ContractId,
    NoCheckout,
    Outcome,
    PaymentReport,
    Redirect,
    RefundReport,
    Verified,
    get,
    post,
    vnd,
)
from payport.testing import SAMPLE_SECRET, sample_info

__all__ = ["FAULTY", "Faulty"]

_Hook = Callable[..., Any]
OUTCOMES: Final = {"00": Outcome.DONE, "01": Outcome.PENDING, "24": Outcome.DECLINED}


@dataclass(frozen=True)
class Faulty:
    name: str
    check: str
    hooks: Mapping[str, _Hook] = field(default_factory=dict)


def _reported(outcome: Callable[[str], Outcome], **fixed: Any) -> _Hook:
    """A parse_callback that is right, but for how it reads the code, or for what is fixed."""

    def parse_callback(verified: Verified) -> PaymentReport:
        report = PaymentReport(
            outcome=outcome(verified["status"]),
            gateway_code=verified["status"],
            merchant_account=verified["merchant"],
            merchant_reference=verified["order_ref"],
            amount=vnd(verified.integer("amount")),
            gateway_reference=verified["txn"],
        )
        return replace(report, **fixed)

    return parse_callback


def _listed(code: str) -> Outcome:
    return OUTCOMES.get(code, Outcome.UNKNOWN)


def _body(payment: Any, context: Any) -> dict[str, Any]:
    return {
        "merchant": context.settings.merchant_code,
        "order_ref": payment.merchant_reference,
        "amount": payment.amount.minor,
    }


def _begun(read: Callable[[Any], Any], **sent: Any) -> _Hook:
    """An initiate that asks once, and makes of the answer what `read` says."""

    def initiate(payment: Any, context: Any) -> Any:
        url = sent.get("url", context.settings.endpoint)
        fields = context.sign(ContractId("sample-request"), _body(payment, context) | sent.get("fields", {}))
        answer = yield post(url, "/orders", json=fields, repeatable=True)
        return read(answer)

    return initiate


def _asked(read: Callable[[Any, Any], Any]) -> _Hook:
    def query(payment: Any, context: Any) -> Any:
        answer = yield get(context.settings.endpoint, "/state", query={"order": payment.merchant_reference})
        outcome = read(answer, payment)
        return PaymentReport(
            outcome=outcome,
            gateway_code="",
            merchant_account=context.settings.merchant_account,
            merchant_reference=payment.merchant_reference,
            amount=payment.amount,
            gateway_reference="9001" if outcome is Outcome.DONE else None,
        )

    return query


def _gives_back(read: Callable[[Any], Outcome], *, repeatable: bool = False, **fixed: Any) -> _Hook:
    def refund(refund: Any, context: Any) -> Any:
        fields = {"amount": refund.amount.minor, "txn": refund.payment.gateway_reference} | fixed
        answer = yield post(context.settings.endpoint, "/refunds", json=fields, repeatable=repeatable)
        return RefundReport(read(answer), gateway_code="", amount=refund.amount)

    return refund


def _code(answer: Any) -> str:
    return str(json.loads(answer.content)["code"])


def _page(_: Any) -> Any:
    return Redirect("https://pay.sample.example/page")


def _unknown(_: Any) -> Any:
    return NoCheckout(Outcome.UNKNOWN, gateway_code="")


def _parse_by_the_clock(verified: Verified) -> PaymentReport:
    return replace(_reported(_listed)(verified), paid_at=datetime.now().astimezone())


def _parse_with_a_socket(verified: Verified) -> PaymentReport:
    socket.socket().close()
    report: PaymentReport = _reported(_listed)(verified)
    return report


def _begin_with_a_number_of_its_own(payment: Any, context: Any) -> Any:
    fields = context.sign(ContractId("sample-request"), _body(payment, context))
    yield post(
        context.settings.endpoint, "/orders", json=fields | {"nonce": random.random()}, repeatable=True
    )
    return NoCheckout(Outcome.UNKNOWN, gateway_code="")


def _begin_for_a_fixed_sum(payment: Any, context: Any) -> Any:
    fields = context.sign(ContractId("sample-request"), _body(payment, context) | {"amount": 150_000})
    yield post(context.settings.endpoint, "/orders", json=fields, repeatable=True)
    return NoCheckout(Outcome.UNKNOWN, gateway_code="")


def _begin_by_the_orders_number(payment: Any, context: Any) -> Any:
    fields = context.sign(ContractId("sample-request"), _body(payment, context) | {"order_ref": "ORDER-1"})
    yield post(context.settings.endpoint, "/orders", json=fields, repeatable=True)
    return NoCheckout(Outcome.UNKNOWN, gateway_code="")


def _begin_with_the_key(payment: Any, context: Any) -> Any:
    fields = _body(payment, context) | {"password": SAMPLE_SECRET}
    yield post(context.settings.endpoint, "/orders", json=fields, repeatable=True)
    return NoCheckout(Outcome.UNKNOWN, gateway_code="")


def _door_by_the_message(callback: Any) -> ContractId:
    return ContractId("sample-ipn" if b"MD5" not in callback.query else "sample-request")


def _door_that_is_not_listed(callback: Any) -> ContractId:
    return ContractId("sample-ipn" if callback.channel is Channel.IPN else "sample-return")


def _door_by_a_header(callback: Any) -> ContractId:
    return ContractId("sample-request" if dict(callback.headers).get(b"x-alg") == b"MD5" else "sample-ipn")


def _door_by_its_own_field(callback: Any) -> ContractId:
    return ContractId("sample-request" if b"sig_type=md5" in callback.query else "sample-ipn")


def _tells_another_window() -> Callable[[], Any]:
    seen: list[int] = []

    def describe() -> Any:
        seen.append(1)
        return replace(sample_info(), window=timedelta(minutes=15 + len(seen)))

    return describe


_CODES = "takes_no_unlisted_code_for_a_success_or_a_no"
_ANSWERS = "takes_silence_and_nonsense_for_unknown"
_REPORT = "reports_what_was_signed"
_PAYMENT = "asks_for_this_payment_and_this_amount"
_REQUESTS = "asks_its_own_hosts_and_sends_once_what_counts_twice"
FAULTY: Final = (
    Faulty("what is not listed is done", _CODES, {"parse_callback": _reported(lambda code: OUTCOMES.get(code, Outcome.DONE))}),
    Faulty("what is not listed is a no", _CODES, {"parse_callback": _reported(lambda code: Outcome.DONE if code == "00" else Outcome.DECLINED)}),
    Faulty("a code is read as a number", _CODES, {"parse_callback": _reported(lambda code: Outcome.DONE if code.strip().isdigit() and int(code) == 0 else _listed(code))}),
    Faulty("a code is trimmed", _CODES, {"parse_callback": _reported(lambda code: _listed(code.strip()))}),
    Faulty("a code that begins with 0 is done", _CODES, {"parse_callback": _reported(lambda code: Outcome.DONE if code.startswith("0") else _listed(code))}),
    Faulty("an empty code is done", _CODES, {"parse_callback": _reported(lambda code: Outcome.DONE if not code else _listed(code))}),
    Faulty("pending is done", _CODES, {"parse_callback": _reported(lambda code: Outcome.DONE if code in ("00", "01") else _listed(code))}),
    Faulty("the amount is what was asked for", _REPORT, {"parse_callback": _reported(_listed, amount=vnd(150_000))}),
    Faulty("the reference is known beforehand", _REPORT, {"parse_callback": _reported(_listed, merchant_reference="PP23456789AB")}),
    Faulty("the merchant is not read", _REPORT, {"parse_callback": _reported(_listed, merchant_account="SAMPLE01")}),
    Faulty("the transaction is made up", _REPORT, {"parse_callback": _reported(_listed, gateway_reference="1")}),
    Faulty("a success is not listed", _REPORT, {"parse_callback": _reported(lambda code: Outcome.UNKNOWN)}),
    Faulty("any answer is a page", _ANSWERS, {"initiate": _begun(_page)}),
    Faulty("an answer of another status is a no", _ANSWERS, {"initiate": _begun(lambda answer: NoCheckout(Outcome.DECLINED if answer.status_code >= 500 else Outcome.UNKNOWN, gateway_code=""))}),
    Faulty("silence is a yes", _ANSWERS, {"query": _asked(lambda answer, _: Outcome.DONE if not answer.content else Outcome.UNKNOWN)}),
    Faulty("what cannot be read is a no", _ANSWERS, {"query": _asked(lambda answer, _: Outcome.DECLINED if b"{" not in answer.content else Outcome.UNKNOWN)}),
    Faulty("any 200 is a yes", _ANSWERS, {"query": _asked(lambda answer, _: Outcome.DONE if answer.status_code == 200 else Outcome.UNKNOWN)}),
    Faulty("the word success anywhere is a yes", _ANSWERS, {"query": _asked(lambda answer, _: Outcome.DONE if b"success" in answer.content else Outcome.UNKNOWN)}),
    Faulty("a refund is done when nobody answers", _ANSWERS, {"refund": _gives_back(lambda _: Outcome.DONE)}),
    Faulty("a refund that breaks off has failed", _ANSWERS, {"refund": _gives_back(lambda answer: Outcome.DECLINED if answer.status_code >= 500 else Outcome.UNKNOWN)}),
    Faulty("a refund is sent again without a name", _REQUESTS, {"refund": _gives_back(lambda _: Outcome.UNKNOWN, repeatable=True)}),
    Faulty("the sandbox's host is asked whatever the settings say", _REQUESTS, {"initiate": _begun(_unknown, url="https://pay.sample.example/v2")}),
    Faulty("another host is asked", _REQUESTS, {"initiate": _begun(_unknown, url="https://pay.elsewhere.example/")}),
    Faulty("a refund of a part gives all", _PAYMENT, {"refund": _gives_back(lambda _: Outcome.UNKNOWN, amount=150_000)}),
    Faulty("a fixed sum is asked for", _PAYMENT, {"initiate": _begin_for_a_fixed_sum}),
    Faulty("the payment is not named", _PAYMENT, {"initiate": _begin_by_the_orders_number}),
    Faulty("a number of its own goes out", _PAYMENT, {"initiate": _begin_with_a_number_of_its_own}),
    Faulty("randomness is made", "does_no_io", {"initiate": _begin_with_a_number_of_its_own}),
    Faulty("the clock is asked", "does_no_io", {"parse_callback": _parse_by_the_clock}),
    Faulty("a socket is opened", "does_no_io", {"parse_callback": _parse_with_a_socket}),
    Faulty("the key goes out as it is", "shows_no_secret", {"initiate": _begin_with_the_key}),
    Faulty("the gateway's words are kept, key and all", "shows_no_secret", {"initiate": _begun(lambda answer: NoCheckout(Outcome.UNKNOWN, gateway_code=answer.text[:64]))}),
    Faulty("the message picks the lock", "chooses_a_contract_by_the_door_alone", {"verify_signature": _door_by_the_message}),
    Faulty("a header picks the lock", "chooses_a_contract_by_the_door_alone", {"verify_signature": _door_by_a_header}),
    Faulty("a field by its own name picks the lock", "chooses_a_contract_by_the_door_alone", {"verify_signature": _door_by_its_own_field}),
    Faulty("a door has no contract", "chooses_a_contract_by_the_door_alone", {"verify_signature": _door_that_is_not_listed}),
    Faulty("it describes itself otherwise each time", "is_accepted_and_says_the_same_each_time", {"describe": _tells_another_window()}),
    Faulty("a hook is misspelt", "is_accepted_and_says_the_same_each_time", {"parse_calback": _reported(_listed)}),
    Faulty("a flow is a plain function", "is_accepted_and_says_the_same_each_time", {"initiate": lambda payment, context: _page(None)}),
)  # fmt: skip
"""By what is wrong. Sources: style.md's "Not like this"; the faults in public code that the sheets list."""
