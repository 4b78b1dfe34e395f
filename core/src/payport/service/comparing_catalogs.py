"""What a seller asks before a catalog is put in force: what is wrong with its file, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from payport.errors import CatalogError, NotFound, RequestRefused
from payport.rules.catalog import Catalog
from payport.rules.catalog_difference import Change, PriceChange, difference
from payport.rules.catalog_file import entry_of, load_catalog, read_catalog
from payport.service.seller import Seller

__all__ = ["CatalogChanges", "CatalogFault", "catalog_changes", "catalog_faults"]


@dataclass(frozen=True, slots=True)
class CatalogFault:
    """What is wrong with one key of a catalog's file.

    Args:
        key: as `packages[1].terms[0].price`, counted from 0; blank for the file itself.
        entry: the id of the package, promotion or tax class that it is in; None where it has none.
    """

    key: str
    entry: str | None
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class CatalogChanges:
    """What another catalog changes for buyers.

    Args:
        before, after: their versions. `effective_from`: of the second.
        day: of the prices. `prices`: those that differ. `changes`: all else, in English words.
    """

    before: str
    after: str
    effective_from: datetime
    day: date
    prices: tuple[PriceChange, ...]
    changes: tuple[Change, ...]

    @property
    def is_none(self) -> bool:
        """Whether no buyer notices anything."""
        return not self.prices and not self.changes


def catalog_faults(text: str) -> tuple[CatalogFault, ...]:
    """All that is found to be wrong with a TOML document, from its top; empty for a catalog."""
    read = read_catalog(text)
    if isinstance(read, Catalog):
        return ()
    return tuple(
        CatalogFault(fault.key, entry_of(fault.key, text), fault.problem, fault.remedy) for fault in read
    )


def catalog_changes(
    connection: Connection, seller: Seller, before: str, after: str | None, *, text: str | None
) -> CatalogChanges:
    """Compare two versions that are listed or priced a quote, or one of them with a TOML document.

    Args:
        after: a version; None: `text` is compared.
    Raises: NotFound for a version that nobody knows; CatalogError, naming what is wrong with the text;
        RequestRefused where it is not one of the two, and for a price that is more than money can be.
    """
    if (after is None) == (text is None):
        raise RequestRefused(
            field="after", problem="not a version or a text", remedy="Give one of the two, and not both"
        )
    old = _version(connection, seller, before, field="before")
    new = (
        load_catalog(text, source="catalog")
        if text is not None
        else _version(connection, seller, str(after), field="after")
    )
    found = difference(old, new)
    return CatalogChanges(
        old.version, new.version, new.effective_from, found.day, found.prices, found.changes
    )


def _version(connection: Connection, seller: Seller, version: str, *, field: str) -> Catalog:
    """As it priced its quotes; else as it is listed."""
    stored = seller.shelf.stored(connection, version)
    if stored is not None:
        return stored
    try:
        return seller.shelf.listed.version(version)
    except CatalogError:
        raise NotFound(
            field=field, problem="no such catalog is listed or stored", remedy="Take one that `house` lists"
        ) from None
