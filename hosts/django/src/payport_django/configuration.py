"""What Django's settings say to Payport. They name a file, and functions; all else stands in payport.toml.

| setting | says |
|---|---|
| `PAYPORT_CONFIG` | the path of payport.toml; else the environment variable of that name says it |
| `PAYPORT_SUBSCRIBERS` | functions that are told of events: `{"crm": "shop.events.tell"}` |
| `PAYPORT_OBSERVERS` | classes of observers, by their dotted names |
| `PAYPORT_MAY_INITIATE` | the one veto before a payment is handed over, by its dotted name |
| `PAYPORT_BACKOFFICE_URL` | where the back office is reached, for links in the admin |
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from payport import ConfigurationError

if TYPE_CHECKING:
    from payport import Event, Observer, Payment, Refusal

__all__ = ["HostFunctions", "backoffice_url", "config_file", "host_functions", "subscriber_names"]

CONFIG: Final = "PAYPORT_CONFIG"
SUBSCRIBERS: Final = "PAYPORT_SUBSCRIBERS"
OBSERVERS: Final = "PAYPORT_OBSERVERS"
MAY_INITIATE: Final = "PAYPORT_MAY_INITIATE"
_DOTTED: Final = 'Write a dotted name, as in "shop.events.tell"'
_BY_NAME: Final = 'Write names and functions, as in {"crm": "shop.events.tell"}'


class HostFunctions(TypedDict):
    """What `Payport.from_config` and `run_command` take besides the file."""

    observers: list[Observer]
    may_initiate: Callable[[Payment], Refusal | None] | None
    subscribers: dict[str, Callable[[Event], object]]


def config_file() -> Path:
    """Raises: ConfigurationError, where neither the setting nor the environment names one."""
    given = getattr(settings, CONFIG, None) or os.environ.get(CONFIG)
    if not given:
        raise _wrong(
            CONFIG, "is not set", f'Set {CONFIG} = BASE_DIR / "payport.toml", or the environment variable'
        )
    if not isinstance(given, str | os.PathLike):
        raise _wrong(CONFIG, "is no path", "Name a file; all that it says stands in payport.toml")
    return Path(given)


def host_functions() -> HostFunctions:
    """The functions that the settings name. Raises: ConfigurationError, naming the setting."""
    may = getattr(settings, MAY_INITIATE, None)
    return {
        "observers": _observers(),
        "may_initiate": None if may is None else _function(MAY_INITIATE, may),
        "subscribers": {
            name: _told(_function(f"{SUBSCRIBERS}[{name!r}]", dotted))
            for name, dotted in _subscribers().items()
        },
    }


def subscriber_names() -> frozenset[str]:
    return frozenset(_subscribers())


def backoffice_url() -> str | None:
    url: str | None = getattr(settings, "PAYPORT_BACKOFFICE_URL", None)
    return url.rstrip("/") if url else None


def _observers() -> list[Observer]:
    named = getattr(settings, OBSERVERS, ())
    if isinstance(named, str) or not isinstance(named, Sequence):
        raise _wrong(OBSERVERS, "is no list", 'Write dotted names, as in ["shop.watch.Watcher"]')
    return [_observer(name) for name in named]


def _observer(dotted: object) -> Observer:
    from payport import Observer  # noqa: PLC0415 - 300 ms, not for each command of manage.py

    made = _function(OBSERVERS, dotted)
    if not (isinstance(made, type) and issubclass(made, Observer)):
        raise _wrong(
            OBSERVERS, f"{dotted} is no class of payport.Observer", "Name one, made without arguments"
        )
    return made()


def _subscribers() -> Mapping[str, object]:
    named = getattr(settings, SUBSCRIBERS, {})
    if not isinstance(named, Mapping):
        raise _wrong(SUBSCRIBERS, "is no mapping", _BY_NAME)
    if not all(isinstance(name, str) for name in named):
        raise _wrong(SUBSCRIBERS, "has a name that is no text", _BY_NAME)
    return named


def _function(setting: str, dotted: object) -> Callable[..., Any]:
    if not isinstance(dotted, str):
        raise _wrong(setting, "is no dotted name", _DOTTED)
    try:
        found = import_string(dotted)
    except ImportError as error:
        raise _wrong(
            setting, f"cannot be imported: {error}", "Correct the name, or what it imports"
        ) from error
    if not callable(found):
        raise _wrong(setting, f"{dotted} cannot be called", "Name a function")
    function: Callable[..., Any] = found
    return function


def _told(tell: Callable[[Event], object]) -> Callable[[Event], object]:
    """As Django does around a request: a worker's thread keeps no connection that is too old, or broken."""
    if iscoroutinefunction(tell):
        return tell  # Payport refuses it, in its own words

    @wraps(tell)
    def told(event: Event) -> object:
        close_old_connections()
        try:
            return tell(event)
        finally:
            close_old_connections()

    return told


def _wrong(setting: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=f"settings.{setting}", problem=problem, remedy=remedy)
