"""Money that people saw: when a second one must see it, and what it makes of a payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from payport.rules.confirmation import (
    Confirmation,
    State,
    is_one_person,
    needs_second,
    plain_reference,
    with_money,
)
from payport.rules.money import vnd
from payport.rules.payment import Flag, Payment
from payport.rules.payment import State as Paid

AT = datetime(2026, 11, 30, 2, tzinfo=UTC)


def seen(minor: int, state: State = State.COUNTED, second_by: str | None = None) -> Confirmation:
    return Confirmation(
        gateway_account="order-only",
        bank_reference="FT1",
        merchant_reference="SVPAYMENT",
        order_number="SVORDER",
        state=state,
        amount=vnd(minor),
        booked_on=date(2026, 11, 30),
        note="",
        first_by="lan",
        first_at=AT,
        second_by=second_by,
    )


def a_payment(state: Paid, received: int = 0, gateway_reference: str | None = None) -> Payment:
    return Payment(
        merchant_reference="SVPAYMENT",
        order_number="SVORDER",
        account="binh-minh",
        gateway_account="order-only",
        gateway="order_only",
        environment="sandbox",
        method="order_only",
        choice=None,
        state=state,
        amount=vnd(1_000),
        received=vnd(received),
        handed_over_at=AT - timedelta(days=1),
        closes_at=AT + timedelta(days=1),
        buyer_ip="203.0.113.9",
        language="vi",
        gateway_reference=gateway_reference,
    )


class TestAReference:
    @pytest.mark.parametrize("written", ["FT 12a", " ft12A ", "ＦＴ１２Ａ", "f t\t1 2 a"])
    def test_is_compared_without_blanks_and_in_capitals(self, written: str) -> None:
        assert plain_reference(written) == "FT12A"


class TestAName:
    @pytest.mark.parametrize("written", ["lan", " Lan", "LAN ", "ｌａｎ"])
    def test_is_one_persons_however_it_is_written(self, written: str) -> None:
        assert is_one_person("lan", written)
        assert is_one_person(written, "lan")

    @pytest.mark.parametrize(("one", "other"), [("lan", "lam"), ("lê lan", "lêlan"), ("lan", "")])
    def test_of_another_is_another(self, one: str, other: str) -> None:
        assert not is_one_person(one, other)

    def test_with_several_blanks_inside_is_the_same(self) -> None:
        assert is_one_person("lê  thị \t lan", "Lê Thị Lan")

    def test_stands_beside_that_of_the_second_one(self) -> None:
        assert (seen(1).people, seen(1, second_by="hoa").people) == ("lan", "lan and hoa")


class TestASecondPerson:
    @pytest.mark.parametrize(("minor", "needed"), [(99, False), (100, False), (101, True)])
    def test_is_needed_above_the_limit(self, minor: int, needed: bool) -> None:
        assert needs_second(vnd(minor), [], above=100) is needed

    def test_is_needed_for_parts_that_one_person_counts_alone(self) -> None:
        assert not needs_second(vnd(40), [seen(60)], above=100)
        assert needs_second(vnd(41), [seen(60)], above=100)

    @pytest.mark.parametrize(
        "other", [seen(1_000, second_by="hoa"), seen(1_000, State.WAITING), seen(1_000, State.WITHDRAWN)]
    )
    def test_is_not_needed_for_what_two_saw_or_nobody_counted(self, other: Confirmation) -> None:
        assert not needs_second(vnd(100), [other], above=100)


class TestMoney:
    def test_that_covers_a_payment_ends_it_at_that_instant(self) -> None:
        paid = with_money(a_payment(Paid.PENDING), vnd(1_000), reference="FT1", at=AT)

        assert (paid.state, paid.received, paid.paid_at) == (Paid.SUCCEEDED, vnd(1_000), AT)
        assert (paid.gateway_reference, paid.flags) == ("FT1", frozenset())

    def test_that_is_a_part_waits_for_the_rest(self) -> None:
        part = with_money(a_payment(Paid.PENDING), vnd(999), reference="FT1", at=AT)

        assert (part.state, part.received, part.paid_at) == (Paid.PENDING, vnd(999), None)

    def test_that_completes_a_part_keeps_the_first_transfers_name(self) -> None:
        part = a_payment(Paid.PENDING, 600, "FT1")

        paid = with_money(part, vnd(400), reference="FT2", at=AT)

        assert (paid.state, paid.received, paid.gateway_reference) == (Paid.SUCCEEDED, vnd(1_000), "FT1")

    def test_for_a_payment_that_is_paid_is_only_added(self) -> None:
        before = replace(a_payment(Paid.SUCCEEDED, 1_000, "FT1"), paid_at=AT - timedelta(hours=1))

        after = with_money(before, vnd(5), reference="FT2", at=AT)

        assert after == replace(before, received=vnd(1_005))

    @pytest.mark.parametrize("ended", [Paid.FAILED, Paid.EXPIRED])
    def test_that_comes_late_says_so_and_is_for_a_person_while_it_does_not_cover(self, ended: Paid) -> None:
        covered = with_money(a_payment(ended), vnd(1_000), reference="FT1", at=AT)
        part = with_money(a_payment(ended), vnd(999), reference="FT1", at=AT)

        assert (covered.state, covered.flags, covered.paid_at) == (Paid.SUCCEEDED, {Flag.LATE}, AT)
        assert (part.state, part.flags, part.paid_at) == (Paid.REVIEW, {Flag.LATE}, None)
