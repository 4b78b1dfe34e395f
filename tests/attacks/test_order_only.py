"""CHN: a gateway that nobody stands behind. Whoever knocks at its doors is no gateway, and moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from payport.gateways.types import Instructions
from payport.rules.order import State as OrderState
from payport.service.inspecting import inspect_work
from payport.service.viewing import OrderView
from tests.support.door import Door
from tests.support.shop import Shop
from tests.support.unmoved import last_callback, nothing_moves

ACCOUNT: Final = """
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
def seller(open_seller: Callable[..., Shop]) -> Iterator[Shop]:
    return open_seller(accounts=ACCOUNT)


@pytest.fixture
def ordered(seller: Shop) -> OrderView:
    """An order whose buyer was told how to pay."""
    order = seller.order()
    checkout = seller.payport.pay(order.number, "order_only", buyer_ip="203.0.113.9")
    assert isinstance(checkout, Instructions)
    return seller.payport.order(order.number)


def forgeries(order: OrderView) -> list[bytes]:
    reference = order.payments[-1].merchant_reference
    return [
        b"",
        f"order={order.number}&status=paid&amount={order.total.minor}".encode(),
        f"vnp_TxnRef={reference}&vnp_Amount={order.total.minor}00&vnp_ResponseCode=00".encode(),
    ]


class TestTheDoorsOfAMethodWithoutAGateway:
    def test_CHN_02_refuse_everybody_alike_and_move_nothing(self, seller: Shop, ordered: OrderView) -> None:
        door = Door(seller, "order-only")

        with nothing_moves(seller):
            answers = {
                (answer.status, answer.body)
                for query in forgeries(ordered)
                for answer in (door.ipn(query), door.ipn(method="POST", body=query))
            }

        assert answers == {(404, b"")}
        assert last_callback(seller) == (
            "rejected",
            "not_authentic",
            "no_callbacks: this gateway sends none",
        )

    def test_CHN_02_show_a_neutral_page_to_a_browser(self, seller: Shop, ordered: OrderView) -> None:
        door = Door(seller, "order-only")

        with nothing_moves(seller):
            pages = {
                (answer.status, answer.body) for answer in (door.back(query) for query in forgeries(ordered))
            }

        ((status, page),) = pages
        assert status == 200
        assert ordered.token.encode() not in page
        assert seller.payport.order(ordered.number).state is OrderState.PLACED

    def test_CHN_02_leave_nothing_to_be_done_by_the_operator(self, seller: Shop, ordered: OrderView) -> None:
        """What a stranger sends shall not look like a gateway that waits for us."""
        Door(seller, "order-only").ipn(forgeries(ordered)[1])

        with seller.payport.seller.database.reading() as connection:
            seen = inspect_work(connection, seller.payport.seller)
        assert seen.unjudged == ()
        assert [refused.count for refused in seen.rejected] == [1]
