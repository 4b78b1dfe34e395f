"""The bank as tests and the demo hold it: scan, send, look at statements, switch on noise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from payport_simulators.bank.noise import Noise, written
from payport_simulators.bank.qr import Unreadable, read
from payport_simulators.bank.records import GMT7, Account, Line, Refused, Scanned
from payport_simulators.bank.statements import csv_text, json_text

__all__ = ["MOST", "Bank"]

MOST: Final = 499_999_999  # đồng, by one transfer of the 24/7 service (sheet 7)


class Bank:
    """The accounts of one shop, and the app of every payer. Safe to use from several threads.

    Args:
        accounts: who can receive; a QR text for any other account is refused, as its name is not found.
        clock: gives aware times; tests pass one that stands still.
        most: đồng that one transfer can move.
        first_number: of the first transfer; a bank that outlives its process gives none out twice.
        noise: the switches for every transfer that is sent without its own.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        most: int = MOST,
        first_number: int = 1,
        noise: Noise | None = None,
    ) -> None:
        self.clock = clock
        self.most = most
        self.accounts = {account.number: account for account in accounts}
        self._lock = threading.RLock()
        self._noise = noise or Noise()
        self._lines: list[Line] = []
        self._scans: list[str] = []
        self._next_number = first_number

    @property
    def noise(self) -> Noise:
        with self._lock:
            return self._noise

    def set_noise(self, noise: Noise) -> None:
        with self._lock:
            self._noise = noise

    @property
    def scans(self) -> tuple[str, ...]:
        """Each QR text that could be paid, once, the last scanned first."""
        with self._lock:
            return tuple(reversed(self._scans))

    # -- what a payer does

    def scan(self, qr_text: str) -> Scanned | Refused:
        """Read a QR text as strictly as the sheet says, and look its account up."""
        try:
            payload = read(qr_text)
        except Unreadable as error:
            return Refused(error.problem, str(error))
        account = self.accounts.get(payload.account)
        if account is None or account.bank_bin != payload.bank_bin:
            return Refused("unknown_account", "there is no such account at that bank")
        if payload.amount is not None and payload.amount > self.most:
            return Refused("amount", f"one transfer moves at most {self.most} đồng")
        with self._lock:
            self._scans = [each for each in self._scans if each != qr_text] + [qr_text]
        return Scanned(account, payload.amount, payload.memo)

    def send(
        self,
        scanned: Scanned,
        *,
        amount: int | None = None,
        memo: str | None = None,
        noise: Noise | None = None,
    ) -> tuple[Line, ...]:
        """Transfer what was scanned; gives the lines that it makes, two where noise pays twice.

        `amount` only where the QR text has none. `memo` replaces the text's own, as real apps let the payer.
        Raises ValueError where there is no amount, two, or one that no transfer can move.
        """
        if (scanned.amount is None) == (amount is None):
            raise ValueError("a transfer has one amount: the QR text's, or else the payer's")
        wanted = scanned.amount if amount is None else amount
        text = scanned.memo if memo is None else memo
        return self.transfer(scanned.account.number, wanted or 0, text or "", noise=noise)

    def transfer(
        self, account: str, amount: int, text: str = "", *, noise: Noise | None = None
    ) -> tuple[Line, ...]:
        """The same by hand, without any QR text. Raises KeyError for an unknown account, ValueError."""
        noise = noise or self.noise
        booked = amount + noise.amount_off_by
        if not (0 < amount <= self.most and 0 < booked <= self.most):
            raise ValueError(f"one transfer moves 1 to {self.most} đồng")
        return tuple(self._book(account, booked, text, noise) for _ in range(1 + noise.twice))

    def withdraw(self, account: str, amount: int, text: str = "") -> Line:
        """Money leaves the account: a debit line. Raises KeyError for an unknown account, ValueError."""
        if amount <= 0:
            raise ValueError("a withdrawal moves 1 đồng or more")
        return self._book(account, -amount, text, Noise())

    # -- what the account's owner sees

    def statement(self, account: str) -> tuple[Line, ...]:
        """What is booked by now, the oldest first. Raises KeyError for an unknown account."""
        number, now = self.accounts[account].number, self.clock()
        with self._lock:
            lines = [line for line in self._lines if line.account == number and line.time <= now]
        return tuple(sorted(lines, key=lambda line: line.time))

    def statement_csv(self, account: str) -> str:
        """Raises KeyError for an unknown account."""
        return csv_text(self.statement(account))

    def statement_json(self, account: str) -> str:
        """Raises KeyError for an unknown account."""
        return json_text(self.statement(account))

    def line(self, line_id: str) -> Line:
        """One line, though its time may still be to come. Raises KeyError."""
        with self._lock:
            for line in self._lines:
                if line.id == line_id:
                    return line
        raise KeyError(line_id)

    def _book(self, account: str, amount: int, text: str, noise: Noise) -> Line:
        number = self.accounts[account].number
        time = self.clock() + noise.late_by
        with self._lock:
            count, self._next_number = self._next_number, self._next_number + 1
            line_id = f"FT{time.astimezone(GMT7):%y%j}{count:06d}"
            line = Line(line_id, time, number, amount, written(text, noise, count))
            self._lines.append(line)
            return line
