"""A NgânLượng on a socket, a whole core: what buyers and forgers get out of it.

On both databases where it counts what is stored twice; else on the one that is quicker.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from payport.plugin import NoCheckout, Outcome, Redirect
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.rules.purchase import New
from payport.service.judge import Decision
from payport.signing.received import Channel
from payport.storage.tables import metadata
from payport_nganluong import nganluong
from tests.support.oracle import everything_stored
from tests.support.shop import BUYER
from tests.support.unmoved import nothing_moves

DOORS = [Channel.IPN, Channel.RETURN]
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def transcripts(wallet_shop: Any) -> str:
    with wallet_shop.shop.payport.seller.database.reading() as connection:
        calls = metadata.tables["gateway_calls"]
        return " ".join(connection.execute(select(calls.c.transcript)).scalars())


def state(wallet_shop: Any, payment: Payment) -> State:
    found: State = wallet_shop.shop.payment(payment).state
    return found


class TestAPaymentThatIsPaid:
    @pytest.mark.parametrize("channel", DOORS)
    def test_is_a_hint_an_ask_and_only_then_a_success(
        self, wallet_shop: Any, wallet: Any, channel: Channel
    ) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        token = payment.checkout_reference
        wallet.pays(token, transaction="19900001")

        receipt = wallet_shop.tells(f"error_code=00&token={token}&order_code=X&order_id=1", channel)

        assert (receipt.decision, receipt.reply.status) == (Decision.HINT_TAKEN, 200)
        assert state(wallet_shop, payment) is State.PENDING
        wallet_shop.work()
        paid = wallet_shop.shop.payment(payment)
        assert (paid.state, paid.received) == (State.SUCCEEDED, payment.amount)
        assert paid.gateway_reference == "19900001"
        assert wallet_shop.shop.payport.order(payment.order_number).state is OrderState.PAID

    @on_one_database
    def test_is_found_out_without_any_hint(self, wallet_shop: Any, wallet: Any) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.pays(payment.checkout_reference, transaction="19900001")

        wallet_shop.work(minutes=1)

        assert state(wallet_shop, payment) is State.SUCCEEDED

    @on_one_database
    def test_may_be_told_of_by_a_form(self, wallet_shop: Any, wallet: Any) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())

        receipt = wallet_shop.shop.deliver(
            b"",
            account="nganluong-main",
            method="POST",
            headers=((b"content-type", b"application/x-www-form-urlencoded"),),
            body=f"token={payment.checkout_reference}".encode(),
        )

        assert receipt.decision is Decision.HINT_TAKEN

    @on_one_database
    def test_leaves_neither_the_password_nor_its_digest_anywhere(
        self, wallet_shop: Any, wallet: Any, gateway: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            payment = wallet_shop.pay(wallet_shop.shop.order())
            wallet.pays(payment.checkout_reference, transaction="19900001")
            wallet_shop.work(minutes=1)

        assert "merchant_password" in transcripts(wallet_shop)  # the name of the field, and no more
        assert gateway.digest not in caplog.text
        with wallet_shop.shop.payport.seller.database.reading() as connection:
            assert gateway.digest not in everything_stored(connection)
        account = wallet_shop.shop.payport.seller.account("nganluong-main")
        assert account.holds_secret(f"…{gateway.digest}…")  # so INV-7 looks for it too
        assert gateway.digest not in repr(account)


class TestTwoTabsOfOneOrder:
    def test_both_tokens_are_asked_and_the_second_money_is_surplus(
        self, wallet_shop: Any, wallet: Any
    ) -> None:
        order = wallet_shop.shop.order()
        first, second = wallet_shop.pay(order), wallet_shop.pay(order, "VISA")
        wallet.pays(first.checkout_reference, transaction="19900001")
        wallet.pays(second.checkout_reference, transaction="19900002")

        wallet_shop.work(minutes=1)

        asked = {form["token"] for form in wallet.asked if form["function"] == "GetTransactionDetail"}
        assert asked == {first.checkout_reference, second.checkout_reference}
        payments = [wallet_shop.shop.payment(each) for each in (first, second)]
        assert [each.state for each in payments] == [State.SUCCEEDED] * 2
        assert [Flag.SURPLUS in each.flags for each in payments].count(True) == 1
        found = wallet_shop.shop.payport.order(order.number)
        assert (found.state, found.received) == (OrderState.PAID, order.total + order.total)

    def test_one_transaction_pays_only_one_of_them(self, wallet_shop: Any, wallet: Any) -> None:
        order = wallet_shop.shop.order()
        first, second = wallet_shop.pay(order), wallet_shop.pay(order, "VISA")
        for payment in (first, second):
            wallet.pays(payment.checkout_reference, transaction="19900001")

        wallet_shop.work(minutes=1)

        assert {state(wallet_shop, each) for each in (first, second)} == {State.SUCCEEDED, State.REVIEW}
        assert wallet_shop.shop.payport.order(order.number).received == order.total

    @on_one_database
    def test_the_same_click_again_is_the_same_page(self, wallet_shop: Any, wallet: Any) -> None:
        order = wallet_shop.shop.order()
        wallet_shop.pay(order)
        wallet_shop.shop.clock.forward(minutes=30)

        again = wallet_shop.shop.payport.pay(order.number, "wallet", buyer_ip="203.0.113.9")

        assert isinstance(again, Redirect)
        assert len(wallet.orders) == 1


@on_one_database
class TestAnUnsignedToken:
    @pytest.mark.parametrize("channel", DOORS)
    def test_CHN_03_of_another_paid_order_pays_that_one_alone(
        self, wallet_shop: Any, wallet: Any, channel: Channel
    ) -> None:
        mine, yours = (
            wallet_shop.pay(wallet_shop.shop.order("toi")),
            wallet_shop.pay(wallet_shop.shop.order("ban", package="enterprise")),
        )
        wallet.pays(mine.checkout_reference, transaction="19900001")

        wallet_shop.tells(
            f"error_code=00&token={mine.checkout_reference}&order_code={yours.merchant_reference}", channel
        )
        wallet_shop.work(minutes=1)

        assert state(wallet_shop, mine) is State.SUCCEEDED
        assert state(wallet_shop, yours) is State.PENDING

    @pytest.mark.parametrize("channel", DOORS)
    def test_CHN_03_an_old_one_again_moves_nothing(
        self, wallet_shop: Any, wallet: Any, channel: Channel
    ) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.pays(payment.checkout_reference, transaction="19900001")
        wallet_shop.work(minutes=1)
        asked = len(wallet.asked)

        with nothing_moves(wallet_shop.shop):
            receipt = wallet_shop.tells(f"error_code=00&token={payment.checkout_reference}", channel)
            wallet_shop.work(minutes=1)

        assert receipt.reply.status == 200
        assert len(wallet.asked) == asked

    @pytest.mark.parametrize(
        "query",
        [
            "error_code=00&token=143000-ffffffffffffffffffffffffffffffff",
            "error_code=00&order_code={reference}",
            "error_code=00&token=&order_code={reference}",
            "error_code=00&token={token}&token={token}",
            "error_code=00&token={token}%00",
            "error_code=00&token=%20{token}",
            "error_code=00&Token={token}",
            "token=%ff",
            "token=" + "a" * 5_000,
            "",
        ],
    )
    def test_CHN_03_a_random_or_broken_one_asks_nobody(
        self, wallet_shop: Any, wallet: Any, query: str
    ) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.pays(payment.checkout_reference, transaction="19900001")
        asked = len(wallet.asked)
        said = query.format(reference=payment.merchant_reference, token=payment.checkout_reference)

        with nothing_moves(wallet_shop.shop):
            receipts = [wallet_shop.tells(said, channel) for channel in DOORS]
            wallet_shop.work()

        assert {receipt.reply.status for receipt in receipts} == {200}
        assert len(wallet.asked) == asked

    def test_CHN_03_is_asked_about_no_more_often_than_the_gap(self, wallet_shop: Any, wallet: Any) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        for _ in range(20):
            wallet_shop.tells(f"token={payment.checkout_reference}")
            wallet_shop.work(seconds=1)

        asked = [form for form in wallet.asked if form["function"] == "GetTransactionDetail"]
        assert len(asked) == 1


@on_one_database
class TestACrossedOrder:
    def test_TRU_07_a_success_presented_as_another_orders_leaves_that_untouched(
        self, wallet_shop: Any, wallet: Any
    ) -> None:
        cheap = wallet_shop.pay(wallet_shop.shop.order("toi"))
        dear = wallet_shop.pay(wallet_shop.shop.order("ban", package="enterprise"))
        wallet.pays(cheap.checkout_reference, transaction="19900001")
        for channel in DOORS:
            wallet_shop.tells(
                f"error_code=00&token={cheap.checkout_reference}&order_code={dear.merchant_reference}"
                f"&order_id=19900001&total_amount={dear.amount.minor}",
                channel,
            )

        wallet_shop.work()

        assert state(wallet_shop, cheap) is State.SUCCEEDED
        assert wallet_shop.shop.payment(dear) == dear

    def test_TRU_07_the_gateways_answer_about_another_token_pays_nobody(
        self, wallet_shop: Any, wallet: Any
    ) -> None:
        cheap = wallet_shop.pay(wallet_shop.shop.order("toi"))
        dear = wallet_shop.pay(wallet_shop.shop.order("ban", package="enterprise"))
        wallet.pays(cheap.checkout_reference, transaction="19900001")
        wallet.answers[dear.checkout_reference] = wallet.answers.pop(cheap.checkout_reference)

        wallet_shop.work(minutes=1)

        assert {state(wallet_shop, each) for each in (cheap, dear)} == {State.PENDING}


@on_one_database
class TestALyingAnswer:
    @pytest.mark.parametrize(
        "changes",
        [
            {"order_code": "SVANOTHERONE"},
            {"token": "143000-ffffffffffffffffffffffffffffffff"},
            {"receiver_email": "thief@example.vn"},
            {"transaction_status": "01"},
            {"payment_type": "2"},
            {"transaction_id": ""},
            {"total_amount": "1100000.00"},
        ],
    )
    def test_CHN_08_waits(self, wallet_shop: Any, wallet: Any, changes: dict[str, str]) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.pays(payment.checkout_reference, transaction="19900001", **changes)

        wallet_shop.work(minutes=1)

        waiting = wallet_shop.shop.payment(payment)
        assert (waiting.state, waiting.received.minor, waiting.flags) == (State.PENDING, 0, frozenset())
        wallet.pays(payment.checkout_reference, transaction="19900001")
        wallet_shop.work(minutes=5)
        assert state(wallet_shop, payment) is State.SUCCEEDED

    def test_CHN_08_of_another_amount_goes_to_review(self, wallet_shop: Any, wallet: Any) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.pays(payment.checkout_reference, transaction="19900001", total_amount="2000")

        wallet_shop.work(minutes=1)

        assert state(wallet_shop, payment) is State.REVIEW
        assert wallet_shop.shop.payport.order(payment.order_number).state is not OrderState.PAID

    @pytest.mark.parametrize(
        "body", [b"<html>B\xe1\xba\xa3o tr\xc3\xac</html>", b"", b"<result><error_code>115</error_code>"]
    )
    def test_CHN_08_that_is_no_answer_waits(self, wallet_shop: Any, wallet: Any, body: bytes) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.answers[payment.checkout_reference] = body

        wallet_shop.work(minutes=1)

        assert state(wallet_shop, payment) is State.PENDING


@on_one_database
class TestAPaymentThatIsNotPaid:
    def test_expires_once_its_window_is_closed_and_the_gateway_says_unpaid(
        self, wallet_shop: Any, wallet: Any
    ) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        for minutes in (1, 4, 10, 45, 60):
            wallet_shop.work(minutes=minutes)
            assert state(wallet_shop, payment) is State.PENDING

        wallet_shop.work(minutes=15)

        assert state(wallet_shop, payment) is State.EXPIRED

    @pytest.mark.parametrize("channel", DOORS)
    def test_and_brings_money_late_is_taken_when_a_hint_tells_of_it(
        self, wallet_shop: Any, wallet: Any, channel: Channel
    ) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet_shop.work(hours=3)
        assert state(wallet_shop, payment) is State.EXPIRED
        wallet.pays(payment.checkout_reference, transaction="19900001")

        wallet_shop.tells(f"token={payment.checkout_reference}", channel)
        wallet_shop.work(minutes=1)

        late = wallet_shop.shop.payment(payment)
        assert (late.state, late.received, late.flags) == (State.SUCCEEDED, payment.amount, {Flag.LATE})

    def test_that_is_held_never_expires(self, wallet_shop: Any, wallet: Any) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.pays(payment.checkout_reference, transaction="19900001", payment_type="2")

        for _ in range(24):
            wallet_shop.work(hours=1)

        assert state(wallet_shop, payment) is State.PENDING

    def test_fails_when_the_buyer_cancelled(self, wallet_shop: Any, wallet: Any) -> None:
        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet.answers[payment.checkout_reference] = b"<result><error_code>115</error_code></result>"

        wallet_shop.work(minutes=1)

        assert state(wallet_shop, payment) is State.FAILED

    def test_fails_at_once_where_nothing_was_created(self, wallet_shop: Any, wallet: Any) -> None:
        wallet.answers["SetExpressCheckout"] = b"<result><error_code>06</error_code></result>"

        payment = wallet_shop.pay(wallet_shop.shop.order())

        assert state(wallet_shop, payment) is State.FAILED

    def test_is_asked_for_its_token_where_only_the_page_was_bad(self, wallet_shop: Any, wallet: Any) -> None:
        wallet.answers["SetExpressCheckout"] = (
            b"<result><error_code>00</error_code><token>143000-0</token>"
            b"<checkout_url>ftp://x</checkout_url></result>"
        )

        payment = wallet_shop.pay(wallet_shop.shop.order())
        wallet_shop.work(minutes=1)

        assert (payment.state, payment.checkout_reference) == (State.PENDING, "143000-0")
        assert wallet.asked[-1]["token"] == "143000-0"

    def test_whose_answer_was_lost_expires_with_its_window_and_a_person_is_told(
        self, wallet_shop: Any, wallet: Any
    ) -> None:
        wallet.answers["SetExpressCheckout"] = b"<html>502</html>"
        payment = wallet_shop.pay(wallet_shop.shop.order())

        for _ in range(26):
            wallet_shop.work(hours=1)

        ended = wallet_shop.shop.payment(payment)
        assert (ended.state, ended.flags) == (State.EXPIRED, {Flag.UNASKED})
        assert [form["function"] for form in wallet.asked] == ["SetExpressCheckout"]


def test_the_last_ask_is_a_day_after_handing_over_and_the_first_after_one_minute() -> None:
    info = nganluong.describe()

    assert info.ask_after[0] == timedelta(minutes=1)
    assert info.ask_after[-1] == timedelta(days=1)
    assert any(info.window < delay for delay in info.ask_after)


@on_one_database
def test_there_is_no_refund(wallet_shop: Any) -> None:
    gateway = wallet_shop.shop.payport.seller.account("nganluong-main").ready

    assert gateway.capabilities == {"describe", "initiate", "query", "verify_signature"}
    assert not gateway.info.partial_refund


@on_one_database
def test_a_phone_that_the_buyer_did_not_give_is_named_and_nothing_is_sent(
    wallet_shop: Any, wallet: Any
) -> None:
    payport = wallet_shop.shop.payport
    order = payport.place(
        payport.quote("binh-minh", New(package="standard", months=12)), replace(BUYER, phone="")
    )

    checkout = payport.pay(order.number, "wallet", buyer_ip="203.0.113.9")

    assert checkout == NoCheckout(Outcome.DECLINED, gateway_code="not sent: buyer.phone")
    assert wallet.asked == []
