"""Connections outlive a test's engine: PostgreSQL begins a process for each, which learns all tables anew.

One that is closed is made as new (`DISCARD ALL`) and waits for the next engine that asks for the same; one
that is broken, or in a transaction, is closed in truth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final
from unittest.mock import patch

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine

from payport.storage import database

__all__ = ["OF_A_TEST", "keeping_connections", "waiting_in"]

OF_A_TEST: Final = "t_"  # so begins the name of a database whose connections are kept

_MOST: Final = 4  # of one database; few tests need more at once


class _Warm(psycopg.Connection[Any]):
    """Its `close` is another's beginning."""

    asked_for: Hashable = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._handlers: list[Callable[[Any], None]] = []

    def add_notice_handler(self, callback: Callable[[Any], None]) -> None:
        self._handlers.append(callback)
        super().add_notice_handler(callback)

    def close(self) -> None:
        if self.closed or not _waiting.take(self):
            super().close()

    def end(self) -> None:
        super().close()

    def is_as_new(self) -> bool:
        """Whether it is alive, and nothing of its last user is left."""
        if self.info.transaction_status is not TransactionStatus.IDLE:
            return False
        try:
            self.isolation_level = self.read_only = self.deferrable = None
            self.autocommit = True
            self._prepared.clear()  # psycopg heeds `DISCARD ALL` only where it hears it for the first time
            self.execute("DISCARD ALL")
            self.autocommit = False
        except psycopg.Error:
            return False
        while self._handlers:
            self.remove_notice_handler(self._handlers.pop())
        return True


class _Waiting:
    """Connections that nobody has, by what was asked for."""

    def __init__(self) -> None:
        self._lock, self.is_open = Lock(), False
        self._by_asked: defaultdict[Hashable, list[_Warm]] = defaultdict(list)

    def give(self, asked_for: Hashable) -> _Warm | None:
        while True:
            with self._lock:
                left = self._by_asked[asked_for]
                if not left:
                    return None
                found = left.pop()
            if found.is_as_new():  # a test may have ended it meanwhile
                return found
            found.end()

    def take(self, connection: _Warm) -> bool:
        if not self.is_open or not connection.is_as_new():
            return False
        with self._lock:
            left = self._by_asked[connection.asked_for]
            if len(left) >= _MOST:
                return False
            left.append(connection)
        return True

    def of(self, name: str) -> list[_Warm]:
        with self._lock:
            return [one for left in self._by_asked.values() for one in left if one.info.dbname == name]

    def end(self) -> None:
        self.is_open = False
        for left in self._by_asked.values():
            while left:
                left.pop().end()


_waiting: Final = _Waiting()


def waiting_in(name: str) -> list[int]:
    """The server's processes behind the connections that wait in that database."""
    return [connection.info.backend_pid for connection in _waiting.of(name) if not connection.closed]


@contextmanager
def keeping_connections() -> Iterator[None]:
    """For the engines that the core makes inside."""
    create: Callable[..., Engine] = vars(database)["create_engine"]
    said: dict[str, Mapping[str, Any]] = {}

    def create_engine(*arguments: Any, **named: Any) -> Engine:
        engine = create(*arguments, **named)
        if engine.dialect.name == "postgresql" and (engine.url.database or "").startswith(OF_A_TEST):
            _takes_what_waits(engine)
            _asks_once(engine, said)
        return engine

    _waiting.is_open = True
    try:
        with patch.object(database, "create_engine", create_engine):
            yield
    finally:
        _waiting.end()


def _takes_what_waits(engine: Engine) -> None:
    def connect(**asked: Any) -> _Warm:
        key = tuple(sorted((name, str(value)) for name, value in asked.items() if name != "context"))
        found = _waiting.give(key)
        if found is None:
            found = _Warm.connect(**asked)
            found.asked_for = key
        return found

    engine.dialect.connect = connect  # type: ignore[method-assign, assignment]


def _asks_once(engine: Engine, said: dict[str, Mapping[str, Any]]) -> None:
    """What SQLAlchemy asks a server about itself, six questions for each engine, is the same for all."""
    dialect, name = engine.dialect, engine.url.database or ""
    ask = dialect.initialize

    def initialize(connection: Any) -> None:
        if name in said:
            vars(dialect).update(said[name])
            return
        before = dict(vars(dialect))
        ask(connection)
        said[name] = {key: value for key, value in vars(dialect).items() if before.get(key) is not value}

    dialect.initialize = initialize  # type: ignore[method-assign]
