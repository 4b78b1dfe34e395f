"""What a callback does to payment, order and entitlement: on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from payport.errors import NotFound, RequestRefused
from payport.gateways.facade import Gateway
from payport.rules.entitlement import State as Holding
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.rules.purchase import New
from payport.service import receiving
from payport.service.judge import Decision
from payport.service.receiving import Receipt
from payport.signing.received import Channel
from payport.storage import tables as t
from tests.support.oracle import check_invariants
from tests.support.shop import CATALOG, NOON, Shop, open_shop
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

    def test_of_an_order_that_has_expired_uses_its_code_again(self, shop: Shop) -> None:
        payment = shop.pay(shop.order(code="ONCE"))
        shop.ipn(payment, response="51")
        shop.clock.forward(hours=25)
        shop.payport.work()
        shop.payport.quote("hai", New(package="standard", months=12, code="ONCE"))

        shop.ipn(payment)

        assert shop.payment(payment).received == vnd(990_000)
        with pytest.raises(RequestRefused, match="used up"):
            shop.payport.quote("hai", New(package="standard", months=12, code="ONCE"))

    def test_of_an_order_that_has_expired_waits_for_a_person_where_the_policy_says_so(
        self, database_url: str, tmp_path: Path
    ) -> None:
        catalog = CATALOG.read_text(encoding="utf-8") + '\n[policies]\nlate_success = "review"\n'
        shop = open_shop(tmp_path, database_url, catalog=catalog)
        payment = shop.pay(shop.order())
        shop.ipn(payment, response="51")
        shop.clock.forward(hours=25)
        shop.payport.work()

        reply = shop.ipn(payment)

        assert code(reply) == "00"
        assert shop.payment(payment).received == vnd(1_100_000)
        assert shop.payport.order(payment.order_number).state is OrderState.REVIEW
        assert shop.payport.entitlement("binh-minh").state is Holding.NONE
        check_invariants(shop.payport)
        shop.payport.close()


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

    def test_the_first_says_when_it_was_paid(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment, transaction="15000001")
        first = shop.payment(payment).paid_at
        shop.clock.forward(hours=1)

        shop.ipn(payment, transaction="15000002")

        assert shop.payment(payment).paid_at == first == NOON

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
        assert shop.payport.work().asked == 1  # the dead gateway of this test is asked

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

    def test_another_merchants_message_about_nothing_of_ours_is_answered_as_not_authentic(
        self, shop: Shop
    ) -> None:
        receipt = shop.deliver(ipn_query("SVNOBODYKNOWS", 100_000, tmn_code="TESTTMN2"))

        assert (receipt.decision, code(receipt)) == (Decision.NOT_AUTHENTIC, "97")


class TestWhatIsKept:
    def stored(self, shop: Shop) -> Any:
        with shop.payport.seller.database.reading() as connection:
            return connection.execute(select(t.callbacks)).one()

    def test_holds_no_secret_of_the_senders_browser(self, shop: Shop) -> None:
        shop.deliver(
            b"vnp_TxnRef=1",
            channel=Channel.RETURN,
            headers=((b"Cookie", b"session=of-the-host"), (b"authorization", b"Basic abc"), (b"x", b"kept")),
        )

        headers = json.loads(self.stored(shop).headers)
        assert headers == [["Cookie", "[not kept]"], ["authorization", "[not kept]"], ["x", "kept"]]

    def test_is_bounded_whatever_a_host_lets_in(self, shop: Shop) -> None:
        shop.deliver(b"q" * 20_000, body=b"b" * 70_000)

        row = self.stored(shop)
        assert (len(row.query), len(row.body)) == (receiving.MOST_QUERY, receiving.MOST_BODY)


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


class TestWhatFailsInside:
    def test_is_undone_and_the_message_is_kept_with_what_it_came_to(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment, settle = shop.pay(shop.order()), receiving.settle

        def fail(*arguments: Any, **named: Any) -> Payment:
            settle(*arguments, **named)
            raise RuntimeError("after everything was written")

        with monkeypatch.context() as patched:
            patched.setattr(receiving, "settle", fail)
            failed = shop.ipn(payment)

        with shop.payport.seller.database.reading() as connection:
            kept = connection.execute(select(t.callbacks.c.verdict, t.callbacks.c.decision)).all()
        assert code(failed) == "99"
        assert kept == [("proof", "try_again")]
        assert (shop.payment(payment).state, shop.payment(payment).received) == (State.PENDING, vnd(0))
        assert code(shop.ipn(payment)) == "00"

    def test_by_a_lost_race_is_run_again_whole(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        payment, settle, races = shop.pay(shop.order()), receiving.settle, iter(["lost"])

        def race(*arguments: Any, **named: Any) -> Payment:
            after = settle(*arguments, **named)
            if next(races, None):
                raise OperationalError("UPDATE", {}, Exception("database is locked"))
            return after

        monkeypatch.setattr(receiving, "settle", race)

        assert code(shop.ipn(payment)) == "00"
        with shop.payport.seller.database.reading() as connection:
            assert connection.execute(select(func.count()).select_from(t.callbacks)).scalar() == 1


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


class TestAPluginThatReportsOtherThingsThanWereSigned:
    @pytest.fixture
    def reporting(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        def report(**changes: object) -> None:
            honest = Gateway.parse
            monkeypatch.setattr(
                Gateway,
                "parse",
                lambda gateway, proven, settings: replace(honest(gateway, proven, settings), **changes),
            )

        return report

    def test_cannot_leave_out_whose_account_it_was(self, shop: Shop, reporting: Callable[..., None]) -> None:
        payment = shop.pay(shop.order())
        reporting(merchant_account=None)

        reply = shop.ipn(payment, tmn_code="TESTTMN2")

        assert code(reply) == "97"
        assert (shop.payment(payment).state, shop.payment(payment).received) == (State.REVIEW, vnd(0))

    def test_cannot_name_another_payment(self, shop: Shop, reporting: Callable[..., None]) -> None:
        mine, theirs = shop.pay(shop.order("mot")), shop.pay(shop.order("hai"))
        reporting(merchant_reference=theirs.merchant_reference)

        reply = shop.ipn(mine)

        assert code(reply) == "99"
        assert {shop.payment(payment).state for payment in (mine, theirs)} == {State.PENDING}
