"""When to look at an open payment again: the gateway's own delays, never closer together than its gap."""

from __future__ import annotations

from datetime import datetime

from payport.gateways.accounts import GatewayAccount
from payport.rules.payment import Payment

__all__ = ["next_ask", "soonest_ask"]


def next_ask(
    account: GatewayAccount, payment: Payment, *, asked_at: datetime | None, now: datetime
) -> datetime | None:
    """The next of the gateway's delays, counted from handing over; None once they are used up.

    Where nobody can be asked, the end of the payment's window: it may expire then, see `expiring`.
    """
    gateway = account.gateway
    if gateway is None:
        return None
    if "query" not in account.capabilities:
        return payment.closes_at if payment.closes_at > now else None
    earliest = soonest_ask(account, asked_at=asked_at, now=now)
    for delay in gateway.info.ask_after:
        at = payment.handed_over_at + delay
        if at > now:
            return max(at, earliest)
    return None


def soonest_ask(account: GatewayAccount, *, asked_at: datetime | None, now: datetime) -> datetime:
    """At once, unless the last ask was within the gateway's gap."""
    gateway = account.gateway
    if gateway is None or asked_at is None:
        return now
    return max(now, asked_at + gateway.info.ask_gap)
