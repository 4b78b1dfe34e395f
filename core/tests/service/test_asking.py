"""Asking a gateway, on both databases: claimed by one, answered in time, and never forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from payport.gateways.exchange import FlowLimits
from payport.gateways.flow import Called
from payport.gateways.observers import Observer, Observers, PaymentSettled
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.payment import Flag, Payment, State
from payport.service import asking, leasing, paying
from payport.service.asking import Question
from payport.service.settling import tell_settled
from payport.signing.received import Channel
from payport.storage import tables as t
from tests.support.rewrite import rewrite_payment
from tests.support.shop import NOON, Shop
from tests.support.sign import ipn_query

ASKED_FIRST = NOON + timedelta(minutes=16)  # the gateway's window of 15 minutes, and its first delay
GAP = timedelta(minutes=5)


@pytest.fixture
def payment(shop: Shop) -> Payment:
    return shop.pay(shop.order())


def said(payment: Payment, outcome: Outcome, **changes: Any) -> PaymentReport:
    facts: dict[str, Any] = {
        "gateway_code": "00",
        "merchant_account": None,
        "merchant_reference": payment.merchant_reference,
        "amount": payment.amount,
        "gateway_reference": "14422574",
    }
    return PaymentReport(outcome=outcome, **{**facts, **changes})


def claimed(shop: Shop) -> Question | None:
    seller = shop.payport.seller
    return seller.database.transaction(lambda connection: asking.claim(connection, seller))


def claimed_one(shop: Shop, payment: Payment) -> Question | None:
    seller = shop.payport.seller
    return seller.database.transaction(
        lambda connection: asking.claim_one(connection, seller, payment.merchant_reference)
    )


def concluded(
    shop: Shop, question: Question | None, report: PaymentReport | None
) -> tuple[Payment, Payment] | None:
    assert question is not None
    seller, given = shop.payport.seller, question
    outcome = Outcome.UNKNOWN if report is None else report.outcome
    called = Called(report, outcome, "", "", (), timedelta(0))
    return seller.database.transaction(lambda connection: asking.conclude(connection, seller, given, called))


def due_at(shop: Shop, payment: Payment) -> datetime | None:
    this = t.payments.c.merchant_reference == payment.merchant_reference
    with shop.payport.seller.database.reading() as connection:
        at: datetime | None = connection.execute(select(t.payments.c.due_at).where(this)).scalar_one()
        return at


def come_back(shop: Shop, payment: Payment) -> None:
    """The buyer's browser returns, which proves nothing and makes an ask due."""
    query = ipn_query(payment.merchant_reference, payment.amount.minor)
    assert shop.deliver(query, channel=Channel.RETURN).decision == "hint_taken"


class TestAPaymentThatIsDue:
    def test_is_claimed_by_one_alone(self, shop: Shop, payment: Payment) -> None:
        shop.clock.now = ASKED_FIRST

        assert claimed(shop) is not None
        assert claimed(shop) is None
        assert claimed_one(shop, payment) is None

    def test_is_not_claimed_a_moment_too_soon(self, shop: Shop, payment: Payment) -> None:
        shop.clock.now = ASKED_FIRST - timedelta(seconds=1)

        assert claimed(shop) is None

    def test_waits_for_the_one_that_has_been_due_longer(self, shop: Shop) -> None:
        first = shop.pay(shop.order("mot"))
        shop.clock.forward(minutes=1)
        shop.pay(shop.order("hai"))
        shop.clock.now = ASKED_FIRST + timedelta(minutes=30)

        question = claimed(shop)

        assert question is not None
        assert question.payment.merchant_reference == first.merchant_reference

    def test_is_not_asked_about_once_it_is_finished(self, shop: Shop, payment: Payment) -> None:
        shop.ipn(payment)
        shop.clock.now = ASKED_FIRST

        assert due_at(shop, payment) is None
        assert claimed(shop) is None
        assert claimed_one(shop, payment) is None

    def test_is_taken_over_when_its_worker_died_and_the_late_answer_is_discarded(
        self, shop: Shop, payment: Payment
    ) -> None:
        shop.clock.now = ASKED_FIRST
        dead = claimed(shop)
        shop.clock.forward(seconds=15)
        second = claimed(shop)

        late = concluded(shop, dead, said(payment, Outcome.DONE))

        assert late is None
        assert shop.payment(payment).state is State.PENDING
        assert concluded(shop, second, said(payment, Outcome.DONE)) is not None
        assert shop.payment(payment).state is State.SUCCEEDED

    def test_that_always_fails_is_tried_again_after_the_gateways_gap_and_no_sooner(
        self, shop: Shop, payment: Payment
    ) -> None:
        """Its gateway is not asked every few seconds for ever."""
        shop.clock.now = ASKED_FIRST
        assert claimed(shop) is not None
        shop.clock.forward(seconds=15)
        assert claimed(shop) is not None

        shop.clock.forward(seconds=299)
        assert claimed(shop) is None
        shop.clock.forward(seconds=1)
        assert claimed(shop) is not None


