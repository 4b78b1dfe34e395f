"""The end of a review by a named person: what becomes paid, what is refused, and that it is done once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from payport.errors import NotFound, RequestRefused
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service.viewing import OrderView
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.shop import BUYER, Shop
from tests.support.transfers import Transfers
from tests.support.unmoved import nothing_moves

BY = {"actor": "lan", "reason": "the portal shows the money"}
TOTAL = vnd(1_100_000)
TRANSACTIONS = count(16_000_001)


def one_dong_over(shop: Shop, account: str = "binh-minh") -> Payment:
    """The gateway proves another amount than was asked for: payment and order wait for a person."""
    payment = shop.pay(shop.order(account))
    shop.ipn(payment, vnd(TOTAL.minor + 1), transaction=str(next(TRANSACTIONS)))
    return shop.payment(payment)


def disputed(shop: Shop, account: str = "binh-minh", transaction: str | None = None) -> Payment:
    """The gateway says that money may be taken: nothing is counted, and the order waits."""
    payment = shop.pay(shop.order(account))
    shop.ipn(payment, response="07", transaction=transaction or str(next(TRANSACTIONS)))
    return shop.payment(payment)


def order_of(shop: Shop, payment: Payment) -> OrderView:
    return shop.payport.order(payment.order_number)


def rows(shop: Shop, table: Any) -> int:
    with shop.payport.seller.database.reading() as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return found


class TestAnOrderInReviewThatIsAccepted:
    def test_is_paid_from_that_moment_with_one_grant(self, shop: Shop) -> None:
        payment = one_dong_over(shop)
        now = shop.clock.forward(days=3)

        order = shop.payport.resolve_order(payment.order_number, "paid", **BY)

        assert (order.state, order.paid_at) == (OrderState.PAID, now)
        held = shop.payport.entitlement(payment.account)
        assert held.version == 1
        assert held.held is not None
        assert held.held.term.start == now
        last = [move for move in shop.payport.history(order.number) if move.subject == "order"][-1]
        assert (last.to_state, last.because) == ("paid", "paid by lan: the portal shows the money")

    def test_takes_its_payment_along_and_flags_what_is_too_much(self, shop: Shop) -> None:
        payment = one_dong_over(shop)

        (after,) = shop.payport.resolve_order(payment.order_number, "paid", **BY).payments

        assert (after.state, after.flags) == (State.SUCCEEDED, {Flag.SURPLUS})
        assert shop.payport.refundable(after.merchant_reference).surplus == vnd(1)

    def test_is_refused_while_its_money_does_not_cover_it(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment, vnd(TOTAL.minor - 1))
        shop.clock.forward(hours=25)
        shop.payport.work()
        assert order_of(shop, payment).state is OrderState.REVIEW

        with nothing_moves(shop), pytest.raises(RequestRefused, match="1,099,999 VND of its 1,100,000 VND"):
            shop.payport.resolve_order(payment.order_number, "paid", **BY)

        assert shop.payport.resolve_order(payment.order_number, "cancelled", **BY).state == "cancelled"

    def test_is_refused_while_an_issuer_claims_its_money(self, shop: Shop) -> None:
        payment = one_dong_over(shop)
        claim = shop.payport.chargeback(payment.merchant_reference, TOTAL, **BY).reference

        with nothing_moves(shop), pytest.raises(RequestRefused, match="1 VND of its"):
            shop.payport.resolve_order(payment.order_number, "paid", **BY)
        shop.payport.chargeback_won(claim, actor="lan")

        assert shop.payport.resolve_order(payment.order_number, "paid", **BY).state is OrderState.PAID

    def test_is_refused_where_what_is_held_does_not_allow_it(self, shop: Shop) -> None:
        first, second = shop.pay(shop.order()), shop.pay(shop.order())
        shop.ipn(first, transaction="15000001")
        shop.ipn(second, transaction="15000002")

        with nothing_moves(shop), pytest.raises(RequestRefused, match="a first package was paid, but"):
            shop.payport.resolve_order(second.order_number, "paid", **BY)

        cancelled = shop.payport.resolve_order(second.order_number, "cancelled", **BY)
        assert (cancelled.state, cancelled.payments[0].flags) == (OrderState.CANCELLED, {Flag.SURPLUS})

    @pytest.mark.parametrize("name", [" Binh-Minh ", BUYER.email.upper()])
    def test_REF_10_is_never_accepted_by_its_buyer(self, shop: Shop, name: str) -> None:
        payment = one_dong_over(shop)

        with nothing_moves(shop), pytest.raises(RequestRefused, match="an order of their own"):
            shop.payport.resolve_order(payment.order_number, "paid", actor=name, reason="me")
        with nothing_moves(shop), pytest.raises(RequestRefused, match="an order of their own"):
            shop.payport.resolve_payment(payment.merchant_reference, "succeeded", actor=name, reason="me")


class TestOnlyAReview:
    def test_is_ended(self, shop: Shop) -> None:
        order = shop.order()
        payment = shop.pay(order)

        for outcome in ("paid", "cancelled"):
            with nothing_moves(shop), pytest.raises(RequestRefused, match="order: it is placed"):
                shop.payport.resolve_order(order.number, outcome, **BY)
        for outcome in ("succeeded", "failed"):
            with nothing_moves(shop), pytest.raises(RequestRefused, match="it is pending"):
                shop.payport.resolve_payment(payment.merchant_reference, outcome, **BY)

    def test_of_what_is_there(self, shop: Shop) -> None:
        with pytest.raises(NotFound):
            shop.payport.resolve_order("SVNOBODYKNOW", "paid", **BY)
        with pytest.raises(NotFound):
            shop.payport.resolve_payment("SVNOBODYKNOW", "failed", **BY)

    @pytest.mark.parametrize("outcome", ["", "PAID", "refunded", None])
    def test_by_one_of_two_words(self, shop: Shop, outcome: str) -> None:
        payment = one_dong_over(shop)

        with nothing_moves(shop), pytest.raises(RequestRefused, match="outcome"):
            shop.payport.resolve_order(payment.order_number, outcome, **BY)
        with nothing_moves(shop), pytest.raises(RequestRefused, match="outcome"):
            shop.payport.resolve_payment(payment.merchant_reference, outcome, **BY)

    @pytest.mark.parametrize("field", BY)
    def test_by_a_name_and_with_a_reason(self, shop: Shop, field: str) -> None:
        payment = one_dong_over(shop)

        with nothing_moves(shop), pytest.raises(RequestRefused, match=field):
            shop.payport.resolve_order(payment.order_number, "paid", **{**BY, field: " "})


class TestAPaymentInReview:
    def test_that_is_found_counts_now_and_pays_its_order(self, shop: Shop) -> None:
        payment = disputed(shop)
        now = shop.clock.forward(hours=2)

        after = shop.payport.resolve_payment(payment.merchant_reference, "succeeded", **BY)

        assert (after.state, after.received, after.flags) == (State.SUCCEEDED, TOTAL, frozenset())
        order = order_of(shop, payment)
        assert (order.state, order.received, order.paid_at) == (OrderState.PAID, TOTAL, now)
        with shop.payport.seller.database.reading() as connection:
            receipt = connection.execute(select(t.receipts)).one()
        assert (receipt.proof, receipt.gateway_reference) == ("resolution by lan", payment.gateway_reference)

    def test_that_got_more_than_was_asked_flags_the_rest(self, shop: Shop) -> None:
        payment = disputed(shop)

        after = shop.payport.resolve_payment(
            payment.merchant_reference, "succeeded", amount=vnd(1_500_000), **BY
        )

        assert (after.received, after.flags) == (vnd(1_500_000), {Flag.SURPLUS})
        assert order_of(shop, payment).state is OrderState.PAID

    def test_whose_money_is_counted_succeeds_and_leaves_its_order_to_a_decision(self, shop: Shop) -> None:
        payment = one_dong_over(shop)

        after = shop.payport.resolve_payment(payment.merchant_reference, "succeeded", **BY)

        assert (after.state, after.received) == (State.SUCCEEDED, vnd(TOTAL.minor + 1))
        assert order_of(shop, payment).state is OrderState.REVIEW
        assert rows(shop, t.receipts) == 1
        assert shop.payport.resolve_order(payment.order_number, "paid", **BY).state is OrderState.PAID

    def test_that_failed_keeps_nothing_and_a_proven_success_overtakes_it(self, shop: Shop) -> None:
        payment = disputed(shop, transaction="15000001")

        failed = shop.payport.resolve_payment(payment.merchant_reference, "failed", **BY)

        assert (failed.state, failed.flags) == (State.FAILED, frozenset())
        shop.ipn(payment, transaction="15000001")
        assert shop.payment(payment).state is State.SUCCEEDED
        assert order_of(shop, payment).state is OrderState.PAID

    @pytest.mark.parametrize(
        ("make", "outcome", "said", "field"),
        [
            (one_dong_over, "failed", {}, "outcome"),
            (disputed, "failed", {"amount": TOTAL}, "amount"),
            (disputed, "failed", {"gateway_reference": "1"}, "gateway_reference"),
            (disputed, "succeeded", {"amount": vnd(1_099_999)}, "amount"),
            (disputed, "succeeded", {"amount": vnd(0)}, "amount"),
            (disputed, "succeeded", {"amount": 1_100_000}, "amount"),
            (disputed, "succeeded", {"gateway_reference": "a\nb"}, "gateway_reference"),
            (one_dong_over, "succeeded", {"amount": TOTAL}, "amount"),
            (one_dong_over, "succeeded", {"gateway_reference": "9"}, "gateway_reference"),
            (one_dong_over, "succeeded", {"amount": vnd(2_000_000)}, "gateway_reference"),
        ],
    )
    def test_is_refused_where_that_contradicts_the_money(
        self, shop: Shop, make: Callable[[Shop], Payment], outcome: str, said: dict[str, Any], field: str
    ) -> None:
        payment = make(shop)

        with nothing_moves(shop), pytest.raises(RequestRefused) as refused:
            shop.payport.resolve_payment(payment.merchant_reference, outcome, **said, **BY)

        assert refused.value.field == field

    def test_counted_by_a_mistyped_name_is_not_silently_counted_again_by_its_true_one(
        self, shop: Shop
    ) -> None:
        """Nobody can tell which of the two came: the gateway's is surplus, and both are to be looked at."""
        payment = shop.pay(shop.order())
        shop.ipn(payment, tmn_code="ANOTHER1")  # in doubt, and no name of a transaction is learnt of it
        assert shop.payment(payment).gateway_reference is None
        shop.payport.resolve_payment(
            payment.merchant_reference, "succeeded", gateway_reference="15000010", **BY
        )
        assert order_of(shop, payment).state is OrderState.PAID

        receipt = shop.ipn(payment, transaction="15000001")
        with nothing_moves(shop):
            shop.ipn(payment, transaction="15000001")

        after = shop.payment(payment)
        assert (receipt.decision, after.state) == ("already_known", State.SUCCEEDED)
        assert after.flags == {Flag.SURPLUS, Flag.SECOND_PAYMENT, Flag.REFERENCE}
        assert shop.payport.entitlement(payment.account).version == 1
        refundable = shop.payport.refundable(payment.merchant_reference)
        assert (refundable.surplus, refundable.by_gateway) == (TOTAL, False)
        with nothing_moves(shop), pytest.raises(RequestRefused, match="Look in its portal"):
            shop.payport.refund(payment.merchant_reference, key="f", **BY)
        needs = {need.kind: need for need in shop.payport.today().needs}
        assert payment.order_number in {each.order_number for each in needs["surplus"].first}
        last = shop.payport.history(payment.order_number)[-1].because
        assert "which a person counted by another name" in str(
            [last, *shop.payport.timeline(payment.order_number)]
        )

    def test_counted_by_a_person_keeps_its_flags_where_the_gateway_says_the_same(self, shop: Shop) -> None:
        payment = disputed(shop, transaction="15000001")
        shop.payport.resolve_payment(payment.merchant_reference, "succeeded", **BY)

        shop.ipn(payment, transaction="15000001")

        assert shop.payment(payment).flags == frozenset()

    def test_counts_no_transaction_of_another_payment(self, shop: Shop) -> None:
        other = shop.pay(shop.order("hai"))
        shop.ipn(other, transaction="15000099")
        payment = disputed(shop)

        with nothing_moves(shop), pytest.raises(RequestRefused, match="counted already, or it names"):
            shop.payport.resolve_payment(
                payment.merchant_reference, "succeeded", gateway_reference="15000099", **BY
            )

    def test_by_transfer_is_confirmed_instead(self, desk: Transfers) -> None:
        order = desk.order()
        desk.confirm(order, 400_000)
        desk.clock.forward(days=8)
        desk.shop.payport.work()
        payment = desk.payment(order)
        assert payment.state is State.REVIEW

        with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="by transfer or in cash"):
            desk.shop.payport.resolve_payment(payment.merchant_reference, "succeeded", **BY)

        desk.confirm(order, 700_000, reference="FT26328000002")
        assert desk.shop.payport.resolve_order(order.number, "paid", **BY).state is OrderState.PAID


