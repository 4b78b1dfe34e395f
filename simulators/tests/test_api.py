"""querydr and refund over HTTP: what is answered, in which order of checks, and signed (sheet 6, 7, 13)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payport_simulators.vnpay import ApiFault, Faults, Hash, RefundFault, Simulator, Transaction

API = "/merchant_webapi/api/transaction"
QUERY = {
    "vnp_RequestId": "RQ1",
    "vnp_Version": "2.1.0",
    "vnp_Command": "querydr",
    "vnp_TmnCode": "TESTTMN1",
    "vnp_TxnRef": "ORD1001",
    "vnp_TransactionDate": "20261124120000",
    "vnp_CreateDate": "20261124123000",
    "vnp_IpAddr": "203.0.113.10",
    "vnp_OrderInfo": "Truy van GD ORD1001",
}
REFUND = {
    "vnp_RequestId": "RF1",
    "vnp_Version": "2.1.0",
    "vnp_Command": "refund",
    "vnp_TmnCode": "TESTTMN1",
    "vnp_TransactionType": "02",
    "vnp_TxnRef": "ORD1001",
    "vnp_Amount": "15000000",
    "vnp_TransactionNo": "15000001",
    "vnp_TransactionDate": "20261124120000",
    "vnp_CreateBy": "ops01",
    "vnp_CreateDate": "20261124150000",
    "vnp_IpAddr": "203.0.113.10",
    "vnp_OrderInfo": "Hoan tien ORD1001",
}
ANSWER = (
    "vnp_ResponseId",
    "vnp_Command",
    "vnp_ResponseCode",
    "vnp_Message",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_BankCode",
    "vnp_PayDate",
    "vnp_TransactionNo",
    "vnp_TransactionType",
    "vnp_TransactionStatus",
    "vnp_OrderInfo",
    "vnp_PromotionCode",
    "vnp_PromotionAmount",
)

Ask = Callable[..., dict[str, str]]


@pytest.fixture
def send(gateway: httpx.Client, signer: Any) -> Callable[..., httpx.Response]:
    """Post a request, signed over its values; changes are made before the signing, None takes a field out."""
    count = iter(range(1, 100))

    def post(request: dict[str, str], **changes: str | None) -> httpx.Response:
        fresh = {"vnp_RequestId": f"RQ{next(count)}"}
        values = {name: value for name, value in (request | fresh | changes).items() if value is not None}
        text = "|".join(values.get(name, "") for name in request)
        return gateway.post(API, json=values | {"vnp_SecureHash": signer.digest(text)})

    return post


@pytest.fixture
def ask(send: Callable[..., httpx.Response], signer: Any) -> Ask:
    """The same, and the answer's signature is checked."""

    def answered(request: dict[str, str], **changes: str | None) -> dict[str, str]:
        answer: dict[str, str] = send(request, **changes).json()
        slots = ANSWER if request["vnp_Command"] == "querydr" else ANSWER[:13]
        assert answer["vnp_SecureHash"] == signer.digest("|".join(answer.get(name, "") for name in slots))
        return answer

    return answered


@pytest.fixture
def paid(simulator: Simulator, opened: Transaction) -> Transaction:
    return simulator.settle(opened.token, "00", bank="NCB")


