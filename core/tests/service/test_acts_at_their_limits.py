"""What a person could get out of the acts of the back office by a way that is not their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from payport import Payport
from payport.errors import Defect, RequestRefused, SecondPersonNeeded
from payport.rules.acts import (
    Act,
    Adjust,
    Cancel,
    CloseChargeback,
    Dismiss,
    GiveBack,
    OpenChargeback,
    ResolveOrder,
    SettleRefund,
)
from payport.rules.four_eyes import Proposal, State
from payport.rules.money import MOST_MINOR, vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from payport.service.replaying import compare
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.shop import BUYER, Shop
from tests.support.transfers import ACCOUNT, Transfers
from tests.support.unmoved import nothing_moves

WHY = "the buyer asked for it"
BY = {"actor": "lan", "reason": WHY}
POLICY = "refund = 500_000\nadjust = true\nchargeback = true\n"
TRANSACTIONS = count(17_000_001)


@pytest.fixture
def strict(database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
    with refund_shop(tmp_path, database_url, four_eyes=POLICY) as opened:
        yield opened


def proposed(shop: RefundShop, act: Act, by: str = "lan") -> Proposal:
    return shop.shop.payport.propose(act, actor=by)


def a_claim(payment: Payment) -> OpenChargeback:
    reference = payment.merchant_reference
    return OpenChargeback(merchant_reference=reference, amount=vnd(400_000), reason=WHY)


def a_refund(payment: Payment) -> GiveBack:
    reference = payment.merchant_reference
    return GiveBack(merchant_reference=reference, amount=vnd(600_000), key=f"form {reference}", reason=WHY)


class TestOneClaimOfAnIssuer:
    def test_REF_10_that_two_people_propose_is_one_chargeback(self, strict: RefundShop) -> None:
        payport, payment = strict.shop.payport, strict.paid()
        first, second = (proposed(strict, a_claim(payment), by) for by in ("lan", "hoa"))
        payport.approve(first.id, actor="minh")

        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="seen_left"):
            payport.approve(second.id, actor="minh")

    def test_REF_10_that_two_people_approve_at_one_moment_is_one_chargeback(self, strict: RefundShop) -> None:
        payport, payment = strict.shop.payport, strict.paid()
        first, second = (proposed(strict, a_claim(payment), by) for by in ("lan", "hoa"))

        results = at_once(
            lambda: payport.approve(first.id, actor="minh"), lambda: payport.approve(second.id, actor="tam")
        )

        assert sum(isinstance(each, RequestRefused) for each in results) == 1
        assert strict.left(payment) == vnd(700_000)


class TestWhatAnIssuerClaimsInParts:
    POLICY = "chargeback = 500_000\nclose_chargeback = 500_000\n"

    @pytest.fixture
    def shop(self, database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
        with refund_shop(tmp_path, database_url, four_eyes=self.POLICY) as opened:
            yield opened

    def test_REF_10_does_not_go_below_the_limit(self, shop: RefundShop) -> None:
        payport, payment = shop.shop.payport, shop.paid()
        first = payport.chargeback(payment.merchant_reference, vnd(300_000), **BY)
        part = OpenChargeback(merchant_reference=payment.merchant_reference, amount=vnd(200_001), reason=WHY)

        effect = payport.rehearse(part, actor="lan")
        with nothing_moves(shop.shop), pytest.raises(SecondPersonNeeded, match="500,001 VND"):
            payport.perform(part, actor="lan")

        assert (effect.needs_second, effect.amount) == (True, vnd(200_001))
        assert payport.propose(part, actor="lan").amount == vnd(200_001)
        payport.chargeback_won(first.reference, actor="lan")
        payport.perform(part, actor="lan")  # what was won is claimed no more

    def test_REF_10_is_not_closed_in_parts_by_one_person_either(self, shop: RefundShop) -> None:
        payport, payment = shop.shop.payport, shop.paid()
        claims = []
        for _ in range(2):
            part = OpenChargeback(
                merchant_reference=payment.merchant_reference, amount=vnd(300_000), reason=WHY
            )
            proposal = proposed(shop, part)
            claims.append(str(payport.approve(proposal.id, actor="minh").result))
        payport.chargeback_won(claims[0], actor="lan")

        for close in (payport.chargeback_won, payport.chargeback_lost):
            with nothing_moves(shop.shop), pytest.raises(SecondPersonNeeded, match="600,000 VND"):
                close(claims[1], actor="lan")


class TestWhatAnAccountGetsByHand:
    @staticmethod
    def all_that_gives(giving: RefundShop) -> Iterator[Act]:
        payport, payment = giving.shop.payport, giving.paid()
        yield Adjust(account=payment.account, days=5, reason=WHY)
        yield GiveBack(merchant_reference=payment.merchant_reference, amount=vnd(1), key="f", reason=WHY)
        giving.bank.loses_the_answer()
        refund = giving.refund(payment, vnd(200_000)).reference
        yield SettleRefund(reference=refund, outcome="succeeded", reason=WHY)
        yield SettleRefund(reference=refund, outcome="failed", reason=WHY)
        claim = payport.chargeback(payment.merchant_reference, vnd(300_000), **BY).reference
        yield CloseChargeback(reference=claim, outcome="won")

    def test_REF_10_is_given_by_nobody_to_themselves_at_any_door(self, giving: RefundShop) -> None:
        payport = giving.shop.payport
        for act in self.all_that_gives(giving):
            sent = len(giving.bank.sent)
            for name in ("binh-minh", " BINH-MINH ", BUYER.email):
                for door in (payport.rehearse, payport.perform, payport.propose):
                    with pytest.raises(RequestRefused, match="of their own"):
                        door(act, actor=name)
            assert len(giving.bank.sent) == sent
        assert payport.proposals() == ()

    def test_may_be_taken_by_its_buyer(self, giving: RefundShop) -> None:
        """Whoever ends their own order in the shop does it by that name."""
        placed = giving.begins(account="binh-minh")

        order = giving.shop.payport.cancel(placed.order_number, actor="binh-minh", reason="second thoughts")

        assert order.state is OrderState.CANCELLED

    @pytest.mark.parametrize("name", ["binh-minh", " BINH-MINH ", BUYER.email])
    def test_REF_10_is_never_approved_by_its_buyer(self, strict: RefundShop, name: str) -> None:
        payment = strict.paid()
        proposal = proposed(strict, Adjust(account=payment.account, days=5, reason=WHY))

        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="of their own"):
            strict.shop.payport.approve(proposal.id, actor=name)


class TestTheEndOfAReview:
    """By whatever verb: the policy of one is not gone around by the other."""

    @pytest.mark.parametrize(
        ("policy", "end"),
        [
            ("resolve_order = true", lambda shop, number: shop.payport.cancel(number, **BY)),
            ("cancel = true", lambda shop, number: shop.payport.resolve_order(number, "cancelled", **BY)),
        ],
    )
    def test_REF_10_needs_the_second_person_that_either_verb_needs(
        self, database_url: str, tmp_path: Path, policy: str, end: Callable[[Shop, str], Any]
    ) -> None:
        with refund_shop(tmp_path, database_url, four_eyes=policy) as opened:
            shop, held = opened.shop, opened.in_review()
            assert opened.order(held).state is OrderState.REVIEW

            with nothing_moves(shop), pytest.raises(SecondPersonNeeded):
                end(shop, held.order_number)

            for act in (
                Cancel(order_number=held.order_number, reason=WHY),
                ResolveOrder(order_number=held.order_number, outcome="cancelled", reason=WHY),
            ):
                assert shop.payport.rehearse(act, actor="lan").needs_second

    @pytest.mark.parametrize("policy", ["resolve_order", "cancel"])
    def test_REF_10_by_a_refund_of_one_dong_weighs_all_of_its_money(
        self, database_url: str, tmp_path: Path, policy: str
    ) -> None:
        with refund_shop(tmp_path, database_url, four_eyes=f"{policy} = 1_099_999") as opened:
            shop, held = opened.shop, opened.in_review()
            wanted = GiveBack(merchant_reference=held.merchant_reference, amount=vnd(1), key="f", reason=WHY)
            by_hand = replace(wanted, by_hand=True, gateway_reference="FT1")

            for act in (wanted, by_hand):
                assert shop.payport.rehearse(act, actor="lan").needs_second
                with nothing_moves(shop), pytest.raises(SecondPersonNeeded, match="of 1,100,000 VND does"):
                    shop.payport.perform(act, actor="lan")
            assert opened.bank.sent == []
            proposal = shop.payport.propose(wanted, actor="lan")
            assert proposal.amount == vnd(1)
            shop.payport.approve(proposal.id, actor="minh")
            assert opened.order(held).state is OrderState.CANCELLED

    def test_REF_10_by_saying_that_such_a_refund_came_through_needs_it_too(
        self, database_url: str, tmp_path: Path
    ) -> None:
        with refund_shop(tmp_path, database_url, four_eyes="") as opened:
            held = opened.in_review()
            opened.bank.loses_the_answer()
            refund = opened.refund(held, vnd(1))
        policy = "[four_eyes]\ncancel = true\n"
        text = opened.shop.folder / "payport.toml"
        text.write_text(text.read_text().replace("[four_eyes]\n", policy))
        again = Payport.from_config(text, clock=opened.shop.clock)
        by = {"actor": "lan", "reason": WHY}

        with pytest.raises(SecondPersonNeeded, match="does what a cancel"):
            again.settle_refund(refund.reference, "succeeded", **by)
        again.settle_refund(refund.reference, "failed", **by)

        assert again.order(held.order_number).state is OrderState.REVIEW
        again.close()

    def test_by_a_refund_of_an_order_that_is_paid_is_none(self, database_url: str, tmp_path: Path) -> None:
        with refund_shop(tmp_path, database_url, four_eyes="resolve_order = true") as opened:
            opened.refund(opened.paid(), vnd(1))

            assert len(opened.bank.sent) == 1

    def test_of_an_order_that_is_only_placed_asks_for_what_cancelling_asks(
        self, database_url: str, tmp_path: Path
    ) -> None:
        with refund_shop(tmp_path, database_url, four_eyes="resolve_order = true") as opened:
            number = opened.shop.order("hai").number

            opened.shop.payport.cancel(number, **BY)

            assert opened.shop.payport.order(number).state is OrderState.CANCELLED


class TestMoneyOfADisputedPayment:
    def disputed(self, shop: Shop) -> tuple[Payment, str]:
        transaction = str(next(TRANSACTIONS))
        payment = shop.pay(shop.order())
        shop.ipn(payment, response="07", transaction=transaction)
        return shop.payment(payment), transaction

    def test_is_counted_by_the_name_that_its_gateway_gave_or_not_at_all(self, shop: Shop) -> None:
        payment, transaction = self.disputed(shop)

        with nothing_moves(shop), pytest.raises(RequestRefused, match="another name before"):
            shop.payport.resolve_payment(
                payment.merchant_reference, "succeeded", gateway_reference="16000000", **BY
            )
        shop.payport.resolve_payment(
            payment.merchant_reference, "succeeded", gateway_reference=transaction, **BY
        )
        shop.ipn(payment, transaction=transaction)

        assert shop.payport.refundable(payment.merchant_reference).left == payment.amount

    def test_is_never_more_than_can_be_kept(self, shop: Shop) -> None:
        order = shop.order()
        first = shop.pay(order)
        shop.ipn(first, response="07", transaction=str(next(TRANSACTIONS)))
        shop.ipn(shop.pay(order), transaction=str(next(TRANSACTIONS)))

        with nothing_moves(shop), pytest.raises(RequestRefused, match="amount"):
            shop.payport.resolve_payment(first.merchant_reference, "succeeded", amount=vnd(MOST_MINOR), **BY)


class TestWhoeverWritesTheDatabase:
    @pytest.mark.parametrize(
        "forged",
        [
            {"document": "600000:6000"},
            {"proposed_by": "another"},
            {"amount_minor": 6_000},
            {"digest": "0" * 64},
            {"act": "cancel"},
        ],
    )
    def test_JNL_06_changes_nothing_of_what_waits_for_approval(
        self, strict: RefundShop, forged: dict[str, Any]
    ) -> None:
        payport = strict.shop.payport
        proposal = proposed(strict, a_refund(strict.paid()))
        database = payport.seller.database

        def write(values: dict[str, Any]) -> None:
            with database.engine.begin() as connection:
                connection.execute(update(t.proposals).values(values))

        with database.reading() as connection:
            assert compare(connection) == ()
            before = dict(connection.execute(select(t.proposals)).one()._mapping)
        was, _, becomes = forged.get("document", "").partition(":")
        write({"document": before["document"].replace(was, becomes)} if was else forged)

        with database.reading() as connection:
            assert {each.table for each in compare(connection)} == {"proposals"}
        for close in (
            lambda: payport.approve(proposal.id, actor="minh"),
            lambda: payport.decline(proposal.id, actor="minh", reason="?"),
        ):
            with nothing_moves(strict.shop), pytest.raises(Defect, match="journal"):
                close()
        assert strict.bank.sent == []
        write(before)
        assert payport.approve(proposal.id, actor="minh").state is State.APPROVED

    def test_JNL_06_lets_nothing_be_approved_twice(self, strict: RefundShop) -> None:
        payport = strict.shop.payport
        proposal = proposed(strict, a_claim(strict.paid()))
        payport.approve(proposal.id, actor="minh")
        with payport.seller.database.engine.connect() as connection, connection.begin() as forging:
            connection.execute(
                update(t.proposals).values(state="waiting", closed_at=None, closed_by=None, result=None)
            )
            found = {each.column for each in compare(connection)}
            forging.rollback()

        assert found == {"state", "closed_at", "closed_by", "result"}

    def test_JNL_06_adds_and_takes_away_no_proposal(self, strict: RefundShop) -> None:
        payport = strict.shop.payport
        proposed(strict, a_claim(strict.paid()))
        engine = payport.seller.database.engine
        with engine.connect() as connection, connection.begin() as forging:
            row = dict(connection.execute(select(t.proposals)).one()._mapping)
            connection.execute(t.proposals.insert().values(row | {"id": "another"}))
            assert [each.problem for each in compare(connection)] == [
                "the table has it, no entry tells of it"
            ]
            connection.execute(t.proposals.delete())
            assert [each.problem for each in compare(connection)] == [
                "the journal tells of it, the table has no such row"
            ]
            forging.rollback()

    def test_an_erased_proposal_still_stands_as_the_journal_says(self, strict: RefundShop) -> None:
        payport, payment = strict.shop.payport, strict.paid()
        proposal = proposed(strict, a_refund(payment))
        payport.decline(proposal.id, actor="minh", reason="no")
        payport.erase_buyer(payment.account, actor="lan", reason="by letter")

        with payport.seller.database.reading() as connection:
            assert compare(connection) == ()
        (kept,) = payport.proposals(states=())
        with payport.seller.database.engine.connect() as connection, connection.begin() as forging:
            document = connection.execute(select(t.proposals.c.document)).scalar_one()
            forged = document.replace("600000", "6000")
            assert forged != document
            connection.execute(update(t.proposals).values(document=forged))
            assert {each.table for each in compare(connection)} == {"proposals"}
            forging.rollback()
        assert kept.act.reason == "[erased]"  # type: ignore[union-attr]


class TestMoneyOfNoOrder:
    def test_that_was_dismissed_is_not_proposed_again(self, desk: Transfers) -> None:
        payport = desk.shop.payport
        desk.read_one(desk.line("tien thue nha", reference="FT77"))
        act = Dismiss(gateway_account=ACCOUNT, reference="FT77", reason=WHY)
        payport.perform(act, actor="lan")

        with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="done before"):
            payport.propose(act, actor="lan")
