"""Answers that are no JSON, read in exactly one way or not at all: forms and XML.

Whatever is not the sheet's form raises Malformed, which is `unknown`: never a yes, never a no. XML goes
through a guard of its own on the standard library's expat: a document type, and with it every entity of its
own, is refused before anything is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

from payport.errors import Malformed
from payport.gateways.http import Response

__all__ = ["read_form", "read_xml"]

_MOST_BYTES: Final = 65_536  # what gateways say in these forms takes some thousand
_MOST_FIELDS: Final = 500
_NAME: Final = re.compile(rb"[A-Za-z0-9_.-]+")  # no markup has one before its first "="
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_BLANKS: Final = " \t\r\n"  # XML's own; every other one is text


def read_form(response: Response) -> Mapping[str, str]:
    """A 200 whose body is `name=value&…` in UTF-8, each name once and of ASCII letters, digits, `_.-`.

    Raises: Malformed for any other status, for HTML and JSON, for a pair without `=`, a broken escape, a
    repeated name, bytes that are no UTF-8, more than 64 KiB or 500 fields.
    """
    body = _body(response)
    if body.count(b"&") >= _MOST_FIELDS:
        raise _malformed("too many fields")
    fields: dict[str, str] = {}
    for pair in body.split(b"&"):
        name, equals, value = pair.partition(b"=")
        if not equals or not _NAME.fullmatch(name):
            raise _malformed("not a form")
        text = name.decode()
        if text in fields:
            raise _malformed("a name is repeated")
        fields[text] = _decoded(value)
    return fields


def read_xml(
    response: Response, *, root: str, amend: Callable[[bytes], bytes] | None = None
) -> Mapping[str, str]:
    """A 200 whose body is one XML element `root` that holds elements with text and nothing else.

    Args:
        amend: a repair that the gateway's sheet calls for, made before anything is parsed.
    Raises: Malformed for any other status or form, a document type, a repeated or nested element, an
    attribute, a comment or an instruction, more than 64 KiB or 500 elements.
    """
    body = _body(response)
    reader = _Flat(root)
    try:
        reader.read(amend(body) if amend is not None else body)
    except (expat.ExpatError, UnicodeError, ValueError) as error:
        raise _malformed(f"not XML of the sheet's form ({type(error).__name__})") from None
    return reader.fields


class _Flat:
    """One level of elements under a root, as expat tells of them."""

    def __init__(self, root: str) -> None:
        self.fields: dict[str, str] = {}
        self._root = root
        self._open: list[str] = []
        self._text: list[str] = []

    def read(self, body: bytes) -> None:
        if b"\0" in body:
            raise ValueError("UTF-16, which expat finds out by itself")
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._nothing_else
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._nothing_else
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(body, True)

    def _declared(self, _: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise ValueError("another encoding")

    def _nothing_else(self, *_: object) -> None:
        raise ValueError("a document type, a comment or an instruction")

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._no_text_between()
        if attributes or len(self.fields) >= _MOST_FIELDS:
            raise ValueError("attributes, or too many elements")
        match self._open:
            case [] if name == self._root:
                pass
            case [_] if name not in self.fields:
                pass
            case _:
                raise ValueError("an element that is repeated, or in no place of its own")
        self._open.append(name)

    def _end(self, name: str) -> None:
        if len(self._open) == 2:
            self.fields[name] = "".join(self._text)
            self._text.clear()
        self._no_text_between()
        self._open.pop()

    def _no_text_between(self) -> None:
        if "".join(self._text).strip(_BLANKS):
            raise ValueError("text beside elements")
        self._text.clear()


def _body(response: Response) -> bytes:
    if response.status_code != 200:
        raise Malformed(
            field="status",
            problem=f"HTTP {response.status_code}",
            remedy="Ask again later",
            reason="malformed",
        )
    if not 0 < len(response.content) <= _MOST_BYTES:
        raise _malformed("empty, or too large")
    return response.content


def _decoded(text: bytes) -> str:
    """Each `%` begins two hex digits; `+` is a blank."""
    if _BROKEN_ESCAPE.search(text) or b"%00" in text or b"\0" in text:
        raise _malformed("a broken escape, or a NUL")
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("not UTF-8") from None


def _malformed(problem: str) -> Malformed:
    return Malformed(field="body", problem=problem, remedy="Ask again later", reason="malformed")
