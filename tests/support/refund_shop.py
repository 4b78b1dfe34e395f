"""A shop that is paid through a gateway that gives money back, and an operator who does it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.purchase import New
from payport.rules.refund import Refund
from payport.service.viewing import OrderView
from tests.support.bank_shop import BankShop, accounts_text
from tests.support.bank_site import install_bank
from tests.support.customer import Customer
from tests.support.oracle import check_invariants
from tests.support.refund_bank import RefundBank, refund_bank
from tests.support.shop import Shop, open_shop

__all__ = ["BY", "YEAR", "RefundShop", "refund_shop"]

BY: Final = {"actor": "lan@example.vn", "reason": "the buyer asked for it"}
YEAR: Final = New(package="standard", months=12)
_KEYS: Final = count(1)


@dataclass
class RefundShop:
    shop: Shop
    bank: RefundBank
    paying: BankShop
    site: Path

    def paid(self, purchase: Any = YEAR, account: str = "binh-minh") -> Payment:
        """Bought and paid: its payment."""
        return self.pays(self.begins(purchase, account))

    def begins(self, purchase: Any = YEAR, account: str = "binh-minh") -> Payment:
        return self.paying.pay(self.customer(account).places(purchase))

    def pays(self, payment: Payment) -> Payment:
        self.paying.ipn(payment)
        return self.shop.payment(payment)

    def in_review(self, purchase: Any = YEAR) -> Payment:
        """Of an order that another one overtook: its money is safe, and nothing is granted for it."""
        held, first = self.begins(purchase), self.begins()
        self.pays(first)
        return self.pays(held)

    def twice(self) -> tuple[Payment, Payment]:
        """One order, paid in two tabs: by the bank, and by VNPAY, which cannot be reached here."""
        order = self.customer().places(YEAR)
        first = self.paying.pay(order)
        second = self.shop.pay(order)
        self.pays(first)
        self.customer().pays(second)
        return self.shop.payment(first), self.shop.payment(second)

    def customer(self, account: str = "binh-minh") -> Customer:
        return Customer(self.shop, account)

    def order(self, payment: Payment) -> OrderView:
        return self.shop.payport.order(payment.order_number)

    def refund(
        self, payment: Payment, amount: Money | None = None, *, key: str | None = None, **more: Any
    ) -> Refund:
        """With a key of its own, unless one is given."""
        form = {**BY, **more, "key": key or f"form-{next(_KEYS)}"}
        return self.shop.payport.refund(payment.merchant_reference, amount, **form)

    def by_hand(self, payment: Payment, amount: Money | None = None, **more: Any) -> Refund:
        reference = {"gateway_reference": f"FT{next(_KEYS)}"} | more
        return self.refund(payment, amount, by_hand=True, **reference)

    def now(self, refund: Refund) -> Refund:
        return next(
            each
            for each in self.shop.payport.refunds(refund.order_number)
            if each.reference == refund.reference
        )

    def left(self, payment: Payment) -> Money:
        return self.shop.payport.refundable(payment.merchant_reference).left


@contextmanager
def refund_shop(
    folder: Path, database_url: str, *, four_eyes: str = "", **configuration: Any
) -> Iterator[RefundShop]:
    """Its invariants are checked at the end; the gateway's plugin is there for so long. `four_eyes`: what
    stands in that table of payport.toml."""
    site = install_bank(folder / "site")
    path = list(sys.path)
    sys.path.insert(0, str(site))
    try:
        with refund_bank() as bank:
            text = accounts_text("bank_refund", endpoint=bank.url) + f"\n[four_eyes]\n{four_eyes}\n"
            shop = open_shop(folder, database_url, accounts=text, **configuration)
            yield RefundShop(shop, bank, BankShop(shop), site)
            check_invariants(shop.payport)
            shop.payport.close()
    finally:
        sys.path[:] = path
