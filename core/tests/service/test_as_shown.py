"""What is done is what was shown: an act that would do something else by now does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.tests.service.test_rehearsing import MAKE, WHY
from payport.errors import EffectChanged, RequestRefused, SecondPersonNeeded
from payport.rules.acts import Act, Adjust, CloseChargeback, GiveBack, OpenChargeback
from payport.rules.money import vnd
from payport.rules.refund import Refund
from tests.support.at_once import at_once
from tests.support.refund_bank import honest
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.unmoved import nothing_moves


def shown(giving: RefundShop, act: Act) -> str:
    return giving.shop.payport.rehearse(act, actor="lan").digest


@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_what_was_shown_is_done(giving: RefundShop, make: Callable[[RefundShop], Act]) -> None:
    act = make(giving)
    digest = shown(giving, act)
    giving.bank.says = honest
    giving.shop.clock.forward(minutes=5)

    giving.shop.payport.perform(act, actor="lan", shown=digest)

    if not isinstance(act, GiveBack):  # the same again is not what was shown, or is refused by its own rules
        with nothing_moves(giving.shop), pytest.raises(RequestRefused):
            giving.shop.payport.perform(act, actor="lan", shown=digest)


def test_REF_07_a_refund_that_is_sent_again_with_what_was_shown_is_the_same_one(giving: RefundShop) -> None:
    payment = giving.paid()
    act = GiveBack(merchant_reference=payment.merchant_reference, amount=vnd(300_000), key="f", reason=WHY)
    digest = shown(giving, act)

    def click() -> object:
        return giving.shop.payport.perform(act, actor="lan", shown=digest)

    refunds = {one.reference for one in at_once(click, click) if isinstance(one, Refund)}

    assert len(refunds) == 1
    assert len(giving.order(payment).refunds) == 1
    assert [call for call in giving.bank.sent if call] == giving.bank.sent[:1]


@pytest.mark.parametrize("meanwhile", ["another refund", "a chargeback", "an adjustment"])
def test_REF_07_a_stale_form_does_nothing(giving: RefundShop, meanwhile: str) -> None:
    payment, shop = giving.paid(), giving.shop.payport
    act = GiveBack(merchant_reference=payment.merchant_reference, amount=vnd(300_000), key="f", reason=WHY)
    digest = shown(giving, act)
    match meanwhile:
        case "another refund":
            giving.refund(payment, vnd(100_000))
        case "a chargeback":
            shop.chargeback(payment.merchant_reference, vnd(100_000), actor="minh", reason=WHY)
        case _:
            shop.adjust("binh-minh", days=1, actor="minh", reason=WHY)

    with nothing_moves(giving.shop), pytest.raises(EffectChanged, match="would not do any more"):
        shop.perform(act, actor="lan", shown=digest)


def test_WEB_07_another_act_than_the_one_that_was_shown_is_not_done(giving: RefundShop) -> None:
    payment = giving.paid()
    act = GiveBack(merchant_reference=payment.merchant_reference, amount=vnd(300_000), key="f", reason=WHY)
    digest = shown(giving, act)

    for other in (replace(act, reason="other"), replace(act, amount=vnd(300_001)), replace(act, key="g")):
        with nothing_moves(giving.shop), pytest.raises(EffectChanged):
            giving.shop.payport.perform(other, actor="lan", shown=digest)


def test_two_at_one_moment_with_the_same_picture_give_once(giving: RefundShop) -> None:
    giving.paid()
    act = Adjust(account="binh-minh", days=7, reason=WHY)
    digest = shown(giving, act)

    def click(by: str) -> Callable[[], object]:
        return lambda: giving.shop.payport.perform(act, actor=by, shown=digest)

    came = at_once(click("lan"), click("minh"))

    assert sum(isinstance(one, EffectChanged) for one in came) == 1
    assert giving.shop.payport.entitlement("binh-minh").version == 2


def test_a_second_click_opens_no_second_chargeback(giving: RefundShop) -> None:
    payment, shop = giving.paid(), giving.shop.payport
    act = OpenChargeback(merchant_reference=payment.merchant_reference, amount=vnd(100_000), reason=WHY)
    digest = shown(giving, act)
    shop.perform(act, actor="lan", shown=digest)

    with nothing_moves(giving.shop), pytest.raises(EffectChanged):
        shop.perform(act, actor="lan", shown=digest)


def test_why_a_chargeback_ended_stands_in_the_history(giving: RefundShop) -> None:
    payment, shop = giving.paid(), giving.shop.payport
    opened = shop.chargeback(payment.merchant_reference, vnd(100_000), actor="lan", reason=WHY)

    shop.perform(
        CloseChargeback(reference=opened.reference, outcome="won", reason="the bank says so"), actor="lan"
    )

    told = [move.because for move in shop.history(payment.order_number) if move.to_state == "won"]
    assert told == ["won, recorded by lan: the bank says so"]


class TestWithTwoPeople:
    @pytest.fixture
    def strict(self, database_url: str, tmp_path: Path) -> object:
        with refund_shop(tmp_path, database_url, four_eyes="refund = 0") as opened:
            yield opened

    def test_one_alone_does_nothing_even_as_shown(self, strict: RefundShop) -> None:
        act = GiveBack(merchant_reference=strict.paid().merchant_reference, key="f", reason=WHY)
        digest = shown(strict, act)

        with nothing_moves(strict.shop), pytest.raises(SecondPersonNeeded):
            strict.shop.payport.perform(act, actor="lan", shown=digest)

    def test_REF_10_what_is_approved_is_what_the_second_person_saw(self, strict: RefundShop) -> None:
        payment, shop = strict.paid(), strict.shop.payport
        wanted = GiveBack(merchant_reference=payment.merchant_reference, key="f", reason=WHY)
        proposal = shop.propose(wanted, actor="lan")
        assert shop.proposal(proposal.id) == proposal
        digest = shop.rehearse(proposal.act, actor="lan").digest
        shop.adjust("binh-minh", days=1, actor="minh", reason=WHY)

        with nothing_moves(strict.shop), pytest.raises(EffectChanged):
            shop.approve(proposal.id, actor="minh", shown=digest)

        digest = shop.rehearse(proposal.act, actor="lan").digest
        assert shop.approve(proposal.id, actor="minh", shown=digest).state == "approved"
        assert [refund.state for refund in strict.order(payment).refunds] == ["succeeded"]
