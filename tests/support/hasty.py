"""SQLite in a hurry: it waits for no disk. Whoever is killed loses nothing by that; only a machine would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import Engine, event

from payport.storage import database

__all__ = ["in_a_hurry", "without_hurry"]

_HURRY: Final = "payport_test_hurry"
_patient: Final[list[None]] = []


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """For the engines that the core makes inside, whatever it tells SQLite when they connect."""
    create: Callable[..., Engine] = vars(database)["create_engine"]

    def create_engine(*arguments: Any, **named: Any) -> Engine:
        engine = create(*arguments, **named)
        if engine.dialect.name == "sqlite" and not _patient:
            event.listen(engine, "checkout", _hurry)
        return engine

    with patch.object(database, "create_engine", create_engine):
        yield


@contextmanager
def without_hurry() -> Iterator[None]:
    """Where durability is the question."""
    _patient.append(None)
    try:
        yield
    finally:
        _patient.pop()


def _hurry(connection: Any, record: Any, _proxy: Any) -> None:
    if _HURRY not in record.info:
        record.info[_HURRY] = True
        connection.execute("PRAGMA synchronous=OFF").close()
