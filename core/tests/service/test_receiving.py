"""What a callback does to payment, order and entitlement: on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from payport.errors import NotFound
from payport.rules.entitlement import State as Holding
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service import receiving
from payport.service.judge import Decision
from payport.service.receiving import Receipt
from payport.signing.received import Channel
from tests.support.shop import Shop
from tests.support.sign import ipn_query


def code(receipt: Receipt) -> str:
    answer: str = json.loads(receipt.reply.body)["RspCode"]
    return answer


class TestAGenuineSuccess:
    def test_pays_the_order_and_grants_its_package_once(self, shop: Shop) -> None:
        order = shop.order()
        payment = shop.pay(order)

        first, again = shop.ipn(payment), shop.ipn(payment)

        held = shop.payport.entitlement("binh-minh")
        assert (code(first), code(again)) == ("00", "02")
        assert shop.payport.order(order.number).state is OrderState.PAID
        assert (held.state, held.package, held.version) == (Holding.ACTIVE, "standard", 1)
        assert shop.payment(payment).received == vnd(1_100_000)

    def test_counts_as_paid_when_the_gateway_says_so(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.clock.forward(minutes=10)

        shop.ipn(payment, vnp_PayDate="20261124120312")

        paid = shop.payport.order(payment.order_number).paid_at
        assert paid is not None
        assert paid.isoformat() == "2026-11-24T05:03:12+00:00"

    def test_counts_as_paid_on_receipt_where_the_gateway_names_an_impossible_time(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        received = shop.clock.forward(minutes=10)

        shop.ipn(payment, vnp_PayDate="20251124120312")

        assert shop.payport.order(payment.order_number).paid_at == received

    def test_overtakes_a_failure(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment, response="51")

        late = shop.ipn(payment)

        assert code(late) == "00"
        assert (shop.payment(payment).state, shop.payment(payment).flags) == (State.SUCCEEDED, {Flag.LATE})
        assert shop.payport.order(payment.order_number).state is OrderState.PAID

    def test_is_not_undone_by_a_later_failure(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment)

        reply = shop.ipn(payment, response="24", transaction="0")

        assert code(reply) == "02"
        assert shop.payment(payment).flags == {Flag.CONFLICT}
        assert shop.payport.order(payment.order_number).state is OrderState.PAID

    def test_of_an_order_that_has_expired_is_fulfilled_by_default(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment, response="51")
        shop.clock.forward(hours=25)
        shop.payport.work()
        assert shop.payport.order(payment.order_number).state is OrderState.EXPIRED

        reply = shop.ipn(payment)

        assert code(reply) == "00"
        assert shop.payport.order(payment.order_number).state is OrderState.PAID


class TestTwoSuccessesForOneOrder:
    def test_in_two_tabs_the_second_is_surplus_money(self, shop: Shop) -> None:
        order = shop.order()
        first, second = shop.pay(order, "NCB"), shop.pay(order, "VIETCOMBANK")

        shop.ipn(first, transaction="15000001")
        reply = shop.ipn(second, transaction="15000002")

        assert code(reply) == "00"
        assert shop.payment(second).flags == {Flag.SURPLUS}
        assert shop.payport.order(order.number).received == vnd(2_200_000)
        assert shop.payport.entitlement("binh-minh").version == 1

    def test_under_another_transaction_of_one_payment_the_second_is_surplus_money(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment, transaction="15000001")

        replies = [code(shop.ipn(payment, transaction="15000002")) for _ in range(2)]

        assert replies == ["02", "02"]
        assert shop.payment(payment).flags == {Flag.SECOND_PAYMENT, Flag.SURPLUS}
        assert shop.payment(payment).received == vnd(2_200_000)

    def test_two_orders_of_one_account_end_as_the_rules_say(self, shop: Shop) -> None:
        first, second = shop.pay(shop.order()), shop.pay(shop.order())

        shop.ipn(first, transaction="15000001")
        shop.ipn(second, transaction="15000002")

        held = shop.payport.order(second.order_number)
        assert held.state is OrderState.REVIEW  # `new` is not open to an account that is active
        assert held.review_reason
        assert shop.payment(second).state is State.SUCCEEDED
        assert shop.payport.entitlement("binh-minh").version == 1


class TestASuccessThatContradictsWhatWeKnow:
    @pytest.mark.parametrize("amount", [1_099_999, 1_100_001, 11_000, 110_000_000])
    def test_by_its_amount_is_recorded_and_grants_nothing(self, shop: Shop, amount: int) -> None:
        payment = shop.pay(shop.order())

        reply = shop.ipn(payment, vnd(amount))

        assert code(reply) == "04"
        assert (shop.payment(payment).state, shop.payment(payment).received) == (State.REVIEW, vnd(amount))
        assert Flag.AMOUNT in shop.payment(payment).flags
        assert shop.payport.entitlement("binh-minh").state is Holding.NONE

    def test_by_a_transaction_of_another_payment_is_not_money_twice(self, shop: Shop) -> None:
        first, second = shop.pay(shop.order("mot")), shop.pay(shop.order("hai"))
        shop.ipn(first, transaction="15000001")

        shop.ipn(second, transaction="15000001")

        assert (shop.payment(second).state, shop.payment(second).received) == (State.REVIEW, vnd(0))
        assert shop.payment(second).flags == {Flag.REFERENCE}
        assert shop.payport.entitlement("hai").state is Holding.NONE

    def test_by_its_terminal_is_answered_as_not_authentic(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        reply = shop.ipn(payment, tmn_code="TESTTMN2")

        assert code(reply) == "97"
        assert (shop.payment(payment).state, shop.payment(payment).received) == (State.REVIEW, vnd(0))


class TestWhatIsNotDecided:
    def test_disagreeing_codes_keep_the_payment_pending_and_make_an_ask_due(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        reply = shop.ipn(payment, response="00", status="02")

        assert code(reply) == "00"
        assert shop.payment(payment).state is State.PENDING
        assert shop.payport.ask(payment.merchant_reference)  # the dead gateway of this test is asked

    def test_a_dispute_goes_to_review_and_ends_by_the_gateways_own_word(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        assert code(shop.ipn(payment, response="07", status="07")) == "00"
        assert shop.payment(payment).state is State.REVIEW
        assert code(shop.ipn(payment)) == "00"

        assert shop.payment(payment).state is State.SUCCEEDED
        assert shop.payport.order(payment.order_number).state is OrderState.PAID


class TestWhatIsNotOurs:
    def test_an_unknown_reference_is_kept_and_answered_so(self, shop: Shop) -> None:
        receipt = shop.deliver(ipn_query("SVNOBODYKNOWS", 100_000))

        assert (receipt.decision, code(receipt)) == (Decision.UNKNOWN_REFERENCE, "01")

    def test_an_unknown_account_is_not_found(self, shop: Shop) -> None:
        with pytest.raises(NotFound):
            shop.deliver(b"", account="somebody-else")


class TestTheReturnDoor:
    def test_proves_nothing_but_makes_an_ask_due_and_shows_the_order(self, shop: Shop) -> None:
        order = shop.order()
        payment = shop.pay(order)

        receipt = shop.deliver(
            ipn_query(payment.merchant_reference, payment.amount.minor), channel=Channel.RETURN
        )

        assert (receipt.decision, receipt.order_token) == (Decision.HINT_TAKEN, order.token)
        assert shop.payment(payment).state is State.PENDING
        assert shop.payport.work().asked == 1

    def test_shows_nobodys_order_to_a_forger(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        receipt = shop.deliver(
            ipn_query(payment.merchant_reference, payment.amount.minor, secret="x" * 32),
            channel=Channel.RETURN,
        )

        assert (receipt.decision, receipt.order_token) == (Decision.NOT_AUTHENTIC, None)
        assert shop.payport.work().asked == 0


class TestADeadGateway:
    def test_leaves_the_payment_pending_and_is_asked_again_later(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.clock.forward(minutes=16)

        assert shop.payport.work().asked == 1
        assert shop.payport.work().asked == 0
        assert shop.payment(payment).state is State.PENDING

        shop.clock.now = payment.handed_over_at + timedelta(minutes=21)
        assert shop.payport.work().asked == 1


class TestAnOrderThatCostsNothing:
    def test_is_paid_at_once_with_the_same_records(self, shop: Shop) -> None:
        order = shop.order(code="GIFT")

        assert (order.state, order.total) == (OrderState.PAID, vnd(0))
        assert shop.payport.entitlement("binh-minh").state is Holding.ACTIVE


class TestAConnectionThatBreaks:
    def test_in_the_middle_of_settling_leaves_an_answer_that_makes_the_gateway_call_again(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment, settle = shop.pay(shop.order()), receiving.settle

        def cut(connection: Connection, *arguments: Any, **named: Any) -> Payment:
            connection.invalidate()
            return settle(connection, *arguments, **named)

        with monkeypatch.context() as patched:
            patched.setattr(receiving, "settle", cut)
            broken = shop.ipn(payment)

        assert (code(broken), broken.decision) == ("99", Decision.TRY_AGAIN)
        assert shop.payment(payment).state is State.PENDING
        assert code(shop.ipn(payment)) == "00"
