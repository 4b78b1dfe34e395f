"""How the journal stands: what is sealed, what waits, and what its last head rests on.

Nothing is checked against what was written: `payport journal check` does that, and reads all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from payport.journal.seal import Head, parse_head
from payport.service.seller import Seller
from payport.storage.seal_records import last_head, last_number, waiting

__all__ = ["JournalState", "inspect_journal"]

_LATE: Final = timedelta(minutes=1)  # beyond what payport.toml lets entries wait


@dataclass(frozen=True, slots=True)
class JournalState:
    """The journal at one moment.

    Args:
        sealed: how many entries have a number. `unsealed`: how many wait for one, since `oldest`.
        late: by how much the oldest waits longer than payport.toml lets it; zero where it does not.
        head: the last one; None where there is none, or it cannot be read.
        is_signed: new heads are. `is_kept_outside`: they are written to a file beside the database, too.
        problem: what contradicts itself, as far as one look shows.
    """

    sealed: int
    unsealed: int
    oldest: datetime | None
    late: timedelta
    head: Head | None
    is_signed: bool
    is_kept_outside: bool
    problem: str | None

    @property
    def entries(self) -> int:
        return self.sealed + self.unsealed

    @property
    def is_late(self) -> bool:
        """A worker should have sealed them, or could not."""
        return self.late > _LATE


def inspect_journal(connection: Connection, seller: Seller) -> JournalState:
    sealing = seller.sealing
    unsealed, oldest = waiting(connection)
    late = timedelta() if oldest is None else seller.clock() - oldest - sealing.every
    sealed = last_number(connection)
    head, problem = _head(connection, sealed)
    return JournalState(
        sealed=sealed,
        unsealed=unsealed,
        oldest=oldest,
        late=max(late, timedelta()),
        head=head,
        is_signed=sealing.key is not None,
        is_kept_outside=sealing.heads is not None,
        problem=problem,
    )


def _head(connection: Connection, sealed: int) -> tuple[Head | None, str | None]:
    signed = last_head(connection)
    if signed is None:
        return None, "entries have numbers, and no head seals them" if sealed else None
    try:
        head = parse_head(signed.text)
    except ValueError as error:
        return None, f"the last head cannot be read: {error}"
    if head.size != sealed:
        return head, f"the last head seals {head.size} entries, and {sealed} have numbers"
    return head, None
