"""Processes that ask for refunds: many at one moment, or one that is killed on its way.

`python -m tests.support.refunders payport.toml instant` says "ready", reads a line of JSON, [reference,
minor, [key, …]], asks for all of them from as many threads, and prints what each came to: a state, or a
refused field. With another word, a point of `POINTS`, it asks for one and kills itself (SIGKILL) there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, event

from payport import Payport
from payport.errors import PayportError
from payport.rules.money import Money, vnd
from payport.rules.refund import Refund
from tests.support.at_once import at_once

__all__ = ["POINTS", "refund_and_die", "refund_at_once"]

_ROOT: Final = Path(__file__).parents[2]
POINTS: Final = {
    "before it is reserved": ("commit", 1),
    "before it is sent": ("checkin", 1),
    "before the answer is kept": ("commit", 2),
    "after the answer is kept": ("checkin", 2),
}
"""By the transaction that begins or ends there."""


def refund_at_once(
    configuration: Path, site: Path, reference: str, amount: Money, keys: Sequence[str], *, at: datetime
) -> tuple[str, ...]:
    """In two processes, half of them in each."""
    children = [_child(configuration, site, at) for _ in range(2)]
    half = len(keys) // 2
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child, part in zip(children, (keys[:half], keys[half:]), strict=True):
        assert child.stdin is not None
        child.stdin.write(json.dumps([reference, amount.minor, part]) + "\n")
        child.stdin.flush()
    return tuple(said for child in children for said in json.loads(child.communicate(timeout=60)[0]))


def refund_and_die(
    configuration: Path, site: Path, reference: str, amount: Money, key: str, *, at: datetime, point: str
) -> None:
    child = _child(configuration, site, at, point)
    child.communicate(json.dumps([reference, amount.minor, [key]]) + "\n", timeout=60)
    assert child.returncode == -signal.SIGKILL, f"not killed {point}: {child.returncode}"


def _child(configuration: Path, site: Path, at: datetime, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.refunders", str(configuration), at.isoformat(), *more],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(site)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _main(configuration: str, instant: str, point: str = "") -> None:
    at = datetime.fromisoformat(instant)
    shop = Payport.from_config(configuration, clock=lambda: at)
    shop.require_current()
    print("ready", flush=True)
    reference, minor, keys = json.loads(sys.stdin.readline())
    if point:
        _die_at(shop.seller.database.engine, *POINTS[point])

    def ask(key: str) -> Refund:
        return shop.refund(reference, vnd(minor), key=key, actor="lan", reason="the buyer asked for it")

    print(json.dumps([_said(one) for one in at_once(*[lambda key=key: ask(key) for key in keys])]))
    shop.close()


def _die_at(engine: Engine, moment: str, turn: int) -> None:
    """At the so-many-th end of a transaction; what only reads counts as none."""
    seen = 0

    def look(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == turn:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, moment, look)


def _said(result: object) -> str:
    if isinstance(result, Refund):
        return str(result.state)
    if isinstance(result, PayportError):
        return result.field
    raise AssertionError(f"neither a refund nor a refusal: {result!r}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
