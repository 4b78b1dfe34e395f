"""Messages as something in which one field can be changed, dropped, repeated, moved or written otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import quote_plus, unquote_plus

from payport.signing.contract import Contract
from payport.signing.received import Received

__all__ = ["Headers", "Shape", "shape_of"]

_Table: TypeAlias = list[tuple[str, Any]]
_WHOLE: Final = ("body as json", "text in json.data")


class Shape(Protocol):
    """`value`: a field's, None where it is not there or is no text. `again`: once more, as it is or not.

    `otherwise`: the same value in other bytes. `elsewhere`: at the place that is not read. None: there is no
    such way. `is_whole`: the fields are read from what was signed as a whole.
    """

    @property
    def is_whole(self) -> bool: ...
    def value(self, name: str) -> str | None: ...
    def put(self, name: str, value: str) -> Received: ...
    def drop(self, name: str) -> Received: ...
    def again(self, name: str, value: str | None = None) -> Received: ...
    def otherwise(self, name: str) -> Received | None: ...
    def elsewhere(self, name: str) -> Received | None: ...


def shape_of(contract: Contract, message: Received) -> Shape:
    """By where the contract reads its fields."""
    place = contract.document.fields
    match place:
        case "query":
            return Pairs(message, "query")
        case "form":
            return Pairs(message, "body")
        case "json" | "json.data" | "body as json" | "text in json.data":
            return Json(message, place)
        case _:
            return Pairs(message, "query" if message.method == "GET" else "body")


@dataclass(frozen=True)
class Pairs:
    """`name=value&…`, in the query or the body."""

    message: Received
    place: str
    is_whole = False

    @property
    def _pieces(self) -> list[str]:
        return [piece for piece in getattr(self.message, self.place).decode("latin-1").split("&") if piece]

    def value(self, name: str) -> str | None:
        found = [piece for piece in self._pieces if _named(piece, name)]
        return unquote_plus(found[0].partition("=")[2]) if found else None

    def put(self, name: str, value: str) -> Received:
        mine = f"{name}={quote_plus(value)}"
        pieces = [mine if _named(piece, name) else piece for piece in self._pieces]
        return self._with(pieces if mine in pieces else [*pieces, mine])

    def drop(self, name: str) -> Received:
        return self._with([piece for piece in self._pieces if not _named(piece, name)])

    def again(self, name: str, value: str | None = None) -> Received:
        same = [piece for piece in self._pieces if _named(piece, name)][:1]
        return self._with([*self._pieces, *(same if value is None else [f"{name}={quote_plus(value)}"])])

    def otherwise(self, name: str) -> Received | None:
        value = self.value(name)
        escaped = "".join(f"%{byte:02x}" for byte in (value or "").encode())
        pieces = [f"{name}={escaped}" if _named(piece, name) else piece for piece in self._pieces]
        return self._with(pieces) if value else None

    def elsewhere(self, name: str) -> Received | None:
        value = self.value(name)
        if not value:
            return None
        there = "body" if self.place == "query" else "query"
        return replace(self.drop(name), **{there: f"{name}={quote_plus(value)}".encode()})  # type: ignore[arg-type]

    def _with(self, pieces: list[str]) -> Received:
        return replace(self.message, **{self.place: "&".join(pieces).encode("latin-1")})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Headers:
    """One value to a name."""

    message: Received
    is_whole = False

    def value(self, name: str) -> str | None:
        found = [value for header, value in self.message.headers if _is(header, name)]
        return found[0].decode("latin-1") if found else None

    def put(self, name: str, value: str) -> Received:
        return self._with(
            [(h, value.encode("latin-1") if _is(h, name) else v) for h, v in self.message.headers]
        )

    def drop(self, name: str) -> Received:
        return self._with([(h, v) for h, v in self.message.headers if not _is(h, name)])

    def again(self, name: str, value: str | None = None) -> Received:
        again = (self.value(name) or "") if value is None else value
        return self._with([*self.message.headers, (name.encode(), again.encode("latin-1"))])

    def otherwise(self, name: str) -> Received | None:  # noqa: ARG002 - a header is written in one way
        return None

    def elsewhere(self, name: str) -> Received | None:  # noqa: ARG002
        return None

    def _with(self, headers: list[tuple[bytes, bytes]]) -> Received:
        return replace(self.message, headers=tuple(headers))


@dataclass(frozen=True)
class Json:
    """An object in the body, its member `data`, or the text in that; `^x`: a member beside `data`."""

    message: Received
    place: str

    @property
    def is_whole(self) -> bool:
        return self.place in _WHOLE

    def value(self, name: str) -> str | None:
        found = [value for key, value in self._table(name) if key == name.removeprefix("^")]
        if not found or isinstance(found[0], list | tuple | bool | None | float):
            return None
        return str(found[0])

    def put(self, name: str, value: str) -> Received:
        def change(table: _Table) -> _Table:
            changed = [(key, _as(old, value) if key == plain else old) for key, old in table]
            return changed if any(key == plain for key, _ in table) else [*table, (plain, value)]

        plain = name.removeprefix("^")
        return self._changed(name, change)

    def drop(self, name: str) -> Received:
        plain = name.removeprefix("^")
        return self._changed(name, lambda table: [(key, value) for key, value in table if key != plain])

    def again(self, name: str, value: str | None = None) -> Received:
        plain, text = name.removeprefix("^"), (self.value(name) or "") if value is None else value
        return self._changed(name, lambda table: [*table, (plain, _as(dict(table).get(plain), text))])

    def otherwise(self, name: str) -> Received | None:
        value = self.value(name)
        if not value or (self.is_whole and not name.startswith("^")) or self.place == "body as json":
            return None
        return self.put(name, _Escaped(value))

    def elsewhere(self, name: str) -> Received | None:  # noqa: ARG002 - nothing but the body is JSON
        return None

    def _table(self, name: str) -> _Table:
        outer = _parsed(self.message.body.decode())
        if self.place in ("json", "body as json") or name.startswith("^"):
            return outer
        data = dict(outer)["data"]
        return _parsed(data) if isinstance(data, str) else list(data)

    def _changed(self, name: str, change: Callable[[_Table], _Table]) -> Received:
        outer = _parsed(self.message.body.decode())
        if self.place in ("json", "body as json") or name.startswith("^"):
            return self._with(change(outer))
        inner = change(self._table(name))
        data = _written(inner) if self.place == "text in json.data" else tuple(inner)
        return self._with([(key, data if key == "data" else value) for key, value in outer])

    def _with(self, table: _Table) -> Received:
        return replace(self.message, body=_written(table).encode())


def _as(old: Any, value: str) -> Any:
    """A number stays one, so that a change is refused for its signature and not for its kind."""
    is_number = type(old) is int and value.isascii() and value.isdecimal() and not isinstance(value, _Escaped)
    return int(value) if is_number and str(int(value)) == value else value


class _Escaped(str):
    """To be written as JSON escapes, all of it."""

    __slots__ = ()


def _parsed(text: str) -> _Table:
    """Objects as tuples of pairs, so that names may repeat and keep their order."""
    return list(json.loads(text, object_pairs_hook=tuple))


def _written(value: Any) -> str:
    if isinstance(value, _Escaped):
        return '"' + "".join(f"\\u{unit:04x}" for unit in _units(value)) + '"'
    if isinstance(value, tuple) or (isinstance(value, list) and value and _is_pair(value[0])):
        return "{" + ",".join(f"{json.dumps(key)}:{_written(inner)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _units(text: str) -> list[int]:
    """UTF-16, as JSON escapes are."""
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2)]


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str)


def _named(piece: str, name: str) -> bool:
    return unquote_plus(piece.partition("=")[0]) == name


def _is(header: bytes, name: str) -> bool:
    return header.lower() == name.lower().encode()
