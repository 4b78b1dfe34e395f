"""A bank statement as a file: how its columns are named, and its lines with money that came in. Pure.

Whatever is wrong with a file refuses all of it, naming line and column: half a statement is none.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final
from unicodedata import category

from payport.errors import ConfigurationError, RequestRefused
from payport.masking import without_cards
from payport.rules.confirmation import LONGEST_REFERENCE, plain_reference
from payport.rules.money import MOST_MINOR, Money, minor_digits

__all__ = ["MOST_BYTES", "MOST_LINES", "StatementForm", "StatementLine", "read_statement"]

MOST_BYTES: Final = 5_000_000
MOST_LINES: Final = 100_000
_LONGEST_TEXT: Final = 2_000
_DIRECTIVES: Final = "dmYyHMS"
_FIRST_YEAR: Final = 2000
_DAY: Final = ("%d", "%m", ("%Y", "%y"))
_UNITS: Final = (("%S", timedelta(seconds=1)), ("%M", timedelta(minutes=1)), ("%H", timedelta(hours=1)))


@dataclass(frozen=True, slots=True)
class StatementForm:
    """How one bank writes its statements: the names of the columns, and how their cells are read.

    Args:
        account: the column with the number of the account that received; `own_account`: what must stand
            there, if it is not the number in the gateway account's settings.
        time_format: of `%d %m %Y %y %H %M %S`, as strptime reads it; `zone`: the offset that is meant.
        thousands: what stands between groups of three digits of an amount.
    Raises: ConfigurationError, naming the key.
    """

    reference: str
    time: str
    time_format: str
    amount: str
    text: str
    account: str | None = None
    own_account: str | None = None
    zone: str = "+07:00"
    thousands: str = ""
    delimiter: str = ","
    encoding: str = "utf-8"
    currency: str = "VND"

    def __post_init__(self) -> None:
        if re.search(rf"%(?![{_DIRECTIVES}])", self.time_format):
            raise _unfit("time_format", f"holds another sign after % than one of {_DIRECTIVES}")
        if any(not _has(self.time_format, part) for part in _DAY):
            raise _unfit("time_format", "names no day, month or year")
        named = Counter(self.columns)
        if max(named.values()) > 1:
            raise _unfit("reference", "two keys name one column")
        if self.own_account is not None and self.account is None:
            raise _unfit("own_account", "is compared with no column")
        if minor_digits(self.currency):  # 12 would be read as 0.12
            raise _unfit("currency", "has digits below one, and amounts are read in whole units")

    @property
    def columns(self) -> tuple[str, ...]:
        of_account = () if self.account is None else (self.account,)
        return (self.reference, self.time, self.amount, self.text, *of_account)

    @property
    def precision(self) -> timedelta:
        """How long a time as this bank writes it may be after it began: a second, or a whole day."""
        return next((unit for sign, unit in _UNITS if sign in self.time_format), timedelta(days=1))

    @property
    def offset(self) -> timezone:
        hours, minutes = self.zone[1:].split(":")
        span = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-span if self.zone[0] == "-" else span)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Money that came in, as a bank wrote it. `number`: the line of the file on which it begins.

    `reference` is compared as every bank reference: without blanks, in capitals. `text`: with card
    numbers masked.
    """

    number: int
    reference: str
    booked_at: datetime
    precision: timedelta
    amount: Money
    text: str
    account: str | None = None


def read_statement(content: bytes, form: StatementForm, *, now: datetime) -> tuple[StatementLine, ...]:
    """The lines with money that came in, as they follow each other; those without are left out.

    Raises: RequestRefused, naming line and column, for the first thing that is wrong.
    """
    reader = _Reader(form, now)
    return tuple(reader.lines(_text(content, form)))


