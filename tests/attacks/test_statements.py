"""REF-08 to REF-10, REF-12: what people and bank statements say of money, used against the seller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from payport.errors import RequestRefused
from payport.rules.confirmation import State as Word
from payport.rules.order import State as OrderState
from payport.rules.payment import State
from payport.rules.statement import Fate
from payport.service.viewing import OrderView
from tests.support.at_once import at_once
from tests.support.bank_lines import TOTAL, a_line
from tests.support.oracle import check_invariants
from tests.support.shop import BUYER
from tests.support.transfers import Transfers, open_transfers
from tests.support.unmoved import nothing_moves

LARGE = 11_000_000  # a year of Enterprise, above what one person may confirm


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Transfers]:
    opened = open_transfers(tmp_path, database_url)
    yield opened
    check_invariants(opened.shop.payport)
    opened.shop.payport.close()


@pytest.fixture
def order(desk: Transfers) -> OrderView:
    order = desk.order()
    desk.clock.forward(hours=1)
    return order


class TestAStatementThatDisagrees:
    def test_REF_08_lists_each_disagreement_with_its_kind_and_overwrites_nothing(
        self, desk: Transfers
    ) -> None:
        orders = [desk.order(f"khach-{number}") for number in range(6)]
        confirmed, doubled, short, failed, fits, gone = orders
        desk.confirm(confirmed, 400_000, reference="FT-PERSON")
        desk.clock.forward(minutes=1)
        desk.read(desk.line(gone, reference="FT-GONE"))
        desk.shop.payport.cancel(failed.number, actor="lan", reason="no answer")
        assert desk.payment(failed).state is State.EXPIRED
        lines = [
            desk.line(fits, reference="FT-1", at=desk.clock.forward(minutes=-2)),
            desk.line(doubled, reference="FT-2", at=desk.clock.forward(minutes=2)),
            desk.line(doubled, reference="FT-2"),
            desk.line(short, TOTAL - 1, reference="FT-3"),
            desk.line("SVZZZZZZZZ22", reference="FT-4"),
            desk.line(failed, reference="FT-5"),
            desk.line(fits, reference="FT-6", at=desk.clock.forward(minutes=2)),
        ]
        desk.clock.forward(minutes=5)

        read = desk.read(*lines)

        assert [(line.reference, line.fate) for line in read.lines] == [
            ("FT-1", Fate.UNMATCHED),  # before its order was placed
            ("FT-2", Fate.MATCHED),
            ("FT-2", Fate.ALREADY_USED),  # doubled
            ("FT-3", Fate.WRONG_AMOUNT),
            ("FT-4", Fate.UNMATCHED),  # of an unknown reference
            ("FT-5", Fate.MATCHED),  # a proven success completes what we held as not paid
            ("FT-6", Fate.MATCHED),
        ]
        assert all(line.because for line in read.lines)
        assert [(one.reference, one.order_number) for one in read.missing] == [
            ("FT-GONE", gone.number),
            ("FT-PERSON", confirmed.number),
        ]
        assert [desk.now(one).state for one in orders] == [
            OrderState.PLACED,
            OrderState.PAID,
            OrderState.PLACED,
            OrderState.PAID,
            OrderState.PAID,
            OrderState.PAID,
        ]

    def test_REF_08_one_reference_with_two_amounts_counts_neither(
        self, desk: Transfers, order: OrderView
    ) -> None:
        read = desk.read(desk.line(order), desk.line(order, 5))

        assert [line.fate for line in read.lines] == [Fate.AMBIGUOUS] * 2
        assert desk.now(order).received.minor == 0

    def test_REF_08_a_reference_that_was_stored_with_another_amount_is_not_overwritten(
        self, desk: Transfers, order: OrderView
    ) -> None:
        desk.read(desk.line(order, 5))

        assert desk.read_one(desk.line(order)).fate is Fate.AMBIGUOUS
        assert desk.now(order).received.minor == 0

    def test_REF_08_a_counted_reference_with_another_amount_is_for_a_person(
        self, desk: Transfers, order: OrderView
    ) -> None:
        desk.read(desk.line(order))

        with nothing_moves(desk.shop):
            line = desk.read_one(desk.line(order, 5), dry_run=True)

        assert (line.fate, "1,100,000 VND were counted" in line.because) == (Fate.WRONG_AMOUNT, True)


class TestAStatementTwice:
    def test_REF_09_counts_once(self, desk: Transfers, order: OrderView) -> None:
        line = desk.line(order)
        desk.read(line)

        with nothing_moves(desk.shop):
            again = desk.read_one(line)

        assert (again.fate, desk.grants(order)) == (Fate.ALREADY_USED, 1)

    def test_REF_09_in_overlapping_files_counts_once(self, desk: Transfers) -> None:
        orders = [desk.order(f"khach-{number}") for number in range(3)]
        desk.clock.forward(minutes=1)
        lines = [desk.line(order, reference=f"FT{number}") for number, order in enumerate(orders)]
        desk.read(*lines[:2])

        fates = [line.fate for line in desk.read(*lines[1:]).lines]

        assert fates == [Fate.ALREADY_USED, Fate.MATCHED]
        assert [desk.now(order).received.minor for order in orders] == [TOTAL] * 3

    @pytest.mark.parametrize("memo", ["as it was", "in other clothes"])
    def test_REF_09_under_another_id_counts_once(self, desk: Transfers, order: OrderView, memo: str) -> None:
        desk.read(desk.line(order))
        again = dict(desk.line(order, reference="OTHER-ID"))
        if memo != "as it was":
            again["Nội dung"] = again["Nội dung"].lower().replace(" ", "  ")

        assert desk.read_one(again).fate is Fate.ALREADY_USED
        assert desk.now(order).received.minor == TOTAL

    def test_REF_09_under_another_id_in_one_file_counts_once(self, desk: Transfers, order: OrderView) -> None:
        read = desk.read(desk.line(order), desk.line(order, reference="OTHER-ID"))

        assert [line.fate for line in read.lines] == [Fate.MATCHED, Fate.ALREADY_USED]
        assert desk.now(order).received.minor == TOTAL

    def test_REF_09_under_another_id_after_a_person_confirmed_it_counts_once(
        self, desk: Transfers, order: OrderView
    ) -> None:
        part = desk.line(order, 400_000, reference="FT1")
        desk.read(part)
        desk.confirm(order, 400_000, reference="FT1")

        again = desk.read_one(desk.line(order, 400_000, reference="OTHER-ID"))

        assert (again.fate, desk.now(order).received.minor) == (Fate.ALREADY_USED, 400_000)

    def test_REF_09_while_it_is_imported_by_another_counts_once(self, desk: Transfers) -> None:
        for number in range(4):
            order = desk.order(f"khach-{number}")
            desk.clock.forward(minutes=1)

            at_once(
                *[partial(desk.read, desk.line(order, reference=f"A{number}"))] * 2,
                partial(desk.read, desk.line(order, reference=f"B{number}")),
            )

            assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1)


class TestAnOperatorWhoPaysThemselves:
    @pytest.mark.parametrize("name", ["binh-minh", "BINH-MINH ", BUYER.email.upper()])
    def test_REF_10_may_not_confirm_an_order_of_their_own(
        self, desk: Transfers, order: OrderView, name: str
    ) -> None:
        with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="actor: "):
            desk.confirm(order, by=name)

    def test_REF_10_nor_second_it(self, desk: Transfers) -> None:
        order = desk.order("lon", package="enterprise")
        desk.confirm(order, LARGE)

        with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="actor: "):
            desk.confirm(order, LARGE, by=BUYER.email)

    @pytest.mark.parametrize("name", ["binh-minh", "BINH-MINH ", BUYER.email.upper()])
    def test_REF_10_is_not_counted_by_a_statement_of_their_own(
        self, desk: Transfers, order: OrderView, name: str
    ) -> None:
        line = desk.line(order, reference="FT-FORGED")
        foreseen = desk.read_one(line, by=name, dry_run=True)

        judged = desk.read_one(line, by=name)

        assert judged == foreseen
        assert (judged.fate, judged.order_number) == (Fate.UNMATCHED, order.number)
        assert judged.because.startswith("it is an order of who imports the statement")
        assert (desk.now(order).received.minor, desk.grants(order)) == (0, 0)
        assert desk.read_one(line, by="lan").fate is Fate.MATCHED
        assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1)

    def test_REF_10_counts_once_however_often_they_confirm(self, desk: Transfers, order: OrderView) -> None:
        results = [desk.confirm(order) for _ in range(3)]

        assert len(set(results)) == 1
        assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1)

    def test_REF_10_counts_once_when_two_confirm_at_once(self, desk: Transfers) -> None:
        for number in range(4):
            order = desk.order(f"khach-{number}")

            at_once(
                *[partial(desk.confirm, order, by=name, reference=f"R{number}") for name in ("lan", "hoa")]
            )

            assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1)

    def test_REF_10_alone_above_the_limit_grants_nothing(self, desk: Transfers) -> None:
        order = desk.order("lon", package="enterprise")
        assert desk.confirm(order, LARGE).state is Word.WAITING

        with nothing_moves(desk.shop):
            for name in ("lan", " LAN", "Lan"):
                with pytest.raises(RequestRefused, match="waits for a second person"):
                    desk.confirm(order, LARGE, by=name)

        assert (desk.now(order).received.minor, desk.grants(order)) == (0, 0)

    def test_REF_10_alone_in_many_parts_grants_nothing(self, desk: Transfers) -> None:
        """Eleven times a million, each below the limit of two."""
        order = desk.order("lon", package="enterprise")

        words = [desk.confirm(order, 1_000_000, reference=f"PT{number}").state for number in range(11)]

        assert words == [Word.COUNTED] * 2 + [Word.WAITING] * 9
        assert (desk.now(order).state, desk.grants(order)) == (OrderState.PLACED, 0)

    def test_REF_10_is_named_in_the_orders_history(self, desk: Transfers) -> None:
        order = desk.order("lon", package="enterprise")
        desk.confirm(order, LARGE)
        desk.confirm(order, LARGE, by="hoa")

        told = [
            step.because for step in desk.shop.payport.history(order.number) if step.subject == "confirmation"
        ]

        assert told[0].endswith("confirmed by lan; a second person must see it")
        assert told[1].endswith("confirmed by lan and hoa")


Memo = Callable[[str, str], str]
MATCHED: dict[str, Memo] = {
    "lower-cased": lambda one, _: one.lower(),
    "with bank noise": lambda one, _: f"MBVCB.4711.0099.{one}.CT tu 0071001 NGUYEN VAN A toi 0123456789",
    "with blanks inside": lambda one, _: f"{one[:5]} {one[5:]} chuyen tien",
    "without separators": lambda one, _: f"MBVCB123{one}CHUYENTIEN",
    "with Vietnamese marks": lambda one, _: f"Thanh toán đơn hàng {one} ạ",
    "twice the same": lambda one, _: f"{one} {one}",
}
FOR_A_PERSON: dict[str, Memo] = {
    "two order numbers": lambda one, other: f"{one} {other}",
    "two without separators": lambda one, other: f"x{one}{other}x",
    "look-alike letters": lambda one, _: f"{one[:4]}O{one[5:]}",
    "look-alike digits": lambda one, _: f"{one[:4]}0{one[5:]}",
    "a look-alike I": lambda one, _: f"{one[:6]}I{one[7:]}",
    "one and a look-alike of the other": lambda one, other: f"{one} {other[:6]}1{other[7:]}",
}
NOT_OURS: dict[str, Memo] = {
    "cut short": lambda one, _: one[:-1],
    "a beginning of one": lambda one, _: f"{one[:8]} chuyen tien",
    "without its prefix": lambda one, _: one[2:],
}


class TestAMemo:
    @pytest.mark.parametrize("how", MATCHED)
    def test_REF_12_that_names_one_order_is_matched(
        self, desk: Transfers, order: OrderView, how: str
    ) -> None:
        other = desk.order("khac")

        line = desk.read_one(a_line(MATCHED[how](order.number, other.number), at=desk.clock.now))

        assert (line.fate, line.order_number) == (Fate.MATCHED, order.number)
        assert (desk.now(order).state, desk.now(other).state) == (OrderState.PAID, OrderState.PLACED)

    @pytest.mark.parametrize("how", FOR_A_PERSON)
    def test_REF_12_that_can_be_read_in_two_ways_is_for_a_person(
        self, desk: Transfers, order: OrderView, how: str
    ) -> None:
        other = desk.order("khac")
        desk.clock.forward(minutes=1)

        line = desk.read_one(a_line(FOR_A_PERSON[how](order.number, other.number), at=desk.clock.now))

        assert line.fate is Fate.AMBIGUOUS
        assert [desk.now(one).received.minor for one in (order, other)] == [0, 0]

    @pytest.mark.parametrize("how", NOT_OURS)
    def test_REF_12_that_names_none_is_unmatched(self, desk: Transfers, order: OrderView, how: str) -> None:
        line = desk.read_one(a_line(NOT_OURS[how](order.number, ""), at=desk.clock.now))

        assert (line.fate, desk.now(order).received.minor) == (Fate.UNMATCHED, 0)

    @pytest.mark.parametrize("minor", [1, TOTAL - 1, TOTAL + 1, TOTAL * 10])
    def test_REF_12_whose_amount_does_not_fit_is_for_a_person(
        self, desk: Transfers, order: OrderView, minor: int
    ) -> None:
        assert desk.read_one(desk.line(order, minor)).fate is Fate.WRONG_AMOUNT
        assert desk.now(order).received.minor == 0
