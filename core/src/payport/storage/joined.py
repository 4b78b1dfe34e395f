"""A transaction of the host's, on the host's own connection: what is done in it is kept or undone with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import StatementError

from payport.errors import ConfigurationError
from payport.storage.database import Database
from payport.storage.journal_records import recording
from payport.storage.migrations import require_current_on
from payport.storage.tables import SCHEMA

__all__ = ["Joined"]

_Value = TypeVar("_Value")
_TRANSLATION: Final = "schema_translate_map"
_LOCK_FILE: Final = "UPDATE payport_version SET version_num = version_num WHERE 0"


class Joined(Database):
    """As `Database`, within a transaction that somebody else begins and ends.

    Each use stands in a savepoint of its own: one that fails leaves nothing, and the host's transaction goes
    on. A lost race is not done anew, since what the host did before is part of it: it is raised as SQLAlchemy
    says it. Payport's options stand on the connection only while a use runs.

    Args:
        connection: within a transaction, or about to begin one by itself.
        own: the seller's database; its subscriptions hold here too.
    Raises: ConfigurationError for a connection that keeps each statement at once, is of another kind of
        database, or of one without Payport's tables of this version.
    """

    def __init__(self, connection: Connection, own: Database) -> None:
        if connection.dialect.name != own.engine.dialect.name:
            raise _unfit(f"is of {connection.dialect.name}, and Payport's tables are not there")
        self.engine = own.engine
        self._connection = connection
        translation = None if own.is_sqlite else {None: SCHEMA}
        self._options: dict[str, Any] = {**own.engine.get_execution_options(), _TRANSLATION: translation}
        driver: Any = connection.connection.dbapi_connection
        if not own.is_sqlite and driver.autocommit:
            raise _unfit("keeps each statement at once")
        if not own.is_sqlite and connection.get_isolation_level() != "READ COMMITTED":
            raise _unfit("reads all as it stood at one moment, and a lock must show what is now")
        ours = _name_of_own(own)  # blank: a service or the server chooses it
        if ours and _name_of(connection) != ours:
            raise _unfit("is of another database")
        require_current_on(connection, own)

    def transaction(self, use: Callable[[Connection], _Value]) -> _Value:
        with self._ours() as connection:
            if self.is_sqlite:
                self._take_the_file()
            with connection.begin_nested(), recording(connection):
                return use(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._ours() as connection:
            yield connection

    def seeing(self, use: Callable[[Connection], _Value]) -> _Value:
        with self.reading() as connection:
            return use(connection)

    def close(self) -> None:
        """The connection is the host's."""

    @contextmanager
    def _ours(self) -> Iterator[Connection]:
        """The connection with our options, then without them: the host's statements mean what they say."""
        before = self._connection.get_execution_options()
        known = {name: before.get(name) for name in self._options}
        self._connection.execution_options(**self._options)
        try:
            yield self._connection
        except StatementError as error:
            error.hide_parameters = True  # as on our own engine: among them are buyers, and tokens
            raise
        finally:
            self._connection.execution_options(**known)

    def _take_the_file(self) -> None:
        """SQLite has no locks of rows: the whole transaction is a writer from here on.

        A savepoint outside of a transaction would be one by itself, and kept when it is released.
        """
        self._connection.exec_driver_sql(_LOCK_FILE)
        driver: Any = self._connection.connection.driver_connection  # an adapter of async ones has it not
        if not driver.in_transaction:
            raise _unfit("is in no transaction, and keeps each statement at once")


def _name_of(connection: Connection) -> str:
    """The file, or the database's name; whether two servers have one of the same name is not looked at."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("PRAGMA database_list").all()
        return str(Path(next(row[2] for row in rows if row[1] == "main") or ":memory:").resolve())
    return str(connection.exec_driver_sql("SELECT current_database()").scalar_one())


def _name_of_own(own: Database) -> str:
    name = own.engine.url.database or ""
    return str(Path(name).resolve()) if own.is_sqlite else name


def _unfit(problem: str) -> ConfigurationError:
    return ConfigurationError(
        field="connection",
        problem=problem,
        remedy="Hand in a SQLAlchemy connection of the database that [database] names, in a transaction",
    )
