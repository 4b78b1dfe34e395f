# ruff: noqa: E501
"""More gateways with one fault each: in flows, values, replies and what a plugin reaches for.

Sources: style.md's "Not like this"; vnpay.md 11 and 12, onepay.md 7, nganluong.md; attacks.md, ORD and ENC.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from datetime import datetime as clock
from pathlib import Path
from typing import Any, Final

from contracts.tests.kit.faulty import Faulty
from contracts.tests.kit.wallet import OUTCOMES, TWO_CURRENCIES, info, reply
from payport.plugin import (
    ContractId,
    Limits,
    NoCheckout,
    Outcome,
    PaymentReport,
    Redirect,
    RefundReport,
    Reply,
    Verified,
    post,
    vnd,
)
from payport.testing import SAMPLE_SECRET

__all__ = ["FAULTY_FLOWS"]

_Hook = Callable[..., Any]


def _said(answer: Any) -> Any:
    return json.loads(answer.content)


def _asked(outcome: Callable[[Any], Outcome], **report: Callable[[Any, Any], Any]) -> _Hook:
    """A query that is right, but for how it reads the answer."""

    def query(payment: Any, context: Any) -> Any:
        answer = yield post(
            context.settings.endpoint,
            "/state",
            json={"order_ref": payment.merchant_reference},
            repeatable=True,
        )
        found, said = outcome(answer), _said(answer)
        right = {"merchant_reference": said.get("order_ref"), "amount": vnd(int(said.get("amount", 0)))}
        given = right | {name: read(said, payment) for name, read in report.items()}
        return PaymentReport(
            outcome=found, gateway_code="", merchant_account="SAMPLE01", gateway_reference="9001", **given
        )

    return query


def _listed(answer: Any) -> Outcome:
    if answer.status_code != 200:
        return Outcome.UNKNOWN
    return OUTCOMES.get(_said(answer)["code"], Outcome.UNKNOWN)


def _whole(pairs: Any) -> Any:
    """Names given once; what `json.loads` does not ask for."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def _strict(read: Callable[[Any], Outcome]) -> Callable[[Any], Outcome]:
    """Right about status and form, so that only the code is read wrongly."""

    def outcome(answer: Any) -> Outcome:
        if answer.status_code != 200:
            return Outcome.UNKNOWN
        return read(json.loads(answer.content, object_pairs_hook=_whole))

    return outcome


def _refunded(
    read: Callable[[Any], Outcome] = lambda _: Outcome.UNKNOWN,
    times: int = 1,
    *,
    repeatable: bool = False,
    **sent: Callable[[Any], Any],
) -> _Hook:
    def refund(refund: Any, context: Any) -> Any:
        fields = {"amount": refund.amount.minor, "txn": refund.payment.gateway_reference}
        fields |= {name: make(refund) for name, make in sent.items()}
        answer = None
        for _ in range(times):
            answer = yield post(context.settings.endpoint, "/refunds", json=fields, repeatable=repeatable)
            if answer.status_code < 500:
                break
        outcome = read(answer)
        return RefundReport(outcome, gateway_code="", amount=refund.amount)

    return refund


def _begun(read: Callable[[Any], Any], **sent: Any) -> _Hook:
    def initiate(payment: Any, context: Any) -> Any:
        fields = {
            "merchant": "SAMPLE01",
            "order_ref": payment.merchant_reference,
            "amount": payment.amount.minor,
        }
        signed = context.sign(ContractId("sample-request"), fields | sent)
        return read((yield post(context.settings.endpoint, "/orders", json=signed, repeatable=True)))

    return initiate


def _sent_to(url: str) -> _Hook:
    def initiate(payment: Any, context: Any) -> Any:
        yield from ()
        return Redirect(f"{url}?ref={payment.merchant_reference}&amount={payment.amount.minor}")

    return initiate


def _begun_within_its_own_limits(payment: Any, context: Any) -> Any:
    yield from ()
    too_much = payment.amount.minor > 10**9
    return NoCheckout(Outcome.DECLINED) if too_much else Redirect("https://pay.sample.example/")


def _begun_with_a_float(payment: Any, context: Any) -> Any:
    yield post(
        context.settings.endpoint,
        "/orders",
        json={"order_ref": payment.merchant_reference, "amount": payment.amount.minor * 1.0},
        repeatable=True,
    )
    return NoCheckout(Outcome.UNKNOWN)


def _page_or(other: Outcome) -> Callable[[Any], Any]:
    def read(answer: Any) -> Any:
        said: dict[str, Any] = {"code": None}
        if answer.status_code == 200:
            said = json.loads(answer.content, object_pairs_hook=_whole)
        outcome = other if said["code"] not in ("00", None) else Outcome.UNKNOWN
        return Redirect(said["pay_url"]) if said["code"] == "00" else NoCheckout(outcome)

    return read


