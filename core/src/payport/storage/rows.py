"""What every room of records uses: rows found by exact text, and rows put in once.

Statements are made once and run with parameters: building one anew costs more than running it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["by", "difference", "first", "insert_if_absent", "is_kept"]

_ONLY_WORK_READS: Final = frozenset(  # each column of an answer costs time, whether it is read or not
    {
        "asked_at", "asks", "buyer", "checkout", "due_at", "erased_at", "last_error", "lease_owner",
        "lease_until", "parked_at", "tries",
    }
)  # fmt: skip


def insert_if_absent(connection: Connection, table: Any, values: Mapping[str, Any]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), [values])


def first(connection: Connection, statement: Select[Any], **where: str) -> Row[Any] | None:
    return connection.execute(statement, where).first() if all(map(is_kept, where.values())) else None


@cache
def by(table: Table, *names: str) -> Select[Any]:
    columns = (column for column in table.c if column.name not in _ONLY_WORK_READS)
    return select(*columns).where(*(table.c[name] == bindparam(name) for name in names))


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that have another value afterwards: those that stay cost time to send, too."""
    return {column: value for column, value in after.items() if before[column] != value}


def is_kept(text: str) -> bool:
    """Whether a column can hold it: PostgreSQL knows no NUL, and UTF-8 no half of a surrogate pair."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
