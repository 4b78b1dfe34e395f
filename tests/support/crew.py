"""Workers in processes of their own, to be killed, stopped and continued at any moment.

`python -m tests.support.crew` reads words: "open CONFIGURATION CLOCK" reads the seller of all that follow,
"worker" forks one that works in rounds, "round N" one that calls `Payport.work` in N threads and ends,
"poison REFERENCE STATEMENT" has every later one kill itself when it is about to send that statement about
that row. It says the number of each.

They all go by one clock, the test's own: it stands still until the test moves it, so no lease is waited for.
"""

from __future__ import annotations

import logging
import mmap
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from payport import Payport
from payport.doors.worker import run_worker
from tests.support.compiled import compiling_once

__all__ = ["Crew", "SharedClock", "crew", "until"]

_ROOT: Final = Path(__file__).parents[2]
_EVERY: Final = 0.05  # seconds between two looks
_INSTANT: Final = struct.Struct("=q")  # microseconds since 1970


class SharedClock:
    """The instant that a file holds, for all processes that opened it."""

    def __init__(self, file: Path, *, now: datetime | None = None) -> None:
        """`now`: what it shows at first, where the file is not there yet."""
        if now is not None:
            file.write_bytes(_packed(now))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 0)
        self.file = file

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=_INSTANT.unpack(self._shared)[0])

    def forward(self, **by: float) -> datetime:
        self._shared[:] = _packed(self() + timedelta(**by))
        return self()


def _packed(now: datetime) -> bytes:
    return _INSTANT.pack((now - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1))


class Crew:
    """Starts and ends workers."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program
        self.alive: list[int] = []

    def open(self, configuration: Path, clock: SharedClock) -> None:
        """The seller and the clock of all that start now."""
        self._say(f"open {configuration} {clock.file}")

    def start(self) -> int:
        """A worker that works until it is killed."""
        self.alive.append(self._say("worker"))
        return self.alive[-1]

    def round(self, threads: int) -> int:
        """A host that calls `work` until nothing is due, in so many threads at once."""
        self.alive.append(self._say(f"round {threads}"))
        return self.alive[-1]

    def poison(self, reference: str, statement: str) -> None:
        self._say(f"poison {reference} {statement}")

    def dismiss(self) -> None:
        """Kill all of them."""
        for worker in tuple(self.alive):
            self.kill(worker)

    def kill(self, worker: int) -> None:
        self.alive.remove(worker)
        if self.is_running(worker):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def pause(self, worker: int) -> None:
        os.kill(worker, signal.SIGSTOP)

    def go_on(self, worker: int) -> None:
        os.kill(worker, signal.SIGCONT)

    def is_running(self, worker: int) -> bool:
        """Whether it is neither dead nor a zombie."""
        try:
            stat = Path(f"/proc/{worker}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def _say(self, words: str) -> int:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(f"{words}\n")
        self._program.stdin.flush()
        return int(self._program.stdout.readline())


@contextmanager
def crew(path: Path) -> Iterator[Crew]:
    """A crew without workers. `path`: a folder of distributions that it shall find."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.support.crew"],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    started = Crew(program)
    try:
        yield started
    finally:
        started.dismiss()
        program.communicate(timeout=60)


def until(true: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for it; AssertionError when it does not come."""
    end, pause = time.monotonic() + seconds, 0.02
    while not true():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(pause)
        pause = min(pause * 1.2, 0.3)  # what takes long on a busy machine is not made longer by looking


def _main() -> None:
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    shop: Payport | None = None
    for line in sys.stdin:
        what, *arguments = line.split(maxsplit=2)
        child = 0
        if what == "open":
            clock = SharedClock(Path(arguments[1].strip()))
            shop = Payport.from_config(
                arguments[0], clock=clock
            )  # opens no database yet: a fork takes it along
        else:
            assert shop is not None
            if what == "poison":
                _die_of(shop, arguments[0], arguments[1].strip())
            else:
                child = _forked(shop, arguments)
        print(child, flush=True)


def _forked(shop: Payport, arguments: list[str]) -> int:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with suppress(BaseException):
            _work(shop, arguments)
        os._exit(0)
    return child


def _work(shop: Payport, arguments: list[str]) -> None:
    if not arguments:
        run_worker(shop, every=_EVERY, stop=Event())
        return

    def rounds() -> None:
        idle = False
        while not idle:
            with suppress(
                SQLAlchemyError
            ):  # as a scheduler, which calls again: SQLite's file was had too long
                idle = shop.work(limit=3).idle

    threads = [Thread(target=rounds) for _ in range(int(arguments[0]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _die_of(shop: Payport, reference: str, beginning: str) -> None:
    """Kill this process before a statement that begins so, and has the reference among its values."""

    def look(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.replace("payport.", "").startswith(beginning) and reference in str(values):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(shop.seller.database.engine, "before_cursor_execute", look)


if __name__ == "__main__":
    with compiling_once():
        _main()
