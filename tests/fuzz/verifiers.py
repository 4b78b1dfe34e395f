"""What no input may do to a verifier: crash it, get past it, or lead it where nobody thought.

An attacker has heard one genuine message of every contract, and has no key. Whatever is made of it is refused
for a reason that somebody foresaw, or is the very text that a genuine one signs.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from payport.errors import CallbackRejected
from payport.signing.received import Hint, Received, Verified
from tests.docs.language import EXAMPLES, Example, received

__all__ = ["HEARD", "attack", "seeds"]

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
        assert _said(result) in _genuine(), result


@cache
def _genuine() -> frozenset[tuple[object, ...]]:
    """What the messages that were heard say. Some share a key, so one may be heard for another."""
    return frozenset(_said(each.judge(received(each.message))) for each in HEARD)


def _said(result: Verified | Hint) -> tuple[object, ...]:
    if isinstance(result, Hint):
        return result.locator, result.value
    return (result.signed_text,)


def seeds() -> list[bytes]:
    """Every genuine message, first its contract's number as one byte."""
    return [bytes([number]) + _written(each) for number, each in enumerate(HEARD)]


def _written(example: Example) -> bytes:
    """Method, query, body, and each header, with an empty line between them."""
    genuine = received(example.message)
    method = bytes([_METHODS.index(genuine.method)])
    headers = [b"%b: %b" % pair for pair in genuine.headers]
    return _CUT.join([method, genuine.query, genuine.body, *headers])


def _read(message: bytes) -> Received:
    method, query, body, *headers = [*message.split(_CUT), b"", b"", b""][: max(3, message.count(_CUT) + 1)]
    genuine = received(HEARD[0].message)
    pairs = tuple((name, value.strip()) for name, _, value in (each.partition(b":") for each in headers))
    return Received(_METHODS[method[0] % 4] if method else "GET", query, pairs, body, genuine.received_at)
