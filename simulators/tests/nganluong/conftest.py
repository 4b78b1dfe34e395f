"""A shop that keeps what it was told, a caller that hashes for itself, and orders to begin with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import httpx
import pytest

from payport_simulators.nganluong import Merchant, Order, Simulator, app
from tests.support.plain_http import TRUSTS_NOBODY

SECRET = " bí mật 42 "  # never trimmed
OTHER_SECRET = "another merchant's"
CREATE = {
    "merchant_id": "048001",
    "version": "3.1",
    "function": "SetExpressCheckout",
    "receiver_email": "shop@example.vn",
    "order_code": "ORD1001",
    "total_amount": "150000",
    "payment_method": "NL",
    "order_description": "Thanh toán đơn ORD1001",
    "buyer_fullname": "Nguyễn Văn A",
    "buyer_email": "a@example.vn",
    "buyer_mobile": "0900000001",
    "buyer_address": "1 Lê Lợi",
}
API = "/checkout.api.nganluong.post.php"
SEAMLESS = "/checkoutseamless.api.nganluong.post.php"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@dataclass
class Told:
    """One call of the shop."""

    method: str
    path: str
    query: str
    body: str
    content_type: str

    @property
    def fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.body or self.query, keep_blank_values=True))


@dataclass
class Shop:
    """Answers every call with what the test says, and keeps it."""

    url: str = ""
    status: int = 200
    told: list[Told] = field(default_factory=list)
    listen: Callable[[Told], None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        kind = dict(scope["headers"]).get(b"content-type", b"").decode()
        told = Told(scope["method"], scope["path"], scope["query_string"].decode(), body.decode(), kind)
        if scope["path"].startswith("/notify"):
            self.told.append(told)
            if self.listen is not None:
                self.listen(told)
        headers = [(b"content-type", b"text/html; charset=utf-8")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"<!doctype html><title>Shop</title>ok"})


@pytest.fixture
def shop(shop_stage: Any) -> Shop:
    shop_stage.app = shop = Shop(shop_stage.url)
    return shop


@pytest.fixture
def simulator(clock: Any, shop: Shop) -> Iterator[Simulator]:
    merchants = {
        "048001": Merchant("048001", SECRET, "shop@example.vn"),
        "048002": Merchant("048002", OTHER_SECRET, "other@example.vn"),
        "048003": Merchant("048003", SECRET, "closed@example.vn", active=False),
    }
    simulator = Simulator(merchants, clock=clock)
    yield simulator
    simulator.close()


@pytest.fixture
def gateway(simulator: Simulator, gateway_stage: Any) -> Iterator[httpx.Client]:
    """A client without a picture, which follows no redirects."""
    gateway_stage.app = app(simulator)
    with httpx.Client(base_url=gateway_stage.url, verify=TRUSTS_NOBODY, trust_env=False) as client:
        yield client


@dataclass
class Caller:
    """A shop's server: fills in what every request needs, and reads the answer with the standard library."""

    client: httpx.Client
    shop: Shop

    def fields(self, **changes: str | None) -> dict[str, str]:
        """An order; None takes a field out."""
        urls = {
            "return_url": f"{self.shop.url}/return?own=1",
            "cancel_url": f"{self.shop.url}/cancel",
            "notify_url": f"{self.shop.url}/notify",
        }
        fields = CREATE | urls | {"merchant_password": md5(SECRET)} | changes
        return {name: value for name, value in fields.items() if value is not None}

    def create(self, **changes: str | None) -> dict[str, str]:
        return self.read(self.client.post(API, data=self.fields(**changes)))

    def ask(self, token: str, *, secret: str = SECRET, path: str = API, **changes: str) -> dict[str, str]:
        return self.read(self.client.post(path, data=self.about(token, secret=secret, **changes)))

    def about(self, token: str, *, secret: str = SECRET, **changes: str) -> dict[str, str]:
        asked = {
            "merchant_id": "048001",
            "merchant_password": md5(secret),
            "version": "3.1",
            "function": "GetTransactionDetail",
            "token": token,
        }
        return asked | changes

    def check(self, token: str, *, secret: str = SECRET, merchant: str = "048001") -> Any:
        data = {"merchant_id": merchant, "token": token, "checksum": md5(f"{token}|{secret}")}
        return self.client.post("/service/order/check", data=data).json()

    @staticmethod
    def read(answer: httpx.Response) -> dict[str, str]:
        assert answer.status_code == 200, answer.text
        root = ElementTree.fromstring(answer.content)
        assert root.tag == "result"
        assert len({child.tag for child in root}) == len(root)
        return {child.tag: child.text or "" for child in root}


@pytest.fixture
def caller(gateway: httpx.Client, shop: Shop) -> Caller:
    return Caller(gateway, shop)


@pytest.fixture
def opened(caller: Caller, simulator: Simulator) -> Order:
    """An order whose page nobody has looked at yet."""
    order = simulator.by_token(caller.create()["token"])
    assert order is not None
    return order
