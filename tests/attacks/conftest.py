"""What the attacks share: doors, gateways that no plugin has, and the list of rows that nothing tests yet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from payport.rules.payment import Payment
from tests.support.bank_shop import BankShop, accounts_text
from tests.support.bank_site import install_bank
from tests.support.door import Door
from tests.support.gateways import SPEAKERS, Speaker
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop
from tests.support.site import Site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that runs for each gateway does so on SQLite, and for the first of them on PostgreSQL too: what
    is stored of a message is the same for all, and there is one way to store it."""
    first: dict[tuple[object, str], object] = {}

    def is_wanted(item: pytest.Item) -> bool:
        params = (
            item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        )
        gateway = next((params[name] for name in ("speaker", "kind", "gateway") if name in params), None)
        if gateway is None or params.get("database_url") != "postgresql":
            return True
        return first.setdefault((item.parent, item.originalname), gateway) == gateway

    items[:] = [item for item in items if is_wanted(item)]


@pytest.fixture(params=SPEAKERS, ids=str)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    """Each gateway that signs its callbacks, in each of its generations."""
    chosen: Speaker = request.param
    return chosen


@pytest.fixture
def site(speaker: Speaker, open_seller: Callable[..., Shop]) -> Site:
    """A shop that is paid through that gateway, on both databases."""
    return Site(open_seller(**speaker.configuration()), speaker)


@pytest.fixture
def pending(site: Site) -> Payment:
    """Handed over there, and not told of yet."""
    return site.pay()


@pytest.fixture
def genuine(site: Site, pending: Payment) -> bytes:
    """What the gateway would say of it."""
    return site.told(pending)


@pytest.fixture
def door(shop: Shop) -> Door:
    """VNPAY's doors of the shop."""
    return Door(shop)


@pytest.fixture
def open_seller(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """Opens a shop with another catalog or accounts, once or again; its invariants are checked at the end."""
    opened: list[Shop] = []

    def open_(**configuration: Any) -> Shop:
        opened.append(open_shop(tmp_path, database_url, **configuration))
        return opened[-1]

    yield open_
    for each in opened:
        check_invariants(each.payport)
        each.payport.close()


@pytest.fixture(scope="session")
def _bank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_bank(tmp_path_factory.mktemp("site"))


@pytest.fixture
def bank_is_installed(_bank_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The distribution `payport-test-bank` is there, to be discovered, for this test alone."""
    monkeypatch.setattr(sys, "path", [str(_bank_folder), *sys.path])


@pytest.fixture
def open_bank(
    bank_is_installed: None, database_url: str, tmp_path: Path
) -> Iterator[Callable[..., BankShop]]:
    """Opens a shop that is paid through one of the bank's gateways; its invariants are checked at the end."""
    opened: list[BankShop] = []

    def open_(gateway: str, *, endpoint: str = "http://127.0.0.1:9", **keys: str) -> BankShop:
        text = accounts_text(gateway, endpoint=endpoint, **keys)
        opened.append(BankShop(open_shop(tmp_path, database_url, accounts=text)))
        return opened[-1]

    yield open_
    for each in opened:
        check_invariants(each.shop.payport)
        each.shop.payport.close()
