"""A town for each test: a shop with a real Payport, and the people around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from anyio.from_thread import BlockingPortal, start_blocking_portal

from storefront.tests.town import BOUGHT, Clock, Directory, Town, open_town
from tests.support.shop import Clock as Still

PLUGIN_THAT_IS_NOT_INSTALLED = """
[[accounts]]
name = "wallet-main"
plugin = "saomai"
environment = "sandbox"

[[methods]]
id = "absent_wallet"
accounts = ["wallet-main"]
"""


@pytest.fixture(scope="session", autouse=True)
def _errors_are_logged_plainly() -> None:
    """What a host leaves unsaid, structlog draws for a terminal, in colours and boxes: a second for each."""
    *others, _ = structlog.get_config()["processors"]
    line = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, line])


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def holders(tmp_path: Path, migrated_sqlite: Path, portal: BlockingPortal) -> Iterator[Town]:
    """Nobody holds anything, and the time stands still until it is moved: prices by days can be foretold."""
    with open_town(tmp_path / "shop", Still(BOUGHT), migrated=migrated_sqlite) as town:
        town.portal = portal
        yield town


@pytest.fixture
def town(tmp_path: Path, migrated_sqlite: Path, portal: BlockingPortal) -> Iterator[Town]:
    """Everybody is on trial, and time passes."""
    with open_town(
        tmp_path / "shop", Clock(), more=PLUGIN_THAT_IS_NOT_INSTALLED, migrated=migrated_sqlite
    ) as town:
        town.portal = portal
        for account in Directory.ALL:
            town.payport.start_trial(account)
        yield town
