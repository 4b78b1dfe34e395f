"""DEL-07, DEL-08: money for an order that had ended or was paid: never dropped, and never granted twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from payport.rules.entitlement import State as Holding
from payport.rules.grant import CapacityLine, TermLine
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.shop import NOON, Shop
from tests.support.unmoved import CONFIRMED, nothing_moves

OpenSeller = Callable[..., Shop]
Purchase = New | AddCapacity | Renew | Switch

STANDARD: Final = New(package="standard", months=12)
TOTAL: Final = vnd(1_100_000)
END: Final = datetime(2027, 11, 23, 17, tzinfo=UTC)  # of Standard for a year, bought at noon
DEARER: Final = catalog_text(
    ("price = 1_000_000", "price = 2_000_000"),
    ("price = 10_000_000", "price = 20_000_000"),
    ("amount = 3_550_000", "amount = 7_000_000"),
    version="dearer",
    since=(NOON + timedelta(hours=1)).isoformat(),
)


def fails_and_expires(customer: Customer, purchase: Purchase) -> Payment:
    payment = customer.begins(purchase)
    customer.shop.ipn(payment, response="51", transaction="0")
    customer.shop.clock.forward(hours=25)
    customer.shop.payport.work()
    assert customer.shop.payport.order(payment.order_number).state is OrderState.EXPIRED
    return payment


class TestWhatTheBuyerSeesOfAnOrderThatExpired:
    def test_DEL_07_is_the_truth_before_and_after_a_late_success(self, shop: Shop) -> None:
        customer = Customer(shop)
        payment = fails_and_expires(customer, STANDARD)
        token = shop.payport.order(payment.order_number).token
        before = shop.payport.order_by_token(token)

        assert customer.pays(payment).reply.body == CONFIRMED

        after = shop.payport.order_by_token(token)
        assert (before.state, before.received, before.paid_at) == (OrderState.EXPIRED, vnd(0), None)
        assert (after.state, after.received, after.paid_at) == (OrderState.PAID, TOTAL, shop.clock())
        assert [(one.state, one.received, one.flags) for one in after.payments] == [
            (State.SUCCEEDED, TOTAL, {Flag.LATE})
        ]
        told = [(move.from_state, move.to_state) for move in shop.payport.history(after.number)]
        assert told[-4:] == [
            ("placed", "expired"),
            (None, "counted"),
            ("failed", "succeeded"),
            ("expired", "paid"),
        ]
        assert customer.held.state is Holding.ACTIVE

    def test_DEL_07_says_review_where_the_policy_says_so_and_the_second_success_changes_nothing(
        self, open_seller: OpenSeller
    ) -> None:
        shop = open_seller(catalog=catalog_text(policies='late_success = "review"'))
        customer = Customer(shop)
        payment = fails_and_expires(customer, STANDARD)

        customer.pays(payment)

        after = shop.payport.order(payment.order_number)
        assert (after.state, after.received, after.paid_at) == (OrderState.REVIEW, TOTAL, None)
        assert "policy" in (after.review_reason or "")
        with nothing_moves(shop):
            customer.pays(payment)
        assert customer.held.state is Holding.NONE

    def test_DEL_07_is_at_the_price_that_was_quoted(self, open_seller: OpenSeller) -> None:
        shop = open_seller(later_catalogs=[DEARER])
        customer = Customer(shop)
        payment = fails_and_expires(customer, STANDARD)

        customer.pays(payment)

        order = shop.payport.order(payment.order_number)
        assert (order.state, order.total, order.received) == (OrderState.PAID, TOTAL, TOTAL)
        paid = customer.grants[0].paid
        assert paid is not None
        assert paid.total == TOTAL


LATE: Final[Mapping[str, tuple[Purchase, datetime, str]]] = {
    # what is bought, when it is placed, and what it comes to a day and an hour later
    "renewal, the term runs": (Renew(months=12), END - timedelta(days=5), "from the last end"),
    "renewal, it ended meanwhile": (Renew(months=12), END - timedelta(hours=2), "from payment"),
    "capacity, the term runs": (AddCapacity(steps=1), END - timedelta(days=200), "until the end"),
    "capacity, it ended meanwhile": (AddCapacity(steps=1), END - timedelta(hours=2), "review"),
    "switch, the term runs": (
        Switch(package="enterprise", months=12), END - timedelta(days=200), "from payment",
    ),
    "switch, it ended meanwhile": (
        Switch(package="enterprise", months=12), END - timedelta(hours=2), "from payment",
    ),
}  # fmt: skip


@pytest.mark.parametrize("ends", ["it expires", "it is cancelled"])
def test_DEL_07_each_kind_takes_effect_on_what_is_held_when_the_money_comes(shop: Shop, ends: str) -> None:
    for name, (purchase, at, effect) in LATE.items():
        shop.clock.now = NOON
        customer = Customer(shop, name)
        customer.buys(STANDARD)
        shop.clock.now = at
        customer.uses(10)
        if ends == "it expires":
            payment = fails_and_expires(customer, purchase)
        else:
            payment = customer.begins(purchase)
            shop.payport.cancel(payment.order_number, actor="lan", reason="asked for by phone")
            shop.clock.forward(hours=25)

        assert customer.pays(payment).reply.body == CONFIRMED

        assert what_became(customer, payment) == effect, name
        order = shop.payport.order(payment.order_number)
        assert order.received == order.total == shop.payment(payment).received, name


def what_became(customer: Customer, payment: Payment) -> str:
    order = customer.shop.payport.order(payment.order_number)
    if order.state is OrderState.REVIEW:
        assert len(customer.grants) == 1
        assert order.review_reason
        return "review"
    assert order.state is OrderState.PAID
    _, grant = customer.grants
    line = grant.lines[0]
    if isinstance(line, CapacityLine):
        assert line.end_date == date(2027, 11, 24)
        return "until the end"
    assert isinstance(line, TermLine)
    assert line.package == order.quote.package
    if line.term.start == END:
        return "from the last end"
    assert line.term.start == customer.shop.clock()
    return "from payment"


BOTH_TURNS: Final = pytest.mark.parametrize("turns", [(0, 1), (1, 0)], ids=["first first", "second first"])


class TestASuccessAfterACancellation:
    @BOTH_TURNS
    def test_DEL_08_at_the_gateway_pays_once_and_the_second_money_is_surplus(
        self, shop: Shop, turns: Sequence[int]
    ) -> None:
        """The buyer cancels there, begins anew, and both attempts succeed after all."""
        customer = Customer(shop)
        order = customer.places(STANDARD)
        first = shop.pay(order)
        shop.ipn(first, response="24", transaction="0")
        attempts = (first, shop.pay(order))
        assert shop.payment(first).state is State.FAILED

        for turn in turns:
            assert customer.pays(attempts[turn]).reply.body == CONFIRMED

        one_grant_and_one_surplus(customer, attempts[turns[0]], attempts[turns[1]])
        assert Flag.LATE in shop.payment(first).flags

    @BOTH_TURNS
    def test_DEL_08_of_the_order_pays_once_by_policy_fulfil_and_the_second_money_is_surplus(
        self, shop: Shop, turns: Sequence[int]
    ) -> None:
        customer = Customer(shop)
        attempts = cancelled_with_two_attempts(customer)

        for turn in turns:
            assert customer.pays(attempts[turn]).reply.body == CONFIRMED

        one_grant_and_one_surplus(customer, attempts[turns[0]], attempts[turns[1]])

    def test_DEL_08_of_the_order_waits_for_a_person_by_policy_review_with_all_of_the_money(
        self, open_seller: OpenSeller
    ) -> None:
        shop = open_seller(catalog=catalog_text(policies='late_success = "review"'))
        customer = Customer(shop)
        attempts = cancelled_with_two_attempts(customer)

        for attempt in attempts:
            assert customer.pays(attempt).reply.body == CONFIRMED

        order = shop.payport.order(attempts[0].order_number)
        assert (order.state, order.received) == (OrderState.REVIEW, TOTAL + TOTAL)
        assert [Flag.SURPLUS in shop.payment(attempt).flags for attempt in attempts] == [False, True]
        assert customer.grants == ()

    def test_DEL_08_from_review_gives_no_grant_for_what_is_to_be_given_back(self, shop: Shop) -> None:
        """One đồng too much was paid, so a person cancelled; then the other attempt succeeds, to the đồng."""
        customer = Customer(shop)
        order = customer.places(STANDARD)
        attempts = shop.pay(order), shop.pay(order, "NCB")
        shop.ipn(attempts[0], TOTAL + vnd(1))
        assert shop.payport.order(order.number).state is OrderState.REVIEW
        shop.payport.cancel(order.number, actor="lan", reason="to be given back")

        assert customer.pays(attempts[1]).reply.body == CONFIRMED

        after = shop.payport.order(order.number)
        assert (after.state, after.received) == (OrderState.REVIEW, TOTAL + TOTAL + vnd(1))
        assert "given back" in (after.review_reason or "")
        assert Flag.SURPLUS in shop.payment(attempts[0]).flags
        assert customer.grants == ()

    def test_DEL_08_is_known_already_when_it_is_delivered_again(self, shop: Shop) -> None:
        customer = Customer(shop)
        attempts = cancelled_with_two_attempts(customer)
        for attempt in attempts:
            customer.pays(attempt)

        with nothing_moves(shop):
            for attempt in attempts:
                assert customer.pays(attempt).decision == "already_known"


def cancelled_with_two_attempts(customer: Customer) -> tuple[Payment, Payment]:
    shop = customer.shop
    order = customer.places(STANDARD)
    attempts = shop.pay(order), shop.pay(order, "NCB")
    cancelled = shop.payport.cancel(order.number, actor="lan", reason="asked for by phone")
    assert (cancelled.state, cancelled.received) == (OrderState.CANCELLED, vnd(0))
    assert [shop.payment(attempt).state for attempt in attempts] == [State.PENDING] * 2
    return attempts


def one_grant_and_one_surplus(customer: Customer, paid: Payment, surplus: Payment) -> None:
    """The first to succeed pays; the other's money is kept, and flagged to be given back."""
    shop = customer.shop
    order = shop.payport.order(paid.order_number)
    assert (order.state, order.received) == (OrderState.PAID, TOTAL + TOTAL)
    assert [grant.order_number for grant in customer.grants] == [order.number]
    assert [(shop.payment(one).state, shop.payment(one).received) for one in (paid, surplus)] == [
        (State.SUCCEEDED, TOTAL), (State.SUCCEEDED, TOTAL),
    ]  # fmt: skip
    assert Flag.SURPLUS not in shop.payment(paid).flags
    assert Flag.SURPLUS in shop.payment(surplus).flags
