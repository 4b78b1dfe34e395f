"""Lost races on purpose: at one statement of a transaction the database says what it says to the loser."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

__all__ = ["Race", "losing"]

CODES: Final = ("40001", "40P01")  # serialisation failure, deadlock
_RAISE: Final = "DO $$ BEGIN RAISE EXCEPTION 'a race on purpose' USING ERRCODE = '{}'; END $$"


@dataclass
class Race:
    """`seen` counts the statements; at those in `lost`, the race is."""

    lost: frozenset[int]
    code: str = CODES[0]
    seen: int = 0
    names: list[str] = field(default_factory=list)


@contextmanager
def losing(engine: Engine, *at: int, code: str = CODES[0]) -> Iterator[Race]:
    """Inside, the so-many-th statements fail: really on PostgreSQL, as SQLite would say it on SQLite."""
    race = Race(frozenset(at), code)

    def lose(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> tuple[str, Any]:
        race.seen += 1
        race.names.append(" ".join(statement.replace("payport.", "").split()[:3]))
        if race.seen not in race.lost:
            return statement, parameters
        if engine.dialect.name == "sqlite":
            raise OperationalError(statement, {}, sqlite3.OperationalError("database is locked"))
        return _RAISE.format(race.code), [()] if many else ()  # of no values at all, nothing would be sent

    event.listen(engine, "before_cursor_execute", lose, retval=True)
    try:
        yield race
    finally:
        event.remove(engine, "before_cursor_execute", lose)
