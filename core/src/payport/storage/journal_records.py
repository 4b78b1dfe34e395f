"""The journal's rows: each change of what money hangs on leaves one, in the transaction that makes it.

A row is an audit entry and the event that hosts are told, at once: what is told is what is proven. The caller
holds the lock of the buyer account, so that neither a chain nor an account's numbers fork.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select

from payport.journal.entry import FIRST, Entry, Fact, instant, words_digest
from payport.storage import tables as t

__all__ = ["facts_from", "record"]

_ADD: Final = insert(t.journal)
_LAST_OF_CHAIN: Final = (
    select(t.journal.c.sequence, t.journal.c.hash)
    .where(t.journal.c.chain == bindparam("chain"))
    .order_by(t.journal.c.sequence.desc())
    .limit(1)
)
_LAST_OF_ACCOUNT: Final = (
    select(t.journal.c.account_sequence)
    .where(t.journal.c.account == bindparam("account"))
    .order_by(t.journal.c.account_sequence.desc())
    .limit(1)
)


def record(
    connection: Connection,
    *,
    chain: str,
    account: str,
    at: datetime,
    kind: str,
    subject: str,
    reference: str,
    from_state: str | None,
    to_state: str | None,
    facts: Mapping[str, Fact],
    because: str | None,
) -> Entry:
    """Append to the chain; see `Entry` for the arguments. `because`: what made it change, in words."""
    last = connection.execute(_LAST_OF_CHAIN, {"chain": chain}).first()
    told = connection.execute(_LAST_OF_ACCOUNT, {"account": account}).scalar()
    previous = FIRST if last is None else last.hash
    entry = Entry(
        chain=chain,
        sequence=1 if last is None else last.sequence + 1,
        previous=previous,
        account=account,
        account_sequence=1 if told is None else told + 1,
        at=at,
        kind=kind,
        subject=subject,
        reference=reference,
        from_state=from_state,
        to_state=to_state,
        facts=facts,
        words=words_digest(previous, because),
    )
    text = entry.text
    connection.execute(
        _ADD,
        {
            "chain": chain,
            "sequence": entry.sequence,
            "account": account,
            "account_sequence": entry.account_sequence,
            "at": at,
            "kind": kind,
            "subject": subject,
            "reference": reference,
            "from_state": from_state,
            "to_state": to_state,
            "because": because,
            "hash": entry.hash,
            "text": text,
        },
    )
    return entry


def facts_from(values: Mapping[str, Any], *, without: frozenset[str] = frozenset()) -> dict[str, Fact]:
    """Columns of a row as facts: instants and days as text."""
    return {name: _fact(value) for name, value in values.items() if name not in without}


def _fact(value: Any) -> Fact:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return value  # type: ignore[no-any-return]
