"""What a line of a bank statement is to us: which order its memo names, and whether its money fits. Pure.

Banks change memos: they fold letters, add their own words, put blanks in. A memo that can be read in two ways
is for a person. Rules: "Order only"; sheet: vietqr.md 4.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from itertools import islice, product
from typing import Final
from unicodedata import combining, normalize

from payport.rules.money import Money
from payport.rules.statement_file import StatementLine

__all__ = [
    "Codes", "Fate", "Found", "Judged", "Standing", "Used", "fingerprint", "fold", "judge_line", "read_codes",
]  # fmt: skip

_LENGTH: Final = 12  # of an order's number, see service/references.py
_WORD: Final = re.compile(r"[^\W_]+")
_CODE: Final = r"[A-HJ-NP-Z2-9]"
_MISREAD: Final[Mapping[str, str]] = {"O": "QD", "0": "QD", "I": "LJ", "1": "LJ"}  # what a number never holds
_MOST_GUESSES: Final = 64


class Fate(StrEnum):
    MATCHED = "matched"  # its money is counted for the order
    UNMATCHED = "unmatched"  # it names no order that waits for it
    WRONG_AMOUNT = "wrong_amount"  # one order, and another amount than is due, or than was counted of it
    ALREADY_USED = "already_used"  # its money was counted before, or stands in this file twice
    AMBIGUOUS = "ambiguous"  # it can be read in more than one way


@dataclass(frozen=True, slots=True)
class Codes:
    """What in a memo may be order numbers.

    `words` stand by themselves; those `inside` are found with all signs and blanks taken out, and count only
    where no word is one; `misread` hold letters that no number of ours holds, each with what may be meant.
    """

    words: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    misread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    misread_inside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def all(self) -> frozenset[str]:
        guesses = (
            guess
            for found in (self.misread, self.misread_inside)
            for each in found.values()
            for guess in each
        )
        return frozenset((*self.words, *self.inside, *guesses))


@dataclass(frozen=True, slots=True)
class Standing:
    """An order that a memo names. `due`: what its payment through this account lacks; None: it has none.

    `doubted`: amounts that a person confirmed for it by references that stand in no statement.
    `own`: its buyer is who imports the statement.
    """

    number: str
    placed_at: datetime
    due: Money | None
    doubted: Collection[Money] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """Money that was counted or confirmed by a bank reference, for an order, with words that say how."""

    amount: Money
    order_number: str
    because: str


@dataclass(frozen=True, slots=True)
class Found:
    """What we know that a line may be about.

    Args:
        orders: by number.
        used: bank references whose money was counted or confirmed before.
        seen: the same by the fingerprints of their lines: one transfer has one line.
        stored: fingerprints of the lines of earlier statements, by bank reference.
    """

    orders: Mapping[str, Standing]
    used: Mapping[str, Used]
    seen: Mapping[str, str]
    stored: Mapping[str, str]
    own_account: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The fate of a line, why, and the order that it names, if it is one."""

    fate: Fate
    because: str
    order_number: str | None = None


def fold(text: str) -> str:
    """Capitals without marks, as banks write a memo: "Đơn hàng" is DON HANG."""
    plain = normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in plain if not combining(sign)).upper()


def fingerprint(line: StatementLine) -> str:
    """The same for the same transfer, under whatever reference: by time, amount and memo."""
    memo = "".join(_WORD.findall(fold(line.text)))
    told = f"{line.booked_at.timestamp():.0f} {line.amount.minor} {line.amount.currency} {memo}"
    return sha256(told.encode()).hexdigest()


def read_codes(text: str, prefix: str) -> Codes:
    """What in a memo has the form of an order number of this seller."""
    words = _WORD.findall(fold(text))
    run = "".join(words)
    exact, loose = _patterns(prefix)
    misread = {word: _guesses(word) for word in words if loose.fullmatch(word) and not exact.fullmatch(word)}
    starts = range(len(run) - _LENGTH + 1) if prefix in run else ()
    windows = [run[start : start + _LENGTH] for start in starts if run.startswith(prefix, start)]
    return Codes(
        words=_once(word for word in words if exact.fullmatch(word)),
        inside=_once(window for window in windows if exact.fullmatch(window)),
        misread=misread,
        misread_inside={
            window: _guesses(window)
            for window in windows
            if loose.fullmatch(window) and not exact.fullmatch(window)
        },
    )


