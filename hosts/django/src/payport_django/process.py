"""One `Payport` for each process: opened when it is first asked for, and closed when the process ends.

A forked child has none of its parent's. It keeps that one's entry and never touches it: to close a connection
that another process uses would end it there, too.
"""

from __future__ import annotations

import atexit
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from wsgiref.types import WSGIApplication

    from payport import Payport

__all__ = ["Opened", "forget", "get_payport", "opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A seller, and its doors in the two forms in which a server may ask."""

    payport: Payport
    wsgi: WSGIApplication
    asgi: Callable[..., Awaitable[None]]


_OPENED: Final[dict[int, Opened]] = {}  # by process id


def get_payport() -> Payport:
    """This process's seller, for all its threads; see docs/hosts/django.md.

    Raises: ConfigurationError, where the settings or payport.toml cannot be used; `manage.py check` says so.
    """
    return opened().payport


def opened() -> Opened:
    """As `get_payport`, with the doors. Without a lock, which a fork could leave locked for ever: of two
    threads that open one at once, one throws its own away. Nothing was called by it yet."""
    ours = _OPENED.get(os.getpid())
    if ours is not None:
        return ours
    made = _open()
    ours = _OPENED.setdefault(os.getpid(), made)
    if ours is made:
        atexit.register(forget)
    else:
        made.payport.close()
    return ours


def forget() -> None:
    """Close this process's seller; the next one who asks opens another, by the settings of then."""
    ours = _OPENED.pop(os.getpid(), None)
    atexit.unregister(forget)
    if ours is not None:
        ours.payport.close()


def _open() -> Opened:
    from payport import Payport  # noqa: PLC0415 - 300 ms, not for each command of manage.py
    from payport_django.configuration import config_file, host_functions  # noqa: PLC0415

    shop = Payport.from_config(config_file(), **host_functions())
    return Opened(shop, shop.wsgi(), shop.asgi())
