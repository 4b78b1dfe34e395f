"""Drives a gateway's flows with answers that nobody gave, and says what came of them. No network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from payport.errors import PayportError
from payport.gateways.http import Request, Response
from payport.gateways.types import NoCheckout, Outcome, Refund
from payport.rules.money import Money, vnd
from payport.testing import NOW, a_payment
from payport_contracts.kit.conformance.places import last_place
from payport_contracts.kit.conformance.subject import Subject

__all__ = [
    "HOSTILE",
    "a_refund",
    "an_answer",
    "asked",
    "driven",
    "failure",
    "flows",
    "outcome_of",
    "sent",
    "text_of",
    "usual",
]

HOSTILE: Final[Mapping[str, Response]] = {
    "an empty answer": Response(200, content=b""),
    "an empty object": Response(200, content=b"{}"),
    "null": Response(200, content=b"null"),
    "a list": Response(200, content=b"[]"),
    "an answer cut short": Response(200, content=b'{"code":"0'),
    "a page of a proxy": Response(502, content=b"<html>Bad Gateway</html>"),
    "an error of the server": Response(500, content=b""),
    "a redirect": Response(302, headers={"location": "https://evil.example/"}, content=b""),
    "another kind of content": Response(200, content=b"\xff\xfe\x00"),
    "a page that says success": Response(200, content=b"success"),
}
_MOST_REQUESTS: Final = 5
_USUAL: Final = vnd(150_000)
_FLOWS: Final = ("initiate", "query", "refund", "query_refund")


def usual(subject: Subject) -> Money:
    """150,000 đồng, or what its limits carry."""
    first = subject.ready.info.limits[0]
    if first.least.currency == _USUAL.currency and first.least.minor <= _USUAL.minor <= first.most.minor:
        return _USUAL
    return Money(min(first.least.minor * 3, first.most.minor), first.least.currency)


def a_refund(subject: Subject, amount: Money | None = None) -> Refund:
    """A third of the payment, if it can give back a part, else all of it."""
    whole = usual(subject)
    part = Money(max(1, whole.minor // 3), whole.currency) if subject.ready.info.partial_refund else whole
    of = a_payment(whole, checkout_reference="CHECKOUT-1", gateway_reference="9001")
    return Refund(
        amount=amount or part,
        refund_reference="PPREFUND2345",
        idempotency_key="K" * 20,
        gateway_reference=None,
        requested_at=NOW,
        requested_by="conformance",
        payment=of,
    )


def asked(subject: Subject, hook: str, amount: Money | None = None) -> dict[str, Any]:
    """What a flow is about."""
    due = amount or usual(subject)
    if hook == "initiate":
        return {"payment": a_payment(due)}
    if hook == "query":
        return {"payment": a_payment(due, checkout_reference="CHECKOUT-1", gateway_reference="9001")}
    return {"refund": a_refund(subject, amount)}


def driven(
    subject: Subject,
    hook: str,
    answer: Response,
    amount: Money | None = None,
    *,
    about: Mapping[str, Any] | None = None,
    public_url: str = "https://shop.example/pay",
) -> tuple[list[Request], Any]:
    """The requests that a flow makes, answered alike, and what it gives; an error is given, too."""
    context = subject.account.context(now=NOW, request_id="R" * 20, language="vi", public_url=public_url)
    requests: list[Request] = []
    try:
        flow = getattr(subject.ready, hook)(**(about or asked(subject, hook, amount)), context=context)
        request = next(flow)
        while len(requests) < _MOST_REQUESTS:
            requests.append(request)
            request = flow.send(answer)
    except StopIteration as stop:
        return requests, stop.value
    except Exception as error:
        return requests, error
    return requests, RuntimeError("asks for ever")


def outcome_of(value: Any) -> Outcome:
    """What the core would record."""
    if isinstance(value, Exception):
        return Outcome.UNKNOWN
    if isinstance(value, NoCheckout):
        return value.outcome
    found: Outcome = getattr(value, "outcome", Outcome.DONE)
    return found


def sent(subject: Subject, hook: str, amount: Money | None = None, **changed: Any) -> str:
    """All that leaves us: the requests, or where the buyer is sent."""
    requests, value = driven(subject, hook, HOSTILE["an empty answer"], amount, **changed)
    return "\n".join(map(text_of, requests)) if requests else repr(value)


def text_of(request: Request) -> str:
    headers = " ".join(f"{name}: {value}" for name, value in request.headers.items())
    return f"{request.method} {request.url} {headers} {request.content.decode(errors='replace')}"


def failure(subject: Subject, error: BaseException) -> str:
    """What went wrong, and in which line of the plugin: never the words of an error that is not ours."""
    if isinstance(error, PayportError):
        return f"{error.field}: {error.problem}"
    where = last_place(error, subject.folder)
    return f"{type(error).__name__} at {where}" if where else type(error).__name__


def an_answer(status: int, body: str) -> Response:
    return Response(status, content=body.encode(), headers={"content-type": "application/json"})


def flows(subject: Subject) -> tuple[str, ...]:
    return tuple(hook for hook in _FLOWS if hook in subject.account.capabilities)
