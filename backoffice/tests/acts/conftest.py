"""Offices of shops in which money comes and goes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from backoffice.tests.acts.clerk import Clerk
from backoffice.tests.office import Office
from payport import AsyncPayport
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.transfers import Transfers, open_transfers


@dataclass
class Desk:
    """An office over a shop that the test plays the buyers and the gateway of."""

    giving: RefundShop
    office: Office

    def clerk(self, name: str = "huy") -> Clerk:
        return Clerk(self.office.person(name))


@dataclass
class TransferDesk:
    transfers: Transfers
    office: Office

    def clerk(self, name: str = "huy") -> Clerk:
        return Clerk(self.office.person(name))


@pytest.fixture
def offices(tmp_path: Path, portal: BlockingPortal) -> Iterator[Callable[[Callable[[], object]], Office]]:
    with ExitStack() as stack:

        def opened(clock: Callable[[], object]) -> Office:
            shop = AsyncPayport.from_config(tmp_path / "payport.toml", clock=clock)  # type: ignore[arg-type]
            stack.callback(portal.call, shop.close)
            return Office(shop, portal)

        yield opened


@pytest.fixture
def desks(
    tmp_path: Path, migrated_sqlite: Path, offices: Callable[[Callable[[], object]], Office]
) -> Iterator[Callable[[str], Desk]]:
    with ExitStack() as stack:

        def opened(four_eyes: str = "") -> Desk:
            shutil.copy(migrated_sqlite, tmp_path / "payport.sqlite")
            url = f"sqlite:///{tmp_path / 'payport.sqlite'}"
            giving = stack.enter_context(refund_shop(tmp_path, url, four_eyes=four_eyes))
            return Desk(giving, offices(giving.shop.clock))

        yield opened


@pytest.fixture
def desk(desks: Callable[[str], Desk]) -> Desk:
    return desks("")


@pytest.fixture
def strict(desks: Callable[[str], Desk]) -> Desk:
    """Refunds above 500,000 and adjustments need two people."""
    return desks("refund = 500_000\nadjust = true\ncancel = true")


@pytest.fixture
def till(
    tmp_path: Path, migrated_sqlite: Path, offices: Callable[[Callable[[], object]], Office]
) -> Iterator[TransferDesk]:
    shutil.copy(migrated_sqlite, tmp_path / "payport.sqlite")
    transfers = open_transfers(tmp_path, f"sqlite:///{tmp_path / 'payport.sqlite'}")
    yield TransferDesk(transfers, offices(transfers.clock))
    transfers.shop.payport.close()