class TestAQuery:
    def test_of_a_paid_transaction_tells_all_of_it(self, ask: Ask, paid: Transaction) -> None:
        answer = ask(QUERY)

        assert {
            name: answer[name] for name in answer if name not in ("vnp_ResponseId", "vnp_SecureHash")
        } == {
            "vnp_Command": "querydr",
            "vnp_ResponseCode": "00",
            "vnp_Message": "QueryDR Success",
            "vnp_TmnCode": "TESTTMN1",
            "vnp_TxnRef": "ORD1001",
            "vnp_Amount": "15000000",
            "vnp_BankCode": "NCB",
            "vnp_PayDate": "20261124120000",
            "vnp_TransactionNo": "15000001",
            "vnp_TransactionType": "01",
            "vnp_TransactionStatus": "00",
            "vnp_OrderInfo": "Thanh toan don hang ORD1001",
        }

    @pytest.mark.parametrize(
        ("code", "status"), [("24", "02"), ("51", "02"), ("07", "07")], ids=["cancelled", "failed", "suspect"]
    )
    def test_of_another_ending_tells_its_status(
        self, ask: Ask, simulator: Simulator, opened: Transaction, code: str, status: str
    ) -> None:
        simulator.settle(opened.token, code)

        assert ask(QUERY)["vnp_TransactionStatus"] == status

    def test_of_an_open_page_says_not_finished(self, ask: Ask, opened: Transaction) -> None:
        assert ask(QUERY)["vnp_TransactionStatus"] == "01"

    def test_tells_the_truth_whatever_the_callbacks_said(
        self, ask: Ask, simulator: Simulator, opened: Transaction
    ) -> None:
        simulator.set_faults(Faults(amount_off_by=-1, status="02", callback_hash=Hash.WRONG))
        simulator.settle(opened.token)

        answer = ask(QUERY)

        assert (answer["vnp_Amount"], answer["vnp_TransactionStatus"]) == ("15000000", "00")

    @pytest.mark.parametrize(
        "changes",
        [
            {"vnp_TxnRef": "ORD9999"},
            {"vnp_TxnRef": "ord1001"},
            {"vnp_TransactionDate": "20261124120001"},
            {"vnp_TransactionNo": "15999999"},
        ],
    )
    def test_of_what_does_not_exist_is_a_short_signed_91(
        self, ask: Ask, paid: Transaction, changes: dict[str, str]
    ) -> None:
        answer = ask(QUERY, **changes)

        assert answer["vnp_ResponseCode"] == "91"
        assert sorted(answer) == sorted([*ANSWER[:6], "vnp_SecureHash"])

    def test_with_a_request_id_of_today_is_94_and_of_yesterday_is_not(
        self, ask: Ask, paid: Transaction, clock: Any
    ) -> None:
        codes = [ask(QUERY, vnp_RequestId="SAME")["vnp_ResponseCode"] for _ in range(2)]
        clock.move(days=1)

        assert [*codes, ask(QUERY, vnp_RequestId="SAME")["vnp_ResponseCode"]] == ["00", "94", "00"]


@pytest.mark.parametrize(
    "changes",
    [
        {"vnp_RequestId": "x" * 33},
        {"vnp_RequestId": "RQ-1"},
        {"vnp_RequestId": None},
        {"vnp_Version": "2.0.0"},
        {"vnp_TransactionDate": "20261324120000"},
        {"vnp_CreateDate": "now"},
        {"vnp_IpAddr": "localhost"},
        {"vnp_OrderInfo": None},
        {"vnp_OrderInfo": "x" * 256},
    ],
)
def test_a_signed_request_with_an_ill_formed_field_is_03(
    ask: Ask, paid: Transaction, changes: dict[str, str | None]
) -> None:
    assert ask(QUERY, **changes)["vnp_ResponseCode"] == "03"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff",
        b"{}",
        b'{"vnp_Command":"pay"}',
        b'{"vnp_Command":"querydr","vnp_Command":"querydr"}',
        b'{"vnp_Command":"querydr","vnp_X":1.0}',
        b'{"vnp_Command":"querydr","vnp_X":true}',
        b'{"vnp_Command":"querydr","vnp_X":null}',
        b'{"vnp_Command":"querydr","vnp_X":{"a":"b"}}',
        b'{"vnp_Command":' + b"[" * 60_000,
    ],
)
def test_a_body_that_is_no_plain_object_is_03(gateway: httpx.Client, body: bytes) -> None:
    answer = gateway.post(API, content=body).json()

    assert answer == {"vnp_ResponseCode": "03", "vnp_Message": "Invalid data format"}


def test_a_body_without_end_is_cut_off(gateway: httpx.Client) -> None:
    assert gateway.post(API, content=b"{" * 70_000).status_code == 413


class TestTheTerminal:
    def test_that_is_unknown_is_02(self, send: Any) -> None:
        assert send(QUERY, vnp_TmnCode="NOSUCHT1").json()["vnp_ResponseCode"] == "02"

    def test_that_is_inactive_is_02(self, ask: Ask) -> None:
        assert ask(QUERY, vnp_TmnCode="CLOSEDT1")["vnp_ResponseCode"] == "02"

    def test_asks_after_its_own_transactions_only(self, ask: Ask, paid: Transaction) -> None:
        assert ask(QUERY, vnp_TmnCode="SMALLTM1")["vnp_ResponseCode"] == "91"


@pytest.mark.parametrize("offered", ["", "0" * 128, "é", None])
def test_a_wrong_checksum_is_97_before_anything_is_looked_up(
    gateway: httpx.Client, offered: str | None
) -> None:
    body = QUERY | ({"vnp_SecureHash": offered} if offered is not None else {})

    assert gateway.post(API, json=body).json()["vnp_ResponseCode"] == "97"


