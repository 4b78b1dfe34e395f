"""A rehearsal says what the act then does, and leaves nothing behind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints

import pytest
from sqlalchemy import select

from payport import Payport
from payport.errors import NotFound, RefundTooLarge, RequestRefused
from payport.gateways.observers import Observer, Observers
from payport.rules.acts import (
    ACTS,
    Act,
    Adjust,
    Cancel,
    CloseChargeback,
    Confirm,
    Dismiss,
    GiveBack,
    OpenChargeback,
    ResolveOrder,
    ResolvePayment,
    SettleRefund,
    Withdraw,
)
from payport.rules.entitlement import State as Held
from payport.rules.money import vnd
from payport.rules.purchase import New
from payport.service.rehearsing import Effect
from payport.storage.tables import metadata
from tests.support.bank_lines import TOTAL
from tests.support.refund_bank import honest
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.shop import Shop
from tests.support.transfers import ACCOUNT, FOUR_EYES_ABOVE, Transfers
from tests.support.unmoved import nothing_moves

WITH_CAPACITY = New(package="enterprise", months=12, extra_steps=1)
WHY = "the buyer asked for it"


@pytest.fixture
def strict(database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
    """A shop in which refunds above 500,000 need two people."""
    with refund_shop(tmp_path, database_url, four_eyes="refund = 500_000") as opened:
        yield opened


def rehearsed(shop: Shop, act: Act) -> Effect:
    with nothing_moves(shop):
        return shop.payport.rehearse(act, actor="lan")


def partly(giving: RefundShop) -> GiveBack:
    payment = giving.paid(WITH_CAPACITY)
    return GiveBack(merchant_reference=payment.merchant_reference, lines=(1,), key="f", reason=WHY)


def fully(giving: RefundShop) -> GiveBack:
    return GiveBack(merchant_reference=giving.paid().merchant_reference, key="f", reason=WHY)


def by_hand(giving: RefundShop) -> GiveBack:
    payment = giving.paid()
    return GiveBack(
        merchant_reference=payment.merchant_reference,
        amount=vnd(300_000),
        key="f",
        reason=WHY,
        by_hand=True,
        gateway_reference="FT1",
    )


def of_a_review(giving: RefundShop) -> GiveBack:
    return GiveBack(merchant_reference=giving.in_review().merchant_reference, key="f", reason=WHY)


def settled(giving: RefundShop) -> SettleRefund:
    giving.bank.loses_the_answer()
    refund = giving.refund(giving.paid(), vnd(200_000))
    return SettleRefund(reference=refund.reference, outcome="succeeded", reason=WHY)


def cancelled(giving: RefundShop) -> Cancel:
    return Cancel(order_number=giving.in_review().order_number, reason=WHY)


def adjusted(giving: RefundShop) -> Adjust:
    giving.paid()
    return Adjust(account="binh-minh", days=10, gb=5, reason=WHY)


def claimed(giving: RefundShop) -> OpenChargeback:
    payment = giving.paid()
    return OpenChargeback(merchant_reference=payment.merchant_reference, amount=payment.amount, reason=WHY)


def lost(giving: RefundShop) -> CloseChargeback:
    payment = giving.paid()
    opened = giving.shop.payport.chargeback(
        payment.merchant_reference, payment.amount, actor="lan", reason=WHY
    )
    return CloseChargeback(reference=opened.reference, outcome="lost")


def resolved(giving: RefundShop) -> ResolveOrder:
    payment = giving.shop.pay(giving.shop.order())
    giving.shop.ipn(payment, vnd(1_100_001))
    return ResolveOrder(order_number=payment.order_number, outcome="paid", reason=WHY)


def found(giving: RefundShop) -> ResolvePayment:
    payment = giving.shop.pay(giving.shop.order())
    giving.shop.ipn(payment, response="07")
    return ResolvePayment(merchant_reference=payment.merchant_reference, outcome="succeeded", reason=WHY)


MAKE: list[Callable[[RefundShop], Act]] = [
    partly,
    fully,
    by_hand,
    of_a_review,
    settled,
    cancelled,
    adjusted,
    claimed,
    lost,
    resolved,
    found,
]


def confirmed(desk: Transfers) -> Confirm:
    return Confirm(
        order_number=desk.order().number,
        amount=vnd(TOTAL),
        booked_on=desk.clock.now.date(),
        bank_reference="FT1",
    )


def withdrawn(desk: Transfers) -> Withdraw:
    order = desk.order(package="enterprise")
    desk.confirm(order, FOUR_EYES_ABOVE + 1)
    return Withdraw(order_number=order.number, bank_reference="FT26328000001", reason=WHY)


def dismissed(desk: Transfers) -> Dismiss:
    desk.read_one(desk.line("tien thue nha", reference="FT77"))
    return Dismiss(gateway_account=ACCOUNT, reference="FT77", reason=WHY)


BY_HAND: tuple[Callable[[Transfers], Act], ...] = (confirmed, withdrawn, dismissed)


class Ears(Observer):
    """Hears all that hosts are told."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.gateway_called = self.payment_handed_over = self.heard.append  # type: ignore[method-assign]
        self.payment_settled = self.refund_settled = self.heard.append  # type: ignore[method-assign]


