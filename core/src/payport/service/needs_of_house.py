"""What of the house needs a person: work and events that stand still, accounts, keys, catalogs, journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from payport.errors import Defect
from payport.gateways.key_dates import ending_soon, keys_unfit
from payport.gateways.registry import Refused
from payport.rules.needs import NeedKind
from payport.service.backlogs import due, together
from payport.service.inspecting import strangers
from payport.service.inspecting_journal import inspect_journal
from payport.service.pointers import Found, Pointer
from payport.service.seller import Seller
from payport.service.told_events import parked, queues
from payport.service.waiting import WORK
from payport.storage.refused_records import refused_hours

__all__ = ["house_needs"]

_LATELY: Final = timedelta(days=1)
_LATE: Final = timedelta(minutes=1)  # a dead worker's lease is taken over within 30 s


def house_needs(
    connection: Connection, seller: Seller, refused: Sequence[Refused]
) -> Iterator[tuple[NeedKind, Found]]:
    yield NeedKind.LATE_WORK, _late_work(connection, seller)
    yield from _events(connection)
    yield (
        NeedKind.PLUGINS_REFUSED,
        _of(
            [
                Pointer(f"{each.name} ({each.distribution} {each.version})", note=each.reason)
                for each in refused
            ]
        ),
    )
    yield NeedKind.ACCOUNTS_UNUSABLE, _of([*_accounts(connection, seller)])
    yield NeedKind.KEYS_MISSING, _of([*_roles_without_keys(seller)])
    yield NeedKind.KEYS_ENDING, _of([*_ending(seller)])
    yield NeedKind.CATALOGS_CHANGED, _catalogs(connection, seller)
    yield NeedKind.JOURNAL, _journal(connection, seller)
    yield NeedKind.FLOODS, _floods(connection, seller)


def _of(pointers: Sequence[Pointer]) -> Found:
    oldest = min((each.since for each in pointers if each.since is not None), default=None)
    return Found(count=len(pointers), oldest=oldest, first=tuple(pointers))


def _late_work(connection: Connection, seller: Seller) -> Found:
    now = seller.clock()
    found = together(due(connection, table, table.c.state.in_(states), now) for table, states in WORK)
    if found.oldest is None or now - found.oldest <= _LATE:
        return Found()
    return Found(count=found.count, oldest=found.oldest)


def _events(connection: Connection) -> Iterator[tuple[NeedKind, Found]]:
    found = queues(connection)
    count = sum(each.parked for each in found)
    since = min((each.parked_since for each in found if each.parked_since is not None), default=None)
    first = tuple(
        Pointer(
            told.event.id,
            order_number=told.event.order,
            since=delivery.parked_at,
            note=f"{delivery.subscriber}: {delivery.error}",
        )
        for told in (parked(connection, limit=5) if count else ())
        for delivery in told.deliveries
        if delivery.parked_at is not None
    )
    yield NeedKind.PARKED_EVENTS, Found(count=count, oldest=since, first=first)
    yield (
        NeedKind.STOPPED_SUBSCRIBERS,
        _of(
            [
                Pointer(each.subscriber, since=each.stopped.at, note=each.stopped.because)
                for each in found
                if each.stopped is not None
            ]
        ),
    )


def _accounts(connection: Connection, seller: Seller) -> Iterator[Pointer]:
    """Whose plugin is missing, and those that are not configured any more while their payments are open."""
    for account in seller.accounts.values():
        if account.gateway is None:
            yield Pointer(account.name, gateway_account=account.name, note=account.missing)
    for name, count in strangers(connection, seller):
        yield Pointer(
            name, gateway_account=name, note=f"not configured, {count} payments and refunds are open"
        )


def _roles_without_keys(seller: Seller) -> Iterator[Pointer]:
    now = seller.clock()
    for account in seller.accounts.values():
        for role in keys_unfit(account, now):
            yield Pointer(role, gateway_account=account.name)
    for hook in seller.subscribers.webhooks.values():
        if not any(secret.is_valid(now) for secret in hook.secrets):
            yield Pointer(f"web hook {hook.name}")


def _ending(seller: Seller) -> Iterator[Pointer]:
    """Since when: that is, until when they are valid, and so the next one to end comes first."""
    found = [
        Pointer(f"{key.role} {key.id}", gateway_account=account.name, since=key.not_after)
        for account in seller.accounts.values()
        for key in ending_soon(account, seller.clock())
    ]
    yield from sorted(found, key=lambda each: (each.since is None, each.since))


def _catalogs(connection: Connection, seller: Seller) -> Found:
    try:
        return _of([Pointer(version) for version in seller.shelf.changed(connection)])
    except Defect as error:
        return _of([Pointer(error.field, note=error.problem)])


def _journal(connection: Connection, seller: Seller) -> Found:
    seen = inspect_journal(connection, seller)
    if seen.problem is not None:
        return Found(
            count=max(seen.unsealed, 1), oldest=seen.oldest, first=(Pointer("journal", note=seen.problem),)
        )
    return Found(count=seen.unsealed, oldest=seen.oldest) if seen.is_late else Found()


def _floods(connection: Connection, seller: Seller) -> Found:
    most, since = seller.floods.limits.an_hour, seller.clock() - _LATELY
    hours = refused_hours(connection, since=since, more_than=most)
    return _of(
        [
            Pointer(
                each.account, gateway_account=each.account, since=each.hour, note=f"{each.count} in an hour"
            )
            for each in reversed(hours)
        ]
    )
