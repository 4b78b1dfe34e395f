"""Refunds that are not known yet: when the gateway is asked, by whom, and what is left to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from payport.doors.cli.doctor import Grade, examine
from payport.errors import RequestRefused
from payport.gateways.flow import drive
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.refund import Refund, State
from payport.service import asking_refunds, leasing
from tests.support.at_once import at_once
from tests.support.refund_bank import honest
from tests.support.refund_shop import BY, RefundShop
from tests.support.unmoved import nothing_moves


@pytest.fixture
def pending(giving: RefundShop) -> Refund:
    """The gateway has taken it, and has not finished it."""
    giving.bank.always(status="waiting")
    return giving.refund(giving.paid())


def seen(giving: RefundShop, subject: str) -> list[Grade]:
    return [one.grade for one in examine(giving.shop.payport) if one.subject == subject]


class TestOneThatTheGatewayHolds:
    def test_is_submitted_and_reserves_its_money(self, giving: RefundShop, pending: Refund) -> None:
        assert (pending.state, pending.gateway_code) == (State.SUBMITTED, "waiting")
        [payment] = giving.shop.payport.order(pending.order_number).payments
        assert giving.left(payment) == vnd(0)
        assert giving.customer().held.version == 1

    @pytest.mark.parametrize(
        ("status", "state", "order"),
        [
            ("paid", State.SUCCEEDED, OrderState.REFUNDED),
            ("failed", State.FAILED, OrderState.PAID),
            ("waiting", State.SUBMITTED, OrderState.PAID),
            ("disputed", State.UNKNOWN, OrderState.PAID),
            ("what?", State.SUBMITTED, OrderState.PAID),
        ],
    )
    def test_ends_by_the_gateways_later_word(
        self, giving: RefundShop, pending: Refund, status: str, state: State, order: OrderState
    ) -> None:
        giving.bank.always(status=status)
        giving.shop.clock.forward(minutes=2)

        giving.shop.payport.work()

        assert giving.now(pending).state is state
        assert giving.shop.payport.order(pending.order_number).state is order
        assert len(giving.bank.sent) == 1

    def test_is_asked_about_by_the_gateways_delays_and_then_no_more(
        self, giving: RefundShop, pending: Refund
    ) -> None:
        counts = []
        for minutes in (0.5, 1, 30, 40, 600, 1000, 10_000):
            giving.shop.clock.forward(minutes=minutes)
            giving.shop.payport.work()
            counts.append(len(giving.bank.asked))

        assert counts == [0, 1, 1, 2, 2, 3, 3]
        assert seen(giving, "refunds in doubt") == [Grade.LOOK]

    def test_is_asked_by_hand_unless_that_was_just_now(self, giving: RefundShop, pending: Refund) -> None:
        giving.shop.clock.forward(seconds=2)

        asked = [giving.shop.payport.ask_refund(pending.reference) for _ in range(2)]

        assert asked == [True, False]

    def test_is_asked_about_once_by_many_workers(self, giving: RefundShop, pending: Refund) -> None:
        giving.shop.clock.forward(minutes=2)

        at_once(*[giving.shop.payport.work] * 6)

        assert len(giving.bank.asked) == 1

    def test_that_is_late_is_shown_by_the_doctor(self, giving: RefundShop, pending: Refund) -> None:
        on_time = seen(giving, "refunds due")
        giving.shop.clock.forward(hours=1)

        assert (on_time, seen(giving, "refunds due")) == ([Grade.OK], [Grade.BROKEN])


class TestAWorkerThatLostItsLease:
    def test_has_its_late_answer_discarded(self, giving: RefundShop, pending: Refund) -> None:
        giving.shop.clock.forward(minutes=2)
        database, seller = giving.shop.payport.seller.database, giving.shop.payport.seller
        first = database.transaction(lambda c: asking_refunds.claim(c, seller))
        giving.shop.clock.forward(seconds=16)
        second = database.transaction(lambda c: asking_refunds.claim(c, seller))

        assert first is not None
        assert second is not None
        said = {}
        for inquiry, status in ((first, "failed"), (second, "paid")):
            giving.bank.always(status=status)
            said[inquiry.owner] = drive(
                inquiry.flow,
                client=giving.shop.payport._client,
                account=inquiry.account,
                kind="query_refund",
                limits=asking_refunds.LIMITS,
                observers=seller.observers,
            )
        late = database.transaction(lambda c: asking_refunds.conclude(c, seller, first, said[first.owner]))
        assert (late, giving.now(pending)) == (None, pending)
        settled = database.transaction(
            lambda c: asking_refunds.conclude(c, seller, second, said[second.owner])
        )
        assert settled is not None
        assert settled.after.state is State.SUCCEEDED


class TestAGatewayThatCannotBeAsked:
    @pytest.fixture
    def mute(self, giving: RefundShop) -> RefundShop:
        gateway = giving.shop.payport.seller.accounts["bank-main"].ready
        object.__setattr__(gateway, "capabilities", gateway.capabilities - {"query_refund"})
        return giving

    def test_leaves_an_unknown_one_to_a_person_whom_the_doctor_tells(self, mute: RefundShop) -> None:
        payment = mute.paid()
        mute.bank.loses_the_answer()
        refund = mute.refund(payment)
        mute.shop.clock.forward(days=3)

        assert mute.shop.payport.work().refunds == 0
        assert mute.shop.payport.ask_refund(refund.reference) is False
        assert seen(mute, "refunds in doubt") == [Grade.LOOK]

        settled = mute.shop.payport.settle_refund(
            refund.reference, "succeeded", gateway_reference="P-77", **BY
        )
        assert (settled.state, settled.gateway_reference) == (State.SUCCEEDED, "P-77")
        assert seen(mute, "refunds in doubt") == [Grade.OK]


class TestAPersonWhoSettles:
    @pytest.mark.parametrize(
        ("outcome", "more", "field"),
        [
            ("refunded", {}, "outcome"),
            ("failed", {"amount": vnd(1)}, "amount"),
            ("succeeded", {"gateway_reference": ""}, "gateway_reference"),
            ("succeeded", {"gateway_reference": "R-other"}, "gateway_reference"),
            ("succeeded", {"actor": ""}, "actor"),
            ("succeeded", {"reason": ""}, "reason"),
        ],
        ids=str,
    )
    def test_is_refused_what_cannot_be(
        self, giving: RefundShop, pending: Refund, outcome: str, more: dict[str, object], field: str
    ) -> None:
        with nothing_moves(giving.shop), pytest.raises(RequestRefused) as error:
            giving.shop.payport.settle_refund(pending.reference, outcome, **{**BY, **more})  # type: ignore[arg-type]

        assert error.value.field == field

    @pytest.mark.parametrize(
        ("ended", "late", "kept"),
        [
            ("failed", "paid", "the gateway says done, after lan@example.vn ended it as failed"),
            ("succeeded", "failed", "the gateway says declined, after lan@example.vn ended it as succeeded"),
            ("failed", "failed", None),
            ("succeeded", "paid", None),
            ("failed", "waiting", None),
        ],
    )
    def test_is_never_overruled_by_an_answer_that_was_on_its_way_but_told_of_it(
        self, giving: RefundShop, pending: Refund, ended: str, late: str, kept: str | None
    ) -> None:
        def meanwhile(fields: Mapping[str, str]) -> dict[str, Any]:
            giving.shop.payport.settle_refund(pending.reference, ended, **BY)
            return honest(fields, status=late)

        giving.bank.says_of = meanwhile
        giving.shop.clock.forward(minutes=2)
        giving.shop.payport.work()

        now = giving.now(pending)
        assert (now.state, now.closed_by, now.problem) == (ended, BY["actor"], kept)
        assert giving.shop.payport.work().idle

    def test_nor_does_a_worker_give_it_up_while_it_is_being_sent(self, giving: RefundShop) -> None:
        payment, payport = giving.paid(), giving.shop.payport
        given_up: list[object] = []

        def look(fields: dict[str, str]) -> dict[str, object]:
            given_up.append(
                payport.seller.database.transaction(
                    lambda c: asking_refunds.give_up_sending(
                        c, payport.seller, leasing.Taken(fields["refund_ref"], "a worker")
                    )
                )
            )
            return honest(fields)

        giving.bank.says = look  # type: ignore[assignment]

        assert giving.refund(payment).state is State.SUCCEEDED
        assert given_up == [None]

    def test_waits_while_it_is_being_sent(self, giving: RefundShop) -> None:
        payment = giving.paid()
        refused: list[str] = []

        def look(fields: dict[str, str]) -> dict[str, object]:
            with pytest.raises(RequestRefused) as error:
                giving.shop.payport.settle_refund(fields["refund_ref"], "failed", **BY)
            refused.append(error.value.problem)
            return honest(fields)

        giving.bank.says = look  # type: ignore[assignment]
        refund = giving.refund(payment)

        assert refused == ["it is being sent at this moment"]
        assert refund.state is State.SUCCEEDED


def test_surplus_that_did_not_go_back_is_flagged_again(giving: RefundShop) -> None:
    first, second = giving.twice()
    giving.bank.loses_the_answer()
    refund = giving.refund(first, of="surplus")
    giving.by_hand(second, vnd(1_000), of="order")

    giving.shop.payport.settle_refund(refund.reference, "failed", **BY)

    assert giving.shop.payport.refundable(second.merchant_reference).surplus.minor > 0
    flagged = [payment for payment in giving.order(first).payments if "surplus" in payment.flags]
    assert flagged
