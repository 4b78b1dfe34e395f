"""How the shop is told, and how often (sheet 4.3, 11)."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from typing import Any

import pytest

from payport_simulators import serve
from payport_simulators.onepay import Delivery, Faults, Merchant, Payment, Product, Simulator, app

TAKEN = b"responsecode=1&desc=confirm-success"


class TestTheAddress:
    def test_is_the_merchants(self, simulator: Simulator, opened: Payment, shop: Any) -> None:
        simulator.settle(opened.token)

        [call] = simulator.ipn_calls
        assert (call.reference, call.http_status, call.rsp_code, call.final) == ("P-1001-1", 200, "1", True)
        assert shop.queries == [call.query]

    def test_is_the_payments_own_if_it_names_one(self, simulator: Simulator, arrive: Any, shop: Any) -> None:
        payment = arrive(vpc_CallbackURL=f"{shop.url}/ipn?own=1")

        simulator.settle(payment.token)

        assert [query.startswith("own=1&vpc_") for query in shop.queries] == [True]

    def test_is_never_a_payments_own_on_an_old_page(
        self, simulator: Simulator, arrive: Any, shop: Any
    ) -> None:
        payment = arrive(Product.DOMESTIC, vpc_CallbackURL=f"{shop.url}/ipn?own=1")

        simulator.settle(payment.token)

        assert [query.startswith("own=1") for query in shop.queries] == [False]

    def test_may_be_missing(self, simulator: Simulator, opened: Payment) -> None:
        simulator.set_ipn_url("TESTUN01", None)

        simulator.settle(opened.token)

        assert simulator.ipn_calls == ()
        assert simulator.ipn_waiting == ()


class TestAShopThatDoesNotTakeIt:
    @pytest.mark.parametrize(
        ("status", "body", "code"),
        [
            (200, b"responsecode=0&desc=confirm-fail", "0"),
            (200, b"", None),
            (200, b" responsecode=1", None),
            (200, b"desc=confirm-success&responsecode=1", None),
            (200, b'{"responsecode":1}', None),
            (500, TAKEN, None),
            (302, TAKEN, None),
            (201, TAKEN, None),
            (200, b"\xff", None),
        ],
    )
    def test_is_called_again_after_50_seconds(
        self,
        simulator: Simulator,
        opened: Payment,
        shop: Any,
        clock: Any,
        status: int,
        body: bytes,
        code: str | None,
    ) -> None:
        shop.status, shop.body = status, body
        simulator.settle(opened.token)
        assert simulator.deliver_due(clock.move(seconds=49)) == ()
        shop.status, shop.body = 200, TAKEN

        [call] = simulator.deliver_due(clock.move(seconds=1))

        assert [(c.rsp_code, c.final) for c in simulator.ipn_calls] == [(code, False), ("1", True)]
        assert (call.attempt, shop.queries[0]) == (2, shop.queries[1])
        assert simulator.ipn_waiting == ()

    def test_is_called_four_times_and_no_more(
        self, simulator: Simulator, opened: Payment, shop: Any, clock: Any
    ) -> None:
        shop.status = 503
        simulator.settle(opened.token)

        for _ in range(10):
            simulator.deliver_due(clock.move(seconds=50))

        assert [call.attempt for call in simulator.ipn_calls] == [1, 2, 3, 4]

    def test_that_is_not_there_is_logged_too(self, simulator: Simulator, opened: Payment) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, but not listening: a connection is refused
            simulator.set_ipn_url("TESTUN01", f"http://127.0.0.1:{taken.getsockname()[1]}/ipn")
            simulator.settle(opened.token)

        [call] = simulator.ipn_calls
        assert (call.http_status, call.error) == (None, "ConnectError")

    def test_that_does_not_answer_in_time_is_called_again(self, clock: Any, signer: Any) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()  # accepts, and never answers
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            merchant = Merchant(Product.UNIFIED, "TESTUN01", "D0UN0001", signer.secret, ipn_url=url)
            simulator = Simulator({"TESTUN01": merchant}, clock=clock, ipn_time_out=0.05)
            simulator.open(Product.UNIFIED, signer.query().encode())
            simulator.settle("P-1001-1")

        assert [call.error for call in simulator.ipn_calls] == ["ReadTimeout"]
        assert simulator.ipn_waiting[0].due == clock.now + timedelta(seconds=50)
        simulator.close()


def test_the_app_delivers_by_itself_where_it_is_asked_to(
    simulator: Simulator, opened: Payment, shop: Any
) -> None:
    shop.meet = threading.Barrier(2, timeout=10)
    simulator.set_faults(Faults(delivery=Delivery.RETURN_FIRST))
    simulator.settle(opened.token)

    with serve(app(simulator, deliver_every=0.01)):
        shop.meet.wait()  # returns once the shop was called

    assert len(shop.queries) == 1
