"""Placing judges again: a quote holds its price, not the right to buy what is not open any more."""

from __future__ import annotations

import pytest

from payport.errors import PurchaseNotOpen, QuoteExpired, QuoteOutdated
from payport.rules.order import State
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from tests.support.customer import Customer
from tests.support.shop import BUYER, Shop
from tests.support.unmoved import nothing_moves

STANDARD = New(package="standard", months=12)


@pytest.fixture
def customer(shop: Shop) -> Customer:
    """Holds Standard, with 20 days of its term left, and its capacity used up."""
    customer = Customer(shop)
    customer.buys(STANDARD)
    shop.clock.forward(days=345)
    customer.uses(10)
    return customer


def anew(shop: Shop, quote: Quote) -> Quote:
    """What a host does that knows the quote by its id alone, as from a form."""
    return shop.payport.quote(quote.account, shop.payport.find_quote(quote.account, quote.id).purchase)


class TestAQuoteWhoseAccountsGrantsHaveChanged:
    def test_is_refused_and_a_new_one_of_the_same_purchase_can_be_offered(
        self, shop: Shop, customer: Customer
    ) -> None:
        quote = customer.quote(AddCapacity(steps=1))
        customer.buys(Renew(months=12))

        with nothing_moves(shop), pytest.raises(QuoteOutdated) as error:
            shop.payport.place(quote.id, BUYER, account=quote.account)
        assert (error.value.field, error.value.remedy) == ("quote", "Ask for a new quote")

        offered = anew(shop, quote)
        assert offered.purchase == quote.purchase
        assert customer.places(offered).state is State.PLACED

    def test_is_refused_and_the_new_one_says_what_is_open_instead(
        self, shop: Shop, customer: Customer
    ) -> None:
        quote = customer.quote(Renew(months=12))
        customer.buys(Renew(months=12))

        with pytest.raises(QuoteOutdated):
            customer.places(quote)

        with pytest.raises(PurchaseNotOpen, match="the next term has been bought already") as error:
            anew(shop, quote)
        assert error.value.remedy == "Open instead: add capacity, switch"

    def test_is_outdated_by_a_trial_too(self, shop: Shop) -> None:
        quote = shop.payport.quote("binh-minh", STANDARD)
        shop.payport.start_trial("binh-minh")

        with pytest.raises(QuoteOutdated):
            shop.payport.place(quote, BUYER)

        assert shop.payport.place(anew(shop, quote), BUYER).total == quote.total

    def test_is_not_outdated_by_another_accounts_grants(self, shop: Shop, customer: Customer) -> None:
        quote = customer.quote(Renew(months=12))
        Customer(shop, "mot-khach-khac").buys(STANDARD)

        assert customer.places(quote).state is State.PLACED


class TestAUsageReport:
    def test_outdates_no_quote(self, shop: Shop, customer: Customer) -> None:
        quote = customer.quote(AddCapacity(steps=1))
        shop.clock.forward(minutes=5)
        customer.uses(11)

        assert customer.places(quote).state is State.PLACED

    def test_that_closes_the_purchase_refuses_it_with_what_is_open_instead(
        self, shop: Shop, customer: Customer
    ) -> None:
        quote = customer.quote(AddCapacity(steps=1))
        shop.clock.forward(minutes=5)
        customer.uses(9)

        with nothing_moves(shop), pytest.raises(PurchaseNotOpen) as error:
            customer.places(quote)

        assert error.value.field == "kind"
        assert error.value.remedy == "Open instead: renew, switch"

    def test_above_the_new_packages_quota_refuses_a_switch_that_was_quoted(self, shop: Shop) -> None:
        """Case: downgrade while usage is above the new quota: refused when quoted and when placed."""
        customer = Customer(shop)
        customer.buys(New(package="enterprise", months=12))
        shop.clock.forward(days=345)
        customer.uses(10)
        quote = customer.quote(Switch(package="standard", months=12))
        shop.clock.forward(minutes=5)
        customer.uses(11)

        for verb in (lambda: customer.quote(quote.purchase), lambda: customer.places(quote)):
            with pytest.raises(PurchaseNotOpen) as error:
                verb()
            assert error.value.field == "package"


class TestTime:
    def test_that_ends_the_term_closes_what_was_quoted_for_it(self, shop: Shop, customer: Customer) -> None:
        shop.clock.forward(days=19, hours=6)
        customer.uses(10)
        quote = customer.quote(AddCapacity(steps=1))
        shop.clock.forward(hours=12)
        customer.uses(10)

        with pytest.raises(PurchaseNotOpen, match="the term has ended"):
            customer.places(quote)

    def test_that_ends_a_quote_is_said_before_anything_else(self, shop: Shop, customer: Customer) -> None:
        quote = customer.quote(Renew(months=12))
        customer.buys(Renew(months=12))
        shop.clock.forward(hours=24)

        with pytest.raises(QuoteExpired):
            customer.places(quote)
