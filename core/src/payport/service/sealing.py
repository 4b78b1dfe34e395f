"""Sealing the journal: entries get numbers without gaps, and heads over them, signed and kept outside too.

Any number of processes may call it; one at a time does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from payport.errors import Defect
from payport.journal.entry import parse_entry
from payport.journal.seal import Head, SignedHead, next_head, parse_head
from payport.service.heads_file import append_heads, last_kept
from payport.storage import seal_records as records

if TYPE_CHECKING:
    from payport.journal.sealing_key import SealingKey
    from payport.service.seller import Seller

__all__ = ["Sealed", "Sealing", "seal", "seal_if_due"]

_AT_ONCE: Final = 1_000  # entries under one lock: on SQLite nobody else writes meanwhile
_KEEP: Final = "Keep database and heads as they are, run `payport journal check`, and find who wrote there"


@dataclass(frozen=True, slots=True)
class Sealing:
    """How a seller seals.

    Args:
        key: signs heads; None: they are not signed. `heads`: the file that keeps them outside; None: nothing
            does. `every`: how long new entries may wait. `known`: public keys by id, base64: of `key`, and of
            those before it.
    """

    key: SealingKey | None = None
    heads: Path | None = None
    every: timedelta = timedelta(seconds=5)
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was done: `added` entries got numbers, and `size` have one."""

    size: int
    added: int


def seal(seller: Seller) -> Sealed:
    """Seal all that is committed.

    Raises: Defect, where what is sealed already, or an entry, is not what was written: nothing is sealed.
    ConfigurationError, for a file of heads that cannot be used; what was sealed is appended the next time.
    """
    added = 0
    while True:
        size, count = seller.database.transaction(lambda connection: _seal_some(connection, seller))
        added += count
        if count < _AT_ONCE:
            break
    if seller.sealing.heads is not None:
        _keep_outside(seller, seller.sealing.heads)
    return Sealed(size, added)


def seal_if_due(seller: Seller) -> bool:
    """Seal, if entries wait and the last head is `every` old; whether anything was. Raises as `seal`.

    A head that a crash or a full disk kept out of the file outside is written there, though no entry waits.
    """
    waits, last = seller.database.seeing(
        lambda connection: (records.has_unsealed(connection), records.last_head(connection))
    )
    if not waits:
        if seller.sealing.heads is not None and last != last_kept(seller.sealing.heads):
            _keep_outside(seller, seller.sealing.heads)
        return False
    if last is not None:
        made = datetime.fromisoformat(_parsed(last, "the last head").at)
        if abs(seller.clock() - made) < seller.sealing.every:  # a clock that was set back ends no sealing
            return False
    return seal(seller).added > 0


def _seal_some(connection: Connection, seller: Seller) -> tuple[int, int]:
    """How many entries are sealed now, and how many of them by this."""
    records.lock_heads(connection)
    last = records.last_head(connection)
    size = _checked(connection, seller, last)
    entries = records.unsealed(connection, _AT_ONCE)
    if not entries:
        return size, 0
    for entry in entries:
        _check(entry)
    at = seller.clock()
    signed = next_head(last, (entry.hash for entry in entries), at=at, key=seller.sealing.key)
    records.number_entries(connection, entries, first=size + 1)
    records.add_head(connection, parse_head(signed.text), signed, at=at)
    return size + len(entries), len(entries)


def _check(entry: records.Unsealed) -> None:
    """Nobody reads its facts again, once it is sealed."""
    try:
        fits = parse_entry(entry.text).hash == entry.hash
    except ValueError:
        fits = False
    if not fits:
        raise _contradiction(f"an entry that waits to be sealed (row {entry.id}) is not what was written")


def _checked(connection: Connection, seller: Seller, last: SignedHead | None) -> int:
    """How many entries the last head seals. Raises Defect, if it is not ours, or not the last one."""
    head = None if last is None else _parsed(last, "the last head")
    size = 0 if head is None else head.size
    if last is not None and head is not None:
        _check_key(connection, seller.sealing, last, head)
    if records.last_number(connection) != size:
        raise _contradiction(f"the last head seals {size} entries, and not so many have numbers, or more")
    kept = None if seller.sealing.heads is None else last_kept(seller.sealing.heads)
    if kept is not None:
        _check_kept(connection, _parsed(kept, "the last head that is kept outside").size, kept)
    return size


def _check_key(connection: Connection, sealing: Sealing, last: SignedHead, head: Head) -> None:
    """Nothing is built on a head that no key of ours vouches for; nor does one that is not signed follow one
    that is, which no check would ever believe."""
    if head.key is None:
        if sealing.key is not None and records.any_signed(connection):
            raise _contradiction(f"the last head (of {head.size}) is not signed, and one before it is")
        return
    if sealing.key is None or head.key not in sealing.known:
        raise Defect(
            field="journal",
            problem=f"the last head (of {head.size}) is signed by the key {head.key!r}, and payport.toml "
            + ("names no journal.key" if sealing.key is None else "does not know it"),
            remedy="Name the key that signs, and those that signed before it under journal.former_keys. "
            "If no such key was ever yours, somebody wrote into the database: run `payport journal check`",
        )
    if not _is_by(sealing.known, head.key, last):
        raise _contradiction(f"the last head (of {head.size}) is not signed by its key {head.key}")


def _keep_outside(seller: Seller, file: Path) -> None:
    kept = last_kept(file)
    size = 0 if kept is None else _parsed(kept, "the last head that is kept outside").size

    def look(connection: Connection) -> tuple[SignedHead, ...]:
        if kept is not None:
            _check_kept(connection, size, kept)
        return records.heads_after(connection, size)

    heads = seller.database.seeing(look)
    if heads and heads[-1] != kept:
        append_heads(file, heads)


def _check_kept(connection: Connection, size: int, kept: SignedHead) -> None:
    if not records.has_head(connection, size, kept):
        raise _contradiction(f"the head of {size} that is kept outside is not in the database")


def _is_by(known: Mapping[str, str], key: str, head: SignedHead) -> bool:
    from payport.journal.sealing_key import is_signed, public_keys  # noqa: PLC0415 - only where one is used

    return head.signature is not None and is_signed(
        public_keys({key: known[key]})[key], head.text, head.signature
    )


def _parsed(head: SignedHead, what: str) -> Head:
    try:
        return parse_head(head.text)
    except ValueError as error:
        raise _contradiction(f"{what} cannot be read: {error}") from None


def _contradiction(problem: str) -> Defect:
    return Defect(field="journal", problem=problem, remedy=_KEEP)
