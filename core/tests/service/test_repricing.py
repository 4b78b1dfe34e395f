"""What if: the last quotes by another catalog, each as its account stood when it was made."""

from __future__ import annotations

import pytest

from payport.errors import CatalogError, RequestRefused
from payport.rules.money import vnd
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.refund_shop import RefundShop
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

YEAR = New(package="standard", months=12)


def one_of_each(shop: Shop) -> tuple[Quote, ...]:
    """Quotes of every kind, of an account that went on changing after each."""
    customer = Customer(shop)
    first = customer.quote(YEAR)
    customer.buys(first)
    shop.clock.forward(days=100)
    customer.uses(10)
    added = customer.quote(AddCapacity(steps=1))
    customer.buys(added)
    shop.clock.forward(hours=1)
    customer.uses(60)
    switched = customer.quote(Switch(package="enterprise", months=12))
    customer.buys(switched)
    shop.clock.forward(days=350)
    customer.uses(1)
    renewed = customer.quote(Renew(months=12, extra_steps=1))
    return first, added, switched, renewed


def test_the_catalog_in_force_changes_nothing_whatever_happened_since(shop: Shop) -> None:
    quotes = one_of_each(shop)

    with nothing_moves(shop):
        said = shop.payport.what_if(catalog_text())

    assert (said.quotes, said.same, said.closed) == (4, 4, 0), said.reasons
    assert said.before == said.after == vnd(sum(quote.total.minor for quote in quotes))
    assert said.dearest == said.cheapest == ()


def test_a_price_that_changes_is_told_by_how_much(shop: Shop) -> None:
    for number in range(12):
        shop.order(f"khach-{number}")
    shop.payport.quote("another", New(package="standard", months=1))
    text = catalog_text(("price = 1_000_000", "price = 1_200_000"), ("price = 100_000", "price = 90_000"))

    said = shop.payport.what_if(text)

    assert (said.same, said.dearer, said.cheaper, said.closed) == (0, 12, 1, 0)
    assert (said.dearer_by, said.cheaper_by) == (vnd(12 * 220_000), vnd(11_000))
    assert said.after - said.before == said.dearer_by - said.cheaper_by
    assert (len(said.dearest), said.dearest[0].difference) == (10, vnd(220_000))
    (fell,) = said.cheapest
    assert (fell.account, fell.before, fell.after) == ("another", vnd(110_000), vnd(99_000))


def test_a_dearer_package_is_dearer_by_its_credit_too(shop: Shop) -> None:
    """A switch credits what was paid, which no catalog changes any more."""
    one_of_each(shop)

    said = shop.payport.what_if(catalog_text(("price = 10_000_000", "price = 12_000_000")))

    by_kind = {each.purchase.kind: each.difference for each in said.dearest}
    assert by_kind == {"switch": vnd(2_200_000), "renew": vnd(2_200_000)}


def test_what_is_sold_no_more_is_told_with_the_reason(shop: Shop) -> None:
    shop.payport.quote("mot", New(package="standard", months=1))
    shop.payport.quote("hai", YEAR)
    text = catalog_text(("{ months = 1, price = 100_000 }, ", ""))

    said = shop.payport.what_if(text)

    assert (said.same, said.closed, list(said.reasons.values())) == (1, 1, [1])
    (closed,) = said.closed_first
    assert (closed.account, closed.after, closed.difference) == ("mot", None, vnd(0))
    assert closed.problem is not None
    assert "months" in closed.problem


def test_a_code_that_is_used_up_by_now_holds_as_it_did(shop: Shop) -> None:
    shop.order("mot", code="ONCE")

    said = shop.payport.what_if(catalog_text())

    assert (said.quotes, said.same) == (1, 1)


def test_money_that_went_back_since_counts_as_it_did_then(giving: RefundShop) -> None:
    payment = giving.paid()
    giving.shop.clock.forward(days=100)
    giving.customer().uses(10)
    giving.customer().quote(Switch(package="enterprise", months=12))
    giving.shop.clock.forward(hours=1)
    giving.refund(payment, vnd(1_000_000))

    said = giving.shop.payport.what_if(catalog_text())

    assert (said.quotes, said.same) == (2, 2)


@pytest.mark.parametrize("limit", [0, 10_001, True, "5"])
def test_a_number_of_quotes_is_bounded(shop: Shop, limit: int) -> None:
    with pytest.raises(RequestRefused, match="limit"):
        shop.payport.what_if(catalog_text(), limit=limit)


def test_the_last_quotes_are_taken(shop: Shop) -> None:
    for number in range(3):
        shop.payport.quote(f"khach-{number}", YEAR)
        shop.clock.forward(minutes=1)

    said = shop.payport.what_if(catalog_text(("price = 1_000_000", "price = 1_000_001")), limit=2)

    assert [each.account for each in said.dearest] == ["khach-2", "khach-1"]


def test_a_catalog_that_is_wrong_is_refused_with_the_key(shop: Shop) -> None:
    with pytest.raises(CatalogError, match=r"catalog: packages\[0\]"):
        shop.payport.what_if(catalog_text(("included_gb = 10\n", "included_gb = -1\n")))
    with pytest.raises(RequestRefused, match="currency"):
        shop.payport.what_if(catalog_text(('currency = "VND"', 'currency = "USD"')))
