"""Each fault switch, and what goes over the wire when it is on (sheet 13)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from payport_simulators.vnpay import (
    OTHER_TERMINAL,
    Delivery,
    Encoder,
    Faults,
    Hash,
    Ipn,
    Simulator,
    Transaction,
)


@pytest.fixture
def pay(simulator: Simulator, opened: Transaction) -> Any:
    """Pay the open transaction under these faults; gives it as it is then."""

    def settle(code: str = "00", **faults: Any) -> Transaction:
        simulator.set_faults(Faults(**faults))
        return simulator.settle(opened.token, code, bank="NCB")

    return settle


class TestDelivery:
    def test_ipn_first(self, simulator: Simulator, pay: Any, shop: Any) -> None:
        paid = pay(delivery=Delivery.IPN_FIRST)

        assert len(shop.queries) == 1  # before the buyer is sent anywhere
        assert simulator.return_url(paid.token)

    def test_return_first(self, simulator: Simulator, pay: Any, shop: Any, clock: Any) -> None:
        paid = pay(delivery=Delivery.RETURN_FIRST)
        assert simulator.return_url(paid.token)
        assert shop.queries == []

        simulator.deliver_due(clock.now)

        assert len(shop.queries) == 1

    def test_return_only(self, simulator: Simulator, pay: Any, shop: Any, clock: Any) -> None:
        paid = pay(delivery=Delivery.RETURN_ONLY)
        simulator.deliver_due(clock.move(days=1))

        assert simulator.return_url(paid.token)
        assert shop.queries == []

    def test_ipn_only(self, simulator: Simulator, pay: Any, shop: Any) -> None:
        paid = pay(delivery=Delivery.IPN_ONLY)

        assert simulator.return_url(paid.token) is None
        assert len(shop.queries) == 1


class TestTheFirstIpn:
    def test_sent_twice(self, pay: Any, shop: Any) -> None:
        pay(ipn=Ipn.DUPLICATE)

        assert len(shop.queries) == 2
        assert len(set(shop.queries)) == 1

    def test_sent_four_times_at_once(self, simulator: Simulator, pay: Any, shop: Any) -> None:
        shop.meet = threading.Barrier(4, timeout=10)  # passes only if all four are under way together

        pay(ipn=Ipn.PARALLEL)

        assert [call.rsp_code for call in simulator.ipn_calls] == ["00"] * 4

    def test_sent_late(self, simulator: Simulator, pay: Any, shop: Any, clock: Any) -> None:
        pay(ipn=Ipn.LATE, late_by=timedelta(hours=3))
        simulator.deliver_due(clock.move(hours=2, minutes=59))
        assert shop.queries == []

        simulator.deliver_due(clock.move(minutes=1))

        assert len(shop.queries) == 1

    def test_lost_on_the_way(self, simulator: Simulator, pay: Any, shop: Any, clock: Any) -> None:
        pay(ipn=Ipn.MISSING)
        assert shop.queries == []
        assert [call.error for call in simulator.ipn_calls] == ["lost on the way"]

        [call] = simulator.deliver_due(clock.move(minutes=5))

        assert (call.attempt, call.rsp_code) == (2, "00")


class TestWhatACallbackSays:
    """In the IPN and on return alike; unless said otherwise it is rightly signed."""

    def test_an_amount_that_is_one_dong_short(self, pay: Any, shop: Any, signer: Any, fields: Any) -> None:
        pay(amount_off_by=-1)

        assert fields(shop.queries[0])["vnp_Amount"] == "14999900"
        assert signer.is_right(shop.queries[0])

    def test_another_terminal(self, pay: Any, shop: Any, signer: Any, fields: Any) -> None:
        pay(other_terminal=True)

        assert fields(shop.queries[0])["vnp_TmnCode"] == OTHER_TERMINAL
        assert signer.is_right(shop.queries[0])

    @pytest.mark.parametrize(("code", "status"), [("00", "02"), ("00", "01"), ("24", "00")])
    def test_a_status_that_disagrees(
        self, pay: Any, shop: Any, signer: Any, fields: Any, code: str, status: str
    ) -> None:
        pay(code, status=status)

        sent = fields(shop.queries[0])
        assert (sent["vnp_ResponseCode"], sent["vnp_TransactionStatus"]) == (code, status)
        assert signer.is_right(shop.queries[0])

    def test_a_wrong_hash_of_the_right_form(
        self, simulator: Simulator, pay: Any, shop: Any, signer: Any
    ) -> None:
        paid = pay(callback_hash=Hash.WRONG)

        text, _, offered = shop.queries[0].partition("&vnp_SecureHash=")
        assert len(offered) == 128
        assert sum(a != b for a, b in zip(offered, signer.digest(text), strict=True)) == 1
        assert str(simulator.return_url(paid.token)).endswith(offered)

    def test_no_hash(self, pay: Any, shop: Any, fields: Any) -> None:
        pay(callback_hash=Hash.ABSENT)

        assert "vnp_SecureHash" not in fields(shop.queries[0])

    def test_a_repeated_name(self, pay: Any, shop: Any, signer: Any) -> None:
        pay(repeated_name=True)

        first, _, rest = shop.queries[0].partition("&")
        assert first == "vnp_Amount=100"
        assert rest.startswith("vnp_Amount=15000000&")
        assert signer.is_right(rest)

    def test_an_extra_signed_field(self, pay: Any, shop: Any, signer: Any, fields: Any) -> None:
        pay(extra_field=True)

        assert fields(shop.queries[0])["vnp_SimulatorExtra"] == "signed"
        assert signer.is_right(shop.queries[0])

    def test_an_empty_signed_field(self, pay: Any, shop: Any, signer: Any) -> None:
        pay(empty_field=True)

        assert "&vnp_SimulatorEmpty=&" in shop.queries[0]
        assert signer.is_right(shop.queries[0])

    @pytest.mark.parametrize(
        ("encoder", "written"),
        [  # a space, and the characters ( ~ ! * ' ) : the table of sheet 3.1
            (Encoder.JSP, "+%28%7E%21*%27%29"),
            (Encoder.NODE, "+(~!*')"),
            (Encoder.PYTHON, "+%28~%21%2A%27%29"),
            (Encoder.CSHARP, "+(%7E!*%27)"),
            (Encoder.CSHARP_LOWER, "+(%7e!*%27)"),
            (Encoder.URL_SEARCH_PARAMS, "+%28%7E%21*%27%29"),
        ],
    )
    def test_text_in_another_encoders_writing(
        self, pay: Any, shop: Any, signer: Any, encoder: Encoder, written: str
    ) -> None:
        pay(encoder=encoder)

        assert f"ORD1001{written}&vnp_PayDate" in shop.queries[0]
        assert signer.is_right(shop.queries[0])


class TestWhatHappens:
    def test_paying_ends_as_suspect(self, pay: Any, shop: Any, fields: Any) -> None:
        pay(suspect=True)

        sent = fields(shop.queries[0])
        assert (sent["vnp_ResponseCode"], sent["vnp_TransactionStatus"]) == ("07", "07")

    def test_success_after_failure(
        self, simulator: Simulator, pay: Any, shop: Any, clock: Any, fields: Any
    ) -> None:
        failed = pay("51", success_after_failure=True, late_by=timedelta(minutes=2))
        assert failed.result is not None
        assert failed.result.code == "51"

        simulator.deliver_due(clock.move(minutes=2))

        told = [(f["vnp_ResponseCode"], f["vnp_TransactionNo"]) for f in map(fields, shop.queries)]
        assert told == [("51", "15000001"), ("00", "15000002")]
        result = simulator.transaction("ORD1001").result
        assert result is not None
        assert result.paid

    def test_a_second_transaction_number(self, pay: Any, shop: Any, fields: Any) -> None:
        paid = pay(second_transaction=True)

        told = [(f["vnp_ResponseCode"], f["vnp_TransactionNo"]) for f in map(fields, shop.queries)]
        assert told == [("00", "15000001"), ("00", "15000002")]
        assert paid.result.number == "15000001"


class TestWhereAFaultIsSet:
    def test_a_terminals_own_switches_hide_the_gateways(
        self, simulator: Simulator, opened: Transaction, shop: Any
    ) -> None:
        simulator.set_faults(Faults(ipn=Ipn.DUPLICATE))
        simulator.set_faults(Faults(), terminal="TESTTMN1")

        simulator.settle(opened.token)

        assert len(shop.queries) == 1

    def test_a_transactions_own_switches_hide_its_terminals(
        self, simulator: Simulator, opened: Transaction, shop: Any
    ) -> None:
        simulator.set_faults(Faults(), terminal="TESTTMN1")
        simulator.set_faults(Faults(ipn=Ipn.DUPLICATE), token=opened.token)

        simulator.settle(opened.token)

        assert len(shop.queries) == 2

    def test_a_repeat_says_what_the_first_call_said(
        self, simulator: Simulator, pay: Any, shop: Any, clock: Any
    ) -> None:
        shop.reply("04")
        pay(amount_off_by=-1)

        simulator.set_faults(Faults())
        simulator.deliver_due(clock.move(minutes=5))

        assert shop.queries[0] == shop.queries[1]
