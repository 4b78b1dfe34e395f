"""The host that is told of events: it refuses some, forgets none, and knows at the end what it heard.

What it must have heard is every event of the journal at least once, the same each time, and those of one
account in their order; but for one that was given up for a while, which a person has told again later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from payport import Event

__all__ = ["SUBSCRIBER", "Host", "HostRefuses"]

SUBSCRIBER: Final = "the-host"


class HostRefuses(Exception):
    """What the host's function raises now and then."""


@dataclass
class Host:
    """`fails` says by chance whether it refuses this one, before or after it kept it. `untold`: how many
    tries to tell it failed, as the log says. `parked`: ids of events that were given up once."""

    fails: Callable[[], str]
    heard: list[Event] = field(default_factory=list)
    untold: int = 0
    parked: set[str] = field(default_factory=set)

    def hear(self, event: Event) -> None:
        mood = self.fails()
        if mood != "deaf":
            self.heard.append(event)
        if mood != "well":
            raise HostRefuses

    def forget(self) -> None:
        self.heard.clear()
        self.parked.clear()

    def missed(self, events: list[tuple[str, str, int]]) -> str | None:
        """What is wrong with what it heard; None where nothing is.

        Args:
            events: id, account and number of all that were to be told.
        """
        known: dict[str, Event] = {}
        order: dict[str, list[int]] = {}
        for event in self.heard:
            if known.setdefault(event.id, event) != event:
                return f"{event.id} was told in two ways"
            numbers = order.setdefault(event.account, [])
            if event.id not in self.parked and event.number not in numbers:
                numbers.append(event.number)
        if {(each.id, each.account, each.number) for each in known.values()} != set(events):
            return f"{len(known)} events were told of {len(events)}, or others"
        for account, numbers in order.items():
            if numbers != sorted(numbers):
                return f"{account} was told {numbers}"
        return None
