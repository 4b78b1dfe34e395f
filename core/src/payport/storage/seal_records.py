"""The journal's numbers and heads, in the database: what the sealer writes, and what the check reads.

Numbers are given by one sealer at a time. Rows that are not yet numbered are found by an index of their own.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, String, bindparam, func, insert, select, type_coerce, update

from payport.journal.check import Row
from payport.journal.seal import Head, SignedHead, parse_head
from payport.storage import tables as t

__all__ = [
    "Unsealed", "add_head", "any_signed", "has_head", "has_unsealed", "head_over", "heads", "heads_after",
    "last_head", "last_number", "leaf_hashes", "lock_heads", "number_entries", "odd_heads", "rows",
    "unsealed", "waiting",
]  # fmt: skip

_J: Final = t.journal.c
_LAST_HEAD: Final = (
    select(t.journal_heads.c.text, t.journal_heads.c.signature)
    .order_by(t.journal_heads.c.size.desc())
    .limit(1)
)
_HEADS: Final = select(t.journal_heads.c.text, t.journal_heads.c.signature).order_by(t.journal_heads.c.size)
_LAST_NUMBER: Final = select(func.max(_J.number))
_UNSEALED: Final = select(_J.id, _J.hash, _J.text).where(_J.number.is_(None)).order_by(_J.id)
_ANY_UNSEALED: Final = select(_J.id).where(_J.number.is_(None)).limit(1)
_COUNT_UNSEALED: Final = select(func.count()).select_from(t.journal).where(_J.number.is_(None))
_FIRST_UNSEALED: Final = select(_J.at).where(_J.number.is_(None)).order_by(_J.id).limit(1)
_NUMBER: Final = update(t.journal).where(_J.id == bindparam("entry")).values(number=bindparam("given"))
_SEALER: Final = 0x5061_7970_6F72_7407  # an advisory lock is a number: nobody else's, in this database
_AT_ONCE: Final = 2_000  # rows that are fetched together


@dataclass(frozen=True, slots=True)
class Unsealed:
    """An entry that has no number yet."""

    id: int
    hash: str
    text: str


def lock_heads(connection: Connection) -> None:
    """Let one sealer in, until this transaction ends; whoever writes entries waits for none.

    On SQLite the transaction itself is that lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_SEALER)))


def last_head(connection: Connection) -> SignedHead | None:
    found = connection.execute(_LAST_HEAD).first()
    return None if found is None else SignedHead(found.text, found.signature)


def last_number(connection: Connection) -> int:
    return int(connection.execute(_LAST_NUMBER).scalar() or 0)


def has_unsealed(connection: Connection) -> bool:
    return connection.execute(_ANY_UNSEALED).first() is not None


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """How many entries have no number, and when the first of them was written."""
    return connection.execute(_COUNT_UNSEALED).scalar_one(), connection.execute(_FIRST_UNSEALED).scalar()


def unsealed(connection: Connection, limit: int) -> tuple[Unsealed, ...]:
    """Committed entries without a number, in the order in which they were written.

    An account's entries are written under its lock, so an earlier one of a chain is always among them.
    """
    found = connection.execute(_UNSEALED.limit(limit))
    return tuple(Unsealed(row.id, row.hash, row.text) for row in found)


def number_entries(connection: Connection, entries: Sequence[Unsealed], *, first: int) -> None:
    """Number them from `first` on."""
    connection.execute(
        _NUMBER, [{"entry": entry.id, "given": number} for number, entry in enumerate(entries, first)]
    )


def add_head(connection: Connection, head: Head, signed: SignedHead, *, at: datetime) -> None:
    connection.execute(
        insert(t.journal_heads),
        {"size": head.size, "at": at, "key_id": head.key, "text": signed.text, "signature": signed.signature},
    )


def heads(connection: Connection) -> tuple[SignedHead, ...]:
    """All, by size."""
    return tuple(SignedHead(row.text, row.signature) for row in connection.execute(_HEADS))


def odd_heads(connection: Connection) -> frozenset[str]:
    """The texts of heads beside which the table says something else."""
    head = t.journal_heads.c
    wanted = select(head.text, head.size, _as_written(connection, head.at), head.key_id)
    return frozenset(text for text, *columns in connection.execute(wanted) if not _agrees(text, columns))


def heads_after(connection: Connection, size: int) -> tuple[SignedHead, ...]:
    """Those that seal more than `size` entries, and the one that seals just these, by size."""
    found = connection.execute(_HEADS.where(t.journal_heads.c.size >= size))
    return tuple(SignedHead(row.text, row.signature) for row in found)


def head_over(connection: Connection, number: int) -> SignedHead | None:
    """The first that seals this number: of those that are signed, or else of all."""
    over = _HEADS.where(t.journal_heads.c.size >= number).limit(1)
    signed = over.where(t.journal_heads.c.signature.is_not(None))
    found = connection.execute(signed).first() or connection.execute(over).first()
    return None if found is None else SignedHead(found.text, found.signature)


def has_head(connection: Connection, size: int, head: SignedHead) -> bool:
    found = connection.execute(_HEADS.where(t.journal_heads.c.size == size)).first()
    return found is not None and SignedHead(found.text, found.signature) == head


def any_signed(connection: Connection) -> bool:
    wanted = select(t.journal_heads.c.size).where(t.journal_heads.c.signature.is_not(None)).limit(1)
    return connection.execute(wanted).first() is not None


def leaf_hashes(connection: Connection, size: int) -> tuple[str, ...]:
    """The hashes of the first `size` entries, in order: what a path in the tree is made of."""
    return tuple(connection.execute(select(_J.hash).where(_J.number <= size).order_by(_J.number)).scalars())


def rows(connection: Connection) -> Generator[Row, None, None]:
    """Every entry as it stands: by number, then those without one as they were written.

    Values are given as they are stored, so that a wrong one is seen and stops nothing.
    """
    at = _as_written(connection, _J.at)
    wanted = select(
        _J.number, _J.text, _J.hash, _J.because, _J.account, _J.account_sequence, at, _J.chain, _J.from_state,
        _J.kind, _J.reference, _J.sequence, _J.subject, _J.to_state,
    ).order_by(_J.number.is_(None), _J.number, _J.id).execution_options(yield_per=_AT_ONCE)  # fmt: skip
    with connection.execute(wanted) as found:
        for row in found:
            yield Row(*row[:4], row[4:])


def _as_written(connection: Connection, at: ColumnElement[datetime]) -> ColumnElement[Any]:
    """An instant's column as an entry's text writes it, and whatever else stands there as it is."""
    if connection.dialect.name == "sqlite":
        return func.replace(type_coerce(at, String), " ", "T") + "Z"
    return func.to_char(func.timezone("UTC", at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')


def _agrees(text: str, columns: Sequence[object]) -> bool:
    try:
        head = parse_head(text)
    except (ValueError, TypeError):
        return True  # the check sees it by itself
    return columns == [head.size, head.at, head.key]
