"""What the tables are made of: types that mean something, money's bounds, and the columns of work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect

__all__ = [
    "Currency",
    "Hash",
    "Identity",
    "Instant",
    "Name",
    "Reference",
    "Term",
    "leased",
    "minor",
    "not_negative",
    "positive",
    "where",
]


class Instant(TypeDecorator[datetime]):
    """An aware instant, UTC in and out; naive ones are refused. SQLite stores it without zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was about to be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Identity = BigInteger().with_variant(Integer, "sqlite")
Reference = String(64)
Name = String(120)
Currency = String(3)
Hash = String(64).with_variant(String(64, collation="C"), "postgresql")  # its beginning is a range, too
Term = String(120).with_variant(String(120, collation="C"), "postgresql")
_MOST: Final = 2**53 - 1  # exact in JSON too; see rules/money.py


def minor(name: str, **options: Any) -> Column[int]:
    return Column(name, BigInteger, nullable=False, **options)


def not_negative(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} >= 0 AND {column} <= {_MOST}", name=f"{column}_bounds")


def positive(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} > 0 AND {column} <= {_MOST}", name=f"{column}_bounds")


def leased() -> list[Column[Any]]:
    """When work is due, and who has it: the row itself says so, there is no second table to disagree."""
    return [
        Column("due_at", Instant),
        Column("lease_until", Instant),
        Column("lease_owner", Name),
        Column("tries", Integer, nullable=False, server_default="0"),
        Column("last_error", Text),
        Column("parked_at", Instant),
    ]


def where(condition: str) -> dict[str, Any]:
    """A part of a table, for an index."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
