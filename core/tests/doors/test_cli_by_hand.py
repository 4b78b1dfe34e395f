"""`payport confirm`, `withdraw-confirmation` and `import-statement`, on both databases; the doctor's word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payport.doors.cli.doctor import Grade, examine
from payport.rules.order import State as OrderState
from payport.service.viewing import OrderView
from tests.support.bank_lines import csv_of
from tests.support.oracle import check_invariants
from tests.support.transfers import ACCOUNT, Transfers, open_transfers

LARGE = "11,000,000"


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Transfers]:
    opened = open_transfers(tmp_path, database_url)
    opened.clock.now = datetime.now(UTC) - timedelta(hours=1)  # commands go by the machine's clock
    yield opened
    check_invariants(opened.shop.payport)
    opened.shop.payport.close()


@pytest.fixture
def order(desk: Transfers) -> OrderView:
    return desk.order()


@pytest.fixture
def today(desk: Transfers) -> str:
    return (desk.clock.now + timedelta(hours=7)).date().isoformat()


class TestConfirming:
    def test_counts_what_was_seen(self, cli: Any, desk: Transfers, order: OrderView, today: str) -> None:
        ran = cli(
            *("confirm", order.number, "1,100,000", "--on", today, "--bank-reference", "ft 1"),
            *("--by", "lan", "--note", "quay 2"),
        )

        assert (ran.status, ran.err) == (0, "")
        assert ran.lines("confirmation") == ["confirmation    counted"]
        assert ran.lines("bank reference") == ["bank reference  FT1"]
        assert ran.lines("order") == [f"order           {order.number}", f"order {order.number}: paid"]
        assert desk.now(order).state is OrderState.PAID

    def test_above_the_limit_says_that_a_second_person_is_due(
        self, cli: Any, desk: Transfers, today: str
    ) -> None:
        large = desk.order("lon", package="enterprise")
        call = ("confirm", large.number, LARGE, "--on", today, "--bank-reference", "FT1", "--by")

        first, again, second = cli(*call, "lan"), cli(*call, "LAN"), cli(*call, "hoa", "--json")

        assert first.lines("confirmation") == [
            "confirmation    waiting; a second person must confirm the same"
        ]
        assert (again.status, again.out) == (1, "")
        assert again.err.startswith("actor: lan confirmed it already, and it waits for a second person. ")
        told = json.loads(second.out)
        assert (told["state"], told["first_by"], told["second_by"], told["order_state"]) == (
            "counted",
            "lan",
            "hoa",
            "paid",
        )

    def test_can_be_withdrawn_while_it_waits(self, cli: Any, desk: Transfers, today: str) -> None:
        large = desk.order("lon", package="enterprise")
        cli("confirm", large.number, LARGE, "--on", today, "--bank-reference", "FT1", "--by", "lan")

        ran = cli("withdraw-confirmation", large.number, "ft1", "--by", "lan", "--reason", "mistyped")

        assert (ran.status, ran.lines("confirmation")) == (0, ["confirmation    withdrawn"])

    @pytest.mark.parametrize(
        ("amount", "day", "status", "words"),
        [
            ("1100000.5", None, 2, "AMOUNT: is no amount of VND. "),
            ("1100000", "30/11/2026", 2, "--on: is no day. Write it as 2026-11-30"),
            ("1100000", "2999-01-01", 1, "booked_on: not a day up to today. "),
            ("0", None, 1, "amount: not an amount of money in VND above zero. "),
        ],
    )
    def test_wrongly_says_how(
        self, cli: Any, order: OrderView, today: str, amount: str, day: str | None, status: int, words: str
    ) -> None:
        ran = cli(
            "confirm", order.number, amount, "--on", day or today, "--bank-reference", "A", "--by", "lan"
        )

        assert (ran.status, ran.out) == (status, "")
        assert ran.err.startswith(words)


class TestImporting:
    @pytest.fixture
    def file(self, desk: Transfers, order: OrderView, tmp_path: Path) -> Path:
        desk.clock.forward(minutes=30)
        file = tmp_path / "statement.csv"
        lines = [desk.line(order), desk.line("tien nuoc", 50_000, reference="FT2")]
        file.write_bytes(csv_of(lines))
        return file

    def call(self, file: Path, *more: str) -> tuple[str, ...]:
        return ("import-statement", str(file), "--account", ACCOUNT, "--by", "ke toan", *more)

    def test_is_a_dry_run_unless_it_is_for_real(
        self, cli: Any, desk: Transfers, order: OrderView, file: Path
    ) -> None:
        dry = cli(*self.call(file))
        assert desk.now(order).state is OrderState.PLACED
        real = cli(*self.call(file, "--for-real"))

        assert (dry.status, dry.err, real.status) == (0, "", 0)
        assert dry.out.startswith(
            "dry run: nothing is stored; --for-real counts what matches\n"
            "2 lines with money that came in: 1 matched, 1 unmatched\n"
        )
        assert real.out.startswith("imported\n")
        assert dry.out.splitlines()[1:] == real.out.splitlines()[1:]
        assert [line.split()[0:2] for line in real.lines("2 ")][-1] == ["2", "FT26328000001"]
        assert desk.now(order).state is OrderState.PAID

    def test_is_there_for_machines_without_the_memos(self, cli: Any, order: OrderView, file: Path) -> None:
        ran = cli(*self.call(file, "--json"))

        told = json.loads(ran.out)
        assert (told["dry_run"], told["fates"]["matched"]) == (True, 1)
        assert [(line["number"], line["fate"], line["order_number"]) for line in told["lines"]] == [
            (2, "matched", order.number),
            (3, "unmatched", None),
        ]
        assert "tien nuoc" not in ran.out

    def test_that_leaves_something_to_a_person_ends_with_1(
        self, cli: Any, desk: Transfers, order: OrderView, file: Path
    ) -> None:
        file.write_bytes(csv_of([desk.line(order, 5)]))

        ran = cli(*self.call(file))

        assert (ran.status, "wrong amount" in ran.out) == (1, True)

    def test_lists_what_is_missing(self, cli: Any, desk: Transfers, order: OrderView, file: Path) -> None:
        desk.confirm(order, 400_000, reference="PT7")
        file.write_bytes(csv_of([desk.line("tien nuoc", reference="FT2")]))

        ran = cli(*self.call(file))

        assert ran.status == 1
        assert "\ncounted or confirmed for these days, and not in this file\n" in ran.out
        assert ran.lines("PT7")[0].endswith("lan confirmed it; cash stands in no statement")

    def test_a_file_that_is_not_right_names_the_line(self, cli: Any, file: Path) -> None:
        file.write_text("A,B\n")

        ran = cli(*self.call(file, "--for-real"))

        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith("statement, line 1, column Mã giao dịch: there is no such column. ")

    def test_a_file_that_is_not_there_says_so(self, cli: Any, desk: Transfers) -> None:
        ran = cli(*self.call(Path("nowhere.csv")))

        assert (ran.status, ran.err.startswith("FILE: cannot be read. ")) == (2, True)


class TestTheDoctor:
    def test_names_what_waits_for_a_person(self, desk: Transfers, order: OrderView) -> None:
        large = desk.order("lon", package="enterprise")
        desk.confirm(large, 11_000_000, reference="FT9")
        desk.clock.forward(minutes=30)
        desk.read(
            desk.line(order, 5),
            desk.line("x", reference="FT2"),
            desk.line(f"{order.number} SVZZZZZZZZ22", 7, reference="FT3"),
        )
        subjects = ("confirmations waiting", "statement lines to decide", "statement lines of no order")

        found = {one.subject: one for one in examine(desk.shop.payport) if one.subject in subjects}

        assert [(found[name].grade, found[name].words.split(",")[0]) for name in subjects] == [
            (Grade.LOOK, "1"),
            (Grade.LOOK, "2"),
            (Grade.LOOK, "1"),
        ]
        third = desk.order("ba")
        desk.clock.forward(minutes=1)
        desk.read(desk.line(third, reference="FT4"))
        desk.read(desk.line(third, reference="FT5"))  # the same under another name
        (line,) = [one for one in examine(desk.shop.payport) if one.subject == "statement lines to decide"]
        assert line.words.startswith("3, ")
        desk.confirm(third, reference="FT5")  # it came twice indeed
        desk.confirm(order, 5)  # by the line's reference: it is decided
        (line,) = [one for one in examine(desk.shop.payport) if one.subject == "statement lines to decide"]
        assert line.words.startswith("1, ")


class TestTheCheck:
    def test_shows_what_an_account_carries_and_how_its_statements_are_read(
        self, cli: Any, desk: Transfers
    ) -> None:
        file = desk.shop.folder / "payport.toml"
        text = file.read_text(encoding="utf-8")
        limits = "[accounts.limits]\nVND = { most = 5_000_000 }\n\n[accounts.statement]"
        file.write_text(text.replace("[accounts.statement]", limits), encoding="utf-8")

        ran = cli("check")

        assert ran.lines("carries")[-1] == "carries           1 VND to 5,000,000 VND"
        assert ran.lines("statements") == [
            "statements        Mã giao dịch, Thời gian, Ghi có, Nội dung, Số tài khoản"
        ]
