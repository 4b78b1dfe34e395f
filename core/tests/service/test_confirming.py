"""Money that named people saw: it counts once for each reference, and by two people above a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final

import pytest

from payport.doors.async_host import AsyncPayport
from payport.doors.host import Payport
from payport.errors import NotFound, RequestRefused
from payport.gateways.observers import PaymentSettled
from payport.rules.confirmation import State as Word
from payport.rules.money import Money, vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, State
from payport.rules.purchase import New
from payport.service.viewing import OrderView
from tests.support.at_once import at_once
from tests.support.bank_lines import ACCOUNT_NUMBER, TOTAL, csv_of
from tests.support.shop import BUYER, NOON
from tests.support.transfers import ACCOUNT, ACCOUNTS, FOUR_EYES_ABOVE, Transfers
from tests.support.unmoved import nothing_moves

Open = Callable[..., Transfers]
LARGE = 11_000_000  # a year of Enterprise


def refused(call: Callable[[], object]) -> RequestRefused:
    with pytest.raises(RequestRefused) as error:
        call()
    return error.value


@pytest.fixture
def order(desk: Transfers) -> OrderView:
    return desk.order()


@pytest.fixture
def large(desk: Transfers) -> OrderView:
    """An order above what one person may confirm alone."""
    return desk.order("lon", package="enterprise")


class TestMoneyThatCoversTheOrder:
    def test_pays_it_at_the_moment_of_the_confirmation(self, desk: Transfers, order: OrderView) -> None:
        at = desk.clock.forward(days=2)

        confirmed = desk.confirm(order, on=date(2026, 11, 25), note="quay 2")

        paid, payment = desk.now(order), desk.payment(order)
        assert (paid.state, paid.paid_at, paid.received.minor) == (OrderState.PAID, at, TOTAL)
        assert (payment.state, payment.paid_at, payment.flags) == (State.SUCCEEDED, at, frozenset())
        assert payment.gateway_reference == "FT26328000001"
        assert (confirmed.state, confirmed.booked_on, confirmed.note) == (
            Word.COUNTED,
            date(2026, 11, 25),
            "quay 2",
        )
        assert desk.shop.payport.confirmations(order.number) == (confirmed,)
        assert desk.grants(order) == 1

    def test_stands_in_the_orders_history_with_who_saw_it(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order)

        steps = desk.shop.payport.history(order.number)

        assert [(step.subject, step.to_state) for step in steps[-4:]] == [
            ("confirmation", "counted"),
            ("receipt", "counted"),
            ("payment", "succeeded"),
            ("order", "paid"),
        ]
        assert steps[-4].because == (
            "1,100,000 VND, bank reference FT26328000001, of 2026-11-24: confirmed by lan"
        )
        assert "confirmation by lan" in steps[-2].because

    def test_is_told_to_observers(self, desk: Transfers, order: OrderView) -> None:
        told: list[PaymentSettled] = []

        class Listener:
            def payment_settled(self, event: PaymentSettled) -> None:
                told.append(event)

        file = desk.shop.folder / "payport.toml"
        heard = replace(
            desk.shop, payport=Payport.from_config(file, clock=desk.clock, observers=[Listener()])
        )
        Transfers(heard).confirm(order)
        heard.payport.close()

        assert [event.state for event in told] == ["succeeded"]

    def test_leaves_an_open_online_payment_as_it_is(self, desk: Transfers, order: OrderView) -> None:
        online = desk.shop.pay(order)

        desk.confirm(order)
        desk.shop.ipn(online)

        assert desk.shop.payment(online).flags == {Flag.SURPLUS}
        assert (desk.now(order).state, desk.grants(order)) == (OrderState.PAID, 1)

    def test_is_confirmed_and_imported_by_async_hosts_too(self, desk: Transfers, order: OrderView) -> None:
        other = desk.order("khac")
        desk.clock.forward(minutes=1)
        content = csv_of([desk.line(other, reference="FT2")])

        async def use() -> list[object]:
            shop = AsyncPayport.from_config(desk.shop.folder / "payport.toml", clock=desk.clock)
            try:
                confirmed = await shop.confirm(
                    order.number, vnd(TOTAL), actor="lan", booked_on=NOON.date(), bank_reference="FT1"
                )
                read = await shop.import_statement(
                    content, gateway_account=ACCOUNT, actor="lan", dry_run=False
                )
                with pytest.raises(RequestRefused):
                    await shop.withdraw_confirmation(order.number, "FT1", actor="lan", reason="x")
                return [await shop.confirmations(order.number) == (confirmed,), read.lines[0].fate]
            finally:
                await shop.close()

        assert asyncio.run(use()) == [True, "matched"]
        assert [desk.now(one).state for one in (order, other)] == [OrderState.PAID] * 2


class TestParts:
    def test_add_up_and_the_last_one_gives_the_instant(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order, 400_000, reference="A1")
        assert (desk.payment(order).state, desk.now(order).state) == (State.PENDING, OrderState.PLACED)
        assert desk.payment(order).received == vnd(400_000)
        at = desk.clock.forward(days=3)

        desk.confirm(order, 700_000, reference="A2")

        assert (desk.payment(order).state, desk.payment(order).paid_at) == (State.SUCCEEDED, at)
        assert (desk.now(order).paid_at, desk.grants(order)) == (at, 1)

    def test_to_more_pay_it_and_the_surplus_is_flagged(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order, 400_000, reference="A1")
        desk.confirm(order, 700_001, reference="A2")

        assert desk.now(order).state is OrderState.PAID
        assert desk.payment(order).flags == {Flag.SURPLUS}

    def test_and_one_more_is_surplus_alone(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order, reference="A1")
        desk.confirm(order, 50_000, reference="A2")

        assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL + 50_000, 1)
        assert desk.payment(order).flags == {Flag.SURPLUS}

    def test_that_come_late_wait_for_a_person(self, desk: Transfers, order: OrderView) -> None:
        desk.clock.forward(days=7)
        desk.shop.payport.work()

        desk.confirm(order, 400_000)

        assert (desk.now(order).state, desk.grants(order)) == (OrderState.REVIEW, 0)
        assert desk.payment(order).state is State.REVIEW

    def test_that_complete_an_order_in_review_are_kept_for_the_person(
        self, desk: Transfers, order: OrderView
    ) -> None:
        desk.confirm(order, 400_000, reference="A1")
        desk.clock.forward(days=7)
        desk.shop.payport.work()

        desk.confirm(order, 700_000, reference="A2")

        assert (desk.now(order).state, desk.now(order).received.minor) == (OrderState.REVIEW, TOTAL)
        assert desk.payment(order).state is State.SUCCEEDED

    def test_at_one_moment_fulfil_once(self, desk: Transfers, order: OrderView) -> None:
        at_once(*[partial(desk.confirm, order, TOTAL // 4, reference=f"A{number}") for number in range(4)])

        assert (desk.now(order).state, desk.grants(order)) == (OrderState.PAID, 1)


class TestAReference:
    @pytest.mark.parametrize(
        "again", ["FT26328000001", "ft26328000001", " FT26 3280 00001 ", "ＦＴ26328000001"]
    )
    def test_that_comes_again_gives_the_same_confirmation(
        self, desk: Transfers, order: OrderView, again: str
    ) -> None:
        first = desk.confirm(order)

        with nothing_moves(desk.shop):
            assert desk.confirm(order, reference=again, by="hoa") == first

    def test_at_one_moment_counts_once(self, desk: Transfers, order: OrderView) -> None:
        results = at_once(*[partial(desk.confirm, order, by=name) for name in ("lan", "hoa", "lan", "minh")])

        assert len(set(results)) == 1
        assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1)

    @pytest.mark.parametrize("said", [{"minor": 500_000}, {"on": date(2026, 11, 23)}], ids=["amount", "day"])
    def test_of_other_money_is_refused_with_what_it_was_used_for(
        self, desk: Transfers, order: OrderView, said: dict[str, object]
    ) -> None:
        desk.confirm(order)

        with nothing_moves(desk.shop):
            error = refused(partial(desk.confirm, order, **said))

        assert error.field == "bank_reference"
        assert error.problem == (
            f"used for order {order.number}: "
            "1,100,000 VND, bank reference FT26328000001, of 2026-11-24, by lan"
        )

    def test_of_another_order_is_refused(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order)
        other = desk.order("khac")

        assert order.number in refused(partial(desk.confirm, other)).problem
        assert desk.now(other).received.minor == 0

    def test_for_two_orders_at_one_moment_counts_for_one(self, desk: Transfers) -> None:
        for number in range(4):
            orders = [desk.order(f"a{number}"), desk.order(f"b{number}")]

            results = at_once(*[partial(desk.confirm, one, reference=f"R{number}") for one in orders])

            assert sum(isinstance(result, RequestRefused) for result in results) == 1
            assert sum(desk.now(one).received.minor for one in orders) == TOTAL

    @pytest.mark.parametrize("text", ["", "   ", "a" * 65, "a\nb", "a\x00", "a\u200b", 7])
    def test_that_is_none_is_refused(self, desk: Transfers, order: OrderView, text: object) -> None:
        with nothing_moves(desk.shop):
            assert refused(partial(desk.confirm, order, reference=text)).field == "bank_reference"


class TestAboveTheLimit:
    def test_one_person_alone_counts_nothing(self, desk: Transfers, large: OrderView) -> None:
        first = desk.confirm(large, LARGE)

        assert first.state is Word.WAITING
        assert (desk.now(large).received.minor, desk.payment(large).state) == (0, State.PENDING)
        assert desk.grants(large) == 0

    def test_a_second_person_counts_it_once(self, desk: Transfers, large: OrderView) -> None:
        desk.confirm(large, LARGE, note="seen")
        at = desk.clock.forward(hours=1)

        second = desk.confirm(large, LARGE, by="hoa", on=NOON.date(), note="seen too")

        assert (second.state, second.first_by, second.second_by) == (Word.COUNTED, "lan", "hoa")
        assert (second.second_at, second.note) == (at, "seen; seen too")
        assert (desk.now(large).state, desk.now(large).paid_at, desk.grants(large)) == (
            OrderState.PAID,
            at,
            1,
        )
        with nothing_moves(desk.shop):
            for name in ("lan", "hoa", "minh"):
                assert desk.confirm(large, LARGE, by=name) == second

    @pytest.mark.parametrize("same", ["lan", "LAN", "  Lan ", "ｌａｎ"])
    def test_the_same_person_is_no_second_one(self, desk: Transfers, large: OrderView, same: str) -> None:
        desk.confirm(large, LARGE)

        with nothing_moves(desk.shop):
            assert refused(partial(desk.confirm, large, LARGE, by=same)).field == "actor"

    def test_parts_do_not_go_below_it(self, desk: Transfers, large: OrderView) -> None:
        """Each part alone is below the limit; the sum of what one pair of eyes saw is not."""
        assert desk.confirm(large, FOUR_EYES_ABOVE - 1, reference="A1").state is Word.COUNTED
        assert desk.confirm(large, 1, reference="A2").state is Word.COUNTED

        assert desk.confirm(large, 1, reference="A3").state is Word.WAITING
        assert desk.confirm(large, 1, reference="A4", by="hoa").state is Word.WAITING

    def test_is_the_amount_itself_not_above(self, desk: Transfers, large: OrderView) -> None:
        assert desk.confirm(large, FOUR_EYES_ABOVE).state is Word.COUNTED

    def test_of_nothing_always_needs_two(self, open_desk: Open) -> None:
        """`four_eyes_above = 0`, the default: all money confirmed by hand needs a second person."""
        desk = open_desk(policies="four_eyes_above = 0")
        order = desk.order()

        assert desk.confirm(order).state is Word.WAITING
        assert desk.confirm(order, by="hoa").state is Word.COUNTED

    def test_two_people_at_one_moment_count_once(self, desk: Transfers) -> None:
        for number in range(4):
            order = desk.order(f"khach-{number}", package="enterprise")

            at_once(
                *[
                    partial(desk.confirm, order, LARGE, by=name, reference=f"R{number}")
                    for name in ("lan", "hoa")
                ]
            )

            assert (desk.now(order).received.minor, desk.grants(order)) == (LARGE, 1)

    def test_a_second_one_who_saw_other_money_is_refused(self, desk: Transfers, large: OrderView) -> None:
        desk.confirm(large, LARGE)

        with nothing_moves(desk.shop):
            assert refused(partial(desk.confirm, large, LARGE - 1, by="hoa")).field == "bank_reference"


class TestWithdrawing:
    BY: Final = {"actor": "hoa", "reason": "mistyped"}

    def test_lets_the_reference_be_confirmed_anew(self, desk: Transfers, large: OrderView) -> None:
        desk.confirm(large, LARGE * 2)

        withdrawn = desk.shop.payport.withdraw_confirmation(large.number, "ft26328000001", **self.BY)
        desk.confirm(large, LARGE, by="minh")
        desk.confirm(large, LARGE, by="hoa")

        assert withdrawn.state is Word.WITHDRAWN
        assert (desk.now(large).state, desk.now(large).received.minor) == (OrderState.PAID, LARGE)

    def test_lets_one_of_two_orders_have_the_reference(self, desk: Transfers, large: OrderView) -> None:
        for number in range(4):
            orders = [desk.order(f"{name}{number}", package="enterprise") for name in "ab"]
            desk.confirm(large, LARGE, reference=f"R{number}")
            desk.shop.payport.withdraw_confirmation(large.number, f"R{number}", **self.BY)

            results = at_once(*[partial(desk.confirm, one, LARGE, reference=f"R{number}") for one in orders])

            assert sum(isinstance(result, RequestRefused) for result in results) == 1

    def test_is_kept_with_who_and_why(self, desk: Transfers, large: OrderView) -> None:
        desk.confirm(large, LARGE)
        desk.shop.payport.withdraw_confirmation(large.number, "FT26328000001", **self.BY)

        last = desk.shop.payport.history(large.number)[-1]

        assert (last.subject, last.from_state, last.to_state) == ("confirmation", "waiting", "withdrawn")
        assert last.because.endswith("withdrawn by hoa: mistyped")

    def test_money_that_is_counted_is_refused(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order)

        error = refused(
            partial(desk.shop.payport.withdraw_confirmation, order.number, "FT26328000001", **self.BY)
        )

        assert error.problem == "its confirmation is counted"

    @pytest.mark.parametrize("reference", ["FT2", "FT26328000001"])
    def test_what_is_not_there_finds_nothing(self, desk: Transfers, order: OrderView, reference: str) -> None:
        with pytest.raises(NotFound):
            desk.shop.payport.withdraw_confirmation(order.number, reference, **self.BY)


class TestWhatIsRefused:
    @pytest.mark.parametrize("name", ["binh-minh", " Binh-Minh", BUYER.email, BUYER.email.upper()])
    def test_an_order_of_ones_own(self, desk: Transfers, order: OrderView, name: str) -> None:
        with nothing_moves(desk.shop):
            assert refused(partial(desk.confirm, order, by=name)).problem == "this is an order of their own"

    def test_an_order_of_ones_own_as_the_second_person(self, desk: Transfers, large: OrderView) -> None:
        desk.confirm(large, LARGE)

        assert refused(partial(desk.confirm, large, LARGE, by="lon")).field == "actor"

    def test_an_order_that_is_not_to_be_paid_by_hand(self, desk: Transfers) -> None:
        order = desk.shop.order()
        desk.shop.pay(order)

        error = refused(partial(desk.confirm, order))

        assert (error.field, "with `pay` first" in error.remedy) == ("order", True)

    def test_an_order_that_is_not_there(self, desk: Transfers, order: OrderView) -> None:
        with pytest.raises(NotFound):
            desk.shop.payport.confirm(
                "SVNOTTHERE22", vnd(1), actor="lan", booked_on=NOON.date(), bank_reference="A"
            )

    @pytest.mark.parametrize("amount", [vnd(0), vnd(-1), Money(1, "USD"), 5, vnd(2**53 - 1)])
    def test_an_amount_that_is_none(self, desk: Transfers, order: OrderView, amount: Money) -> None:
        desk.confirm(order, 1)
        call = partial(
            desk.shop.payport.confirm,
            order.number,
            amount,
            actor="lan",
            booked_on=NOON.date(),
            bank_reference="A",
        )

        with nothing_moves(desk.shop):
            assert refused(call).field == "amount"

    @pytest.mark.parametrize("day", [NOON.date() + timedelta(days=1), NOON, "2026-11-24"])
    def test_a_day_that_has_not_come(self, desk: Transfers, order: OrderView, day: date) -> None:
        with nothing_moves(desk.shop):
            assert refused(partial(desk.confirm, order, on=day)).field == "booked_on"

    @pytest.mark.parametrize("actor", ["", " ", "a\nb", "x" * 121])
    def test_nobody(self, desk: Transfers, order: OrderView, actor: str) -> None:
        assert refused(partial(desk.confirm, order, by=actor)).field == "actor"

    def test_a_note_of_two_lines(self, desk: Transfers, order: OrderView) -> None:
        assert refused(partial(desk.confirm, order, note="a\nb")).field == "note"


class TestTwoAccountsForTransfers:
    SECOND = (
        ACCOUNTS.replace(ACCOUNT, "second-bank")
        .replace('id = "order_only"', 'id = "other_bank"')
        .replace(ACCOUNT_NUMBER, "9876543210")
    )

    def test_are_told_apart_by_name_alone(self, open_desk: Open) -> None:
        desk = open_desk(accounts=ACCOUNTS + self.SECOND)
        order = desk.order()
        desk.shop.payport.pay(order.number, "other_bank", buyer_ip="203.0.113.9")

        assert refused(partial(desk.confirm, order)).field == "gateway_account"
        desk.confirm(order, gateway_account="second-bank")

        assert {payment.gateway_account: payment.state for payment in desk.now(order).payments} == {
            ACCOUNT: State.PENDING,
            "second-bank": State.SUCCEEDED,
        }

    def test_or_methods_of_one_account_count_for_the_payment_that_waits(self, open_desk: Open) -> None:
        method = f'\n[[methods]]\nid = "cash"\naccounts = ["{ACCOUNT}"]\n'
        desk = open_desk(accounts=ACCOUNTS + method, policies="four_eyes_above = 0")
        order = desk.order()
        first = desk.confirm(order)
        desk.clock.forward(minutes=1)
        desk.shop.payport.pay(order.number, "cash", buyer_ip="203.0.113.9")

        seconded = desk.confirm(order, by="minh", on=first.booked_on)

        (paid,) = [one for one in desk.now(order).payments if one.state is State.SUCCEEDED]
        assert (paid.method, seconded.merchant_reference) == ("cash", paid.merchant_reference)
        assert desk.shop.payport.confirmations(order.number) == (seconded,)

    def test_count_one_reference_each(self, open_desk: Open) -> None:
        """Two banks may give out one number."""
        desk = open_desk(accounts=ACCOUNTS + self.SECOND)
        one = desk.order()
        other = desk.shop.payport.place(
            desk.shop.payport.quote("khac", New(package="standard", months=12)), BUYER
        )
        desk.shop.payport.pay(other.number, "other_bank", buyer_ip="203.0.113.9")

        desk.confirm(one)
        desk.confirm(other)

        assert [desk.now(order).state for order in (one, other)] == [OrderState.PAID] * 2
