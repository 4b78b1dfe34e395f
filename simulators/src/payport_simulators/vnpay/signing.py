"""How VNPAY reads a query string and signs text (sheet 3.1, 4.1, 6). Shares no line with what it checks."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import quote_plus, unquote_to_bytes

__all__ = [
    "HASH",
    "HASH_TYPE",
    "Encoder",
    "MalformedQuery",
    "Pair",
    "digest",
    "fits",
    "joined",
    "parse_query",
    "signed_query",
]

HASH: Final = "vnp_SecureHash"
HASH_TYPE: Final = "vnp_SecureHashType"

_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{128}")


class MalformedQuery(ValueError):
    """The query cannot be read in exactly one way."""


class Pair(NamedTuple):
    """One `vnp_` field: what it means, and the text that it came as."""

    name: str
    value: str
    raw_name: bytes
    raw_value: bytes


class Encoder(StrEnum):
    """Who writes the escapes (table of sheet 3.1). The rule is PHP's; the others differ in few characters."""

    PHP = "php"
    JSP = "jsp"
    NODE = "node"
    PYTHON = "python"
    CSHARP = "csharp"
    CSHARP_LOWER = "csharp-lower"
    URL_SEARCH_PARAMS = "url-search-params"


def parse_query(query: bytes) -> tuple[Pair, ...]:
    """The `vnp_` fields in the order in which they came (sheet 4.1, steps 1 to 3). Others are ignored.

    Raises MalformedQuery on a broken escape, bad UTF-8, a name outside [A-Za-z0-9_] or a repeated name.
    """
    pairs: dict[str, Pair] = {}
    for piece in query.split(b"&"):
        if not piece:
            continue
        raw_name, _, raw_value = piece.partition(b"=")
        name = _decoded(raw_name)
        if not name.startswith("vnp_"):
            continue
        if not _NAME.fullmatch(name):
            raise MalformedQuery("a vnp_ name holds other characters than letters, digits and _")
        if name in pairs:
            raise MalformedQuery(f"{name} is repeated")
        pairs[name] = Pair(name, _decoded(raw_value), raw_name, raw_value)
    return tuple(pairs.values())


def fits(pairs: Sequence[Pair], secret: str, *, offered: str) -> bool:
    """Whether `offered`, 128 hex digits of either case, signs form A or form B (sheet 4.1, step 5)."""
    if not _HEX.fullmatch(offered):
        return False
    covered = sorted((p for p in pairs if p.name not in (HASH, HASH_TYPE)), key=lambda p: p.name.encode())
    re_encoded = "&".join(f"{_php(p.name)}={_php(p.value)}" for p in covered).encode()
    as_received = b"&".join(p.raw_name + b"=" + p.raw_value for p in covered)
    form_a = hmac.compare_digest(digest(secret, re_encoded), offered.lower())
    form_b = hmac.compare_digest(digest(secret, as_received), offered.lower())
    return form_a or form_b


def signed_query(fields: Mapping[str, str], secret: str, *, encoder: Encoder = Encoder.PHP) -> str:
    """The query in name order with its hash at the end. Empty values stay: what is given is signed."""
    write = _ENCODERS[encoder]
    names = sorted(fields, key=lambda name: name.encode())
    text = "&".join(f"{write(name)}={write(fields[name])}" for name in names)
    return f"{text}&{HASH}={digest(secret, text.encode())}"


def joined(values: Iterable[str]) -> bytes:
    """The signed text of the API: raw values with `|` between them (sheet 6, 7)."""
    return "|".join(values).encode()


def digest(secret: str, text: bytes) -> str:
    """HMAC-SHA512 as 128 lower-case hex digits. The secret is never trimmed."""
    return hmac.new(secret.encode(), text, hashlib.sha512).hexdigest()


def _decoded(raw: bytes) -> str:
    if _BROKEN_ESCAPE.search(raw):
        raise MalformedQuery("a % is not followed by two hex digits")
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedQuery("the text is not UTF-8") from None


def _php(text: str) -> str:
    return quote_plus(text, safe="").replace("~", "%7E")


def _jsp(text: str) -> str:
    return quote_plus(text.encode("ascii", "replace"), safe="*").replace("~", "%7E")


def _node(text: str) -> str:
    return quote_plus(text, safe="!'()*")


def _python(text: str) -> str:
    return quote_plus(text, safe="")


def _csharp(text: str) -> str:
    return quote_plus(text, safe="!()*").replace("~", "%7E")


def _csharp_lower(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda escape: escape[0].lower(), _csharp(text))


def _url_search_params(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


_ENCODERS: Final[Mapping[Encoder, Callable[[str], str]]] = {
    Encoder.PHP: _php,
    Encoder.JSP: _jsp,
    Encoder.NODE: _node,
    Encoder.PYTHON: _python,
    Encoder.CSHARP: _csharp,
    Encoder.CSHARP_LOWER: _csharp_lower,
    Encoder.URL_SEARCH_PARAMS: _url_search_params,
}
