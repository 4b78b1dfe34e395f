"""Processes that walk a path and are killed on it, at every moment in turn.

`python -m tests.support.killing` reads lines of JSON. `{"open", "path"}` reads a seller, and names the path
(tests/support/paths.py) of all that follow, until the next one. `{"at", "about"}` walks it to its end. With a
`moment` too, a forked child walks it and kills itself (SIGKILL, so that nothing is cleaned up) at the
so-many-th, or at the first of that name; the answer is its name, or null where the path ended before it.

Moments are: before and after every SQL statement, every commit and every request to a gateway. Two between
which nothing was written, committed or sent are one, unless PAYPORT_EVERY_MOMENT is set: reading leaves
nothing but locks, which die with their process.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import Engine, event

from payport import Payport
from tests.support.compiled import compiling_once
from tests.support.paths import PATHS
from tests.support.shop import Clock

__all__ = ["Killer", "killer", "on_moments"]

_ROOT: Final = Path(__file__).parents[2]
_READS: Final = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE")
_EVERY: Final = "PAYPORT_EVERY_MOMENT" in os.environ


class Killer:
    """Sends processes on a path, and kills them there."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def open(self, configuration: Path, path: str) -> None:
        """The seller and the path of all that follow."""
        assert self._ask({"open": str(configuration), "path": path}) == "opened"

    def walk(self, about: str, *, at: datetime) -> None:
        """To the end, so that those who die later keep in mind what any process does."""
        assert self._ask({"about": about, "at": at.isoformat()}) == "walked"

    def die(self, about: str, *, at: datetime, moment: int | str) -> str | None:
        """The moment's name; None where the child came to the end of its path before."""
        said = self._ask({"about": about, "at": at.isoformat(), "moment": moment})
        assert said is None or isinstance(said, str), f"not killed at moment {moment}: {said}"
        return said

    def _ask(self, line: dict[str, Any]) -> Any:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(line) + "\n")
        self._program.stdin.flush()
        return json.loads(self._program.stdout.readline())


@contextmanager
def killer(site: Path) -> Iterator[Killer]:
    """`site`: where the bank's distribution is (tests/support/bank_site.py)."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.support.killing"],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(site)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Killer(program)
    finally:
        program.communicate(timeout=60)


def on_moments(engine: Engine, look: Callable[[str], None]) -> None:
    """Call `look` with the moment's name, at each that this process comes to."""
    changed, dirty = True, False

    def moment(name: str) -> None:
        nonlocal changed
        if changed or _EVERY:
            changed = False
            look(name)

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        moment(f"before {_short(statement)}")

    def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal changed, dirty
        if not statement.startswith(_READS):
            changed = dirty = True
        moment(f"after {_short(statement)}")

    def commit(connection: Any) -> None:
        nonlocal changed, dirty
        moment("before COMMIT")
        committed(connection)
        changed, dirty = changed or dirty, False
        moment("after COMMIT")

    def handle(transport: Any, request: httpx.Request) -> Any:
        nonlocal changed
        moment(f"before SEND {request.url.path}")
        answer = sent(transport, request)
        changed = True
        moment(f"after SEND {request.url.path}")
        return answer

    committed, sent = engine.dialect.do_commit, httpx.HTTPTransport.handle_request
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    engine.dialect.do_commit = commit  # type: ignore[method-assign, assignment]
    httpx.HTTPTransport.handle_request = handle  # type: ignore[method-assign, assignment]


def _short(statement: str) -> str:
    return " ".join(statement.replace("payport.", "").split()[:3])


class _Doomed:
    """One path of one seller. What is walked here first is compiled when a child is forked."""

    def __init__(self, configuration: str, path: str) -> None:
        self._clock = Clock()
        self._first = Payport.from_config(configuration, clock=self._clock)
        self._walk = PATHS[path]
        self._look: Callable[[str], None] = lambda _name: None
        on_moments(self._first.seller.database.engine, self._seen)

    def _seen(self, name: str) -> None:
        self._look(name)

    def close(self) -> None:
        self._first.close()

    def walk(self, about: str, at: str) -> str:
        self._clock.now = datetime.fromisoformat(at)
        shop = Payport(self._first.seller, self._first.configuration)  # with connections of its own
        self._walk(shop, self._clock, about)
        shop.close()
        gc.freeze()  # what is there already: no child looks through it, and copies it by looking
        return "walked"

    def die(self, about: str, at: str, moment: int | str) -> object:
        """The name of the moment; None where the path ended before it."""
        ours, its = os.pipe()
        child = os.fork()
        if child == 0:
            self._clock.now = datetime.fromisoformat(at)
            self._look = _killing_at(moment, its)
            self._walk(Payport(self._first.seller, self._first.configuration), self._clock, about)
            os._exit(0)
        os.close(its)
        with os.fdopen(ours, "rb") as pipe:
            name = pipe.read().decode()
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        if ended == 0:
            return None
        return name if name and ended == -signal.SIGKILL else {"exit code": ended}


def _killing_at(moment: int | str, pipe: int) -> Callable[[str], None]:
    seen = 0

    def look(name: str) -> None:
        nonlocal seen
        seen += 1
        if moment in (seen, name):
            os.write(pipe, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    return look


def _main() -> None:
    doomed: _Doomed | None = None
    plain = httpx.HTTPTransport.handle_request
    for line in sys.stdin:
        asked = json.loads(line)
        said: object = "opened"
        if "open" in asked:
            httpx.HTTPTransport.handle_request = plain  # type: ignore[method-assign]
            if doomed is not None:
                doomed.close()
                gc.unfreeze()
            doomed = _Doomed(asked["open"], asked["path"])
        elif doomed is not None:
            said = doomed.die(**asked) if "moment" in asked else doomed.walk(**asked)
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    with compiling_once():
        _main()
