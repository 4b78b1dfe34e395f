"""What a buyer was told to do by hand, shown again as long as it can be followed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from payport.doors.async_host import AsyncPayport
from payport.gateways.types import Instructions
from payport.service.viewing import OrderView
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop

ORDER_ONLY = """
[[accounts]]
name = "order-only"
plugin = "order_only"
environment = "sandbox"
settings = { bank_bin = "970436", account_number = "0123456789", account_holder = "CONG TY SAO VIET" }

[[methods]]
id = "order_only"
accounts = ["order-only"]
"""


@pytest.fixture
def seller(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    opened = open_shop(tmp_path, database_url, accounts=ORDER_ONLY)
    yield opened
    check_invariants(opened.payport)
    opened.payport.close()


@pytest.fixture
def order(seller: Shop) -> OrderView:
    return seller.order()


def tell(seller: Shop, order: OrderView) -> Instructions:
    checkout = seller.payport.pay(order.number, "order_only", buyer_ip="203.0.113.9")
    assert isinstance(checkout, Instructions)
    return checkout


class TestABuyerWhoWasTold:
    def test_is_told_the_same_again(self, seller: Shop, order: OrderView) -> None:
        checkout = tell(seller, order)

        told = seller.payport.instructions(order.number)

        assert told is not None
        assert told.checkout == checkout
        assert told.payment == seller.payport.order(order.number).payments[-1]

    def test_is_told_still_when_a_card_was_tried_in_between(self, seller: Shop, order: OrderView) -> None:
        checkout = tell(seller, order)

        seller.pay(order)

        told = seller.payport.instructions(order.number)
        assert told is not None
        assert told.checkout == checkout
        assert told.payment.method == "order_only"

    @pytest.mark.anyio
    async def test_is_told_by_async_hosts_too(self, seller: Shop, order: OrderView) -> None:
        checkout = tell(seller, order)
        shop = AsyncPayport(seller.payport.seller, seller.payport.configuration)

        told = await shop.instructions(order.number)

        assert told is not None
        assert told.checkout == checkout


class TestNobodyIsTold:
    def test_of_an_order_that_is_paid_at_a_gateway_or_not_begun_or_not_there(
        self, seller: Shop, order: OrderView
    ) -> None:
        assert seller.payport.instructions(order.number) is None
        seller.pay(order)
        assert seller.payport.instructions(order.number) is None
        assert seller.payport.instructions("SVNOBODYKNOW") is None

    def test_of_an_order_that_is_cancelled(self, seller: Shop, order: OrderView) -> None:
        tell(seller, order)
        seller.payport.cancel(order.number, actor="le.hoa", reason="the buyer asked")

        assert seller.payport.instructions(order.number) is None

    def test_of_an_order_whose_time_is_over_though_no_worker_has_closed_it_yet(
        self, seller: Shop, order: OrderView
    ) -> None:
        tell(seller, order)
        seller.clock.now = seller.payport.order(order.number).expires_at

        assert seller.payport.instructions(order.number) is None

    def test_once_the_money_is_there(self, seller: Shop, order: OrderView) -> None:
        tell(seller, order)
        for actor in ("le.hoa", "tran.bao"):
            seller.payport.confirm(
                order.number,
                order.total,
                actor=actor,
                booked_on=seller.clock().date(),
                bank_reference="FT26334000001",
            )

        assert seller.payport.instructions(order.number) is None
