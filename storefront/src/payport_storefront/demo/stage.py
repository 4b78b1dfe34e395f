"""Brings customers into a situation by what customers do: they come, buy, pay, use, and time passes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Final

from payport import (
    AsyncPayport,
    BuyerDetails,
    New,
    Offer,
    OrderView,
    Purchase,
    Redirect,
    Renew,
    RequestRefused,
)
from payport_storefront.demo.clock import DemoClock
from payport_storefront.demo.customers import newcomer
from payport_storefront.demo.gateways import Gateways
from payport_storefront.demo.meter import Meter
from payport_storefront.demo.scenarios import Scenario
from payport_storefront.settings import Customer
from payport_web.languages import msg

__all__ = ["CannotPlay", "Stage"]

_GB: Final = 2**30
_USED_BY_A_NEWCOMER: Final = 32 * _GB // 10
_A_YEAR: Final = 12
_HERE: Final = "127.0.0.1"
_UNPAID: Final = msg("The simulated payment did not come through; nothing was granted.")


class CannotPlay(Exception):
    """What was asked for could not be done to its end; the words are for whoever asked."""


class Stage:
    """The people around the shop. They buy as buyers do; nothing here writes a grant."""

    def __init__(self, shop: AsyncPayport, gateways: Gateways, clock: DemoClock, meter: Meter) -> None:
        self._shop, self._gateways, self._clock, self._meter = shop, gateways, clock, meter

    async def sold(self) -> Offer:
        """What somebody who holds nothing may buy."""
        return next(offer for offer in await self._shop.offers(newcomer().account) if offer.kind == "new")

    async def play(self, scenario: Scenario) -> tuple[Customer, OrderView | None]:
        """A new customer in this situation, and what was bought last. Raises: CannotPlay, CannotMove."""
        customer, order = newcomer(), None
        if scenario.begins == "trial":
            await self.welcome(customer)
        elif scenario.begins == "term":
            packages = (await self.sold()).packages
            order = await self.settle_in(customer, packages[len(packages) // 2].id)
        if scenario.days_left is not None:
            await self._pass_time(customer, scenario.days_left)
        if scenario.next_term:
            order = await self._buy(customer, Renew(months=_A_YEAR))
        if scenario.used_percent is not None:
            await self.use_percent(customer, scenario.used_percent)
        if scenario.disputed and order is not None:
            await self._dispute(order)
        return customer, order

    async def welcome(self, customer: Customer) -> None:
        """On trial, with some files already."""
        await self._shop.start_trial(customer.account)
        await self.use(customer, _USED_BY_A_NEWCOMER)

    async def settle_in(self, customer: Customer, package: str) -> OrderView:
        """Buys this package for a year, and begins to use it. Raises: CannotPlay."""
        order = await self._buy(customer, New(package=package, months=_A_YEAR))
        await self.use(customer, _USED_BY_A_NEWCOMER)
        return order

    async def use(self, customer: Customer, used_bytes: int) -> None:
        """From now on."""
        self._meter.set(customer.account, used_bytes)
        await self._shop.report_usage(customer.account, used_bytes, self._clock())

    async def use_percent(self, customer: Customer, percent: int | Decimal) -> None:
        """Of the capacity held. Raises: CannotPlay."""
        held = await self._shop.entitlement(customer.account)
        if not held.capacity_bytes:
            raise CannotPlay(msg("Nothing is held, so there is no capacity to take a share of."))
        await self.use(customer, int(held.capacity_bytes * percent / 100))

    async def _pass_time(self, customer: Customer, days_left: int) -> None:
        """Until this many days are left, or the term is over."""
        term = (await self._shop.entitlement(customer.account)).term
        assert term is not None, "whoever waits for an end holds a term"
        self._clock.move_to(term.end - timedelta(days=days_left))

    async def _buy(self, customer: Customer, purchase: Purchase) -> OrderView:
        """Quoted, placed and paid, at whichever gateway takes the amount. Raises: CannotPlay."""
        try:
            quote = await self._shop.quote(customer.account, purchase)
            order = await self._shop.place(quote, _buyer(customer))
            method = (await self._shop.methods(order.number))[0]
            checkout = await self._shop.pay(order.number, method.id, buyer_ip=_HERE)
        except RequestRefused:
            raise CannotPlay(msg("The catalog of this demo does not sell it like that any more.")) from None
        if not isinstance(checkout, Redirect) or not await asyncio.to_thread(
            self._gateways.pay, checkout.url
        ):
            raise CannotPlay(_UNPAID)
        paid = await self._shop.order(order.number)
        if paid.state != "paid":
            raise CannotPlay(_UNPAID)
        return paid

    async def _dispute(self, order: OrderView) -> None:
        """The buyer's bank claims all of it back."""
        await self._shop.chargeback(
            order.payments[-1].merchant_reference,
            order.received,
            actor="demo",
            reason="the buyer's bank says that the buyer did not pay this",
        )


def _buyer(customer: Customer) -> BuyerDetails:
    return BuyerDetails(
        name="Nguyễn Thu Hà", email="ha@example.vn", phone="0912 345 678", company=customer.company
    )
