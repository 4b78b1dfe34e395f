"""`python -m benchmarks.load`: callbacks at 70 % of what a machine can take, for ten minutes, on PostgreSQL.

Each success pays an order, grants, journals and queues events; a worker beside it tells them and seals the
journal. Prints how long callbacks took, what was not answered as it should be, and memory at start and end.
Needs a machine without other load, and is no part of `make bench`.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Event, Thread
from typing import Final

from sqlalchemy import func, select

from benchmarks.many import PendingPayments, answer_to, genuine_success
from payport.doors.host import Payport
from payport.doors.worker import run_worker, stopped_by_signals
from payport.service.sealing import seal
from payport.storage import tables as t
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.postgres import running_postgres
from tests.support.shop import Clock, Shop, open_shop

__all__ = ["main"]

_PEAK_S: Final = 15.0
_SEAL_EVERY_S: Final = 5.0
_SPARE: Final = 1.2  # orders beyond those that the rate should need
_PAGE: Final = resource.getpagesize()


@dataclass
class _Seen:
    """By one client: seconds for each callback, from when it was due; answers; its memory in MB."""

    seconds: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    memory: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class _Ready:
    """The shop's folder, for each process, and what its clients receive about."""

    folder: Path
    payments: PendingPayments


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parsed(arguments)
    with running_postgres(durable=True) as server, server.fresh() as url, TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(url)
        migrate(database)
        shop = open_shop(folder, url)
        ready = _Ready(folder, PendingPayments(shop))
        with _working(folder):
            peak = _peak(ready, given.clients)
            rate = peak * given.share
            print(f"peak {peak:,.0f}/s, {given.clients} clients; now {rate:,.0f}/s for {given.minutes:g} min")
            seen = _run(ready, given.clients, seconds=given.minutes * 60, rate=rate)
        _tell(seen, given.minutes * 60)
        _tell_database(database)
        database.close()
        shop.payport.close()
    return 1 if set().union(*(each.answers for each in seen)) - {"00"} else 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--share", type=float, default=0.7, help="of the peak (default: 0.7)")
    parser.add_argument("--clients", type=int, default=4, help="processes that receive (default: 4)")
    return parser.parse_args(arguments)


def _peak(ready: _Ready, clients: int) -> float:
    """Callbacks a second, as fast as they are taken."""
    warm = _run(ready, clients, seconds=_PEAK_S / 5, rate=None)
    guess = sum(len(each.seconds) for each in warm) / (_PEAK_S / 5)
    seen = _run(ready, clients, seconds=_PEAK_S, rate=None, orders=int(guess * _PEAK_S * 2) + 1_000)
    assert not set().union(*(each.answers for each in seen)) - {"00"}, "not what is to be measured"
    return sum(len(each.seconds) for each in seen) / _PEAK_S


def _run(
    ready: _Ready, clients: int, *, seconds: float, rate: float | None, orders: int = 5_000
) -> list[_Seen]:
    """Let so many processes receive. `rate`: of all together; None: without a pause."""
    numbers = ready.payments.take(orders if rate is None else int(rate * seconds * _SPARE) + 1_000)
    context = get_context("spawn")
    running: list[tuple[SpawnProcess, Connection]] = []
    start = context.Barrier(clients)
    for client in range(clients):
        ours, theirs = context.Pipe(duplex=False)
        pause = None if rate is None else clients / rate
        process = context.Process(
            target=_client, args=(ready.folder, numbers[client::clients], seconds, pause, start, theirs)
        )
        process.start()
        theirs.close()
        running.append((process, ours))
    seen: list[_Seen] = [ours.recv() for _, ours in running]
    for process, _ in running:
        process.join()
    return seen


def _client(
    folder: Path, numbers: range, seconds: float, pause: float | None, start: Barrier, tell: Connection
) -> None:
    clock = Clock()
    shop = Shop(_told(folder, clock), clock, folder)
    answer_to(shop, b"")
    seen, before = _Seen(), _memory()
    start.wait()
    begun = time.perf_counter()
    for turn, number in enumerate(numbers):
        due = time.perf_counter() if pause is None else begun + turn * pause
        if due - begun >= seconds:
            break
        time.sleep(max(0.0, due - time.perf_counter()))
        body = answer_to(shop, genuine_success(number))
        seen.seconds.append(time.perf_counter() - due)
        seen.answers["00" if b'"00"' in body else body.decode("utf-8", "replace")[:80]] += 1
    seen.memory = (before, _memory())
    tell.send(seen)


@contextmanager
def _working(folder: Path) -> Iterator[None]:
    worker = get_context("spawn").Process(target=_work, args=(folder,))
    worker.start()
    try:
        yield
    finally:
        worker.terminate()
        worker.join()


def _work(folder: Path) -> None:
    """Its clock stands still, so that nothing is due but events; the journal is sealed by a thread."""
    stop, shop = stopped_by_signals(), _told(folder, Clock())
    sealing = Thread(target=_seal, args=(shop, stop))
    sealing.start()
    run_worker(shop, stop=stop)
    sealing.join()


def _seal(shop: Payport, stop: Event) -> None:
    while not stop.wait(_SEAL_EVERY_S):
        seal(shop.seller)


def _told(folder: Path, clock: Clock) -> Payport:
    subscribers = {"host": lambda _event: None}
    return Payport.from_config(folder / "payport.toml", clock=clock, subscribers=subscribers)


def _memory() -> float:
    """Of this process now, in MB (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def _tell(seen: Sequence[_Seen], seconds: float) -> None:
    took = sorted(one for each in seen for one in each.seconds)
    answers = sum((each.answers for each in seen), Counter[str]())
    print(f"{len(took):,} callbacks, {len(took) / seconds:,.0f}/s")
    for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)):
        print(f"{name:<8}{took[min(len(took) - 1, int(len(took) * share))] * 1e3:>10,.1f} ms")
    print(f"{'most':<8}{took[-1] * 1e3:>10,.1f} ms, each from when it was due")
    print("answers ", ", ".join(f"{answer}: {count:,}" for answer, count in answers.most_common()))
    for number, each in enumerate(seen, start=1):
        print(
            f"memory of client {number}: {each.memory[0]:,.0f} MB at start, {each.memory[1]:,.0f} MB at end"
        )


def _tell_database(database: Database) -> None:
    with database.reading() as connection:
        waiting = select(func.count()).select_from(t.deliveries).where(t.deliveries.c.state == "waiting")
        unsealed = select(func.count()).select_from(t.journal).where(t.journal.c.number.is_(None))
        print(f"events not told yet: {connection.execute(waiting).scalar():,}")
        print(f"entries not sealed yet: {connection.execute(unsealed).scalar():,}")


if __name__ == "__main__":
    sys.exit(main())
