"""What `payport doctor` says of the journal: entries that nobody seals, and what its heads rest on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from payport.doors.cli.doctor import Finding, Grade
from payport.doors.cli.printing import instant
from payport.storage.seal_records import last_number, waiting

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from payport.doors.host import Payport

__all__ = ["journal_finding"]

_LATE: Final = timedelta(minutes=1)  # beyond what payport.toml lets entries wait
_VERY_LATE: Final = timedelta(minutes=15)


def journal_finding(shop: Payport, connection: Connection) -> Finding:
    """One: late sealing is a fault of the worker, or the sealer's refusal."""
    sealing = shop.seller.sealing
    count, oldest = waiting(connection)
    late = timedelta() if oldest is None else shop.seller.clock() - oldest - sealing.every
    if late > _LATE:
        words = (
            f"{count} entries are not sealed, the oldest since {instant(oldest)}. Is a `payport worker` "
            "running? If it is, `payport journal seal` says why"
        )
        return Finding(Grade.BROKEN if late > _VERY_LATE else Grade.LOOK, "journal", words)
    missing = [
        *(["heads are not signed"] if sealing.key is None else []),
        *(["heads are kept in the database alone"] if sealing.heads is None else []),
    ]
    return Finding(
        Grade.OK, "journal", "; ".join([f"sealed up to {last_number(connection)}, {count} wait", *missing])
    )
