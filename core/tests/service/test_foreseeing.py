"""What a quote would bring, were it paid now: the same as what it brings when it is."""

from __future__ import annotations

import pytest

from payport.rules.purchase import AddCapacity, New, Renew, Switch
from tests.support.customer import Customer
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

YEAR = New(package="standard", months=12)


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


@pytest.mark.parametrize(
    ("purchase", "days_on"),
    [(AddCapacity(steps=2), 100), (Renew(months=12), 350), (Switch(package="enterprise", months=12), 100)],
    ids=lambda case: getattr(case, "kind", ""),
)
def test_what_is_foreseen_is_what_comes(
    customer: Customer, purchase: AddCapacity | Renew | Switch, days_on: int
) -> None:
    customer.buys(YEAR)
    customer.shop.clock.forward(days=days_on)
    customer.uses(10)
    quote = customer.quote(purchase)

    with nothing_moves(customer.shop):
        foreseen = customer.shop.payport.expected(quote)
    customer.buys(quote)

    assert foreseen is not None
    held = customer.held
    assert (foreseen.state, foreseen.package, foreseen.valid_to, foreseen.capacity_bytes) == (
        held.state,
        held.package,
        held.valid_to,
        held.capacity_bytes,
    )
    assert (foreseen.future and foreseen.future.term) == (held.future and held.future.term)


def test_a_preview_is_foreseen_as_a_quote_is(customer: Customer) -> None:
    """Its catalog version is stored by nobody yet."""
    preview = customer.shop.payport.preview(customer.account, YEAR)

    foreseen = customer.shop.payport.expected(preview)

    assert foreseen is not None
    assert (foreseen.state, foreseen.package) == ("active", "standard")


def test_what_would_go_to_review_brings_nothing(customer: Customer) -> None:
    overtaken = customer.quote(YEAR)
    customer.buys(YEAR)

    assert customer.shop.payport.expected(overtaken) is None
