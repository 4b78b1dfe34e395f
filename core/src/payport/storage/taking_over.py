"""Entries for what stood in the tables before there was a journal: one for each row, as it stands now.

They begin the chains. Nobody is told of them, and what came before them is not known to the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert

from payport.journal.entry import FIRST, Entry, words_digest
from payport.journal.replay import Facts
from payport.storage import tables as t
from payport.storage.replay_records import NAMES, accounts_after, rows_of

__all__ = ["take_over"]

_BECAUSE: Final = "taken over as it stood before there was a journal"
_ACCOUNTS_AT_ONCE: Final = 200
_ADD: Final = insert(t.journal)


def take_over(connection: Connection, *, at: datetime) -> int:
    """Begin the journal, which is empty, with all rows of money there are; gives how many entries it made."""
    made, after = 0, None
    while accounts := accounts_after(connection, after, most=_ACCOUNTS_AT_ONCE):
        rows = list(_entries(connection, accounts, at))
        if rows:
            connection.execute(_ADD, rows)
        made += len(rows)
        after = accounts[-1]
    return made


def _entries(connection: Connection, accounts: Sequence[str], at: datetime) -> Iterator[dict[str, Any]]:
    chains: dict[str, tuple[int, str]] = {}
    told: dict[str, int] = {}
    for subject, account, chain, facts in _standing(connection, accounts):
        last, previous = chains.get(chain, (0, FIRST))
        entry = Entry(
            chain=chain,
            sequence=last + 1,
            previous=previous,
            account=account,
            account_sequence=told.get(account, 0) + 1,
            at=at,
            kind=f"{subject}.taken_over",
            subject=subject,
            reference=str(facts[NAMES[subject][-1]]),
            from_state=None,
            to_state="counted" if subject == "receipt" else _text(facts.get("state")),
            facts=facts,
            words=words_digest(previous, _BECAUSE),
        )
        chains[chain] = (entry.sequence, entry.hash)
        told[account] = entry.account_sequence
        yield {
            "chain": chain,
            "sequence": entry.sequence,
            "account": account,
            "account_sequence": entry.account_sequence,
            "at": at,
            "kind": entry.kind,
            "subject": subject,
            "reference": entry.reference,
            "from_state": entry.from_state,
            "to_state": entry.to_state,
            "because": _BECAUSE,
            "hash": entry.hash,
            "text": entry.text,
        }


def _standing(connection: Connection, accounts: Sequence[str]) -> Iterator[tuple[str, str, str, Facts]]:
    """Subject, buyer account, chain and facts of each row; what others hang on comes first."""
    owner: dict[str, str] = {}  # of orders
    order_of: dict[str, str] = {}  # of payments
    for subject in ("order", "payment", "receipt", "confirmation", "refund", "chargeback"):
        for facts in _in_order(connection, subject, accounts):
            if subject == "order":
                owner[str(facts["number"])] = str(facts["account"])
                chain = str(facts["number"])
            elif subject == "receipt":
                chain = order_of[str(facts["merchant_reference"])]
            else:
                chain = str(facts["order_number"])
            if subject == "payment":
                order_of[str(facts["merchant_reference"])] = chain
            yield subject, owner[chain], chain, facts
    for facts in _in_order(connection, "grant", accounts):
        account, document = str(facts["account"]), facts["grant"]
        number = document.get("order_number") if isinstance(document, dict) else None
        yield "grant", account, f"account {account}" if number is None else str(number), facts


def _in_order(connection: Connection, subject: str, accounts: Sequence[str]) -> list[Facts]:
    """By name, or an account's grants in turn: the same on each database."""
    rows = rows_of(connection, subject, accounts).values()
    names = ("account", "sequence") if subject == "grant" else NAMES[subject]
    return sorted(rows, key=lambda facts: tuple(_sortable(facts[name]) for name in names))


def _sortable(value: Any) -> str:
    return f"{value:012}" if isinstance(value, int) else str(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
