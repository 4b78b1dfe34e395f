"""A second process that takes callbacks: `python -m tests.support.deliver payport.toml instant copies`.

Says "ready" when its database is reached, waits for a line, then delivers the query of that line as often as
it was told, from as many threads, and prints the answers' bodies as a JSON list.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier

from payport import Payport
from payport.signing.received import Callback, Channel

__all__ = ["deliver_at_once"]

_ROOT = Path(__file__).parents[2]


def deliver_at_once(
    configuration: Path, query: bytes, *, at: datetime, copies: Sequence[int]
) -> tuple[str, ...]:
    """Deliver one message to several processes at one moment, so many copies to each; all answers."""
    command = [sys.executable, "-m", "tests.support.deliver", str(configuration), at.isoformat()]
    children = [
        subprocess.Popen([*command, str(each)], cwd=_ROOT, stdin=-1, stdout=-1, text=True) for each in copies
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write(query.decode() + "\n")
        child.stdin.flush()
    return tuple(answer for child in children for answer in json.loads(child.communicate(timeout=60)[0]))


def _main(configuration: str, instant: str, copies: str) -> None:
    at = datetime.fromisoformat(instant)
    shop = Payport.from_config(configuration, clock=lambda: at)
    shop.require_current()
    print("ready", flush=True)
    query = sys.stdin.readline().rstrip("\n").encode()
    start = Barrier(int(copies))
    callback = Callback("GET", query, (), b"", at, account="vnpay-main", channel=Channel.IPN)

    def deliver(_: int) -> str:
        start.wait()
        return shop.receive(callback).reply.body.decode()

    with ThreadPoolExecutor(int(copies)) as pool:
        print(json.dumps(list(pool.map(deliver, range(int(copies))))))
    shop.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
