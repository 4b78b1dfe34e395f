"""The tables of states: each way that is listed is open, every other one is a defect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from payport.errors import TransitionRefused
from payport.rules import order, payment, refund
from payport.rules.money import vnd

NOON = datetime(2026, 3, 1, 5, tzinfo=UTC)


def an_order(state: order.State, **facts: Any) -> order.Order:
    return order.Order(
        number="PP1",
        token="t",
        account="alice",
        quote_id="Q1",
        state=state,
        total=vnd(1),
        received=vnd(0),
        locale="vi",
        placed_at=NOON,
        expires_at=NOON + timedelta(days=1),
        **facts,
    )


def a_payment(state: payment.State) -> payment.Payment:
    return payment.Payment(
        merchant_reference="M1",
        order_number="PP1",
        account="alice",
        gateway_account="main",
        gateway="bank",
        environment="test",
        method="card",
        choice=None,
        state=state,
        amount=vnd(1),
        received=vnd(0),
        handed_over_at=NOON,
        closes_at=NOON + timedelta(minutes=15),
        buyer_ip="127.0.0.1",
        language="vi",
    )


def test_an_order_moves_as_the_rules_say() -> None:
    assert {(old, new) for old, news in order.MOVES.items() for new in news} == {
        ("placed", "paid"), ("placed", "cancelled"), ("placed", "expired"), ("placed", "review"),
        ("expired", "paid"), ("expired", "review"), ("cancelled", "paid"), ("cancelled", "review"),
        ("review", "paid"), ("review", "cancelled"), ("paid", "partly_refunded"), ("paid", "refunded"),
        ("partly_refunded", "partly_refunded"), ("partly_refunded", "refunded"),
    }  # fmt: skip


def test_a_payment_moves_as_the_rules_say() -> None:
    assert {(old, new) for old, news in payment.MOVES.items() for new in news} == {
        ("created", "pending"), ("created", "failed"),
        ("pending", "succeeded"), ("pending", "failed"), ("pending", "expired"), ("pending", "review"),
        ("failed", "succeeded"), ("failed", "review"), ("expired", "succeeded"), ("expired", "review"),
        ("review", "succeeded"), ("review", "failed"),
    }  # fmt: skip


def test_a_refund_moves_as_the_rules_say() -> None:
    assert {(old, new) for old, news in refund.MOVES.items() for new in news} == {
        ("requested", "submitted"), ("requested", "failed"),
        ("submitted", "succeeded"), ("submitted", "failed"), ("submitted", "unknown"),
        ("unknown", "succeeded"), ("unknown", "failed"),
    }  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [*product(order.State, repeat=2)])
def test_no_other_move_of_an_order_is_possible(old: order.State, new: order.State) -> None:
    if new in order.MOVES[old]:
        assert order.move(an_order(old), new, at=NOON).state is new
        return

    with pytest.raises(TransitionRefused) as refused:
        order.move(an_order(old), new, at=NOON)

    assert refused.value.field == "order.state"
    assert refused.value.problem == f"{old} → {new} is not in MOVES"
    assert refused.value.remedy == "Send the order to review"


@pytest.mark.parametrize(("old", "new"), [*product(payment.State, repeat=2)])
def test_no_other_move_of_a_payment_is_possible(old: payment.State, new: payment.State) -> None:
    if new in payment.MOVES[old]:
        assert payment.move(a_payment(old), new).state is new
        return

    with pytest.raises(TransitionRefused) as refused:
        payment.move(a_payment(old), new)

    assert refused.value.field == "payment.state"
    assert refused.value.problem == f"{old} → {new} is not in MOVES"
    assert refused.value.remedy == "Send the payment to review"


class TestAnOrderThatMoves:
    def test_keeps_when_it_was_paid_from_then_on(self) -> None:
        paid = order.move(an_order(order.State.PLACED), order.State.PAID, at=NOON)
        later = order.move(paid, order.State.REFUNDED, at=NOON + timedelta(days=1))

        assert (paid.paid_at, later.paid_at) == (NOON, NOON)

    def test_keeps_why_it_is_in_review_while_it_is(self) -> None:
        reviewed = order.move(
            an_order(order.State.PLACED), order.State.REVIEW, at=NOON, because="wrong amount"
        )

        assert (reviewed.review_reason, reviewed.paid_at) == ("wrong amount", None)
        assert order.move(reviewed, order.State.PAID, at=NOON, because="looked at").review_reason is None


class TestAPaymentThatNobodyKnows:
    def test_is_pending_past_its_window_unseen_and_unnamed(self) -> None:
        pending = a_payment(payment.State.PENDING)
        closed = pending.closes_at

        assert payment.is_known_to_nobody(pending, shown=False, at=closed)
        assert not payment.is_known_to_nobody(pending, shown=True, at=closed)
        assert not payment.is_known_to_nobody(pending, shown=False, at=closed - timedelta(microseconds=1))
        assert not payment.is_known_to_nobody(a_payment(payment.State.FAILED), shown=False, at=closed)
        for name in ("checkout_reference", "gateway_reference"):
            named = replace(pending, **{name: "T1"})
            assert not payment.is_known_to_nobody(named, shown=False, at=closed)

    def test_ends_as_expired_with_a_flag(self) -> None:
        ended = payment.expire_unasked(a_payment(payment.State.PENDING))

        assert (ended.state, ended.flags) == (payment.State.EXPIRED, {payment.Flag.UNASKED})
