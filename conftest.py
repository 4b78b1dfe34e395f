"""What every distribution's tests share: both databases, real ones, fresh for each test; and one browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.support.compiled import compiling_once
from tests.support.discovered import discovering_once
from tests.support.hasty import in_a_hurry, without_hurry
from tests.support.logs import capturing_logs
from tests.support.oracle import check_invariants
from tests.support.postgres import Postgres, running_postgres
from tests.support.rows import rows_without_a_test
from tests.support.shop import Shop, open_shop
from tests.support.warm import keeping_connections

DATABASES = ("sqlite", "postgresql")

settings.register_profile("patient", deadline=None)  # how long one example takes, a busy machine decides
settings.load_profile("patient")

CHROMIUM_WITHOUT_THE_WORLD = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # the first two: a process of its own for each window's address bar, which nobody sees; the others would
    # be off by Playwright's own list, which this one takes the place of
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,HttpsUpgrades,PaintHolding,MediaRouter,OptimizationHints",
)


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests in their order: xdist would send the biggest groups first."""
    config.option.loadscopereorder = False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's loop stays on a worker's main thread, where no other can then run."""
    items.sort(key=_is_of_a_browser)


def _is_of_a_browser(item: pytest.Item) -> bool:
    """By its parameter, by which pytest keeps tests together: one that stood early would draw all others."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and "browser_name" in callspec.params


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("PAYPORT_CHROMIUM") or shutil.which("chromium"),
        "args": list(CHROMIUM_WITHOUT_THE_WORLD),
    }


@pytest.fixture(scope="session")
def base_url() -> str:
    """The tests name whole addresses. (The plugin's own fixture warns under this pytest.)"""
    return ""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "payport.sqlite"
    database = Database(f"sqlite:///{file}")
    migrate(database)
    database.close()
    return file


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database: the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        file = tmp_path / "payport.sqlite"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite:///{file}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.fresh() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _what_no_test_changes_is_worked_out_once() -> Iterator[None]:
    with compiling_once(), discovering_once(), keeping_connections(), in_a_hurry():
        yield


@pytest.fixture
def durable() -> Iterator[None]:
    """SQLite waits for the disk, as it does for everybody else."""
    with without_hurry():
        yield


@pytest.fixture(autouse=True)
def _logs_are_kept() -> Iterator[None]:
    """What a test logs is searched for secrets, with what it stores."""
    with capturing_logs():
        yield


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A seller whose invariants are checked when the test ends, whatever its outcome."""
    opened = open_shop(tmp_path, database_url)
    yield opened
    check_invariants(opened.payport)
    opened.payport.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After all tests, say which attacks are known and not tested, so that nobody takes the list for done.

    Here, and not beside the attacks: with several workers only this file is read by the process that reports.
    """
    missing = [row.id for row in rows_without_a_test()]
    if missing and terminalreporter.config.args_source is not pytest.Config.ArgsSource.ARGS:
        terminalreporter.write_line(f"{len(missing)} attacks have no test yet: {' '.join(missing)}")
