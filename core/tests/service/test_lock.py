"""One lock, taken first: whatever changes what hangs on a buyer account waits for the account's row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from payport.gateways.flow import Called
from payport.gateways.types import Outcome
from payport.rules.chargeback import Chargeback
from payport.rules.payment import Payment
from payport.rules.purchase import New
from payport.service import asking, expiring
from payport.storage.account_records import lock_account
from tests.support.shop import BUYER, NOON, Shop

Use = Callable[[], object]
_LONG_ENOUGH = 0.3  # seconds, for a change that does not wait to be over


def a_quote(shop: Shop, _: Payment) -> Use:
    return lambda: shop.payport.quote("binh-minh", New(package="standard", months=12))


def an_order(shop: Shop, _: Payment) -> Use:
    quote = shop.payport.quote("binh-minh", New(package="standard", months=12))
    return lambda: shop.payport.place(quote, BUYER)


def a_payment(shop: Shop, payment: Payment) -> Use:
    return lambda: shop.payport.pay(payment.order_number, "domestic_card", "NCB", buyer_ip="203.0.113.9")


def a_callback(shop: Shop, payment: Payment) -> Use:
    return lambda: shop.ipn(payment)


def an_answer(shop: Shop, payment: Payment) -> Use:
    seller, reference = shop.payport.seller, payment.merchant_reference
    question = seller.database.transaction(lambda connection: asking.claim_one(connection, seller, reference))
    assert question is not None
    called: Called[Any] = Called(None, Outcome.UNKNOWN, "", "", (), timedelta(0))
    return lambda: seller.database.transaction(
        lambda connection: asking.conclude(connection, seller, question, called)
    )


def an_end(shop: Shop, payment: Payment) -> Use:
    seller, number = shop.payport.seller, payment.order_number
    return lambda: seller.database.transaction(lambda connection: expiring.expire(connection, seller, number))


def a_cancelling(shop: Shop, payment: Payment) -> Use:
    return lambda: shop.payport.cancel(payment.order_number, actor="Lan", reason="x")


def a_report(shop: Shop, _: Payment) -> Use:
    return lambda: shop.payport.report_usage("binh-minh", 1, NOON)


def an_adjustment(shop: Shop, _: Payment) -> Use:
    return lambda: shop.payport.adjust("binh-minh", actor="Lan", reason="x", package="standard", months=1)


def a_chargeback(shop: Shop, payment: Payment) -> Use:
    shop.ipn(payment)
    return lambda: shop.payport.chargeback(
        payment.merchant_reference, payment.amount, actor="Lan", reason="x"
    )


def its_end(shop: Shop, payment: Payment) -> Use:
    opened = a_chargeback(shop, payment)()
    assert isinstance(opened, Chargeback)
    return lambda: shop.payport.chargeback_won(opened.reference, actor="Lan")


@pytest.mark.parametrize(
    "change",
    [
        a_quote,
        an_order,
        a_payment,
        a_callback,
        an_answer,
        an_end,
        a_cancelling,
        a_report,
        an_adjustment,
        a_chargeback,
        its_end,
    ],
    ids=lambda use: use.__name__,
)
def test_waits_while_somebody_else_has_the_account(
    shop: Shop, change: Callable[[Shop, Payment], Use]
) -> None:
    payment = shop.pay(shop.order())
    waiting = Thread(target=change(shop, payment))

    with shop.payport.seller.database.engine.begin() as connection:
        lock_account(connection, "binh-minh")
        waiting.start()
        waiting.join(_LONG_ENOUGH)
        waits = waiting.is_alive()
    waiting.join(60)

    assert waits
    assert not waiting.is_alive()
