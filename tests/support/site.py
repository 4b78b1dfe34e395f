"""A shop that is paid through one of the gateways whose callbacks are signed, and that gateway's hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from payport.gateways.types import Redirect
from payport.rules.entitlement import State as Holding
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.service.receiving import Receipt
from payport.service.viewing import OrderView
from tests.support.door import Answer, Door
from tests.support.gateways import Speaker
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

__all__ = ["Site"]


@dataclass
class Site:
    shop: Shop
    speaker: Speaker

    @cached_property
    def door(self) -> Door:
        return Door(self.shop, self.speaker.account)

    def hands_over(self, order: OrderView) -> Redirect:
        checkout = self.shop.payport.pay(order.number, self.speaker.method, buyer_ip="203.0.113.9")
        assert isinstance(checkout, Redirect)
        return checkout

    def pay(self, order: OrderView | None = None) -> Payment:
        """Hand an order over, and give the payment that is pending now."""
        placed = order or self.shop.order()
        self.hands_over(placed)
        return self.shop.payport.order(placed.number).payments[-1]

    def payment(self, payment: Payment) -> Payment:
        return self.shop.payment(payment)

    def told(self, payment: Payment, amount: int | None = None, /, **fields: str) -> bytes:
        """A genuine message about a payment; what it says can be changed before it is signed."""
        minor = payment.amount.minor if amount is None else amount
        return self.speaker.told(payment.merchant_reference, minor, **fields)

    def ipn(self, query: bytes, **parts: Any) -> Answer:
        return self.door.ipn(query, **parts)

    def deliver(self, query: bytes, **parts: Any) -> Receipt:
        return self.shop.deliver(query, account=self.speaker.account, **parts)

    def refuses(self, *queries: bytes) -> None:
        """All of them, in one answer, and nothing moves."""
        with nothing_moves(self.shop):
            for query in queries:
                answer = self.ipn(query)
                assert (answer.status, answer.body) == (200, self.speaker.refused), query

    def genuine_still_works(self, payment: Payment) -> None:
        """The next genuine callback pays: no mark of an earlier, refused one is in its way."""
        answer = self.ipn(self.told(payment))

        assert (answer.status, answer.body) == (200, self.speaker.stored)
        assert self.payment(payment).state is State.SUCCEEDED
        assert self.shop.payport.order(payment.order_number).state is OrderState.PAID

    def holds_nothing(self, account: str = "binh-minh") -> bool:
        return self.shop.payport.entitlement(account).state is Holding.NONE
