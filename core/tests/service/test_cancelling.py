"""Ending an order by hand: which may be ended, what it frees, and what becomes of its money."""

from __future__ import annotations

import pytest

from payport.errors import NotFound, RequestRefused
from payport.rules.order import MOVES
from payport.rules.order import State as OrderState
from payport.service import expiring
from payport.service.viewing import OrderView
from tests.support.at_once import at_once
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

BY = {"actor": "lan@example.vn", "reason": "the buyer rang: ordered twice"}


def a_placed_one(shop: Shop) -> OrderView:
    return shop.order()


def a_paid_one(shop: Shop) -> OrderView:
    order = shop.order()
    shop.ipn(shop.pay(order))
    return order


def an_expired_one(shop: Shop) -> OrderView:
    order = shop.order()
    shop.clock.forward(hours=25)
    shop.payport.work()
    return order


def a_cancelled_one(shop: Shop) -> OrderView:
    return shop.payport.cancel(shop.order().number, **BY)


def one_in_review(shop: Shop) -> OrderView:
    """Two first packages of one account: the second is paid, and grants nothing."""
    first, second = shop.order(), shop.order()
    shop.ipn(shop.pay(first), transaction="15000001")
    shop.ipn(shop.pay(second), transaction="15000002")
    return second


MAKE = {
    OrderState.PLACED: a_placed_one,
    OrderState.PAID: a_paid_one,
    OrderState.EXPIRED: an_expired_one,
    OrderState.CANCELLED: a_cancelled_one,
    OrderState.REVIEW: one_in_review,
}


class TestTheTableOfOrders:
    @pytest.mark.parametrize("state", MAKE, ids=str)
    def test_says_which_can_be_cancelled(self, shop: Shop, state: OrderState) -> None:
        order = MAKE[state](shop)
        assert shop.payport.order(order.number).state is state

        if OrderState.CANCELLED in MOVES[state]:
            assert shop.payport.cancel(order.number, **BY).state is OrderState.CANCELLED
        else:
            with nothing_moves(shop), pytest.raises(RequestRefused, match=f"order: it is {state}"):
                shop.payport.cancel(order.number, **BY)


class TestACancelledOrder:
    def test_says_who_ended_it_and_why(self, shop: Shop) -> None:
        order = shop.payport.cancel(shop.order().number, **BY)

        last = shop.payport.history(order.number)[-1]

        assert (last.from_state, last.to_state) == ("placed", "cancelled")
        assert last.because == "cancelled by lan@example.vn: the buyer rang: ordered twice"

    def test_ORD_05_frees_its_code(self, shop: Shop) -> None:
        first = shop.order("mot", code="ONCE")

        shop.payport.cancel(first.number, **BY)

        assert shop.order("hai", code="ONCE").quote.code == "ONCE"

    def test_cannot_be_paid_any_more(self, shop: Shop) -> None:
        order = shop.payport.cancel(shop.order().number, **BY)

        with pytest.raises(RequestRefused, match="it is cancelled"):
            shop.pay(order)

    def test_is_never_due_again(self, shop: Shop) -> None:
        order = shop.payport.cancel(shop.order().number, **BY)
        shop.clock.forward(hours=25)

        assert shop.payport.work().idle
        assert shop.payport.order(order.number).state is OrderState.CANCELLED


class TestWhoEndsIt:
    @pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x00b", "x" * 501, None], ids=ascii)
    @pytest.mark.parametrize("field", BY)
    def test_and_why_must_be_said(self, shop: Shop, field: str, text: str) -> None:
        order = shop.order()

        with nothing_moves(shop), pytest.raises(RequestRefused) as error:
            shop.payport.cancel(order.number, **{**BY, field: text})

        assert error.value.field == field

    def test_an_order_of_nobody_is_not_found(self, shop: Shop) -> None:
        with pytest.raises(NotFound):
            shop.payport.cancel("SVNOBODYKNOW", **BY)


class TestCancellingAtTheMomentOf:
    """Whoever has the account first is first; both are answered, and at most one grant comes of it."""

    def test_DEL_08_a_success_ends_as_paid_either_way(self, shop: Shop) -> None:
        """First cancelled, then a late success; or first paid, and the cancelling is refused."""
        payments = [shop.pay(shop.order(f"khach-{n}")) for n in range(8)]

        for number, payment in enumerate(payments):
            cancelled, receipt = at_once(
                lambda payment=payment: shop.payport.cancel(payment.order_number, **BY),
                lambda payment=payment, number=number: shop.ipn(
                    payment, transaction=str(15_000_001 + number)
                ),
            )

            steps = [step.to_state for step in shop.payport.history(payment.order_number)]
            order_steps = [step for step in steps if step in {"cancelled", "paid"}]
            refused = isinstance(cancelled, RequestRefused)
            assert order_steps == (["paid"] if refused else ["cancelled", "paid"])
            assert receipt.decision == "recorded"
            assert shop.payport.entitlement(payment.account).version == 1

    def test_its_expiry_ends_it_once(self, shop: Shop) -> None:
        orders = [shop.order(f"khach-{n}") for n in range(6)]
        shop.clock.forward(hours=24)

        for order in orders:
            at_once(
                lambda order=order: shop.payport.cancel(order.number, **BY),
                lambda order=order: shop.payport.seller.database.transaction(
                    lambda connection: expiring.expire(connection, shop.payport.seller, order.number)
                ),
            )

            steps = [step.to_state for step in shop.payport.history(order.number)]
            assert len(steps) == 2
            assert steps[1] in {"cancelled", "expired"}

    def test_a_new_payment_leaves_no_order_that_can_be_paid_twice(self, shop: Shop) -> None:
        orders = [shop.order(f"khach-{n}") for n in range(6)]

        for order in orders:
            at_once(
                lambda order=order: shop.payport.cancel(order.number, **BY),
                lambda order=order: shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9"),
            )

            assert shop.payport.order(order.number).state is OrderState.CANCELLED
            with pytest.raises(RequestRefused, match="it is cancelled"):
                shop.pay(order)

    def test_itself_is_done_once(self, shop: Shop) -> None:
        order = shop.order()

        results = at_once(*[lambda: shop.payport.cancel(order.number, **BY)] * 5)

        assert sum(isinstance(result, RequestRefused) for result in results) == 4
        assert len(shop.payport.history(order.number)) == 2
