"""Many at one moment, on both databases: one effect, everyone answered, nothing lost."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from payport.errors import RequestRefused
from payport.gateways.flow import Called
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.order import State as OrderState
from payport.rules.payment import State
from payport.rules.purchase import New
from payport.service import asking, expiring
from payport.signing.received import Channel
from tests.support.at_once import at_once
from tests.support.shop import BUYER, Shop
from tests.support.sign import ipn_query


def code(receipt: Any) -> str:
    answer: str = json.loads(receipt.reply.body)["RspCode"]
    return answer


class TestOneSuccessDeliveredManyTimesAtOnce:
    def test_DEL_03_is_recorded_once_and_every_copy_is_answered(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        replies = at_once(*[lambda: shop.ipn(payment)] * 20)

        assert Counter(map(code, replies)) == {"00": 1, "02": 19}
        assert shop.payport.entitlement("binh-minh").version == 1

    def test_DEL_04_by_return_and_ipn_together_agrees(self, shop: Shop) -> None:
        for round_ in range(10):
            payment = shop.pay(shop.order(f"khach-{round_}"))
            query = ipn_query(
                payment.merchant_reference, payment.amount.minor, transaction=str(15000000 + round_)
            )

            ipn, back = at_once(
                lambda query=query: shop.deliver(query),
                lambda query=query: shop.deliver(query, channel=Channel.RETURN),
            )

            assert (code(ipn), back.decision) == ("00", "hint_taken")
            assert shop.payment(payment).state is State.SUCCEEDED


class TestTwoOrdersOfOneAccountPaidAtOneMoment:
    def test_are_applied_in_turn_the_later_on_the_earliers_result(self, shop: Shop) -> None:
        first, second = shop.pay(shop.order()), shop.pay(shop.order())

        at_once(
            lambda: shop.ipn(first, transaction="15000001"), lambda: shop.ipn(second, transaction="15000002")
        )

        states = {shop.payport.order(payment.order_number).state for payment in (first, second)}
        assert states == {OrderState.PAID, OrderState.REVIEW}
        assert shop.payport.entitlement("binh-minh").version == 1


class TestPlacing:
    def test_ORD_09_one_quote_ten_times_at_once_makes_one_order(self, shop: Shop) -> None:
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))

        orders = at_once(*[lambda: shop.payport.place(quote, BUYER)] * 10)

        assert len({order.number for order in orders}) == 1

    def test_ORD_05_a_single_use_code_serves_one_of_twenty_orders_at_once(self, shop: Shop) -> None:
        quotes = [
            shop.payport.quote(f"khach-{n}", New(package="standard", months=12, code="ONCE"))
            for n in range(20)
        ]

        results = at_once(*[lambda quote=quote: shop.payport.place(quote, BUYER) for quote in quotes])

        refused = [result for result in results if isinstance(result, RequestRefused)]
        assert (len(refused), {error.field for error in refused}) == (19, {"code"})

    def test_ORD_05_a_use_that_was_freed_serves_one_of_twenty_too(self, shop: Shop) -> None:
        """The code's row is there already, so that no insert makes the others wait."""
        shop.order("mot", code="ONCE")
        shop.clock.forward(hours=25)
        shop.payport.work()

        self.test_ORD_05_a_single_use_code_serves_one_of_twenty_orders_at_once(shop)

    def test_ORD_05_an_expired_order_frees_its_code(self, shop: Shop) -> None:
        shop.order("mot", code="ONCE")
        shop.clock.forward(hours=25)

        shop.payport.work()

        assert shop.order("hai", code="ONCE").quote.code == "ONCE"


class TestPaying:
    def test_twice_at_once_by_one_method_gives_one_payment(self, shop: Shop) -> None:
        for round_ in range(5):  # the first opens the connections, which makes everybody wait
            order = shop.order(f"khach-{round_}")

            checkouts = at_once(
                *[lambda order=order: shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")]
                * 5
            )

            assert len({checkout.url for checkout in checkouts}) == 1
            assert len(shop.payport.order(order.number).payments) == 1


class TestASuccessAndTheEndOfItsOrder:
    def test_at_one_moment_end_as_paid(self, shop: Shop) -> None:
        payments = [shop.pay(shop.order(f"khach-{n}")) for n in range(8)]
        for payment in payments:
            shop.ipn(payment, response="51", transaction="0")
        shop.clock.forward(hours=25)

        for number, payment in enumerate(payments):
            reply, _ = at_once(
                lambda payment=payment, number=number: shop.ipn(payment, transaction=str(15000001 + number)),
                lambda payment=payment: shop.payport.seller.database.transaction(
                    lambda connection: expiring.expire(connection, shop.payport.seller, payment.order_number)
                ),
            )

            assert code(reply) == "00"
            assert shop.payport.order(payment.order_number).state is OrderState.PAID


class TestASuccessAndTheAnswerThatTellsOfIt:
    def test_at_one_moment_are_one_receipt(self, shop: Shop) -> None:
        seller = shop.payport.seller
        payments = [shop.pay(shop.order(f"khach-{n}")) for n in range(8)]

        for number, payment in enumerate(payments):
            reference, transaction = payment.merchant_reference, str(15000001 + number)
            question = seller.database.transaction(
                lambda connection, reference=reference: asking.claim_one(connection, seller, reference)
            )
            report = PaymentReport(
                outcome=Outcome.DONE,
                gateway_code="00",
                merchant_account=None,
                merchant_reference=reference,
                amount=payment.amount,
                gateway_reference=transaction,
            )
            called = Called(report, Outcome.DONE, "00", "", (), timedelta(0))

            reply, settled = at_once(
                lambda payment=payment, transaction=transaction: shop.ipn(payment, transaction=transaction),
                lambda question=question, called=called: seller.database.transaction(
                    lambda connection: asking.conclude(connection, seller, question, called)
                ),
            )

            assert code(reply) in {"00", "02"}
            assert [after.state for after in settled[1:]] == [State.SUCCEEDED]
            assert shop.payment(payment).received == payment.amount


class TestWork:
    def test_JOB_09_each_due_payment_is_asked_about_once(self, shop: Shop) -> None:
        for n in range(6):
            shop.pay(shop.order(f"khach-{n}"))
        shop.clock.forward(minutes=16)

        reports = at_once(*[lambda: shop.payport.work(limit=10)] * 4)

        assert sum(report.asked for report in reports) == 6
