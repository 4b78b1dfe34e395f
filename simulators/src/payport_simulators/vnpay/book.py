"""What the gateway remembers: terminals, transactions, numbers given out, requests seen.

Every method is atomic; `lock` is re-entrant, for whoever must read and write as one step.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from payport_simulators.vnpay.faults import Faults
from payport_simulators.vnpay.records import GMT7, Terminal, Transaction

__all__ = ["Book"]


class Book:
    """One gateway's memory. What it gives out is frozen, so it may be read without the lock."""

    def __init__(self, terminals: Mapping[str, Terminal], faults: Faults, first_number: int) -> None:
        self.lock = threading.RLock()
        self._terminals = dict(terminals)
        self._faults = faults
        self._terminal_faults: dict[str, Faults] = {}
        self._transactions: dict[str, Transaction] = {}
        self._requests: set[tuple[str, str, str]] = set()
        self._next_number = first_number

    @property
    def terminals(self) -> dict[str, Terminal]:
        with self.lock:
            return dict(self._terminals)

    def put_terminal(self, terminal: Terminal) -> None:
        with self.lock:
            self._terminals[terminal.code] = terminal

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        with self.lock:
            return tuple(self._transactions.values())

    def put(self, transaction: Transaction) -> Transaction:
        with self.lock:
            self._transactions[transaction.token] = transaction
            return transaction

    def get(self, token: str) -> Transaction | None:
        with self.lock:
            return self._transactions.get(token)

    def find(self, terminal: str, reference: str, create_date: str | None = None) -> Transaction | None:
        """The newest transaction of that reference; with a `create_date`, the one that was made then."""
        for transaction in reversed(self.transactions):
            request = transaction.request
            if (request.terminal, request.reference) != (terminal, reference):
                continue
            if create_date in (None, request.create_date):
                return transaction
        return None

    def is_used(self, terminal: str, reference: str, create_date: str, *, now: datetime) -> bool:
        """Taken today (GMT+7), or ever by a request of the same instant: the two name one transaction."""
        today = now.astimezone(GMT7).date()
        return any(
            t.opened_at.astimezone(GMT7).date() == today or t.request.create_date == create_date
            for t in self.transactions
            if (t.request.terminal, t.request.reference) == (terminal, reference)
        )

    def is_repeated(self, terminal: str, request_id: str, *, now: datetime) -> bool:
        """Whether this vnp_RequestId came before today (GMT+7); from now on it did."""
        key = (terminal, request_id, now.astimezone(GMT7).date().isoformat())
        with self.lock:
            repeated = key in self._requests
            self._requests.add(key)
            return repeated

    def next_number(self) -> str:
        """The next vnp_TransactionNo, 8 digits or more."""
        with self.lock:
            number, self._next_number = self._next_number, self._next_number + 1
            return f"{number:08d}"

    def faults(self, terminal: str, transaction: Transaction | None = None) -> Faults:
        """The switches in force: the transaction's own, else the terminal's, else those of the gateway."""
        if transaction is not None and transaction.faults is not None:
            return transaction.faults
        with self.lock:
            return self._terminal_faults.get(terminal, self._faults)

    def put_faults(self, faults: Faults, *, terminal: str | None = None, token: str | None = None) -> None:
        with self.lock:
            if token is not None:
                self._transactions[token] = replace(self._transactions[token], faults=faults)
            elif terminal is not None:
                self._terminal_faults[terminal] = faults
            else:
                self._faults = faults
