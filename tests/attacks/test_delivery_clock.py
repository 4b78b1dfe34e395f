"""DEL-12: our clock is ten minutes ahead, or behind, while we sell, take callbacks and let things expire."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from payport.doors.cli.doctor import Grade, examine
from payport.errors import PurchaseNotOpen, RequestRefused
from payport.rules.entitlement import State as Holding
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.rules.purchase import AddCapacity, New, Renew
from payport.service.judge import Decision
from payport.service.receiving import Receipt
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import bank_fields, hmac_hex
from tests.support.customer import Customer, transaction_of
from tests.support.fake_bank import fake_bank
from tests.support.shop import NOON, Shop
from tests.support.unmoved import CONFIRMED, last_callback, nothing_moves

OpenBank = Callable[..., BankShop]
STANDARD: Final = New(package="standard", months=12)
IN_THE_WINDOW: Final = datetime(2027, 11, 14, 5, tzinfo=UTC)
SKEW: Final = timedelta(minutes=10)
SKEWS: Final = pytest.mark.parametrize("skew", [SKEW, -SKEW], ids=["ahead", "behind"])


@SKEWS
class TestAStampThatOurClockDoesNotBelieve:
    def test_DEL_12_is_refused_and_the_operator_reads_clock(
        self, open_bank: OpenBank, skew: timedelta
    ) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        bank.shop.clock.now = NOON + skew

        with nothing_moves(bank.shop):
            assert stamped(bank, payment, NOON).decision is Decision.NOT_AUTHENTIC

        assert "our clock" in last_callback(bank.shop)[2]
        doctors = [finding for finding in examine(bank.shop.payport) if finding.subject == "clock"]
        assert any(
            finding.grade is Grade.LOOK and "callbacks came as too old" in finding.words
            for finding in doctors
        )

    def test_DEL_12_is_taken_once_the_clock_is_right(self, open_bank: OpenBank, skew: timedelta) -> None:
        """The bank calls again, since it was not told that we have it."""
        bank = open_bank("bank_body")
        payment = bank.pay()
        bank.shop.clock.now = NOON + skew
        stamped(bank, payment, NOON)

        bank.shop.clock.now = NOON + timedelta(minutes=1)

        assert stamped(bank, payment, bank.shop.clock()).decision is Decision.RECORDED
        assert bank.shop.payport.order(payment.order_number).state is OrderState.PAID


def stamped(bank: BankShop, payment: Payment, at: datetime) -> Receipt:
    body = json.dumps(bank_fields(payment.merchant_reference, payment.amount.minor)).encode()
    stamp = str(int(at.timestamp()))
    signature = hmac_hex(f"{stamp}.".encode() + body)
    headers = ((b"x-signature", signature.encode()), (b"x-time", stamp.encode()))
    return bank.deliver(method="POST", body=body, headers=headers)


@SKEWS
class TestASaleWhoseClockIsSetRightInBetween:
    """VNPAY's messages have no stamp that is verified."""

    def test_DEL_12_goes_on_and_is_paid_within_the_skew(self, shop: Shop, skew: timedelta) -> None:
        customer = Customer(shop)
        shop.clock.now = NOON + skew
        payment = customer.begins(STANDARD)
        shop.clock.now = NOON + timedelta(minutes=2)

        said = "20261124120100"  # a minute past noon, by the gateway's clock
        receipt = shop.ipn(payment, transaction=transaction_of(payment), vnp_PayDate=said)

        paid_at = shop.payport.order(payment.order_number).paid_at
        assert receipt.reply.body == CONFIRMED
        assert paid_at is not None
        assert abs(paid_at - (NOON + timedelta(minutes=1))) <= SKEW
        assert (customer.held.state, customer.held.version) == (Holding.ACTIVE, 1)

    def test_DEL_12_loses_no_quote_and_no_order_early_by_more(self, shop: Shop, skew: timedelta) -> None:
        """A quote holds for a day, then its order for another."""
        customer = Customer(shop)
        shop.clock.now = NOON + skew
        quote, order = customer.quote(STANDARD), customer.places(STANDARD)
        shop.clock.now = NOON + timedelta(days=1) - SKEW - timedelta(seconds=1)

        late = customer.places(quote)
        shop.payport.work()
        assert shop.payport.order(order.number).state is OrderState.PLACED
        shop.clock.now = NOON + timedelta(days=1) + SKEW
        shop.payport.work()

        assert shop.payport.order(order.number).state is OrderState.EXPIRED
        assert shop.payport.order(late.number).state is OrderState.PLACED

    def test_DEL_12_loses_no_payment_that_succeeds_after_its_window_seemed_to_close(
        self, open_bank: OpenBank, skew: timedelta
    ) -> None:
        """The bank's window is a quarter of an hour; it says "waiting" while it is open."""
        with fake_bank() as server:
            bank = open_bank("bank_query", endpoint=server.url)
            server.says({"status": "waiting"})
            payment = bank.pay()
            early = payment.closes_at - SKEW - timedelta(seconds=1)
            bank.shop.clock.now = early + skew
            bank.shop.payport.ask(payment.merchant_reference)
            pending = bank.shop.payment(payment).state
            bank.shop.clock.now = payment.closes_at - SKEW + timedelta(seconds=10) + skew
            bank.shop.payport.ask(payment.merchant_reference)
            seemed = bank.shop.payment(payment).state
            bank.shop.clock.now = payment.closes_at - timedelta(minutes=1)

            receipt = bank.ipn(payment)

        assert (pending, seemed) == (State.PENDING, State.EXPIRED if skew > timedelta() else State.PENDING)
        assert receipt.decision is Decision.RECORDED
        assert bank.shop.payport.order(payment.order_number).state is OrderState.PAID
        assert (Flag.LATE in bank.shop.payment(payment).flags) == (seemed is State.EXPIRED)


