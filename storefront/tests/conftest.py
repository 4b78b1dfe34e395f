"""A town for each test: a shop with a real Payport, and the people around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from storefront.tests.town import BOUGHT, Clock, Directory, Town, open_town
from tests.support.portal import errors_are_logged_plainly, portal
from tests.support.shop import Clock as Still

__all__ = ["errors_are_logged_plainly", "holders", "portal", "town"]

PLUGIN_THAT_IS_NOT_INSTALLED = """
[[accounts]]
name = "wallet-main"
plugin = "saomai"
environment = "sandbox"

[[methods]]
id = "absent_wallet"
accounts = ["wallet-main"]
"""


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
