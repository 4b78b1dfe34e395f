"""Several people at one act at once, a policy that changes while it waits, and two acts of one amount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from payport import Payport
from payport.errors import EffectChanged, RequestRefused, SecondPersonNeeded
from payport.rules.acts import Adjust, GiveBack, SettleRefund, Withdraw
from payport.rules.four_eyes import FourEyes, Proposal, State
from payport.rules.money import Money, vnd
from payport.rules.payment import Payment
from payport.rules.purchase import New
from payport.rules.refund import Refund
from tests.support.at_once import at_once
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.transfers import FOUR_EYES_ABOVE, Transfers
from tests.support.unmoved import nothing_moves

WHY = "the buyer asked for it"


def under(shop: Payport, **policy: int | bool) -> Payport:
    """The same seller, with another policy from now on."""
    return Payport(replace(shop.seller, four_eyes=FourEyes(policy)), shop.configuration)


def a_refund(payment: Payment, amount: Money | None = None, **more: Any) -> GiveBack:
    key = f"form {payment.merchant_reference}"
    return GiveBack(
        **{"merchant_reference": payment.merchant_reference, "amount": amount, "key": key, "reason": WHY}
        | more
    )


def all_three(payport: Payport, proposal: Proposal) -> Any:
    """What came of approving it, of declining it, and of doing it alone."""
    return at_once(
        lambda: payport.approve(proposal.id, actor="minh"),
        lambda: payport.decline(proposal.id, actor="hoa", reason="no"),
        lambda: payport.perform(proposal.act, actor="lan"),
    )


class TestApprovedDeclinedAndDoneAtOneMoment:
    def test_REF_07_a_refund_is_sent_once_or_not_at_all(self, giving: RefundShop) -> None:
        payport = giving.shop.payport
        for number in range(5):
            payment, sent = giving.paid(account=f"khach-{number}"), len(giving.bank.sent)
            proposal = payport.propose(a_refund(payment, vnd(400_000)), actor="lan")

            approved, declined, done = all_three(payport, proposal)

            after = payport.proposal(proposal.id)
            assert isinstance(approved, Proposal) is (after.state is State.APPROVED)
            assert isinstance(declined, Proposal) is (after.state is State.DECLINED)
            assert after.state is not State.WAITING
            assert isinstance(done, Refund)  # its own key: whoever was first, it is the one refund
            (refund,) = giving.order(payment).refunds
            assert (refund.reference, len(giving.bank.sent)) == (done.reference, sent + 1)
            assert after.result in {None, refund.reference}

    def test_REF_07_an_adjustment_is_made_once_or_not_at_all(self, giving: RefundShop) -> None:
        payport = giving.shop.payport
        for number in range(5):
            account = giving.paid(account=f"khach-{number}").account
            wanted = Adjust(account=account, days=7, reason=WHY)
            proposal = payport.propose(wanted, actor="lan")

            approved, declined, done = all_three(payport, proposal)

            made = [one for one in (approved, done) if not isinstance(one, RequestRefused)]
            assert len(made) <= 1
            assert payport.entitlement(account).version == 1 + len(made)
            assert isinstance(declined, Proposal | RequestRefused)


class TestAPolicyThatChangedWhileItWaited:
    def test_that_asks_no_more_leaves_it_to_one_person_and_does_it_once(self, giving: RefundShop) -> None:
        strict = under(giving.shop.payport, refund=True)
        payment = giving.paid()
        proposal = strict.propose(a_refund(payment), actor="lan")
        free = under(giving.shop.payport)

        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="proposed it"):
            free.approve(proposal.id, actor="lan")  # what was proposed still needs another person
        free.perform(proposal.act, actor="lan")

        for shop in (free, strict):
            with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="done meanwhile"):
                shop.approve(proposal.id, actor="minh")
        assert len(giving.bank.sent) == 1

    def test_that_asks_now_makes_what_was_shown_stale(self, giving: RefundShop) -> None:
        act = a_refund(giving.paid())
        shown = giving.shop.payport.rehearse(act, actor="lan").digest
        strict = under(giving.shop.payport, refund=True)

        with nothing_moves(giving.shop), pytest.raises(EffectChanged):
            strict.perform(act, actor="lan", shown=shown)
        with nothing_moves(giving.shop), pytest.raises(SecondPersonNeeded):
            strict.perform(act, actor="lan")
        assert giving.bank.sent == []


class TestLinesOfOneAmount:
    """An order of two lines; money back for one of them, or the same amount for the other, or for none."""

    def paid(self, giving: RefundShop) -> Payment:
        return giving.paid(New(package="enterprise", months=12, extra_steps=1))

    def test_are_told_apart_by_what_was_shown_and_by_their_key(self, giving: RefundShop) -> None:
        payport, payment = giving.shop.payport, self.paid(giving)
        amount = vnd(3_905_000)
        of_the_second = a_refund(payment, amount, lines=(1,))
        of_the_first, of_none = replace(of_the_second, lines=(0,)), replace(of_the_second, lines=())
        digests = {
            payport.rehearse(act, actor="lan").digest for act in (of_the_second, of_the_first, of_none)
        }

        assert len(digests) == 3
        proposals = [payport.propose(act, actor="lan") for act in (of_the_first, of_none, of_the_second)]
        assert len({proposal.id for proposal in proposals}) == 3
        payport.approve(proposals[2].id, actor="minh")
        for other in proposals[:2]:
            with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="lines"):
                payport.approve(other.id, actor="minh")
        (refund,) = giving.order(payment).refunds
        assert (refund.lines, refund.amount, len(giving.bank.sent)) == ((1,), amount, 1)

    def test_are_taken_once(self, giving: RefundShop) -> None:
        payport, payment = giving.shop.payport, self.paid(giving)
        first, second = (
            payport.propose(a_refund(payment, vnd(3_905_000), lines=(1,), key=key), actor="lan")
            for key in ("one", "two")
        )

        results = at_once(
            lambda: payport.approve(first.id, actor="minh"), lambda: payport.approve(second.id, actor="hoa")
        )

        assert sum(isinstance(one, RequestRefused) for one in results) == 1
        assert len(giving.bank.sent) == 1


class TestWhatOnePersonCouldSayInstead:
    @pytest.fixture
    def strict(self, database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
        with refund_shop(tmp_path, database_url, four_eyes="refund = 500_000") as opened:
            yield opened

    def test_REF_10_that_more_went_back_than_was_asked_for_is_a_refund_too(self, strict: RefundShop) -> None:
        strict.bank.loses_the_answer()
        refund = strict.refund(strict.paid(), vnd(100_000))
        more = SettleRefund(reference=refund.reference, outcome="succeeded", reason=WHY, amount=vnd(500_001))
        payport = strict.shop.payport

        assert payport.rehearse(more, actor="lan").needs_second
        with nothing_moves(strict.shop), pytest.raises(SecondPersonNeeded, match="a refund of 500,001 VND"):
            payport.perform(more, actor="lan")
        payport.perform(replace(more, amount=vnd(100_000)), actor="lan")


def test_taking_back_a_confirmation_says_that_it_needs_a_second_person(desk: Transfers) -> None:
    order = desk.order(package="enterprise")
    waiting = desk.confirm(order, FOUR_EYES_ABOVE + 1)
    act = Withdraw(order_number=order.number, bank_reference=waiting.bank_reference, reason=WHY)

    for policy, needs in ((True, True), (False, False)):
        assert under(desk.shop.payport, withdraw=policy).rehearse(act, actor="lan").needs_second is needs
