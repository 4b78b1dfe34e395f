"""What `payport new-plugin` makes is bought through as it is made, and nothing of the core was opened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from payport import Redirect
from payport.plugin import Request, Response
from payport_contracts.kit.scaffold import write_plugin
from payport_simulators import serve
from tests.support.door import Door
from tests.support.shop import open_shop


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plugin, installed, with what stands in its tests at hand."""
    write_plugin("saomai", title="Sao Mai", folder=tmp_path / "payport-saomai")
    command = ["pip", "install", "--quiet", "--no-deps", "--offline", "--python", sys.executable, "--target"]
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, *command, tmp_path / "site", tmp_path / "payport-saomai"], check=True, timeout=60)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "payport-saomai" / "tests")
    yield tmp_path
    for name in (
        "genuine",
        "simulator",
        "payport_saomai",
        "payport_saomai.saomai",
        "payport_saomai.contracts",
    ):
        sys.modules.pop(name, None)


def test_a_package_is_bought_at_its_page(author: Path, database_url: str) -> None:
    from genuine import KEY
    from simulator import Simulator

    wallet = Simulator(lambda request: Response(503))  # the shop is not there yet
    with serve(wallet) as url:
        shop = open_shop(author, database_url, accounts=account(url, KEY))
        order = shop.order("hoa-mai")
        checkout = shop.payport.pay(order.number, "saomai", buyer_ip="203.0.113.9")
        assert isinstance(checkout, Redirect)
        assert checkout.url == f"{url}/p/T1"
        page, back = httpx.get(checkout.url), httpx.post(checkout.url, content=b"choice=pay")
        assert shop.payport.order(order.number).state == "placed"  # nobody was told

        door = Door(shop, "saomai-main")

        def tell(request: Request) -> Response:
            answer = door.ipn(request.url.query)
            return Response(answer.status, content=answer.body)

        wallet.tell = tell
        wallet.tell_again()

    assert "Give up" in page.text
    assert (back.status_code, back.headers["location"].partition("?")[2]) == (303, "txn=T1")
    assert wallet.untold == []
    assert shop.payport.order(order.number).state == "paid"
    shop.payport.close()


def test_its_return_makes_the_core_ask_and_the_answer_is_the_proof(author: Path, database_url: str) -> None:
    from genuine import KEY
    from simulator import Simulator

    wallet = Simulator(lambda request: Response(503))
    with serve(wallet) as url:
        shop = open_shop(author, database_url, accounts=account(url, KEY))
        order = shop.order("hoa-mai")
        shop.payport.pay(order.number, "saomai", buyer_ip="203.0.113.9")
        ((reference, _),) = wallet.orders()
        wallet.pay(reference)

        Door(shop, "saomai-main").back(b"txn=T1&status=00")
        assert shop.payport.order(order.number).state == "placed"
        shop.payport.work()

    assert shop.payport.order(order.number).state == "paid"
    shop.payport.close()


def account(url: str, key: str) -> str:
    return f"""
[[accounts]]
name = "saomai-main"
plugin = "saomai"
environment = "sandbox"
settings = {{ merchant_code = "SAOMAI01", endpoint = "{url}" }}
keys = [{{ role = "ipn_secret", id = "1", value = "{key}" }}]

[[methods]]
id = "saomai"
accounts = ["saomai-main"]
"""
