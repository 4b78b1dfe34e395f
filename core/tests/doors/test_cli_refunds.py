"""`payport refund`, `ask-refund` and `settle-refund`, on both databases, through the simulator of VNPAY."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from payport.gateways.types import Redirect
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from payport.rules.refund import State
from payport.storage import tables as t
from payport_simulators import serve
from payport_simulators.vnpay import ApiFault, Faults, Simulator, Terminal, app
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop
from tests.support.sign import SECRET, TMN_CODE

WHO = ("--by", "Trần Thị B", "--reason", "half the seats were never used")


@dataclass
class World:
    shop: Shop
    simulator: Simulator
    payment: Payment

    def refunds(self) -> list[tuple[State, Any]]:
        found = self.shop.payport.order(self.payment.order_number).refunds
        return [(refund.state, refund.amount) for refund in found]

    @property
    def order(self) -> OrderState:
        return self.shop.payport.order(self.payment.order_number).state

    @property
    def calls(self) -> int:
        return len(self.simulator.api_calls)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An order that was paid an hour ago; commands go by the machine's clock."""
    simulator = Simulator({TMN_CODE: Terminal(TMN_CODE, SECRET)})
    with serve(app(simulator)) as url:
        shop = open_shop(tmp_path, database_url, api_url=f"{url}/merchant_webapi/api/transaction")
        shop.clock.now = datetime.now(UTC) - timedelta(minutes=10)
        simulator.clock = shop.clock
        order = shop.order()
        checkout = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
        assert isinstance(checkout, Redirect)
        opened = simulator.open(checkout.url.partition("?")[2].encode())
        simulator.settle(opened.token, "00")
        (payment,) = shop.payport.order(order.number).payments
        shop.deliver(simulator.genuine_query(payment.merchant_reference).encode())
        simulator.clock = lambda: datetime.now(UTC)
        yield World(shop, simulator, shop.payment(payment))
        check_invariants(shop.payport)
        shop.payport.close()
    simulator.close()


class TestARefund:
    def test_of_a_part_is_taken_over_by_the_gateway(self, cli: Any, world: World) -> None:
        ran = cli("refund", world.payment.merchant_reference, "300,000", *WHO)

        assert (ran.status, ran.err) == (0, "")
        (refund,) = world.shop.payport.refunds(world.payment.order_number)
        assert (refund.state, refund.amount) == (State.SUBMITTED, vnd(300_000))
        assert (refund.requested_by, refund.reason) == (WHO[1], WHO[3])
        assert ran.lines("refund") == [
            f"refund {refund.reference} of payment {world.payment.merchant_reference}, "
            f"order {world.payment.order_number}: submitted"
        ]
        assert ran.lines("code") == ["code               refund 00/05"]
        assert ran.lines("left") == ["left               800,000 VND"]

    def test_of_all_that_is_left_needs_no_amount(self, cli: Any, world: World) -> None:
        assert cli("refund", world.payment.merchant_reference, *WHO).status == 0
        assert world.refunds() == [(State.SUBMITTED, vnd(1_100_000))]

    def test_REF_07_with_the_printed_key_again_is_the_same_one(self, cli: Any, world: World) -> None:
        first = cli("refund", world.payment.merchant_reference, "300000", *WHO)
        (key,) = re.findall(r"^key (\S+): ", first.out)
        calls = world.calls

        again = cli("refund", world.payment.merchant_reference, "300000", *WHO, "--key", key)

        assert again.status == 0
        assert len(world.refunds()) == 1
        assert world.calls == calls
        other = cli("refund", world.payment.merchant_reference, "300001", *WHO, "--key", key)
        assert (other.status, other.err.partition(":")[0]) == (1, "key")

    def test_that_is_not_known_says_what_to_do_and_is_settled_by_a_person(
        self, cli: Any, world: World
    ) -> None:
        world.simulator.set_faults(Faults(api=ApiFault.SERVER_ERROR))
        ran = cli("refund", world.payment.merchant_reference, *WHO)
        ((state, _),) = world.refunds()
        (refund,) = world.shop.payport.refunds(world.payment.order_number)

        assert (ran.status, state) == (1, State.UNKNOWN)
        (remedy,) = ran.lines("what to do")
        assert remedy.endswith("never sent again; say how it ended by `payport settle-refund`")

        settled = cli("settle-refund", refund.reference, "succeeded", *WHO, "--gateway-reference", "15000002")

        assert settled.status == 0
        assert world.refunds() == [(State.SUCCEEDED, vnd(1_100_000))]
        assert world.order is OrderState.REFUNDED
        again = cli("settle-refund", refund.reference, "failed", *WHO)
        assert (again.status, again.out) == (1, "")

    def test_that_surely_never_left_failed_and_can_be_asked_for_again(
        self, cli: Any, world: World, tmp_path: Path
    ) -> None:
        text = (tmp_path / "payport.toml").read_text()
        broken = re.sub(r'api_url = "http://127.0.0.1:\d+', 'api_url = "http://127.0.0.1:9', text)
        (tmp_path / "payport.toml").write_text(broken)
        ran = cli("refund", world.payment.merchant_reference, *WHO)
        (tmp_path / "payport.toml").write_text(text)

        assert ran.status == 1
        assert cli("refund", world.payment.merchant_reference, *WHO).status == 0
        assert [state for state, _ in world.refunds()] == [State.FAILED, State.SUBMITTED]

    def test_made_by_hand_is_recorded_and_sends_nothing(self, cli: Any, world: World) -> None:
        calls = world.calls
        by_hand = ("--by-hand", "--gateway-reference", "FT26334000001")

        ran = cli("refund", world.payment.merchant_reference, "100000", *WHO, *by_hand)

        assert ran.status == 0
        assert ran.lines("through") == ["through            by hand"]
        assert world.refunds() == [(State.SUCCEEDED, vnd(100_000))]
        assert (world.order, world.calls) == (OrderState.PARTLY_REFUNDED, calls)

    def test_of_a_line_takes_it_from_the_account(self, cli: Any, world: World) -> None:
        assert cli("refund", world.payment.merchant_reference, *WHO, "--lines", "0").status == 0

        (refund,) = world.shop.payport.refunds(world.payment.order_number)
        assert (refund.lines, refund.amount) == ((0,), vnd(1_100_000))

    def test_is_shown_with_its_order(self, cli: Any, world: World) -> None:
        cli("refund", world.payment.merchant_reference, "300000", *WHO)
        (refund,) = world.shop.payport.refunds(world.payment.order_number)

        shown = cli("order", world.payment.order_number)
        machine = json.loads(cli("order", world.payment.order_number, "--json").out)["refunds"]

        assert f"refund {refund.reference}" in shown.out
        assert shown.lines("amount")[-1] == "amount             300,000 VND of the order's own money"
        assert machine[0]["amount"] == {"minor": 300_000, "currency": "VND"}
        assert (machine[0]["state"], machine[0]["reason"]) == ("submitted", WHO[3])
        assert refund.key not in shown.out


