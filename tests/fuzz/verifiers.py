"""What no input may do to a verifier: crash it, get past it, or lead it where nobody thought.

An attacker has heard genuine messages of every contract, stale ones and those of another kind among them, and
has no key. Whatever is made of them is refused for a reason that somebody foresaw, or says what a genuine one
says: the same text was signed, and the same fields are believed.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from payport.errors import CallbackRejected
from payport.signing.document import Document
from payport.signing.received import Hint, Received, Verified
from tests.docs.language import EXAMPLES, Example, received

__all__ = ["HEARD", "attack", "messages", "seeds"]

HEARD: Final = tuple(each for each in EXAMPLES if not each.is_request)
_METHODS: Final = ("GET", "POST", "ANSWER", "PUT")
_CUT: Final = b"\n\n"


def attack(number: int, message: bytes) -> None:
    """Judge one message, as `seeds` writes it, by the contract of one example.

    Raises: AssertionError, where it got past; whatever a verifier must not raise.
    """
    example = HEARD[number % len(HEARD)]
    forged = _read(message)
    try:
        result = example.judge(forged)
    except CallbackRejected as rejection:
        if "could not be checked" in str(rejection):  # the net below all else
            raise AssertionError(str(rejection)) from rejection
        return
    if example.contract.scheme is not None:
        _check_kind(example.contract.document, result)
        assert _said(result) in _genuine(), result


def _check_kind(document: Document, result: Verified | Hint) -> None:
    """What the contract's file says of every message, asked once more of one that was believed."""
    if isinstance(result, Hint):
        return
    assert document.message is not None
    assert all(document.message.signs_field(name) for name in result), result
    assert all(result.get(name) for name in document.needed), result
    assert all(result.get(name) == only for name, only in document.fixed.items()), result


@cache
def _genuine() -> frozenset[tuple[object, ...]]:
    """What the messages say that the page takes. Some share a key, so one may be heard for another."""
    return frozenset(
        _said(each.judge(received(message))) for each in HEARD for message in messages(each, taken=True)
    )


def _said(result: Verified | Hint) -> tuple[object, ...]:
    if isinstance(result, Hint):
        return result.locator, result.value
    return result.signed_text, *sorted(result.fields.items())


def messages(example: Example, *, taken: bool) -> list[str]:
    """Those of one example that the page takes, the printed one first; or those that it refuses."""
    changed = [
        example.message.replace(before, after, 1)
        for before, after, verdict in example.changes
        if (verdict == "accepted") is taken
    ]
    return [example.message, *changed] if taken else changed


@cache
def seeds() -> tuple[bytes, ...]:
    """Every message of the page, first its contract's number as one byte; the genuine ones stand first."""
    printed = [bytes([number]) + _written(each.message) for number, each in enumerate(HEARD)]
    changed = [
        bytes([number]) + _written(message)
        for number, each in enumerate(HEARD)
        for message in (*messages(each, taken=True)[1:], *messages(each, taken=False))
    ]
    return *printed, *changed


def _written(message: str) -> bytes:
    """Method, query, body, and each header, with an empty line between them."""
    genuine = received(message)
    method = bytes([_METHODS.index(genuine.method)])
    headers = [b"%b: %b" % pair for pair in genuine.headers]
    return _CUT.join([method, genuine.query, genuine.body, *headers])


def _read(message: bytes) -> Received:
    method, query, body, *headers = [*message.split(_CUT), b"", b"", b""][: max(3, message.count(_CUT) + 1)]
    genuine = received(HEARD[0].message)
    pairs = tuple((name, value.strip()) for name, _, value in (each.partition(b":") for each in headers))
    return Received(_METHODS[method[0] % 4] if method else "GET", query, pairs, body, genuine.received_at)
