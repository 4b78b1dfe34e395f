"""A town for each test: a shop with a real Payport, and the people around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from payport import AsyncPayport, Payport
from payport_simulators.vnpay import Delivery, Faults, Simulator, Terminal
from payport_storefront.app import create_app
from payport_storefront.demo.folder import TERMINAL, prepare
from payport_storefront.settings import Settings
from storefront.tests.town import ORIGIN, Clock, Directory, Town, sign_in

PLUGIN_THAT_IS_NOT_INSTALLED = """
[[accounts]]
name = "wallet-main"
plugin = "saomai"
environment = "sandbox"

[[methods]]
id = "absent_wallet"
accounts = ["wallet-main"]
"""


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def town(tmp_path: Path, portal: BlockingPortal) -> Iterator[Town]:
    folder = prepare(tmp_path / "shop", ORIGIN, fresh=False)
    with folder.configuration.open("a", encoding="utf-8") as configuration:
        configuration.write(PLUGIN_THAT_IS_NOT_INSTALLED)
    clock = Clock()
    shop = AsyncPayport.from_config(folder.configuration, clock=clock)
    shop.migrate()
    payport = Payport(shop.seller, shop.configuration)
    for account in Directory.ALL:
        payport.start_trial(account)
    gateway = Simulator(
        {TERMINAL: Terminal(TERMINAL, folder.hash_secret)},
        clock=clock,
        faults=Faults(delivery=Delivery.RETURN_ONLY),
    )
    settings = Settings(
        customers=Directory(), session_key=folder.session_key, hosts=("127.0.0.1",), secure=False
    )
    yield Town(create_app(shop, settings, clock=clock, also=sign_in), payport, gateway, clock, portal)
    gateway.close()
    payport.close()