def _parsed(before: Callable[[], object] = lambda: None, **read: Callable[[Verified], Any]) -> _Hook:
    """A parse_callback that is right, but for one field, or for what it does before."""

    def parse_callback(verified: Verified) -> PaymentReport:
        before()
        right = PaymentReport(
            outcome=OUTCOMES.get(verified["status"], Outcome.UNKNOWN),
            gateway_code=verified["status"],
            merchant_account=verified["merchant"],
            merchant_reference=verified["order_ref"],
            amount=vnd(verified.integer("amount")) if "amount" not in read else None,
            gateway_reference=verified["txn"],
        )
        return replace(right, **{name: make(verified) for name, make in read.items()})

    return parse_callback


class _Clock:
    """Asked by a method, which nobody imports."""

    def now(self) -> Any:
        return clock.now(UTC)


_CLOCK = _Clock()
_LOG = logging.getLogger("sample")
_YES: Final = _strict(lambda said: OUTCOMES.get(said["code"], Outcome.UNKNOWN))


def _by_a_table(verified: Verified) -> Outcome:
    return {"00": Outcome.DONE}[verified["status"]]


def _ask_the_library() -> None:
    with suppress(OSError):
        urllib.request.urlopen("http://127.0.0.1:9/", timeout=0.1)


def _described(**changes: Any) -> _Hook:
    return lambda: replace(info(), **changes)


def _replied(**answers: Reply) -> _Hook:
    return lambda: info(**answers)


