"""A buyer account of a shop, that buys one thing after another: what attacks on orders have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from sqlalchemy import select

from payport.rules.entitlement import GB, Entitlement
from payport.rules.grant import Grant
from payport.rules.payment import Payment
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from payport.service.receiving import Receipt
from payport.service.viewing import OrderView
from payport.storage import tables as t
from tests.support.shop import BUYER, Shop

__all__ = ["Customer", "transaction_of"]

_Purchase = New | AddCapacity | Renew | Switch


@dataclass(frozen=True)
class Customer:
    shop: Shop
    account: str = "binh-minh"

    def quote(self, purchase: _Purchase) -> Quote:
        return self.shop.payport.quote(self.account, purchase)

    def places(self, purchase: _Purchase | Quote) -> OrderView:
        quote = purchase if isinstance(purchase, Quote) else self.quote(purchase)
        return self.shop.payport.place(quote, BUYER)

    def begins(self, purchase: _Purchase | Quote) -> Payment:
        """Placed and handed over: the payment that is pending now."""
        return self.shop.pay(self.places(purchase))

    def buys(self, purchase: _Purchase | Quote) -> OrderView:
        """Placed, handed over and paid; as the order stands afterwards."""
        payment = self.begins(purchase)
        self.pays(payment)
        return self.shop.payport.order(payment.order_number)

    def pays(self, payment: Payment) -> Receipt:
        """The gateway's genuine success, each payment's by a transaction of its own."""
        return self.shop.ipn(payment, transaction=transaction_of(payment))

    def on(self, at: datetime, *, gb: float) -> Customer:
        """At that instant, with so much in use: the shop's clock is moved there."""
        self.shop.clock.now = at
        self.uses(gb)
        return self

    def uses(self, gb: float) -> None:
        self.shop.payport.report_usage(self.account, int(gb * GB), self.shop.clock())

    @property
    def held(self) -> Entitlement:
        return self.shop.payport.entitlement(self.account)

    @property
    def grants(self) -> tuple[Grant, ...]:
        """As they are stored, in the order in which they took effect."""
        return tuple(
            Grant.model_validate_json(document)
            for document in self._read(
                select(t.grants.c.document)
                .where(t.grants.c.account == self.account)
                .order_by(t.grants.c.sequence)
            )
        )

    @property
    def orders(self) -> tuple[OrderView, ...]:
        numbers = self._read(
            select(t.orders.c.number)
            .where(t.orders.c.account == self.account)
            .order_by(t.orders.c.placed_at, t.orders.c.number)
        )
        return tuple(self.shop.payport.order(number) for number in numbers)

    def _read(self, statement: object) -> tuple[str, ...]:
        with self.shop.payport.seller.database.reading() as connection:
            return tuple(connection.execute(statement).scalars())  # type: ignore[call-overload]


def transaction_of(payment: Payment) -> str:
    """A number of the gateway's: the same for the same payment, in every process."""
    return str(15_000_000_000 + crc32(payment.merchant_reference.encode()))
