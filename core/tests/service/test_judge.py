"""The one judge: the whole table of what is stored against what is reported, and what no sequence may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payport.gateways.types import Outcome, PaymentReport
from payport.rules.money import Money, vnd
from payport.rules.payment import MOVES, Flag, Payment, State
from payport.service.judge import Decision, Known, judge, when_paid
from tests.support.shop import NOON

AMOUNT = vnd(1_100_000)
PENDING = Payment(
    merchant_reference="SV23456789AB",
    order_number="SVBA98765432",
    account="binh-minh",
    gateway_account="bank-main",
    gateway="bank",
    environment="sandbox",
    method="domestic_card",
    choice=None,
    state=State.PENDING,
    amount=AMOUNT,
    received=vnd(0),
    handed_over_at=NOON,
    closes_at=NOON + timedelta(minutes=15),
    buyer_ip="203.0.113.9",
    language="vi",
)
KNOWN = Known(merchant_account="OURS", environment="sandbox", now=NOON + timedelta(minutes=5))
DISPUTED = replace(PENDING, state=State.REVIEW, flags=frozenset({Flag.SUSPECT}))
UNASKED = replace(DISPUTED, flags=frozenset({Flag.SUSPECT, Flag.UNASKED}))
CONTRADICTED = replace(PENDING, state=State.REVIEW, flags=frozenset({Flag.AMOUNT}))
SUCCEEDED = replace(PENDING, state=State.SUCCEEDED, received=AMOUNT, gateway_reference="T1")


def report(outcome: Outcome = Outcome.DONE, **changes: object) -> PaymentReport:
    said: dict[str, object] = {
        "outcome": outcome,
        "gateway_code": "",
        "merchant_account": "OURS",
        "merchant_reference": PENDING.merchant_reference,
        "amount": AMOUNT,
        "gateway_reference": "T1",
    }
    return PaymentReport(**{**said, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stored", "outcome", "decision", "state"),
    [
        (PENDING, Outcome.DONE, Decision.RECORDED, State.SUCCEEDED),
        (PENDING, Outcome.DECLINED, Decision.RECORDED, State.FAILED),
        (PENDING, Outcome.PENDING, Decision.RECORDED, State.PENDING),
        (PENDING, Outcome.UNKNOWN, Decision.RECORDED, State.PENDING),
        (PENDING, Outcome.NOT_SENT, Decision.RECORDED, State.PENDING),
        (PENDING, Outcome.SUSPECT, Decision.TO_REVIEW, State.REVIEW),
        (replace(PENDING, state=State.FAILED), Outcome.DONE, Decision.RECORDED, State.SUCCEEDED),
        (replace(PENDING, state=State.FAILED), Outcome.DECLINED, Decision.ALREADY_KNOWN, State.FAILED),
        (replace(PENDING, state=State.FAILED), Outcome.PENDING, Decision.ALREADY_KNOWN, State.FAILED),
        (replace(PENDING, state=State.FAILED), Outcome.SUSPECT, Decision.TO_REVIEW, State.REVIEW),
        (replace(PENDING, state=State.EXPIRED), Outcome.DONE, Decision.RECORDED, State.SUCCEEDED),
        (replace(PENDING, state=State.EXPIRED), Outcome.DECLINED, Decision.ALREADY_KNOWN, State.EXPIRED),
        (DISPUTED, Outcome.DONE, Decision.RECORDED, State.SUCCEEDED),
        (UNASKED, Outcome.DONE, Decision.RECORDED, State.SUCCEEDED),
        (DISPUTED, Outcome.DECLINED, Decision.RECORDED, State.FAILED),
        (DISPUTED, Outcome.SUSPECT, Decision.RECORDED, State.REVIEW),
        (CONTRADICTED, Outcome.DONE, Decision.RECORDED, State.REVIEW),
        (CONTRADICTED, Outcome.DECLINED, Decision.RECORDED, State.REVIEW),
        (SUCCEEDED, Outcome.DONE, Decision.ALREADY_KNOWN, State.SUCCEEDED),
        (SUCCEEDED, Outcome.DECLINED, Decision.ALREADY_KNOWN, State.SUCCEEDED),
        (SUCCEEDED, Outcome.PENDING, Decision.ALREADY_KNOWN, State.SUCCEEDED),
        (SUCCEEDED, Outcome.SUSPECT, Decision.ALREADY_KNOWN, State.SUCCEEDED),
    ],
)
def test_what_is_stored_and_what_is_reported_decide_together(
    stored: Payment, outcome: Outcome, decision: Decision, state: State
) -> None:
    counted = stored is SUCCEEDED

    judged = judge(stored, report(outcome), replace(KNOWN, reference_is_counted=counted), asked=False)

    assert (judged.decision, judged.payment.state) == (decision, state)


@pytest.mark.parametrize(
    ("changes", "known", "flag", "decision"),
    [
        ({"merchant_account": "THEIRS"}, {}, Flag.MERCHANT, Decision.NOT_AUTHENTIC),
        ({"amount": vnd(1)}, {}, Flag.AMOUNT, Decision.WRONG_AMOUNT),
        ({"amount": Money(1_100_000, "USD")}, {}, Flag.CURRENCY, Decision.WRONG_AMOUNT),
        ({"is_test": False}, {}, Flag.ENVIRONMENT, Decision.TO_REVIEW),
        ({}, {"environment": "live"}, Flag.ENVIRONMENT, Decision.TO_REVIEW),
        ({}, {"reference_is_anothers": True}, Flag.REFERENCE, Decision.TO_REVIEW),
    ],
)
@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.DECLINED, Outcome.PENDING])
@pytest.mark.parametrize("asked", [True, False])
def test_a_contradiction_goes_to_review_whatever_it_claims_and_whoever_asked(
    changes: dict[str, object],
    known: dict[str, object],
    flag: Flag,
    decision: Decision,
    outcome: Outcome,
    asked: bool,
) -> None:
    judged = judge(PENDING, report(outcome, **changes), replace(KNOWN, **known), asked=asked)  # type: ignore[arg-type]

    assert (judged.decision, judged.payment.state) == (decision, State.REVIEW)
    assert flag in judged.payment.flags


class TestUnpaid:
    """The gateway says that nothing was paid."""

    def test_expires_a_payment_when_asked_after_the_window_has_closed(self) -> None:
        late = replace(KNOWN, now=PENDING.closes_at)

        judged = judge(PENDING, report(Outcome.PENDING, unpaid=True, amount=None), late, asked=True)

        assert judged.payment.state is State.EXPIRED

    @pytest.mark.parametrize("asked", [True, False])
    def test_expires_nothing_while_the_buyer_can_still_pay(self, asked: bool) -> None:
        judged = judge(PENDING, report(Outcome.PENDING, unpaid=True, amount=None), KNOWN, asked=asked)

        assert judged.payment.state is State.PENDING

    def test_expires_nothing_when_nobody_asked(self) -> None:
        late = replace(KNOWN, now=PENDING.closes_at)

        judged = judge(PENDING, report(Outcome.PENDING, unpaid=True, amount=None), late, asked=False)

        assert (judged.payment.state, judged.ask) == (State.PENDING, True)


def test_a_refused_try_names_no_money_so_the_next_one_may_have_another_number() -> None:
    failed = judge(PENDING, report(Outcome.DECLINED, gateway_reference="T1"), KNOWN, asked=False).payment

    paid = judge(failed, report(Outcome.DONE, gateway_reference="T2"), KNOWN, asked=False).payment

    assert (failed.gateway_reference, paid.gateway_reference) == (None, "T2")
    assert (paid.state, paid.flags) == (State.SUCCEEDED, {Flag.LATE})


def test_a_second_transaction_of_an_unfinished_payment_is_a_contradiction() -> None:
    held = judge(PENDING, report(Outcome.PENDING, gateway_reference="T1"), KNOWN, asked=False).payment

    judged = judge(held, report(Outcome.DONE, gateway_reference="T2"), KNOWN, asked=False)

    assert (judged.payment.state, judged.payment.flags) == (State.REVIEW, {Flag.REFERENCE})
    assert judged.receipt == AMOUNT  # the money is real, and is not lost


def test_a_refused_try_under_another_number_contradicts_nothing() -> None:
    held = judge(PENDING, report(Outcome.PENDING, gateway_reference="T1"), KNOWN, asked=False).payment

    judged = judge(held, report(Outcome.DECLINED, gateway_reference="T2"), KNOWN, asked=False)

    assert (judged.payment.state, judged.payment.flags) == (State.FAILED, frozenset())


def test_more_money_of_another_amount_after_a_success_is_surplus_too() -> None:
    judged = judge(SUCCEEDED, report(amount=vnd(5), gateway_reference="T2"), KNOWN, asked=False)

    assert judged.payment.flags == frozenset({Flag.AMOUNT, Flag.SURPLUS})
    assert (judged.receipt, judged.payment.received) == (vnd(5), AMOUNT + vnd(5))


class TestADispute:
    def test_names_the_transaction_that_it_is_about(self) -> None:
        assert judge(PENDING, report(Outcome.SUSPECT), KNOWN, asked=False).payment.gateway_reference == "T1"

    @pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.DECLINED])
    def test_is_over_by_the_gateways_own_word(self, outcome: Outcome) -> None:
        assert judge(DISPUTED, report(outcome), KNOWN, asked=True).payment.flags == frozenset()


def test_money_for_a_payment_that_waits_for_a_person_is_counted_and_asked_about() -> None:
    judged = judge(CONTRADICTED, report(), KNOWN, asked=False)

    assert (judged.receipt, judged.payment.received, judged.ask) == (AMOUNT, AMOUNT, True)


@pytest.mark.parametrize(("asked", "flags"), [(True, frozenset()), (False, frozenset({Flag.CONFLICT}))])
def test_only_an_answer_that_may_have_crossed_the_success_accuses_nobody(
    asked: bool, flags: frozenset[Flag]
) -> None:
    assert judge(SUCCEEDED, report(Outcome.PENDING), KNOWN, asked=asked).payment.flags == flags


@pytest.mark.parametrize(("said", "kept"), [("x" * 200, "x" * 120), ("", "NCB")])
def test_the_name_of_the_bank_is_cut_to_its_column_and_never_emptied(said: str, kept: str) -> None:
    judged = judge(replace(PENDING, paid_with="NCB"), report(paid_with=said), KNOWN, asked=False)

    assert judged.payment.paid_with == kept


def test_a_success_without_an_amount_is_asked_about_and_not_believed() -> None:
    judged = judge(PENDING, report(Outcome.DONE, amount=None), KNOWN, asked=False)

    assert (judged.payment.state, judged.ask, judged.receipt) == (State.PENDING, True, None)


@pytest.mark.parametrize(
    ("minutes", "counts"),
    [(-1, False), (0, True), (5, True), (6, False)],
    ids=["before", "start", "middle", "after"],
)
def test_the_gateways_time_counts_between_handing_over_and_receipt(minutes: int, counts: bool) -> None:
    said, received = NOON + timedelta(minutes=minutes), NOON + timedelta(minutes=5)

    assert when_paid(PENDING, said, received) == (said if counts else received)


reports = st.builds(
    report,
    st.sampled_from(Outcome),
    amount=st.sampled_from([AMOUNT, vnd(1), vnd(1_100_001), Money(1_100_000, "USD"), None]),
    gateway_reference=st.sampled_from(["T1", "T2", None]),
    merchant_account=st.sampled_from(["OURS", "OURS", "OURS", "THEIRS", None]),
    is_test=st.sampled_from([None, True, False]),
    unpaid=st.booleans(),
)


@given(st.lists(st.tuples(reports, st.booleans(), st.booleans()), max_size=8))
def test_no_sequence_of_reports_moves_money_that_was_not_proven_or_undoes_a_success(
    sequence: list[tuple[PaymentReport, bool, bool]],
) -> None:
    payment, counted, received = PENDING, set[str](), vnd(0)
    for said, asked, late in sequence:
        if said.outcome is Outcome.DONE and said.gateway_reference is None:
            continue  # refused by type at the boundary
        now = PENDING.closes_at if late else NOON
        known = replace(KNOWN, now=now, reference_is_counted=said.gateway_reference in counted)

        judged = judge(payment, said, known, asked=asked)

        after = judged.payment
        assert after.state is payment.state or after.state in MOVES[payment.state]
        if judged.receipt is not None:
            assert said.outcome is Outcome.DONE
            assert said.gateway_reference not in counted
            assert judged.receipt == said.amount
            counted.add(str(said.gateway_reference))
            received += judged.receipt
        assert after.received == received
        if after.state is State.SUCCEEDED:
            assert after.received >= AMOUNT
        if payment.gateway_reference is not None:
            assert after.gateway_reference == payment.gateway_reference
        payment = after


class TestASuccessForAnotherOrder:
    """The gateway echoes the order's text, signed, and it is not this payment's."""

    def test_is_money_that_waits_for_a_person(self) -> None:
        judged = judge(PENDING, report(order_text="SVANOTHER234"), KNOWN, asked=False)

        assert (judged.decision, judged.payment.state) == (Decision.TO_REVIEW, State.REVIEW)
        assert (judged.payment.flags, judged.receipt) == ({Flag.ORDER}, AMOUNT)

    def test_contradicts_nothing_where_the_text_is_ours_or_is_not_there(self) -> None:
        for text in (None, PENDING.order_number):
            judged = judge(PENDING, report(order_text=text), KNOWN, asked=False)

            assert (judged.payment.state, judged.payment.flags) == (State.SUCCEEDED, frozenset())

    @pytest.mark.parametrize("outcome", [Outcome.DECLINED, Outcome.PENDING])
    def test_is_told_from_what_was_not_paid(self, outcome: Outcome) -> None:
        judged = judge(PENDING, report(outcome, order_text="SVANOTHER234"), KNOWN, asked=False)

        assert Flag.ORDER not in judged.payment.flags
