"""What leaves us: where it goes, how often, what it names, and that no key is in it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote_plus, urlsplit

from payport.errors import PayportError, RequestRefused
from payport.gateways.http import Request, is_repeatable
from payport.gateways.types import NoCheckout, PostForm, Redirect
from payport.rules.money import Money
from payport.signing.received import Verified
from payport.testing import a_payment
from payport_contracts.kit.conformance.driving import (
    HOSTILE,
    a_refund,
    an_answer,
    driven,
    failure,
    flows,
    sent,
    text_of,
    usual,
)
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.subject import Subject

__all__ = [
    "asks_for_this_payment_and_this_amount",
    "asks_its_own_hosts_and_sends_once_what_counts_twice",
    "keeps_to_its_currencies_and_limits",
    "shows_no_secret",
]

_SILENCE: Final = HOSTILE["an empty answer"]


def asks_its_own_hosts_and_sends_once_what_counts_twice(subject: Subject) -> Iterator[Finding]:
    """Requests and buyers go where the settings say; what is not repeatable leaves once; a refund is
    repeatable only with a name that makes it one."""
    yield from _where_it_goes(subject)
    moved = subject.elsewhere()
    if moved is not None:
        yield from _where_it_goes(moved)


def _where_it_goes(subject: Subject) -> Iterator[Finding]:
    known = {(each.scheme, each.host) for each in subject.account.hosts}
    for hook in flows(subject):
        for what, answer in HOSTILE.items():
            requests, value = driven(subject, hook, answer)
            yield from _of_requests(subject, hook, requests, known)
            if _twice(requests):
                problem = f"{hook} sends the same request again after {what}"
                yield subject.finding(
                    "requests", hook, problem, "Yield it once: the core repeats what may be"
                )
        if not requests and isinstance(value, Redirect | PostForm):
            parts = urlsplit(value.url)
            if (parts.scheme, parts.hostname) not in known:
                problem = f"{hook} sends the buyer to {parts.hostname}, which no setting names"
                yield subject.finding("requests", hook, problem, "Make its URL a setting")


def _of_requests(
    subject: Subject, hook: str, requests: list[Request], known: set[tuple[str, str]]
) -> Iterator[Finding]:
    refund = a_refund(subject)
    for request in requests:
        if (request.url.scheme, request.url.host) not in known:
            problem = f"{hook} asks {request.url.host}, which no setting names"
            yield subject.finding("requests", hook, problem, "Make its URL a setting")
        named = any(text in text_of(request) for text in (refund.idempotency_key, refund.refund_reference))
        if hook == "refund" and is_repeatable(request) and not named:
            problem = "refund is repeatable, and the gateway cannot tell that it is the same"
            yield subject.finding("requests", hook, problem, "Send idempotency_key, or say repeatable=False")


def _twice(requests: list[Request]) -> bool:
    once = [text_of(request) for request in requests if not is_repeatable(request)]
    return len(set(once)) != len(once)


def asks_for_this_payment_and_this_amount(subject: Subject) -> Iterator[Finding]:
    """What goes out names the payment and its amount, and our doors as they are configured."""
    for hook in ("initiate", "refund"):
        if hook not in subject.account.capabilities:
            continue
        requests, value = driven(subject, hook, _SILENCE)
        if not requests and isinstance(value, Exception):
            problem = f"{hook} fails before it asks anything: {failure(subject, value)}"
            yield subject.finding("payment", hook, problem, "Mend it first")
            return
        cheap, dear = _two_amounts(subject)
        first, again, dearer = (sent(subject, hook, amount) for amount in (cheap, cheap, dear))
        if first != again:
            yield subject.finding("payment", hook, "the same is asked for otherwise", "Use context alone")
        elif first == dearer and (hook == "initiate" or subject.ready.info.partial_refund):
            yield subject.finding("payment", hook, "the amount does not go out", "Send the amount asked for")
        if f"{cheap.minor}.0" in first or f"{cheap.minor}e" in first:
            yield subject.finding("payment", hook, "the amount goes out as a float", "Send amount.minor")
    yield from _of_names(subject)


def _two_amounts(subject: Subject) -> tuple[Money, Money]:
    """60,000 and 61,000 đồng, or what its limits carry."""
    whole, least = usual(subject), subject.ready.info.limits[0].least.minor
    cheap = max(least, whole.minor * 60 // 150)
    return Money(cheap, whole.currency), Money(max(cheap + 1, whole.minor * 61 // 150), whole.currency)


def _of_names(subject: Subject) -> Iterator[Finding]:
    first = sent(subject, "initiate")
    if a_payment().merchant_reference not in first:
        problem, remedy = "the merchant reference does not go out", "Send payment.merchant_reference as it is"
        yield subject.finding("payment", "initiate", problem, remedy)
    if "shop.example" in sent(subject, "initiate", public_url="https://moved.example/pay"):
        problem = "an address of ours goes out that is not this shop's"
        yield subject.finding("payment", "initiate", problem, "Send context.callback_url and return_url")
    if "refund" not in subject.account.capabilities:
        return
    ours = a_refund(subject)
    other = replace(
        ours,
        payment=replace(
            ours.payment,
            merchant_reference="PPOTHER45678",
            gateway_reference="9002",
            checkout_reference="CHECKOUT-2",
            order_text="PPOTHER45678",
        ),
    )
    if sent(subject, "refund") == sent(subject, "refund", about={"refund": other}):
        problem = "a refund of another payment is asked for alike"
        yield subject.finding("payment", "refund", problem, "Send the payment's gateway_reference")


def keeps_to_its_currencies_and_limits(subject: Subject) -> Iterator[Finding]:
    """Each currency of `limits` is asked for as itself, and both ends of its limits can be asked for."""
    bounds = subject.ready.info.limits
    requests, value = driven(subject, "initiate", _SILENCE)
    if not requests and isinstance(value, Exception) and not isinstance(value, RequestRefused):
        return  # whatever the amount: told by another check
    texts = {}
    for each in bounds:
        for amount in (each.least, each.most):
            requests, value = driven(subject, "initiate", _SILENCE, amount)
            fails = isinstance(value, Exception | NoCheckout)
            if not requests and fails:
                is_error = isinstance(value, Exception)
                said = failure(subject, value) if is_error else f"code {value.gateway_code!r}"
                problem = f"limits allow {amount}, and initiate asks for nothing ({said})"
                yield subject.finding(
                    "limits", "initiate", problem, "State the gateway's limits in describe()"
                )
        currency = each.least.currency
        texts[currency] = sent(subject, "initiate", Money(each.least.minor, currency))
    for each in bounds[1:]:
        same = Money(each.least.minor, bounds[0].least.currency)
        if texts[each.least.currency] == sent(subject, "initiate", same):
            problem = f"{each.least.currency} is asked for as {bounds[0].least.currency}"
            yield subject.finding(
                "limits", "initiate", problem, "Send the currency, or leave it out of limits"
            )


def shows_no_secret(subject: Subject) -> Iterator[Finding]:
    """No key stands in a request, a report, an error, a log or on the screen."""
    secrets = [text for text in subject.account.secrets() if len(text) >= 6]
    if not secrets:
        raise Skipped("it has no secret")
    keys = {key.value.get_secret_value() for key in subject.account.keyring.keys}
    with _overhearing() as heard:
        for hook in flows(subject):
            for answer in (*HOSTILE.values(), an_answer(200, '{"code":"24","message":"' + secrets[0] + '"}')):
                requests, value = driven(subject, hook, answer)
                yield from _of_value(subject, hook, secrets, value)
                texts = [form for request in requests for form in _forms(text_of(request))]
                if any(key in text for text in texts for key in keys):
                    yield subject.finding("secrets", hook, "a key goes out as it is", "Sign by context.sign")
        for callback in subject.callbacks:
            with suppress(PayportError):
                result = subject.account.verify(callback)
                if isinstance(result, Verified):
                    subject.account.parse(result)
    if any(text in heard() for text in secrets):
        hook = "parse_callback" if "parse_callback" in subject.account.capabilities else "initiate"
        yield subject.finding(
            "secrets", hook, "a key is printed or logged", "Log nothing: observers are told"
        )


def _forms(text: str) -> tuple[str, str, str]:
    """As it leaves, and without what a form or JSON does to blanks and signs."""
    return text, unquote_plus(text), text.replace('\\"', '"').replace("\\\\", "\\")


def _of_value(subject: Subject, hook: str, secrets: list[str], value: Any) -> Iterator[Finding]:
    said = str(value) if isinstance(value, BaseException) else repr(value)
    if any(text in said for text in secrets):
        where, remedy = (
            ("its error", "Say what is wrong, not the value")
            if isinstance(value, BaseException)
            else ("what it gives", "Keep the gateway's code alone")
        )
        yield subject.finding("secrets", hook, f"a key is in {where}", remedy)


@contextmanager
def _overhearing() -> Iterator[Any]:
    """What is logged and printed meanwhile, at any level."""
    screen, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(screen), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(screen), redirect_stderr(screen):
            yield screen.getvalue
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
