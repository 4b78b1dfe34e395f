"""`payport events`: what subscribers were told, what is parked with them, and telling it again."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from payport.doors.cli.named import Who, Why, keep
from payport.doors.cli.printing import as_json, instant, table
from payport.doors.cli.usage import AsJson, Config, UsageError

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.service.told_events import Delivery, ToldEvent

__all__ = ["events", "list_", "parked", "replay", "resume"]

events = App(name="events", help="List what hosts are told, or tell it again.", version_flags=())

Limit = Annotated[int, Parameter(help="How many, 1 to 1000; 50 if not given.")]


@events.command(name="list")
def list_(
    *,
    config: Config = None,
    account: Annotated[str | None, Parameter(help="Of this buyer account, oldest first.")] = None,
    after: Annotated[int, Parameter(help="Those of the account behind this number.")] = 0,
    limit: Limit = 50,
    json: AsJson = False,
) -> None:
    """Events and what became of each with each subscriber: the newest first, or an account's in order."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        _show(shop.events(account, after=after, limit=limit), json=json)
        _say_who_is_stopped(shop)


@events.command
def parked(*, config: Config = None, limit: Limit = 50, json: AsJson = False) -> int:
    """Events that a subscriber is told no more, the longest parked first. Exit status 1: there are some."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        found = shop.parked_events(limit=limit)
        _show(found, json=json)
        _say_who_is_stopped(shop)
    return 1 if found else 0


@events.command
def replay(
    event: str | None = None,
    /,
    *,
    subscriber: Annotated[str | None, Parameter(help="This one alone.")] = None,
    all_parked: Annotated[bool, Parameter(help="All that is parked with --subscriber, in order.")] = False,
    by: Who = None,
    reason: Why = None,
    config: Config = None,
) -> None:
    """Have an event told again, by its id: to those with whom it is parked, or else to all that want it."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    if all_parked == (event is not None):
        raise UsageError(field="EVENT", problem="is needed, or else --all-parked", remedy="Say one of them")
    with opened(config) as shop:
        if event is not None:
            keep(shop, "replay", event, by, reason)
            names = shop.replay(event, subscriber=subscriber)
            print(f"{event} is due again: {', '.join(names) or 'nobody wants it'}")
        elif subscriber is None:
            raise UsageError(field="--subscriber", problem="is not given", remedy="Say whom to tell")
        else:
            keep(shop, "replay_parked", subscriber, by, reason)
            print(f"{shop.replay_parked(subscriber)} events of {subscriber} are due again")
        _say_who_is_stopped(shop)


@events.command
def resume(subscriber: str, /, *, by: Who = None, reason: Why = None, config: Config = None) -> None:
    """Tell a stopped subscriber all that waited for it, in order: one that had answered 410 Gone."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        keep(shop, "resume", subscriber, by, reason)
        shop.resume(subscriber)
    print(f"{subscriber} is told again, first what waited")


def _say_who_is_stopped(shop: Payport) -> None:
    """Beside the output, since events wait for them that are neither parked nor tried."""
    for each in shop.stopped_subscribers():
        print(
            f"{each.subscriber} is stopped since {instant(each.at)}: {each.because}. "
            f"`payport events resume {each.subscriber}` tells it what waits",
            file=sys.stderr,
        )


def _show(found: tuple[ToldEvent, ...], *, json: bool) -> None:
    if json:
        as_json([_object(each) for each in found])
        return
    table(
        ("event", "type", "at", "account", "number", "about", "told"),
        [
            (
                each.event.id,
                each.event.type,
                instant(each.event.at),
                each.event.account or "-",
                each.event.number,
                each.event.data["reference"],
                "; ".join(map(_words, each.deliveries)) or "-",
            )
            for each in found
        ],
    )


def _words(each: Delivery) -> str:
    if each.state == "delivered":
        return f"{each.subscriber} {instant(each.delivered_at)}"
    error = f": {each.error}" if each.error else ""
    return f"{each.subscriber} {each.state} after {each.tries} tries{error}"


def _object(each: ToldEvent) -> dict[str, Any]:
    told = [
        {
            "subscriber": one.subscriber,
            "state": one.state,
            "tries": one.tries,
            "due_at": _text(one.due_at),
            "delivered_at": _text(one.delivered_at),
            "parked_at": _text(one.parked_at),
            "error": one.error,
        }
        for one in each.deliveries
    ]
    return {"event": json.loads(each.event.body), "deliveries": told}


def _text(at: Any) -> str | None:
    return None if at is None else str(at.isoformat())
