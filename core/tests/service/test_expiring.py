"""The end of an order that nobody paid: never before its last payment is known, and in nobody's way."""

from __future__ import annotations

from sqlalchemy import select

from payport.rules.order import State as OrderState
from payport.rules.payment import State
from payport.service import expiring
from payport.storage import tables as t
from tests.support.shop import Shop


def ended(shop: Shop, number: str) -> bool:
    seller = shop.payport.seller
    return seller.database.transaction(lambda connection: expiring.expire(connection, seller, number))


def due(shop: Shop) -> tuple[str, ...]:
    with shop.payport.seller.database.reading() as connection:
        return expiring.due(connection, shop.payport.seller, 10)


class TestAnOrderWhosePaymentIsStillOpen:
    def test_does_not_expire_and_is_looked_at_again_some_minutes_later(self, shop: Shop) -> None:
        order = shop.order()
        shop.pay(order)
        shop.clock.forward(hours=25)

        assert due(shop) == (order.number,)
        assert not ended(shop, order.number)
        assert shop.payport.order(order.number).state is OrderState.PLACED
        assert due(shop) == ()
        shop.clock.forward(minutes=5)
        assert due(shop) == (order.number,)

    def test_is_paid_by_its_success(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.clock.forward(hours=25)
        shop.payport.work()

        shop.ipn(payment)

        assert shop.payment(payment).state is State.SUCCEEDED
        assert shop.payport.order(payment.order_number).state is OrderState.PAID

    def test_expires_once_the_payment_has_failed(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.clock.forward(hours=25)
        shop.ipn(payment, response="24", transaction="0")

        assert ended(shop, payment.order_number)
        assert shop.payport.order(payment.order_number).state is OrderState.EXPIRED


class TestAnOrder:
    def test_that_is_paid_is_never_due(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment)
        shop.clock.forward(hours=25)

        assert due(shop) == ()
        assert not ended(shop, payment.order_number)

    def test_does_not_expire_a_second_too_soon(self, shop: Shop) -> None:
        order = shop.order()
        shop.clock.forward(hours=24, seconds=-1)
        assert not ended(shop, order.number)

        shop.clock.forward(seconds=1)
        assert ended(shop, order.number)

    def test_of_nobody_is_not_ended(self, shop: Shop) -> None:
        assert not ended(shop, "SVNOBODYKNOW")


class TestAnOrderThatIsOver:
    def test_is_due_no_more_so_that_no_search_for_work_meets_it(self, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order("tra")))
        shop.order("khong-tra")
        shop.clock.forward(hours=25)
        shop.payport.work()

        with shop.payport.seller.database.reading() as connection:
            rows = connection.execute(select(t.orders.c.state, t.orders.c.due_at)).all()
        assert sorted(tuple(row) for row in rows) == [("expired", None), ("paid", None)]
