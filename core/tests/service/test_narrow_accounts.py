"""An account's own limits: the method is offered through the first account that carries the total."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payport.errors import RequestRefused
from tests.support.bank_lines import TOTAL
from tests.support.transfers import ACCOUNT, ACCOUNTS, Transfers

Open = Callable[..., Transfers]
STATEMENT = ACCOUNTS[ACCOUNTS.index("[accounts.statement]") : ACCOUNTS.index("[[methods]]")]


def narrowed(most: int) -> str:
    return ACCOUNTS.replace(STATEMENT, f"limits = {{ VND = {{ most = {most} }} }}\n")


def offered(desk: Transfers) -> list[str]:
    order = desk.shop.order()
    return [offer.account for offer in desk.shop.payport.methods(order.number)]


def test_an_order_within_them_is_offered_the_method(open_desk: Open) -> None:
    assert offered(open_desk(accounts=narrowed(TOTAL))) == [ACCOUNT, "vnpay-main"]


def test_an_order_outside_of_them_is_not_and_cannot_be_paid_by_it(open_desk: Open) -> None:
    desk = open_desk(accounts=narrowed(TOTAL - 1))

    assert offered(desk) == ["vnpay-main"]
    with pytest.raises(RequestRefused, match="method: not offered for this order"):
        desk.shop.payport.pay(desk.shop.order().number, "order_only", buyer_ip="203.0.113.9")