def judge_line(line: StatementLine, codes: Codes, found: Found) -> Judged:
    """Its fate. Matched only where one order is named, and all of what is due for it came in after it was
    placed; whatever else may be our money is for a person."""
    used = found.used.get(line.reference)
    if used is not None and used.amount != line.amount:
        return Judged(Fate.WRONG_AMOUNT, f"{used.because}, and {line.amount} came", used.order_number)
    if used is not None:
        return Judged(Fate.ALREADY_USED, used.because)
    if line.account is not None and found.own_account is not None and line.account != found.own_account:
        return Judged(Fate.UNMATCHED, "it came to another account than this one")
    known = found.stored.get(line.reference)
    if known is not None and known != fingerprint(line):
        return Judged(Fate.AMBIGUOUS, "an earlier line has this reference, with another time, amount or memo")
    seen = found.seen.get(fingerprint(line))
    if seen is not None:
        return Judged(Fate.ALREADY_USED, seen)
    named = _named(codes, found)
    return named if isinstance(named, Judged) else _fits(line, named)


def _fits(line: StatementLine, order: Standing) -> Judged:
    if line.booked_at + line.precision <= order.placed_at:
        return Judged(Fate.UNMATCHED, "it came before the order was placed", order.number)
    if order.due is None:
        return Judged(Fate.UNMATCHED, "the order has no payment through this account", order.number)
    if line.amount in order.doubted:
        because = (
            "a person confirmed this amount by a reference that is in no statement: it may be this money"
        )
        return Judged(Fate.AMBIGUOUS, because, order.number)
    if line.amount != order.due:
        lacks = f"{order.due} are due" if order.due.minor else "nothing is due any more"
        return Judged(Fate.WRONG_AMOUNT, f"{lacks}, and {line.amount} came", order.number)
    if order.own:
        because = "it is an order of who imports the statement: another person imports or confirms it"
        return Judged(Fate.UNMATCHED, because, order.number)
    return Judged(Fate.MATCHED, "memo and amount are the order's", order.number)


def _named(codes: Codes, found: Found) -> Standing | Judged:
    """The one order that the memo names, or why there is none."""
    if codes.words or codes.misread:
        if len(codes.words) + len(codes.misread) > 1:
            return Judged(Fate.AMBIGUOUS, "the memo names more than one order")
        if codes.misread:
            return _misread(codes.misread, found)
        (word,) = codes.words
        order = found.orders.get(word)
        return Judged(Fate.UNMATCHED, f"there is no order {word}") if order is None else order
    orders = [found.orders[number] for number in codes.inside if number in found.orders]
    if len(orders) > 1:
        return Judged(Fate.AMBIGUOUS, "the memo can be read as more than one order")
    doubtful = {
        text: tuple(guess for guess in guesses if guess in found.orders)
        for text, guesses in codes.misread_inside.items()
    }
    if any(doubtful.values()):
        return (
            Judged(Fate.AMBIGUOUS, "the memo can be read as more than one order")
            if orders
            else _misread(doubtful, found)
        )
    return orders[0] if orders else Judged(Fate.UNMATCHED, "the memo names no order")


def _misread(texts: Mapping[str, tuple[str, ...]], found: Found) -> Judged:
    meant = [guess for guesses in texts.values() for guess in guesses if guess in found.orders]
    perhaps = f"; perhaps {' or '.join(meant)} is meant" if meant else ""
    because = f"{next(iter(texts))} has O, 0, I or 1, which no order number holds{perhaps}"
    return Judged(Fate.AMBIGUOUS, because, meant[0] if len(meant) == 1 else None)


def _guesses(text: str) -> tuple[str, ...]:
    """What may be meant by letters that no order number holds, as many as are worth a look."""
    choices = product(*(_MISREAD.get(sign, sign) for sign in text))
    return tuple("".join(choice) for choice in islice(choices, _MOST_GUESSES))


def _once(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


@cache
def _patterns(prefix: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    rest = _LENGTH - len(prefix)
    return re.compile(rf"{prefix}{_CODE}{{{rest}}}"), re.compile(rf"{prefix}[A-Z0-9]{{{rest}}}")