class TestARefund:
    def test_is_taken_on_as_05_with_a_number_of_its_own(self, ask: Ask, paid: Transaction) -> None:
        answer = ask(REFUND)

        assert {name: answer.get(name) for name in ANSWER[1:]} == {
            "vnp_Command": "refund",
            "vnp_ResponseCode": "00",
            "vnp_Message": "Refund success",
            "vnp_TmnCode": "TESTTMN1",
            "vnp_TxnRef": "ORD1001",
            "vnp_Amount": "15000000",
            "vnp_BankCode": "NCB",
            "vnp_PayDate": "20261124120000",
            "vnp_TransactionNo": "15000002",
            "vnp_TransactionType": "02",
            "vnp_TransactionStatus": "05",
            "vnp_OrderInfo": "Hoan tien ORD1001",
            "vnp_PromotionCode": None,
            "vnp_PromotionAmount": None,
        }

    @pytest.mark.parametrize(
        ("fault", "states"),
        [
            (RefundFault.NONE, ["05", "06", "00", "00"]),
            (RefundFault.STUCK, ["05", "05", "05", "05"]),
            (RefundFault.REJECTED, ["05", "06", "09", "09"]),
        ],
    )
    def test_goes_its_way_by_the_clock(
        self,
        ask: Ask,
        simulator: Simulator,
        paid: Transaction,
        clock: Any,
        fault: RefundFault,
        states: list[str],
    ) -> None:
        simulator.set_faults(Faults(refund=fault))
        number = ask(REFUND)["vnp_TransactionNo"]

        seen = []
        for _ in states:
            answer = ask(QUERY, vnp_TransactionNo=number)
            seen.append(answer["vnp_TransactionStatus"])
            clock.move(minutes=1)

        assert seen == states
        assert (answer["vnp_TransactionType"], answer["vnp_Amount"]) == ("02", "15000000")

    def test_leaves_the_payments_own_row_as_it_was(self, ask: Ask, paid: Transaction) -> None:
        ask(REFUND)

        answer = ask(QUERY)

        assert (answer["vnp_TransactionType"], answer["vnp_TransactionNo"]) == ("01", "15000001")

    @pytest.mark.parametrize("number", [None, "", "0", "15000001"])
    def test_may_leave_out_the_payments_number(self, ask: Ask, paid: Transaction, number: str | None) -> None:
        assert ask(REFUND, vnp_TransactionNo=number)["vnp_ResponseCode"] == "00"

    def test_of_another_number_is_91(self, ask: Ask, paid: Transaction) -> None:
        assert ask(REFUND, vnp_TransactionNo="15000009")["vnp_ResponseCode"] == "91"

    @pytest.mark.parametrize(
        "changes",
        [
            {"vnp_TransactionType": "01"},
            {"vnp_Amount": "0"},
            {"vnp_Amount": "1e6"},
            {"vnp_CreateBy": None},
            {"vnp_TransactionNo": "x"},
        ],
    )
    def test_with_an_ill_formed_field_is_03(
        self, ask: Ask, paid: Transaction, changes: dict[str, str | None]
    ) -> None:
        assert ask(REFUND, **changes)["vnp_ResponseCode"] == "03"

    @pytest.mark.parametrize("code", [None, "24", "51", "07"])
    def test_of_what_was_not_paid_is_95(
        self, ask: Ask, simulator: Simulator, opened: Transaction, code: str | None
    ) -> None:
        if code is not None:
            simulator.settle(opened.token, code)

        assert ask(REFUND, vnp_TransactionNo=None)["vnp_ResponseCode"] == "95"

    def test_of_more_than_is_left_is_93(self, ask: Ask, paid: Transaction) -> None:
        part = {"vnp_TransactionType": "03"}

        codes = [
            ask(REFUND, **part, vnp_Amount="15000100")["vnp_ResponseCode"],
            ask(REFUND, **part, vnp_Amount="10000000")["vnp_ResponseCode"],
            ask(REFUND, **part, vnp_Amount="5000100")["vnp_ResponseCode"],
            ask(REFUND, **part, vnp_Amount="5000000")["vnp_ResponseCode"],
            ask(REFUND, **part, vnp_Amount="100")["vnp_ResponseCode"],
        ]

        assert codes == ["93", "00", "93", "00", "93"]

    def test_in_full_needs_the_whole_and_nothing_before_it(self, ask: Ask, paid: Transaction) -> None:
        assert ask(REFUND, vnp_Amount="14999900")["vnp_ResponseCode"] == "04"

        ask(REFUND, vnp_TransactionType="03", vnp_Amount="5000000")

        assert ask(REFUND, vnp_Amount="10000000")["vnp_ResponseCode"] == "04"

    def test_of_the_same_part_twice_within_five_minutes_is_94(
        self, ask: Ask, paid: Transaction, clock: Any
    ) -> None:
        part = {"vnp_TransactionType": "03", "vnp_Amount": "5000000"}

        codes = [ask(REFUND, **part)["vnp_ResponseCode"], ask(REFUND, **part)["vnp_ResponseCode"]]
        clock.move(minutes=5)

        assert [*codes, ask(REFUND, **part)["vnp_ResponseCode"]] == ["00", "94", "00"]

    def test_that_was_refused_gives_its_amount_back(
        self, ask: Ask, simulator: Simulator, paid: Transaction, clock: Any
    ) -> None:
        simulator.set_faults(Faults(refund=RefundFault.REJECTED))
        ask(REFUND)
        assert ask(REFUND)["vnp_ResponseCode"] == "93"

        clock.move(minutes=5)

        assert ask(REFUND)["vnp_ResponseCode"] == "00"


