"""How a seller is opened from payport.toml, and its tables made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from payport.doors.base import Host
from payport.doors.configuration import Configuration, load_configuration
from payport.errors import ConfigurationError
from payport.gateways.observers import Observer, Observers
from payport.logs import keep_out, protect
from payport.rules.payment import Payment
from payport.service.catalogs import CatalogShelf
from payport.service.floods import Floods
from payport.service.seller import Refusal, Seller, utc_now
from payport.service.subscribers import Listener, Subscribers
from payport.storage import migrations
from payport.storage.database import Database

__all__ = ["Opened"]


class Opened(Host):
    """A seller with a database of its own: what a transaction of somebody else's has not."""

    @classmethod
    def from_config(
        cls,
        path: str | Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        observers: Iterable[Observer] = (),
        may_initiate: Callable[[Payment], Refusal | None] | None = None,
        subscribers: Mapping[str, Listener] | None = None,
    ) -> Self:
        """Read payport.toml and all that it names; opens no database and calls no gateway.

        Args:
            clock: gives aware instants; a demo or a test may move it.
            observers: told facts after they happened.
            may_initiate: the host's one veto, asked before a payment is handed over.
            subscribers: functions that are told of events, by name, at least once each; see docs/events.md.
        Raises: ConfigurationError, naming file, key and remedy.
        """
        if iscoroutinefunction(may_initiate):
            raise ConfigurationError(
                field="may_initiate",
                problem="is a coroutine function: nobody awaits it",
                remedy="Give a plain function",
            )
        read = load_configuration(path)
        told = Subscribers.of(read.webhooks, subscribers or {}, read.subscriptions)
        _keep_out_of_logs(read)
        seller = Seller(
            name=read.seller_name,
            reference_prefix=read.reference_prefix,
            public_url=read.public_url,
            result_url=read.result_url,
            database=Database(read.database_url, subscriptions=told.subscriptions),
            shelf=CatalogShelf(read.catalogs),
            accounts=read.accounts,
            methods=read.methods,
            clock=clock,
            observers=Observers(observers),
            floods=Floods(read.callbacks),
            may_initiate=may_initiate,
            sealing=read.sealing,
            subscribers=told,
            four_eyes=read.four_eyes,
        )
        return cls(seller, read)

    def migrate(self) -> None:
        """Bring the database to this version's tables."""
        migrations.migrate(self.seller.database)

    def require_current(self) -> None:
        """Raises ConfigurationError where the tables are of another version."""
        migrations.require_current(self.seller.database)


def _keep_out_of_logs(read: Configuration) -> None:
    """Whatever this process logs, it holds none of these."""
    for account in read.accounts.values():
        keep_out(account.secrets())
    keep_out(secret.value for webhook in read.webhooks for secret in webhook.secrets)
    password = urlsplit(read.database_url.get_secret_value()).password
    keep_out(() if password is None else (password, unquote(password)))
    protect()
