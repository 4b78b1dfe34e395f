"""What the database server says of itself, and of how durable its commits are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

__all__ = ["Engine", "inspect_engine"]


@dataclass(frozen=True, slots=True)
class Engine:
    """The database server, and what makes its commits durable: names and values of its own settings.

    `clock` is the server's own, None where it has none of its own (SQLite).
    """

    version: str
    settings: tuple[tuple[str, str], ...]
    clock: datetime | None


def inspect_engine(connection: Connection) -> Engine:
    """Asks the server about itself; needs no tables."""
    if connection.dialect.name == "sqlite":
        names = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
        journal = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
        synchronous = str(connection.exec_driver_sql("PRAGMA synchronous").scalar())
        version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
        settings = (("journal_mode", journal.upper()), ("synchronous", names.get(synchronous, synchronous)))
        return Engine(version, settings, None)
    shown = tuple(
        (name, str(connection.exec_driver_sql(f"SHOW {name}").scalar()))
        for name in ("fsync", "synchronous_commit", "full_page_writes")
    )
    version = str(connection.exec_driver_sql("SHOW server_version").scalar())
    return Engine(version, shown, connection.exec_driver_sql("SELECT clock_timestamp()").scalar())
