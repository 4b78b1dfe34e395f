"""An office for each test: a real Payport on a fresh database, and a host that has mounted the pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from backoffice.tests.office import Notes, Office
from payport import AsyncPayport
from tests.support.portal import errors_are_logged_plainly, portal
from tests.support.shop import Clock, write_configuration

__all__ = ["errors_are_logged_plainly", "office", "portal", "seller"]


@pytest.fixture
def seller(tmp_path: Path, migrated_sqlite: Path, portal: BlockingPortal) -> Iterator[AsyncPayport]:
    database = tmp_path / "payport.sqlite"
    shutil.copy(migrated_sqlite, database)
    shop = AsyncPayport.from_config(write_configuration(tmp_path, f"sqlite:///{database}"), clock=Clock())
    yield shop
    portal.call(shop.close)


@pytest.fixture
def office(seller: AsyncPayport, portal: BlockingPortal) -> Office:
    Notes.written.clear()
    return Office(seller, portal)
