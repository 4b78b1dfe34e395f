"""A whole seller for tests: real configuration files, a real database, the VNPAY plugin, a clock to move."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from payport.doors.host import Payport
from payport.gateways.types import Redirect
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.purchase import New
from payport.service.placing import BuyerDetails
from payport.service.receiving import Receipt
from payport.service.viewing import OrderView
from payport.signing.received import Callback, Channel
from tests.support.durable import told_once_durable
from tests.support.sign import SECRET, TMN_CODE, ipn_query

__all__ = ["BUYER", "CATALOG", "NOON", "Clock", "Shop", "open_shop", "write_configuration"]

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # 12:00 in Việt Nam
BUYER = BuyerDetails(name="Nguyễn Văn A", email="a@example.vn", phone="0900000001")
CATALOG = Path(__file__).with_name("catalog.toml")


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


def write_configuration(
    folder: Path,
    database_url: str,
    *,
    payment_url: str = "http://127.0.0.1:9/paymentv2/vpcpay.html",
    api_url: str = "http://127.0.0.1:9/merchant_webapi/api/transaction",
    accounts: str = "",
    catalog: str | None = None,
    later_catalogs: Sequence[str] = (),
) -> Path:
    """payport.toml and its catalogs. Port 9 answers nothing: a test that calls a gateway says which."""
    texts = (catalog or CATALOG.read_text(encoding="utf-8"), *later_catalogs)
    catalogs = ["catalog.toml", *(f"catalog-{number}.toml" for number in range(2, len(texts) + 1))]
    for name, text in zip(catalogs, texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    file = folder / "payport.toml"
    file.write_text(
        f"""
[seller]
name = "Sao Việt Software"
reference_prefix = "SV"
public_url = "http://127.0.0.1:9/pay"
result_url = "http://127.0.0.1:9/result/{{order_token}}"

[database]
url = "{database_url}"

[catalog]
files = {json.dumps(catalogs)}

[[accounts]]
name = "vnpay-main"
plugin = "vnpay"
environment = "sandbox"
settings = {{ tmn_code = "{TMN_CODE}", payment_url = "{payment_url}", api_url = "{api_url}" }}
keys = [{{ role = "hash_secret", id = "2026-a", value = "{SECRET}" }}]
{accounts}
[[methods]]
id = "domestic_card"
accounts = ["vnpay-main"]
""",
        encoding="utf-8",
    )
    return file


@dataclass
class Shop:
    """A seller with its verbs, and a hand that plays the gateway."""

    payport: Payport
    clock: Clock
    folder: Path
    accounts: list[str] = field(default_factory=list)

    def order(
        self,
        account: str = "binh-minh",
        *,
        months: int = 12,
        package: str = "standard",
        code: str | None = None,
    ) -> OrderView:
        quote = self.payport.quote(account, New(package=package, months=months, code=code))
        return self.payport.place(quote, BUYER)

    def pay(self, order: OrderView, choice: str | None = None) -> Payment:
        """Hand over, and give the payment that is pending now."""
        before = self.payport.order(order.number).payments
        checkout = self.payport.pay(order.number, "domestic_card", choice, buyer_ip="203.0.113.9")
        assert isinstance(checkout, Redirect)
        (payment,) = set(self.payport.order(order.number).payments) - set(before)
        return payment

    def payment(self, payment: Payment) -> Payment:
        payments = self.payport.order(payment.order_number).payments
        return next(p for p in payments if p.merchant_reference == payment.merchant_reference)

    def deliver(
        self,
        query: bytes,
        *,
        channel: Channel = Channel.IPN,
        account: str = "vnpay-main",
        **parts: Any,
    ) -> Receipt:
        """Bytes at a door, as they are."""
        callback = Callback(
            method=parts.get("method", "GET"),
            query=query,
            headers=parts.get("headers", ((b"host", b"shop.example.vn"),)),
            body=parts.get("body", b""),
            received_at=self.clock(),
            account=account,
            channel=channel,
        )
        return told_once_durable(self.payport, callback, self.payport.receive(callback))

    def ipn(self, payment: Payment, amount: Money | None = None, **said: Any) -> Receipt:
        """A genuine callback about a payment; what it says can be changed before it is signed."""
        return self.deliver(ipn_query(payment.merchant_reference, (amount or payment.amount).minor, **said))


def open_shop(folder: Path, database_url: str, **configuration: Any) -> Shop:
    clock = Clock()
    file = write_configuration(folder, database_url, **configuration)
    return Shop(Payport.from_config(file, clock=clock), clock, folder)
