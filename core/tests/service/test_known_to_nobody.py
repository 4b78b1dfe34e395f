"""A payment whose page reached nobody and that cannot be asked about ends with its window; a person is told.

Any other payment that nobody can say anything about stays open. No payment ends by its age alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from payport.doors.cli.doctor import Finding, Grade, examine
from payport.doors.host import Payport
from payport.gateways.flow import Called
from payport.gateways.observers import Observer, Observers, PaymentSettled
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service import asking, paying
from payport.storage import tables as t
from tests.support.oracle import check_invariants
from tests.support.rewrite import rewrite_payment
from tests.support.shop import Shop, open_shop

WINDOW = timedelta(minutes=15)


class Ears(Observer):
    def __init__(self) -> None:
        self.settled: list[PaymentSettled] = []

    def payment_settled(self, fact: PaymentSettled) -> None:
        self.settled.append(fact)


def begun(shop: Shop) -> Payment:
    """The process dies before it has a page: committed as pending, and nothing reached the buyer."""
    order, seller = shop.order(), shop.payport.seller
    attempt = seller.database.transaction(
        lambda connection: paying.prepare(
            connection, seller, order.number, "domestic_card", None, buyer_ip="203.0.113.9", language="vi"
        )
    )
    return attempt.payment


def finding(shop: Shop) -> Finding:
    (found,) = (one for one in examine(shop.payport) if one.subject == "expired unasked")
    return found


class TestAtAGatewayThatCannotBeAsked:
    @pytest.fixture
    def ears(self) -> Ears:
        return Ears()

    @pytest.fixture
    def shop(self, database_url: str, tmp_path: Path, ears: Ears) -> Iterator[Shop]:
        """VNPAY, as it would be without its query."""
        opened = open_shop(tmp_path, database_url)
        seller = opened.payport.seller
        account = seller.accounts["vnpay-main"]
        assert account.gateway is not None
        silent = replace(account.gateway, capabilities=account.gateway.capabilities - {"query"})
        seller = replace(
            seller,
            accounts={"vnpay-main": replace(account, gateway=silent)},
            observers=Observers([ears]),
        )
        opened.payport = Payport(seller, opened.payport.configuration)
        yield opened
        check_invariants(opened.payport)
        opened.payport.close()

    def test_it_expires_when_its_window_closes_and_not_a_second_earlier(self, shop: Shop) -> None:
        payment = begun(shop)
        shop.clock.forward(minutes=15, seconds=-1)
        assert shop.payport.work().idle
        assert shop.payment(payment).state is State.PENDING

        shop.clock.forward(seconds=1)

        assert shop.payport.work().expired == 1
        assert shop.payment(payment).state is State.EXPIRED
        assert shop.payport.work().idle

    def test_a_person_is_told(self, shop: Shop, ears: Ears) -> None:
        payment = begun(shop)
        assert finding(shop).grade is Grade.OK
        shop.clock.now += WINDOW

        shop.payport.work()

        assert shop.payment(payment).flags == {Flag.UNASKED}
        assert finding(shop).grade is Grade.LOOK
        assert shop.payport.history(payment.order_number)[-1].because == (
            "its window is closed, its page reached nobody, and no gateway could say more"
        )
        assert [fact.state for fact in ears.settled] == ["expired"]

    def test_its_order_can_end(self, shop: Shop) -> None:
        payment = begun(shop)
        shop.clock.now += WINDOW
        shop.payport.work()
        shop.clock.forward(hours=25)

        shop.payport.work()

        assert shop.payport.order(payment.order_number).state is OrderState.EXPIRED

    def test_a_late_success_is_still_taken(self, shop: Shop) -> None:
        payment = begun(shop)
        shop.clock.now += WINDOW
        shop.payport.work()

        shop.ipn(payment)

        assert shop.payment(payment).state is State.SUCCEEDED
        assert shop.payport.order(payment.order_number).state is OrderState.PAID

    def test_one_whose_page_was_shown_stays_open_and_is_told_of_too(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.clock.forward(hours=25)

        shop.payport.work()
        shop.payport.work()

        assert shop.payment(payment).state is State.PENDING
        assert shop.payport.order(payment.order_number).state is OrderState.PLACED
        told = {one.subject: one.grade for one in examine(shop.payport)}
        assert told["asks used up"] is Grade.LOOK

    def test_one_that_has_a_name_at_the_gateway_stays_open(self, shop: Shop) -> None:
        payment = begun(shop)
        rewrite_payment(shop, payment, checkout_reference="token-1")
        shop.clock.now += WINDOW

        shop.payport.work()

        assert shop.payment(payment).state is State.PENDING

    def test_one_whose_page_is_being_fetched_is_left_alone(self, shop: Shop) -> None:
        payment = begun(shop)
        shop.clock.now += WINDOW
        with shop.payport.seller.database.engine.begin() as connection:
            connection.execute(update(t.payments).values(lease_until=shop.clock() + timedelta(seconds=1)))

        assert shop.payport.work().idle
        assert shop.payment(payment).state is State.PENDING


def due_at(shop: Shop, payment: Payment) -> datetime | None:
    this = t.payments.c.merchant_reference == payment.merchant_reference
    with shop.payport.seller.database.reading() as connection:
        at: datetime | None = connection.execute(select(t.payments.c.due_at).where(this)).scalar_one()
        return at


def ask_to_the_end(shop: Shop, payment: Payment, outcome: Outcome) -> int:
    """Each planned ask at its time, always with the same answer; how many there were."""
    seller, asked = shop.payport.seller, 0
    report = PaymentReport(
        outcome=outcome,
        gateway_code="",
        merchant_account=None,
        merchant_reference=payment.merchant_reference,
        amount=None,
    )
    called = Called(report, outcome, "", "", (), timedelta(0))
    while (due := due_at(shop, payment)) is not None:
        assert shop.payment(payment).state is State.PENDING
        shop.clock.now = due
        question = seller.database.transaction(lambda connection: asking.claim(connection, seller))
        assert question is not None
        seller.database.transaction(partial(asking.conclude, seller=seller, question=question, called=called))
        asked += 1
    return asked


class TestAtAGatewayThatCanBeAsked:
    """It ends only once the last planned ask has brought nothing, as where the token to ask by was lost."""

    def test_it_expires_with_the_last_answer_that_says_nothing(self, shop: Shop) -> None:
        payment = begun(shop)

        asked = ask_to_the_end(shop, payment, Outcome.UNKNOWN)

        assert asked > 1
        assert shop.payment(payment).state is State.EXPIRED
        assert shop.payment(payment).flags == {Flag.UNASKED}

    def test_it_stays_open_where_the_gateway_says_that_it_holds_it(self, shop: Shop) -> None:
        payment = begun(shop)

        ask_to_the_end(shop, payment, Outcome.PENDING)

        assert shop.payment(payment).state is State.PENDING

    def test_one_whose_page_was_shown_stays_open(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        ask_to_the_end(shop, payment, Outcome.UNKNOWN)

        assert shop.payment(payment).state is State.PENDING