class TestAskingAboutARefund:
    def test_settles_it_by_the_answer(self, cli: Any, world: World) -> None:
        cli("refund", world.payment.merchant_reference, *WHO)
        (refund,) = world.shop.payport.refunds(world.payment.order_number)
        world.simulator.clock = lambda: datetime.now(UTC) + timedelta(minutes=2)
        with world.shop.payport.seller.database.engine.begin() as connection:
            connection.execute(update(t.refunds).values(asked_at=None))  # as if long ago

        ran = cli("ask-refund", refund.reference)

        assert ran.out.startswith("asked: querydr refund 00/00\n")
        assert world.refunds() == [(State.SUCCEEDED, vnd(1_100_000))]
        again = cli("ask-refund", refund.reference)
        assert (again.status, again.out.splitlines()[0]) == (0, "not asked: the refund is finished")

    def test_just_sent_asks_nothing(self, cli: Any, world: World) -> None:
        cli("refund", world.payment.merchant_reference, *WHO)
        (refund,) = world.shop.payport.refunds(world.payment.order_number)

        ran = cli("ask-refund", refund.reference)

        assert ran.status == 1
        assert ran.out.startswith("not asked: asked just now")


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("arguments", "status", "field"),
        [
            (("1,100,001",), 1, "amount"), (("0",), 1, "amount"), (("1.100.000",), 2, "AMOUNT"),
            (("300000.5",), 2, "AMOUNT"), (("1,10",), 2, "AMOUNT"), (("3e5",), 2, "AMOUNT"),
            (("٣٠٠",), 2, "AMOUNT"), (("9" * 30,), 2, "AMOUNT"), (("--lines", "x"), 2, "--lines"),
            (("--lines", "7"), 1, "lines"), (("--by-hand",), 1, "gateway_reference"),
            (("--gateway-reference", "FT1"), 1, "gateway_reference"), (("--surplus",), 1, "amount"),
        ],
        ids=str,
    )  # fmt: skip
    def test_REF_04_says_where_it_is_wrong_and_sends_nothing(
        self, arguments: tuple[str, ...], status: int, field: str, cli: Any, world: World
    ) -> None:
        calls = world.calls
        ran = cli("refund", world.payment.merchant_reference, *arguments, *WHO)

        assert (ran.status, ran.err.partition(":")[0]) == (status, field)
        assert world.refunds() == []
        assert world.calls == calls

    def test_nobody_does_it_without_a_reason(self, cli: Any, world: World) -> None:
        ran = cli("refund", world.payment.merchant_reference, "1000", "--by", "Trần Thị B")

        assert (ran.status, ran.err.partition(":")[0]) == (2, "--reason")

    @pytest.mark.parametrize(
        "command", [("refund",), ("ask-refund",), ("settle-refund",)], ids=lambda command: command[0]
    )
    def test_a_reference_that_is_not_there(self, command: tuple[str], cli: Any, world: World) -> None:
        arguments = {"refund": WHO, "ask-refund": (), "settle-refund": ("failed", *WHO)}[command[0]]

        ran = cli(*command, "SVNOTTHERE22", *arguments)

        assert (ran.status, ran.out) == (1, "")
        assert "no such" in ran.err