class _Reader:
    def __init__(self, form: StatementForm, now: datetime) -> None:
        self._form, self._latest = form, now + timedelta(days=1)
        mark = re.escape(form.thousands)
        grouped = rf"|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+" if mark else ""
        self._amount = re.compile(rf"\+?(?P<digits>[0-9]+{grouped})")

    def lines(self, text: str) -> Iterator[StatementLine]:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self._form.delimiter, strict=True)
        header = next(self._rows(rows), None)
        if header is None:
            raise _wrong(1, None, "the file is empty", "Export the statement again")
        number, names = header
        places = self._places(number, [name.strip() for name in names])
        for number, row in self._rows(rows):
            if len(row) != len(names):
                raise _wrong(
                    number,
                    None,
                    f"has {len(row)} cells where the first line has {len(names)}",
                    "Look at its quotation marks, and at `delimiter`",
                )
            line = self._line(number, {column: row[place].strip() for column, place in places.items()})
            if line is not None:
                yield line

    def _rows(self, rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
        """Those that hold something, each with the number of the line on which it begins."""
        while True:
            begins = rows.line_num + 1  # type: ignore[attr-defined]
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                raise _wrong(
                    begins, None, "is no line of CSV", "Look at its quotation marks, and at `delimiter`"
                ) from None
            if begins > MOST_LINES:
                raise _wrong(
                    begins, None, f"the file has more than {MOST_LINES:,} lines", "Import it in parts"
                )
            if any(cell.strip() for cell in row):
                yield begins, row

    def _places(self, number: int, names: Sequence[str]) -> Mapping[str, int]:
        doubled = next((name for name, times in Counter(names).items() if name and times > 1), None)
        if doubled is not None:
            raise _wrong(number, doubled, "is the name of two columns", "Keep the one that is meant")
        for column in self._form.columns:
            if column not in names:
                raise _wrong(
                    number,
                    column,
                    "there is no such column",
                    "Name the columns in [accounts.statement] as the file does; look at `delimiter` too",
                )
        return {column: names.index(column) for column in self._form.columns}

    def _line(self, number: int, cells: Mapping[str, str]) -> StatementLine | None:
        form = self._form
        amount = self._money(number, cells[form.amount])
        if amount is None:
            return None
        for column, cell in cells.items():
            if any(category(sign) in {"Cc", "Cf", "Cn", "Co", "Cs"} and not sign.isspace() for sign in cell):
                raise _wrong(number, column, "holds a sign that is not seen", "Export the statement again")
        reference = plain_reference(cells[form.reference])
        if not 1 <= len(reference) <= LONGEST_REFERENCE:
            raise _wrong(
                number,
                form.reference,
                f"is not a reference of 1 to {LONGEST_REFERENCE} signs",
                "Name the column with the bank's own number of each transfer",
            )
        text = " ".join(cells[form.text].split())
        if len(text) > _LONGEST_TEXT:
            raise _wrong(number, form.text, f"is longer than {_LONGEST_TEXT:,} signs", "Look at the file")
        return StatementLine(
            number=number,
            reference=reference,
            booked_at=self._instant(number, cells[form.time]),
            precision=form.precision,
            amount=amount,
            text=without_cards(text.encode()).decode(),  # payers type anything
            account=None if form.account is None else "".join(cells[form.account].split()),
        )

    def _money(self, number: int, cell: str) -> Money | None:
        """None for a line on which nothing came in."""
        if not cell:
            return None
        found = self._amount.fullmatch(cell)
        if found is None:
            raise _wrong(
                number,
                self._form.amount,
                "is not an amount in whole digits" + ("; it is below zero" if cell.startswith("-") else ""),
                "`thousands` says what stands between its groups; name the column of money that came in",
            )
        digits = found["digits"].replace(self._form.thousands or ",", "").lstrip("0")
        if len(digits) > len(str(MOST_MINOR)) or int(digits or 0) > MOST_MINOR:
            raise _wrong(
                number, self._form.amount, "is more than an amount can be", f"At most {MOST_MINOR:,} is kept"
            )
        return Money(int(digits), self._form.currency) if digits else None

    def _instant(self, number: int, cell: str) -> datetime:
        try:
            at = datetime.strptime(cell, self._form.time_format).replace(tzinfo=self._form.offset)
            is_sound = at.year >= _FIRST_YEAR and at <= self._latest
        except (ValueError, OverflowError):
            raise _wrong(
                number,
                self._form.time,
                f"is no time as {self._form.time_format} writes it",
                "Correct `time_format`",
            ) from None
        if not is_sound:
            raise _wrong(
                number,
                self._form.time,
                "lies in the future, or long ago",
                "Correct `time_format`: its days may be months",
            )
        return at


def _text(content: bytes, form: StatementForm) -> str:
    if len(content) > MOST_BYTES:
        raise _wrong(1, None, f"the file is larger than {MOST_BYTES:,} bytes", "Import it in parts")
    if form.encoding == "utf-8" and content.startswith(b"\xef\xbb\xbf"):
        raise _wrong(1, None, "the file begins with a byte order mark", 'Write encoding = "utf-8-sig"')
    try:
        return content.decode(form.encoding)
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise _wrong(
            number, None, f"is not {form.encoding}", "Save the file as UTF-8, or correct `encoding`"
        ) from None


def _has(text: str, part: str | tuple[str, ...]) -> bool:
    return any(one in text for one in ((part,) if isinstance(part, str) else part))


def _unfit(key: str, problem: str) -> ConfigurationError:
    return ConfigurationError(
        field=key, problem=problem, remedy="See docs/configuration.md, [accounts.statement]"
    )


def _wrong(number: int, column: str | None, problem: str, remedy: str) -> RequestRefused:
    where = f"statement, line {number}" + ("" if column is None else f", column {column}")
    return RequestRefused(field=where, problem=problem, remedy=remedy)
