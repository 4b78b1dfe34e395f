"""What a host decides about its shop: who its customers are, which keys sign cookies, whom it trusts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import NoReturn, Protocol, TypeAlias

from payport_web.signing import check_key

__all__ = ["Customer", "Customers", "Measure", "Settings", "Tools"]

Measure: TypeAlias = Callable[[str], Awaitable[int | None]]
"""How many bytes an account has in use at this moment; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One business that uses the suite. `account` is the name under which Payport knows it."""

    account: str
    company: str

    @property
    def initials(self) -> str:
        """Of the last two words, which in Vietnamese names the business: BM for Công ty Bình Minh."""
        return "".join(word[0] for word in self.company.split()[-2:]).upper()


async def _not_measured(_account: str) -> int | None:
    return None


class Customers(Protocol):
    """The host's own sign-in. The shop asks it on every request and never trusts a form."""

    def signed_in(self, account: str | None) -> Customer | None:
        """Who is there, by the account in the signed session; None sends the visitor to sign in."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Where a demo is controlled, and the time that it plays."""

    path: str
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations of this shop.

    Args:
        customers: who may be signed in.
        session_key: at least 32 random bytes; signs the session cookie and the form tokens.
        hosts: names in `Host` that are ours; any other is refused.
        trusted_proxies: networks whose `X-Forwarded-For` is believed; nobody else's is.
        secure: cookies only over https, and HSTS. False is for a loopback address only.
        measure: what a customer has in use; asked before anything is offered, since Payport judges some
            purchases by it and trusts no old report. What changed, or was reported over a minute ago, is
            reported. Without it the host reports in its own time.
        tools: the demo's, shown at the page's bottom as no part of the shop.
    """

    customers: Customers
    session_key: bytes = field(repr=False)
    hosts: tuple[str, ...]
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    secure: bool = True
    measure: Measure = _not_measured
    tools: Tools | None = None

    def __post_init__(self) -> None:
        check_key("session_key", self.session_key)

    def __reduce__(self) -> NoReturn:
        raise TypeError("settings hold a key and are never serialised")
