"""The signed text: parts, or a selection of fields, joined by one string.

Compiled once for each contract. Where raw values are joined by a character, a value that holds it is
refused, so that one text never stands for two messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from payport.errors import ConfigurationError, Malformed
from payport.signing.document import Document, Message, Values
from payport.signing.fields import Fields

__all__ = ["Form", "Material", "compile_forms", "php_form", "signed_fields"]

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]*").fullmatch
_PHP: Final = tuple(
    chr(byte) if _PLAIN(chr(byte)) else "+" if byte == 0x20 else f"%{byte:02X}" for byte in range(256)
)


@dataclass(slots=True, eq=False)
class Material:
    """All that a signed text may be made of, but for the secret. `names` are the signed fields, in order."""

    fields: Fields
    names: tuple[str, ...]
    settings: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str]  # header.x, lower case
    entries: Mapping[str, str]  # signature.x
    body: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing the text. `text(material, secret)`; the secret counts only for a bare digest."""

    values: Values
    text: Callable[[Material, bytes], bytes]


_Value: TypeAlias = Callable[[Material, str], str]
_Part: TypeAlias = Callable[[Material, bytes], bytes | None]


def php_form(text: str) -> str:
    """PHP's urlencode over UTF-8: letters, digits, `-_.` stay, a space is `+`, the rest is %XX."""
    if (text.isalnum() and text.isascii()) or _PLAIN(text):
        return text
    return "".join([_PHP[byte] for byte in text.encode()])


def signed_fields(document: Document) -> Callable[[Fields], tuple[str, ...]]:
    """The function that names the fields whose values go into the text, in the order of a selection."""
    message = document.message
    if message is None:
        return lambda _: ()
    skip = message.empty == "skip"
    if message.select is not None:
        prefixes, left_out = message.select.prefix, frozenset(message.select.leave_out)
        siblings = "" in prefixes  # which selects all but what stands beside data

        def selected(fields: Fields) -> tuple[str, ...]:
            values = fields.values
            names = [name for name in values if name not in left_out and name.startswith(prefixes)]
            if siblings:
                names = [name for name in names if name[0] != "^"]
            names.sort()  # ASCII, so by bytes
            return tuple([name for name in names if values[name]] if skip else names)

        return selected

    signs = message.signs_field
    return lambda fields: tuple(
        name for name, value in fields.values.items() if signs(name) and (value or not skip)
    )


def compile_forms(document: Document, *, strict_joining: bool) -> tuple[Form, ...]:
    """The texts of a contract, in the order in which they are tried.

    `strict_joining`: a raw value that holds the joiner raises Malformed (ambiguous).
    """
    message = document.message
    if message is None:
        return ()
    make = _from_selection if message.select is not None else _from_parts
    return tuple(Form(values, make(message, values, strict_joining)) for values in message.forms)


def _from_selection(message: Message, values: Values, strict: bool) -> Callable[[Material, bytes], bytes]:
    joiner, names = message.joiner, message.names
    value = _value(message, values, strict)

    if values == "php form" and names and joiner == "&":  # the hot one; no escaped value holds a "&"

        def escaped(material: Material, _secret: bytes) -> bytes:
            found = material.fields.values
            return joiner.join([f"{name}={php_form(found[name])}" for name in material.names]).encode()

        return escaped
    if values == "as received" and names and joiner == "&":  # nor does a piece that was cut at "&"

        def received(material: Material, _secret: bytes) -> bytes:
            pieces = material.fields.pieces
            return _bytes(joiner.join([_pair(pieces[name]) for name in material.names]))

        return received

    def written(material: Material, _secret: bytes) -> bytes:
        if names:
            return _bytes(joiner.join([f"{name}={value(material, name)}" for name in material.names]))
        return _bytes(joiner.join([value(material, name) for name in material.names]))

    return written


def _from_parts(message: Message, values: Values, strict: bool) -> Callable[[Material, bytes], bytes]:
    joiner = message.joiner.encode()
    skip = message.empty == "skip"
    parts = tuple(_part(message, part, values, strict) for part in message.parts or ())

    def text(material: Material, secret: bytes) -> bytes:
        made = [part(material, secret) for part in parts]
        return joiner.join([piece for piece in made if piece is not None and (piece or not skip)])

    return text


def _part(message: Message, part: str, values: Values, strict: bool) -> _Part:
    kind, _, name = part.partition(".")
    label = f"{name}=" if message.names else ""
    may_lack, skip = message.absent == "empty", message.empty == "skip"
    alone = len(message.parts or ()) == 1
    value = _value(message, values, strict and not alone)
    check = _joiner_check(message, strict and not alone)

    def written(text: str) -> bytes | None:
        return None if skip and not text else _bytes(f"{label}{text}")

    def from_field(material: Material, _secret: bytes) -> bytes | None:
        if name in material.fields.values:
            return written(value(material, name))
        if may_lack:
            return written("")
        raise _malformed(name, "is not in the message, which signs it", "absent")

    def from_setting(material: Material, _secret: bytes) -> bytes | None:
        if name not in material.settings:
            raise ConfigurationError(
                field=f"settings.{name}",
                problem="is not set, and the signature contract needs it",
                remedy="Set it as the gateway gave it",
            )
        return written(check(name, material.settings[name]))

    def from_table(table: Callable[[Material], Mapping[str, str]], key: str) -> _Part:
        def from_it(material: Material, _secret: bytes) -> bytes | None:
            found = table(material).get(key)
            if found is None and not may_lack:
                raise _malformed(part, "is not in the message, which signs it", "absent")
            return written(check(part, found or ""))

        return from_it

    makers: dict[str, _Part] = {
        "field": from_field,
        "setting": from_setting,
        "header": from_table(lambda material: material.headers, name.lower()),
        "signature": from_table(lambda material: material.entries, name),
        "secret": lambda _, secret: secret,
        "body": lambda material, _: material.body,
        "": lambda _, __: b"",
    }
    return makers[kind]


def _value(message: Message, values: Values, strict: bool) -> _Value:
    """How the value of a field is written."""
    check = _joiner_check(message, strict)
    if values == "php form":
        return lambda material, name: check(name, php_form(material.fields.values[name]))
    if values == "as received":
        return lambda material, name: check(name, _received_value(material, name))
    return lambda material, name: check(name, material.fields.values[name])


def _joiner_check(message: Message, strict: bool) -> Callable[[str, str], str]:
    joiner, exempt = message.joiner, frozenset(message.joiner_in)
    if not strict or not joiner:
        return lambda _, text: text

    def check(name: str, text: str) -> str:
        if joiner in text and name not in exempt:
            raise _malformed(name, "holds the character that joins the signed values", "ambiguous")
        return text

    return check


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")  # only what is signed as received can hold a surrogate


def _pair(piece: str) -> str:
    """Name and value as they came; a pair without `=` has an empty value."""
    return piece if "=" in piece else f"{piece}="


def _received_value(material: Material, name: str) -> str:
    return material.fields.pieces[name].partition("=")[2]


def _malformed(name: str, problem: str, reason: str) -> Malformed:
    return Malformed(field=name, problem=problem, remedy="See the gateway's sheet", reason=reason)
