"""Who is told of events: functions of the host, and web hooks. Held by the seller, shared by all threads."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from inspect import iscoroutinefunction
from itertools import count
from typing import Final, TypeAlias

from pydantic import SecretStr

from payport.errors import ConfigurationError
from payport.gateways.exchange import new_client
from payport.gateways.guard import Guard
from payport.gateways.http import http
from payport.service.events import Event
from payport.service.webhook_target import Target
from payport.storage.event_records import Subscription

__all__ = ["Listener", "Subscribers", "Webhook", "WebhookSecret"]

Listener: TypeAlias = Callable[[Event], object]
_NAME: Final = re.compile(r"(?=.{1,40}\Z)[a-z0-9]+(-[a-z0-9]+)*")
_MOST_NEVER_BACK: Final = 4  # calls of one function that still run, each in a thread
_FIRST_REST: Final = timedelta(seconds=1)
_LONGEST_REST: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """One secret of a rotation; valid from `not_before` (included) to `not_after` (excluded)."""

    id: str
    value: SecretStr
    not_before: datetime | None = None
    not_after: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        return (self.not_before is None or self.not_before <= at) and (
            self.not_after is None or at < self.not_after
        )


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver's address, what signs for it, and which kinds of events it is told."""

    name: str
    target: Target
    secrets: tuple[WebhookSecret, ...]
    kinds: tuple[str, ...] = ("*",)
    sandbox: bool = False  # this machine may be called

    def holds_secret(self, text: str) -> bool:
        """Whether one of its secrets stands in a text that is kept or logged."""
        return any(secret.value.get_secret_value().removeprefix("whsec_") in text for secret in self.secrets)


@dataclass(frozen=True)
class Subscribers:
    """By name. A subscriber that is `known` and has neither function nor address here is told elsewhere.

    Args:
        known: names that every process keeps events for, wherever their functions are.
        tls: other roots than the public ones, for a test.
    """

    known: tuple[Subscription, ...] = ()
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    _guards: dict[str, Guard] = field(default_factory=dict, init=False, repr=False)
    _rests: dict[str, tuple[int, datetime]] = field(default_factory=dict, init=False, repr=False)
    _turns: Iterator[int] = field(default_factory=count, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @classmethod
    def of(
        cls,
        webhooks: Iterable[Webhook],
        listeners: Mapping[str, Listener],
        known: Iterable[Subscription] = (),
    ) -> Subscribers:
        """Raises ConfigurationError where two have one name, and for a function that cannot be called so."""
        for name, listener in listeners.items():
            if not _NAME.fullmatch(name):
                raise _unfit(name, "is no name", "Use at most 40 small letters and digits, with - between")
            if iscoroutinefunction(listener):
                raise _unfit(
                    name,
                    "is a coroutine function: nobody awaits it",
                    "Give a function that hands on to your loop",
                )
        hooks = {hook.name: hook for hook in webhooks}
        both = sorted(hooks.keys() & (listeners.keys() | {each.name for each in known}))
        if both:
            words = "is the name of a web hook and of a function"
            raise _unfit(both[0], words, "Give each subscriber a name of its own")
        return cls(tuple(known), hooks, dict(listeners))

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """All of them, for whom events are kept. A function that is not listed is told everything."""
        listed = {each.name for each in self.known}
        return (
            *self.known,
            *(Subscription(hook.name, hook.kinds) for hook in self.webhooks.values()),
            *(Subscription(name) for name in self.listeners if name not in listed),
        )

    @property
    def names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.subscriptions)

    def reachable(self, now: datetime) -> tuple[str, ...]:
        """Names that can be told from this process, but for those that rest, and functions of which too many
        calls never came back; at each call another one is first, so that none waits for all that another is
        to be told."""
        with self._lock:
            resting = {name for name, (_, until) in self._rests.items() if until > now}
            turn = next(self._turns)
            resting |= {name for name, guard in self._guards.items() if guard.is_full}
        names = [name for name in (*self.listeners, *self.webhooks) if name not in resting]
        first = turn % len(names) if names else 0
        return (*names[first:], *names[:first])

    def guard(self, name: str) -> Guard:
        """Of a function: how long it may take, and how many calls of it may be left behind."""
        with self._lock:
            return self._guards.setdefault(name, Guard(name, most_abandoned=_MOST_NEVER_BACK))

    def rest(self, name: str, now: datetime, *, asked_for: timedelta | None = None) -> None:
        """Its receiver is away as a whole: leave it alone for a moment, longer each time, so that it does not
        keep this process from the others. Only this process's own knowledge; what is due stays due."""
        with self._lock:
            times = min(self._rests.get(name, (0, now))[0] + 1, 16)
            pause = min(max(_FIRST_REST * 2 ** (times - 1), asked_for or timedelta()), _LONGEST_REST)
            self._rests[name] = (times, now + pause)

    def wake(self, name: str) -> None:
        """It answered."""
        with self._lock:
            self._rests.pop(name, None)

    @cached_property
    def client(self) -> http.Client:
        """Follows no redirect, asks no proxy of the environment, keeps no connection."""
        return new_client(self.tls)


def _unfit(name: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=f"subscribers.{name}", problem=problem, remedy=remedy)
