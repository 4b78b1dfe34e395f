"""The body of an answer as the fields that a person sees in it, whatever it is written in, and changes of it.

JSON (an object, with objects in it), a form, or XML of one level.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

__all__ = ["Body"]

_ELEMENT: Final = re.compile(r"<(\w+)>([^<>]*)</\1>")


class Body:
    """`kind`: "json", "form" or "xml". Raises ValueError for what is none of them."""

    def __init__(self, text: bytes) -> None:
        self.text = text.decode()
        if self.text.lstrip().startswith("{"):
            self.kind, self._document = "json", json.loads(self.text)
        elif self.text.lstrip().startswith("<"):
            self.kind, self._document = "xml", dict(_ELEMENT.findall(self.text))
        elif "=" in self.text:
            self.kind, self._document = "form", dict(parse_qsl(self.text, keep_blank_values=True))
        else:
            raise ValueError("neither JSON nor a form nor XML")

    def fields(self) -> Mapping[str, Any]:
        """Every value that is no object, by its path: `code`, `data.code`."""
        return dict(_leaves(self._document))

    def put(self, path: str, value: object) -> bytes:
        """Another value. In a form and in XML everything is text."""
        if self.kind == "json":
            return json.dumps(_put(self._document, path.split("."), value), ensure_ascii=False).encode()
        if self.kind == "form":
            return urlencode({**self._document, path: str(value)}).encode()
        return re.sub(rf"<{path}>[^<>]*</{path}>", lambda _: f"<{path}>{value}</{path}>", self.text).encode()

    def drop(self, path: str) -> bytes:
        if self.kind == "json":
            return json.dumps(_put(self._document, path.split("."), None, drop=True)).encode()
        if self.kind == "form":
            return urlencode({name: text for name, text in self._document.items() if name != path}).encode()
        return re.sub(rf"<{path}>[^<>]*</{path}>", "", self.text).encode()

    def again(self, path: str, value: str) -> bytes:
        """The field a second time, with another value: readers differ on which one counts."""
        name = path.rpartition(".")[2]
        if self.kind == "json":
            place = self.text.index(json.dumps(name))
            return f"{self.text[:place]}{json.dumps(name)}:{json.dumps(value)},{self.text[place:]}".encode()
        if self.kind == "form":
            return f"{urlencode({name: value})}&{self.text}".encode()
        return self.text.replace(f"<{name}>", f"<{name}>{value}</{name}><{name}>", 1).encode()


def _leaves(document: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _put(
    document: Mapping[str, Any], path: list[str], value: object, *, drop: bool = False
) -> dict[str, Any]:
    first, *rest = path
    if rest:
        return {**document, first: _put(document[first], rest, value, drop=drop)}
    kept = {name: each for name, each in document.items() if not drop or name != first}
    return kept if drop else {**kept, first: value}