class TestAGrantThatWouldBeginBeforeTheLast:
    """The first of two orders is paid while our clock is ahead, the second when it was set back."""

    @pytest.fixture
    def customer(self, shop: Shop) -> Customer:
        customer = Customer(shop)
        customer.buys(STANDARD)
        shop.clock.now = IN_THE_WINDOW
        customer.uses(10)
        return customer

    def test_DEL_12_begins_with_it(self, shop: Shop, customer: Customer) -> None:
        first, second = customer.begins(AddCapacity(steps=1)), customer.begins(Renew(months=12))
        shop.clock.now = IN_THE_WINDOW + SKEW
        customer.pays(first)
        shop.clock.now = IN_THE_WINDOW + timedelta(minutes=2)
        customer.pays(second)

        assert [grant.effective_at for grant in customer.grants[1:]] == [IN_THE_WINDOW + SKEW] * 2
        assert shop.payport.order(second.order_number).paid_at == shop.clock()
        shop.clock.now = IN_THE_WINDOW + SKEW
        held = customer.held
        assert (held.version, held.extra_gb) == (3, 50)
        assert held.future is not None
        assert held.term is not None
        assert held.future.term.start == held.term.end

    def test_DEL_12_is_seen_before_it_begins_and_sells_nothing_twice(
        self, shop: Shop, customer: Customer
    ) -> None:
        """What is held is judged as of its last change, though our clock is not there yet."""
        first = customer.begins(Renew(months=12))
        shop.clock.now = IN_THE_WINDOW + SKEW
        customer.pays(first)
        shop.clock.now = IN_THE_WINDOW + timedelta(minutes=2)

        assert customer.held.future is not None
        with pytest.raises(PurchaseNotOpen, match="the next term has been bought already"):
            customer.quote(Renew(months=12))

        assert any(
            "recorded 480 s from now: a clock of ours is wrong" in finding.words
            for finding in examine(shop.payport)
            if finding.subject == "clock"
        )


def test_DEL_12_a_measurement_of_the_future_is_refused(shop: Shop) -> None:
    """The host's clock is right, ours is behind: what it reports seems to come from later."""
    shop.clock.now = NOON - SKEW

    with pytest.raises(RequestRefused) as refused, nothing_moves(shop):
        shop.payport.report_usage("binh-minh", 1, NOON)

    assert refused.value.field == "at"
