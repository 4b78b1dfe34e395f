"""What each subscriber is still to be told: a row for each event and subscriber, made with the event itself.

Rows of one subscriber and one buyer account form a line. Only its head is due, so that a receiver that is
away costs one look however long the line is; whoever settles the head lets the next one come. A row joins and
leaves its line under the lock of the buyer account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    String,
    Update,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)

from payport.storage import tables as t
from payport.storage.columns import Instant

__all__ = ["Subscription", "claim", "deliver", "free_next", "listen", "park", "postpone", "replay", "tell"]

_SUBSCRIPTIONS: Final = "payport_subscriptions"
_TAKEN_OVER: Final = "taken_over"
_D: Final = t.deliveries.c
_WAITING: Final = literal_column("'waiting'", String)  # a constant, so that its index is found
_waiting = t.deliveries.alias("before")
_ADD: Final = insert(t.deliveries).from_select(
    ["subscriber", "entry_id", "account", "account_sequence", "state", "due_at"],
    select(
        bindparam("to", type_=String),
        t.journal.c.id,
        t.journal.c.account,
        t.journal.c.account_sequence,
        _WAITING,
        case(
            (
                (t.journal.c.account_sequence > bindparam("first"))
                | select(1)
                .where(
                    _waiting.c.subscriber == bindparam("to", type_=String),
                    _waiting.c.account == bindparam("of", type_=String),
                    _waiting.c.state == _WAITING,
                )
                .exists(),
                null(),
            ),
            else_=t.journal.c.at,
        ),
    ).where(
        t.journal.c.account == bindparam("of", type_=String),
        t.journal.c.account_sequence.between(bindparam("first"), bindparam("last")),
    ),
)
_NEXT: Final = (
    select(t.deliveries.c.entry_id, t.deliveries.c.due_at, t.journal.c.at)
    .join(t.journal, t.journal.c.id == t.deliveries.c.entry_id)
    .where(
        _D.subscriber == bindparam("to"),
        _D.account == bindparam("of"),
        _D.state == _WAITING,
    )
    .order_by(_D.account_sequence)
    .limit(1)
)
_NOW: Final = bindparam("now", type_=Instant)
_LONGEST_DUE: Final = (
    select(t.deliveries, t.journal.c.hash, t.journal.c.text, t.journal.c.at.label("recorded_at"))
    .join(t.journal, t.journal.c.id == _D.entry_id)
    .where(
        _D.subscriber == bindparam("to"),
        _D.due_at <= _NOW,
        _D.state == _WAITING,
        ~select(1).where(t.stopped_subscribers.c.subscriber == bindparam("to")).exists(),
        _D.lease_until.is_(None) | (_D.lease_until <= _NOW),
    )
    .order_by(_D.due_at, _D.entry_id)
    .limit(1)
    .with_for_update(skip_locked=True, of=t.deliveries)
)

_THIS: Final = update(t.deliveries).where(_D.subscriber == bindparam("to"), _D.entry_id == bindparam("entry"))
_LEASE: Final = _THIS.values(
    tries=_D.tries + 1,
    first_tried_at=func.coalesce(_D.first_tried_at, _NOW, type_=Instant),
)
_HELD: Final = _THIS.where(_D.lease_owner == bindparam("owner"), _D.state == _WAITING)
_POSTPONE: Final = _HELD.values(
    due_at=case((_D.due_at.is_not(None), bindparam("again", type_=Instant)), else_=null()),
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A name, and which kinds of events it is told: whole names, "order.*", or "*" for all.

    What the journal only took over, as it stood before there was a journal, is told to nobody: it is no news.
    """

    name: str
    kinds: tuple[str, ...] = ("*",)

    def wants(self, kind: str) -> bool:
        family, _, name = kind.partition(".")
        return name != _TAKEN_OVER and any(wanted in {"*", f"{family}.*", kind} for wanted in self.kinds)


def listen(engine: Engine, subscriptions: Iterable[Subscription]) -> None:
    """Have each event that is recorded through this engine kept for these, from now on."""
    engine.update_execution_options(**{_SUBSCRIPTIONS: tuple(subscriptions)})


def tell(connection: Connection, written: Sequence[Mapping[str, Any]]) -> None:
    """Queue events that were just written for whoever wants them. Their accounts are locked.

    Args:
        written: rows of the journal, by column, as they follow each other in their accounts.
    """
    subscriptions: tuple[Subscription, ...] = connection.get_execution_options().get(_SUBSCRIPTIONS, ())
    stretches = [
        {"to": each.name, "of": account, "first": first, "last": last}
        for each in subscriptions
        for account, first, last in _wanted(each, written)
    ]
    if stretches:
        connection.execute(_ADD, stretches)


