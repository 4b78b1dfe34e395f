"""Chargebacks as an operator records them: what becomes of the grant, of the money's bounds, and of races."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from payport.doors.async_host import AsyncPayport
from payport.errors import NotFound, RequestRefused
from payport.rules.chargeback import Chargeback, State
from payport.rules.entitlement import State as Held
from payport.rules.money import Money, vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment
from payport.rules.purchase import AddCapacity, New, Renew
from payport.service.viewing import OrderView
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.customer import Customer
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

BY = {"actor": "lan@example.vn", "reason": "the card's holder does not know it"}
YEAR = New(package="standard", months=12)
TOTAL = vnd(1_100_000)


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


def paid(customer: Customer) -> Payment:
    (payment,) = customer.buys(YEAR).payments
    return payment


def open_(customer: Customer, payment: Payment, amount: Money | None = None) -> Chargeback:
    return customer.shop.payport.chargeback(payment.merchant_reference, amount or payment.amount, **BY)


def win(customer: Customer, chargeback: Chargeback) -> Chargeback:
    return customer.shop.payport.chargeback_won(chargeback.reference, actor="minh")


def lose(customer: Customer, chargeback: Chargeback) -> Chargeback:
    return customer.shop.payport.chargeback_lost(chargeback.reference, actor="minh")


def kinds(customer: Customer) -> list[str]:
    return [grant.kind for grant in customer.grants]


def surplus_of(customer: Customer, number: str) -> list[bool]:
    """Of its payments in the order in which they came, whether each is to be given back."""
    return [Flag.SURPLUS in payment.flags for payment in customer.shop.payport.order(number).payments]


class TestMoneyThatWasToBeGivenBack:
    """What an issuer took is not paid back too; nor what pays for the order in its place."""

    @pytest.fixture
    def twice(self, shop: Shop, customer: Customer) -> tuple[Payment, Payment]:
        order = customer.places(YEAR)
        first = shop.pay(order)
        shop.clock.forward(minutes=1)
        second = shop.pay(order, "NCB")
        customer.pays(first)
        customer.pays(second)
        return first, second

    def test_pays_for_the_order_once_the_first_money_is_lost(
        self, customer: Customer, twice: tuple[Payment, Payment]
    ) -> None:
        number = twice[0].order_number
        opened = open_(customer, twice[0])
        before = surplus_of(customer, number)
        assert customer.shop.payport.chargebacks(number) == (opened,)

        lose(customer, opened)

        assert [each.state for each in customer.shop.payport.chargebacks(number)] == ["lost"]
        with pytest.raises(NotFound):
            customer.shop.payport.chargebacks("SV-NOBODY")
        assert (before, surplus_of(customer, number)) == ([False, True], [False, False])
        assert (customer.held.state, kinds(customer)) == (Held.ACTIVE, ["order"])

    def test_is_what_was_lost_itself(self, customer: Customer, twice: tuple[Payment, Payment]) -> None:
        lose(customer, open_(customer, twice[1]))

        assert surplus_of(customer, twice[0].order_number) == [False, False]

    def test_stays_to_be_given_back_while_it_is_open_and_once_it_is_won(
        self, customer: Customer, twice: tuple[Payment, Payment]
    ) -> None:
        opened = open_(customer, twice[1])
        during = surplus_of(customer, twice[0].order_number)

        win(customer, opened)

        assert during == surplus_of(customer, twice[0].order_number) == [False, True]

    def test_stays_to_be_given_back_as_far_as_it_is_more_than_the_order_costs(
        self, customer: Customer, twice: tuple[Payment, Payment]
    ) -> None:
        lose(customer, open_(customer, twice[0], vnd(1_000_000)))

        assert surplus_of(customer, twice[0].order_number) == [False, True]

    def test_pays_for_nothing_where_all_was_reversed_before_it_came(
        self, shop: Shop, customer: Customer
    ) -> None:
        order = customer.places(YEAR)
        first, second = shop.pay(order), shop.pay(order, "NCB")
        customer.pays(first)
        lose(customer, open_(customer, first, vnd(100_000)))
        customer.pays(second)

        lose(customer, open_(customer, first, vnd(1_000_000)))

        after = shop.payment(second)
        assert (Flag.SURPLUS in after.flags, customer.held.state) == (True, Held.NONE)

    @pytest.mark.parametrize(("end", "flagged"), [(win, True), (lose, False)])
    def test_of_an_order_that_is_cancelled_is_what_no_issuer_took(
        self, shop: Shop, customer: Customer, end: Any, flagged: bool
    ) -> None:
        granted, held = customer.begins(YEAR), customer.begins(YEAR)
        customer.pays(granted)
        customer.pays(held)
        end(customer, open_(customer, held))

        shop.payport.cancel(held.order_number, **BY)

        assert surplus_of(customer, held.order_number) == [flagged]

    def test_of_an_order_in_review_stays_with_it(self, shop: Shop, customer: Customer) -> None:
        granted, order = customer.begins(YEAR), customer.places(YEAR)
        first, second = shop.pay(order), shop.pay(order, "NCB")
        for payment in (granted, first, second):
            customer.pays(payment)

        lose(customer, open_(customer, first))

        assert shop.payport.order(order.number).state is OrderState.REVIEW
        assert Flag.SURPLUS not in shop.payment(second).flags


class TestOneOfAPaidOrder:
    def test_stands_in_the_orders_history(self, customer: Customer) -> None:
        payment = paid(customer)
        lost = lose(customer, open_(customer, payment))

        history = customer.shop.payport.history(payment.order_number)

        assert [(step.subject, step.to_state) for step in history if step.reference == lost.reference] == [
            ("chargeback", "opened"),
            ("chargeback", "lost"),
        ]

    def test_suspends_what_it_gave_until_it_is_won(self, customer: Customer) -> None:
        opened = open_(customer, paid(customer))
        during = customer.held.state

        won = win(customer, opened)

        assert (opened.state, opened.opened_by, opened.amount) == (State.OPENED, BY["actor"], TOTAL)
        assert (during, customer.held.state) == (Held.SUSPENDED, Held.ACTIVE)
        assert (won.state, won.closed_by) == (State.WON, "minh")
        assert kinds(customer) == ["order", "suspension", "restoring"]

    def test_takes_what_it_gave_once_it_is_lost(self, customer: Customer) -> None:
        payment = paid(customer)
        lose(customer, open_(customer, payment))

        assert (customer.held.state, kinds(customer)) == (Held.NONE, ["order", "suspension", "reversal"])
        assert customer.shop.payport.order(payment.order_number).state is OrderState.PAID
        reversal = customer.grants[-1]
        assert (reversal.actor, reversal.order_number) == ("minh", payment.order_number)

    def test_is_told_step_by_step_with_who_did_it(self, shop: Shop, customer: Customer) -> None:
        opened = open_(customer, paid(customer))
        lose(customer, opened)

        with shop.payport.seller.database.reading() as connection:
            rows = connection.execute(
                select(t.journal).where(t.journal.c.reference == opened.reference)
            ).all()
        assert [(row.subject, row.from_state, row.to_state, row.because) for row in rows] == [
            ("chargeback", None, "opened", f"opened by {BY['actor']}: {BY['reason']}"),
            ("chargeback", "opened", "lost", "lost, recorded by minh"),
        ]

    @pytest.mark.parametrize("end", [win, lose])
    @pytest.mark.parametrize("again", [win, lose])
    def test_is_closed_once(self, shop: Shop, customer: Customer, end: Any, again: Any) -> None:
        opened = open_(customer, paid(customer))
        closed = end(customer, opened)

        with nothing_moves(shop), pytest.raises(RequestRefused) as error:
            again(customer, opened)

        assert error.value.problem == f"it is {closed.state} already, recorded by minh"

    def test_leaves_the_customer_free_to_buy_again_when_it_is_lost(self, customer: Customer) -> None:
        lose(customer, open_(customer, paid(customer)))

        customer.buys(YEAR)

        assert customer.held.state is Held.ACTIVE


class TestWhileTheAccountIsSuspended:
    def test_nothing_is_sold_and_money_that_comes_waits_in_review(
        self, shop: Shop, customer: Customer
    ) -> None:
        first = paid(customer)
        shop.clock.forward(days=350)
        renewal = customer.begins(Renew(months=12))

        open_(customer, first)
        customer.pays(renewal)

        assert not [offer for offer in shop.payport.offers("binh-minh") if offer.is_open]
        order = shop.payport.order(renewal.order_number)
        assert (order.state, order.received) == (OrderState.REVIEW, TOTAL)
        with pytest.raises(RequestRefused, match="suspended"):
            shop.payport.adjust("binh-minh", days=10, **BY)


class TestOneOfAnOrderBesideOthers:
    def test_takes_added_capacity_alone(self, customer: Customer) -> None:
        paid(customer)
        customer.uses(10)
        (payment,) = customer.buys(AddCapacity(steps=1)).payments

        opened = open_(customer, payment)
        during = (customer.held.state, customer.held.extra_gb)
        win(customer, opened)

        assert during == (Held.ACTIVE, 0)
        assert customer.held.extra_gb == 50

    def test_on_a_term_to_come_suspends_it_when_it_begins(self, shop: Shop, customer: Customer) -> None:
        paid(customer)
        shop.clock.forward(days=350)
        (payment,) = customer.buys(Renew(months=12)).payments

        open_(customer, payment)
        before = customer.held.state
        shop.clock.forward(days=20)

        assert (before, customer.held.state) == (Held.ACTIVE, Held.SUSPENDED)


class TestTwoOfOneOrder:
    def test_restore_it_when_both_are_won(self, customer: Customer) -> None:
        payment = paid(customer)
        one, other = open_(customer, payment, vnd(600_000)), open_(customer, payment, vnd(500_000))

        win(customer, one)
        between = customer.held.state
        win(customer, other)

        assert (between, customer.held.state) == (Held.SUSPENDED, Held.ACTIVE)
        assert kinds(customer) == ["order", "suspension", "restoring"]

    @pytest.mark.parametrize("ends", [(win, lose), (lose, win), (lose, lose)])
    def test_reverse_it_once_when_one_is_lost(self, customer: Customer, ends: Any) -> None:
        payment = paid(customer)
        both = [open_(customer, payment, vnd(600_000)), open_(customer, payment, vnd(500_000))]

        for end, chargeback in zip(ends, both, strict=True):
            end(customer, chargeback)

        assert kinds(customer) == ["order", "suspension", "reversal"]
        assert customer.held.state is Held.NONE


class TestTheMoneyThatMayBeClaimed:
    def test_is_what_the_payment_received_and_not_a_dong_more(self, shop: Shop, customer: Customer) -> None:
        payment = paid(customer)
        lose(customer, open_(customer, payment, vnd(600_000)))
        open_(customer, payment, vnd(400_000))

        with nothing_moves(shop), pytest.raises(RequestRefused) as error:
            open_(customer, payment, vnd(100_001))
        open_(customer, payment, vnd(100_000))

        assert (error.value.field, error.value.remedy) == ("amount", "Give from 1 to 100,000 VND")
        with pytest.raises(RequestRefused, match="all of it is claimed or given back already"):
            open_(customer, payment, vnd(1))

    def test_is_free_again_when_the_claim_is_won(self, customer: Customer) -> None:
        payment = paid(customer)
        win(customer, open_(customer, payment))

        assert open_(customer, payment).amount == TOTAL

    @pytest.mark.parametrize(
        "amount", [vnd(0), vnd(-1), Money(1, "USD"), 1_100_000, "1100000", None], ids=str
    )
    def test_is_an_amount_in_its_currency(self, shop: Shop, customer: Customer, amount: Any) -> None:
        payment = paid(customer)

        with nothing_moves(shop), pytest.raises(RequestRefused) as error:
            shop.payport.chargeback(payment.merchant_reference, amount, **BY)

        assert error.value.field == "amount"

    @pytest.mark.parametrize("ends", ["pending", "failed"])
    def test_is_none_of_a_payment_that_received_nothing(
        self, shop: Shop, customer: Customer, ends: str
    ) -> None:
        payment = customer.begins(YEAR)
        if ends == "failed":
            shop.ipn(payment, response="24")

        with nothing_moves(shop), pytest.raises(RequestRefused, match="it received no money"):
            open_(customer, payment)


class TestSurplusMoney:
    def test_may_be_claimed_back_without_an_effect(self, shop: Shop, customer: Customer) -> None:
        order = customer.places(YEAR)
        first, second = shop.pay(order), shop.pay(order, "NCB")
        customer.pays(first)
        customer.pays(second)

        lose(customer, open_(customer, second))

        assert (customer.held.state, kinds(customer)) == (Held.ACTIVE, ["order"])

    def test_covers_the_order_when_the_first_payment_is_claimed_back(
        self, shop: Shop, customer: Customer
    ) -> None:
        order = customer.places(YEAR)
        first, second = shop.pay(order), shop.pay(order, "NCB")
        customer.pays(first)
        customer.pays(second)

        lose(customer, open_(customer, first))
        between = customer.held.state
        open_(customer, second, vnd(1))

        assert (between, customer.held.state) == (Held.ACTIVE, Held.SUSPENDED)


class TestAnOrderThatGaveNothing:
    def test_in_review_keeps_the_record_and_no_more(self, shop: Shop, customer: Customer) -> None:
        first, second = customer.begins(YEAR), customer.begins(YEAR)
        customer.pays(first)
        customer.pays(second)

        lose(customer, open_(customer, second))

        assert shop.payport.order(second.order_number).state is OrderState.REVIEW
        assert (customer.held.state, kinds(customer)) == (Held.ACTIVE, ["order"])

    def test_and_waits_for_the_rest_of_its_money_is_for_a_person(
        self, shop: Shop, customer: Customer
    ) -> None:
        order: OrderView = customer.places(YEAR)
        part, rest = shop.pay(order), shop.pay(order, "NCB")
        shop.ipn(part, vnd(600_000), transaction="15000001")

        lose(customer, shop.payport.chargeback(part.merchant_reference, vnd(600_000), **BY))
        shop.ipn(rest, vnd(500_000), transaction="15000002")

        held = shop.payport.order(order.number)
        assert (held.state, held.received, kinds(customer)) == (OrderState.REVIEW, TOTAL, [])
        assert (held.review_reason or "").startswith("chargeback SV")


class TestWhatIsNotThere:
    @pytest.mark.parametrize("reference", ["SVNOTTHERE22", "a\x00b"], ids=ascii)
    def test_is_not_found(self, shop: Shop, reference: str) -> None:
        with pytest.raises(NotFound, match="no such payment"):
            shop.payport.chargeback(reference, TOTAL, **BY)
        with pytest.raises(NotFound, match="no such chargeback"):
            shop.payport.chargeback_won(reference, actor="minh")

    @pytest.mark.parametrize(("field", "text"), [("actor", ""), ("actor", "x" * 121), ("reason", " ")])
    def test_such_as_a_name_or_a_reason_is_refused(
        self, shop: Shop, customer: Customer, field: str, text: str
    ) -> None:
        payment = paid(customer)

        with nothing_moves(shop), pytest.raises(RequestRefused) as error:
            shop.payport.chargeback(payment.merchant_reference, TOTAL, **{**BY, field: text})

        assert error.value.field == field

    def test_such_as_the_name_of_who_closes_it_is_refused(self, shop: Shop, customer: Customer) -> None:
        opened = open_(customer, paid(customer))

        with nothing_moves(shop), pytest.raises(RequestRefused, match=r"^actor: "):
            shop.payport.chargeback_lost(opened.reference, actor="")


class TestTwoOperatorsAtOneMoment:
    def test_who_claim_all_of_it_open_one(self, customer: Customer) -> None:
        payment = paid(customer)

        results = at_once(*[lambda: open_(customer, payment)] * 2)

        assert sorted(type(result).__name__ for result in results) == ["Chargeback", "RequestRefused"]
        assert kinds(customer) == ["order", "suspension"]

    def test_who_close_it_differently_close_it_once(self, customer: Customer) -> None:
        for round_ in range(5):
            buyer = Customer(customer.shop, f"khach-{round_}")
            opened = open_(buyer, paid(buyer))

            results = at_once(lambda b=buyer, o=opened: win(b, o), lambda b=buyer, o=opened: lose(b, o))

            assert sorted(type(result).__name__ for result in results) == ["Chargeback", "RequestRefused"]
            assert len(kinds(buyer)) == 3

    def test_who_close_two_of_one_order_restore_it_once(self, customer: Customer) -> None:
        payment = paid(customer)
        both = [open_(customer, payment, vnd(600_000)), open_(customer, payment, vnd(500_000))]

        at_once(*[lambda each=each: win(customer, each) for each in both])

        assert kinds(customer) == ["order", "suspension", "restoring"]

    def test_of_whom_one_adjusts_meanwhile_leave_no_gap(self, shop: Shop, customer: Customer) -> None:
        payment = paid(customer)

        at_once(
            lambda: open_(customer, payment), lambda: shop.payport.adjust("binh-minh", gb=5, **BY)
        )  # the oracle counts the sequence

        assert kinds(customer)[:1] == ["order"]
        assert customer.held.state is Held.SUSPENDED


@pytest.mark.anyio
async def test_an_async_host_has_the_same_verbs(shop: Shop, customer: Customer) -> None:
    host = AsyncPayport(shop.payport.seller, shop.payport.configuration)
    payment = paid(customer)

    opened = await host.chargeback(payment.merchant_reference, vnd(600_000), **BY)
    other = await host.chargeback(payment.merchant_reference, vnd(500_000), **BY)
    won = await host.chargeback_won(opened.reference, actor="minh")
    lost = await host.chargeback_lost(other.reference, actor="minh")

    assert (won.state, lost.state, customer.held.state) == (State.WON, State.LOST, Held.NONE)
