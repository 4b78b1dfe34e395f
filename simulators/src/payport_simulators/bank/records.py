"""What the bank keeps: accounts, what was scanned, and the lines of their statements. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

__all__ = ["GMT7", "Account", "Line", "Refused", "Scanned"]

GMT7: Final = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Account:
    """Who receives transfers. The number is text: zeros in front count, virtual accounts have letters."""

    number: str
    bank_bin: str
    bank: str
    holder: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the app shows for a QR text. Amount (đồng) and memo are None where the payer fills them in."""

    account: Account
    amount: int | None
    memo: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the bank app takes a QR text no further: the reader's name for it, or `unknown_account`."""

    problem: str
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement. `amount` is in đồng, below zero where money left the account.

    A transfer that is under way has its line already, with a `time` that is still to come.
    """

    id: str
    time: datetime
    account: str
    amount: int
    text: str
