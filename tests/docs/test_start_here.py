"""docs/start-here.md: what its reader types is what runs here, against a real file and the VNPAY plugin."""

from __future__ import annotations

import asyncio
import inspect
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from payport import AsyncPayport, BuyerDetails, Callback, Channel, New, Payport, Redirect
from payport_simulators import serve
from payport_simulators.vnpay import Delivery, Faults, Simulator, Terminal, Transaction, app
from tests.docs.pages import ROOT, blocks, page, rows, section
from tests.support.sign import ipn_query

PAGE = page("start-here.md")
CATALOG, CONFIGURATION = blocks(PAGE, "toml")
SYNC, ASYNC, COMING_BACK, BY_HAND = blocks(PAGE, "python")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's own folder, with the two files of the page."""
    (tmp_path / "catalog.toml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "payport.toml").write_text(CONFIGURATION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paid(reference: str, minor: int) -> Callback:
    """What VNPAY would send, signed with the page's key by the test itself."""
    (account,) = tomllib.loads(CONFIGURATION)["accounts"]
    query = ipn_query(
        reference, minor, secret=account["keys"][0]["value"], tmn_code=account["settings"]["tmn_code"]
    )
    return Callback("GET", query, (), b"", datetime.now(UTC), account["name"], Channel.IPN)


def run(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(block, "<docs/start-here.md>", "exec"), names)
    return names


class TestTheTenLines:
    def test_are_ten(self) -> None:
        assert len([line for line in SYNC.splitlines() if line.strip()]) == 10
        assert len([line for line in ASYNC.splitlines() if line.strip()]) <= 10

    def test_sell_a_package(self, capsys: pytest.CaptureFixture[str]) -> None:
        names = run(SYNC)
        shop: Payport = names["shop"]
        (payment,) = shop.order(names["order"].number).payments

        reply = names["ipn"](paid(payment.merchant_reference, payment.amount.minor))

        assert reply.body == b'{"RspCode":"00","Message":"Confirm Success"}'
        assert shop.order(names["order"].number).state == "paid"
        assert shop.entitlement("binh-minh").package == "standard"
        assert "vnp_SecureHash=" in capsys.readouterr().out
        shop.close()

    def test_sell_a_package_to_an_async_host(self) -> None:
        names = run(ASYNC)
        shop = names["shop"]

        async def whole() -> tuple[Any, Any, Any]:
            order, checkout = await names["buy"]()
            assert isinstance(checkout, Redirect)
            (payment,) = (await shop.order(order.number)).payments
            reply = await names["ipn"](paid(payment.merchant_reference, payment.amount.minor))
            seen = await shop.order(order.number)
            held = await shop.entitlement("hoa-mai")
            await shop.close()
            return reply, seen, held

        shop.migrate()
        reply, order, held = asyncio.run(whole())

        assert reply.body == b'{"RspCode":"00","Message":"Confirm Success"}'
        assert (order.state, held.package) == ("paid", "standard")


class TestWhenTheCustomerComesBack:
    def test_says_what_is_open_and_why_it_holds_what_it_holds(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        names = run(SYNC)
        (payment,) = names["shop"].order(names["order"].number).payments
        names["ipn"](paid(payment.merchant_reference, payment.amount.minor))
        names["shop"].close()

        names = run(COMING_BACK)
        names["shop"].close()

        out = capsys.readouterr().out
        assert "new is closed: a package is held already" in out
        assert "renew is closed: open only in the last 30 days of the term 20" in out
        assert "kind: open only in the last 30 days" in out
        assert "a package was bought" in out


def test_the_words_are_ten_and_the_people_three() -> None:
    assert len(rows(section(PAGE, "Ten words"))) == 10
    assert len(rows(section(PAGE, "Three people"))) == 3


def test_both_hosts_have_the_verbs_that_the_page_names() -> None:
    verbs = [name for name, _ in inspect.getmembers(Payport, inspect.isfunction) if name[0] != "_"]

    assert {
        "quote",
        "place",
        "pay",
        "receive",
        "order",
        "entitlement",
        "offers",
        "methods",
        "explain",
    } <= set(verbs)
    assert all(hasattr(AsyncPayport, name) for name in verbs)


def test_the_readme_of_the_core_shows_the_same_lines() -> None:
    assert blocks((ROOT / "core" / "README.md").read_text(encoding="utf-8"), "python") == [SYNC]


ORDER_ONLY = """
[[accounts]]
name = "order-only"
plugin = "order_only"
environment = "sandbox"
settings = { bank_bin = "970436", account_number = "0123456789", account_holder = "SAO VIET" }

[[methods]]
id = "order_only"
accounts = ["order-only"]
"""


class TestWhatPeopleDo:
    def test_confirms_a_transfer_and_gives_a_part_of_a_payment_back(self, folder: Path) -> None:
        (account,) = tomllib.loads(CONFIGURATION)["accounts"]
        code = account["settings"]["tmn_code"]
        terminal = Terminal(code, account["keys"][0]["value"])
        gateway = Simulator({code: terminal}, faults=Faults(delivery=Delivery.RETURN_ONLY))
        with serve(app(gateway)) as url:
            settings = f'tmn_code = "{code}", api_url = "{url}/merchant_webapi/api/transaction"'
            simulated = CONFIGURATION.replace(f'tmn_code = "{code}"', settings)
            (folder / "payport.toml").write_text(simulated + ORDER_ONLY, encoding="utf-8")
            shop = Payport.from_config("payport.toml")
            shop.migrate()
            waits = self.order(shop, "binh-minh", "order_only")
            bought = self.order(shop, "hoa-mai", "domestic_card")
            (payment,) = bought.payments
            checkout = shop.pay(bought.number, "domestic_card", buyer_ip="203.0.113.9")
            assert isinstance(checkout, Redirect)
            opened = gateway.open(urlsplit(checkout.url).query.encode())
            assert isinstance(opened, Transaction)
            gateway.settle(opened.token)
            shop.receive(
                Callback(
                    "GET",
                    gateway.genuine_query(payment.merchant_reference).encode(),
                    (),
                    b"",
                    datetime.now(UTC),
                    account["name"],
                    Channel.IPN,
                )
            )

            names: dict[str, Any] = {"shop": shop, "order": waits, "payment": payment}
            exec(compile(BY_HAND, "<docs/start-here.md>", "exec"), names)

        assert shop.order(waits.number).state == "paid"
        assert (names["may"].by_gateway, names["may"].left) == (True, payment.amount)
        (refund,) = shop.refunds(bought.number)
        assert (refund.state, refund.amount.minor) == ("submitted", 500_000)
        gateway.close()
        shop.close()

    def order(self, shop: Payport, account: str, method: str) -> Any:
        quote = shop.quote(account, New(package="standard", months=12))
        order = shop.place(quote, BuyerDetails(name="Nguyễn Văn A", email="a@example.vn"))
        shop.pay(order.number, method, buyer_ip="203.0.113.9")
        return shop.order(order.number)
