"""What flows make of the gateway's genuine answers, and of the same answers with one thing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from payport.gateways.http import Response
from payport.gateways.types import Outcome
from payport_contracts.kit.conformance.bodies import Body
from payport_contracts.kit.conformance.codes import UNLISTED
from payport_contracts.kit.conformance.driving import (
    a_refund,
    asked,
    driven,
    failure,
    flows,
    outcome_of,
)
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["believes_a_whole_answer_and_no_broken_one"]

_NOT_OK: Final = (201, 204, 301, 302, 400, 401, 404, 429, 500, 502, 503)
_NO_CODE: Final[tuple[object, ...]] = (None, 0, False, True, [], {}, 0.0)


def believes_a_whole_answer_and_no_broken_one(subject: Subject) -> Iterator[Finding]:
    """Each genuine success is one; with another status, cut, doubled, without its code or with one that
    nobody lists it is neither a yes nor a no; what it says of another payment or sum is not passed over."""
    if not subject.answers:
        raise Skipped("the subject has no genuine answers: give one for each flow that asks")
    for hook, answer in subject.answers.items():
        if hook not in flows(subject):
            problem = f"the subject has an answer to {hook}, which is no hook of it"
            remedy = "Mark the hook @hookimpl, or take the answer away"
            yield subject.finding("answers", "describe", problem, remedy)
            continue
        for problem in dict.fromkeys(_problems(subject, hook, answer)):
            yield subject.finding(
                "answers", hook, f"{hook} {problem}", "Read it strictly; the default is unknown"
            )


def _problems(subject: Subject, hook: str, answer: bytes) -> Iterator[str]:
    outcome, value = _given(subject, hook, answer)
    if outcome is not Outcome.DONE:
        if isinstance(value, Exception):
            yield f"fails on a genuine success: {failure(subject, value)}"
        else:
            yield f"takes a genuine success for {outcome} ({_said(value)})"
        return
    for status in _NOT_OK:
        if _is_sure(_given(subject, hook, answer, status)[0]):
            yield f"takes a success with HTTP {status} for an answer"
    for place in {1, len(answer) // 3, len(answer) // 2, len(answer) - 2, len(answer) - 1}:
        if _is_sure(_given(subject, hook, answer[:place])[0]):
            yield "takes an answer that was cut short for a whole one"
    body = Body(answer)
    if hook != "initiate" and not frozenset(subject.done) & _texts(body):
        yield "has an answer without any code of `done`, so that no other code is tried: list it there"
    yield from _of_signature(subject, hook, body)
    yield from _of_fields(subject, hook, body, value)


def _texts(body: Body) -> frozenset[str]:
    return frozenset(str(each) for each in body.fields().values())


def _of_signature(subject: Subject, hook: str, body: Body) -> Iterator[str]:
    """Where a contract signs answers, an answer that nobody signed says nothing."""
    names = {
        each.document.signature.at.removeprefix("field.")
        for each in subject.ready.contracts.values()
        if each.direction == "answer" and each.document.signature is not None
    }
    for name in sorted(names & body.fields().keys()):
        if _is_sure_of(subject, hook, body.drop(name)):
            yield f"takes an answer without its signature ({name}) for a yes or a no"
        if _is_sure_of(subject, hook, body.put(name, _other(str(body.fields()[name])))):
            yield f"takes an answer with another signature ({name}) for a yes or a no"


def _of_fields(subject: Subject, hook: str, body: Body, value: Any) -> Iterator[str]:
    for name, text in body.fields().items():
        is_code = str(text) in subject.done
        if _given(subject, hook, body.drop(name))[0] is Outcome.DECLINED:
            yield f"takes an answer without {name} for a no"
        if is_code and _is_sure_of(subject, hook, body.drop(name)):
            yield f"takes an answer without {name} for a yes or a no"
        if _is_sure_of(subject, hook, body.again(name, "0")):
            yield f"takes an answer that says {name} twice"
        for other in (*UNLISTED, *_NO_CODE) if is_code else ():
            outcome = _given(subject, hook, body.put(name, other))[0]
            if _is_sure(outcome) and not _is_listed(subject, str(other), outcome):
                yield f"takes {name} = {other!r}, which nobody lists, for a yes or a no"
        for meaning, ours in _ours(subject, hook).items():
            if type(text) not in (str, int, float) or str(text) not in ours:
                continue
            changes = {f"another {meaning}": body.put(name, _other(text)), f"no {meaning}": body.drop(name)}
            if type(text) in (int, float):
                changes |= {f"{meaning} {each!r}": body.put(name, each) for each in (-text, text + 0.5)}
            for what, changed in changes.items():
                outcome, given = _given(subject, hook, changed)
                is_alike = getattr(given, meaning, None) == getattr(value, meaning, None)
                if outcome is Outcome.DONE and is_alike:
                    yield f"passes over that the answer names {what} ({name})"


def _is_listed(subject: Subject, code: str, outcome: Outcome) -> bool:
    return code in subject.done if outcome is Outcome.DONE else subject.may_be_a_no(code)


def _other(value: Any) -> Any:
    """Of the same kind and form."""
    if isinstance(value, int | float):
        return value + 1000
    return value[:-1] + ("7" if value[-1:] != "7" else "3")


def _ours(subject: Subject, hook: str) -> dict[str, tuple[str, ...]]:
    """What a flow's answer may echo, as it is written on a wire."""
    if hook == "initiate":
        return {}
    if hook == "query":
        about = asked(subject, "query")["payment"]
        return {
            "merchant_reference": (about.merchant_reference,),
            "merchant_account": (subject.account.merchant_account,),
            "amount": _written(about.amount.minor),
        }
    refund = a_refund(subject)
    return {
        "merchant_reference": (refund.payment.merchant_reference,),
        "refund_reference": (refund.refund_reference, refund.idempotency_key),
        "amount": _written(refund.amount.minor),
    }


def _written(minor: int) -> tuple[str, ...]:
    return str(minor), str(minor * 100), f"{minor}.0", f"{minor}.00"


def _given(subject: Subject, hook: str, body: bytes, status: int = 200) -> tuple[Outcome, Any]:
    _, value = driven(subject, hook, Response(status, content=body))
    return outcome_of(value), value


def _is_sure_of(subject: Subject, hook: str, body: bytes) -> bool:
    return _is_sure(_given(subject, hook, body)[0])


def _is_sure(outcome: Outcome) -> bool:
    return outcome in (Outcome.DONE, Outcome.DECLINED)


def _said(value: Any) -> str:
    return f"code {value.gateway_code!r}" if hasattr(value, "gateway_code") else type(value).__name__
