"""A bank's file: read in exactly one way, or refused whole, naming line and column."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payport.errors import ConfigurationError, RequestRefused
from payport.rules.money import vnd
from payport.rules.statement_file import MOST_BYTES, MOST_LINES, StatementForm, read_statement
from tests.support.bank_lines import COLUMNS, a_line, csv_of

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
REFERENCE, TIME, ACCOUNT, AMOUNT, TEXT = COLUMNS


def form(**changes: Any) -> StatementForm:
    keys: dict[str, Any] = {
        "reference": REFERENCE,
        "time": TIME,
        "time_format": "%d/%m/%Y %H:%M:%S",
        "amount": AMOUNT,
        "text": TEXT,
        "account": ACCOUNT,
    }
    return StatementForm(**(keys | changes))


def read(*lines: Any, **changes: Any) -> Any:
    return read_statement(csv_of([*lines]), form(**changes), now=NOW)


def a_credit(**changes: str) -> dict[str, str]:
    return {**a_line("memo", at=NOW), **changes}


def refused(content: bytes, **changes: Any) -> RequestRefused:
    with pytest.raises(RequestRefused) as error:
        read_statement(content, form(**changes), now=NOW)
    return error.value


def row(**changes: str) -> bytes:
    """A file with one line."""
    return csv_of([a_credit(**changes)])


NO_AMOUNT = "is not an amount in whole digits"
COLUMN_OF_MONEY = "`thousands` says what stands between its groups; name the column of money that came in"
QUOTATION = "Look at its quotation marks, and at `delimiter`"


REFUSALS: list[tuple[bytes, str, str, str]] = [
    (row(**{AMOUNT: "-5"}), f"2, column {AMOUNT}", f"{NO_AMOUNT}; it is below zero", COLUMN_OF_MONEY),
    (row(**{AMOUNT: "3,550"}), f"2, column {AMOUNT}", NO_AMOUNT, COLUMN_OF_MONEY),
    (
        row(**{AMOUNT: str(2**53)}), f"2, column {AMOUNT}",
        "is more than an amount can be", "At most 9,007,199,254,740,991 is kept",
    ),
    (
        row(**{TIME: "2026-11-30"}), f"2, column {TIME}",
        "is no time as %d/%m/%Y %H:%M:%S writes it", "Correct `time_format`",
    ),
    (
        row(**{TIME: "31/12/1999 23:59:59"}), f"2, column {TIME}",
        "lies in the future, or long ago", "Correct `time_format`: its days may be months",
    ),
    (
        row(**{REFERENCE: "F" * 65}), f"2, column {REFERENCE}", "is not a reference of 1 to 64 signs",
        "Name the column with the bank's own number of each transfer",
    ),
    (
        row(**{REFERENCE: "FT\u200b1"}), f"2, column {REFERENCE}",
        "holds a sign that is not seen", "Export the statement again",
    ),
    (
        row(**{TEXT: "x" * 2_001}), f"2, column {TEXT}",
        "is longer than 2,000 signs", "Look at the file",
    ),
    (row() + b"a,b\n", "3", "has 2 cells where the first line has 5", QUOTATION),
    (row() + b'"open,b\n', "3", "is no line of CSV", QUOTATION),
    (
        csv_of([], columns=COLUMNS[:-1]), f"1, column {TEXT}", "there is no such column",
        "Name the columns in [accounts.statement] as the file does; look at `delimiter` too",
    ),
    (b"A,A\n", "1, column A", "is the name of two columns", "Keep the one that is meant"),
    (b"", "1", "the file is empty", "Export the statement again"),
    (
        b"x" * (MOST_BYTES + 1), "1",
        "the file is larger than 5,000,000 bytes", "Import it in parts",
    ),
    (
        csv_of([]) + b",,,,\n" * MOST_LINES, "100001",
        "the file has more than 100,000 lines", "Import it in parts",
    ),
    (
        b"\xef\xbb\xbf" + row(), "1",
        "the file begins with a byte order mark", 'Write encoding = "utf-8-sig"',
    ),
    (
        row() + "Ghi có\n".encode("cp1258"), "3",
        "is not utf-8", "Save the file as UTF-8, or correct `encoding`",
    ),
]  # fmt: skip


class TestALine:
    def test_is_read_with_its_number_time_and_money(self) -> None:
        content = (
            "Mã giao dịch,Thời gian,Số tài khoản,Ghi có,Nội dung\n"
            'FT26334000001,30/11/2026 14:03:22,0123456789,3550000,"MBVCB.123. SVABCDEFGH23, chuyen  tien"\n'
        )

        (line,) = read_statement(content.encode(), form(), now=NOW)

        assert (line.number, line.reference, line.amount) == (2, "FT26334000001", vnd(3_550_000))
        assert line.booked_at == datetime(2026, 11, 30, 7, 3, 22, tzinfo=UTC)
        assert line.text == "MBVCB.123. SVABCDEFGH23, chuyen tien"
        assert (line.account, line.precision) == ("0123456789", timedelta(seconds=1))

    @pytest.mark.parametrize("nothing", ["", "  ", "0", "000"])
    def test_on_which_nothing_came_in_is_left_out(self, nothing: str) -> None:
        assert read(a_credit(**{AMOUNT: nothing}), a_credit()) == read_statement(
            csv_of([a_credit(**{AMOUNT: nothing}), a_credit()]), form(), now=NOW
        )
        assert [line.number for line in read(a_credit(**{AMOUNT: nothing}), a_credit())] == [3]

    @pytest.mark.parametrize(
        ("written", "thousands"),
        [("3550000", ""), ("3,550,000", ","), ("3.550.000", "."), ("3 550 000", " "), ("+3.550.000", ".")],
    )
    def test_has_its_amount_as_banks_write_it(self, written: str, thousands: str) -> None:
        (line,) = read(a_credit(**{AMOUNT: written}), thousands=thousands)

        assert line.amount == vnd(3_550_000)

    @pytest.mark.parametrize(
        ("time_format", "written", "precision"),
        [
            ("%d/%m/%Y", "30/11/2026", timedelta(days=1)),
            ("%Y-%m-%d %H:%M", "2026-11-30 14:03", timedelta(minutes=1)),
        ],
    )
    def test_has_a_time_no_finer_than_its_bank_writes_it(
        self, time_format: str, written: str, precision: timedelta
    ) -> None:
        (line,) = read(a_credit(**{TIME: written}), time_format=time_format)

        assert line.precision == precision

    def test_keeps_its_reference_as_all_are_compared(self) -> None:
        (line,) = read(a_credit(**{REFERENCE: " ft26 334 000001 "}))

        assert line.reference == "FT26334000001"

    def test_SEC_03_keeps_no_card_that_a_payer_typed(self) -> None:
        cards = "SV1 4111 1111 1111 1111 and 9704198526191432198, cvv=737"

        (line,) = read(a_credit(**{TEXT: cards}))

        assert line.text == "SV1 4111 11** **** 1111 and 970419*********2198, cvv=***"

    def test_may_hold_line_ends_in_its_memo_and_the_next_ones_number_is_right(self) -> None:
        first, second = read(a_credit(**{TEXT: "one\ntwo"}), a_credit(**{REFERENCE: "FT2"}))

        assert (first.text, first.number, second.number) == ("one two", 2, 4)

    @pytest.mark.parametrize("delimiter", [";", "\t", "|"])
    def test_may_be_cut_by_other_signs(self, delimiter: str) -> None:
        content = csv_of([a_credit()], delimiter=delimiter)

        assert len(read_statement(content, form(delimiter=delimiter), now=NOW)) == 1

    def test_may_begin_with_a_mark_where_it_is_said_so(self) -> None:
        content = b"\xef\xbb\xbf" + csv_of([a_credit()])

        assert len(read_statement(content, form(encoding="utf-8-sig"), now=NOW)) == 1
        assert 'encoding = "utf-8-sig"' in str(refused(content))


class TestAFileThatIsNotRight:
    @pytest.mark.parametrize(
        ("column", "cell"),
        [
            (AMOUNT, "-3550000"),
            (AMOUNT, "3,550,000"),
            (AMOUNT, "3550000.00"),
            (AMOUNT, "3.5e6"),
            (AMOUNT, "٣٥٥"),
            (AMOUNT, "9" * 5_000),
            (AMOUNT, str(2**53)),
            (AMOUNT, "ba triệu"),
            (TIME, ""),
            (TIME, "2026-11-30 14:03:22"),
            (TIME, "31/11/2026 00:00:00"),
            (TIME, "30/11/2027 00:00:00"),
            (TIME, "01/01/0001 00:00:00"),
            (REFERENCE, ""),
            (REFERENCE, "F" * 65),
            (REFERENCE, "FT\u200b1"),
            (TEXT, "x" * 2_001),
            (TEXT, "a\x00b"),
        ],
    )
    def test_names_the_line_and_the_column(self, column: str, cell: str) -> None:
        error = refused(csv_of([a_credit(), a_credit(**{column: cell})]))

        assert error.field == f"statement, line 3, column {column}"
        assert error.remedy
        assert cell[:20] not in error.problem or not cell

    def test_says_where_what_and_what_to_do(self) -> None:
        for content, where, problem, remedy in REFUSALS:
            error = refused(content)

            assert (error.field, error.problem, error.remedy) == (
                f"statement, line {where}", problem, remedy,
            )  # fmt: skip

    @pytest.mark.parametrize(
        "edge",
        [
            {AMOUNT: str(2**53 - 1)},
            {AMOUNT: "000" + str(2**53 - 1)},
            {TIME: "01/01/2000 00:00:00"},
            {TIME: "01/12/2026 16:00:00"},  # a day after now, in the bank's zone
            {REFERENCE: "F" * 64},
            {REFERENCE: "F"},
            {TEXT: "x" * 2_000},
        ],
    )
    def test_is_right_up_to_each_limit(self, edge: dict[str, str]) -> None:
        assert len(read(a_credit(**edge))) == 1

    def test_is_read_to_its_last_line(self) -> None:
        lines = csv_of([]) + b",,,,\n" * (MOST_LINES - 2) + row().splitlines()[1] + b"\n"

        assert [line.number for line in read_statement(lines, form(), now=NOW)] == [MOST_LINES]

    def test_without_a_column_names_it(self) -> None:
        error = refused(csv_of([], columns=COLUMNS[:-1]))

        assert (error.field, error.problem) == (
            f"statement, line 1, column {TEXT}",
            "there is no such column",
        )

    def test_with_one_column_twice_names_it(self) -> None:
        error = refused(b"A,A,B\n")

        assert (error.field, error.problem) == ("statement, line 1, column A", "is the name of two columns")

    @pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n"])
    def test_that_is_empty_says_so(self, content: bytes) -> None:
        assert refused(content).problem == "the file is empty"

    @pytest.mark.parametrize("row", ["a,b", "a,b,c,d,e,f"])
    def test_with_cells_too_few_or_too_many_names_the_line(self, row: str) -> None:
        assert refused(csv_of([a_credit()]) + row.encode()).field == "statement, line 3"

    def test_with_an_open_quotation_mark_names_the_line(self) -> None:
        assert refused(csv_of([a_credit()]) + b'"open,b,c,d,e\n').field == "statement, line 3"

    @pytest.mark.parametrize("content", ["Ghi có".encode("utf-16"), b"\xff\xfe", "Ghi có".encode("cp1258")])
    def test_in_another_encoding_says_so(self, content: bytes) -> None:
        assert refused(content).problem == "is not utf-8"

    def test_that_is_too_large_is_not_read(self) -> None:
        assert "larger than 5,000,000 bytes" in refused(b"x" * (MOST_BYTES + 1)).problem

    def test_with_too_many_lines_is_not_read(self) -> None:
        assert "more than 100,000 lines" in refused(csv_of([]) + b",,,,\n" * MOST_LINES).problem

    @given(st.binary(max_size=300))
    def test_of_whatever_bytes_is_refused_in_our_words(self, content: bytes) -> None:
        refused(content)

    @given(st.binary(max_size=200))
    def test_that_goes_on_with_whatever_bytes_is_read_or_refused_in_our_words(self, content: bytes) -> None:
        with suppress(RequestRefused):  # and nothing else
            read_statement(csv_of([a_credit()]) + content, form(), now=NOW)


class TestAForm:
    @pytest.mark.parametrize(
        ("changes", "key", "problem"),
        [
            ({"time_format": "%d/%m/%Y %p"}, "time_format", "holds another sign after % than one of dmYyHMS"),
            ({"time_format": "%d/%m/%Y %%"}, "time_format", "holds another sign after % than one of dmYyHMS"),
            ({"time_format": "%m/%Y"}, "time_format", "names no day, month or year"),
            ({"time_format": "%d/%Y"}, "time_format", "names no day, month or year"),
            ({"time_format": "%d/%m"}, "time_format", "names no day, month or year"),
            ({"text": REFERENCE}, "reference", "two keys name one column"),
            ({"account": None, "own_account": "1"}, "own_account", "is compared with no column"),
            (
                {"currency": "USD"},
                "currency",
                "has digits below one, and amounts are read in whole units",
            ),
        ],
    )
    def test_that_cannot_be_meant_is_refused_by_its_key(
        self, changes: dict[str, Any], key: str, problem: str
    ) -> None:
        with pytest.raises(ConfigurationError) as error:
            form(**changes)

        assert (error.value.field, error.value.problem, error.value.remedy) == (
            key,
            problem,
            "See docs/configuration.md, [accounts.statement]",
        )

    @pytest.mark.parametrize(
        ("zone", "hours", "minutes"), [("+07:00", 7, 0), ("-03:30", -3, -30), ("+05:45", 5, 45)]
    )
    def test_has_the_offset_that_it_names(self, zone: str, hours: int, minutes: int) -> None:
        assert form(zone=zone).offset.utcoffset(None) == timedelta(hours=hours, minutes=minutes)
