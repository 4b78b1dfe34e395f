"""A shop that says what it was told, a clock that stands still, and a signer that is not the simulator's."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from playwright.sync_api import Browser, Page

from payport_simulators import serve
from payport_simulators.vnpay import Simulator, Terminal, Transaction, app
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.windows import Windows

SECRET = "TESTVNPAYSECRETALPHA000000000001"
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # 12:00:00 in Vietnam
REQUEST = {
    "vnp_Amount": "15000000",
    "vnp_Command": "pay",
    "vnp_CreateDate": "20261124120000",
    "vnp_CurrCode": "VND",
    "vnp_ExpireDate": "20261124121500",
    "vnp_IpAddr": "203.0.113.9",
    "vnp_Locale": "vn",
    "vnp_OrderInfo": "Thanh toan don hang ORD1001",
    "vnp_OrderType": "other",
    "vnp_ReturnUrl": "https://shop.example.vn/return",
    "vnp_TmnCode": "TESTTMN1",
    "vnp_TxnRef": "ORD1001",
    "vnp_Version": "2.1.0",
}


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@dataclass
class Shop:
    """Answers every IPN with what the test says, and keeps the raw queries."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"RspCode":"00","Message":"Confirm Success"}'
    queries: list[str] = field(default_factory=list)
    meet: threading.Barrier | None = None  # a call waits here for the others

    def reply(self, code: str) -> None:
        self.body = json.dumps({"RspCode": code, "Message": "told by the test"}).encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.queries.append(scope["query_string"].decode())
        if self.meet is not None:
            import anyio.to_thread

            await anyio.to_thread.run_sync(self.meet.wait)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@dataclass
class Signer:
    """Builds and checks signatures with nothing but the standard library."""

    secret: str = SECRET

    def digest(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).hexdigest()

    def query(self, **changes: str | None) -> str:
        """A signed payment request; None takes a field out."""
        fields = {name: value for name, value in (REQUEST | changes).items() if value is not None}
        return self.sign(urlencode(sorted(fields.items())))

    def sign(self, text: str) -> str:
        return f"{text}&vnp_SecureHash={self.digest(text)}"

    def is_right(self, query: str) -> bool:
        text, _, offered = query.partition("&vnp_SecureHash=")
        return offered == self.digest(text)


def fields_of(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def fields() -> Callable[[str], dict[str, str]]:
    """A query string as the fields that it holds."""
    return fields_of


class Stage:
    """One server for the whole run; each test puts its own app behind it."""

    def __init__(self) -> None:
        self.app: Any = None
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


def _stage() -> Iterator[Stage]:
    stage = Stage()
    with serve(stage) as url:
        stage.url = url
        yield stage


@pytest.fixture(scope="session")
def shop_stage() -> Iterator[Stage]:
    yield from _stage()


@pytest.fixture(scope="session")
def gateway_stage() -> Iterator[Stage]:
    yield from _stage()


@pytest.fixture
def shop(shop_stage: Stage) -> Shop:
    shop_stage.app = shop = Shop(shop_stage.url)
    return shop


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Iterator[Windows]:
    windows = Windows(browser)
    yield windows
    windows.close()


@pytest.fixture
def page(windows: Windows) -> Iterator[Page]:
    """A window with no cookies, after other tests' (in place of the plugin's own, which opens one each)."""
    yield windows.lend()
    windows.give_back()


@pytest.fixture
def simulator(clock: Clock, shop: Shop) -> Iterator[Simulator]:
    terminals = {
        "TESTTMN1": Terminal("TESTTMN1", SECRET, ipn_url=f"{shop.url}/ipn"),
        "SMALLTM1": Terminal("SMALLTM1", SECRET, maximum=100_000),
        "CLOSEDT1": Terminal("CLOSEDT1", SECRET, active=False),
    }
    simulator = Simulator(terminals, clock=clock)
    yield simulator
    simulator.close()


@pytest.fixture
def opened(simulator: Simulator, signer: Signer) -> Transaction:
    """A transaction whose page is open and on which nothing was pressed yet."""
    transaction = simulator.open(signer.query().encode())
    assert isinstance(transaction, Transaction)
    return transaction


@pytest.fixture
def gateway(simulator: Simulator, gateway_stage: Stage) -> Iterator[httpx.Client]:
    """A browser without a picture, which follows no redirects."""
    gateway_stage.app = app(simulator)
    with httpx.Client(base_url=gateway_stage.url, verify=TRUSTS_NOBODY, trust_env=False) as client:
        yield client
