"""A bound on what callbacks that prove nothing may leave behind, however many come.

Of each gateway account so many an hour are kept as they came; the rest are counted. Once a process knows that
an hour is full it counts in memory, and stores the sum about once a second: a flood costs no commits, and
takes none from genuine callbacks. A process that dies loses the count of that second, and nothing else.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from payport.journal.entry import instant
from payport.storage.account_records import lock_account
from payport.storage.journal_records import record
from payport.storage.refused_records import add_refused, prune_refused

if TYPE_CHECKING:
    from payport.service.seller import Seller

__all__ = ["Floods", "Limits", "has_room", "hour_of", "prune", "store_counts", "tell_full"]

_BETWEEN_STORES: Final = 1.0  # seconds
_log = logging.getLogger("payport.callbacks")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept of callbacks that prove nothing.

    Args:
        an_hour: of one gateway account, as they came; later ones are counted.
        of_a_payment: callbacks of one payment that tell nothing new; later ones leave nothing.
        days: after which a kept one is deleted. What proved something is never deleted.
    """

    an_hour: int = 1_000
    of_a_payment: int = 100
    days: int = 90


@dataclass(slots=True)
class Floods:
    """What this process knows of hours that are full. Shared by threads."""

    limits: Limits = Limits()
    _full: dict[str, datetime] = field(default_factory=dict)
    _counted: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    _stored_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def is_full(self, account: str, hour: datetime) -> bool:
        return self._full.get(account) == hour

    def fill(self, account: str, hour: datetime) -> None:
        self._full[account] = hour

    def count(self, account: str, hour: datetime, number: int = 1) -> None:
        with self._lock:
            self._counted[account, hour] += number

    def take(self, *, now: bool) -> tuple[tuple[str, datetime, int], ...]:
        """What is to be stored: account, hour, how many more. Nothing, if that was done just now."""
        with self._lock:
            if not self._counted or not (now or monotonic() - self._stored_at >= _BETWEEN_STORES):
                return ()
            self._stored_at = monotonic()
            taken = tuple((account, hour, number) for (account, hour), number in self._counted.items())
            self._counted.clear()
            return tuple(sorted(taken))


def hour_of(at: datetime) -> datetime:
    """The full hour, in UTC, that an instant is of."""
    return at.replace(minute=0, second=0, microsecond=0)


def has_room(connection: Connection, seller: Seller, account: str, at: datetime) -> bool:
    """Count a callback that proves nothing; whether it may still be kept as it came.

    The first one that may not is told of: one entry, which is one event, for an account and an hour.
    """
    most, hour = seller.floods.limits.an_hour, hour_of(at)
    number = add_refused(connection, account, hour)
    if number == most + 1:
        lock_account(connection, "")
        record(
            connection,
            chain=f"gateway {account}",
            account="",
            at=at,
            kind="callbacks.refused",
            subject="callback",
            reference=account,
            from_state=None,
            to_state=None,
            facts={"gateway_account": account, "hour": instant(hour), "kept": most},
            because=None,
        )
    return number <= most


def tell_full(seller: Seller, account: str, at: datetime) -> None:
    """Remember, once it is committed, that the hour takes no more; each process logs that once."""
    hour = hour_of(at)
    if not seller.floods.is_full(account, hour):
        seller.floods.fill(account, hour)
        _log.warning(
            "callbacks of %s that prove nothing are only counted for the rest of this hour: %s were kept",
            account,
            seller.floods.limits.an_hour,
        )


def store_counts(seller: Seller, *, now: bool = False) -> None:
    """Store what was counted in memory, if a second passed since the last time. Raises nothing: a count that
    cannot be stored waits."""
    taken = seller.floods.take(now=now)
    if not taken:
        return
    try:
        seller.database.transaction(lambda connection: _store(connection, taken))
    except SQLAlchemyError as error:
        for each in taken:
            seller.floods.count(*each)
        _log.error("refused callbacks not counted yet: %s", type(getattr(error, "orig", error)).__name__)


def _store(connection: Connection, taken: Iterable[tuple[str, datetime, int]]) -> None:
    for account, hour, number in taken:
        add_refused(connection, account, hour, number)


def prune(seller: Seller, limit: int = 1_000) -> int:
    """Delete kept callbacks that prove nothing, once they are old. For `work`: how many were deleted."""
    before = seller.clock() - timedelta(days=seller.floods.limits.days)
    return seller.database.transaction(
        lambda connection: prune_refused(connection, before=before, limit=limit)
    )