class TestAtOneMoment:
    """Whoever has the account first is first; money counts once, and one grant comes of it."""

    def test_REF_10_two_who_accept_an_order_do_it_once(self, shop: Shop) -> None:
        payment = one_dong_over(shop)

        results = at_once(
            *[
                lambda name=name: shop.payport.resolve_order(
                    payment.order_number, "paid", actor=name, reason="seen"
                )
                for name in ("lan", "minh", "hoa", "lan")
            ]
        )

        assert sum(isinstance(result, RequestRefused) for result in results) == 3
        assert shop.payport.entitlement(payment.account).version == 1

    def test_accepting_and_cancelling_end_it_one_way(self, shop: Shop) -> None:
        for number in range(4):
            payment = one_dong_over(shop, f"khach-{number}")

            results = at_once(
                lambda payment=payment: shop.payport.resolve_order(payment.order_number, "paid", **BY),
                lambda payment=payment: shop.payport.cancel(payment.order_number, **BY),
            )

            assert sum(isinstance(result, RequestRefused) for result in results) == 1
            granted = shop.payport.entitlement(payment.account).version
            assert (order_of(shop, payment).state, granted) in {
                (OrderState.PAID, 1),
                (OrderState.CANCELLED, 0),
            }

    def test_accepting_an_order_and_a_second_payment_of_it_grants_once(self, shop: Shop) -> None:
        for number in range(4):
            payment = one_dong_over(shop, f"khach-{number}")
            before = order_of(shop, payment)

            at_once(
                lambda payment=payment: shop.payport.resolve_order(payment.order_number, "paid", **BY),
                lambda payment=payment: shop.ipn(payment, transaction=str(next(TRANSACTIONS))),
            )

            after = order_of(shop, payment)
            assert after.state is OrderState.PAID
            assert after.received == before.received + TOTAL
            assert Flag.SURPLUS in after.payments[0].flags
            assert shop.payport.entitlement(payment.account).version == 1

    def test_a_payment_and_its_own_success_count_its_money_once(self, shop: Shop) -> None:
        for number in range(4):
            transaction = str(next(TRANSACTIONS))
            payment = disputed(shop, f"khach-{number}", transaction)

            resolved, receipt = at_once(
                lambda payment=payment: shop.payport.resolve_payment(
                    payment.merchant_reference, "succeeded", **BY
                ),
                lambda payment=payment, name=transaction: shop.ipn(payment, transaction=name),
            )

            assert receipt.decision in {"recorded", "already_known"}
            assert isinstance(resolved, RequestRefused) == (receipt.decision == "recorded")
            assert order_of(shop, payment).received == TOTAL
            assert shop.payport.entitlement(payment.account).version == 1
