"""A configured seller for the length of one command. A database that fails is named, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from payport.doors.cli.hosting import host_of_commands
from payport.doors.cli.usage import config_file
from payport.doors.host import Payport
from payport.errors import ConfigurationError

__all__ = ["database_words", "missing_file", "opened"]


@contextmanager
def opened(config: Path | None, *, migrating: bool = False) -> Iterator[Payport]:
    """Raises: ConfigurationError, also for a database that does not answer or has other tables.

    Args:
        migrating: tables are about to be made, so none are expected, and an SQLite file may be new.
    """
    try:
        host = host_of_commands()
        shop = (Payport.from_config if host is None else host.opening)(config_file(config))
    except ImportError as error:
        raise _without_driver(error) from None
    try:
        if not migrating and missing_file(shop):
            raise _no_tables()
        yield shop
    except DBAPIError as error:
        if not migrating:
            _check_tables(shop)
        raise _failed(error) from None
    finally:
        shop.close()


def missing_file(shop: Payport) -> bool:
    """Whether the database is an SQLite file that is not there: to look into it would make it."""
    database = shop.seller.database
    return database.is_sqlite and not Path(str(database.engine.url.database)).exists()


def database_words(url: URL) -> str:
    """Which database it is, without user and password."""
    place = "" if url.host is None else f" at {url.host}"
    return f"{url.get_backend_name()}{place}, {url.database}"


def _check_tables(shop: Payport) -> None:
    """Raises ConfigurationError, if the failure comes of tables that are missing or old."""
    try:
        shop.require_current()
    except DBAPIError:
        return


def _no_tables() -> ConfigurationError:
    return ConfigurationError(field="database", problem="is not there yet", remedy="Run `payport migrate`")


def _failed(error: DBAPIError) -> ConfigurationError:
    """By kind alone: a driver's own words hold addresses, and sometimes values."""
    state = getattr(error.orig, "sqlstate", None)
    kind = type(error.orig).__name__ if state is None else f"{type(error.orig).__name__} {state}"
    return ConfigurationError(
        field="database",
        problem=f"does not answer as it should ({kind})",
        remedy="See that it runs and that this user may use it; `payport doctor` says more",
    )


def _without_driver(error: ImportError) -> ConfigurationError:
    return ConfigurationError(
        field="database.url",
        problem=f"the driver {error.name} is not installed",
        remedy="Install payport[postgresql]",
    )
