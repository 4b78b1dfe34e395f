"""Two processes of one seller on one SQLite file, that can be killed at any statement, commit and send.

A kill is an exception that nothing catches; what the process held in memory is its pool of connections, and
that is thrown away. Nothing here waits: no thread, no sleep, no disk that must be synchronised.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Final, TypeAlias
from unittest.mock import patch

import httpx
import tenacity.nap
from sqlalchemy.event import listen

from payport import Event, Payport
from payport.gateways.guard import Guard
from payport.service import delivering, references
from payport.storage.event_records import listen as keep_events_for
from payport.storage.tables import metadata
from tests.simulation.history import Fault
from tests.simulation.host import SUBSCRIBER

__all__ = ["Crash", "Machine", "without_chance"]

_EMPTY: Final = "\n".join(
    (
        "PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE;",
        *(f'DELETE FROM "{name}";' for name in metadata.tables if name != "catalogs"),
        "COMMIT; PRAGMA foreign_keys=ON;",
    )
)
_ERRORS: Final = {"busy": "database is locked", "full": "database or disk is full"}


class Crash(BaseException):
    """The process is gone."""


class Machine:
    """A process. `gateway` answers what it sends; `pause` is called where no transaction of it is open.

    `points` counts the chances for a fault; they are counted only inside `running`.
    """

    gateway: Gateway

    def __init__(
        self, name: str, configuration: Path, clock: Callable[[], datetime], hear: Callable[[Event], None]
    ) -> None:
        self.name = name
        self._hear = hear
        self.payport = Payport.from_config(configuration, clock=clock, subscribers={SUBSCRIBER: self._told})
        self.points = 0
        self.struck = False
        self._fault: Fault | None = None
        self._pause: Callable[[], None] | None = None
        self._counting = False
        self._connections: list[sqlite3.Connection] = []
        self.payport.__dict__["_client"] = httpx.Client(transport=httpx.MockTransport(self._send))
        engine = self.payport.seller.database.engine
        listen(engine, "do_connect", _connects)
        listen(engine, "connect", self._opened)
        for name in ("do_execute", "do_execute_no_params", "do_executemany"):
            setattr(engine.dialect, name, self._faulty(getattr(engine.dialect, name)))
        commit = self._faulty(engine.dialect.do_commit)

        def committing(connection: Any) -> None:
            commit(connection)
            self._rest()

        engine.dialect.do_commit = committing  # type: ignore[method-assign, assignment]

    @contextmanager
    def running(self, fault: Fault | None, pause: Callable[[], None] | None) -> Iterator[None]:
        """One step. Raises Crash where the fault is one; the process is then new."""
        outer = self._fault, self._pause, self._counting, self.points, self.struck
        self._fault, self._pause, self._counting = fault, pause, True
        self.points, self.struck = 0, False
        try:
            yield
        except Crash:
            self.restart()
            raise
        finally:
            struck = self.struck
            self._fault, self._pause, self._counting, self.points, self.struck = outer
            self.struck = struck

    def restart(self) -> None:
        """What was not committed is gone, as SQLite sees to it when the file is closed."""
        self.payport.seller.database.engine.dispose()
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def empty(self) -> None:
        """All tables, but for the catalog that is known."""
        with self.payport.seller.database.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.executescript(_EMPTY)

    def tells(self, somebody: bool) -> None:
        """Whether its host subscribes to events from now on."""
        seller = self.payport.seller
        keep_events_for(seller.database.engine, seller.subscribers.subscriptions if somebody else ())

    def close(self) -> None:
        self.payport.close()

    def _opened(self, connection: Any, _record: Any) -> None:
        """A machine that loses power is none of our faults; in one thread, who waits for a lock waits for
        ever."""
        self._connections.append(connection)
        for pragma in ("synchronous=OFF", "busy_timeout=0"):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    def _faulty(self, function: Callable[..., None]) -> Callable[..., None]:
        """What writes to the database, with a chance for a fault before and after it."""

        def tried(*arguments: Any) -> None:
            if self._fault is None:
                function(*arguments)
                return
            self._point(writes=True)
            function(*arguments)
            self._point()

        return tried

    def _send(self, request: httpx.Request) -> httpx.Response:
        self._point()
        try:
            return self.gateway(request)
        finally:
            self._point()
            self._rest()

    def _told(self, event: Event) -> None:
        """The host's function, in this process: it too may die or pause before and after."""
        self._point()
        self._rest()
        self._hear(event)
        self._point()

    def _rest(self) -> None:
        if self._counting and self._pause is not None:
            self._pause()

    def _point(self, *, writes: bool = False) -> None:
        fault = self._fault
        if not self._counting or fault is None or self.struck:
            return
        self.points += 1
        if self.points < fault.point:
            return
        if fault.kind == "crash":
            self.struck = True
            raise Crash
        if writes:
            self.struck = True
            raise sqlite3.OperationalError(_ERRORS[fault.kind])


Gateway: TypeAlias = Callable[[httpx.Request], httpx.Response]


class _Connection(sqlite3.Connection):
    """Closed with a statement that is still open, SQLite would go on with the transaction: a dead process
    does not."""

    def close(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # closed before
            self.rollback()
            super().close()


def _connects(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
    named["factory"] = _Connection


@contextmanager
def without_chance(random: Random) -> Iterator[None]:
    """Inside, references and delays come from `random`, gateways' and hosts' code runs in this thread, nobody
    sleeps, and no time passes but the clock's."""
    chance = SimpleNamespace(
        choice=random.choice,
        token_urlsafe=lambda size: random.randbytes(size).hex(),
        token_hex=lambda size: random.randbytes(size).hex(),
    )
    with (
        patch.object(references, "secrets", chance),
        patch.object(Guard, "within", _at_once),
        patch.object(delivering, "_chance", random),
        patch.object(delivering, "time", SimpleNamespace(monotonic=lambda: 0.0)),
        patch.object(tenacity.nap, "time", SimpleNamespace(sleep=lambda _: None)),
    ):
        yield


def _at_once(_: Guard, _seconds: float, function: Callable[[], Any]) -> Any:
    return function()
