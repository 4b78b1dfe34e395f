"""Migrations: what was landed is never edited, and a database of each time is brought to today's tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from payport.storage import migrations
from payport.storage import tables as t
from payport.storage.database import Database
from payport.storage.migrations import VERSION_TABLE, current_and_head, migrate
from tests.support.shop import NOON

VERSIONS = Path(migrations.__file__).parent / "versions"
LANDED = {
    "0001_the_first_tables.py": "5db2f9af",
    "0002_catalogs_and_chargebacks.py": "e1ae1251",
    "0003_refunds_and_confirmations.py": "e9d3ae45",
    "0004_the_journal.py": "babe2ac5",
    "0005_the_back_office.py": "1e9bcba1",
    "0006_errands.py": "7b76c1db",
}
"""The first signs of SHA-256 of each file. A change of tables is a file more, with a line here."""


def test_what_was_landed_is_not_edited() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in VERSIONS.glob("0*.py")}

    assert found == LANDED


@pytest.fixture
def earlier(database_url: str) -> Callable[[str], Database]:
    """The same database with the tables of an earlier version, and nothing in them."""

    def back_to(version: str) -> Database:
        database = Database(database_url)
        schema = "" if database.is_sqlite else f"{t.SCHEMA}."
        with database.engine.begin() as connection:
            t.metadata.drop_all(connection)
            connection.execute(text(f"DROP TABLE {schema}{VERSION_TABLE}"))
        migrate(database, to=version)
        return database

    return back_to


@pytest.mark.parametrize("version", ["0003", "0004", "0005"])
def test_a_database_of_then_gets_the_tables_of_today(
    earlier: Callable[[str], Database], version: str
) -> None:
    database = earlier(version)
    assert current_and_head(database)[0] == version

    migrate(database)

    assert _differences(database) == []
    database.close()


def test_a_database_of_the_days_when_0005_made_errands_keeps_them(
    earlier: Callable[[str], Database],
) -> None:
    database = earlier("0005")
    with database.engine.begin() as connection:
        t.errands.create(connection)
        said = {"at": NOON, "actor": "lan", "kind": "ask", "about": "SV1", "reason": "?"}
        connection.execute(t.errands.insert().values(**said))

    migrate(database)

    assert _differences(database) == []
    with database.reading() as connection:
        assert connection.execute(t.errands.select()).one().actor == "lan"
    database.close()


def _differences(database: Database) -> list[Any]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SET search_path TO {t.SCHEMA}")
        return list(compare_metadata(context, t.metadata))