def all_rows(shop: Shop) -> dict[str, list[str]]:
    with shop.payport.seller.database.reading() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }


class TestARehearsalOfEveryAct:
    def leaves_nothing(self, shop: Shop, act: Act, caplog: pytest.LogCaptureFixture) -> None:
        ears, before = Ears(), all_rows(shop)
        seller = replace(shop.payport.seller, observers=Observers([ears]))
        payport = Payport(seller, shop.payport.configuration)
        caplog.clear()

        with caplog.at_level(logging.DEBUG):
            assert payport.rehearse(act, actor="lan").act == act

        assert all_rows(shop) == before
        assert ears.heard == []
        assert [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG] == []
        payport.close()

    @pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
    def test_leaves_no_row_no_line_in_the_log_and_tells_nobody(
        self, giving: RefundShop, make: Callable[[RefundShop], Act], caplog: pytest.LogCaptureFixture
    ) -> None:
        act = make(giving)
        sent = len(giving.bank.calls)

        self.leaves_nothing(giving.shop, act, caplog)

        assert len(giving.bank.calls) == sent

    def test_of_money_that_people_see_neither(
        self, open_desk: Callable[[], Transfers], caplog: pytest.LogCaptureFixture
    ) -> None:
        desk = open_desk()
        for make in BY_HAND:
            self.leaves_nothing(desk.shop, make(desk), caplog)

    def test_leaves_no_act_out(self) -> None:
        assert {get_type_hints(make)["return"] for make in (*MAKE, *BY_HAND)} == {*ACTS}


@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_what_is_rehearsed_is_what_is_done(giving: RefundShop, make: Callable[[RefundShop], Act]) -> None:
    act, shop = make(giving), giving.shop.payport
    sent = len(giving.bank.sent)

    effect = rehearsed(giving.shop, act)

    assert len(giving.bank.sent) == sent
    giving.bank.says = honest
    shop._act(act, "lan")  # as each verb does it
    assert effect.account is not None
    held = shop.entitlement(effect.account)
    assert effect.held_after is not None
    assert (effect.held_after.state, effect.held_after.version) == (held.state, held.version)
    assert (effect.held_after.held is None) == (held.held is None)
    if held.held is not None and effect.held_after.held is not None:
        assert effect.held_after.held.term == held.held.term
        assert effect.held_after.capacity_bytes == held.capacity_bytes
    if effect.order is not None:
        order = shop.order(effect.order.reference)
        assert effect.order.after == order.state
        states = {one.merchant_reference: one.state for one in order.payments}
        assert all(change.after == states[change.reference] for change in effect.payments)
        if isinstance(act, GiveBack | OpenChargeback | ResolvePayment):
            left = shop.refundable(act.merchant_reference).left
            assert left in {effect.left, vnd(0)}  # of what is not final, nothing may be given back


