"""One attempt to pay, whatever the gateway makes of it, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from payport.errors import RequestRefused
from payport.gateways.flow import Called
from payport.gateways.types import Checkout, NoCheckout, Outcome, Redirect
from payport.rules.payment import Payment, State
from payport.service import asking, paying
from payport.service.paying import Attempt
from payport.storage import tables as t
from tests.support.shop import Shop


def begun(shop: Shop) -> Attempt:
    """The payment is committed, and its gateway is being asked for a page."""
    seller, number = shop.payport.seller, shop.order().number
    return seller.database.transaction(
        lambda connection: paying.prepare(
            connection, seller, number, "domestic_card", None, buyer_ip="203.0.113.9", language="vi"
        )
    )


def concluded(shop: Shop, attempt: Attempt, value: Checkout | None, outcome: Outcome) -> Payment:
    seller = shop.payport.seller
    called = Called(value, outcome, "", "", (), timedelta(0))
    seller.database.transaction(lambda connection: paying.conclude(connection, seller, attempt, called))
    return shop.payment(attempt.payment)


def is_due(shop: Shop, payment: Payment) -> bool:
    this = t.payments.c.merchant_reference == payment.merchant_reference
    with shop.payport.seller.database.reading() as connection:
        return connection.execute(select(t.payments.c.due_at).where(this)).scalar_one() is not None


class TestAGatewayThatGivesNoPage:
    @pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.DECLINED])
    def test_surely_ends_the_payment_and_it_is_not_asked_about(self, shop: Shop, outcome: Outcome) -> None:
        payment = concluded(shop, begun(shop), None, outcome)

        assert payment.state is State.FAILED
        assert not is_due(shop, payment)

    @pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.PENDING])
    def test_perhaps_leaves_the_payment_pending_and_it_is_asked_about(
        self, shop: Shop, outcome: Outcome
    ) -> None:
        payment = concluded(shop, begun(shop), NoCheckout(outcome, checkout_reference="session-1"), outcome)

        assert (payment.state, payment.checkout_reference) == (State.PENDING, "session-1")
        assert is_due(shop, payment)

    def test_but_whose_success_came_first_is_paid(self, shop: Shop) -> None:
        attempt = begun(shop)
        shop.ipn(attempt.payment)

        assert concluded(shop, attempt, None, Outcome.DECLINED).state is State.SUCCEEDED


def test_a_payment_whose_page_is_being_fetched_is_not_asked_about(shop: Shop) -> None:
    attempt = begun(shop)

    assert not shop.payport.ask(attempt.payment.merchant_reference)
    concluded(shop, attempt, None, Outcome.UNKNOWN)
    assert shop.payport.ask(attempt.payment.merchant_reference)


def test_a_page_that_comes_too_late_leaves_the_lease_to_the_worker_that_took_it_over(shop: Shop) -> None:
    attempt = begun(shop)
    shop.clock.forward(minutes=16)
    seller = shop.payport.seller
    question = seller.database.transaction(lambda connection: asking.claim(connection, seller))

    concluded(shop, attempt, Redirect("https://bank.example.vn/pay"), Outcome.DONE)

    this = t.payments.c.merchant_reference == attempt.payment.merchant_reference
    with seller.database.reading() as connection:
        owner = connection.execute(select(t.payments.c.lease_owner).where(this)).scalar_one()
    assert question is not None
    assert owner == question.owner


class TestPayingAgain:
    """Where the gateway's page can be opened more than once."""

    @pytest.fixture
    def payment(self, shop: Shop) -> Payment:
        payment = shop.pay(shop.order())
        with shop.payport.seller.database.engine.begin() as connection:
            lasting = func.replace(t.payments.c.checkout, '"once":true', '"once":false')
            connection.execute(update(t.payments).values(checkout=lasting))
        return payment

    def test_while_the_window_is_open_gives_the_same_page(self, shop: Shop, payment: Payment) -> None:
        shop.clock.forward(minutes=14)

        again = shop.payport.pay(payment.order_number, "domestic_card", buyer_ip="203.0.113.9")

        assert isinstance(again, Redirect)
        assert len(shop.payport.order(payment.order_number).payments) == 1

    def test_after_the_window_has_closed_begins_another_payment(self, shop: Shop, payment: Payment) -> None:
        shop.clock.forward(minutes=15)

        shop.payport.pay(payment.order_number, "domestic_card", buyer_ip="203.0.113.9")

        assert len(shop.payport.order(payment.order_number).payments) == 2

    def test_by_another_bank_begins_another_payment(self, shop: Shop, payment: Payment) -> None:
        shop.payport.pay(payment.order_number, "domestic_card", "NCB", buyer_ip="203.0.113.9")

        assert len(shop.payport.order(payment.order_number).payments) == 2


def test_an_order_whose_time_is_over_is_not_paid_even_if_no_worker_has_ended_it(shop: Shop) -> None:
    order = shop.order()
    shop.clock.forward(hours=24)

    with pytest.raises(RequestRefused, match="its time is over"):
        shop.pay(order)
