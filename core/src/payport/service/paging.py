"""A list a page at a time, newest first: a page says where the next one begins, and none is counted.

A cursor names the last row that was shown, so what comes in meanwhile moves no row to another page. It is
opaque, and holds times and references alone.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, literal, select, tuple_, union_all

from payport.errors import RequestRefused
from payport.rules.money import Money
from payport.storage.columns import Instant
from payport.storage.rows import is_kept

__all__ = ["MOST_ROWS", "Page", "aall_of", "all_of", "between", "checked", "is_amount", "is_text", "page"]

MOST_ROWS: Final = 200
_LONGEST_CURSOR: Final = 1_000
_LONGEST_TEXT: Final = 255
_MOST_NUMBER: Final = 2**63 - 1
_Item = TypeVar("_Item")
_Key = tuple[datetime | int | str, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """Some rows of a list, newest first, and a cursor for `after`, None where the list ends."""

    rows: tuple[_Item, ...] = ()
    next: str | None = None

    def __iter__(self) -> Iterator[_Item]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def all_of(verb: Callable[..., Page[_Item]], *, most: int = 100_000, **filters: Any) -> Iterator[_Item]:
    """The rows of all pages of a list, such as `all_of(shop.orders, states=["review"])`, at most `most`."""
    after: str | None = None
    while most > 0:
        shown = verb(**filters, after=after, limit=min(most, MOST_ROWS))
        yield from shown.rows
        most, after = most - len(shown.rows), shown.next
        if after is None:
            return


async def aall_of(
    verb: Callable[..., Awaitable[Page[_Item]]], *, most: int = 100_000, **filters: Any
) -> AsyncIterator[_Item]:
    """As `all_of`, for the verbs of an `AsyncPayport`."""
    after: str | None = None
    while most > 0:
        shown = await verb(**filters, after=after, limit=min(most, MOST_ROWS))
        for row in shown.rows:
            yield row
        most, after = most - len(shown.rows), shown.next
        if after is None:
            return


def page(
    connection: Connection,
    asked: Select[Any],
    keys: Sequence[ColumnElement[Any]],
    made: Callable[[Sequence[Row[Any]]], Sequence[_Item]],
    *,
    parts: Sequence[ColumnElement[bool]] = (),
    after: str | None,
    limit: int,
) -> Page[_Item]:
    """One page.

    Args:
        asked: columns and filters; `keys` are among its columns.
        keys: what orders the list, the first key first, all descending; together they name a row.
        made: gives the items of rows.
        parts: conditions that exclude each other, such as one for each state: an index gives the newest rows
            of each, and the newest of them all are the page's.
    Raises: RequestRefused for a limit or a cursor that is none.
    """
    if not 1 <= limit <= MOST_ROWS:
        raise RequestRefused(
            field="limit", problem=f"not from 1 to {MOST_ROWS}", remedy="Ask for less, page by page"
        )
    newest = [key.desc() for key in keys]
    if after is not None:
        shown = [literal(value, key.type) for value, key in zip(_read(after, keys), keys, strict=True)]
        asked = asked.where(tuple_(*keys) < tuple_(*shown))
    asked = asked.order_by(*newest).limit(limit + 1)
    if len(parts) == 1:
        asked = asked.where(parts[0])
    elif parts:
        of_all = union_all(*(select(asked.where(part).subquery()) for part in parts)).subquery()
        asked = (
            select(of_all).order_by(*(of_all.c[key.key].desc() for key in keys if key.key)).limit(limit + 1)
        )
    rows = connection.execute(asked).all()
    if len(rows) <= limit:
        return Page(tuple(made(rows)))
    last = rows[limit - 1]._mapping
    return Page(tuple(made(rows[:limit])), _written(tuple(last[str(key.key)] for key in keys)))


def between(
    column: ColumnElement[datetime], name: str, since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    """From an instant on, and before another one. Raises RequestRefused for one without a zone."""
    for end, at in (("from", since), ("until", until)):
        if at is not None and at.tzinfo is None:
            raise RequestRefused(field=f"{name}_{end}", problem="without a zone", remedy="Say it as in UTC")
    found = [] if since is None else [column >= since]
    return found if until is None else [*found, column < until]


def checked(name: str, given: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Each once. Raises RequestRefused for a word that is not known, or a text in place of a list."""
    if isinstance(given, str) or any(each not in known for each in given):
        raise RequestRefused(
            field=name, problem="not a list of known words", remedy=f"Take of {', '.join(known)}"
        )
    return tuple(dict.fromkeys(str(each) for each in given))


def is_amount(column: ColumnElement[int], amount: Money | None) -> list[ColumnElement[bool]]:
    """Minor units of the row's currency; None asks for nothing."""
    if amount is None:
        return []
    currency: ColumnElement[str] = column.table.c.currency
    return [column == amount.minor, currency == amount.currency]


def is_text(table: Table, **given: str | None) -> list[ColumnElement[bool]]:
    """Columns that are exactly these texts; None asks for nothing, and what no column can hold finds none."""
    return [
        table.c[name] == (text if is_kept(text) and len(text) <= _LONGEST_TEXT else "")
        for name, text in given.items()
        if text is not None
    ]


def _written(key: _Key) -> str:
    values = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in key]
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read(cursor: str, keys: Sequence[ColumnElement[Any]]) -> _Key:
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError("too long")
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(keys):
            raise ValueError("of another list")
        return tuple(_value(value, key) for value, key in zip(values, keys, strict=True))
    except (ValueError, OverflowError, RecursionError):
        raise RequestRefused(
            field="after", problem="no place in this list", remedy="Begin at the first page"
        ) from None


def _value(value: Any, key: ColumnElement[Any]) -> datetime | int | str:
    if isinstance(key.type, Instant):
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is None or at.tzinfo is None:
            raise ValueError("not an instant")
        return at.astimezone(UTC)
    if key.type.python_type is int:
        if type(value) is not int or abs(value) > _MOST_NUMBER:
            raise ValueError("not a number")
        return value
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not is_kept(value):
        raise ValueError("not a text")
    return value
