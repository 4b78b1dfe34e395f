"""Brings a database to this version's tables. The version table is our own: a host may run Alembic too."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect
from sqlalchemy.schema import CreateSchema

from payport.errors import ConfigurationError
from payport.storage.database import Database
from payport.storage.tables import SCHEMA
from payport.storage.taking_over import take_over

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["VERSION_TABLE", "current_and_head", "migrate", "require_current", "require_current_on"]

VERSION_TABLE = "payport_version"
_FIRST_WITH_JOURNAL: Final = "0004"


def migrate(database: Database, *, to: str = "head") -> None:
    """Upgrade to the newest version, or an earlier one; does nothing where that is reached already.

    What stood in the tables before there was a journal begins it.
    """
    from alembic import command  # noqa: PLC0415 - 360 ms that only this command needs

    before, _ = current_and_head(database)
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, to)
        if before is not None and before < _FIRST_WITH_JOURNAL and to == "head":
            take_over(connection, at=datetime.now(UTC))


def current_and_head(database: Database) -> tuple[str | None, str]:
    """The database's version, None if it has none yet, and the newest one."""
    with database.engine.connect() as connection:
        return _current(connection, database), _head()


def require_current(database: Database) -> None:
    """Raises ConfigurationError where the tables are of another version than this program."""
    _require(*current_and_head(database))


def require_current_on(connection: Connection, database: Database) -> None:
    """As `require_current`, of what a connection of somebody else's sees. The newest version is read once."""
    _require(_current(connection, database), _head())


@cache
def _head() -> str:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_configuration()).get_current_head() or ""


def _current(connection: Connection, database: Database) -> str | None:
    schema = None if database.is_sqlite else SCHEMA
    if not inspect(connection).has_table(VERSION_TABLE, schema=schema):
        return None
    qualified = VERSION_TABLE if schema is None else f"{schema}.{VERSION_TABLE}"
    found: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {qualified}").scalar()  # noqa: S608
    return found


def _require(current: str | None, head: str) -> None:
    if current != head:
        raise ConfigurationError(
            field="database",
            problem="no tables yet" if current is None else f"tables of version {current}, not {head}",
            remedy="Run `payport migrate`, or start the program that fits these tables",
        )


def _configuration() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.set_main_option("path_separator", "os")
    return configuration
