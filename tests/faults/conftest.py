"""What the faults share: a bank that remembers, processes to kill, as many fresh databases as it takes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from conftest import DATABASES
from tests.support.bank_shop import accounts_text
from tests.support.bank_site import install_bank
from tests.support.killing import Killer, killer
from tests.support.ledger_bank import LedgerBank, ledger_bank
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop

Opener = Callable[..., AbstractContextManager[Shop]]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_bank(tmp_path_factory.mktemp("faults-site"))


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bank's plugins are there, to be discovered, for this test alone."""
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])


@pytest.fixture
def bank(installed: None) -> Iterator[LedgerBank]:
    with ledger_bank() as opened:
        yield opened


@pytest.fixture(scope="session")
def dying(site: Path) -> Iterator[Killer]:
    """One process for all tests: it is longer about its start than about a path."""
    with killer(site) as opened:
        yield opened


@pytest.fixture(params=DATABASES)
def fresh_shop(request: pytest.FixtureRequest, bank: LedgerBank, tmp_path: Path) -> Opener:
    """Opens a shop on an empty database, again and again; its invariants are checked each time at the end.

    Takes what stands in its payport.toml beside the shop's own; at first the bank.
    """

    @contextmanager
    def fresh_url(folder: Path) -> Iterator[str]:
        if request.param == "sqlite":
            shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "payport.sqlite")
            yield f"sqlite:///{folder / 'payport.sqlite'}"
            return
        with request.getfixturevalue("postgres").fresh() as url:
            yield url

    @contextmanager
    def fresh(**configuration: str) -> Iterator[Shop]:
        configuration = {"accounts": accounts_text("bank_begin", endpoint=bank.url)} | configuration
        folder = tmp_path / f"shop-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        with fresh_url(folder) as url:
            shop = open_shop(folder, url, **configuration)
            try:
                yield shop
                check_invariants(shop.payport)
            finally:
                shop.payport.close()

    return fresh
