"""Merchants of the three pages, and a signer that is not the simulator's."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from payport_simulators.onepay import PAY_PATHS, Merchant, Payment, Product, Simulator, app
from tests.support.plain_http import TRUSTS_NOBODY

SECRET = "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
MERCHANTS = {
    Product.DOMESTIC: ("TESTND01", "D0ND0001"),
    Product.INTERNATIONAL: ("TESTQT01", "D0QT0001"),
    Product.UNIFIED: ("TESTUN01", "D0UN0001"),
}
COMMON = {
    "vpc_Version": "2",
    "vpc_Command": "pay",
    "vpc_Locale": "vn",
    "vpc_ReturnURL": "https://shop.example.vn/return",
    "vpc_MerchTxnRef": "P-1001-1",
    "vpc_OrderInfo": "DH1001",
    "vpc_Amount": "15000000",
    "vpc_TicketNo": "203.0.113.9",
}
LEGACY = {"Title": "Shop", "AgainLink": "https://shop.example.vn/cart"}
REQUESTS = {
    Product.DOMESTIC: {**COMMON, **LEGACY, "vpc_Currency": "VND"},
    Product.INTERNATIONAL: {**COMMON, **LEGACY},
    Product.UNIFIED: {**COMMON, "vpc_Currency": "VND"},
}


class Signer:
    """Builds and checks signatures with nothing but the standard library."""

    secret = SECRET

    def digest(self, fields: dict[str, str]) -> str:
        text = "&".join(
            f"{name}={fields[name]}"
            for name in sorted(fields)
            if name.startswith(("vpc_", "user_")) and fields[name] and "SecureHash" not in name
        )
        return hmac.new(bytes.fromhex(self.secret), text.encode(), hashlib.sha256).hexdigest().upper()

    def sign(self, fields: dict[str, str]) -> str:
        return urlencode({**fields, "vpc_SecureHash": self.digest(fields)})

    def is_right(self, query: str) -> bool:
        fields = dict(parse_qsl(query, keep_blank_values=True))
        return fields.pop("vpc_SecureHash", "") == self.digest(fields)

    def query(self, product: Product = Product.UNIFIED, **changes: str | None) -> str:
        """A signed payment request; None takes a field out."""
        merchant, access_code = MERCHANTS[product]
        names = {"vpc_Merchant": merchant, "vpc_AccessCode": access_code}
        fields = {**names, **REQUESTS[product], **changes}
        return self.sign({name: value for name, value in fields.items() if value is not None})

    def ask(
        self, product: Product = Product.UNIFIED, *, signed: bool | None = None, **changes: str | None
    ) -> str:
        """A queryDR; signed on the unified page, and as the old samples send it on the others."""
        merchant, access_code = MERCHANTS[product]
        fields = {
            "vpc_Command": "queryDR",
            "vpc_Version": "2" if product is Product.UNIFIED else "1",
            "vpc_MerchTxnRef": "P-1001-1",
            "vpc_Merchant": merchant,
            "vpc_AccessCode": access_code,
            "vpc_User": "op01",
            "vpc_Password": "TEST-pass/1",
            **changes,
        }
        kept = {name: value for name, value in fields.items() if value is not None}
        signed = product is Product.UNIFIED if signed is None else signed
        return self.sign(kept) if signed else urlencode(kept)

    def refund(self, **changes: str | None) -> str:
        fields = {
            "vpc_Command": "refund",
            "vpc_Version": "2",
            "vpc_Merchant": "TESTUN01",
            "vpc_AccessCode": "D0UN0001",
            "vpc_MerchTxnRef": "R-1001-1",
            "vpc_OrgMerchTxnRef": "P-1001-1",
            "vpc_Amount": "5000000",
            "vpc_Operator": "back-office 3",
            **changes,
        }
        return self.sign({name: value for name, value in fields.items() if value is not None})


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def shop(shop: Any) -> Any:
    """The shop of the other tests, which answers as OnePay wants it."""
    shop.body = b"responsecode=1&desc=confirm-success"
    return shop


@pytest.fixture
def simulator(clock: Any, shop: Any) -> Iterator[Simulator]:
    merchants = [
        Merchant(product, code, access_code, SECRET, "op01", "TEST-pass/1", ipn_url=f"{shop.url}/ipn")
        for product, (code, access_code) in MERCHANTS.items()
    ]
    merchants.append(Merchant(Product.UNIFIED, "NOREFUND", "D0UN0002", SECRET, may_refund=False))
    simulator = Simulator({merchant.code: merchant for merchant in merchants}, clock=clock)
    yield simulator
    simulator.close()


@pytest.fixture
def arrive(simulator: Simulator, signer: Signer) -> Callable[..., Payment]:
    """The buyer comes to a page with a right request."""

    def open_page(product: Product = Product.UNIFIED, **changes: str | None) -> Payment:
        payment = simulator.open(product, signer.query(product, **changes).encode())
        assert isinstance(payment, Payment), payment
        return payment

    return open_page


@pytest.fixture
def opened(arrive: Callable[..., Payment]) -> Payment:
    """A payment on the unified page on which nothing was pressed yet."""
    return arrive()


@pytest.fixture
def gateway(simulator: Simulator, gateway_stage: Any) -> Iterator[httpx.Client]:
    """A browser without a picture, which follows no redirects."""
    gateway_stage.app = app(simulator)
    with httpx.Client(base_url=gateway_stage.url, verify=TRUSTS_NOBODY, trust_env=False) as client:
        yield client


@pytest.fixture
def visit(gateway: httpx.Client, signer: Signer) -> Callable[..., str]:
    """Open a page over HTTP; gives the address that it redirects to."""

    def open_page(product: Product = Product.UNIFIED, **changes: str | None) -> str:
        answer = gateway.get(f"{PAY_PATHS[product]}?{signer.query(product, **changes)}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    return open_page
