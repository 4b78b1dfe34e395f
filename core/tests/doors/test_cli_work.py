"""Work that fails: tried again later each time, then parked, shown with its reason, and let go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from payport import NotFound
from payport.doors.cli.doctor import Grade, examine
from payport.rules.order import State
from payport.service.leasing import MOST_TRIES
from payport.service.work_list import WorkState
from tests.support.shop import Shop

WAITS = (15, 30, 60, 120)  # seconds


@pytest.fixture
def fail_from_now(shop: Shop) -> Callable[[bool], None]:
    """Whether whoever looks for an order's payments fails."""
    engine, broken = shop.payport.seller.database.engine, [False]

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (
            broken[0]
            and "WHERE" in statement
            and "payments.order_number =" in statement.replace("payport.", "")
        ):
            raise LookupError("words that may hold anything")

    event.listen(engine, "before_cursor_execute", fail)

    def switch(on: bool) -> None:
        broken[0] = on

    return switch


class TestAUnitThatFails:
    def test_is_tried_again_later_each_time_and_then_parked(
        self, shop: Shop, fail_from_now: Callable[[bool], None]
    ) -> None:
        order = shop.order()
        shop.clock.forward(hours=25)
        fail_from_now(True)
        for wait in WAITS:
            assert shop.payport.work().failed == 1
            (item,) = shop.payport.work_items()
            assert (item.state, item.since - shop.clock()) == (WorkState.LEASED, timedelta(seconds=wait))
            shop.clock.forward(seconds=wait - 1)
            assert shop.payport.work().idle
            shop.clock.forward(seconds=1)

        assert shop.payport.work().failed == 1

        (item,) = shop.payport.work_items()
        assert (item.kind, item.reference, item.state) == ("order", order.number, WorkState.PARKED)
        assert (item.tries, item.since) == (MOST_TRIES, shop.clock())
        assert item.why.startswith("LookupError at test_cli_work.py:")
        shop.clock.forward(days=1)
        assert shop.payport.work().idle

    def test_goes_on_once_a_person_says_so(self, shop: Shop, fail_from_now: Callable[[bool], None]) -> None:
        order = shop.order()
        shop.clock.forward(hours=25)
        fail_from_now(True)
        for _ in range(MOST_TRIES):
            shop.payport.work()
            shop.clock.forward(minutes=5)
        assert {f.subject: f.grade for f in examine(shop.payport)}["parked work"] is Grade.BROKEN
        fail_from_now(False)

        assert shop.payport.unpark(order.number) == "order"
        shop.clock.forward(minutes=5)
        shop.payport.work()

        assert shop.payport.order(order.number).state is State.EXPIRED
        assert {f.subject: f.grade for f in examine(shop.payport)}["parked work"] is Grade.OK
        with pytest.raises(NotFound):
            shop.payport.unpark(order.number)

    def test_is_listed_by_the_command_line(
        self, shop: Shop, fail_from_now: Callable[[bool], None], cli: Callable[..., Any]
    ) -> None:
        order = shop.order()
        shop.clock.forward(hours=25)
        fail_from_now(True)
        shop.payport.work()
        config = ("--config", str(shop.folder / "payport.toml"))

        listed = json.loads(cli("work", "--json", *config).out)

        assert [(one["kind"], one["reference"], one["tries"]) for one in listed] == [
            ("order", order.number, 1)
        ]
        assert cli("work", *config).out.splitlines()[1].split()[1:3] == ["order", order.number]
        assert cli("work", "unpark", order.number, *config).status == 1
        assert cli("work", "list", "--limit", "0", *config).status == 2
