"""A house in which much is amiss: each thing is told on its page, and leads whoever may act to its end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import update

from backoffice.tests.office import ROOM, Office
from payport import AsyncPayport, Payport
from payport.storage import tables as t
from payport.storage.stop_records import stop
from tests.support.catalogs import catalog_text
from tests.support.receivers import webhook
from tests.support.shop import Clock, Shop, write_configuration
from tests.support.sign import SECRET

GONE = """[[accounts]]
name = "gone"
plugin = "no_such_gateway"
environment = "sandbox"
settings = {}
"""
LATER = catalog_text(
    ("price = 1_000_000 ", "price = 1_100_000 "), version="test-2027", since="2027-01-01T00:00:00+07:00"
)


@pytest.fixture
def troubled(tmp_path: Path, migrated_sqlite: Path, portal: BlockingPortal) -> Iterator[Office]:
    database = tmp_path / "payport.sqlite"
    shutil.copy(migrated_sqlite, database)
    file = write_configuration(
        tmp_path,
        f"sqlite:///{database}",
        accounts=GONE + webhook("https://crm.example/hook"),
        later_catalogs=(LATER,),
    )
    text = file.read_text(encoding="utf-8")
    ending = f'"{SECRET}", not_after = 2026-12-10T00:00:00+07:00 }}'
    file.write_text(text.replace(f'"{SECRET}" }}', ending), encoding="utf-8")
    seller = AsyncPayport.from_config(file, clock=Clock())
    yield Office(seller, portal)
    portal.call(seller.close)


def test_what_is_amiss_stands_on_its_page_and_leads_to_its_end(troubled: Office, tmp_path: Path) -> None:
    clock = troubled.shop.seller.clock
    assert isinstance(clock, Clock)
    shop = Shop(Payport(troubled.shop.seller, troubled.shop.configuration), clock, tmp_path)
    paid = shop.pay(shop.order())
    parked = update(t.payments).values(parked_at=clock(), due_at=clock(), last_error="the gateway is down")
    told = update(t.deliveries).values(
        state="parked", parked_at=clock(), due_at=None, last_error="it said 500", tries=9
    )
    for change in (parked, told):
        shop.payport.seller.database.transaction(lambda connection, change=change: connection.execute(change))
    shop.payport.seller.database.transaction(
        lambda connection: stop(connection, "crm", at=clock(), because="410")
    )

    huy, anh = troubled.person("huy"), troubled.person("anh")
    work = huy.get(f"{ROOM}/work").text
    assert f'href="{ROOM}/work/{paid.merchant_reference}/unpark"' in work
    assert re.search(rf'href="{ROOM}/events/evt_\w+/replay"', work)
    assert f'href="{ROOM}/subscribers/crm/resume"' in work
    for said in ("the gateway is down", "it said 500", "410", "crm.example", "2026-a"):
        assert said in work, said
    assert "/unpark" not in anh.get(f"{ROOM}/work").text

    assert "no_such_gateway" in anh.get(f"{ROOM}/house").text
    assert "Ends soon" in anh.get(f"{ROOM}/house/keys").text
    assert (
        "not_before = 2026-12-09T00:00:00+07:00" in anh.get(f"{ROOM}/house/keys/vnpay-main/hash_secret").text
    )
    compared = anh.get(f"{ROOM}/house/catalogs?before=test-2026&after=test-2027").text
    assert "What test-2027 changes against test-2026" in compared
    assert ">₫110,000</span> <small" in compared

    today = huy.get(f"{ROOM}/").text
    for path in (
        f"/work/{paid.merchant_reference}/unpark",
        "/subscribers/crm/resume",
        "/house/keys/vnpay-main/hash_secret",
        "/house",
    ):
        assert f'href="{ROOM}{path}"' in today, path
    kinds = re.findall(r'<li class="need( urgent)?">', today)
    assert kinds == sorted(kinds, reverse=True), "what keeps others waiting stands first"
