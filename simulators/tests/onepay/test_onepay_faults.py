"""Each fault switch, and what goes over the wire when it is on (sheet 11)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payport_simulators.onepay import (
    OTHER_MERCHANT,
    QUERY_PATHS,
    REFUND_PATH,
    Delivery,
    Faults,
    Hash,
    Ipn,
    Payment,
    Product,
    QueryFault,
    RefundFault,
    RefundState,
    Simulator,
)

U = Product.UNIFIED


@pytest.fixture
def pay(simulator: Simulator, opened: Payment) -> Any:
    """Settle the open payment under these faults; gives it as it is then."""

    def settle(code: str = "0", **faults: Any) -> Payment:
        simulator.set_faults(Faults(**faults))
        return simulator.settle(opened.token, code)

    return settle


@pytest.fixture
def code_asked(simulator: Simulator, signer: Any, fields: Any) -> Any:
    """What queryDR says the code is by now."""
    return lambda: fields(simulator.answer_query(U, signer.ask().encode()).body)["vpc_TxnResponseCode"]


class TestWhichCallbacksCome:
    def test_ipn_before_the_return(self, simulator: Simulator, pay: Any, shop: Any) -> None:
        paid = pay(delivery=Delivery.IPN_FIRST)

        assert len(shop.queries) == 1
        assert simulator.return_url(paid.token)

    def test_return_before_the_ipn(self, simulator: Simulator, pay: Any, shop: Any, clock: Any) -> None:
        paid = pay(delivery=Delivery.RETURN_FIRST)
        assert simulator.return_url(paid.token)
        assert shop.queries == []

        simulator.deliver_due(clock.now)

        assert len(shop.queries) == 1

    def test_no_ipn(self, simulator: Simulator, pay: Any, shop: Any, clock: Any, code_asked: Any) -> None:
        paid = pay(delivery=Delivery.RETURN_ONLY)
        simulator.deliver_due(clock.move(days=1))

        assert simulator.return_url(paid.token)
        assert shop.queries == []
        assert code_asked() == "0"

    def test_no_return(self, simulator: Simulator, pay: Any, shop: Any) -> None:
        paid = pay(delivery=Delivery.IPN_ONLY)

        assert simulator.return_url(paid.token) is None
        assert len(shop.queries) == 1

    def test_ipn_twice(self, pay: Any, shop: Any) -> None:
        pay(ipn=Ipn.DUPLICATE)

        assert len(shop.queries) == 2
        assert len(set(shop.queries)) == 1

    def test_ipn_four_times_at_once(self, simulator: Simulator, pay: Any, shop: Any) -> None:
        shop.meet = threading.Barrier(4, timeout=10)  # passes only if all four are under way together

        pay(ipn=Ipn.PARALLEL)

        assert [call.rsp_code for call in simulator.ipn_calls] == ["1"] * 4

    def test_late_ipn(self, simulator: Simulator, pay: Any, shop: Any, clock: Any) -> None:
        pay(ipn=Ipn.LATE, late_by=timedelta(hours=3))
        simulator.deliver_due(clock.move(hours=2, minutes=59))
        assert shop.queries == []

        simulator.deliver_due(clock.move(minutes=1))

        assert len(shop.queries) == 1

    def test_first_ipn_lost(self, simulator: Simulator, pay: Any, shop: Any, clock: Any) -> None:
        pay(ipn=Ipn.MISSING)
        assert shop.queries == []

        [call] = simulator.deliver_due(clock.move(seconds=50))

        assert (call.attempt, call.final) == (2, True)

    def test_an_ipn_for_each_declined_try(
        self, simulator: Simulator, opened: Payment, shop: Any, fields: Any, signer: Any
    ) -> None:
        simulator.set_faults(Faults(told_of_tries=True))

        for code in ("5", "1", "0"):
            simulator.attempt(opened.token, code)

        assert [fields(query)["vpc_TxnResponseCode"] for query in shop.queries] == ["5", "1", "0"]
        assert all(signer.is_right(query) for query in shop.queries)


class TestWhatACallbackSays:
    """In the IPN and on return alike; queryDR still tells the truth."""

    @pytest.mark.parametrize(("off_by", "amount"), [(-100, "14999900"), (100, "15000100"), (-1, "14999999")])
    def test_an_amount_off_by_one_dong_or_one_hundredth(
        self, pay: Any, simulator: Simulator, shop: Any, signer: Any, fields: Any, off_by: int, amount: str
    ) -> None:
        paid = pay(amount_off_by=off_by)

        assert fields(shop.queries[0])["vpc_Amount"] == amount
        assert signer.is_right(shop.queries[0])
        assert str(simulator.return_url(paid.token)).endswith(shop.queries[0])
        assert "vpc_Amount=15000000" in simulator.answer_query(U, signer.ask().encode()).body

    def test_another_merchant_with_the_same_secret(
        self, pay: Any, shop: Any, signer: Any, fields: Any
    ) -> None:
        pay(other_merchant=True)

        assert fields(shop.queries[0])["vpc_Merchant"] == OTHER_MERCHANT
        assert signer.is_right(shop.queries[0])

    def test_a_wrong_hash(self, pay: Any, shop: Any, signer: Any) -> None:
        pay(callback_hash=Hash.WRONG)

        assert not signer.is_right(shop.queries[0])

    def test_no_hash(self, pay: Any, shop: Any) -> None:
        pay(callback_hash=Hash.ABSENT)

        assert "vpc_SecureHash" not in shop.queries[0]

    def test_the_hash_of_the_request(self, pay: Any, shop: Any, signer: Any, fields: Any) -> None:
        pay(callback_hash=Hash.OF_THE_REQUEST)

        told = fields(shop.queries[0])["vpc_SecureHash"]
        assert told == fields(signer.query())["vpc_SecureHash"]
        assert not signer.is_right(shop.queries[0])

    def test_a_lower_case_hash(self, pay: Any, shop: Any, signer: Any, fields: Any) -> None:
        pay(callback_hash=Hash.LOWER_CASE)

        told = fields(shop.queries[0])
        offered = told.pop("vpc_SecureHash")
        assert offered != offered.upper()
        assert offered.upper() == signer.digest(told)

    def test_a_repeated_name(self, pay: Any, shop: Any, signer: Any) -> None:
        pay(repeated_name=True)

        assert shop.queries[0].count("vpc_Amount=") == 2
        assert signer.is_right(shop.queries[0].removeprefix("vpc_Amount=100&"))

    @pytest.mark.parametrize(
        ("url", "start"),
        [
            ("https://shop.example.vn/return", "https://shop.example.vn/return??vpc_"),
            ("https://shop.example.vn/return?own=1", "https://shop.example.vn/return?own=1?vpc_"),
        ],
    )
    def test_a_second_question_mark_in_the_return_address(
        self, simulator: Simulator, arrive: Any, shop: Any, signer: Any, url: str, start: str
    ) -> None:
        simulator.set_faults(Faults(double_question_mark=True))

        paid = simulator.settle(arrive(vpc_ReturnURL=url).token)

        assert str(simulator.return_url(paid.token)).startswith(start)
        assert signer.is_right(shop.queries[0])

    def test_an_instalment_fee_on_top(
        self, pay: Any, simulator: Simulator, shop: Any, signer: Any, fields: Any
    ) -> None:
        pay(instalment_fee=20_000)

        told = {"vpc_Amount": "17000000", "vpc_OrderAmount": "15000000", "vpc_ItaFeeAmount": "2000000"}
        assert fields(shop.queries[0]).items() >= told.items()
        assert signer.is_right(shop.queries[0])
        assert fields(simulator.answer_query(U, signer.ask().encode()).body).items() >= told.items()


class TestAResultAfterTheFirst:
    def test_300_and_then_0(
        self, simulator: Simulator, pay: Any, shop: Any, fields: Any, clock: Any, code_asked: Any
    ) -> None:
        paid = pay(pending_first=True, late_by=timedelta(minutes=5))
        assert "vpc_TxnResponseCode=300" in str(simulator.return_url(paid.token))
        assert code_asked() == "300"
        simulator.deliver_due(clock.move(minutes=4, seconds=59))
        assert len(shop.queries) == 1

        simulator.deliver_due(clock.move(seconds=1))

        first, second = (fields(query) for query in shop.queries)
        assert (first["vpc_TxnResponseCode"], second["vpc_TxnResponseCode"]) == ("300", "0")
        assert first["vpc_TransactionNo"] == second["vpc_TransactionNo"]
        assert code_asked() == "0"

    def test_a_decline_and_then_a_success(
        self, simulator: Simulator, pay: Any, shop: Any, fields: Any, clock: Any, code_asked: Any
    ) -> None:
        declined = pay("5", success_after_decline=True)
        assert "vpc_TxnResponseCode=5" in str(simulator.return_url(declined.token))
        assert code_asked() == "5"

        simulator.deliver_due(clock.move(minutes=1))

        first, second = (fields(query) for query in shop.queries)
        assert (first["vpc_TxnResponseCode"], second["vpc_TxnResponseCode"]) == ("5", "0")
        assert first["vpc_TransactionNo"] != second["vpc_TransactionNo"]
        assert code_asked() == "0"

    def test_a_success_after_the_buyer_cancelled(
        self, simulator: Simulator, pay: Any, clock: Any, code_asked: Any
    ) -> None:
        pay("99", success_after_decline=True)

        clock.move(minutes=1)

        assert code_asked() == "0"

    def test_a_second_transaction_for_the_same_reference(
        self, pay: Any, shop: Any, signer: Any, fields: Any
    ) -> None:
        pay(second_transaction=True)

        first, second = (fields(query) for query in shop.queries)
        assert (first["vpc_TxnResponseCode"], second["vpc_TxnResponseCode"]) == ("0", "0")
        assert first["vpc_TransactionNo"] != second["vpc_TransactionNo"]
        assert all(signer.is_right(query) for query in shop.queries)


class TestQueryDR:
    @pytest.fixture
    def ask(self, simulator: Simulator, gateway: httpx.Client, signer: Any, pay: Any) -> Any:
        """Ask about a paid payment under a fault."""

        def post(fault: QueryFault) -> httpx.Response:
            pay(query=fault)
            return gateway.post(QUERY_PATHS[U], content=signer.ask())

        return post

    def test_does_not_know_a_paid_payment(self, ask: Any, signer: Any, fields: Any) -> None:
        answer = ask(QueryFault.NOT_FOUND).text

        assert fields(answer)["vpc_DRExists"] == "N"
        assert signer.is_right(answer)

    def test_answers_without_a_hash(self, ask: Any) -> None:
        answer = ask(QueryFault.NO_HASH).text

        assert "vpc_TxnResponseCode=0" in answer
        assert "vpc_SecureHash" not in answer

    def test_answers_with_a_wrong_hash(self, ask: Any, signer: Any, fields: Any) -> None:
        answer = ask(QueryFault.WRONG_HASH).text

        assert len(fields(answer)["vpc_SecureHash"]) == 64
        assert not signer.is_right(answer)

    def test_answers_with_a_page(self, ask: Any) -> None:
        answer = ask(QueryFault.HTML)

        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.text.startswith("<!doctype html>")

    def test_answers_with_503(self, ask: Any) -> None:
        assert ask(QueryFault.SERVER_ERROR).status_code == 503

    def test_answers_late(self, simulator: Simulator, pay: Any, gateway: httpx.Client, signer: Any) -> None:
        pay(query=QueryFault.SLOW, slow_for=timedelta(seconds=30))

        with pytest.raises(httpx.ReadTimeout):
            gateway.post(QUERY_PATHS[U], content=signer.ask(), timeout=0.05)

        assert simulator.answer_query(U, signer.ask().encode()).delay == timedelta(seconds=30)
        assert "vpc_TxnResponseCode=0" in simulator.api_calls[0].answer

    @pytest.mark.parametrize(
        ("fault", "status", "start"),
        [
            (QueryFault.NOT_FOUND, 200, "?vpc_DRExists=N"),
            (QueryFault.NO_HASH, 200, "?vpc_DRExists=Y"),
            (QueryFault.HTML, 200, "<!doctype html>"),
            (QueryFault.SERVER_ERROR, 503, "Service Unavailable"),
        ],
    )
    def test_of_an_old_page_has_the_same_faults(
        self, simulator: Simulator, arrive: Any, signer: Any, fault: QueryFault, status: int, start: str
    ) -> None:
        simulator.set_faults(Faults(query=fault), merchant="TESTND01")
        simulator.settle(arrive(Product.DOMESTIC).token)

        answer = simulator.answer_query(Product.DOMESTIC, signer.ask(Product.DOMESTIC).encode())

        assert (answer.http_status, answer.body.startswith(start)) == (status, True)


class TestARefund:
    @pytest.fixture
    def refund(self, simulator: Simulator, gateway: httpx.Client, signer: Any, pay: Any) -> Any:
        """Ask for a refund of a paid payment under a fault."""

        def post(fault: RefundFault) -> httpx.Response:
            pay(refund=fault)
            return gateway.post(REFUND_PATH, content=signer.refund())

        return post

    @pytest.fixture
    def is_done(self, simulator: Simulator) -> Any:
        return lambda: [refund.state for refund in simulator.refunds] == [RefundState.DONE]

    def test_is_answered_without_a_hash(self, refund: Any, is_done: Any) -> None:
        answer = refund(RefundFault.NO_HASH).text

        assert "vpc_TxnResponseCode=0" in answer
        assert "vpc_SecureHash" not in answer
        assert is_done()

    def test_is_answered_with_a_wrong_hash(self, refund: Any, is_done: Any, signer: Any) -> None:
        assert not signer.is_right(refund(RefundFault.WRONG_HASH).text)
        assert is_done()

    def test_times_out_after_it_was_carried_out(
        self, simulator: Simulator, gateway: httpx.Client, signer: Any, pay: Any, is_done: Any
    ) -> None:
        pay(refund=RefundFault.TIMED_OUT, slow_for=timedelta(seconds=30))

        with pytest.raises(httpx.ReadTimeout):
            gateway.post(REFUND_PATH, content=signer.refund(), timeout=0.05)

        assert is_done()

    def test_that_timed_out_hears_504_if_it_waits(
        self, pay: Any, gateway: httpx.Client, signer: Any, is_done: Any
    ) -> None:
        pay(refund=RefundFault.TIMED_OUT, slow_for=timedelta())

        assert gateway.post(REFUND_PATH, content=signer.refund()).status_code == 504
        assert is_done()

    def test_is_answered_with_503_after_it_was_carried_out(self, refund: Any, is_done: Any) -> None:
        assert refund(RefundFault.SERVER_ERROR).status_code == 503
        assert is_done()

    def test_is_answered_with_a_page_after_it_was_carried_out(self, refund: Any, is_done: Any) -> None:
        assert refund(RefundFault.HTML).text.startswith("<!doctype html>")
        assert is_done()

    def test_is_declined_and_not_carried_out(self, simulator: Simulator, refund: Any, signer: Any) -> None:
        answer = refund(RefundFault.DECLINED).text

        assert "vpc_TxnResponseCode=1" in answer
        assert signer.is_right(answer)
        assert simulator.refunds == ()

    def test_waits_for_approval(self, simulator: Simulator, refund: Any, signer: Any) -> None:
        answer = refund(RefundFault.WAITS).text

        assert "vpc_TxnResponseCode=300" in answer
        assert signer.is_right(answer)
        assert [each.state for each in simulator.refunds] == [RefundState.WAITING]


class TestWhoseSwitches:
    def test_a_payments_own_go_before_its_merchants_and_those_before_all_others(
        self, simulator: Simulator, arrive: Any
    ) -> None:
        payment = arrive()
        every, merchants, own = (Faults(instalment_fee=fee) for fee in (1, 2, 3))

        simulator.set_faults(every)
        assert simulator.faults(payment) == every
        simulator.set_faults(merchants, merchant="TESTUN01")
        assert simulator.faults(payment) == merchants
        assert simulator.faults(arrive(Product.DOMESTIC)) == every
        simulator.set_faults(own, token=payment.token)
        assert simulator.faults(simulator.payment(payment.token)) == own

    def test_a_repeat_says_what_the_first_call_said_though_they_changed(
        self, simulator: Simulator, pay: Any, shop: Any, clock: Any
    ) -> None:
        shop.status = 500
        pay(amount_off_by=-100)
        simulator.set_faults(Faults())

        simulator.deliver_due(clock.move(seconds=50))

        assert shop.queries[0] == shop.queries[1]