def test_an_answer_is_waited_for_while_the_lease_holds_and_no_longer() -> None:
    """Else a slow gateway's answers would all come to a lease that somebody else has taken over."""
    assert timedelta(seconds=asking.LIMITS.seconds) < leasing.LEASE
    assert timedelta(seconds=FlowLimits().seconds) < paying.PREPARING


class TestAskingByHand:
    def test_respects_the_gateways_gap(self, shop: Shop, payment: Payment) -> None:
        concluded(shop, claimed_one(shop, payment), None)
        shop.clock.forward(seconds=299)
        assert claimed_one(shop, payment) is None

        shop.clock.forward(seconds=1)
        assert claimed_one(shop, payment) is not None

    def test_counts_the_gap_from_the_answer(self, shop: Shop, payment: Payment) -> None:
        question = claimed_one(shop, payment)
        shop.clock.forward(seconds=10)
        concluded(shop, question, None)

        shop.clock.forward(seconds=299)

        assert claimed_one(shop, payment) is None

    def test_leaves_the_planned_asks_as_they_are(self, shop: Shop, payment: Payment) -> None:
        concluded(shop, claimed_one(shop, payment), None)

        assert due_at(shop, payment) == ASKED_FIRST


class TestABuyerWhoComesBack:
    def test_makes_an_ask_due_at_once(self, shop: Shop, payment: Payment) -> None:
        come_back(shop, payment)

        assert due_at(shop, payment) == NOON

    def test_does_not_put_off_an_ask_that_is_due_sooner(self, shop: Shop, payment: Payment) -> None:
        shop.clock.now = ASKED_FIRST + timedelta(minutes=1)

        come_back(shop, payment)

        assert due_at(shop, payment) == ASKED_FIRST

    def test_while_the_gateway_is_being_asked_is_followed_by_another_ask(
        self, shop: Shop, payment: Payment
    ) -> None:
        """The answer that is under way may have been given before the buyer paid."""
        come_back(shop, payment)
        question = claimed(shop)
        shop.clock.forward(seconds=1)
        come_back(shop, payment)
        shop.clock.forward(seconds=1)

        concluded(shop, question, said(payment, Outcome.PENDING, unpaid=True))

        assert due_at(shop, payment) == shop.clock() + GAP < ASKED_FIRST

    def test_to_a_payment_that_is_finished_makes_nothing_due(self, shop: Shop, payment: Payment) -> None:
        shop.ipn(payment)

        come_back(shop, payment)

        assert due_at(shop, payment) is None


