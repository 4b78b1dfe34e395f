"""The flag `surplus`: it stands as long as money is to be given back, wherever that is, and no longer."""

from __future__ import annotations

from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment
from payport.rules.refund import Of, State
from tests.support.refund_shop import BY, RefundShop

TOTAL = vnd(1_100_000)


def flagged(giving: RefundShop, payment: Payment) -> list[str]:
    """Which of the order's payments say that money of theirs is to be given back."""
    return [each.merchant_reference for each in giving.order(payment).payments if Flag.SURPLUS in each.flags]


class TestAnOrderPaidTwice:
    def test_whose_own_money_went_back_by_the_second_payment_flags_the_first(
        self, giving: RefundShop
    ) -> None:
        first, second = giving.twice()

        giving.by_hand(second, of=Of.ORDER)

        assert giving.order(first).state is OrderState.REFUNDED
        assert giving.shop.payport.refundable(first.merchant_reference).surplus == TOTAL
        assert flagged(giving, first) == [first.merchant_reference]

    def test_flags_no_more_payments_than_the_surplus_needs(self, giving: RefundShop) -> None:
        first, second = giving.twice()

        giving.by_hand(first, vnd(1_000), of=Of.ORDER)

        assert flagged(giving, first) == [second.merchant_reference]

    def test_flags_both_where_the_second_has_not_enough_left(self, giving: RefundShop) -> None:
        first, second = giving.twice()

        giving.by_hand(second, vnd(1_000), of=Of.ORDER)

        assert set(flagged(giving, first)) == {first.merchant_reference, second.merchant_reference}
        giving.refund(first, vnd(1_000), of=Of.SURPLUS)
        assert len(flagged(giving, first)) == 1  # either holds all that is to be given back


class TestAnOrderThatWasCancelledMeanwhile:
    def test_flags_the_money_of_a_refund_that_fails_after_it(self, giving: RefundShop) -> None:
        held = giving.in_review()
        giving.bank.always(status="waiting")
        refund = giving.refund(held)
        giving.shop.payport.cancel(held.order_number, **BY)
        assert flagged(giving, held) == []

        giving.shop.payport.settle_refund(refund.reference, "failed", **BY)

        assert flagged(giving, held) == [held.merchant_reference]
        assert giving.shop.payport.refundable(held.merchant_reference).surplus == TOTAL

    def test_flags_nothing_where_that_refund_succeeds(self, giving: RefundShop) -> None:
        held = giving.in_review()
        giving.bank.always(status="waiting")
        refund = giving.refund(held)
        giving.shop.payport.cancel(held.order_number, **BY)

        done = giving.shop.payport.settle_refund(refund.reference, "succeeded", **BY)

        assert (done.state, flagged(giving, held)) == (State.SUCCEEDED, [])
