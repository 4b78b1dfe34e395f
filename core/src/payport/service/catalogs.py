"""The catalog versions of a seller: those that payport.toml lists, and those that priced a quote.

The first may change with their files; the second are stored when they are first used, and never change.
New quotes are priced by the listed version in force, everything about a quote by its own, stored one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from payport.errors import CatalogError, Defect
from payport.journal.witnesses import catalog_digest as digest
from payport.rules.catalog import Catalog, Catalogs
from payport.rules.quote import Quote
from payport.storage.quote_records import StoredCatalog, add_catalog, find_catalog, stored_catalogs

__all__ = ["CatalogShelf", "digest"]


class CatalogShelf:
    """What is listed now, and what is known to be stored. Safe to share between threads."""

    def __init__(self, listed: Catalogs) -> None:
        self._listed = listed
        self._stored: dict[str, Catalog] = {}  # seen committed in the database, where it cannot change
        self._digests: dict[str, str] = {}

    def forgetting(self) -> CatalogShelf:
        """For a transaction that may yet be undone whole: what is found in it is not remembered."""
        return _Forgetting(self)

    @property
    def listed(self) -> Catalogs:
        return self._listed

    def in_force(self, connection: Connection, at: datetime) -> Catalog:
        """The version that prices a quote made at this instant; stores nothing.

        Raises: CatalogError where none has begun, or its file has changed since it was first used.
        """
        catalog = self._listed.in_force(at)
        stored = self._find(connection, catalog.version)
        if stored is not None and stored != catalog:
            raise _changed(catalog.version)
        return catalog

    def of(self, connection: Connection, quote: Quote) -> Catalog:
        """The version that priced the quote, or that prices it now; stores nothing.

        A quote of the time before versions were stored falls back on the listed one: whoever changes
        something by it keeps it.
        Raises: CatalogError where it is neither stored nor listed.
        """
        stored = self._find(connection, quote.catalog_version)
        return self._listed.version(quote.catalog_version) if stored is None else stored

    def stored(self, connection: Connection, version: str) -> Catalog | None:
        """The version as it priced its quotes; None where it priced none."""
        return self._find(connection, version)

    def digest_of(self, connection: Connection, version: str) -> str | None:
        """The digest of a version as it is stored; None where it is not."""
        self._find(connection, version)
        return self._digests.get(version)

    def keep(self, connection: Connection, catalog: Catalog, *, at: datetime) -> None:
        """Store the version for good, unless it is: the last that a transaction asks of the shelf, so that
        nothing that may yet be undone is remembered as stored.

        Raises: CatalogError where another is stored under its name.
        """
        if catalog.version in self._stored:
            return
        document = catalog.model_dump_json()
        add_catalog(connection, StoredCatalog(catalog.version, digest(document), document), at=at)
        stored = find_catalog(connection, catalog.version)
        if stored is None or _read(stored) != catalog:  # another process was first, with another file
            raise _changed(catalog.version)

    def changed(self, connection: Connection) -> tuple[str, ...]:
        """Listed versions whose files say something else than what is stored, by their beginning."""
        stored = {entry.version: entry for entry in stored_catalogs(connection)}
        return tuple(
            catalog.version
            for catalog in self._listed.versions
            if catalog.version in stored and _read(stored[catalog.version]) != catalog
        )

    def replace(self, connection: Connection, listed: Catalogs, *, at: datetime) -> None:
        """Take another list from now on, in one step; where it is refused, the old one stays in force.

        Raises: CatalogError where nothing of it is in force, or a version that was used has changed.
        """
        listed.in_force(at)
        for version in CatalogShelf(listed).changed(connection):
            raise _changed(version)
        self._listed = listed

    def _find(self, connection: Connection, version: str) -> Catalog | None:
        if version not in self._stored:
            entry = find_catalog(connection, version)
            if entry is None:
                return None
            stored, self._digests[version] = _read(entry), entry.digest
            self._stored[version] = stored
        return self._stored[version]


class _Forgetting(CatalogShelf):
    """Knows what the other has seen committed, and reads all else anew."""

    def __init__(self, of: CatalogShelf) -> None:
        super().__init__(of._listed)
        self._stored, self._digests = dict(of._stored), dict(of._digests)

    def digest_of(self, connection: Connection, version: str) -> str | None:
        entry = None if version in self._digests else find_catalog(connection, version)
        return self._digests.get(version) if entry is None else entry.digest

    def _find(self, connection: Connection, version: str) -> Catalog | None:
        if version in self._stored:
            return self._stored[version]
        entry = find_catalog(connection, version)
        return None if entry is None else _read(entry)


def _read(stored: StoredCatalog) -> Catalog:
    """Raises Defect for a document that is not what was stored."""
    if digest(stored.document) != stored.digest:
        raise Defect(
            field=f"catalog {stored.version}",
            problem="its stored document does not have its digest",
            remedy="Restore the row of the table catalogs from a backup; keep the evidence",
        )
    return Catalog.model_validate_json(stored.document)


def _changed(version: str) -> CatalogError:
    return CatalogError(
        field=f"catalog {version}",
        problem="its file has changed since the first quote was made by it",
        remedy="Give the changed catalog a new version and effective_from, and take back the old file",
    )
