"""One database, one transaction for each use case: SQLite (its own file) or PostgreSQL (schema `payport`)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final, TypeVar
from weakref import WeakSet

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, IntegrityError
from tenacity import (
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from payport.errors import ConfigurationError
from payport.storage.event_records import Subscription, listen
from payport.storage.journal_records import follow_savepoints, recording
from payport.storage.tables import SCHEMA

__all__ = ["Database", "is_lost_race"]

_Value = TypeVar("_Value")
_BUSY_MS: Final = 10_000
_LOST_RACES_S: Final = 10  # then no further attempt begins
_FREE_CONNECTION_S: Final = 5  # then the gateway hears "call again", before it gives up itself
_ALIVE_S: Final = 1.0  # an open connection that was used so lately is taken for alive
_FREE_SINCE: Final = "payport_free_since"
_READING: Final = "payport_reading"  # SQLite: a reader waits for no writer
_LOST_RACES: Final = {"40001", "40P01"}  # serialisation failure, deadlock: PostgreSQL, appendix A
_SQLITE_BUSY: Final = re.compile(r"database (table )?is locked")


class Database:
    """Opens connections as money needs them; retries a lost race whole, a bounded number of times.

    A statement that fails is shown without its values: among them are buyers, and tokens that open orders.

    Args:
        url: `sqlite:///file` or `postgresql+psycopg://…`. Kept secret: it may hold a password.
        subscriptions: for whom events are kept.
    Raises: ConfigurationError, naming what is wrong, never the address.
    """

    def __init__(
        self, url: str | SecretStr, *, pool_size: int = 10, subscriptions: Iterable[Subscription] = ()
    ) -> None:
        text = url.get_secret_value() if isinstance(url, SecretStr) else url
        try:
            parsed = make_url(text)
        except ArgumentError:
            raise _unusable("not a database address") from None
        if parsed.get_backend_name() == "sqlite":
            self.engine = _sqlite(parsed)
            self._reading: Mapping[str, Any] = {_READING: True}
        elif parsed.get_backend_name() == "postgresql":
            self.engine = _postgresql(parsed, pool_size)
            self._reading = {"isolation_level": "REPEATABLE READ"}
        else:
            raise _unusable(f"{parsed.get_backend_name()} is not supported")
        follow_savepoints(self.engine)
        listen(self.engine, subscriptions)
        self._has_connected = False
        self._is_shared = False  # with the process that this one was forked from
        event.listen(self.engine, "do_connect", self._see_connect)
        _opened.add(self)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def transaction(self, use: Callable[[Connection], _Value]) -> _Value:
        """Run `use(connection)` in one transaction: committed when it returns, undone when it raises.

        A lost race (deadlock, serialisation failure, SQLite busy) runs `use` again from the start, so `use`
        must hold no state of its own and send nothing.
        """
        self._refuse_what_a_fork_shares()
        for attempt in _after_lost_races():
            with attempt, self.engine.begin() as connection, recording(connection):
                return use(connection)
        raise AssertionError("unreachable: Retrying reraises")

    def claiming(self, use: Callable[[Connection], _Value]) -> _Value:
        """As `transaction`, for a `use` that finds a name free and takes it: where another took it meanwhile,
        `use` runs again from the start, and finds that one."""
        for attempt in Retrying(
            retry=retry_if_exception_type(IntegrityError), stop=stop_after_attempt(3), reraise=True
        ):
            with attempt:
                return self.transaction(use)
        raise AssertionError("unreachable: Retrying reraises")

    def rehearsing(self, use: Callable[[Connection], _Value]) -> _Value:
        """Run `use(connection)` as `claiming` does, and undo all of it: nothing of it is kept."""
        for attempt in Retrying(
            retry=retry_if_exception_type(IntegrityError), stop=stop_after_attempt(3), reraise=True
        ):
            with attempt:
                return self._undone(use)
        raise AssertionError("unreachable: Retrying reraises")

    def _undone(self, use: Callable[[Connection], _Value]) -> _Value:
        self._refuse_what_a_fork_shares()
        for attempt in _after_lost_races():
            with attempt, self.engine.connect() as connection:
                begun = connection.begin()
                try:
                    with recording(connection):
                        return use(connection)
                finally:
                    begun.rollback()
        raise AssertionError("unreachable: Retrying reraises")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with, all as it stood at one moment; whatever it might write is undone."""
        self._refuse_what_a_fork_shares()
        with self.engine.connect().execution_options(**self._reading) as connection:
            yield connection

    def seeing(self, use: Callable[[Connection], _Value]) -> _Value:
        """What `use` reads of one moment; run again after a lost race, as in `transaction`."""
        for attempt in _after_lost_races():
            with attempt, self.reading() as connection:
                return use(connection)
        raise AssertionError("unreachable: Retrying reraises")

    def close(self) -> None:
        """A child process leaves its parent's connections alone."""
        self._has_connected = False
        self.engine.dispose(close=not self._is_shared)

    def see_fork(self) -> None:
        """In the child: connections that are open are its parent's, and neither may speak through them.

        The pool is not asked: its lock may be held by a thread that stayed with the parent.
        """
        if self._has_connected:
            self._is_shared = True
            _left_alone.append(self.engine.pool)  # closing one would end the parent's

    def _see_connect(self, *_: object) -> None:
        self._has_connected = True

    def _refuse_what_a_fork_shares(self) -> None:
        if self._is_shared:
            raise ConfigurationError(
                field="database",
                problem="was opened before this process was forked off, so its connections are the parent's",
                remedy="Make Payport after the fork, in each process; do not preload the application",
            )


_opened: Final[WeakSet[Database]] = WeakSet()
_left_alone: Final[list[object]] = []


def _see_fork() -> None:
    for database in tuple(_opened):
        database.see_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_see_fork)


def _after_lost_races() -> Retrying:
    """Each attempt may itself have waited for a lock: a gateway hears "call again" before it gives up."""
    return Retrying(
        retry=retry_if_exception(is_lost_race),
        stop=stop_after_attempt(6) | stop_after_delay(_LOST_RACES_S),
        wait=wait_exponential_jitter(multiplier=0.02, jitter=0.05, max=1.0),
        reraise=True,
    )


def is_lost_race(error: BaseException) -> bool:
    """Somebody else was first, and nothing of ours was kept: the whole use case may run again."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state in _LOST_RACES or bool(_SQLITE_BUSY.search(str(error.orig)))


def _unusable(problem: str) -> ConfigurationError:
    return ConfigurationError(
        field="database.url",
        problem=problem,
        remedy='Write "sqlite:///file.sqlite" or "postgresql+psycopg://user@host/name"',
    )


def _sqlite(url: URL) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise _unusable("an SQLite database in memory loses money at the first crash")
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, pool_size: int) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_FREE_CONNECTION_S,
        hide_parameters=True,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=8000"},
    ).execution_options(schema_translate_map={None: SCHEMA})
    _ask_whether_alive(engine)
    return engine


def _ask_whether_alive(engine: Engine) -> None:
    """Before use, and only one that lay in the pool for a while: asking costs as much as a statement does."""

    @event.listens_for(engine, "checkin")
    def _came_back(_connection: Any, record: Any) -> None:
        record.info[_FREE_SINCE] = monotonic()

    @event.listens_for(engine, "checkout")
    def _goes_out(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get(_FREE_SINCE, monotonic()) < _ALIVE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError from error  # the pool opens another one
