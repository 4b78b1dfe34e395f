"""How many rows of a kind wait, and since when: the measure of every inspection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

__all__ = ["Backlog", "backlog", "due", "together"]


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many of a kind, and since when the oldest of them has been waiting; None where there is none."""

    count: int
    oldest: datetime | None


def backlog(
    connection: Connection, table: Table, since: ColumnElement[Any], where: Iterable[ColumnElement[bool]]
) -> Backlog:
    statement = select(func.count(), func.min(since)).select_from(table).where(*where)
    count, oldest = connection.execute(statement).one()
    return Backlog(count, oldest)


def due(connection: Connection, table: Table, is_work: ColumnElement[bool], now: datetime) -> Backlog:
    """What is parked is not due."""
    columns = table.c
    return backlog(
        connection, table, columns.due_at, [is_work, columns.due_at <= now, columns.parked_at.is_(None)]
    )


def together(backlogs: Iterable[Backlog]) -> Backlog:
    found = tuple(backlogs)
    oldest = min((each.oldest for each in found if each.oldest is not None), default=None)
    return Backlog(sum(each.count for each in found), oldest)
