"""What stands on standard input: a request as it came, an answer, a URL, or the query string alone.

Nothing is guessed. What could be two things is refused, and the words that say what was understood are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from payport.doors.cli.usage import UsageError
from payport.signing.contract import Contract
from payport.signing.received import Received

__all__ = ["Understood", "understand"]

_MOST: Final = 1024 * 1024
_REQUEST_LINE: Final = re.compile(rb"([A-Z]{3,10}) ([\x21-\xff]+) HTTP/[0-9](?:\.[0-9])?")
_STATUS_LINE: Final = re.compile(rb"HTTP/[0-9](?:\.[0-9])? [1-5][0-9]{2}(?: [\x20-\xff]*)?")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*")
_URL: Final = re.compile(rb"(?:https?://[^\s?#]+|/[^\s?#]*)\?([\x21-\xff]*)")
_PAIRS: Final = re.compile(rb"\??([\x21-\xff]*=[\x21-\xff]*)")
_DECODED_ONLY: Final = frozenset({b"transfer-encoding", b"content-encoding"})
_Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """The message, and in words what it was taken for."""

    received: Received
    words: str


def understand(
    raw: bytes, contract: Contract, *, method: str, is_body: bool, received_at: datetime
) -> Understood:
    """Read standard input for a contract.

    Args:
        method: by which a bare query string or body came; a whole request says it itself.
        is_body: all of it is the body, byte for byte.
    Raises: UsageError, saying what to give instead.
    """
    if not raw:
        raise _unclear("is empty", "Give the request: payport verify … < request")
    if len(raw) > _MOST:
        raise _unclear("is larger than 1 MiB", "Give one message alone")
    answer = contract.direction == "answer"
    if is_body:
        words = f"a body of {_bytes(raw)}{_end_of_line(raw)}"
        return Understood(_received("ANSWER" if answer else method, raw, received_at), words)
    first = raw.split(b"\n", 1)[0].removesuffix(b"\r")
    if _STATUS_LINE.fullmatch(first):
        if not answer:
            raise _unclear("is a response, and the contract is for callbacks", "Give the request that came")
        headers, body = _headers_and_body(raw)
        return Understood(
            Received("ANSWER", b"", headers, body, received_at), f"a response, body of {_bytes(body)}"
        )
    if answer and _REQUEST_LINE.fullmatch(first):
        raise _unclear("is a request, and the contract is for answers", "Give the response that came")
    if line := _REQUEST_LINE.fullmatch(first):
        return _request(raw, line[1].decode(), line[2], received_at)
    return _one_line(raw, contract, method, received_at)


def _request(raw: bytes, method: str, target: bytes, at: datetime) -> Understood:
    headers, body = _headers_and_body(raw)
    query = target.partition(b"?")[2]
    words = f"a whole request: {method}, query of {_bytes(query)}, body of {_bytes(body)}"
    return Understood(Received(method, query, headers, body, at), words)


def _one_line(raw: bytes, contract: Contract, method: str, at: datetime) -> Understood:
    """A URL, a path with its query, or pairs; the line break at the end of the file is no part of it."""
    text = raw.removesuffix(b"\n").removesuffix(b"\r")
    if url := _URL.fullmatch(text):
        query, has_fragment, _ = url[1].partition(b"#")
        left_out = "; its fragment is left out, as no browser sends it" if has_fragment else ""
        return Understood(
            Received(method, query, (), b"", at), f"a URL: {method}, query of {_bytes(query)}{left_out}"
        )
    pairs = _PAIRS.fullmatch(text)
    if pairs is None or text.startswith((b"{", b"[", b"<", b'"')):
        raise _unclear(
            "is neither a request, nor a response, nor a URL, nor one line of name=value pairs",
            "Give one of them; a body alone, JSON for instance, with --body",
        )
    if _read_as_form(contract, method):
        words = f"name=value pairs, {_bytes(pairs[1])}, as the form of a {method}"
        received = _received("ANSWER" if contract.direction == "answer" else method, pairs[1], at)
        return Understood(received, words)
    words = f"name=value pairs, {_bytes(pairs[1])}, as the query of a {method}"
    return Understood(Received(method, pairs[1], (), b"", at), words)


def _read_as_form(contract: Contract, method: str) -> bool:
    places = contract.document.fields
    return places == "form" or (isinstance(places, tuple) and method == "POST")


def _headers_and_body(raw: bytes) -> tuple[_Headers, bytes]:
    """Behind the first line: headers, a blank line, the body. Lines end in CRLF, or all in LF."""
    mark = b"\r\n" if raw.split(b"\n", 1)[0].endswith(b"\r") else b"\n"
    head, blank, body = raw.partition(mark * 2)
    lines = head.removesuffix(mark).split(mark)[1:]
    headers = []
    for number, line in enumerate(lines, start=2):
        found = _HEADER.fullmatch(line)
        if found is None:
            raise _unclear(f"line {number} is no header", "Put a blank line between the headers and the body")
        headers.append((found[1], found[2]))
    if any(name.lower() in _DECODED_ONLY for name, _ in headers):
        raise _unclear(
            "has a body that is chunked or compressed",
            "Give the decoded body with --body, or without that header",
        )
    return tuple(headers), _measured(headers, body) if blank else b""


def _measured(headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    """The body as long as Content-Length says; an editor's line break behind it is no part of it."""
    lengths = {value for name, value in headers if name.lower() == b"content-length"}
    if not lengths:
        return body
    [length, *others] = lengths
    if others or not re.fullmatch(rb"[0-9]{1,9}", length):
        raise _unclear("has no clear Content-Length", "Give the message as it came")
    if len(body) < int(length):
        raise _unclear(f"has a body of {_bytes(body)} and says {length.decode()}", "Give all of it")
    if body[int(length) :] not in {b"", b"\n", b"\r\n"}:
        raise _unclear(f"has a body of {_bytes(body)} and says {length.decode()}", "Give one message alone")
    return body[: int(length)]


def _received(method: str, body: bytes, at: datetime) -> Received:
    return Received(method, b"", (), body, at)


def _bytes(data: bytes) -> str:
    return "1 byte" if len(data) == 1 else f"{len(data)} bytes"


def _end_of_line(raw: bytes) -> str:
    return "; the line break at its end counts" if raw.endswith(b"\n") else ""


def _unclear(problem: str, remedy: str) -> UsageError:
    return UsageError(field="standard input", problem=problem, remedy=remedy)
