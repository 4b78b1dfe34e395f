"""Processes that place orders at one moment: `python -m tests.support.placers payport.toml instant`.

Says "ready" when its database is reached, reads a line of JSON, [[account, quote id], …], places all of them
from as many threads, and prints what each came to as a JSON list: an order's number, or an error's field.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from payport import Payport
from payport.errors import PayportError
from payport.rules.quote import Quote
from payport.service.viewing import OrderView
from tests.support.at_once import at_once
from tests.support.shop import BUYER

__all__ = ["place_at_once"]

_ROOT: Final = Path(__file__).parents[2]


def place_at_once(configuration: Path, quotes: Sequence[Quote], *, at: datetime) -> tuple[str, ...]:
    """Place these in two processes, half of them in each; numbers of orders and refused fields, in order."""
    command = [sys.executable, "-m", "tests.support.placers", str(configuration), at.isoformat()]
    half = len(quotes) // 2
    children = [
        subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child, part in zip(children, (quotes[:half], quotes[half:]), strict=True):
        assert child.stdin is not None
        child.stdin.write(json.dumps([(quote.account, quote.id) for quote in part]) + "\n")
        child.stdin.flush()
    return tuple(said for child in children for said in json.loads(child.communicate(timeout=60)[0]))


def _main(configuration: str, instant: str) -> None:
    at = datetime.fromisoformat(instant)
    shop = Payport.from_config(configuration, clock=lambda: at)
    shop.require_current()
    print("ready", flush=True)
    asked: list[tuple[str, str]] = json.loads(sys.stdin.readline())
    results = at_once(*[lambda one=one: shop.place(one[1], BUYER, account=one[0]) for one in asked])
    print(json.dumps([_said(result) for result in results]))
    shop.close()


def _said(result: object) -> str:
    if isinstance(result, OrderView):
        return result.number
    if isinstance(result, PayportError):
        return result.field
    raise AssertionError(f"neither an order nor a refusal: {result!r}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
