"""What a person could get out of the acts of the back office by a way that is not their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from payport.errors import Defect, RequestRefused, SecondPersonNeeded
from payport.rules.acts import Act, Adjust, Cancel, Dismiss, GiveBack, OpenChargeback, ResolveOrder
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


class TestWhatAnAccountGetsByHand:
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
