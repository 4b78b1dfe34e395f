"""How the shop is told, and how often (sheet 5)."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from payport_simulators.vnpay import Simulator, Terminal, Transaction


class TestAPaidTransaction:
    def test_is_told_to_the_shop_in_name_order_under_a_lower_case_hash(
        self, simulator: Simulator, opened: Transaction, shop: Any, signer: Any, fields: Any
    ) -> None:
        simulator.settle(opened.token, "00", bank="NCB")

        [query] = shop.queries
        assert signer.is_right(query)
        assert list(fields(query).items()) == [
            ("vnp_Amount", "15000000"),
            ("vnp_BankCode", "NCB"),
            ("vnp_BankTranNo", "VNP15000001"),
            ("vnp_CardType", "ATM"),
            ("vnp_OrderInfo", "Thanh toan don hang ORD1001"),
            ("vnp_PayDate", "20261124120000"),
            ("vnp_ResponseCode", "00"),
            ("vnp_TmnCode", "TESTTMN1"),
            ("vnp_TransactionNo", "15000001"),
            ("vnp_TransactionStatus", "00"),
            ("vnp_TxnRef", "ORD1001"),
            ("vnp_SecureHash", query[-128:]),
        ]

    def test_sends_the_buyer_back_with_the_same_fields(
        self, simulator: Simulator, opened: Transaction, shop: Any
    ) -> None:
        simulator.settle(opened.token)

        assert simulator.return_url(opened.token) == f"https://shop.example.vn/return?{shop.queries[0]}"

    def test_is_settled_once(self, simulator: Simulator, opened: Transaction, shop: Any) -> None:
        simulator.settle(opened.token, "00")
        again = simulator.settle(opened.token, "24")

        assert [result.code for result in again.results] == ["00"]
        assert len(shop.queries) == 1

    def test_is_settled_once_though_every_button_is_pressed_together(
        self, simulator: Simulator, opened: Transaction, shop: Any
    ) -> None:
        codes = ["00", "24", "51", "07"] * 4
        with ThreadPoolExecutor(len(codes)) as pool:
            settled = list(pool.map(lambda code: simulator.settle(opened.token, code), codes))

        assert len({transaction.results for transaction in settled}) == 1
        assert len(shop.queries) == 1

    def test_has_a_number_of_its_own(self, simulator: Simulator, opened: Transaction, signer: Any) -> None:
        other = simulator.open(signer.query(vnp_TxnRef="ORD1002").encode())
        assert isinstance(other, Transaction)

        numbers = [simulator.settle(t.token).results[0].number for t in (other, opened)]

        assert numbers == ["15000001", "15000002"]

    def test_of_a_gateway_that_was_started_again_has_none_of_the_earlier_runs_numbers(
        self, clock: Any, signer: Any
    ) -> None:
        simulator = Simulator(
            {"TESTTMN1": Terminal("TESTTMN1", signer.secret)}, clock=clock, first_number=10**10
        )
        opened = simulator.open(signer.query().encode())
        assert isinstance(opened, Transaction)

        settled = simulator.settle(opened.token)

        assert settled.results[0].number == "10000000000"
        simulator.close()


@pytest.mark.parametrize(
    ("code", "bank", "told"),
    [
        ("24", None, ("24", "02", "0", "VNPAY", "QRCODE", None)),  # cancelled before a bank was chosen
        ("24", "NCB", ("24", "02", "15000001", "NCB", "ATM", None)),
        ("51", "BIDV", ("51", "02", "15000001", "BIDV", "ATM", None)),
        ("75", None, ("75", "02", "15000001", "NCB", "ATM", None)),
        ("07", "NCB", ("07", "07", "15000001", "NCB", "ATM", "VNP15000001")),
        ("00", "VNPAYQR", ("00", "00", "15000001", "VNPAYQR", "QRCODE", "VNP15000001")),
    ],
)
def test_each_ending_is_told_in_the_gateways_words(
    simulator: Simulator, opened: Transaction, shop: Any, fields: Any, code: str, bank: str | None, told: Any
) -> None:
    simulator.settle(opened.token, code, bank=bank)

    names = ("ResponseCode", "TransactionStatus", "TransactionNo", "BankCode", "CardType", "BankTranNo")
    sent = fields(shop.queries[0])
    assert tuple(sent.get(f"vnp_{name}") for name in names) == told


def test_after_the_pages_time_every_ending_is_11(
    simulator: Simulator, opened: Transaction, clock: Any
) -> None:
    clock.move(minutes=15)

    result = simulator.settle(opened.token, "00", bank="NCB").results[0]

    assert (result.code, result.status, result.number) == ("11", "02", "0")


@pytest.mark.parametrize(
    ("return_url", "start"),
    [
        (
            "https://shop.example.vn/return?order=1&lang=vi",
            "https://shop.example.vn/return?order=1&lang=vi&vnp_",
        ),
        ("https://shop.example.vn/return#paid", "https://shop.example.vn/return?vnp_"),
    ],
)
def test_the_return_address_keeps_its_own_query_first(
    simulator: Simulator, signer: Any, return_url: str, start: str
) -> None:
    opened = simulator.open(signer.query(vnp_ReturnUrl=return_url).encode())
    assert isinstance(opened, Transaction)

    simulator.settle(opened.token)

    assert str(simulator.return_url(opened.token)).startswith(start)


class TestAShopThatDoesNotTakeTheNotice:
    @pytest.mark.parametrize("code", ["01", "04", "97", "99", "0", ""])
    def test_is_called_again_after_the_interval_with_the_same_words(
        self, simulator: Simulator, opened: Transaction, shop: Any, clock: Any, code: str
    ) -> None:
        shop.reply(code)
        simulator.settle(opened.token)

        assert simulator.deliver_due(clock.move(minutes=4, seconds=59)) == ()
        shop.reply("00")
        [call] = simulator.deliver_due(clock.move(seconds=1))

        assert (call.attempt, call.rsp_code, call.final) == (2, "00", True)
        assert shop.queries[0] == shop.queries[1]
        assert simulator.ipn_waiting == ()

    def test_is_called_ten_times_and_no_more(
        self, simulator: Simulator, opened: Transaction, shop: Any, clock: Any
    ) -> None:
        shop.reply("99")
        simulator.settle(opened.token)

        for _ in range(20):
            simulator.deliver_due(clock.move(minutes=5))

        assert [call.attempt for call in simulator.ipn_calls] == list(range(1, 11))
        assert {call.rsp_code for call in simulator.ipn_calls} == {"99"}

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, b'{"RspCode":"00"}'),
            (302, b'{"RspCode":"00"}'),
            (200, b"RspCode=00"),
            (200, b'["00"]'),
            (200, b'{"RspCode":0}'),
            (200, b"\xff"),
            (200, b"[" * 100_000),
        ],
    )
    def test_has_said_nothing_if_its_answer_is_not_the_agreed_one(
        self, simulator: Simulator, opened: Transaction, shop: Any, status: int, body: bytes
    ) -> None:
        shop.status, shop.body = status, body

        simulator.settle(opened.token)

        [call] = simulator.ipn_calls
        assert (call.http_status, call.rsp_code, call.final) == (status, None, False)
        assert len(call.answer) <= 2_000
        assert len(simulator.ipn_waiting) == 1

    def test_that_is_not_there_is_logged_too(
        self, simulator: Simulator, opened: Transaction, clock: Any
    ) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, but not listening: a connection is refused
            simulator.set_ipn_url("TESTTMN1", f"http://127.0.0.1:{taken.getsockname()[1]}/ipn")
            simulator.settle(opened.token)

        [call] = simulator.ipn_calls
        assert (call.http_status, call.error) == (None, "ConnectError")

    def test_that_does_not_answer_in_time_is_called_again(self, clock: Any, shop: Any, signer: Any) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()  # accepts, and never answers
            terminal = Terminal(
                "TESTTMN1", signer.secret, ipn_url=f"http://127.0.0.1:{silent.getsockname()[1]}/"
            )
            simulator = Simulator({"TESTTMN1": terminal}, clock=clock, ipn_time_out=0.05)
            opened = simulator.open(signer.query().encode())
            assert isinstance(opened, Transaction)
            simulator.settle(opened.token)

        assert [call.error for call in simulator.ipn_calls] == ["ReadTimeout"]
        assert simulator.ipn_waiting[0].due == clock.now + timedelta(minutes=5)
        simulator.close()


def test_a_terminal_without_an_address_is_told_nothing(
    simulator: Simulator, opened: Transaction, shop: Any
) -> None:
    simulator.set_ipn_url("TESTTMN1", None)

    simulator.settle(opened.token)

    assert simulator.ipn_calls == ()
    assert simulator.ipn_waiting == ()


def test_an_address_with_a_query_keeps_it(simulator: Simulator, opened: Transaction, shop: Any) -> None:
    simulator.set_ipn_url("TESTTMN1", f"{shop.url}/ipn?shop=7")

    simulator.settle(opened.token)

    assert shop.queries[0].startswith("shop=7&vnp_Amount=")


def test_a_genuine_callback_can_be_had_without_being_sent(
    simulator: Simulator, opened: Transaction, shop: Any, signer: Any, fields: Any
) -> None:
    simulator.settle(opened.token)

    query = simulator.genuine_query("ORD1001", vnp_Amount="14999900")

    assert signer.is_right(query)
    assert fields(query)["vnp_Amount"] == "14999900"
    assert len(shop.queries) == 1