class TestASpoiltAnswer:
    def test_without_a_hash(self, send: Any, simulator: Simulator, paid: Transaction) -> None:
        simulator.set_faults(Faults(api=ApiFault.NO_HASH))

        answer = send(QUERY).json()

        assert answer["vnp_TransactionStatus"] == "00"
        assert "vnp_SecureHash" not in answer

    def test_with_a_wrong_hash(self, send: Any, signer: Any, simulator: Simulator, paid: Transaction) -> None:
        simulator.set_faults(Faults(api=ApiFault.BAD_HASH))

        answer = send(QUERY).json()

        right = signer.digest("|".join(answer.get(name, "") for name in ANSWER))
        assert len(answer["vnp_SecureHash"]) == 128
        assert answer["vnp_SecureHash"] != right

    def test_unsigned_94_and_nothing_is_done(
        self, send: Any, simulator: Simulator, paid: Transaction
    ) -> None:
        simulator.set_faults(Faults(api=ApiFault.TOO_SOON))

        assert send(REFUND).json() == {"vnp_ResponseCode": "94", "vnp_Message": "Request is duplicate"}
        assert simulator.transaction("ORD1001").refunds == ()

    def test_98_though_it_was_done(self, ask: Ask, simulator: Simulator, paid: Transaction) -> None:
        simulator.set_faults(Faults(api=ApiFault.TIMED_OUT))

        assert ask(REFUND)["vnp_ResponseCode"] == "98"
        assert len(simulator.transaction("ORD1001").refunds) == 1

    def test_503(self, send: Any, simulator: Simulator, paid: Transaction) -> None:
        simulator.set_faults(Faults(api=ApiFault.SERVER_ERROR))

        assert send(QUERY).status_code == 503

    def test_html(self, send: Any, simulator: Simulator, paid: Transaction) -> None:
        simulator.set_faults(Faults(api=ApiFault.HTML))

        answer = send(QUERY)

        assert answer.headers["content-type"].startswith("text/html")
        assert answer.text.startswith("<!doctype html>")

    def test_too_slow(
        self, gateway: httpx.Client, send: Any, simulator: Simulator, paid: Transaction
    ) -> None:
        simulator.set_faults(Faults(api=ApiFault.SLOW, slow_for=timedelta(seconds=0.5)))
        gateway.timeout = httpx.Timeout(0.1)

        with pytest.raises(httpx.ReadTimeout):
            send(REFUND)

        assert len(simulator.transaction("ORD1001").refunds) == 1  # done, and nobody was told

    def test_is_one_terminals_alone(self, ask: Ask, simulator: Simulator, paid: Transaction) -> None:
        simulator.set_faults(Faults(api=ApiFault.HTML), terminal="SMALLTM1")

        assert ask(QUERY)["vnp_ResponseCode"] == "00"


def test_every_request_is_kept_with_its_answer(ask: Ask, simulator: Simulator, paid: Transaction) -> None:
    answer = ask(REFUND)

    [call] = simulator.api_calls
    assert json.loads(call.request)["vnp_Command"] == "refund"
    assert json.loads(call.answer) == answer
