"""Statements are compiled once for a test process: each test has its own engine, which would do it anew.

What a statement is compiled to follows from the kind of database, never from an engine: all tests have one
server, and one SQLite. By SQLAlchemy's own option `compiled_cache`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from payport.storage import database

__all__ = ["compiling_once"]

_MOST: Final = 3_000  # statements; the whole of our own are some hundreds


class _ByKind(LRUCache[Any, Any]):
    """SQLAlchemy asks by the engine's dialect first, which is another object for each engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_kind(key), value)


def _of_kind(key: Any) -> Any:
    dialect, *rest = key
    return (type(dialect), *rest)


@contextmanager
def compiling_once() -> Iterator[None]:
    """Every engine that the core makes inside takes what another compiled before."""
    compiled = _ByKind(_MOST)
    create: Callable[..., Engine] = vars(database)["create_engine"]

    def create_engine(*arguments: Any, **named: Any) -> Engine:
        engine = create(*arguments, **named)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    with patch.object(database, "create_engine", create_engine):
        yield
