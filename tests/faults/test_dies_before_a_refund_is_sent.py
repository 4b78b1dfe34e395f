"""DUR-01: a refund is reserved and committed, and we died before it was sent: asked for, or approved.

Whoever asked for it, a worker finds it: it is unknown, the gateway is asked, and nothing is ever sent again.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payport.rules.acts import GiveBack
from payport.rules.four_eyes import State
from payport.rules.money import vnd
from payport.rules.refund import State as RefundState
from tests.faults.conftest import Opener
from tests.support.killing import Killer
from tests.support.ledger_bank import LedgerBank
from tests.support.paths import APPROVER, REFUNDS, begin, deliver
from tests.support.shop import Shop

BUYER = "binh-minh"


def paid(shop: Shop, bank: LedgerBank) -> str:
    reference = begin(shop.payport, BUYER)
    bank.buyer_pays(reference)
    deliver(shop.payport, shop.clock, bank.tells(reference))
    return reference


def proposed(shop: Shop, bank: LedgerBank) -> str:
    wanted = GiveBack(
        merchant_reference=paid(shop, bank), amount=vnd(REFUNDS[0]), key="form", reason="not used"
    )
    return shop.payport.propose(wanted, actor="lan").id


@pytest.mark.parametrize(("path", "before"), [("refund", paid), ("approval", proposed)])
def test_DUR_01_it_is_unknown_then_asked_about_and_never_sent(
    fresh_shop: Opener,
    bank: LedgerBank,
    dying: Killer,
    path: str,
    before: Callable[[Shop, LedgerBank], str],
) -> None:
    with fresh_shop() as shop:
        about = before(shop, bank)
        dying.open(shop.folder / "payport.toml", path)

        assert dying.die(about, at=shop.clock(), moment="after COMMIT")

        (refund,) = shop.payport.refunds().rows
        assert (refund.state, refund.amount) == (RefundState.REQUESTED, vnd(REFUNDS[0]))
        assert shop.payport.refundable(refund.merchant_reference).left == vnd(1_000_000)
        for _ in range(2):
            shop.clock.forward(minutes=2)
            shop.payport.work(limit=5)
        moves = [
            move.to_state for move in shop.payport.history(refund.order_number) if move.subject == "refund"
        ]
        assert moves == ["requested", "submitted", "unknown", "failed"]
        assert bank.sends[refund.reference] == 0
        assert shop.payport.refundable(refund.merchant_reference).left == vnd(1_100_000)
        if path == "approval":
            approved = shop.payport.approve(about, actor=APPROVER)
            assert (approved.state, approved.result) == (State.APPROVED, refund.reference)
            assert bank.sends[refund.reference] == 0
