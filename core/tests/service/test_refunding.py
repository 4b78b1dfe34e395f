"""Refunds as an operator asks for them: what goes to the gateway, and what follows for order and grant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from payport.doors.async_host import AsyncPayport
from payport.errors import NotFound, QuoteOutdated, RefundTooLarge, RequestRefused
from payport.rules.entitlement import State as Held
from payport.rules.money import Money, vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.refund import Of, State, Way
from payport.storage import tables as t
from tests.support.refund_bank import honest
from tests.support.refund_shop import BY, RefundShop
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

TOTAL = vnd(1_100_000)
WITH_CAPACITY = New(package="enterprise", months=12, extra_steps=1)


class TestAFullRefund:
    def test_goes_to_the_gateway_once_and_takes_what_the_order_gave(self, giving: RefundShop) -> None:
        payment = giving.paid()

        refund = giving.refund(payment)

        assert (refund.state, refund.amount, refund.of, refund.way) == (
            State.SUCCEEDED,
            TOTAL,
            Of.ORDER,
            Way.GATEWAY,
        )
        assert (refund.requested_by, refund.closed_by) == (BY["actor"], "bank-main")
        assert refund.gateway_reference == f"R{refund.reference}"
        [sent] = giving.bank.sent
        assert (sent["refund_ref"], sent["key"], sent["amount"]) == (
            refund.reference,
            refund.idempotency_key,
            "1100000",
        )
        assert giving.order(payment).state is OrderState.REFUNDED
        assert (giving.customer().held.state, [g.kind for g in giving.customer().grants]) == (
            Held.NONE,
            ["order", "reversal"],
        )

    def test_is_reserved_before_anything_is_sent(self, giving: RefundShop) -> None:
        payment = giving.paid()
        seen: list[tuple[str, str]] = []

        def look(fields: Mapping[str, str]) -> dict[str, Any]:
            with giving.shop.payport.seller.database.reading() as connection:
                seen.append(tuple(connection.execute(select(t.refunds.c.reference, t.refunds.c.state)).one()))
            return honest(fields)

        giving.bank.says = look
        refund = giving.refund(payment)

        assert seen == [(refund.reference, "requested")]

    def test_stands_in_the_history_and_with_its_order(self, giving: RefundShop) -> None:
        payment = giving.paid()
        refund = giving.refund(payment)

        history = giving.shop.payport.history(payment.order_number)

        steps = [(step.to_state, step.because) for step in history if step.reference == refund.reference]
        assert steps == [
            ("requested", f"requested by {BY['actor']}: {BY['reason']}"),
            ("submitted", "the gateway says done"),
            ("succeeded", "the gateway says done"),
        ]
        assert (
            giving.order(payment).refunds
            == (refund,)
            == giving.shop.payport.refunds(payment.order_number).rows
        )

    def test_leaves_the_customer_free_to_buy_again(self, giving: RefundShop) -> None:
        giving.refund(giving.paid())

        giving.paid()

        assert giving.customer().held.state is Held.ACTIVE

    def test_of_a_term_with_a_renewal_after_it_tells_a_person(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.shop.clock.forward(days=350)
        renewal = giving.paid(Renew(months=12))

        refund = giving.refund(payment)

        assert refund.problem == f"later grants stood on what it took: order {renewal.order_number}"
        told = [note.en for step in giving.shop.payport.explain("binh-minh") for note in step.notes]
        assert any(
            f"order {renewal.order_number} of" in note and "a person should look" in note for note in told
        )


class TestAPartialRefund:
    def test_without_lines_gives_money_back_and_takes_nothing(self, giving: RefundShop) -> None:
        payment = giving.paid()

        refund = giving.refund(payment, vnd(100_000))

        assert (refund.state, giving.order(payment).state) == (State.SUCCEEDED, OrderState.PARTLY_REFUNDED)
        assert giving.customer().held.state is Held.ACTIVE
        assert giving.left(payment) == vnd(1_000_000)

    def test_of_lines_costs_their_price_and_takes_them(self, giving: RefundShop) -> None:
        payment = giving.paid(WITH_CAPACITY)
        offered = giving.shop.payport.refundable(payment.merchant_reference)

        refund = giving.refund(payment, lines=(1,))

        assert [line.number for line in offered.lines] == [0, 1]
        assert refund.amount == offered.lines[1].price
        assert sum(line.price.minor for line in offered.lines) == payment.received.minor
        assert (giving.customer().held.state, giving.customer().held.extra_gb) == (Held.ACTIVE, 0)
        assert [line.number for line in giving.shop.payport.refundable(payment.merchant_reference).lines] == [
            0
        ]

    def test_of_all_the_rest_by_steps_takes_all_that_still_stands(self, giving: RefundShop) -> None:
        payment = giving.paid(WITH_CAPACITY)
        giving.refund(payment, lines=(1,))
        giving.refund(payment, vnd(1_000))

        last = giving.refund(payment)

        assert giving.order(payment).state is OrderState.REFUNDED
        assert [g.reversed_lines for g in giving.customer().grants if g.kind == "reversal"] == [(1,), (0,)]
        assert giving.customer().grants[-1].reason == f"refund {last.reference} succeeded"

    @pytest.mark.parametrize(
        ("lines", "problem"),
        [
            ((2,), "no such line"),
            ((-1,), "no such line"),
            ((True,), "no such line"),
            (("0",), "no such line"),
        ],
    )
    def test_of_a_line_that_is_not_there_is_refused(
        self, giving: RefundShop, lines: Any, problem: str
    ) -> None:
        payment = giving.paid(WITH_CAPACITY)

        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match=problem) as error:
            giving.refund(payment, lines=lines)

        assert error.value.field == "lines"

    def test_of_a_line_twice_is_refused_in_one_form_and_in_two(self, giving: RefundShop) -> None:
        payment = giving.paid(WITH_CAPACITY)
        with pytest.raises(RequestRefused, match="named twice"):
            giving.refund(payment, vnd(1), lines=(1, 1))
        giving.bank.loses_the_answer()
        giving.refund(payment, vnd(1), lines=(1,))

        with pytest.raises(RequestRefused, match="being refunded already"):
            giving.refund(payment, vnd(1), lines=(1,))
        giving.bank.says = honest
        giving.refund(payment, vnd(1), lines=(0,))
        with pytest.raises(RequestRefused, match="taken back already"):
            giving.refund(payment, vnd(1), lines=(0,))


class TestACredit:
    def test_at_a_switch_counts_no_money_that_went_back_or_may(self, giving: RefundShop) -> None:
        giving.shop.clock.forward(days=0)
        payment = giving.paid()
        giving.customer().uses(10)
        switch = Switch(package="enterprise", months=12)
        whole = giving.shop.payport.preview("binh-minh", switch).total

        giving.bank.loses_the_answer()
        giving.refund(payment, vnd(1_000_000))

        dearer = giving.shop.payport.preview("binh-minh", switch).total
        assert dearer.minor - whole.minor >= 1_000_000 - 1

    @pytest.mark.parametrize("loses", [False, True])
    def test_of_a_quote_from_before_the_refund_places_no_order(self, giving: RefundShop, loses: bool) -> None:
        payment, customer = giving.paid(), giving.customer()
        customer.uses(10)
        quote = customer.quote(Switch(package="enterprise", months=12))
        giving.shop.clock.forward(minutes=1)
        if loses:
            giving.bank.loses_the_answer()

        giving.refund(payment, vnd(1_000_000))

        with pytest.raises(QuoteOutdated, match="its credit stands for was given back since"):
            customer.places(quote)
        giving.shop.clock.forward(minutes=1)
        giving.paid(Switch(package="enterprise", months=12))
        assert customer.held.package == "enterprise"

    @pytest.mark.parametrize(("amount", "refused"), [(1_000_000, False), (400_000, True)])
    def test_of_an_order_from_before_the_refund_waits_for_a_person(
        self, giving: RefundShop, amount: int, refused: bool
    ) -> None:
        payment = giving.paid()
        giving.customer().uses(10)
        switch = giving.begins(Switch(package="enterprise", months=12))
        giving.shop.clock.forward(minutes=1)
        if refused:
            giving.bank.always(status="failed")

        giving.refund(payment, vnd(amount))
        giving.pays(switch)

        order = giving.order(switch)
        assert order.state is (OrderState.PAID if refused else OrderState.REVIEW)
        assert refused or "the credit of money that was given back since" in (order.review_reason or "")


class TestSurplusMoney:
    def test_goes_back_without_touching_order_or_grant(self, giving: RefundShop) -> None:
        first, second = giving.twice()
        assert Flag.SURPLUS in second.flags

        refund = giving.by_hand(second)

        assert (refund.of, refund.amount) == (Of.SURPLUS, TOTAL)
        assert giving.order(first).state is OrderState.PAID
        assert giving.customer().held.state is Held.ACTIVE
        assert Flag.SURPLUS not in giving.shop.payment(second).flags

    def test_may_go_back_through_the_first_payment_where_its_gateway_can(self, giving: RefundShop) -> None:
        first, second = giving.twice()

        giving.refund(first, of="surplus")

        assert giving.order(first).state is OrderState.PAID
        assert Flag.SURPLUS not in giving.shop.payment(second).flags
        assert giving.shop.payport.refundable(second.merchant_reference).own == TOTAL

    def test_names_the_transaction_that_brought_it_and_own_money_the_first_one(
        self, giving: RefundShop
    ) -> None:
        payment = giving.paid()
        giving.paying.ipn(payment, txn="T-the-second")

        giving.refund(payment, of="surplus")
        giving.refund(payment, of="order")

        surplus, own = giving.bank.sent
        assert (surplus["paid_by"], own["paid_by"]) == ("T-the-second", f"T{payment.merchant_reference}")

    def test_by_parts_is_done_where_the_gateway_repeats_the_transactions_name(
        self, giving: RefundShop
    ) -> None:
        payment = giving.paid()
        giving.paying.ipn(payment, txn="T-the-second")
        giving.bank.always(txn="T-the-second")

        parts = [giving.refund(payment, vnd(1_000), of="surplus") for _ in range(2)]

        assert [part.state for part in parts] == [State.SUCCEEDED] * 2

    def test_is_never_more_than_the_surplus_that_is_left(self, giving: RefundShop) -> None:
        _, second = giving.twice()
        giving.by_hand(second, vnd(400_000))
        assert Flag.SURPLUS in giving.shop.payment(second).flags

        with pytest.raises(RefundTooLarge, match="700,000 VND left"):
            giving.by_hand(second, vnd(700_001), of="surplus")

    def test_is_kept_while_the_money_that_covers_the_order_is_disputed(self, giving: RefundShop) -> None:
        first, second = giving.twice()
        giving.shop.payport.chargeback(first.merchant_reference, TOTAL, **BY)

        with pytest.raises(RefundTooLarge, match="no surplus money is left"):
            giving.by_hand(second, of="surplus")

    def test_that_went_back_covers_nothing_when_an_issuer_takes_the_rest(self, giving: RefundShop) -> None:
        first, second = giving.twice()
        giving.by_hand(second)

        opened = giving.shop.payport.chargeback(first.merchant_reference, TOTAL, **BY)
        suspended = giving.customer().held.state
        giving.shop.payport.chargeback_lost(opened.reference, actor="minh")

        assert (suspended, giving.customer().held.state) == (Held.SUSPENDED, Held.NONE)

    def test_of_a_cancelled_order_is_all_of_it(self, giving: RefundShop) -> None:
        held = giving.in_review()
        giving.shop.payport.cancel(held.order_number, **BY)

        refund = giving.refund(held)

        assert (refund.of, giving.order(held).state) == (Of.SURPLUS, OrderState.CANCELLED)
        assert not giving.shop.payment(held).flags
        assert not [n for n in giving.shop.payport.explain("binh-minh")[-1].notes if "waits" in n.en]

    def test_has_no_lines(self, giving: RefundShop) -> None:
        _, second = giving.twice()

        with pytest.raises(RequestRefused, match="paid for none"):
            giving.by_hand(second, lines=(0,))


class TestAnOrderInReview:
    def test_is_cancelled_by_its_refund(self, giving: RefundShop) -> None:
        held = giving.in_review()
        assert giving.order(held).state is OrderState.REVIEW

        refund = giving.refund(held, vnd(100_000))

        assert refund.of is Of.ORDER
        assert giving.order(held).state is OrderState.CANCELLED
        assert Flag.SURPLUS in giving.shop.payment(held).flags
        assert giving.shop.payport.refundable(held.merchant_reference).surplus == vnd(1_000_000)

    def test_frees_its_code_then(self, giving: RefundShop) -> None:
        held = giving.in_review(New(package="standard", months=12, code="ONCE"))

        giving.refund(held)

        assert giving.shop.payport.preview("other", New(package="standard", months=12, code="ONCE")).code


class TestARefundAndAChargeback:
    def test_never_take_the_same_money(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.refund(payment, vnd(600_000))

        with pytest.raises(RequestRefused, match="500,000 VND"):
            giving.shop.payport.chargeback(payment.merchant_reference, vnd(500_001), **BY)
        giving.shop.payport.chargeback(payment.merchant_reference, vnd(500_000), **BY)
        with pytest.raises(RequestRefused, match="nothing of it is left"):
            giving.refund(payment)

    def test_that_is_lost_takes_the_rest_of_what_stands(self, giving: RefundShop) -> None:
        payment = giving.paid(WITH_CAPACITY)
        giving.refund(payment, lines=(1,))
        opened = giving.shop.payport.chargeback(payment.merchant_reference, vnd(1_000), **BY)

        giving.shop.payport.chargeback_lost(opened.reference, actor="minh")

        assert [g.reversed_lines for g in giving.customer().grants if g.kind == "reversal"] == [(1,), (0,)]

    def test_that_is_won_restores_nothing_that_a_refund_took(self, giving: RefundShop) -> None:
        payment = giving.paid(WITH_CAPACITY)
        opened = giving.shop.payport.chargeback(payment.merchant_reference, vnd(1_000), **BY)
        giving.refund(payment, lines=(1,))

        giving.shop.payport.chargeback_won(opened.reference, actor="minh")

        assert (giving.customer().held.state, giving.customer().held.extra_gb) == (Held.ACTIVE, 0)


class TestARefundByHand:
    def test_is_recorded_as_done_with_its_name_at_the_bank(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment)

        refund = shop.payport.refund(
            payment.merchant_reference, key="1", by_hand=True, gateway_reference="FT26334", **BY
        )

        assert (refund.state, refund.way, refund.closed_by) == (State.SUCCEEDED, Way.BY_HAND, BY["actor"])
        assert shop.payport.order(payment.order_number).state is OrderState.REFUNDED

    @pytest.mark.parametrize("reference", ["", "a\nb", "x" * 129, 5])
    def test_has_a_name_that_a_column_holds(self, giving: RefundShop, reference: Any) -> None:
        payment = giving.paid()

        with nothing_moves(giving.shop), pytest.raises(RequestRefused) as error:
            giving.by_hand(payment, gateway_reference=reference)

        assert error.value.field == "gateway_reference"

    def test_has_a_name_of_its_own(self, giving: RefundShop) -> None:
        payment, other = giving.paid(), giving.paid(account="hai")
        done = giving.by_hand(payment, vnd(1_000), gateway_reference="FT1")

        for taken in ("FT1", payment.gateway_reference, other.gateway_reference):
            with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="it names"):
                giving.by_hand(payment, vnd(1_000), gateway_reference=taken)

        assert done.gateway_reference == "FT1"

    def test_has_one_name_however_it_is_written(self, giving: RefundShop) -> None:
        payment = giving.paid()
        done = giving.by_hand(payment, vnd(1_000), gateway_reference=" ft 12", key="form")
        assert done.gateway_reference == "FT12"
        assert giving.by_hand(payment, vnd(1_000), gateway_reference="FT 12", key="form") == done

        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="it names another refund"):
            giving.by_hand(payment, vnd(1_000), gateway_reference="ft12")

    def test_does_not_have_that_of_any_money_that_came_in(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.paying.ipn(payment, txn="t-the-second")

        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="it names the payment"):
            giving.by_hand(payment, vnd(1_000), gateway_reference="t-the-second")

    def test_needs_that_name_and_nothing_else_has_one(self, giving: RefundShop) -> None:
        payment = giving.paid()

        for wrong in ({"by_hand": True}, {"gateway_reference": "FT1"}):
            with nothing_moves(giving.shop), pytest.raises(RequestRefused) as error:
                giving.refund(payment, **wrong)
            assert error.value.field == "gateway_reference"


class TestAGatewayThatCannot:
    def test_give_back_a_part_is_asked_for_all_or_nothing(self, giving: RefundShop) -> None:
        payment = giving.paid()
        gateway = giving.shop.payport.seller.accounts["bank-main"].ready
        object.__setattr__(gateway, "info", replace(gateway.info, partial_refund=False))

        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="all of a payment or nothing"):
            giving.refund(payment, vnd(1_000))
        assert not giving.shop.payport.refundable(payment.merchant_reference).partly
        assert giving.refund(payment).state is State.SUCCEEDED


class TestThePurchaseOfCapacity:
    def test_refunded_takes_the_capacity_alone_and_nothing_that_is_used(self, giving: RefundShop) -> None:
        giving.paid()
        giving.customer().uses(10)
        added = giving.paid(AddCapacity(steps=1))
        giving.customer().uses(30)

        giving.refund(added)

        held = giving.customer().held
        assert (held.state, held.extra_gb, held.exhausted) == (Held.ACTIVE, 0, True)


class TestWhatIsNotThere:
    @pytest.mark.parametrize("reference", ["SVNOTTHERE22", "a\x00b"], ids=ascii)
    def test_is_not_found(self, giving: RefundShop, reference: str) -> None:
        payport = giving.shop.payport
        for ask in (
            lambda: payport.refund(reference, key="1", **BY),
            lambda: payport.refundable(reference),
            lambda: payport.settle_refund(reference, "failed", **BY),
            lambda: payport.ask_refund(reference),
            lambda: payport.refunds(reference),
        ):
            with pytest.raises(NotFound):
                ask()


class TestAForm:
    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"key": ""}, "key"),
            ({"key": "x" * 121}, "key"),
            ({"key": 7}, "key"),
            ({"actor": " "}, "actor"),
            ({"reason": "a\nb"}, "reason"),
            ({"of": "both"}, "of"),
            ({"by_hand": "yes"}, "by_hand"),
            ({"seen_left": vnd(5)}, "seen_left"),
            ({"seen_left": 1_100_000}, "seen_left"),
        ],
        ids=str,
    )
    def test_that_cannot_be_is_refused_with_the_field(
        self, giving: RefundShop, more: dict[str, Any], field: str
    ) -> None:
        payment = giving.paid()

        with nothing_moves(giving.shop), pytest.raises(RequestRefused) as error:
            giving.shop.payport.refund(payment.merchant_reference, **{**BY, "key": "1", **more})

        assert error.value.field == field
        assert giving.bank.calls == []


def test_async_hosts_have_the_same_verbs(giving: RefundShop) -> None:
    payment, sync = giving.paid(), giving.shop.payport

    async def work() -> None:
        shop = AsyncPayport(sync.seller, sync.configuration)
        left = await shop.refundable(payment.merchant_reference)
        giving.bank.loses_the_answer()
        refund = await shop.refund(payment.merchant_reference, left.own, key="1", **BY)
        assert await shop.ask_refund(refund.reference) is False  # asked within the gap
        settled = await shop.settle_refund(refund.reference, "failed", **BY)
        assert (await shop.refunds(payment.order_number)).rows == (settled,)
        await shop.close()

    asyncio.run(work())


def test_money_of_another_currency_is_refused(giving: RefundShop) -> None:
    with pytest.raises(RequestRefused) as error:
        giving.refund(giving.paid(), Money(1, "USD"))

    assert error.value.field == "amount"
