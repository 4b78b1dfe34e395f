"""Subscribers that are told nothing, because they wanted nothing more: since when, and why.

What is to be told to them goes on waiting in its lines. The mark is one row: every process sees it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from payport.storage import tables as t
from payport.storage.columns import Instant
from payport.storage.rows import insert_if_absent

__all__ = ["StoppedSubscriber", "resume", "stop", "stopped"]

_STOPPED: Final = select(t.stopped_subscribers).order_by(t.stopped_subscribers.c.subscriber)
_D: Final = t.deliveries.c
_AFRESH: Final = (
    update(t.deliveries)
    .where(_D.subscriber == bindparam("to"), _D.state == "waiting", _D.due_at.is_not(None))
    .values(due_at=bindparam("now", type_=Instant), tries=0, first_tried_at=None, last_error=None)
)


@dataclass(frozen=True, slots=True)
class StoppedSubscriber:
    """A subscriber that is told nothing until it is resumed."""

    subscriber: str
    at: datetime
    because: str


def stop(connection: Connection, subscriber: str, *, at: datetime, because: str) -> None:
    """Tell it nothing more; the first reason stays."""
    row = {"subscriber": subscriber, "at": at, "because": because}
    insert_if_absent(connection, t.stopped_subscribers, row)


def stopped(connection: Connection) -> tuple[StoppedSubscriber, ...]:
    """By name."""
    return tuple(
        StoppedSubscriber(row.subscriber, row.at, row.because) for row in connection.execute(_STOPPED)
    )


def resume(connection: Connection, subscriber: str, *, now: datetime) -> bool:
    """Tell it again what waited: each line from its first one on, as if that had never been tried.

    Returns: False where it was not stopped; then nothing changes.
    """
    columns = t.stopped_subscribers.c
    if not connection.execute(delete(t.stopped_subscribers).where(columns.subscriber == subscriber)).rowcount:
        return False
    connection.execute(_AFRESH, {"to": subscriber, "now": now})
    return True
