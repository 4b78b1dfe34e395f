"""Reads the fields of a message, strictly: whatever could be read in two ways is refused.

Only the names that a contract selects or names are ours; all others are dropped unread. Values are decoded
once and never normalised. JSON integers keep their text, and no float is ever made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes

from payport.errors import Malformed, NoInput
from payport.signing.document import Document
from payport.signing.received import Received

__all__ = ["Fields", "Reader", "compile_reader", "only_header"]

_MOST_BYTES: Final = 262_144
_MOST_PAIRS: Final = 1_000
_DEEPEST: Final = 32

_NAME: Final = re.compile(r"[A-Za-z0-9_.]+")
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_JSON_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


@dataclass(slots=True, eq=False)
class Fields:
    """Our fields under their wire names (`^x`: a sibling of `data`).

    `pieces`: name and value as they came, for contracts that sign them so; bytes that are no UTF-8 stand in
    it as lone surrogates.
    """

    values: dict[str, str]
    pieces: dict[str, str] = field(default_factory=dict)


Reader: TypeAlias = Callable[[Received], Fields]


@dataclass(frozen=True, slots=True)
class _Ours:
    """Which names a contract reads. The rest is dropped before a value is looked at."""

    named: frozenset[str]
    prefixes: tuple[str, ...] = ()
    dropped: frozenset[str] = frozenset()
    nested_unread: bool = False  # signed as a whole: a list or an object that nobody names is left alone

    def takes(self, name: str) -> bool:
        return name in self.named or (name.startswith(self.prefixes) and name not in self.dropped)


def compile_reader(document: Document) -> Reader:
    """The function that reads what this contract reads. It raises NoInput and Malformed."""
    inner, siblings = _ours(document)
    null_is_empty = document.message is not None and document.message.null == "empty"
    nested_is_text = document.message is not None and document.message.nested == "sorted json"
    keep_pieces = document.message is not None and "as received" in document.message.forms
    pairs = _pair_reader(inner, keep_pieces=keep_pieces)
    tables = _JsonReader(inner, siblings, null_is_empty, nested_is_text)

    readers: dict[str | tuple[str, ...], Reader] = {
        "query": lambda received: pairs(received.query),
        "form": lambda received: pairs(received.body),
        ("query", "form"): lambda received: pairs(_by_method(received)),
        "json": lambda received: tables.top(received.body),
        "body as json": lambda received: tables.top(received.body),
        "json.data": lambda received: tables.data(received.body),
        "text in json.data": lambda received: tables.text_in_data(received.body),
        "none": lambda _: Fields({}),
    }
    return readers[document.fields]


def only_header(received: Received, name: str) -> str | None:
    """The value of a header that may come once, as text; None if it is not there. `name` is lower case."""
    wanted = name.encode("ascii")
    found = [value for header, value in received.headers if header.lower() == wanted]
    if len(found) > 1:
        raise _malformed(f"header {name}", "comes more than once", "repeated")
    if not found:
        return None
    try:
        text = found[0].decode("ascii")
    except UnicodeDecodeError:
        raise _malformed(f"header {name}", "is not ASCII", "bad_encoding") from None
    if not text.isprintable():
        raise _malformed(f"header {name}", "holds a control character", "malformed")
    return text


def _ours(document: Document) -> tuple[_Ours, _Ours]:
    """The names read from the fields themselves, and those of their siblings (`^x`, without the `^`)."""
    named = {*document.covers.named().values(), *document.needed, *document.fixed}
    named.update(name for _, name in document.locators)
    prefixes: tuple[str, ...] = ()
    parts: list[str] = []
    if document.message is not None and document.signature is not None:
        parts = [*(document.message.parts or ()), document.signature.at]
        if document.message.select is not None:
            prefixes = document.message.select.prefix
        elif document.fields in ("body as json", "text in json.data"):
            prefixes = ("",)  # signed as a whole, so every name in it is ours
    if document.freshness is not None:
        parts.append(document.freshness.at)
    named |= {part.removeprefix("field.") for part in parts if part.startswith("field.")}
    inner = frozenset(name for name in named if not name.startswith("^"))
    outer = frozenset(name[1:] for name in named if name.startswith("^"))
    whole = document.fields in ("body as json", "text in json.data")
    return _Ours(inner, prefixes, frozenset(document.not_covered), whole), _Ours(outer)


def _by_method(received: Received) -> bytes:
    """A GET is read from the query, a POST from the form; the other place is never read."""
    if received.method == "GET":
        return received.query
    if received.method == "POST":
        return received.body
    raise _malformed("method", "is neither GET nor POST", "malformed")


def _pair_reader(ours: _Ours, *, keep_pieces: bool) -> Callable[[bytes], Fields]:
    """Reads `name=value&…`. Every name must be decodable, since a name that is not could be ours.

    Bytes that are no UTF-8 travel as lone surrogates until it is known whether they are ours.
    """
    named, prefixes, dropped = ours.named, ours.prefixes, ours.dropped

    def read(raw: bytes) -> Fields:
        if len(raw) > _MOST_BYTES or raw.count(b"&") > _MOST_PAIRS:
            raise _malformed("message", "is longer than any genuine one", "malformed")
        text = raw.decode(errors="surrogateescape")
        plain = text.isascii() and text.isprintable()
        values: dict[str, str] = {}
        pieces: dict[str, str] = {}
        for piece in text.split("&"):
            if not piece:
                continue
            name, _, value = piece.partition("=")
            if not plain or "%" in name or "+" in name:
                name = _decoded(name, "name")
            if name not in named:
                if not name.startswith(prefixes) or name in dropped:
                    continue
                if not (name.isascii() and name.isidentifier()) and not _NAME.fullmatch(name):
                    raise _malformed("name", "holds a character that no field name has", "bad_name")
            if name in values:
                raise _malformed(name, "comes more than once", "repeated")
            if not plain or "%" in value or "+" in value:
                value = _decoded(value, name)
                if not value.isprintable() and _CONTROL.search(value):
                    raise _malformed(name, "holds a control character", "malformed")
            values[name] = value
            if keep_pieces:
                pieces[name] = piece
        return _some(values, pieces)

    return read


def _decoded(text: str, name: str) -> str:
    """One pass: `+` is a blank, %XX a byte, and all of it strict UTF-8."""
    data = text.replace("+", " ").encode(errors="surrogateescape")
    if b"%" in data:
        if _BROKEN_ESCAPE.search(data):
            raise _malformed(name, "holds a broken escape", "bad_encoding")
        data = unquote_to_bytes(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _malformed(name, "is not UTF-8", "bad_encoding") from None


class _Digits(str):
    """A JSON integer as it was written."""

    __slots__ = ()


class _OtherNumber(str):
    """A JSON number that is no integer. No float is made of it; where it is ours, it is refused."""

    __slots__ = ()


class _Table(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a repeated name is seen and not overwritten."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _JsonReader:
    """Takes our fields out of the JSON of a body. A sibling of `data` is called `^x`."""

    inner: _Ours
    siblings: _Ours
    null_is_empty: bool
    nested_is_text: bool

    def top(self, body: bytes) -> Fields:
        return _some(self._take(_parse(body), self.inner))

    def data(self, body: bytes) -> Fields:
        table = _parse(body)
        data = _only(table, "data")
        if not isinstance(data, _Table):
            raise _malformed("data", "is not a JSON object", "malformed")
        return _some(self._take(data, self.inner) | self._take(table, self.siblings, mark="^"))

    def text_in_data(self, body: bytes) -> Fields:
        table = _parse(body)
        data = _only(table, "data")
        if type(data) is not str:
            raise _malformed("data", "is not a JSON text", "malformed")
        inner = self._take(_parse(data.encode(errors="surrogatepass")), self.inner)
        return _some(inner | self._take(table, self.siblings, mark="^", verbatim="data"))

    def _take(self, table: _Table, ours: _Ours, *, mark: str = "", verbatim: str = "") -> dict[str, str]:
        values: dict[str, str] = {}
        for name, value in table:
            if not ours.takes(name):
                continue
            if not _NAME.fullmatch(name):
                raise _malformed("name", "holds a character that no field name has", "bad_name")
            key = mark + name
            if key in values:
                raise _malformed(key, "comes more than once", "repeated")
            if isinstance(value, list) and ours.nested_unread and name not in ours.named:
                continue
            values[key] = self._text(key, value, verbatim=name == verbatim)
        return values

    def _text(self, key: str, value: Any, *, verbatim: bool) -> str:
        if isinstance(value, _OtherNumber):
            raise _malformed(key, "is a number that is no plain integer", "bad_number")
        if isinstance(value, str):
            if not verbatim and _CONTROL.search(value):
                raise _malformed(key, "holds a control character", "malformed")
            return _sound(key, value)
        if value is None:
            if self.null_is_empty:
                return ""
            raise _malformed(key, "is null", "null")
        if isinstance(value, list):
            if self.nested_is_text:
                return _sound(key, _sorted_json(value))
            raise _malformed(key, "is a list or an object where text is due", "nested")
        raise _malformed(key, "is true or false where text is due", "malformed")


def _parse(body: bytes) -> _Table:
    if not body.strip():
        raise _no_input()
    if len(body) > _MOST_BYTES or _depth(body) > _DEEPEST:
        raise _malformed("body", "is longer or deeper than any genuine one", "malformed")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _malformed("body", "is not UTF-8", "bad_encoding") from None
    try:
        table = json.loads(
            text,
            object_pairs_hook=_Table,
            parse_int=_Digits,
            parse_float=_OtherNumber,
            parse_constant=_OtherNumber,
        )
    except (ValueError, RecursionError):
        raise _malformed("body", "is not JSON", "malformed") from None
    if not isinstance(table, _Table):
        raise _malformed("body", "is not a JSON object", "malformed")
    return table


def _depth(body: bytes) -> int:
    """How deep the brackets of a JSON text nest, outside its strings."""
    depth = deepest = 0
    for match in _JSON_BRACKETS.finditer(body):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
            deepest = max(deepest, depth)
        elif token in (b"}", b"]"):
            depth -= 1
    return deepest


def _only(table: _Table, name: str) -> Any:
    found = [value for key, value in table if key == name]
    if len(found) > 1:
        raise _malformed(name, "comes more than once", "repeated")
    if not found:
        raise _no_input()
    return found[0]


def _sorted_json(value: Any) -> str:
    """Compact JSON with names sorted by bytes, integers as they were written, text unescaped."""
    if isinstance(value, _Table):
        names = dict(value)
        if len(names) != len(value):
            raise _malformed("nested object", "repeats a name", "repeated")
        members = sorted(names.items(), key=lambda member: member[0].encode(errors="surrogatepass"))
        return "{" + ",".join(f"{_quoted(name)}:{_sorted_json(inner)}" for name, inner in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_sorted_json, value)) + "]"
    if isinstance(value, _OtherNumber):
        raise _malformed("nested number", "is no plain integer", "bad_number")
    if isinstance(value, _Digits):
        return str(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _sound(key: str, text: str) -> str:
    """The text as a plain str, if it can be written as UTF-8: a lone surrogate cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _malformed(key, "holds half of a surrogate pair", "bad_encoding") from None
    return str(text)


def _some(values: dict[str, str], pieces: dict[str, str] | None = None) -> Fields:
    if not values:
        raise _no_input()
    return Fields(values, pieces or {})


def _no_input() -> NoInput:
    return NoInput(
        field="message",
        problem="holds nothing that the contract reads",
        remedy="See the gateway's sheet",
        reason="no_input",
    )


def _malformed(field: str, problem: str, reason: str) -> Malformed:
    return Malformed(field=field, problem=problem, remedy="See the gateway's sheet", reason=reason)
