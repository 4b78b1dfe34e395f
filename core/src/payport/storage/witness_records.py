"""The rows that entries rest on, as they are kept, and the codes that orders use."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, select

from payport.journal.callback import callback_digest
from payport.journal.entry import Fact
from payport.journal.witnesses import Kept, Witness, catalog_digest, line_digest, quote_digest
from payport.storage import tables as t
from payport.storage.journal_records import facts_from

__all__ = ["kept_of", "uses_of"]

_AT_ONCE: Final = 500  # values in one IN
_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
_QUOTES: Final = select(t.quotes).where(t.quotes.c.id.in_(_KEYS))
_CATALOGS: Final = select(t.catalogs).where(t.catalogs.c.version.in_(_KEYS))
_CALLBACKS: Final = select(
    t.callbacks.c.id, t.callbacks.c.received_at, t.callbacks.c.gateway_account, t.callbacks.c.channel,
    t.callbacks.c.method, t.callbacks.c.query, t.callbacks.c.body, t.callbacks.c.verdict,
    t.callbacks.c.merchant_reference,
).where(t.callbacks.c.id.in_(_KEYS))  # fmt: skip
_LINES: Final = select(t.statement_lines).where(
    t.statement_lines.c.gateway_account == bindparam("account"), t.statement_lines.c.reference.in_(_KEYS)
)
_USES: Final = select(t.code_uses).where(t.code_uses.c.order_number.in_(_KEYS))


def kept_of(connection: Connection, witnesses: Iterable[Witness]) -> Iterator[tuple[Witness, Kept | None]]:
    """Each with its row; None for one that is gone."""
    tables: dict[str, list[Witness]] = defaultdict(list)
    for witness in witnesses:
        tables[witness.table].append(witness)
    for table, named in tables.items():
        for start in range(0, len(named), _AT_ONCE):
            some = named[start : start + _AT_ONCE]
            found = _READ[table](connection, some)
            yield from ((witness, found.get(witness.key)) for witness in some)


def uses_of(connection: Connection, orders: Sequence[str]) -> Mapping[str, Mapping[str, Fact]]:
    """Code and `freed_at` of those of these orders that use one."""
    return {
        row.order_number: facts_from(dict(row._mapping), without=frozenset({"order_number"}))
        for start in range(0, len(orders), _AT_ONCE)
        for row in connection.execute(_USES, {"keys": orders[start : start + _AT_ONCE]})
    }


def _quotes(connection: Connection, named: Sequence[Witness]) -> dict[tuple[str, ...], Kept]:
    return {(row.id,): _quote(row) for row in _rows(connection, _QUOTES, [each.key[0] for each in named])}


def _quote(row: Row[Any]) -> Kept:
    columns = facts_from(
        {name: row._mapping[name] for name in ("account", "total_minor", "currency", "expires_at")}
    )
    return Kept(quote_digest(row.document), columns, inside=_inside(row.document))


def _inside(document: str) -> Mapping[str, Fact]:
    """When the document itself says that it expires; nothing, where it is none any more."""
    try:
        return facts_from({"expires_at": datetime.fromisoformat(json.loads(document)["expires_at"])})
    except (ValueError, KeyError, TypeError):
        return {}


def _catalogs(connection: Connection, named: Sequence[Witness]) -> dict[tuple[str, ...], Kept]:
    rows = _rows(connection, _CATALOGS, [each.key[0] for each in named])
    return {(row.version,): Kept(_digest(row.document), {"digest": row.digest}) for row in rows}


def _digest(document: str) -> str:
    try:
        return catalog_digest(document)
    except ValueError:
        return "not JSON"


def _callbacks(connection: Connection, named: Sequence[Witness]) -> dict[tuple[str, ...], Kept]:
    rows = _rows(connection, _CALLBACKS, [int(each.key[0]) for each in named])
    return {(str(row.id),): _callback(row) for row in rows}


def _callback(row: Row[Any]) -> Kept:
    digest = callback_digest(
        account=row.gateway_account, channel=row.channel, method=row.method, query=row.query, body=row.body
    )
    names = ("received_at", "gateway_account", "verdict", "merchant_reference")
    return Kept(digest, facts_from({name: row._mapping[name] for name in names}))


def _lines(connection: Connection, named: Sequence[Witness]) -> dict[tuple[str, ...], Kept]:
    accounts: dict[str, list[str]] = defaultdict(list)
    for each in named:
        accounts[each.key[0]].append(each.key[1])
    return {
        (account, row.reference): _line(dict(row._mapping))
        for account, references in accounts.items()
        for row in connection.execute(_LINES, {"account": account, "keys": references})
    }


def _line(row: Mapping[str, Any]) -> Kept:
    return Kept(line_digest(row), facts_from(row))


def _rows(connection: Connection, statement: Select[Any], keys: Sequence[Any]) -> Iterator[Row[Any]]:
    yield from connection.execute(statement, {"keys": keys})


_READ: Final = {"quotes": _quotes, "catalogs": _catalogs, "callbacks": _callbacks, "statement_lines": _lines}