_ANSWERS = "believes_a_whole_answer_and_no_broken_one"
_VALUES = "reads_a_signed_value_in_one_way"
_CODES = "takes_no_unlisted_code_for_a_success_or_a_no"
_REPLIES = "answers_so_that_money_is_told_again_or_not"
_REQUESTS = "asks_its_own_hosts_and_sends_once_what_counts_twice"
_PAYMENT = "asks_for_this_payment_and_this_amount"
_LIMITS = "keeps_to_its_currencies_and_limits"
_PURE = "does_no_io"
FAULTY_FLOWS: Final = (
    Faulty("an answer's code is read as a number", _ANSWERS, {"query": _asked(_strict(lambda said: Outcome.DONE if not str(said["code"]).strip("0 ") else Outcome.UNKNOWN))}),
    Faulty("a missing code counts as 0", _ANSWERS, {"query": _asked(_strict(lambda said: Outcome.DONE if int(said.get("code") or 0) == 0 else Outcome.UNKNOWN))}),
    Faulty("a success is looked for as a text", _ANSWERS, {"query": _asked(lambda answer: Outcome.DONE if b'"00"' in answer.content and answer.status_code == 200 else Outcome.UNKNOWN)}),
    Faulty("an answer's status is not looked at", _ANSWERS, {"query": _asked(lambda answer: OUTCOMES.get(_said(answer)["code"], Outcome.UNKNOWN))}),
    Faulty("a field is given twice, and the last one counts", _ANSWERS, {"query": _asked(_listed)}),
    Faulty("every other code of an answer is a no", _ANSWERS, {"query": _asked(_strict(lambda said: Outcome.DONE if said["code"] == "00" else Outcome.DECLINED))}),
    Faulty("an answer about another payment is taken for ours", _ANSWERS, {"query": _asked(_strict(lambda said: OUTCOMES.get(said["code"], Outcome.UNKNOWN)), merchant_reference=lambda _, payment: payment.merchant_reference)}),
    Faulty("an answer about another sum is taken for ours", _ANSWERS, {"query": _asked(_strict(lambda said: OUTCOMES.get(said["code"], Outcome.UNKNOWN)), amount=lambda _, payment: payment.amount)}),
    Faulty("an answer without an amount is taken for ours", _ANSWERS, {"query": _asked(_YES, amount=lambda said, payment: vnd(int(said.get("amount", payment.amount.minor))))}),
    Faulty("an answer's amount loses its sign", _ANSWERS, {"query": _asked(_YES, amount=lambda said, _: vnd(abs(int(said["amount"]))))}),
    Faulty("an answer's amount loses its fraction", _ANSWERS, {"query": _asked(_YES, amount=lambda said, _: vnd(int(said["amount"])))}),
    Faulty("every other code of a refund is a no", _ANSWERS, {"refund": _refunded(_strict(lambda said: Outcome.DONE if said["code"] == "00" else Outcome.DECLINED))}),
    Faulty("a refund of another sum is taken for ours", _ANSWERS, {"refund": _refunded(_strict(lambda said: OUTCOMES.get(said["code"], Outcome.UNKNOWN)))}),
    Faulty("a page is shown whatever the code", _ANSWERS, {"initiate": _begun(lambda answer: Redirect(json.loads(answer.content, object_pairs_hook=_whole)["pay_url"]))}),
    Faulty("every other code at the beginning is a no", _ANSWERS, {"initiate": _begun(_page_or(Outcome.DECLINED))}),
    Faulty("an error of ours is a no of theirs", _ANSWERS, {"initiate": _begun(lambda answer: NoCheckout(Outcome.DECLINED) if 400 <= answer.status_code < 500 else _page_or(Outcome.UNKNOWN)(answer))}),
    Faulty("an amount is read by int()", _VALUES, {"parse_callback": _parsed(amount=lambda verified: vnd(int(verified["amount"])))}),
    Faulty("an amount is read by float()", _VALUES, {"parse_callback": _parsed(amount=lambda verified: vnd(int(float(verified["amount"]))))}),
    Faulty("an amount loses its sign", _VALUES, {"parse_callback": _parsed(amount=lambda verified: vnd(int(verified["amount"].lstrip("-"))))}),
    Faulty("a reference is cut at _", _VALUES, {"parse_callback": _parsed(merchant_reference=lambda verified: verified["order_ref"].split("_")[0])}),
    Faulty("a reference is made upper case", _VALUES, {"parse_callback": _parsed(merchant_reference=lambda verified: verified["order_ref"].upper())}),
    Faulty("a merchant is compared in any case", _VALUES, {"parse_callback": _parsed(merchant_account=lambda verified: verified["merchant"].upper())}),
    Faulty("a transaction's name is trimmed", _VALUES, {"parse_callback": _parsed(gateway_reference=lambda verified: verified["txn"].strip())}),
    Faulty("a code of three digits is done", _CODES, {"parse_callback": _parsed(outcome=lambda verified: Outcome.DONE if verified["status"] in ("00", "100") else OUTCOMES.get(verified["status"], Outcome.UNKNOWN))}),
    Faulty("money under suspicion is done", _CODES, {"parse_callback": _parsed(outcome=lambda verified: Outcome.DONE if verified["status"] in ("00", "07") else OUTCOMES.get(verified["status"], Outcome.UNKNOWN))}),
    Faulty("a code that is not listed makes it fail", _CODES, {"parse_callback": _parsed(outcome=_by_a_table)}),
    Faulty("a no is taken for a wait", _CODES, {"parse_callback": _parsed(outcome=lambda verified: Outcome.PENDING if verified["status"] == "24" else OUTCOMES.get(verified["status"], Outcome.UNKNOWN))}),
    Faulty("what is known already is answered by an error", _REPLIES, {"describe": _replied(already_known=reply("02", 500))}),
    Faulty("what was not stored is answered by a success", _REPLIES, {"describe": _replied(try_again=reply("00"))}),
    Faulty("a forgery is answered by a success", _REPLIES, {"describe": _replied(not_authentic=reply("00"))}),
    Faulty("an answer is not what it says it is", _REPLIES, {"describe": _replied(recorded=Reply(200, b"OK", "application/json"))}),
    Faulty("a refund is sent again by itself", _REQUESTS, {"refund": _refunded(times=2)}),
    Faulty("the buyer is sent to a fixed address", _REQUESTS, {"initiate": _sent_to("https://pay.elsewhere.example/")}),
    Faulty("a refund names no payment", _PAYMENT, {"refund": _refunded(txn=lambda _: "")}),
    Faulty("a refund of nothing gives all", _PAYMENT, {"refund": _refunded(amount=lambda refund: refund.payment.amount.minor)}),
    Faulty("the amount goes out as a float", _PAYMENT, {"initiate": _begun_with_a_float}),
    Faulty("a fixed address of the shop goes out", _PAYMENT, {"initiate": _begun(_page_or(Outcome.UNKNOWN), ipn_url="https://shop.example/pay/sample/ipn")}),
    Faulty("dollars are asked for as đồng", _LIMITS, {"describe": _described(limits=TWO_CURRENCIES)}),
    Faulty("limits allow what it refuses", _LIMITS, {"describe": _described(limits=(Limits(vnd(1), vnd(10**15)),)), "initiate": _begun_within_its_own_limits}),
    Faulty("a key is logged", "shows_no_secret", {"parse_callback": _parsed(lambda: logging.getLogger("sample").debug("key %s", SAMPLE_SECRET))}),
    Faulty("the clock is asked by another name", _PURE, {"parse_callback": _parsed(paid_at=lambda _: clock.now(UTC))}),
    Faulty("the clock is asked by a method of something", _PURE, {"parse_callback": _parsed(paid_at=lambda _: _CLOCK.now())}),
    Faulty("a message is logged", _PURE, {"parse_callback": _parsed(lambda: _LOG.debug("an IPN"))}),
    Faulty("the environment is read", _PURE, {"parse_callback": _parsed(gateway_reference=lambda verified: os.environ.get("TXN", verified["txn"]))}),
    Faulty("time is measured", _PURE, {"parse_callback": _parsed(time.monotonic)}),
    Faulty("a file is read", _PURE, {"parse_callback": _parsed(lambda: Path(__file__).read_text(encoding="utf-8"))}),
    Faulty("a library asks a server", _PURE, {"parse_callback": _parsed(_ask_the_library)}),
    Faulty("a number is drawn", _PURE, {"parse_callback": _parsed(lambda: secrets.randbelow(9))}),
    Faulty("something is printed", _PURE, {"parse_callback": _parsed(lambda: print(end=""))}),
)  # fmt: skip
