"""One seller: all that the use cases share. Made once from the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from payport.errors import NotFound
from payport.gateways.accounts import GatewayAccount, Method
from payport.gateways.observers import Observers
from payport.rules.catalog import Catalogs
from payport.rules.four_eyes import FourEyes
from payport.rules.payment import Payment
from payport.service.catalogs import CatalogShelf
from payport.service.floods import Floods
from payport.service.sealing import Sealing
from payport.service.slowness import Slowness
from payport.service.subscribers import Subscribers
from payport.storage.database import Database

__all__ = ["Refusal", "Seller", "utc_now"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A host's no to a payment that is about to begin; the words are for the buyer."""

    vi: str
    en: str


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Seller:
    """The values that every use case needs; the clock among them, so that tests and the demo may move it."""

    name: str
    reference_prefix: str
    public_url: str  # where payport.asgi() is reached from outside, without a slash at the end
    result_url: str  # holds "{order_token}"
    database: Database
    shelf: CatalogShelf
    accounts: Mapping[str, GatewayAccount]
    methods: tuple[Method, ...]
    clock: Callable[[], datetime] = utc_now
    observers: Observers = field(default_factory=Observers)
    floods: Floods = field(default_factory=Floods)
    slowness: Slowness = field(default_factory=Slowness)
    may_initiate: Callable[[Payment], Refusal | None] | None = None
    sealing: Sealing = field(default_factory=Sealing)
    subscribers: Subscribers = field(default_factory=Subscribers)
    four_eyes: FourEyes = field(default_factory=FourEyes)

    @property
    def catalogs(self) -> Catalogs:
        """The versions that are listed now. Quotes have their own for good: see the shelf."""
        return self.shelf.listed

    def account(self, name: str) -> GatewayAccount:
        """Raises NotFound. A name that stands in a URL, so anybody may ask for any."""
        found = self.accounts.get(name)
        if found is None:
            raise NotFound(
                field="gateway_account",
                problem="no such gateway account",
                remedy="Take a name of payport.toml's [[accounts]]",
            )
        return found

    def order_url(self, token: str) -> str:
        return self.result_url.replace("{order_token}", token)