class TestAnAnswer:
    @pytest.mark.parametrize("reference", ["SVANOTHERONE", None], ids=["another's", "nobody's"])
    def test_CHN_08_that_is_not_about_this_payment_says_nothing(
        self, shop: Shop, payment: Payment, reference: str | None
    ) -> None:
        shop.clock.now = ASKED_FIRST

        concluded(shop, claimed(shop), said(payment, Outcome.DONE, merchant_reference=reference))

        assert shop.payment(payment).state is State.PENDING
        assert due_at(shop, payment) == NOON + timedelta(minutes=21)

    def test_that_crosses_the_success_accuses_nobody_and_observers_hear_once(
        self, shop: Shop, payment: Payment
    ) -> None:
        heard: list[PaymentSettled] = []

        class Ears(Observer):
            def payment_settled(self, fact: PaymentSettled) -> None:
                heard.append(fact)

        seller = replace(shop.payport.seller, observers=Observers([Ears()]))
        listening = replace(shop, payport=replace(shop.payport, seller=seller))
        shop.clock.now = ASKED_FIRST
        question = claimed(shop)
        listening.ipn(payment)

        settled = concluded(shop, question, None)
        assert settled is not None
        tell_settled(seller, *settled, at=shop.clock())

        assert [fact.state for fact in heard] == ["succeeded"]
        assert not shop.payment(payment).flags
        assert due_at(shop, payment) is None

    def test_of_unpaid_ends_a_payment_whose_window_has_closed(self, shop: Shop, payment: Payment) -> None:
        shop.clock.now = ASKED_FIRST

        concluded(
            shop,
            claimed(shop),
            said(payment, Outcome.PENDING, unpaid=True, amount=None, gateway_reference=None),
        )

        assert (shop.payment(payment).state, due_at(shop, payment)) == (State.EXPIRED, None)

    def test_after_the_last_delay_plans_no_other(self, shop: Shop, payment: Payment) -> None:
        shop.clock.forward(days=2)

        concluded(shop, claimed(shop), None)

        assert (shop.payment(payment).state, due_at(shop, payment)) == (State.PENDING, None)


class TestAPaymentThatEndedUnpaid:
    @pytest.fixture
    def expired(self, shop: Shop, payment: Payment) -> Payment:
        shop.clock.now = ASKED_FIRST
        unpaid = said(payment, Outcome.PENDING, unpaid=True, amount=None, gateway_reference=None)
        concluded(shop, claimed(shop), unpaid)
        shop.clock.forward(minutes=10)
        return shop.payment(payment)

    def test_is_asked_about_when_its_buyer_comes_back(self, shop: Shop, expired: Payment) -> None:
        come_back(shop, expired)

        assert due_at(shop, expired) == shop.clock()
        concluded(shop, claimed(shop), said(expired, Outcome.DONE))
        late = shop.payment(expired)
        assert (late.state, late.flags) == (State.SUCCEEDED, {Flag.LATE})
        assert due_at(shop, late) is None

    def test_is_asked_about_when_a_person_wants_to_know(self, shop: Shop, expired: Payment) -> None:
        assert claimed_one(shop, expired) is not None

    @pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.DECLINED])
    def test_is_asked_once_and_left_where_the_answer_is_the_same(
        self, shop: Shop, expired: Payment, outcome: Outcome
    ) -> None:
        come_back(shop, expired)

        concluded(shop, claimed(shop), said(expired, outcome))

        assert (shop.payment(expired).state, due_at(shop, expired)) == (State.EXPIRED, None)

    def test_is_asked_again_where_no_answer_came(self, shop: Shop, expired: Payment) -> None:
        come_back(shop, expired)

        concluded(shop, claimed(shop), None)

        again = due_at(shop, expired)
        assert again is not None
        assert again > shop.clock()


class TestADisputeAboutWhatWasGivenUp:
    def test_is_asked_about_since_nobody_would_ask_any_more(self, shop: Shop, payment: Payment) -> None:
        shop.ipn(payment, response="51", transaction="0")
        assert due_at(shop, payment) is None

        shop.ipn(payment, response="07", status="07")

        assert shop.payment(payment).state is State.REVIEW
        assert shop.payment(payment).flags == {Flag.SUSPECT}
        assert due_at(shop, payment) == shop.clock()


class TestAGatewayThatCannotBeAskedAnyMore:
    def test_is_left_alone(self, shop: Shop, payment: Payment) -> None:
        rewrite_payment(shop, payment, gateway_account="closed-meanwhile")
        shop.clock.now = ASKED_FIRST

        assert claimed(shop) is None


def test_a_hint_where_nobody_can_be_asked_makes_nothing_due(shop: Shop, payment: Payment) -> None:
    gateway = shop.payport.seller.accounts[payment.gateway_account].ready
    object.__setattr__(gateway, "capabilities", gateway.capabilities - {"query"})
    before = due_at(shop, payment)

    come_back(shop, payment)

    assert due_at(shop, payment) == before
