"""The journal's rows: each change of what money hangs on leaves one, in the transaction that makes it.

A row is an audit entry and the event that hosts are told, at once: what is told is what is proven. The caller
holds the lock of the buyer account, so that neither a chain nor an account's numbers fork. A transaction
reads the last entries once, and writes what it adds in one statement, before it commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, event, func, insert, select

from payport.journal.entry import FIRST, Entry, Fact, instant, leaf_hash, words_digest
from payport.storage import tables as t
from payport.storage.event_records import tell

__all__ = ["facts_from", "follow_savepoints", "record", "recording", "write_recorded"]

_BOOK: Final = "payport_journal"  # where a connection keeps the transaction's `_Book`
_ADD: Final = insert(t.journal)
_OF_CHAIN: Final = t.journal.c.chain == bindparam("chain")
_LAST: Final = select(
    select(func.max(t.journal.c.sequence)).where(_OF_CHAIN).scalar_subquery().label("sequence"),
    select(t.journal.c.hash)
    .where(_OF_CHAIN)
    .order_by(t.journal.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
    .label("hash"),
    select(func.max(t.journal.c.account_sequence))
    .where(t.journal.c.account == bindparam("account"))
    .scalar_subquery()
    .label("told"),
)


class _Book:
    """What one transaction knows of the journal, and has added to it but not written yet."""

    __slots__ = ("accounts", "chains", "waiting")

    def __init__(self) -> None:
        self.chains: dict[str, tuple[int, str]] = {}  # the last entry's sequence and hash
        self.accounts: dict[str, int] = {}
        self.waiting: list[dict[str, Any]] = []

    def last(self, connection: Connection, chain: str, account: str) -> tuple[int, str, int]:
        if chain not in self.chains or account not in self.accounts:
            row = connection.execute(_LAST, {"chain": chain, "account": account}).one()
            self.chains.setdefault(chain, (row.sequence or 0, row.hash or FIRST))
            self.accounts.setdefault(account, row.told or 0)
        return *self.chains[chain], self.accounts[account]

    def write(self, connection: Connection) -> bool:
        waiting, self.waiting = self.waiting, []
        if waiting:
            connection.execute(_ADD, waiting)
            tell(connection, waiting)
        return bool(waiting)

    def forget(self) -> None:
        """What was added since is undone: nothing that is known of the journal holds."""
        self.chains.clear()
        self.accounts.clear()
        self.waiting.clear()


@contextmanager
def recording(connection: Connection) -> Iterator[None]:
    """For one transaction: what is recorded inside is written when it ends well, by one statement."""
    book = _Book()
    kept = connection.info  # of a connection that is lost inside, nothing can be asked any more
    kept[_BOOK] = book
    try:
        yield
        book.write(connection)
    finally:
        kept.pop(_BOOK, None)


def write_recorded(connection: Connection) -> bool:
    """Write now what was recorded so far: for whoever reads the journal in a transaction that adds to it.

    Returns whether there was anything to write.
    """
    book: _Book | None = connection.info.get(_BOOK)
    return book is not None and book.write(connection)


def follow_savepoints(engine: Engine) -> None:
    """Let what is recorded inside a savepoint be written, or be undone, with it."""

    @event.listens_for(engine, "savepoint")
    def _begin(connection: Connection, _name: str) -> None:
        write_recorded(connection)

    @event.listens_for(engine, "release_savepoint")
    def _keep(connection: Connection, name: str, _context: object) -> None:
        try:
            write_recorded(connection)
        except BaseException:
            # SQLAlchemy lets go of a savepoint that fails here, and what was done inside would stay
            connection.dialect.do_rollback_to_savepoint(connection, name)
            _undo(connection, name, _context)
            raise

    @event.listens_for(engine, "rollback_savepoint")
    def _undo(connection: Connection, _name: str, _context: object) -> None:
        book = connection.info.get(_BOOK)
        if book is not None:
            book.forget()


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
    shared: _Book | None = connection.info.get(_BOOK)
    book = _Book() if shared is None else shared
    sequence, previous, told = book.last(connection, chain, account)
    entry = Entry(
        chain=chain,
        sequence=sequence + 1,
        previous=previous,
        account=account,
        account_sequence=told + 1,
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
    named = leaf_hash(text)
    book.chains[chain], book.accounts[account] = (entry.sequence, named), entry.account_sequence
    book.waiting.append(
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
            "hash": named,
            "text": text,
        }
    )
    if shared is None:
        book.write(connection)
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
