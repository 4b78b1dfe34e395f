"""Processes that take one callback and are killed in the middle.

`python -m tests.support.doomed payport.toml account` reads lines of JSON, [instant, point, query]. For each
it forks a child that delivers the query and kills itself (SIGKILL, so that nothing is cleaned up) when it
comes to the point; then it says how the child ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from sqlalchemy import Engine, event

from payport import Payport
from payport.signing.received import Callback, Channel

__all__ = ["POINTS", "Doomed", "Point", "doomed"]

Point: TypeAlias = Literal[
    "INSERT INTO callbacks",
    "INSERT INTO receipts",
    "UPDATE payments",
    "UPDATE orders",
    "INSERT INTO grants",
    "COMMIT",
    "after the commit",
]
POINTS: Final[tuple[Point, ...]] = get_args(Point)
_ROOT: Final = Path(__file__).parents[2]


class Doomed:
    """Delivers callbacks by processes that do not come back."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def deliver(self, query: bytes, *, at: datetime, before: Point) -> None:
        """Deliver, and be killed at that point. AssertionError where the point was never reached."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps([at.isoformat(), before, query.decode()]) + "\n")
        self._program.stdin.flush()
        ended = self._program.stdout.readline().strip()
        assert ended == str(-signal.SIGKILL), f"not killed at {before!r}: {ended!r}"


@contextmanager
def doomed(configuration: Path, *, account: str = "vnpay-main") -> Iterator[Doomed]:
    """A program at the IPN door of one gateway account."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.support.doomed", str(configuration), account],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Doomed(program)
    finally:
        program.communicate(timeout=60)


def _main(configuration: str, account: str) -> None:
    shop = Payport.from_config(configuration)  # opens no database yet, so a fork may take it along
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _deliver(shop, account, *json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _deliver(shop: Payport, account: str, instant: str, point: str, query: str) -> None:
    _die_at(point, shop.seller.database.engine)
    at = datetime.fromisoformat(instant)
    shop.receive(Callback("GET", query.encode(), (), b"", at, account=account, channel=Channel.IPN))


def _die_at(point: str, engine: Engine) -> None:
    def die(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.replace("payport.", "").startswith(point):
            die()

    if point == "COMMIT":
        event.listen(engine, "commit", die)
    elif point == "after the commit":
        event.listen(engine, "checkin", die)
    else:
        event.listen(engine, "before_cursor_execute", look)


if __name__ == "__main__":
    _main(*sys.argv[1:])
