"""Processes that append to the journal, some of it in vain, and seal it meanwhile.

`python -m tests.support.journal_writers payport.toml NAME` runs four threads, each with a number of
transactions; every third is rolled back after it has appended, and after some the journal is sealed.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

from sqlalchemy import Connection

from payport.doors.host import Payport
from payport.service.sealing import seal
from payport.storage.account_records import lock_account
from payport.storage.journal_records import record
from tests.support.shop import NOON

__all__ = ["ACCOUNTS", "KEPT", "written_by_processes"]

ACCOUNTS: Final = ("an-binh", "binh-minh", "chau-thanh")
THREADS: Final = 4
ROUNDS: Final = 12
KEPT: Final = (
    THREADS * ROUNDS // 3 * 2 * 2
)  # entries of one process: two of three rounds stay, two entries each
_ROOT: Final = Path(__file__).parents[2]


def written_by_processes(configuration: Path, *names: str) -> None:
    """Run one process for each name at once, and wait for all. AssertionError: one of them failed."""
    command = [sys.executable, "-m", "tests.support.journal_writers", str(configuration)]
    running = [subprocess.Popen([*command, name], cwd=_ROOT) for name in names]
    assert [process.wait(timeout=100) for process in running] == [0 for _ in names]


class _InVain(Exception):
    pass


def _write(shop: Payport, name: str, failures: list[BaseException]) -> None:
    try:
        for place in range(ROUNDS):
            try:
                shop.seller.database.transaction(
                    partial(_append, name=f"{name} {place}", in_vain=place % 3 == 2)
                )
            except _InVain:
                continue
            if place % 4 == 3:
                seal(shop.seller)
    except BaseException as error:
        failures.append(error)
        raise


def _append(connection: Connection, name: str, *, in_vain: bool) -> None:
    account = random.choice(ACCOUNTS)
    lock_account(connection, account)
    for chain in (f"order of {account}", f"account {account}"):
        record(
            connection,
            chain=chain,
            account=account,
            at=NOON,
            kind="order.updated",
            subject="order",
            reference=name,
            from_state=None,
            to_state="placed",
            facts={"by": name},
            because=name,
        )
    if in_vain:
        raise _InVain


def _main(configuration: str, name: str) -> int:
    shop = Payport.from_config(configuration)
    failures: list[BaseException] = []
    threads: Sequence[Thread] = [
        Thread(target=_write, args=(shop, f"{name} {number}", failures)) for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shop.close()
    return len(failures)


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
