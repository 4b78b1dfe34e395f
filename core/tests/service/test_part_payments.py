"""Money that comes in parts: it adds up, it fulfils once, and no order that holds some just ends.

What makes a payment of less than the total is the confirming of transfers, which stands elsewhere. Here its
row is given the smaller amount by hand; its success is a genuine callback of that amount, as of any payment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import update

from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service.viewing import OrderView
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.catalogs import catalog_text
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop

BY = {"actor": "lan@example.vn", "reason": "the buyer rang"}
TOTAL = 1_100_000


@dataclass
class Parts:
    """Payments of parts of one order."""

    shop: Shop
    order: OrderView
    numbers: count[int] = field(default_factory=lambda: count(15_000_001))

    def open(self, minor: int) -> Payment:
        """A payment of this much, handed over and not known yet."""
        self.shop.clock.forward(seconds=31)  # or the same page would be shown again
        payment = self.shop.pay(self.order)
        with self.shop.payport.seller.database.engine.begin() as connection:
            connection.execute(
                update(t.payments)
                .where(t.payments.c.merchant_reference == payment.merchant_reference)
                .values(amount_minor=minor)
            )
        return self.shop.payment(payment)

    def pay(self, payment: Payment) -> Payment:
        self.shop.ipn(payment, transaction=str(next(self.numbers)))
        return self.shop.payment(payment)

    def come(self, *minors: int) -> list[Payment]:
        return [self.pay(self.open(minor)) for minor in minors]

    @property
    def now(self) -> OrderView:
        return self.shop.payport.order(self.order.number)

    @property
    def grants(self) -> int:
        return self.shop.payport.entitlement(self.order.account).version

    def end(self) -> OrderView:
        """A day later, and an hour; what is due is done."""
        self.shop.clock.forward(hours=25)
        self.shop.payport.work()
        return self.now


@pytest.fixture
def parts(shop: Shop) -> Parts:
    return Parts(shop, shop.order())


class TestPartsThatAddUp:
    def test_to_the_total_fulfil_once(self, parts: Parts) -> None:
        *_, last = parts.come(400_000, 600_000)
        assert (parts.now.state, parts.grants) == (OrderState.PLACED, 0)

        (last,) = parts.come(100_000)

        assert (parts.now.state, parts.now.received.minor, parts.grants) == (OrderState.PAID, TOTAL, 1)
        assert parts.now.paid_at == last.paid_at
        assert [payment.flags for payment in parts.now.payments] == [frozenset()] * 3

    def test_to_more_fulfil_once_and_the_surplus_is_flagged(self, parts: Parts) -> None:
        parts.come(400_000, 700_001)

        assert (parts.now.state, parts.grants) == (OrderState.PAID, 1)
        assert [payment.flags for payment in parts.now.payments] == [frozenset(), {Flag.SURPLUS}]

    def test_and_one_more_after_them_is_surplus_alone(self, parts: Parts) -> None:
        another = parts.open(50_000)
        parts.come(400_000, 700_000)

        parts.pay(another)

        assert (parts.now.received.minor, parts.grants) == (TOTAL + 50_000, 1)
        assert [payment.flags for payment in parts.now.payments] == [{Flag.SURPLUS}, frozenset(), frozenset()]

    def test_at_one_moment_fulfil_once(self, parts: Parts) -> None:
        opened = [parts.open(TOTAL // 4) for _ in range(4)]

        at_once(*[lambda payment=payment: parts.pay(payment) for payment in opened])

        assert (parts.now.state, parts.now.received.minor, parts.grants) == (OrderState.PAID, TOTAL, 1)

    def test_whose_last_comes_at_the_orders_end_leave_it_paid(self, parts: Parts) -> None:
        parts.come(400_000)
        last = parts.open(700_000)
        assert parts.end().state is OrderState.PLACED, "an order waits for its last open payment"

        parts.pay(last)

        assert (parts.now.state, parts.grants) == (OrderState.PAID, 1)


class TestAnOrderThatHoldsSomeMoneyAtItsEnd:
    def test_goes_to_review_with_the_sums_and_never_just_expires(self, parts: Parts) -> None:
        parts.come(400_000, 699_999)

        ended = parts.end()

        assert (ended.state, parts.grants) == (OrderState.REVIEW, 0)
        assert ended.review_reason == "its time is over, and 1,099,999 VND of 1,100,000 VND were received"
        assert parts.shop.payport.history(ended.number)[-1].because == ended.review_reason

    def test_is_looked_at_no_more(self, parts: Parts) -> None:
        parts.come(400_000)
        parts.end()

        assert parts.shop.payport.work().idle

    def test_goes_to_review_where_its_money_is_in_review_itself(self, shop: Shop) -> None:
        """A genuine success over another amount: nobody but a person can end that payment."""
        payment = shop.pay(shop.order())
        shop.ipn(payment, vnd(1_000))
        assert shop.payment(payment).state is State.REVIEW

        parts = Parts(shop, shop.payport.order(payment.order_number))

        assert parts.end().state is OrderState.REVIEW

    def test_keeps_what_comes_afterwards_and_grants_nothing(self, parts: Parts) -> None:
        parts.come(400_000)
        last = parts.open(700_000)
        parts.shop.ipn(last, response="24", transaction="0")
        parts.end()

        parts.pay(last)

        assert (parts.now.state, parts.now.received.minor, parts.grants) == (OrderState.REVIEW, TOTAL, 0)


class TestMoneyForAnOrderThatHasEnded:
    def test_that_does_not_cover_it_goes_to_review(self, parts: Parts) -> None:
        late = parts.open(400_000)
        parts.shop.ipn(late, response="24", transaction="0")
        assert parts.end().state is OrderState.EXPIRED

        parts.pay(late)

        assert (parts.now.state, parts.grants) == (OrderState.REVIEW, 0)
        assert "400,000 VND do not cover the total" in (parts.now.review_reason or "")


class TestCancelling:
    def test_an_order_with_some_money_flags_it_to_be_given_back(self, parts: Parts) -> None:
        parts.come(400_000, 300_000)

        cancelled = parts.shop.payport.cancel(parts.order.number, **BY)

        assert (cancelled.state, cancelled.received.minor) == (OrderState.CANCELLED, 700_000)
        assert [payment.flags for payment in cancelled.payments] == [{Flag.SURPLUS}] * 2

    def test_and_money_that_completes_it_afterwards_wait_for_a_person(self, parts: Parts) -> None:
        """Money that is being given back cannot buy anything as well."""
        parts.come(400_000)
        last = parts.open(700_000)
        parts.shop.payport.cancel(parts.order.number, **BY)

        parts.pay(last)

        assert (parts.now.state, parts.grants) == (OrderState.REVIEW, 0)
        assert "was to be given back" in (parts.now.review_reason or "")

    def test_an_order_in_review_flags_all_its_money(self, shop: Shop) -> None:
        first, second = shop.order(), shop.order()
        shop.ipn(shop.pay(first), transaction="15000001")
        shop.ipn(shop.pay(second), transaction="15000002")

        cancelled = shop.payport.cancel(second.number, **BY)

        assert (cancelled.state, cancelled.received.minor) == (OrderState.CANCELLED, TOTAL)
        assert [payment.flags for payment in cancelled.payments] == [{Flag.SURPLUS}]
        assert cancelled.payments[0].state is State.SUCCEEDED
        assert shop.payport.order(first.number).payments[0].flags == frozenset()

    def test_an_order_in_review_and_a_second_success_of_it_grant_nothing(self, shop: Shop) -> None:
        first, second = shop.order("binh-minh"), shop.order("binh-minh")
        shop.ipn(shop.pay(first), transaction="15000001")
        one, two = shop.pay(second), shop.pay(second, "NCB")
        shop.ipn(one, transaction="15000002")
        shop.payport.cancel(second.number, **BY)

        shop.ipn(two, transaction="15000003")

        assert shop.payport.order(second.number).state is OrderState.REVIEW
        assert all(Flag.SURPLUS in payment.flags for payment in shop.payport.order(second.number).payments)
        assert shop.payport.entitlement("binh-minh").version == 1


class TestASuccessAfterCancelling:
    """Case: success arrives after the order was cancelled. Never dropped; policy `late_success`."""

    def test_DEL_08_fulfils_by_default_and_counts_its_code_again(self, shop: Shop) -> None:
        order = shop.order(code="ONCE")
        payment = shop.pay(order)
        shop.payport.cancel(order.number, **BY)
        taken = shop.order("hai", code="ONCE")

        shop.ipn(payment)

        assert shop.payport.order(order.number).state is OrderState.PAID
        assert shop.payport.order(taken.number).state is OrderState.PLACED
        assert shop.payport.entitlement("binh-minh").version == 1

    def test_DEL_08_goes_to_review_where_the_policy_says_so(self, database_url: str, tmp_path: Path) -> None:
        shop = open_shop(tmp_path, database_url, catalog=catalog_text(policies='late_success = "review"'))
        payment = shop.pay(shop.order())
        shop.payport.cancel(payment.order_number, **BY)

        shop.ipn(payment)

        held = shop.payport.order(payment.order_number)
        assert (held.state, held.received.minor) == (OrderState.REVIEW, TOTAL)
        assert held.review_reason == "paid after it had ended; the policy asks for a person"
        assert shop.payport.entitlement("binh-minh").version == 0
        check_invariants(shop.payport)
        shop.payport.close()

    def test_is_asked_for_since_its_payment_stays_open(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.payport.cancel(payment.order_number, **BY)
        shop.clock.forward(minutes=16)

        asked = shop.payport.work().asked

        assert (asked, shop.payment(payment).state) == (1, State.PENDING)
