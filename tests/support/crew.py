"""Workers in processes of their own, to be killed, stopped and continued at any moment.

`python -m tests.support.crew payport.toml base started speed` reads words: "worker" forks one that works in
rounds, "round N" one that calls `Payport.work` in N threads and ends, "poison REFERENCE STATEMENT" has every
later one kill itself when it is about to send that statement about that row. It says the number of each.

All clocks show `base` at the system's instant `started`, and go `speed` times as fast: the test's own, too.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from sqlalchemy import event

from payport import Payport
from payport.doors.worker import run_worker

__all__ = ["Crew", "RunningClock", "crew", "until"]

_ROOT: Final = Path(__file__).parents[2]
_EVERY: Final = 0.1  # seconds between two looks


@dataclass(frozen=True)
class RunningClock:
    """Shows `base` at the system's instant `started`, and goes on from there, faster than time does."""

    base: datetime
    speed: float = 1.0
    started: float = field(default_factory=time.time)

    def __call__(self) -> datetime:
        return self.base + timedelta(seconds=(time.time() - self.started) * self.speed)


class Crew:
    """Starts and ends workers."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program
        self.alive: list[int] = []

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
def crew(configuration: Path, clock: RunningClock, *, path: Path | None = None) -> Iterator[Crew]:
    """A crew without workers. `path`: a folder of distributions that it shall find."""
    program = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.support.crew",
            str(configuration),
            clock.base.isoformat(),
            str(clock.started),
            str(clock.speed),
        ],
        cwd=_ROOT,
        env={**os.environ, **({} if path is None else {"PYTHONPATH": str(path)})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    started = Crew(program)
    try:
        yield started
    finally:
        for worker in tuple(started.alive):
            started.kill(worker)
        program.communicate(timeout=60)


def until(true: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for it; AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(0.05)


def _main(configuration: str, base: str, started: str, speed: str) -> None:
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    clock = RunningClock(datetime.fromisoformat(base), float(speed), float(started))
    shop = Payport.from_config(
        configuration, clock=clock
    )  # opens no database yet, so a fork may take it along
    for line in sys.stdin:
        what, *arguments = line.split(maxsplit=2)
        child = 0 if what == "poison" else os.fork()
        if what == "poison":
            _die_of(shop, arguments[0], arguments[1].strip())
        elif child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with suppress(BaseException):
                _work(shop, arguments)
            os._exit(0)
        print(child, flush=True)


def _work(shop: Payport, arguments: list[str]) -> None:
    if not arguments:
        run_worker(shop, every=_EVERY, stop=Event())
        return

    def rounds() -> None:
        while not shop.work(limit=3).idle:
            pass

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
    _main(*sys.argv[1:])
