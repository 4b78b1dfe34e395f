"""Quotes, and the versions of the catalog that priced them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select

from payport.rules.quote import Quote
from payport.storage import tables as t
from payport.storage.rows import first, insert_if_absent

__all__ = [
    "StoredCatalog", "add_catalog", "add_quote", "find_catalog", "find_quote", "find_quote_document",
    "latest_quotes", "stored_catalogs",
]  # fmt: skip

_CATALOGS: Final = select(t.catalogs)
_CATALOG: Final = _CATALOGS.where(t.catalogs.c.version == bindparam("version"))
_ADD_QUOTE: Final = insert(t.quotes)
_LATEST: Final = (
    select(t.quotes.c.document)
    .order_by(t.quotes.c.expires_at.desc(), t.quotes.c.id.desc())
    .limit(bindparam("most"))
)
_QUOTE: Final = select(t.quotes.c.document).where(t.quotes.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class StoredCatalog:
    """A catalog version as it stands in the database: its document is JSON."""

    version: str
    digest: str
    document: str


def add_catalog(connection: Connection, catalog: StoredCatalog, *, at: datetime) -> None:
    """Store a version for good, unless one of its name is there: that one stays as it is."""
    values = {"version": catalog.version, "digest": catalog.digest, "document": catalog.document}
    insert_if_absent(connection, t.catalogs, {**values, "first_used_at": at})


def find_catalog(connection: Connection, version: str) -> StoredCatalog | None:
    row = first(connection, _CATALOG, version=version)
    return None if row is None else _catalog_from(row)


def stored_catalogs(connection: Connection) -> tuple[StoredCatalog, ...]:
    return tuple(_catalog_from(row) for row in connection.execute(_CATALOGS))


def _catalog_from(row: Row[Any]) -> StoredCatalog:
    return StoredCatalog(version=row.version, digest=row.digest, document=row.document)


def add_quote(connection: Connection, quote: Quote) -> None:
    connection.execute(
        _ADD_QUOTE,
        {
            "id": quote.id,
            "account": quote.account,
            "document": quote.model_dump_json(),
            "total_minor": quote.total.minor,
            "currency": quote.currency,
            "expires_at": quote.expires_at,
            "catalog_version": quote.catalog_version,
        },
    )


def latest_quotes(connection: Connection, *, limit: int) -> Iterator[Quote]:
    """Those that hold the longest, which are the last that were made, the newest first."""
    for document in connection.execute(_LATEST, {"most": limit}).scalars():
        yield Quote.model_validate_json(document)


def find_quote(connection: Connection, quote_id: str) -> Quote | None:
    document = find_quote_document(connection, quote_id)
    return None if document is None else Quote.model_validate_json(document)


def find_quote_document(connection: Connection, quote_id: str) -> str | None:
    """A quote's JSON, to the byte."""
    row = first(connection, _QUOTE, id=quote_id)
    return None if row is None else str(row.document)
