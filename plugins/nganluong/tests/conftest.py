"""An account of the sandbox, and a NgânLượng that answers by the sheet alone: as values, and on a socket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from vcr import VCR

from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import Context, Payment, Response
from payport.rules import payment as kept
from payport.service.receiving import Receipt
from payport.service.viewing import OrderView
from payport.signing.received import Channel
from payport.testing import a_context, a_payment, an_answer, offered
from payport_nganluong import nganluong
from payport_nganluong.nganluong_account import Settings
from payport_simulators import serve
from tests.support.cassettes import Cassettes
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop

SECRET = "TEST-nl secret  of the tests"  # blanks count
DIGEST = hashlib.md5(SECRET.encode(), usedforsecurity=False).hexdigest()
TOKEN = "143000-0123456789abcdef0123456789abcdef"
PAGE = f"https://sandbox.nganluong.example/nl35/version31/index/token_code/{TOKEN}"
RECEIVER = "Merchant@example.vn"
CASSETTES = Cassettes(secrets={SECRET}, masked={DIGEST})


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    CASSETTES.register(vcr)


@pytest.fixture
def cassettes() -> Cassettes:
    return CASSETTES


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    return CASSETTES.config


def xml(fields: dict[str, str | None]) -> bytes:
    """One element for each field; None leaves it out. Values go in as they are."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value is not None)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<result>{inside}</result>'.encode()


@dataclass(frozen=True)
class Gateway:
    """NgânLượng's side: what it would answer about `an_asked_payment()`."""

    secret: str = SECRET
    digest: str = DIGEST
    token: str = TOKEN
    page: str = PAGE

    def created(self, **changes: str | None) -> Response:
        fields: dict[str, str | None] = {
            "error_code": "00",
            "token": TOKEN,
            "description": "",
            "time_limit": "1440",
            "checkout_url": PAGE,
        }
        return an_answer(content=xml(fields | changes))

    def detail(self, **changes: str | None) -> Response:
        fields: dict[str, str | None] = {
            "error_code": "00",
            "token": TOKEN,
            "description": "",
            "transaction_status": "00",
            "receiver_email": RECEIVER,
            "order_code": "PP23456789AB",
            "total_amount": "150000",
            "payment_method": "ATM_ONLINE",
            "bank_code": "VCB",
            "payment_type": "1",
            "order_description": "Don hang",
            "return_url": "https%3A%2F%2Fshop.example%2Freturn",
            "buyer_fullname": "Nguyễn Thị Mai",
            "transaction_id": "19900001",
        }
        return an_answer(content=xml(fields | changes))

    def refusal(self, code: str, **more: str | None) -> Response:
        return an_answer(content=xml({"error_code": code, "description": ""} | more))

    def order_check(self, code: str = "00", **changes: Any) -> Response:
        data = {
            "token": TOKEN,
            "transaction_status": "00",
            "receiver_email": RECEIVER,
            "order_code": "PP23456789AB",
            "total_amount": 150_000,
            "payment_method": "QRCODE",
            "bank_code": "EXB",
            "payment_type": 1,
            "affiliate_code": "null",
            "transaction_id": 19_900_001,
        }
        return an_answer({"error_code": code, "data": data | changes})


def an_asked_payment(**changes: Any) -> Payment:
    """Its token is known."""
    return a_payment(**({"checkout_reference": TOKEN} | changes))


@pytest.fixture(scope="session")
def account_with() -> Callable[..., GatewayAccount]:
    """The sandbox account, with these settings on top of its own."""
    registry = discover(
        contracts=ContractLibrary.installed(), entry_points=offered(nganluong, name="nganluong")
    )

    def make(**settings: Any) -> GatewayAccount:
        table = {
            "name": "nganluong-main",
            "plugin": "nganluong",
            "environment": "sandbox",
            "settings": {"merchant_id": "0045571", "receiver_email": RECEIVER} | settings,
            "keys": [{"role": "merchant_password", "id": "2026-11", "value": SECRET}],
        }
        return load_accounts([table], registry=registry, approved={})["nganluong-main"]

    return make


