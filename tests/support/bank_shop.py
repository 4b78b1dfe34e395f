"""A shop that is paid through the bank that does not exist (tests/support/bank)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from payport.rules.payment import Payment
from payport.service.receiving import Receipt
from payport.service.viewing import OrderView
from tests.support.bank_sign import API_SECRET, BANK_SECRET, MERCHANT, bank_fields, pairs
from tests.support.door import Door
from tests.support.shop import Shop

__all__ = ["BankShop", "accounts_text"]


def accounts_text(
    gateway: str,
    *,
    name: str = "bank-main",
    method: str = "bank",
    endpoint: str = "http://127.0.0.1:9",
    merchant: str = MERCHANT,
    ipn_secret: str = BANK_SECRET,
    api_secret: str = API_SECRET,
) -> str:
    """An account and its method, as they stand in payport.toml."""
    keys = [f'{{ role = "ipn_secret", id = "ipn-1", value = "{ipn_secret}" }}']
    if gateway == "bank_query":
        keys.append(f'{{ role = "api_secret", id = "api-1", value = "{api_secret}" }}')
    return f"""
[[accounts]]
name = "{name}"
plugin = "{gateway}"
environment = "sandbox"
settings = {{ merchant_code = "{merchant}", endpoint = "{endpoint}" }}
keys = [{", ".join(keys)}]

[[methods]]
id = "{method}"
accounts = ["{name}"]
"""


@dataclass
class BankShop:
    shop: Shop
    account: str = "bank-main"
    method: str = "bank"

    @property
    def door(self) -> Door:
        return Door(self.shop, self.account)

    def pay(self, order: OrderView | None = None) -> Payment:
        """Hand an order over, and give the payment that is pending now."""
        placed = order or self.shop.order()
        self.shop.payport.pay(placed.number, self.method, buyer_ip="203.0.113.9")
        return self.shop.payport.order(placed.number).payments[-1]

    def deliver(self, query: bytes = b"", **parts: Any) -> Receipt:
        return self.shop.deliver(query, account=self.account, **parts)

    def ipn(self, payment: Payment, amount: int | None = None, **changes: str | None) -> Receipt:
        """A genuine callback of sorted pairs, for the gateways that speak them."""
        minor = payment.amount.minor if amount is None else amount
        return self.deliver(pairs(bank_fields(payment.merchant_reference, minor, **changes)))
