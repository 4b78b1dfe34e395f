"""Adjustments by staff, stored: named, whole or not at all, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from payport.doors.async_host import AsyncPayport
from payport.errors import NotFound, QuoteOutdated, RequestRefused
from payport.rules.entitlement import Entitlement, State
from payport.rules.purchase import New
from tests.support.at_once import at_once
from tests.support.customer import Customer
from tests.support.shop import BUYER, Shop
from tests.support.unmoved import nothing_moves

BY = {"actor": "lan@example.vn", "reason": "an outage in February"}


@pytest.fixture
def customer(shop: Shop) -> Customer:
    """Standard for a year, paid."""
    bought = Customer(shop)
    bought.buys(New(package="standard", months=12))
    return bought


def test_what_was_given_is_held_at_once_and_named(shop: Shop, customer: Customer) -> None:
    held = shop.payport.adjust("binh-minh", gb=5, days=10, **BY)

    assert (held.extra_gb, held.version) == (5, 2)
    assert held.term.days == 375
    assert (customer.held.extra_gb, customer.held.term) == (5, held.term)
    assert (customer.grants[-1].actor, customer.grants[-1].reason) == tuple(BY.values())


def test_a_customer_who_has_nothing_is_given_a_term(shop: Shop) -> None:
    held = shop.payport.adjust("nobody-yet", package="enterprise", months=3, **BY)

    assert (held.state, held.package, held.chain) == (State.ACTIVE, "enterprise", ())
    assert shop.payport.entitlement("nobody-yet").term == held.term


def test_a_quote_made_before_it_is_outdated(shop: Shop, customer: Customer) -> None:
    quote = shop.payport.quote("another", New(package="standard", months=12))
    shop.payport.adjust("another", package="standard", months=1, **BY)

    with pytest.raises(QuoteOutdated):
        shop.payport.place(quote, BUYER)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"gb": 0}, "gb"),
        ({"gb": -1}, "gb"),
        ({"days": 10**18}, "days"),
        ({"package": "standard"}, "months"),
        ({"gb": 1, "actor": " "}, "actor"),
        ({"gb": 1, "actor": "x" * 121}, "actor"),
        ({"gb": 1, "reason": ""}, "reason"),
        ({"gb": 1, "reason": "a\nb"}, "reason"),
        ({"gb": 1, "seen_version": 0}, "seen_version"),
    ],
    ids=str,
)
def test_what_is_refused_names_its_field_and_moves_nothing(
    shop: Shop, customer: Customer, asked: dict[str, Any], field: str
) -> None:
    with nothing_moves(shop), pytest.raises(RequestRefused) as error:
        shop.payport.adjust("binh-minh", **{**BY, **asked})

    assert error.value.field == field


@pytest.mark.parametrize(
    ("account", "package", "raised"), [("", "standard", RequestRefused), ("binh-minh", "gold", NotFound)]
)
def test_an_account_or_a_package_that_cannot_be_is_refused(
    shop: Shop, account: str, package: str, raised: type[RequestRefused]
) -> None:
    with nothing_moves(shop), pytest.raises(raised):
        shop.payport.adjust(account, package=package, months=1, **BY)


class TestADoubleClick:
    def test_adjusts_twice_by_itself(self, shop: Shop, customer: Customer) -> None:
        at_once(*[lambda: shop.payport.adjust("binh-minh", gb=5, **BY)] * 2)

        assert (customer.held.extra_gb, customer.held.version) == (10, 3)

    def test_adjusts_once_where_the_page_says_what_it_had_seen(self, shop: Shop, customer: Customer) -> None:
        def click(seen: int = customer.held.version) -> Entitlement:
            return shop.payport.adjust("binh-minh", gb=5, seen_version=seen, **BY)

        results = at_once(click, click)

        assert sorted(type(result).__name__ for result in results) == ["Entitlement", "RequestRefused"]
        assert (customer.held.extra_gb, customer.held.version) == (5, 2)


def test_many_at_one_moment_are_numbered_without_a_gap(shop: Shop, customer: Customer) -> None:
    calls: list[Callable[[], Any]] = [lambda: shop.payport.adjust("binh-minh", gb=1, **BY)] * 10

    results = at_once(*calls)

    assert all(isinstance(result, Entitlement) for result in results)
    assert customer.held.extra_gb == 10


def test_two_that_take_the_same_gb_away_leave_it_at_nothing(shop: Shop, customer: Customer) -> None:
    shop.payport.adjust("binh-minh", gb=5, **BY)

    results = at_once(*[lambda: shop.payport.adjust("binh-minh", gb=-5, **BY)] * 2)

    assert sorted(type(result).__name__ for result in results) == ["Entitlement", "RequestRefused"]
    assert customer.held.extra_gb == 0


def test_a_clock_that_is_behind_does_not_break_the_order_of_grants(shop: Shop, customer: Customer) -> None:
    shop.clock.forward(minutes=-10)

    held = shop.payport.adjust("binh-minh", gb=5, **BY)

    assert (held.extra_gb, customer.grants[-1].effective_at - shop.clock()) == (5, timedelta(minutes=10))


@pytest.mark.anyio
async def test_an_async_host_has_the_same_verb(shop: Shop, customer: Customer) -> None:
    host = AsyncPayport(shop.payport.seller, shop.payport.configuration)

    held = await host.adjust("binh-minh", gb=5, **BY)

    assert held.extra_gb == 5
