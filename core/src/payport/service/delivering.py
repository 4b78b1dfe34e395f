"""Tells subscribers what they are still to be told: at least once, in order for each buyer account.

One unit is one try: a lease, the call outside of any transaction, and its result by the lease's owner. A try
that fails comes again after a growing delay; after three days, or when the receiver says that it is gone, the
event is parked and the later ones go on.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from typing import Any, Final

from sqlalchemy import Connection, Row

from payport.gateways.guard import Guard, describe_error
from payport.service.events import event_of
from payport.service.references import new_id
from payport.service.seller import Seller
from payport.service.webhook_sending import Told, send
from payport.storage import event_records
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
_guard: Final = Guard("a subscriber", most_abandoned=8)
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
    begun = time.monotonic()
    for place in range(limit + more):
        if place >= limit and time.monotonic() - begun > seconds:
            break
        owner = new_id()
        head = _claim(seller, owner)
        if head is None:
            break
        told = _NEVER_CAME_BACK if _kills(head) else _tell(seller, head)
        counted[_conclude(seller, head, told, owner)] += 1
    return DeliveryReport(**counted)


def _kills(head: Row[Any]) -> bool:
    """Whether the one before died while it told this, and not for the first time that it was tried. It waits
    then as one that failed, so that what ends its process each time leaves workers alone in between."""
    return head.lease_until is not None and head.tries > 1


def delay_after(tries: int) -> timedelta:
    """Five seconds, then four times as long each time, at most four hours; spread by a fifth, so that what
    failed together does not come back together."""
    delay = min(_FIRST_DELAY * 4 ** min(tries - 1, 12), _LONGEST_DELAY)
    return timedelta(seconds=delay.total_seconds() * _chance.uniform(1 - _JITTER, 1 + _JITTER))


def _claim(seller: Seller, owner: str) -> Row[Any] | None:
    now = seller.clock()
    names = seller.subscribers.reachable(now)
    if not names:
        return None
    return seller.database.transaction(
        lambda connection: event_records.claim(connection, names, now=now, until=now + _LEASE, owner=owner)
    )


def _tell(seller: Seller, head: Row[Any]) -> Told:
    subscribers, now, name = seller.subscribers, seller.clock(), head.subscriber
    try:
        event = event_of(head.hash, head.text)
        hook = subscribers.webhooks.get(name)
        if hook is not None:
            told = send(hook, event, subscribers.client, at=now)
        else:
            _guard.within(_FUNCTION_S, lambda: subscribers.listeners[name](event))
            told = Told()
    except Exception as error:  # the host's, or an entry that is none: others are told all the same
        told = Told(f"it raised {describe_error(error)}")
    if told.is_away:
        subscribers.rest(name, now, asked_for=told.wait)
    else:
        subscribers.wake(name)
    return told


def _conclude(seller: Seller, head: Row[Any], told: Told, owner: str) -> str:
    """Keep the result, if the lease is still ours; another's is then as good, and this one is forgotten."""
    now, tries = seller.clock(), head.tries + 1
    since = head.first_tried_at or now
    gives_up = told.error is not None and (told.is_gone or now - since >= PARKED_AFTER)

    def keep(connection: Connection) -> None:
        this: dict[str, Any] = {"subscriber": head.subscriber, "entry_id": head.entry_id, "owner": owner}
        if told.error is not None and not gives_up:
            due_at = now + max(delay_after(tries), told.wait or timedelta())
            event_records.postpone(connection, **this, due_at=due_at, error=told.error)
            return
        lock_account(connection, head.account)
        if told.error is None:
            kept = event_records.deliver(connection, **this, at=now)
        else:
            kept = event_records.park(connection, **this, at=now, error=told.error)
        if kept:
            tried_since = None if told.error is None or told.is_gone else since
            event_records.free_next(
                connection, head.subscriber, head.account, now=now, tried_since=tried_since
            )

    seller.database.transaction(keep)
    if told.error is None:
        return "delivered"
    _log.warning(
        "event %s to %s: %s%s", head.hash[:12], head.subscriber, told.error, ", parked" if gives_up else ""
    )
    return "parked" if gives_up else "failed"
