"""The catalog versions as a page shows them: listed, in force, used by how many quotes, and unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection, Row, func, select

from payport.errors import CatalogError
from payport.rules.catalog import Catalog
from payport.service.catalogs import digest
from payport.service.seller import Seller
from payport.storage import tables as t

__all__ = ["CatalogView", "catalog_views"]

_STORED: Final = select(t.catalogs).order_by(t.catalogs.c.first_used_at, t.catalogs.c.version)
_QUOTES: Final = select(t.quotes.c.catalog_version, func.count()).group_by(t.quotes.c.catalog_version)
_NOT_STORED_SO: Final = "its stored document does not have its digest: restore it from a backup"
_CHANGED: Final = "its file has changed since the first quote: it prices no other"


@dataclass(frozen=True, slots=True)
class CatalogView:
    """One version.

    Args:
        effective_from: None where its document cannot be read.
        digest: SHA-256 of its document, lower-case hex: as stored, once it priced a quote.
        is_listed: payport.toml names it. `is_in_force`: it prices the next quote.
        quotes: how many it priced. `first_used_at`: when the first; None: it is not used yet.
        problem: why it cannot be used as it stands.
    """

    version: str
    effective_from: datetime | None
    digest: str
    is_listed: bool
    is_in_force: bool
    quotes: int
    first_used_at: datetime | None
    problem: str | None


def catalog_views(connection: Connection, seller: Seller) -> Iterator[CatalogView]:
    """Those that are listed, by when each comes into force; then those that only priced quotes."""
    counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(_QUOTES)}
    stored = {row.version: row for row in connection.execute(_STORED)}
    in_force = _in_force(seller)
    for catalog in seller.catalogs.versions:
        row = stored.pop(catalog.version, None)
        yield CatalogView(
            version=catalog.version,
            effective_from=catalog.effective_from,
            digest=digest(catalog.model_dump_json()) if row is None else row.digest,
            is_listed=True,
            is_in_force=catalog.version == in_force,
            quotes=counts.get(catalog.version, 0),
            first_used_at=None if row is None else row.first_used_at,
            problem=None if row is None else _problem(row, catalog),
        )
    for version, row in stored.items():
        read = _read(row)
        yield CatalogView(
            version=version,
            effective_from=None if read is None else read.effective_from,
            digest=row.digest,
            is_listed=False,
            is_in_force=False,
            quotes=counts.get(version, 0),
            first_used_at=row.first_used_at,
            problem=None if digest(row.document) == row.digest else _NOT_STORED_SO,
        )


def _in_force(seller: Seller) -> str | None:
    try:
        return seller.catalogs.in_force(seller.clock()).version
    except CatalogError:
        return None


def _problem(row: Row[Any], listed: Catalog) -> str | None:
    if digest(row.document) != row.digest:
        return _NOT_STORED_SO
    return None if _read(row) == listed else _CHANGED


def _read(row: Row[Any]) -> Catalog | None:
    try:
        return Catalog.model_validate_json(row.document)
    except ValidationError:
        return None
