"""Opens the world: one database, two processes on it, and a log in which no error stays unseen."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from payport.rules.purchase import read_purchase
from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.simulation.acts import ACTS
from tests.simulation.host import Host
from tests.simulation.machine import Machine
from tests.simulation.world import HOST_MOODS, World
from tests.support.bank_shop import accounts_text
from tests.support.catalogs import catalog_text
from tests.support.shop import BUYER, Clock, write_configuration
from tests.support.transfers import ACCOUNTS as BY_HAND_ACCOUNTS

__all__ = ["open_world"]

_CATALOG: Final = catalog_text(
    ("{ months = 12, price = 10_000_000 }", "{ months = 1, price = 1_000_000 }"),
    ("uses = 1", "uses = 2"),
    policies="add_capacity_threshold = 1\nswitch_any_time = true\nusage_max_age = { days = 3660 }",
)
_METHODS: Final = """
[[methods]]
id = "bank"
accounts = ["bank-a", "bank-b"]

[[methods]]
id = "other_bank"
accounts = ["bank-b"]
"""
_SECOND_BANK: Final = accounts_text("bank_begin", name="bank-b", method="-", endpoint="http://127.0.0.1:10")


class _Errors(logging.Handler):
    """Keeps errors, and counts the warnings that an event could not be told."""

    def __init__(self, keep: Callable[[str], None], host: Host) -> None:
        super().__init__(logging.WARNING)
        self._keep, self._host = keep, host

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "payport.events" and record.levelno == logging.WARNING:
            self._host.untold += 1
        elif record.levelno >= logging.ERROR:
            self._keep(record.getMessage())


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Whoever opens it has the bank's plugin on `sys.path`, and no chance: see `machine.without_chance`."""
    url = f"sqlite:///{folder / 'payport.sqlite'}"
    configuration = write_configuration(folder, url, accounts=_accounts(), catalog=_CATALOG)
    database = Database(url)
    migrate(database)
    database.close()
    clock = Clock()
    host = Host(lambda: world.random.choice(HOST_MOODS))
    first, second = (Machine(name, configuration, clock, host.hear) for name in "AB")
    rows = sqlite3.connect(folder / "payport.sqlite", isolation_level=None)
    world = World((first, second), clock, rows, ACTS, host)
    first.gateway = second.gateway = world.gateway
    errors = _Errors(world.errors.append, host)
    log = logging.getLogger("payport")
    log.addHandler(errors)
    propagate, log.propagate = log.propagate, False
    try:
        world.empty()
        _warm_up(world)
        yield world
    finally:
        log.removeHandler(errors)
        log.propagate = propagate
        rows.close()
        first.close()
        second.close()


def _accounts() -> str:
    """One method that two banks serve, one that only the second serves, and one by hand."""
    first = accounts_text("bank_begin", name="bank-a", endpoint="http://127.0.0.1:9")
    second = _SECOND_BANK.partition("[[methods]]")[0]
    return first.partition("[[methods]]")[0] + second + _METHODS + BY_HAND_ACCOUNTS


def _warm_up(world: World) -> None:
    """Everything that a process remembers is remembered: the first history is like the thousandth."""
    for machine in world.machines:
        for package in ("standard", "enterprise"):
            quote = machine.payport.quote(
                "an", read_purchase({"kind": "new", "package": package, "months": 1})
            )
            machine.payport.place(quote, BUYER)
