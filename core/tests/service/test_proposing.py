"""Two people for one act: who may approve, what is approved, and that it is done once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from payport.doors.configuration import load_configuration
from payport.errors import ConfigurationError, NotFound, RefundTooLarge, RequestRefused, SecondPersonNeeded
from payport.rules.acts import (
    ACTS,
    Act,
    Adjust,
    Cancel,
    CloseChargeback,
    Confirm,
    GiveBack,
    OpenChargeback,
    ResolveOrder,
    SettleRefund,
    Withdraw,
    act_from_json,
    act_to_json,
)
from payport.rules.four_eyes import FourEyes, Proposal, State
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from payport.rules.refund import State as RefundState
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.customer import transaction_of
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.shop import BUYER, Shop, write_configuration
from tests.support.transfers import Transfers
from tests.support.unmoved import nothing_moves

BOOKED_ON = date(2026, 11, 24)
WHY = "the buyer asked for it"
POLICY = """
refund = 500_000
cancel = true
adjust = true
resolve_order = 0
chargeback = true
close_chargeback = true
settle_refund = true
"""


@pytest.fixture
def strict(database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
    with refund_shop(tmp_path, database_url, four_eyes=POLICY) as opened:
        yield opened


def a_refund(strict: RefundShop, amount: int = 600_000, *, of: Payment | None = None) -> GiveBack:
    payment = of or strict.paid()
    key = f"form {payment.merchant_reference} {amount}"
    return GiveBack(merchant_reference=payment.merchant_reference, amount=vnd(amount), key=key, reason=WHY)


def proposed(strict: RefundShop, act: Act) -> Proposal:
    return strict.shop.payport.propose(act, actor="lan")


def approved(shop: Shop, proposal: Proposal, by: str = "minh") -> Callable[[], Proposal]:
    return lambda: shop.payport.approve(proposal.id, actor=by)


class TestThePolicy:
    def test_asks_above_its_amount_always_or_never(self) -> None:
        policy = FourEyes({"refund": 500, "cancel": True, "adjust": False, "dismiss": 0})

        assert [policy.asks("refund", vnd(each)) for each in (500, 501)] == [False, True]
        assert [policy.asks(act, None) for act in ("cancel", "adjust", "withdraw")] == [True, False, False]
        assert policy.asks("dismiss", None)  # money of which nobody knows how much it is
        assert not policy.asks("dismiss", vnd(0))

    @pytest.mark.parametrize(
        "text", ["refund = -1", "adjust = 5", 'cancel = "yes"', "confirm = 0", "refund = 0.5"]
    )
    def test_that_is_none_stops_the_start(self, tmp_path: Path, text: str) -> None:
        file = write_configuration(tmp_path, "sqlite:///x.sqlite", accounts=f"[four_eyes]\n{text}\n")

        with pytest.raises(ConfigurationError, match="four_eyes"):
            load_configuration(file)

    def test_is_asked_by_each_verb_after_its_own_rules(self, strict: RefundShop) -> None:
        payport, payment = strict.shop.payport, strict.paid()
        reference, placed = payment.merchant_reference, strict.shop.order("hai").number
        by: dict[str, Any] = {"actor": "lan", "reason": WHY}

        for needs_two in (
            lambda: payport.refund(reference, vnd(500_001), key="f", **by),
            lambda: payport.cancel(placed, **by),
            lambda: payport.adjust(payment.account, days=1, **by),
            lambda: payport.chargeback(reference, vnd(1), **by),
        ):
            with nothing_moves(strict.shop), pytest.raises(SecondPersonNeeded, match="Propose it"):
                needs_two()
        with pytest.raises(RefundTooLarge):
            payport.refund(reference, vnd(1_100_001), key="f", **by)
        assert strict.bank.sent == []

    def test_does_not_let_parts_go_below_its_amount(self, strict: RefundShop) -> None:
        payment = strict.paid()
        strict.refund(payment, vnd(300_000))

        with nothing_moves(strict.shop), pytest.raises(SecondPersonNeeded, match="600,000 VND"):
            strict.refund(payment, vnd(300_000))

        assert len(strict.bank.sent) == 1

    def test_does_not_refuse_the_second_click_of_what_was_done(self, strict: RefundShop) -> None:
        payment = strict.paid()
        first = strict.refund(payment, vnd(400_000), key="form")
        strict.refund(payment, vnd(100_000))

        assert strict.refund(payment, vnd(400_000), key="form") == first


class TestAProposal:
    def test_does_nothing_and_reserves_nothing(self, strict: RefundShop) -> None:
        payment = strict.paid()

        proposal = proposed(strict, a_refund(strict, of=payment))

        assert (proposal.state, proposal.amount, proposal.proposed_by) == (State.WAITING, vnd(600_000), "lan")
        assert strict.left(payment) == vnd(1_100_000)
        assert strict.shop.payport.proposals() == (proposal,)
        assert strict.bank.sent == []

    def test_pins_what_it_would_come_to(self, strict: RefundShop) -> None:
        act = GiveBack(merchant_reference=strict.paid().merchant_reference, key="f", reason=WHY)

        pinned = proposed(strict, act).act

        assert pinned == replace(act, amount=vnd(1_100_000), of="order", seen_left=vnd(1_100_000))

    def test_again_is_the_same_one_and_another_persons_is_another(self, strict: RefundShop) -> None:
        act = a_refund(strict)

        first, again = proposed(strict, act), proposed(strict, act)

        assert first == again
        assert strict.shop.payport.propose(act, actor="minh").id != first.id

    def test_of_what_would_be_refused_is_refused(self, strict: RefundShop) -> None:
        payment = strict.paid()

        with nothing_moves(strict.shop), pytest.raises(RefundTooLarge):
            proposed(strict, a_refund(strict, 1_100_001, of=payment))

    def test_of_what_was_done_is_refused(self, strict: RefundShop) -> None:
        payment = strict.paid()
        strict.refund(payment, vnd(100_000), key="form", actor="lan", reason=WHY)
        act = replace(a_refund(strict, 100_000, of=payment), key="form", seen_left=None)

        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="it was done before"):
            proposed(strict, act)

    def test_is_not_for_confirming_money(self, desk: Transfers) -> None:
        act = Confirm(
            order_number=desk.order().number,
            amount=vnd(1),
            booked_on=desk.clock.now.date(),
            bank_reference="FT1",
        )

        with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="its own second person"):
            desk.shop.payport.propose(act, actor="lan")

    def test_stays_readable_whatever_the_act(self) -> None:
        given: dict[str, Any] = {
            "order_number": "SV1", "amount": vnd(1), "booked_on": BOOKED_ON, "bank_reference": "FT",
            "key": "k", "reason": "r", "merchant_reference": "SV2", "reference": "SV3", "outcome": "paid",
            "account": "a", "gateway_account": "g",
        }  # fmt: skip
        for kind in ACTS:
            fields = {name for name in kind.__dataclass_fields__ if name in given}
            act = kind(**{name: given[name] for name in fields})

            assert act_from_json(act_to_json(act)) == act


class TestAnApproval:
    def test_does_the_act_and_names_both_in_the_journal(self, strict: RefundShop) -> None:
        proposal = proposed(strict, a_refund(strict))

        done = approved(strict.shop, proposal)()

        refund = strict.shop.payport.order(str(proposal.order_number)).refunds[0]
        assert (done.state, done.closed_by, done.result) == (State.APPROVED, "minh", refund.reference)
        assert (refund.state, refund.amount, refund.requested_by) == (
            RefundState.SUCCEEDED,
            vnd(600_000),
            "lan",
        )
        assert len(strict.bank.sent) == 1
        with strict.shop.payport.seller.database.reading() as connection:
            text, because = connection.execute(
                select(t.journal.c.text, t.journal.c.because).where(t.journal.c.kind == "proposal.approved")
            ).one()
        facts = json.loads(text)["facts"]
        assert (facts["proposed_by"], facts["closed_by"]) == ("lan", "minh")
        assert because == "refund proposed by lan, approved by minh"
        assert WHY not in text

    @pytest.mark.parametrize("name", ["lan", " LAN ", "binh-minh", BUYER.email])
    def test_REF_10_is_never_of_its_maker_or_the_buyer(self, strict: RefundShop, name: str) -> None:
        proposal = proposed(strict, a_refund(strict))

        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="actor"):
            approved(strict.shop, proposal, name)()

    def test_REF_07_that_is_clicked_twice_changes_nothing_more(self, strict: RefundShop) -> None:
        proposal = proposed(strict, a_refund(strict))
        done = approved(strict.shop, proposal)()

        with nothing_moves(strict.shop):
            assert approved(strict.shop, proposal)() == done
        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="it was approved by minh"):
            approved(strict.shop, proposal, "hoa")()
        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="it was approved by minh"):
            strict.shop.payport.decline(proposal.id, actor="minh", reason="second thoughts")

    def test_after_something_changed_is_refused_by_the_acts_own_rules(self, strict: RefundShop) -> None:
        payment = strict.paid()
        refund = proposed(strict, a_refund(strict, of=payment))
        adjusted = proposed(strict, Adjust(account=payment.account, days=5, reason=WHY))
        strict.refund(payment, vnd(100_000), lines=())
        approved(strict.shop, adjusted)()
        late = proposed(strict, Adjust(account=payment.account, days=5, reason=WHY))
        approved(strict.shop, proposed(strict, Adjust(account=payment.account, days=6, reason=WHY)))()

        for proposal, field in ((refund, "seen_left"), (late, "seen_version")):
            with nothing_moves(strict.shop), pytest.raises(RequestRefused, match=field):
                approved(strict.shop, proposal)()
            assert (
                strict.shop.payport.decline(proposal.id, actor="minh", reason="too late").reason == "too late"
            )

    def test_of_what_somebody_did_meanwhile_is_refused(self, strict: RefundShop) -> None:
        act = a_refund(strict, 200_000)
        proposal = proposed(strict, act)
        strict.shop.payport.refund(
            act.merchant_reference, act.amount, key=act.key, actor="lan", reason=WHY, of="order"
        )

        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="it was done meanwhile"):
            approved(strict.shop, proposal)()

    def test_whose_answer_is_lost_leaves_a_refund_that_is_never_sent_again(self, strict: RefundShop) -> None:
        proposal = proposed(strict, a_refund(strict))
        strict.bank.loses_the_answer()

        approved(strict.shop, proposal)()
        approved(strict.shop, proposal)()

        assert len(strict.bank.sent) == 1
        (refund,) = strict.shop.payport.order(str(proposal.order_number)).refunds
        assert refund.state is RefundState.UNKNOWN
        settle = proposed(strict, SettleRefund(reference=refund.reference, outcome="succeeded", reason=WHY))
        approved(strict.shop, settle)()
        assert strict.now(refund).state is RefundState.SUCCEEDED

    def test_of_each_other_act_does_it(self, strict: RefundShop) -> None:
        payport, payment = strict.shop.payport, strict.paid()
        claim = proposed(
            strict,
            OpenChargeback(merchant_reference=payment.merchant_reference, amount=payment.amount, reason=WHY),
        )
        opened = str(approved(strict.shop, claim)().result)
        assert payport.entitlement(payment.account).state == "suspended"
        approved(strict.shop, proposed(strict, CloseChargeback(reference=opened, outcome="won")))()
        assert payport.entitlement(payment.account).state == "active"
        placed = strict.shop.order("hai").number
        approved(strict.shop, proposed(strict, Cancel(order_number=placed, reason=WHY)))()
        assert payport.order(placed).state is OrderState.CANCELLED

    def test_of_a_withdrawal(self, desk: Transfers) -> None:
        order = desk.order(package="enterprise")
        waiting = desk.confirm(order, 11_000_000)
        act = Withdraw(order_number=order.number, bank_reference=waiting.bank_reference, reason=WHY)
        proposal = desk.shop.payport.propose(act, actor="hoa")

        approved(desk.shop, proposal)()

        assert desk.shop.payport.confirmations(order.number)[0].state == "withdrawn"


class TestADecline:
    def test_closes_it_by_anybody_with_a_reason_and_does_nothing(self, strict: RefundShop) -> None:
        proposal = proposed(strict, a_refund(strict))

        declined = strict.shop.payport.decline(proposal.id, actor="lan", reason="wrong order")

        assert (declined.state, declined.closed_by, declined.reason) == (State.DECLINED, "lan", "wrong order")
        with nothing_moves(strict.shop), pytest.raises(RequestRefused, match="it was declined by lan"):
            approved(strict.shop, proposal)()
        assert strict.bank.sent == []
        assert strict.shop.payport.proposals() == ()
        assert strict.shop.payport.proposals(states=()) == (declined,)
        assert strict.shop.payport.proposals(("declined",), order_number="another") == ()

    def test_of_none_is_not_found(self, strict: RefundShop) -> None:
        for name in ("nobody", "a\x00b"):
            with pytest.raises(NotFound):
                strict.shop.payport.decline(name, actor="lan", reason="?")
            with pytest.raises(NotFound):
                strict.shop.payport.approve(name, actor="lan")

    def test_lists_take_known_states_and_a_bounded_number(self, strict: RefundShop) -> None:
        for wrong in ({"states": ("gone",)}, {"limit": 0}, {"limit": 1_001}):
            with pytest.raises(RequestRefused):
                strict.shop.payport.proposals(**wrong)


class TestErasing:
    def test_waits_for_a_proposal_and_takes_its_words(self, strict: RefundShop) -> None:
        proposal = proposed(strict, a_refund(strict))
        erase = {"actor": "lan", "reason": "by letter"}
        with pytest.raises(RequestRefused, match="1 proposals"):
            strict.shop.payport.erase_buyer("binh-minh", **erase)
        strict.shop.payport.decline(proposal.id, actor="minh", reason=f"{WHY}, not")

        strict.shop.payport.erase_buyer("binh-minh", **erase)

        with strict.shop.payport.seller.database.reading() as connection:
            kept = str([connection.execute(select(table)).all() for table in (t.proposals, t.journal)])
        assert WHY not in kept
        (left,) = strict.shop.payport.proposals(states=())
        assert left.act.reason == "[erased]"  # type: ignore[union-attr]


class TestAtOneMoment:
    def test_REF_10_many_approvals_send_one_refund(self, strict: RefundShop) -> None:
        for number in range(4):
            proposal = proposed(strict, a_refund(strict, of=strict.paid(account=f"khach-{number}")))
            sent = len(strict.bank.sent)

            results = at_once(
                *[approved(strict.shop, proposal, name) for name in ("minh", "hoa", "minh", "tam")]
            )

            assert len(strict.bank.sent) == sent + 1
            closed = {result.closed_by for result in results if isinstance(result, Proposal)}
            refused = [result for result in results if isinstance(result, RequestRefused)]
            assert len(closed) == 1
            assert len(refused) == (2 if closed == {"minh"} else 3)
            (refund,) = strict.shop.payport.order(str(proposal.order_number)).refunds
            assert refund.state is RefundState.SUCCEEDED

    def test_two_proposals_of_one_amount_give_it_back_once(self, strict: RefundShop) -> None:
        for number in range(3):
            payment = strict.paid(account=f"khach-{number}")
            one, two = (a_refund(strict, of=payment), replace(a_refund(strict, of=payment), key=f"b{number}"))
            proposals = [proposed(strict, one), proposed(strict, two)]

            results = at_once(*[approved(strict.shop, proposal) for proposal in proposals])

            assert sum(isinstance(result, RequestRefused) for result in results) == 1
            assert strict.left(payment) == vnd(500_000)

    def test_REF_07_a_proposal_is_made_once_however_often_it_is_sent(self, strict: RefundShop) -> None:
        act = a_refund(strict)

        results = at_once(*[lambda: proposed(strict, act)] * 5)

        assert len({result.id for result in results}) == 1

    def test_an_approval_and_a_decline_end_it_one_way(self, strict: RefundShop) -> None:
        for number in range(4):
            payment = strict.paid(account=f"khach-{number}")
            proposal = proposed(strict, a_refund(strict, of=payment))

            results = at_once(
                approved(strict.shop, proposal),
                lambda proposal=proposal: strict.shop.payport.decline(proposal.id, actor="hoa", reason="no"),
            )

            assert sum(isinstance(result, RequestRefused) for result in results) == 1
            (after,) = strict.shop.payport.proposals(states=(), order_number=payment.order_number)
            went_back = vnd(1_100_000) - strict.left(payment)
            assert went_back == (vnd(600_000) if after.state is State.APPROVED else vnd(0))

    def test_DEL_08_cancelling_and_a_success_end_as_paid_either_way(self, strict: RefundShop) -> None:
        for number in range(4):
            payment = strict.begins(account=f"khach-{number}")
            proposal = proposed(strict, Cancel(order_number=payment.order_number, reason=WHY))

            cancelled, _ = at_once(
                approved(strict.shop, proposal), lambda payment=payment: strict.pays(payment)
            )

            assert strict.order(payment).state is OrderState.PAID
            assert strict.shop.payport.entitlement(payment.account).version == 1
            (after,) = strict.shop.payport.proposals(states=(), order_number=payment.order_number)
            assert after.state is (State.WAITING if isinstance(cancelled, RequestRefused) else State.APPROVED)

    def test_accepting_an_order_and_another_success_of_it_grant_once(self, strict: RefundShop) -> None:
        shop = strict.shop
        for number in range(4):
            order = shop.order(f"khach-{number}")
            other = strict.paying.pay(order)
            held = shop.pay(order)
            shop.ipn(held, vnd(1_100_001), transaction=transaction_of(held))
            assert shop.payport.order(order.number).state is OrderState.REVIEW
            act = ResolveOrder(order_number=order.number, outcome="paid", reason=WHY)
            proposal = proposed(strict, act)

            results = at_once(
                approved(shop, proposal),
                approved(shop, proposal, "hoa"),
                lambda other=other: strict.paying.ipn(other),
            )

            assert sum(isinstance(result, RequestRefused) for result in results) == 1
            after = shop.payport.order(order.number)
            assert (after.state, after.received) == (OrderState.PAID, vnd(2_200_001))
            assert shop.payport.entitlement(order.account).version == 1
