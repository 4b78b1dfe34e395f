"""Orders that are paid by transfer or in cash: how long they wait, and how their payments end with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from payport.doors.host import Payport
from payport.errors import RequestRefused
from payport.gateways.observers import PaymentSettled
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, State
from payport.rules.refund import Of
from payport.rules.refund import State as Stage
from payport.service import expiring
from tests.support.bank_lines import TOTAL
from tests.support.shop import NOON
from tests.support.transfers import Transfers

Open = Callable[..., Transfers]
WEEK = timedelta(days=7)
BY = {"actor": "lan", "reason": "by phone"}


class TestTheTime:
    def test_of_an_order_grows_to_a_week_from_its_placing_when_it_is_chosen(self, desk: Transfers) -> None:
        order = desk.shop.order()
        desk.clock.forward(hours=3)

        told = desk.told(order)

        assert (order.expires_at, told.expires_at) == (NOON + timedelta(hours=24), NOON + WEEK)
        assert desk.payment(told).closes_at == NOON + WEEK

    def test_of_an_order_that_is_paid_online_stays_a_day(self, desk: Transfers) -> None:
        order = desk.shop.order()
        desk.shop.pay(order)

        assert desk.now(order).expires_at == NOON + timedelta(hours=24)

    def test_is_never_shortened(self, open_desk: Open) -> None:
        desk = open_desk(policies="order_only_lifetime = { hours = 2 }")

        told = desk.order()

        assert told.expires_at == desk.payment(told).closes_at == NOON + timedelta(hours=24)

    def test_ends_where_the_price_does_not_hold_any_longer(self, open_desk: Open) -> None:
        """Tax follows the payment, and its rate changes in two days."""
        rate = "percent = 10\nreduced = [{ percent = 8, since = 2026-11-26, before = 2027-01-01 }]"
        desk = open_desk(
            policies='tax_point = "payment"',
            changes=[
                ('percent = 10\n\n[[packages]]\nid = "standard"', f'{rate}\n\n[[packages]]\nid = "standard"')
            ],
        )

        assert desk.order().expires_at == datetime(2026, 11, 25, 17, tzinfo=UTC)

    def test_is_the_same_when_it_is_chosen_again(self, desk: Transfers) -> None:
        order = desk.order()
        desk.clock.forward(days=6)

        again = desk.told(order)

        assert (again.expires_at, len(again.payments)) == (NOON + WEEK, 1)


class TestAtItsEnd:
    def test_the_order_expires_and_its_payment_with_it(self, desk: Transfers) -> None:
        order = desk.order()
        desk.clock.forward(days=7, seconds=-1)
        assert desk.shop.payport.work().idle

        desk.clock.forward(seconds=1)
        desk.shop.payport.work()

        assert (desk.now(order).state, desk.payment(order).state) == (OrderState.EXPIRED, State.EXPIRED)
        assert desk.payment(order).flags == frozenset()
        desk.clock.forward(days=30)
        assert desk.shop.payport.work().idle

    def test_one_transaction_ends_both(self, desk: Transfers) -> None:
        order = desk.order()
        desk.clock.forward(days=7)
        seller = desk.shop.payport.seller

        ended = seller.database.transaction(
            lambda connection: expiring.expire(connection, seller, order.number)
        )

        assert ended is not None
        assert [after.state for _, after in ended.payments] == [State.EXPIRED]
        assert desk.now(order).state is OrderState.EXPIRED

    def test_with_a_part_of_its_money_both_go_to_review(self, desk: Transfers) -> None:
        order = desk.order()
        desk.confirm(order, 400_000)
        desk.clock.forward(days=7)

        desk.shop.payport.work()

        ended = desk.now(order)
        assert (ended.state, desk.payment(order).state) == (OrderState.REVIEW, State.REVIEW)
        assert ended.review_reason == "its time is over, and 400,000 VND of 1,100,000 VND were received"
        desk.clock.forward(days=30)
        assert desk.shop.payport.work().idle

    def test_an_online_payment_of_it_is_waited_for(self, desk: Transfers) -> None:
        order = desk.order()
        desk.clock.forward(days=7, minutes=-1)
        online = desk.shop.pay(order)
        desk.clock.forward(minutes=2)
        desk.shop.payport.work()
        assert desk.now(order).state is OrderState.PLACED

        desk.shop.ipn(online, response="24", transaction="0")
        desk.clock.forward(minutes=6)
        desk.shop.payport.work()

        assert desk.now(order).state is OrderState.EXPIRED

    def test_the_open_payment_of_an_order_that_was_paid_online_ends_too(self, desk: Transfers) -> None:
        order = desk.order()
        desk.shop.ipn(desk.shop.pay(order))
        desk.clock.forward(days=7)

        desk.shop.payport.work()

        assert (desk.now(order).state, desk.payment(order).state) == (OrderState.PAID, State.EXPIRED)


class TestCancelling:
    def test_ends_the_payment_and_keeps_nothing_waiting(self, desk: Transfers) -> None:
        order = desk.order()

        desk.shop.payport.cancel(order.number, **BY)

        assert desk.payment(order).state is State.EXPIRED
        desk.clock.forward(days=30)
        assert desk.shop.payport.work().idle

    def test_with_a_part_of_its_money_flags_it_to_be_given_back(self, desk: Transfers) -> None:
        order = desk.order()
        desk.confirm(order, 400_000)

        desk.shop.payport.cancel(order.number, **BY)

        payment = desk.payment(order)
        assert (payment.state, payment.flags) == (State.REVIEW, {Flag.SURPLUS})

    def test_lets_a_part_of_its_money_be_given_back_by_hand_and_not_before(self, desk: Transfers) -> None:
        order = desk.order()
        desk.confirm(order, 400_000)
        give = partial(
            desk.shop.payport.refund,
            desk.payment(order).merchant_reference,
            by_hand=True,
            gateway_reference="FT-BACK",
            **BY,
        )
        with pytest.raises(RequestRefused) as refused:
            give(key="too-early")
        desk.shop.payport.cancel(order.number, **BY)

        offered = desk.shop.payport.refundable(desk.payment(order).merchant_reference)
        refund = give(key="form-1")

        assert refused.value.remedy.startswith("Cancel its order first")
        assert (offered.surplus, offered.by_gateway) == (vnd(400_000), False)
        assert (refund.state, refund.of, refund.amount) == (Stage.SUCCEEDED, Of.SURPLUS, vnd(400_000))
        assert desk.payment(order).flags == set()

    def test_by_a_refund_tells_of_the_payment_that_ended(self, desk: Transfers) -> None:
        order, told = desk.order(), list[PaymentSettled]()
        online = desk.shop.pay(order)
        desk.confirm(desk.order())
        desk.shop.ipn(online)
        assert desk.now(order).state is OrderState.REVIEW

        class Listener:
            def payment_settled(self, event: PaymentSettled) -> None:
                told.append(event)

        file = desk.shop.folder / "payport.toml"
        heard = Payport.from_config(file, clock=desk.clock, observers=[Listener()])
        heard.refund(online.merchant_reference, key="form-1", by_hand=True, gateway_reference="FT-BACK", **BY)
        heard.close()

        assert desk.now(order).state is OrderState.CANCELLED
        assert [(event.merchant_reference, event.state) for event in told] == [
            (desk.payment(order).merchant_reference, "expired")
        ]

    @pytest.mark.parametrize("ended", ["cancelled", "expired"])
    def test_or_expiring_leaves_late_money_to_the_policy(self, desk: Transfers, ended: str) -> None:
        order = desk.order()
        if ended == "cancelled":
            desk.shop.payport.cancel(order.number, **BY)
        else:
            desk.clock.forward(days=7)
            desk.shop.payport.work()
        assert desk.now(order).state == ended

        desk.confirm(order, TOTAL)

        assert (desk.now(order).state, desk.grants(order)) == (OrderState.PAID, 1)
        assert desk.payment(order).flags == {Flag.LATE}
