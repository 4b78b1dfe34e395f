"""Takes a form with a file apart (multipart/form-data, RFC 7578): whole, bounded, with one reading or none.

The file's bytes are handed on as they came. Its name and its type say what the sender likes, so nobody sees
them.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Collection
from typing import Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

__all__ = ["MULTIPART", "boundary_of", "parse_upload"]

MULTIPART: Final = "multipart/form-data"
_MOST_PARTS: Final = 64
_MOST_HEADERS: Final = 4
_HEADER_BYTES: Final = 1_024
# As every browser writes it: one name, quoted, and a file's name behind it. Whatever else is left out.
_DISPOSITION: Final = re.compile(r'form-data; name="[^"\r\n]+"(?:; filename="[^"\r\n]*")?', re.IGNORECASE)
_HEADERS: Final = frozenset({"content-disposition", "content-type"})


def boundary_of(content_type: str) -> bytes | None:
    """None: it is no such form, or does not say what stands between its parts."""
    kind, options = parse_options_header(content_type)
    return options.get(b"boundary") or None if kind == MULTIPART.encode() else None


def parse_upload(body: bytes, boundary: bytes, *, files: Collection[str]) -> list[tuple[str, str]]:
    """Names and values in their order, as often as they came.

    Args:
        files: fields that are files: the value is its bytes in URL-safe base64, blank where none was chosen.
    Raises: ValueError for a body that is cut short, too much, or could be read in two ways.
    """
    parts = _Parts()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header,
                "on_part_data": parts.data,
                "on_part_end": parts.finish,
                "on_end": parts.end,
            },
            max_header_count=_MOST_HEADERS,
            max_header_size=_HEADER_BYTES,
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise ValueError("is no multipart form") from error
    if not parts.is_whole:
        raise ValueError("is cut short")
    closing = b"--" + boundary + b"--"
    if body.count(closing) != 1 or body.partition(closing)[2] not in (b"", b"\r\n"):
        raise ValueError("goes on behind its end")
    return [_field(headers, content, files) for headers, content in parts.found]


class _Parts:
    """Collects what the parser reports."""

    def __init__(self) -> None:
        self.found: list[tuple[dict[str, str], bytes]] = []
        self.is_whole = False
        self._headers: dict[str, str] = {}
        self._name, self._value, self._content = b"", b"", bytearray()

    def begin(self) -> None:
        if len(self.found) == _MOST_PARTS:
            raise ValueError("has too many parts")
        self._headers, self._content = {}, bytearray()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header(self) -> None:
        name, value = self._name.decode("ascii").lower(), self._value.decode("utf-8")
        if name not in _HEADERS or name in self._headers:
            raise ValueError("a part says what no form says")
        self._headers[name] = value
        self._name, self._value = b"", b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def finish(self) -> None:
        self.found.append((self._headers, bytes(self._content)))

    def end(self) -> None:
        self.is_whole = True


def _field(headers: dict[str, str], content: bytes, files: Collection[str]) -> tuple[str, str]:
    said = headers.get("content-disposition", "")
    kind, options = parse_options_header(said.encode("utf-8").decode("latin-1"))
    name = options.get(b"name", b"").decode("utf-8")
    if kind != b"form-data" or not name or not _DISPOSITION.fullmatch(said):
        raise ValueError("a part has no name, or more than one")
    if (name in files) is not (b"filename" in options):
        raise ValueError("a field is a file, or a file is a field")
    return name, urlsafe_b64encode(content).decode() if name in files else content.decode("utf-8")
