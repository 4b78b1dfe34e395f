"""The simulator's NgânLượng and a whole core: how orders end there, and what the shop makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.service.judge import Decision
from payport_simulators import nganluong as simulated
from payport_simulators import serve
from payport_simulators.nganluong import Faults, Merchant, Simulator
from payport_simulators.nganluong.callbacks import callback_query
from tests.support.oracle import check_invariants
from tests.support.shop import Clock, open_shop


class Stage:
    """A shop, the gateway beside it, and one clock for both."""

    def __init__(self, shop: Any, simulator: Simulator) -> None:
        self.shop, self.simulator = shop, simulator

    def pay(self) -> Payment:
        order = self.shop.order()
        self.shop.payport.pay(order.number, "wallet", buyer_ip="203.0.113.9")
        (payment,) = self.shop.payport.order(order.number).payments
        return payment

    def told(self, token: str) -> Decision:
        order = self.simulator.by_token(token)
        assert order is not None
        query = callback_query(order)
        decision: Decision = self.shop.deliver(query.encode(), account="nganluong-main").decision
        return decision

    def work(self, **later: float) -> None:
        self.shop.clock.forward(**later)
        self.shop.payport.work(20)

    def state(self, payment: Payment) -> tuple[State, OrderState]:
        order = self.shop.payport.order(payment.order_number)
        return order.payments[0].state, order.state


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # storage is not the matter


@pytest.fixture
def stage(database_url: str, tmp_path: Path, gateway: Any, wallet_accounts: Any) -> Iterator[Stage]:
    merchant = Merchant("0045571", gateway.secret, "Merchant@example.vn")
    clocks: list[Clock] = []
    simulator = Simulator({merchant.id: merchant}, clock=lambda: clocks[0].now, ipn_time_out=1.0)
    with serve(simulated.app(simulator)) as url:
        accounts = wallet_accounts(f"{url}/checkout.api.nganluong.post.php")
        shop = open_shop(tmp_path, database_url, accounts=accounts)
        clocks.append(shop.clock)
        yield Stage(shop, simulator)
        check_invariants(shop.payport)
        shop.payport.close()
    simulator.close()


class TestAnOrderThatIsPaid:
    def test_is_told_of_once_or_often_and_counted_once(self, stage: Stage) -> None:
        payment = stage.pay()
        stage.simulator.settle(payment.checkout_reference or "", simulated.State.PAID, tell=False)

        told = {stage.told(payment.checkout_reference or "") for _ in range(3)}
        stage.work(seconds=1)

        assert told == {Decision.HINT_TAKEN}
        assert stage.state(payment) == (State.SUCCEEDED, OrderState.PAID)

    def test_before_its_token_is_stored_is_found_out_a_minute_later(self, stage: Stage) -> None:
        stage.simulator.set_faults(Faults(before_answer=True))

        payment = stage.pay()
        stage.work(minutes=1)

        assert stage.state(payment) == (State.SUCCEEDED, OrderState.PAID)

    def test_and_held_waits_until_the_money_is_there(self, stage: Stage) -> None:
        payment = stage.pay()
        token = payment.checkout_reference or ""
        stage.simulator.settle(token, simulated.State.HELD, tell=False)
        stage.told(token)
        stage.work(seconds=1)
        assert stage.state(payment) == (State.PENDING, OrderState.PLACED)

        stage.simulator.release(token)
        stage.work(minutes=5)

        assert stage.state(payment) == (State.SUCCEEDED, OrderState.PAID)


@pytest.mark.parametrize(
    ("ending", "state"), [(simulated.State.CANCELLED, State.FAILED), (simulated.State.FAILED, State.PENDING)]
)
def test_an_order_that_is_not_paid_ends_only_where_the_buyer_gave_up(
    stage: Stage, ending: simulated.State, state: State
) -> None:
    """A try that failed may be followed by another on the same page."""
    payment = stage.pay()
    stage.simulator.settle(payment.checkout_reference or "", ending, tell=False)

    stage.work(minutes=1)

    assert stage.state(payment) == (state, OrderState.PLACED)
