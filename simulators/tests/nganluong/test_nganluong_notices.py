"""How the shop is told of an ending, and how often (sheet 4.3, 8)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from payport_simulators import serve
from payport_simulators.nganluong import Delivery, Faults, Ipn, Method, Order, Simulator, State, app


def told_of(order: Order, code: str = "00", order_id: str = "19900002") -> dict[str, str]:
    return {
        "error_code": code,
        "token": order.token,
        "order_code": "ORD1001",
        "order_id": order_id,
        "buyer_fullname": "Nguyễn Văn A",
        "buyer_email": "a@example.vn",
        "buyer_mobile": "0900000001",
    }


class TestAPaidOrder:
    def test_is_told_to_notify_url_without_any_signature(
        self, simulator: Simulator, opened: Order, shop: Any
    ) -> None:
        simulator.settle(opened.token)

        [told] = shop.told
        assert (told.method, told.path) == ("GET", "/notify")
        assert told.fields == told_of(opened)

    def test_sends_the_buyer_back_behind_what_the_address_had(
        self, simulator: Simulator, opened: Order, shop: Any
    ) -> None:
        simulator.settle(opened.token)

        url = str(simulator.return_url(opened.token))
        assert url.startswith(f"{shop.url}/return?own=1&error_code=00&token=")
        assert parse_qs(urlsplit(url).query)["order_id"] == ["19900002"]

    def test_sends_the_buyer_to_a_plain_address_with_a_question_mark(
        self, caller: Any, simulator: Simulator, shop: Any
    ) -> None:
        token = caller.create(return_url=f"{shop.url}/return#paid")["token"]
        simulator.settle(token)

        url = str(simulator.return_url(token))
        assert url.startswith(f"{shop.url}/return?error_code=00&")
        assert url.endswith("#paid")

    def test_by_a_card_that_the_shop_chose_tells_four_things(
        self, caller: Any, simulator: Simulator, shop: Any
    ) -> None:
        token = caller.create(payment_method="VISA", bank_code="JCB")["token"]

        simulator.settle(token)

        assert list(shop.told[0].fields) == ["error_code", "token", "order_code", "order_id"]

    def test_is_settled_once_though_every_button_is_pressed_together(
        self, simulator: Simulator, opened: Order, shop: Any
    ) -> None:
        states = [State.PAID, State.CANCELLED, State.FAILED, State.HELD] * 4
        with ThreadPoolExecutor(len(states)) as pool:
            settled = list(pool.map(lambda state: simulator.settle(opened.token, state), states))

        assert len({(order.state, order.transaction_id) for order in settled}) == 1
        assert len(shop.told) <= 1

    def test_without_a_notify_url_is_told_to_nobody(
        self, caller: Any, simulator: Simulator, shop: Any
    ) -> None:
        simulator.settle(caller.create(notify_url=None)["token"])

        assert shop.told == []
        assert simulator.ipn_calls == ()
        assert simulator.ipn_waiting == ()


def test_a_failed_order_is_told_with_its_code(simulator: Simulator, opened: Order, shop: Any) -> None:
    simulator.settle(opened.token, State.FAILED, failure="22")

    assert shop.told[0].fields == told_of(opened, "22", "")
    assert "error_code=22" in str(simulator.return_url(opened.token))


class TestACancelledOrder:
    def test_sends_the_buyer_to_cancel_url_and_tells_nothing(
        self, simulator: Simulator, opened: Order, shop: Any
    ) -> None:
        simulator.settle(opened.token, State.CANCELLED)

        assert simulator.return_url(opened.token) == f"{shop.url}/cancel"
        assert shop.told == []

    def test_without_a_cancel_url_sends_the_buyer_to_return_url(
        self, caller: Any, simulator: Simulator, shop: Any
    ) -> None:
        token = caller.create(cancel_url=None)["token"]
        simulator.settle(token, State.CANCELLED)

        assert str(simulator.return_url(token)).startswith(f"{shop.url}/return?own=1&error_code=115&")


class TestAShopThatDoesNotTakeTheNotice:
    @pytest.mark.parametrize("status", [500, 404, 302, 199 + 101])
    def test_is_called_three_times_more_and_then_no_more(
        self, simulator: Simulator, opened: Order, shop: Any, clock: Any, status: int
    ) -> None:
        shop.status = status
        simulator.settle(opened.token)

        for _ in range(8):
            simulator.deliver_due(clock.move(minutes=1))

        assert [call.attempt for call in simulator.ipn_calls] == [1, 2, 3, 4]
        assert {call.http_status for call in simulator.ipn_calls} == {status}
        assert len({told.query for told in shop.told}) == 1

    def test_is_called_again_only_after_the_interval(
        self, simulator: Simulator, opened: Order, shop: Any, clock: Any
    ) -> None:
        shop.status = 503
        simulator.settle(opened.token)

        assert simulator.deliver_due(clock.move(seconds=59)) == ()
        shop.status = 204
        [call] = simulator.deliver_due(clock.move(seconds=1))

        assert (call.attempt, call.final) == (2, True)
        assert simulator.ipn_waiting == ()


class TestTheSwitches:
    @pytest.fixture
    def pay(self, simulator: Simulator, opened: Order) -> Any:
        def settle(**faults: Any) -> Order:
            simulator.set_faults(Faults(**faults))
            return simulator.settle(opened.token)

        return settle

    @pytest.mark.parametrize(
        ("delivery", "notices", "later", "comes_back"),
        [
            (Delivery.TOGETHER, 1, 1, True),
            (Delivery.IPN_FIRST, 1, 1, True),
            (Delivery.RETURN_FIRST, 0, 1, True),
            (Delivery.RETURN_ONLY, 0, 0, True),
            (Delivery.IPN_ONLY, 1, 1, False),
            (Delivery.NEITHER, 0, 0, False),
        ],
    )
    def test_say_who_is_told_and_when(
        self,
        pay: Any,
        simulator: Simulator,
        shop: Any,
        clock: Any,
        caller: Any,
        delivery: Delivery,
        notices: int,
        later: int,
        comes_back: bool,
    ) -> None:
        order = pay(delivery=delivery)
        at_once = len(shop.told)
        simulator.deliver_due(clock.move(days=1))

        assert (at_once, len(shop.told)) == (notices, later)
        assert (simulator.return_url(order.token) is not None) is comes_back
        assert caller.ask(order.token)["transaction_status"] == "00"

    def test_call_with_post_where_they_say_so(self, pay: Any, shop: Any, opened: Order) -> None:
        pay(method=Method.POST)

        [told] = shop.told
        assert (told.method, told.query) == ("POST", "")
        assert told.content_type == "application/x-www-form-urlencoded"
        assert told.fields == told_of(opened)

    def test_tell_twice(self, pay: Any, shop: Any) -> None:
        pay(ipn=Ipn.DUPLICATE)

        assert len(shop.told) == 2
        assert shop.told[0] == shop.told[1]

    def test_tell_late(self, pay: Any, simulator: Simulator, shop: Any, clock: Any) -> None:
        pay(ipn=Ipn.LATE, late_by=timedelta(hours=3))
        simulator.deliver_due(clock.move(hours=2, minutes=59))
        assert shop.told == []

        simulator.deliver_due(clock.move(minutes=1))

        assert len(shop.told) == 1

    def test_lose_the_first_call(self, pay: Any, simulator: Simulator, shop: Any, clock: Any) -> None:
        pay(ipn=Ipn.MISSING)
        assert shop.told == []

        simulator.deliver_due(clock.move(minutes=1))

        assert len(shop.told) == 1

    @pytest.mark.parametrize("delivery", [Delivery.TOGETHER, Delivery.NEITHER])
    def test_let_a_failed_order_be_paid_later(
        self,
        simulator: Simulator,
        opened: Order,
        shop: Any,
        clock: Any,
        caller: Any,
        delivery: Delivery,
    ) -> None:
        simulator.set_faults(
            Faults(success_after_failure=True, late_by=timedelta(minutes=5), delivery=delivery)
        )
        simulator.settle(opened.token, State.FAILED)
        assert caller.ask(opened.token)["error_code"] == "25"

        simulator.deliver_due(clock.move(minutes=5))

        told = [told.fields["error_code"] for told in shop.told]
        assert told == ([] if delivery is Delivery.NEITHER else ["25", "00"])
        assert caller.ask(opened.token)["transaction_status"] == "00"

    def test_hold_the_money(self, pay: Any, caller: Any) -> None:
        order = pay(hold=True)

        assert order.state is State.HELD
        assert caller.ask(order.token)["payment_type"] == "2"

    def test_tell_before_the_create_is_answered(self, caller: Any, simulator: Simulator, shop: Any) -> None:
        answered: list[int] = []
        shop.listen = lambda _: answered.append(len(simulator.api_calls))
        simulator.set_faults(Faults(before_answer=True))

        token = caller.create()["token"]

        assert answered == [0]  # the request was not answered yet
        assert shop.told[0].fields["token"] == token
        assert caller.ask(token)["transaction_status"] == "00"

    def test_hold_for_one_merchant_or_one_order_alone(
        self, caller: Any, simulator: Simulator, opened: Order, shop: Any
    ) -> None:
        other = caller.create(order_code="ORD1002")["token"]
        simulator.set_faults(Faults(delivery=Delivery.RETURN_ONLY), merchant="048001")
        simulator.set_faults(Faults(hold=True), token=other)

        assert simulator.settle(opened.token).state is State.PAID
        assert shop.told == []
        assert simulator.settle(other).state is State.HELD
        assert len(shop.told) == 1


def test_the_app_delivers_by_itself_where_it_is_asked_to(
    simulator: Simulator, opened: Order, shop: Any
) -> None:
    called = threading.Event()
    shop.listen = lambda _: called.set()
    simulator.set_faults(Faults(delivery=Delivery.RETURN_FIRST))
    simulator.settle(opened.token)

    with serve(app(simulator, deliver_every=0.01)):
        assert called.wait(10)

    assert len(shop.told) == 1
