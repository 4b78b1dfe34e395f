"""DUR-02: the gateway has made the page, and we died before we kept its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from tests.faults.conftest import Opener
from tests.support.customer import Customer
from tests.support.killing import Killer
from tests.support.ledger_bank import LedgerBank
from tests.support.paths import begin, deliver
from tests.support.shop import Shop

BUYER = "binh-minh"


@pytest.fixture
def dies(bank: LedgerBank, dying: Killer) -> Callable[[Shop], Payment]:
    """Gives the payment that the bank knows, and that we know no page of."""

    def die(shop: Shop) -> Payment:
        dying.open(shop.folder / "payport.toml", "success")
        assert dying.die(BUYER, at=shop.clock(), moment="after SEND /begin")
        (payment,) = Customer(shop, BUYER).orders[0].payments
        assert payment.merchant_reference in bank.begun
        assert (payment.state, payment.checkout_reference) == (State.PENDING, None)
        return payment

    return die


def test_DUR_02_a_worker_finds_its_money_by_our_own_reference(
    fresh_shop: Opener, bank: LedgerBank, dies: Callable[[Shop], Payment]
) -> None:
    with fresh_shop() as shop:
        payment = dies(shop)

        bank.buyer_pays(payment.merchant_reference)
        shop.clock.forward(minutes=6)
        shop.payport.work()

        assert shop.payport.order(payment.order_number).state is OrderState.PAID
        assert len(Customer(shop, BUYER).grants) == 1


def test_DUR_02_the_buyer_goes_on_and_a_second_charge_is_seen(
    fresh_shop: Opener, bank: LedgerBank, dies: Callable[[Shop], Payment]
) -> None:
    with fresh_shop() as shop:
        lost = dies(shop)
        shop.clock.forward(minutes=1)

        shown = begin(shop.payport, BUYER)
        for reference in (shown, lost.merchant_reference):  # the worst: somebody paid on both pages
            bank.buyer_pays(reference)
        told = deliver(shop.payport, shop.clock, bank.tells(shown))
        shop.clock.forward(minutes=5)
        shop.payport.work()

        order = shop.payport.order(lost.order_number)
        assert shown != lost.merchant_reference
        assert (told, order.state) == ("recorded", OrderState.PAID)
        assert (order.received, len(Customer(shop, BUYER).grants)) == (order.total + order.total, 1)
        assert Flag.SURPLUS in shop.payment(lost).flags
