"""The moments at which something changes for a customer; the demo's clock can be moved to them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from payport import Entitlement, Offer, OrderView
from payport_web.languages import msg

__all__ = ["Edge", "edges"]

_A_MINUTE: Final = timedelta(minutes=1)
_NO_TERM: Final = msg("No term is running.")


@dataclass(frozen=True, slots=True)
class Edge:
    """One moment.

    Args:
        at: None where this customer has no such moment ahead, for the reason `missing`.
        tax: percent before and after, where a rate of tax changes then.
    """

    name: str
    title: str
    at: datetime | None = None
    missing: str = ""
    tax: tuple[int, int] | None = None

    def instants(self, now: datetime) -> dict[str, datetime]:
        """Where the clock can go: to the moment itself, and to a minute before it while that is ahead."""
        if self.at is None:
            return {}
        return {name: at for name, at in {"before": self.at - _A_MINUTE, "at": self.at}.items() if at > now}


def edges(
    now: datetime,
    held: Entitlement,
    renewal: Offer,
    order: OrderView | None,
    *,
    zone: ZoneInfo,
    tax: Callable[[date], int],
) -> tuple[Edge, ...]:
    """In the order in which a customer meets them.

    Args:
        order: the one placed last in this browser.
        zone: the merchant's.
        tax: percent on a day.
    """
    return (
        _order_end(now, order),
        _trial_end(held),
        _window(held, renewal),
        _term_end(held),
        _year_end(now, zone, tax),
    )


def _order_end(now: datetime, order: OrderView | None) -> Edge:
    title = msg("The order can no longer be paid")
    if order is None or order.state != "placed" or order.expires_at <= now:
        return Edge("order", title, missing=msg("No order of this browser waits to be paid."))
    return Edge("order", title, order.expires_at)


def _trial_end(held: Entitlement) -> Edge:
    title = msg("The trial ends")
    if held.state != "trial" or held.term is None:
        return Edge("trial", title, missing=msg("No trial is running."))
    return Edge("trial", title, held.term.end)


def _window(held: Entitlement, renewal: Offer) -> Edge:
    title = msg("The renewal window opens")
    if renewal.opens_at is not None:
        return Edge("window", title, renewal.opens_at)
    if held.state != "active":
        return Edge("window", title, missing=_NO_TERM)
    bought = msg("The next term is bought already.") if held.future else msg("It is open already.")
    return Edge("window", title, missing=bought)


def _term_end(held: Entitlement) -> Edge:
    title = msg("The term ends")
    if held.state not in ("active", "suspended") or held.term is None:
        return Edge("term", title, missing=_NO_TERM)
    return Edge("term", title, held.term.end)


def _year_end(now: datetime, zone: ZoneInfo, tax: Callable[[date], int]) -> Edge:
    last_day = date(now.astimezone(zone).year, 12, 31)
    first_day = last_day + timedelta(days=1)
    rates = tax(last_day), tax(first_day)
    midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=zone)
    return Edge("year", msg("The year ends"), midnight, tax=rates if rates[0] != rates[1] else None)
