"""What was told to whom, and telling it again: for operators, and for hosts that missed something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, select

from payport.errors import NotFound, RequestRefused
from payport.service.events import BEHIND_ALL_DIGITS, Event, event_of, hash_beginning
from payport.service.seller import Seller
from payport.storage import event_records, stop_records
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.stop_records import StoppedSubscriber

__all__ = [
    "Delivery", "Queue", "ToldEvent", "deliveries_of", "parked", "queues", "replay", "replay_parked",
    "resume", "told_event", "told_events",
]  # fmt: skip

_MOST: Final = 1000
_ENTRY: Final[Select[Any]] = select(
    t.journal.c.id, t.journal.c.account, t.journal.c.account_sequence, t.journal.c.kind, t.journal.c.hash,
    t.journal.c.text,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event to one subscriber.

    Args:
        state: waiting, delivered, or parked: tried no more until it is replayed.
        due_at: when it is tried next; None while it waits behind an earlier one, and when it is done.
        error: why the last try failed.
    """

    subscriber: str
    state: str
    tries: int
    due_at: datetime | None
    delivered_at: datetime | None
    parked_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event, and what became of it with each subscriber."""

    event: Event
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """What one subscriber is still to be told.

    Args:
        due: events that are tried again and again, one for each account; those behind them are not counted.
        due_since: when the one is due that is due first; it may lie ahead.
        stopped: it is told nothing at all.
    """

    subscriber: str
    due: int = 0
    due_since: datetime | None = None
    parked: int = 0
    parked_since: datetime | None = None
    stopped: StoppedSubscriber | None = None


def told_events(
    connection: Connection, account: str | None, *, after: int, limit: int
) -> tuple[ToldEvent, ...]:
    """Of one account, oldest first, those behind number `after`; of all accounts, the newest first."""
    journal = t.journal.c
    asked = _ENTRY.limit(_checked(limit))
    if account is None:
        asked = asked.order_by(journal.id.desc())
    else:
        asked = asked.where(journal.account == account, journal.account_sequence > after).order_by(
            journal.account_sequence
        )
    return _with_deliveries(connection, connection.execute(asked).all())


def told_event(connection: Connection, event: str) -> ToldEvent:
    """One event by its id. Raises NotFound."""
    (found,) = _with_deliveries(connection, [_entry(connection, event)])
    return found


def parked(connection: Connection, *, limit: int) -> tuple[ToldEvent, ...]:
    """Events that a subscriber is told no more, the longest parked first."""
    found = connection.execute(
        select(t.deliveries.c.entry_id)
        .where(t.deliveries.c.parked_at.is_not(None))
        .order_by(t.deliveries.c.parked_at, t.deliveries.c.entry_id)
        .limit(_checked(limit))
    ).scalars()
    wanted = list(dict.fromkeys(found))
    rows = {row.id: row for row in connection.execute(_ENTRY.where(t.journal.c.id.in_(wanted)))}
    return _with_deliveries(connection, [rows[each] for each in wanted])


def queues(connection: Connection) -> tuple[Queue, ...]:
    """Of each subscriber that is stopped, or for whom something waits or is parked, by name."""
    columns = t.deliveries.c
    found = {
        each.subscriber: Queue(each.subscriber, stopped=each) for each in stop_records.stopped(connection)
    }
    for state, at in (("waiting", columns.due_at), ("parked", columns.parked_at)):
        asked = select(columns.subscriber, func.count().label("count"), func.min(at).label("oldest"))
        for row in connection.execute(
            asked.where(at.is_not(None), columns.state == state).group_by(columns.subscriber)
        ):
            known = found.get(row.subscriber, Queue(row.subscriber))
            count = int(row[1])
            found[row.subscriber] = (
                replace(known, due=count, due_since=row.oldest)
                if state == "waiting"
                else replace(known, parked=count, parked_since=row.oldest)
            )
    return tuple(found[name] for name in sorted(found))


def replay(
    connection: Connection, seller: Seller, event: str, *, subscriber: str | None = None
) -> tuple[str, ...]:
    """Tell of an event again, in its turn: those with whom it is parked, or else all that want it.

    Returns: whom. Raises: NotFound; RequestRefused for a subscriber that is none.
    """
    entry = _entry(connection, event)
    lock_account(connection, entry.account)
    if subscriber is not None:
        names: tuple[str, ...] = (subscriber,)
    else:
        stuck = [each.subscriber for each in _deliveries(connection, [entry.id]) if each.parked_at]
        wanting = [each.name for each in seller.subscribers.subscriptions if each.wants(entry.kind)]
        names = tuple(name for name in stuck if name in seller.subscribers.names) or tuple(wanting)
    for name in names:
        _check(seller, name)
        event_records.replay(connection, entry, name, now=seller.clock())
    return names


def replay_parked(seller: Seller, subscriber: str) -> int:
    """Tell a subscriber of all that is parked with it, in order: how many. Raises RequestRefused."""
    _check(seller, subscriber)
    parked_with_it = (
        _ENTRY.join(t.deliveries, t.deliveries.c.entry_id == t.journal.c.id)
        .where(t.deliveries.c.parked_at.is_not(None), t.deliveries.c.subscriber == subscriber)
        .order_by(t.deliveries.c.entry_id)
    )
    stuck = seller.database.seeing(lambda connection: connection.execute(parked_with_it).all())
    lines: dict[str, list[Row[Any]]] = {}
    for entry in stuck:
        lines.setdefault(entry.account, []).append(entry)

    for account, entries in lines.items():

        def again(connection: Connection, account: str = account, entries: Any = entries) -> None:
            lock_account(connection, account)
            for entry in entries:
                event_records.replay(connection, entry, subscriber, now=seller.clock())

        seller.database.transaction(again)
    return len(stuck)


def resume(connection: Connection, seller: Seller, subscriber: str) -> None:
    """Tell one that is stopped all that waited, in order. Raises NotFound for one that is not stopped."""
    if not stop_records.resume(connection, subscriber, now=seller.clock()):
        raise NotFound(
            field="subscriber",
            problem="no such one is stopped",
            remedy="`payport doctor` names those that are",
        )


def _entry(connection: Connection, event: str) -> Row[Any]:
    """By the beginning of its hash, as a range of its index."""
    beginning = hash_beginning(event)
    if beginning is not None:
        hashes = t.journal.c.hash
        asked = _ENTRY.where(hashes >= beginning, hashes < f"{beginning}{BEHIND_ALL_DIGITS}")
        found = connection.execute(asked).first()
        if found is not None:
            return found
    raise NotFound(field="event", problem="no such event", remedy="`payport events list` shows their ids")


def deliveries_of(connection: Connection, entries: list[int]) -> Mapping[int, tuple[Delivery, ...]]:
    """What became of the events of these entries of the journal, by the entry's row; subscribers by name."""
    of: dict[int, list[Delivery]] = {entry: [] for entry in entries}
    for each in _deliveries(connection, entries):
        of[each.entry_id].append(
            Delivery(
                subscriber=each.subscriber,
                state=each.state,
                tries=each.tries,
                due_at=each.due_at,
                delivered_at=each.delivered_at,
                parked_at=each.parked_at,
                error=each.last_error,
            )
        )
    return {entry: tuple(found) for entry, found in of.items()}


def _with_deliveries(connection: Connection, rows: Iterable[Row[Any]]) -> tuple[ToldEvent, ...]:
    entries = list(rows)
    told = deliveries_of(connection, [entry.id for entry in entries])
    return tuple(ToldEvent(event_of(entry.hash, entry.text), told[entry.id]) for entry in entries)


def _deliveries(connection: Connection, entries: list[int]) -> list[Row[Any]]:
    columns = t.deliveries.c
    asked = select(t.deliveries).where(columns.entry_id.in_(entries))
    return list(connection.execute(asked.order_by(columns.entry_id, columns.subscriber)))


def _checked(limit: int) -> int:
    if not 1 <= limit <= _MOST:
        raise RequestRefused(field="limit", problem=f"not 1 to {_MOST}", remedy="Ask for fewer at once")
    return limit


def _check(seller: Seller, name: str) -> None:
    if name not in seller.subscribers.names:
        raise RequestRefused(
            field="subscriber",
            problem="no such subscriber",
            remedy="Take a name of payport.toml's [[webhooks]] or [[subscribers]]",
        )