def _wanted(subscription: Subscription, written: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, int]]:
    """Account, first and last number of each stretch of entries that it wants without a gap."""
    stretches: list[tuple[str, int, int]] = []
    for row in written:
        account, number = row["account"], row["account_sequence"]
        if not subscription.wants(row["kind"]):
            continue
        if stretches and stretches[-1][0] == account and stretches[-1][2] == number - 1:
            stretches[-1] = (account, stretches[-1][1], number)
        else:
            stretches.append((account, number, number))
    return stretches


def claim(
    connection: Connection, subscribers: Iterable[str], *, now: datetime, until: datetime, owner: str
) -> Row[Any] | None:
    """Lease the head that has been due longest: the row with its entry's `hash`, `text` and `recorded_at`.

    The try is counted before it is made, so that one which kills its process counts too.

    Args:
        subscribers: each is looked for in turn, so that the first ones' backlog is nobody else's.
    """
    for name in subscribers:
        found = connection.execute(_LONGEST_DUE, {"to": name, "now": now}).first()
        if found is not None:
            given = {"lease_owner": owner, "lease_until": until, "now": now}
            connection.execute(_LEASE, {"to": name, "entry": found.entry_id, **given})
            return found
    return None


def deliver(connection: Connection, subscriber: str, entry_id: int, *, owner: str, at: datetime) -> bool:
    """The subscriber took it. False: the lease was lost, and its result is not ours to keep."""
    return _settle(connection, subscriber, entry_id, owner, state="delivered", delivered_at=at, due_at=None)


def park(
    connection: Connection, subscriber: str, entry_id: int, *, owner: str, at: datetime, error: str
) -> bool:
    """It is tried no more, until a person says so. False: as for `deliver`."""
    return _settle(
        connection, subscriber, entry_id, owner, state="parked", parked_at=at, due_at=None, last_error=error
    )


def postpone(
    connection: Connection, subscriber: str, entry_id: int, *, owner: str, due_at: datetime, error: str
) -> bool:
    """It stays the head of its line, and is tried again then; unless an earlier one was put before it
    meanwhile. False: as for `deliver`."""
    given = {"again": due_at, "last_error": error}
    return _settle(connection, subscriber, entry_id, owner, statement=_POSTPONE, **given)


def free_next(
    connection: Connection, subscriber: str, account: str, *, now: datetime, tried_since: datetime | None
) -> None:
    """Let the line's next one come, if it is not coming already. The account is locked.

    Args:
        tried_since: since when its receiver has failed; the next one has waited as long, if it was there.
    """
    head = connection.execute(_NEXT, {"to": subscriber, "of": account}).first()
    if head is None or head.due_at is not None:
        return
    since = None if tried_since is None else max(tried_since, head.at)
    this = {"to": subscriber, "entry": head.entry_id}
    connection.execute(_THIS, {**this, "due_at": now, "first_tried_at": since})


def replay(connection: Connection, entry: Row[Any], subscriber: str, *, now: datetime) -> None:
    """Tell it of the event (once more), when it is its turn in the line. The account is locked.

    A later one that is being tried waits from now on until the line comes to it: a line has one head.
    """
    again: dict[str, Any] = {
        "state": "waiting", "due_at": None, "tries": 0, "first_tried_at": None, "delivered_at": None,
        "parked_at": None, "lease_owner": None, "lease_until": None,
    }  # fmt: skip
    if not connection.execute(_THIS, {"to": subscriber, "entry": entry.id, **again}).rowcount:
        row = {
            "subscriber": subscriber, "entry_id": entry.id, "account": entry.account,
            "account_sequence": entry.account_sequence, **again,
        }  # fmt: skip
        connection.execute(insert(t.deliveries), row)
    connection.execute(
        update(t.deliveries)
        .where(
            _D.subscriber == subscriber,
            _D.account == entry.account,
            _D.state == _WAITING,
            _D.account_sequence > entry.account_sequence,
        )
        .values(due_at=None)
    )
    free_next(connection, subscriber, entry.account, now=now, tried_since=None)


def _settle(
    connection: Connection,
    subscriber: str,
    entry_id: int,
    owner: str,
    *,
    statement: Update = _HELD,
    **values: Any,
) -> bool:
    this = {"to": subscriber, "entry": entry_id, "owner": owner}
    free = {"lease_owner": None, "lease_until": None}
    return connection.execute(statement, {**this, **free, **values}).rowcount == 1
