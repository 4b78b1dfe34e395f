"""Tells subscribers what they are still to be told: at least once, in order for each buyer account.

One unit is one try: a lease, the call outside of any transaction, and its result by the lease's owner. A try
that fails comes again after a growing delay; after three days the event is parked and the later ones go on.
A receiver that says it is gone is told nothing more, until a person resumes it: what it is owed waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, Final

from sqlalchemy import Connection, Row

from payport.errors import Defect
from payport.gateways.guard import describe_error
from payport.service.events import Event, event_of
from payport.service.references import new_id
from payport.service.seller import Seller
from payport.service.webhook_sending import Told, send
from payport.storage import event_records, stop_records
from payport.storage.account_records import lock_account

__all__ = ["PARKED_AFTER", "DeliveryReport", "delay_after", "deliver_due", "deliver_round"]

PARKED_AFTER: Final = timedelta(days=3)
_LEASE: Final = timedelta(seconds=20)  # longer than a try may take, so that only the dead lose it
_FUNCTION_S: Final = 10.0
_MORE_A_ROUND: Final = 19
_ROUND_S: Final = 2.0
_FIRST_DELAY: Final = timedelta(seconds=5)
_LONGEST_DELAY: Final = timedelta(hours=4)
_JITTER: Final = 0.2
_NEVER_CAME_BACK: Final = Told("whoever told it never came back")
_chance: Final = SystemRandom()
_log = logging.getLogger("payport.events")


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What was told, what is to be told again, and what was given up until a person says so."""

    delivered: int = 0
    failed: int = 0
    parked: int = 0

    @property
    def idle(self) -> bool:
        return not (self.delivered or self.failed or self.parked)


def deliver_round(seller: Seller, limit: int) -> DeliveryReport:
    """As `deliver_due`, and up to twenty times as many while that is quick: a sale makes seven events."""
    return deliver_due(seller, limit, more=limit * _MORE_A_ROUND, seconds=_ROUND_S)


def deliver_due(seller: Seller, limit: int, *, more: int = 0, seconds: float = 0) -> DeliveryReport:
    """At most `limit` tries, those due longest; only subscribers that this process can tell.

    Args:
        more: so many tries on top, as long as none of them begins after so many `seconds`.
    """
    counted = {"delivered": 0, "failed": 0, "parked": 0}
    begun, place = time.monotonic(), 0
    names = seller.subscribers.reachable(seller.clock()) if limit > 0 else ()
    taken = (
        seller.database.transaction(lambda connection: _claim(connection, seller, names)) if names else None
    )
    while taken is not None:
        told = _NEVER_CAME_BACK if _kills(taken.head) else _tell(seller, taken.head)
        place += 1
        goes_on = place < limit or (place < limit + more and time.monotonic() - begun <= seconds)
        outcome, taken = _conclude(seller, taken, told, goes_on=goes_on)
        counted[outcome] += 1
    return DeliveryReport(**counted)


@dataclass(frozen=True, slots=True)
class _Taken:
    """The head of a line, as it stood before it was leased; and the lease's owner, another one each time."""

    head: Row[Any]
    owner: str


def _kills(head: Row[Any]) -> bool:
    """Whether the one before died while it told this, and not for the first time that it was tried. It waits
    then as one that failed, so that what ends its process each time leaves workers alone in between."""
    return head.lease_until is not None and head.tries > 1


def delay_after(tries: int) -> timedelta:
    """Five seconds, then four times as long each time, at most four hours; spread by a fifth, so that what
    failed together does not come back together."""
    delay = min(_FIRST_DELAY * 4 ** min(tries - 1, 12), _LONGEST_DELAY)
    return timedelta(seconds=delay.total_seconds() * _chance.uniform(1 - _JITTER, 1 + _JITTER))


def _claim(connection: Connection, seller: Seller, names: Iterable[str]) -> _Taken | None:
    now, owner = seller.clock(), new_id()
    head = event_records.claim(connection, names, now=now, until=now + _LEASE, owner=owner)
    return None if head is None else _Taken(head, owner)


def _tell(seller: Seller, head: Row[Any]) -> Told:
    subscribers, now, name = seller.subscribers, seller.clock(), head.subscriber
    try:
        event = event_of(head.hash, head.text)
        hook = subscribers.webhooks.get(name)
        if hook is not None:
            told = send(hook, event, subscribers.client, at=now)
        else:
            told = _call(seller, name, event)
    except Exception as error:  # the host's, or an entry that is none: others are told all the same
        told = Told(f"it raised {describe_error(error)}")
    if told.is_away:
        subscribers.rest(name, now, asked_for=told.wait)
    else:
        subscribers.wake(name)
    return told


def _call(seller: Seller, name: str, event: Event) -> Told:
    """A function that does not come back leaves a thread behind, so it is left alone before they are many."""
    guard, function = seller.subscribers.guard(name), seller.subscribers.listeners[name]
    try:
        guard.within(_FUNCTION_S, lambda: function(event))
    except Defect as defect:
        if defect.field != name:  # the function's own
            raise
        error = f"its function was {defect.problem}" if "back" in defect.problem else f"it {defect.problem}"
        if guard.is_full:
            error += ". Too many calls of it still run: its process calls it no more until one returns"
            _log.error("%s: %s", name, error)
        return Told(error, is_away=True)
    return Told()


def _conclude(seller: Seller, taken: _Taken, told: Told, *, goes_on: bool) -> tuple[str, _Taken | None]:
    """Keep the result, and take the next one in the same transaction: how it ended, and that."""
    now = seller.clock()
    names = seller.subscribers.reachable(now) if goes_on else ()

    def keep_and_take(connection: Connection) -> _Taken | None:
        _keep(connection, taken, told, now=now)
        return _claim(connection, seller, names)

    following = seller.database.transaction(keep_and_take)
    if told.error is None:
        return "delivered", following
    head = taken.head
    outcome = "parked" if _gives_up(head, told, now) else "failed"
    more = ", and it is stopped" if told.is_gone else ", parked" if outcome == "parked" else ""
    _log.warning("event %s to %s: %s%s", head.hash[:12], head.subscriber, told.error, more)
    return outcome, following


def _gives_up(head: Row[Any], told: Told, now: datetime) -> bool:
    return not told.is_gone and now - (head.first_tried_at or now) >= PARKED_AFTER


def _keep(connection: Connection, taken: _Taken, told: Told, *, now: datetime) -> None:
    """If the lease is still ours; another's result is then as good, and this one is forgotten."""
    head = taken.head
    this: dict[str, Any] = {"subscriber": head.subscriber, "entry_id": head.entry_id, "owner": taken.owner}
    if told.error is not None and not _gives_up(head, told, now):
        due_at = now + max(delay_after(head.tries + 1), told.wait or timedelta())
        kept = event_records.postpone(connection, **this, due_at=due_at, error=told.error)
        if kept and told.is_gone:
            stop_records.stop(connection, head.subscriber, at=now, because=told.error)
        return
    lock_account(connection, head.account)
    if told.error is None:
        kept = event_records.deliver(connection, **this, at=now)
    else:
        kept = event_records.park(connection, **this, at=now, error=told.error)
    if kept:
        tried_since = None if told.error is None else head.first_tried_at
        event_records.free_next(connection, head.subscriber, head.account, now=now, tried_since=tried_since)
