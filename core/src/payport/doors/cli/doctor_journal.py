"""What `payport doctor` says of the journal: entries that nobody seals, and what its heads rest on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from payport.doors.cli.doctor import Finding, Grade
from payport.doors.cli.printing import instant

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from payport.doors.host import Payport

__all__ = ["journal_finding"]

_VERY_LATE: Final = timedelta(minutes=15)


def journal_finding(shop: Payport, connection: Connection) -> Finding:
    """One: late sealing is a fault of the worker, or the sealer's refusal."""
    from payport.service.inspecting_journal import inspect_journal  # noqa: PLC0415

    seen = inspect_journal(connection, shop.seller)
    if seen.problem is not None:
        return Finding(Grade.BROKEN, "journal", f"{seen.problem}. Run `payport journal check`")
    if seen.is_late:
        words = (
            f"{seen.unsealed} entries are not sealed, the oldest since {instant(seen.oldest)}. Is a "
            "`payport worker` running? If it is, `payport journal seal` says why"
        )
        return Finding(Grade.BROKEN if seen.late > _VERY_LATE else Grade.LOOK, "journal", words)
    missing = [
        *([] if seen.is_signed else ["heads are not signed"]),
        *([] if seen.is_kept_outside else ["heads are kept in the database alone"]),
    ]
    return Finding(
        Grade.OK, "journal", "; ".join([f"sealed up to {seen.sealed}, {seen.unsealed} wait", *missing])
    )