class TestARefund:
    def test_of_one_line_says_what_it_takes_with_its_price_and_tax(self, giving: RefundShop) -> None:
        effect = rehearsed(giving.shop, partly(giving))

        ((line,), (tax,)) = effect.taken, effect.taxes
        assert (line.number, line.price, effect.amount) == (1, vnd(3_905_000), vnd(3_905_000))
        assert "50 GB" in line.what.en
        assert (tax.percent, tax.net, tax.tax, tax.gross) == (
            10,
            vnd(3_550_000),
            vnd(355_000),
            vnd(3_905_000),
        )
        assert effect.order is not None
        assert (effect.order.before, effect.order.after) == ("paid", "partly_refunded")
        assert effect.left == vnd(11_000_000)

    def test_of_everything_takes_all_that_was_given(self, giving: RefundShop) -> None:
        effect = rehearsed(giving.shop, fully(giving))

        assert effect.held_before is not None
        assert effect.held_after is not None
        assert (effect.held_before.state, effect.held_after.state) == (Held.ACTIVE, Held.NONE)
        assert (effect.left, [tax.tax for tax in effect.taxes]) == (vnd(0), [vnd(100_000)])

    def test_of_parts_has_taxes_that_add_up_to_the_orders(self, giving: RefundShop) -> None:
        payment = giving.paid()
        taxes = []
        for part in (333_333, 333_333, 433_334):
            act = GiveBack(
                merchant_reference=payment.merchant_reference,
                amount=vnd(part),
                key=f"f{len(taxes)}",
                reason=WHY,
            )
            taxes += rehearsed(giving.shop, act).taxes
            giving.refund(payment, vnd(part))

        assert [tax.tax.minor for tax in taxes] == [30_303, 30_303, 39_394]
        assert sum(tax.tax.minor for tax in taxes) == 100_000

    def test_of_surplus_takes_nothing_and_has_no_tax(self, giving: RefundShop) -> None:
        _, second = giving.twice()
        act = GiveBack(
            merchant_reference=second.merchant_reference,
            key="f",
            reason=WHY,
            by_hand=True,
            gateway_reference="FT2",
        )

        effect = rehearsed(giving.shop, act)

        assert (effect.taken, effect.taxes, effect.surplus) == ((), (), vnd(0))
        assert effect.held_before == effect.held_after

    def test_that_needs_a_second_person_says_so_and_can_be_looked_at_all_the_same(
        self, strict: RefundShop
    ) -> None:
        assert rehearsed(strict.shop, fully(strict)).needs_second

    def test_that_would_be_refused_is_refused_alike(self, giving: RefundShop) -> None:
        reference = giving.paid().merchant_reference
        more = GiveBack(merchant_reference=reference, amount=vnd(1_100_001), key="f", reason=WHY)

        with nothing_moves(giving.shop), pytest.raises(RefundTooLarge) as rehearsal:
            giving.shop.payport.rehearse(more, actor="lan")
        with pytest.raises(RefundTooLarge) as act:
            giving.shop.payport.refund(reference, vnd(1_100_001), key="f", actor="lan", reason=WHY)

        assert str(rehearsal.value) == str(act.value)


class TestOfThings:
    def test_that_are_not_there(self, giving: RefundShop) -> None:
        for act in (
            Cancel(order_number="SVNOBODY", reason=WHY),
            GiveBack(merchant_reference="SVNOBODY", key="f", reason=WHY),
            SettleRefund(reference="SVNOBODY", outcome="failed", reason=WHY),
            CloseChargeback(reference="SVNOBODY", outcome="won"),
        ):
            with nothing_moves(giving.shop), pytest.raises(NotFound):
                giving.shop.payport.rehearse(act, actor="lan")

    def test_without_a_name(self, giving: RefundShop) -> None:
        act = cancelled(giving)

        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="actor"):
            giving.shop.payport.rehearse(act, actor=" ")

    def test_money_that_waits_for_a_second_pair_of_eyes_says_so(self, desk: Transfers) -> None:
        order = desk.order(package="enterprise")

        def sees(minor: int) -> Effect:
            act = Confirm(
                order_number=order.number,
                amount=vnd(minor),
                booked_on=desk.clock.now.date(),
                bank_reference=f"FT{minor}",
            )
            return rehearsed(desk.shop, act)

        assert sees(FOUR_EYES_ABOVE + 1).needs_second
        assert not sees(FOUR_EYES_ABOVE).needs_second
