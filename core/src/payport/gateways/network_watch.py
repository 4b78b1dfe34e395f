"""Whether code that is being imported reaches for the network: told to the operator, and not hindered."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from typing import Any, Final

__all__ = ["reached_for_the_network"]

_reached: ContextVar[list[str] | None] = ContextVar("reached", default=None)
_one_at_a_time = RLock()
_PLACES: Final[tuple[tuple[Any, str], ...]] = (
    (socket.socket, "connect"),
    (socket.socket, "connect_ex"),
    (socket.socket, "sendto"),
    (socket, "getaddrinfo"),
)


def _see_fork() -> None:
    """In a child: a thread of the parent's may have held the lock, and nobody here would release it."""
    global _one_at_a_time  # noqa: PLW0603 - a lock cannot be opened by another
    _one_at_a_time = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_see_fork)


@contextmanager
def reached_for_the_network() -> Iterator[list[str]]:
    """What this context called meanwhile, in whatever thread that carries it. Others are not looked at."""
    found: list[str] = []
    with _one_at_a_time:
        before = [(place, name, vars(place).get(name)) for place, name in _PLACES]
        for place, name in _PLACES:
            setattr(place, name, _noting(name, getattr(place, name)))
        token = _reached.set(found)
        try:
            yield found
        finally:
            _reached.reset(token)
            for place, name, own in before:
                if own is None:
                    delattr(place, name)  # inherited, as it was
                else:
                    setattr(place, name, own)


def _noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*arguments: Any, **named: Any) -> Any:
        found = _reached.get()
        if found is not None:
            found.append(name)
        return call(*arguments, **named)

    return noted