@pytest.fixture(scope="session")
def account(account_with: Callable[..., GatewayAccount]) -> GatewayAccount:
    return account_with()


@pytest.fixture
def in_context(account: GatewayAccount) -> Context[Settings]:
    return a_context(account=account)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def asked_payment() -> Callable[..., Payment]:
    return an_asked_payment


@dataclass
class Wallet:
    """NgânLượng on a socket: gives tokens, and answers about each what a test has put down for it.

    `answers`: by token, or under a function's name for whatever it is asked; else 81.
    """

    url: str = ""
    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def pays(self, about: str, *, transaction: str, **changes: str | None) -> None:
        order = self.orders[about]
        fields: dict[str, str | None] = {
            "error_code": "00",
            "token": about,
            "transaction_status": "00",
            "receiver_email": order["receiver_email"],
            "order_code": order["order_code"],
            "total_amount": order["total_amount"],
            "payment_method": order["payment_method"],
            "payment_type": "1",
            "transaction_id": transaction,
        }
        self.answers[about] = xml(fields | changes)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        said = self._said(dict(parse_qsl(body.decode("ascii"), strict_parsing=True)))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": said})

    def _said(self, form: dict[str, str]) -> bytes:
        self.asked.append(form)
        if form["merchant_password"] != DIGEST:
            return xml({"error_code": "07"})
        if form["function"] in self.answers:
            return self.answers[form["function"]]
        if form["function"] == "SetExpressCheckout":
            token = f"{143_000 + len(self.orders)}-{'0123456789abcdef' * 2}"
            self.orders[token] = form
            return xml({"error_code": "00", "token": token, "checkout_url": f"{self.url}/{token}"})
        return self.answers.get(form["token"], xml({"error_code": "81", "token": form["token"]}))


@pytest.fixture
def wallet() -> Iterator[Wallet]:
    server = Wallet()
    with serve(server) as url:
        server.url = url
        yield server


@dataclass
class WalletShop:
    """A shop that is paid through NgânLượng, on a real core and a real socket."""

    shop: Shop
    wallet: Wallet

    def pay(self, order: OrderView, choice: str | None = None) -> kept.Payment:
        before = self.shop.payport.order(order.number).payments
        self.shop.payport.pay(order.number, "wallet", choice, buyer_ip="203.0.113.9")
        (payment,) = set(self.shop.payport.order(order.number).payments) - set(before)
        return payment

    def tells(self, query: str, channel: Channel = Channel.IPN) -> Receipt:
        return self.shop.deliver(query.encode(), channel=channel, account="nganluong-main")

    def work(self, **later: float) -> None:
        self.shop.clock.forward(**(later or {"seconds": 1}))
        self.shop.payport.work(20)


def accounts_text(api_url: str) -> str:
    """An account and its method, as they stand in payport.toml."""
    return f"""
[[accounts]]
name = "nganluong-main"
plugin = "nganluong"
environment = "sandbox"
settings = {{ merchant_id = "0045571", receiver_email = "{RECEIVER}", api_url = "{api_url}" }}
keys = [{{ role = "merchant_password", id = "2026-11", value = "{SECRET}" }}]

[[methods]]
id = "wallet"
accounts = ["nganluong-main"]
"""


@pytest.fixture
def wallet_accounts() -> Callable[[str], str]:
    return accounts_text


@pytest.fixture
def wallet_shop(database_url: str, tmp_path: Path, wallet: Wallet) -> Iterator[WalletShop]:
    """On both databases; its invariants are checked when the test ends."""
    shop = open_shop(tmp_path, database_url, accounts=accounts_text(f"{wallet.url}/api"))
    yield WalletShop(shop, wallet)
    check_invariants(shop.payport)
    shop.payport.close()
