"""A request of a gateway as people read it: its bytes as text in which nothing hides, and its fields."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

__all__ = ["fields_of", "readable"]

_MOST_FIELDS: Final = 200
_LINES: Final = "\n\t"


def readable(content: bytes) -> str:
    """What is no letter, mark or blank is written as an escape: controls, marks that turn text around, bytes
    that are no UTF-8."""
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "".join(sign if sign.isprintable() or sign in _LINES else _escaped(sign) for sign in text)


def fields_of(content: bytes) -> tuple[tuple[str, str], ...]:
    """Names and values of a query or a form, as they are read; none where it is neither."""
    if b"=" not in content or content.lstrip()[:1] in (b"{", b"[", b"<"):
        return ()
    try:
        pairs = parse_qsl(
            content.decode("latin-1"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding="latin-1",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        return ()
    return tuple(
        (readable(name.encode("latin-1")), readable(value.encode("latin-1"))) for name, value in pairs
    )


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii") if sign != "\r" else "\\r"
