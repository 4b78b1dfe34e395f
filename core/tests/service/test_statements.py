"""Bank statements: the dry run says what the real one does, each line is used once, for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select

from payport.errors import NotFound, RequestRefused
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, State
from payport.rules.statement import Fate
from payport.service.inspecting import inspect_work
from payport.service.viewing import OrderView
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.bank_lines import TOTAL, a_line, csv_of
from tests.support.transfers import ACCOUNT, ACCOUNTS, Transfers
from tests.support.unmoved import nothing_moves

Open = Callable[..., Transfers]


@pytest.fixture
def order(desk: Transfers) -> OrderView:
    order = desk.order()
    desk.clock.forward(hours=2)
    return order


def stored(desk: Transfers) -> dict[str, str]:
    with desk.shop.payport.seller.database.reading() as connection:
        rows = connection.execute(select(t.statement_lines)).all()
    return {row.reference: row.fate for row in rows}


def undecided(desk: Transfers) -> int:
    seller = desk.shop.payport.seller
    with seller.database.reading() as connection:
        return inspect_work(connection, seller).undecided.count


class TestALineThatFits:
    def test_is_foreseen_by_the_dry_run_which_stores_nothing(self, desk: Transfers, order: OrderView) -> None:
        with nothing_moves(desk.shop):
            foreseen = desk.read_one(desk.line(order), dry_run=True)

        assert (foreseen.fate, foreseen.order_number) == (Fate.MATCHED, order.number)
        assert desk.read_one(desk.line(order)) == foreseen

    def test_pays_the_order_at_the_moment_of_the_import(self, desk: Transfers, order: OrderView) -> None:
        line = desk.line(order)
        at = desk.clock.forward(hours=20)

        desk.read(line)

        paid, payment = desk.now(order), desk.payment(order)
        assert (paid.state, paid.paid_at, desk.grants(order)) == (OrderState.PAID, at, 1)
        assert (payment.state, payment.gateway_reference) == (State.SUCCEEDED, "FT26328000001")
        assert stored(desk) == {"FT26328000001": "matched"}
        because = [
            step.because for step in desk.shop.payport.history(order.number) if step.subject == "receipt"
        ]
        assert because == ["1,100,000 VND, statement line FT26328000001, imported by ke toan"]

    def test_needs_no_second_person(self, desk: Transfers) -> None:
        """A statement is a document, not a person."""
        order = desk.order(package="enterprise")

        desk.read(desk.line(order, 11_000_000))

        assert desk.now(order).state is OrderState.PAID

    def test_completes_what_a_person_began(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order, 400_000, reference="PT-1")

        assert desk.read_one(desk.line(order, 700_000)).fate is Fate.MATCHED
        assert desk.now(order).state is OrderState.PAID

    @pytest.mark.parametrize("how", ["cancelled", "expired"])
    def test_is_taken_late_as_the_policy_says(self, desk: Transfers, order: OrderView, how: str) -> None:
        if how == "cancelled":
            desk.shop.payport.cancel(order.number, actor="lan", reason="by phone")
        else:
            desk.clock.forward(days=7)
            desk.shop.payport.work()

        assert desk.read_one(desk.line(order)).fate is Fate.MATCHED

        assert (desk.now(order).state, desk.payment(order).flags) == (OrderState.PAID, {Flag.LATE})

    def test_of_an_order_that_was_paid_online_too_is_surplus(self, desk: Transfers, order: OrderView) -> None:
        desk.shop.ipn(desk.shop.pay(order))

        assert desk.read_one(desk.line(order)).fate is Fate.MATCHED

        assert (desk.payment(order).flags, desk.grants(order)) == ({Flag.SURPLUS}, 1)


class TestALineForAPerson:
    def test_with_another_amount_is_confirmed_by_its_reference(
        self, desk: Transfers, order: OrderView
    ) -> None:
        line = desk.line(order, 1_000_000)
        assert desk.read_one(line).fate is Fate.WRONG_AMOUNT
        assert desk.now(order).received.minor == 0

        desk.confirm(order, 1_000_000)

        assert desk.now(order).received.minor == 1_000_000
        again = desk.read_one(line)
        assert again.fate is Fate.ALREADY_USED
        assert again.because == (f"1,000,000 VND were counted for order {order.number} (confirmation by lan)")

    def test_cannot_be_confirmed_with_another_amount_than_it_says(
        self, desk: Transfers, order: OrderView
    ) -> None:
        desk.read(desk.line(order, 1_000_000))

        with pytest.raises(RequestRefused, match=r"amount: the statement says 1,000,000 VND\."):
            desk.confirm(order, TOTAL)

    def test_contradicts_a_person_who_confirmed_more_than_came(
        self, desk: Transfers, order: OrderView
    ) -> None:
        desk.confirm(order)

        line = desk.read_one(desk.line(order, 110_000))

        assert (line.fate, line.order_number) == (Fate.WRONG_AMOUNT, order.number)
        assert line.because.endswith("(confirmation by lan), and 110,000 VND came")
        assert undecided(desk) == 1

    def test_is_decided_once_a_person_confirmed_it_as_it_is(self, desk: Transfers, order: OrderView) -> None:
        desk.read(desk.line(order, 1_000_000))
        assert undecided(desk) == 1

        desk.confirm(order, 1_000_000)

        assert undecided(desk) == 0

    def test_that_was_counted_cannot_be_confirmed_as_well(self, desk: Transfers, order: OrderView) -> None:
        desk.read(desk.line(order))

        with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="its money was counted for order"):
            desk.confirm(order)

    def test_may_be_money_that_a_person_confirmed_by_another_name(
        self, desk: Transfers, order: OrderView
    ) -> None:
        desk.confirm(order, reference="PHIEU THU 7")

        line = desk.read_one(desk.line(order))

        assert (line.fate, line.order_number) == (Fate.AMBIGUOUS, order.number)
        assert desk.now(order).received.minor == TOTAL

    def test_is_that_no_more_once_the_other_name_stands_in_a_statement(
        self, desk: Transfers, order: OrderView
    ) -> None:
        desk.confirm(order, reference="FT1")
        known = desk.line(order, reference="FT1")
        other = desk.line(order, reference="FT2", at=desk.clock.forward(minutes=1))

        both = desk.read(known, other)

        assert [line.fate for line in both.lines] == [Fate.ALREADY_USED, Fate.WRONG_AMOUNT]
        assert both.lines[1].because == "nothing is due any more, and 1,100,000 VND came"

    def test_that_one_person_confirmed_waits_for_the_second_one(self, desk: Transfers) -> None:
        order = desk.order(package="enterprise")
        desk.confirm(order, 11_000_000)

        line = desk.read_one(desk.line(order, 11_000_000))

        assert line.fate is Fate.ALREADY_USED
        assert line.because.endswith("it waits for a second person")
        desk.confirm(order, 11_000_000, by="hoa")
        assert desk.now(order).state is OrderState.PAID

    def test_that_one_person_confirmed_with_another_amount_stops_the_second_one(
        self, desk: Transfers
    ) -> None:
        order = desk.order(package="enterprise")
        desk.confirm(order, 11_000_000)

        assert desk.read_one(desk.line(order, 10_000_000)).fate is Fate.WRONG_AMOUNT

        with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="the statement says 10,000,000"):
            desk.confirm(order, 11_000_000, by="hoa")

    def test_is_judged_again_when_it_is_imported_again(self, desk: Transfers) -> None:
        """Nothing was used of it; its order was chosen to be paid otherwise then."""
        order = desk.shop.order()
        desk.clock.forward(minutes=5)
        line = desk.line(order)
        assert desk.read_one(line).because == "the order has no payment through this account"
        desk.told(order)

        assert desk.read_one(line).fate is Fate.MATCHED
        assert stored(desk) == {"FT26328000001": "matched"}


class TestWhatTheFileDoesNotHold:
    def test_is_listed(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order, 400_000, reference="FT77")

        read = desk.read(desk.line("SVZZZZZZZZ22"))

        (missing,) = read.missing
        assert (missing.reference, missing.order_number, missing.amount.minor) == (
            "FT77",
            order.number,
            400_000,
        )
        assert missing.because == "lan confirmed it; cash stands in no statement"

    def test_is_listed_where_an_earlier_statement_had_it(self, desk: Transfers, order: OrderView) -> None:
        line = desk.line(order)
        around = [
            desk.line("-", reference=f"FT{number}", at=desk.clock.forward(minutes=number))
            for number in (-5, 10)
        ]
        desk.read(line)

        (missing,) = desk.read(*around).missing

        assert missing.because == "a statement that ke toan imported had it"

    def test_of_other_days_is_not(self, desk: Transfers, order: OrderView) -> None:
        desk.confirm(order, 400_000, reference="FT77")
        desk.clock.forward(days=1)

        assert desk.read(desk.line("SVZZZZZZZZ22")).missing == ()


class TestAnAccount:
    def test_that_is_not_there_is_refused(self, desk: Transfers) -> None:
        with pytest.raises(NotFound):
            desk.shop.payport.import_statement(b"", gateway_account="nobody", actor="lan")

    def test_whose_gateway_proves_money_itself_is_refused(self, desk: Transfers) -> None:
        with pytest.raises(RequestRefused, match="its gateway proves the money itself"):
            desk.shop.payport.import_statement(b"", gateway_account="vnpay-main", actor="lan")

    def test_whose_statements_are_not_described_is_refused(self, open_desk: Open) -> None:
        begin, end = ACCOUNTS.index("[accounts.statement]"), ACCOUNTS.index("[[methods]]")
        desk = open_desk(accounts=ACCOUNTS[:begin] + ACCOUNTS[end:])

        with pytest.raises(RequestRefused, match="does not say how its statements are written"):
            desk.read()

    def test_of_another_number_gets_nothing(self, desk: Transfers, order: OrderView) -> None:
        line = desk.read_one(desk.line(order, account="9999999999"))

        assert (line.fate, line.because) == (Fate.UNMATCHED, "it came to another account than this one")

    @pytest.mark.parametrize("actor", ["", "a\nb"])
    def test_imported_by_nobody_is_refused(self, desk: Transfers, actor: str) -> None:
        with pytest.raises(RequestRefused, match="actor: "):
            desk.read(by=actor)


class TestAFileThatIsNotRight:
    def test_imports_nothing_of_it(self, desk: Transfers, order: OrderView) -> None:
        content = csv_of([desk.line(order), a_line("x", "-5", at=desk.clock.now, reference="FT2")])

        with (
            nothing_moves(desk.shop),
            pytest.raises(RequestRefused, match=r"^statement, line 3, column Ghi có"),
        ):
            desk.shop.payport.import_statement(content, gateway_account=ACCOUNT, actor="lan", dry_run=False)


class TestAtOneMoment:
    def test_an_import_and_a_person_count_one_transfer_once(self, desk: Transfers) -> None:
        for number in range(4):
            order = desk.order(f"khach-{number}")
            line = desk.line(order, reference=f"FT{number}", at=desk.clock.forward(minutes=1))

            at_once(partial(desk.read, line), partial(desk.confirm, order, reference=f"FT{number}"))

            assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1)

    def test_an_import_and_a_person_who_means_another_order_count_it_once(self, desk: Transfers) -> None:
        for number in range(4):
            order, other = desk.order(f"a-{number}"), desk.order(f"b-{number}")
            line = desk.line(order, reference=f"FT{number}", at=desk.clock.forward(minutes=1))

            at_once(partial(desk.read, line), partial(desk.confirm, other, reference=f"FT{number}"))

            assert desk.now(order).received.minor + desk.now(other).received.minor == TOTAL

    def test_three_imports_of_one_file_count_it_once(self, desk: Transfers) -> None:
        orders = [desk.order(f"khach-{number}") for number in range(3)]
        desk.clock.forward(minutes=1)
        lines = [desk.line(order, reference=f"FT{number}") for number, order in enumerate(orders)]

        at_once(*[partial(desk.read, *lines)] * 2, partial(desk.read, *reversed(lines)))

        assert [(desk.now(order).received.minor, desk.grants(order)) for order in orders] == [(TOTAL, 1)] * 3


class TestALargeFile:
    def test_of_ten_thousand_lines_is_judged_in_seconds(self, desk: Transfers) -> None:
        orders = [desk.order(f"khach-{number}") for number in range(20)]
        desk.clock.forward(minutes=1)
        lines = [
            desk.line(
                orders[number // 500] if number % 500 == 7 else f"SV tien hang {number}",
                reference=f"F{number}",
            )
            for number in range(10_000)
        ]

        begun = time.perf_counter()
        foreseen = desk.read(*lines, dry_run=True)
        judged_in = time.perf_counter() - begun
        done = desk.read(*lines)

        assert foreseen.lines == done.lines
        assert done.fates[Fate.MATCHED] == 20
        assert [desk.now(order).state for order in orders] == [OrderState.PAID] * 20
        assert judged_in < 15, "seconds; a second on a quiet machine"
