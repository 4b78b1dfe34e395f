"""The operator's first page: what came in and went back, day by day, and what needs a person now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from payport.errors import RequestRefused
from payport.gateways.registry import Refused
from payport.rules.calendar import local_date
from payport.rules.money import Money
from payport.rules.words import Text
from payport.service.income import Income, income, merchant_zone
from payport.service.naming import method_words
from payport.service.needs import Need, needs
from payport.service.seller import Seller

__all__ = ["Today", "today"]

_MOST_DAYS: Final = 92


@dataclass(frozen=True, slots=True)
class Today:
    """How the day stands.

    Args:
        at: the moment of the look, UTC. `zone`: whose midnights part the days, an IANA name.
        days: those that are looked at, oldest first; the last one is `day`.
        income: what came in and went back, oldest day first; nothing of a day without money.
        methods: what each method of payport.toml is called, in its order.
        needs: in the order in which a person should look.
    """

    at: datetime
    zone: str
    days: tuple[date, ...]
    income: tuple[Income, ...]
    methods: Mapping[str, Text]
    needs: tuple[Need, ...]

    @property
    def day(self) -> date:
        return self.days[-1]

    def on(self, day: date) -> tuple[Income, ...]:
        return tuple(each for each in self.income if each.day == day)

    def received(self, day: date) -> tuple[Money, ...]:
        """All that came in on a day, by currency."""
        sums: dict[str, Money] = {}
        for each in self.on(day):
            currency = each.received.currency
            sums[currency] = sums.get(currency, Money(0, currency)) + each.received
        return tuple(sums[currency] for currency in sorted(sums))


def today(
    connection: Connection, seller: Seller, refused: Sequence[Refused], *, day: date | None, days: int
) -> Today:
    """Look at so many days up to `day`, and at all that waits.

    Args:
        refused: plugins that are installed and not used. `day`: None: the merchant's own today.
    Raises: RequestRefused for more than 92 days.
    """
    if not 1 <= days <= _MOST_DAYS:
        raise RequestRefused(field="days", problem=f"not 1 to {_MOST_DAYS}", remedy="Look at fewer at once")
    zone, now = merchant_zone(seller), seller.clock()
    last = local_date(now, zone) if day is None else day
    return Today(
        at=now,
        zone=zone,
        days=tuple(last - timedelta(days=back) for back in reversed(range(days))),
        income=tuple(income(connection, seller, last, days)),
        methods=method_words(seller),
        needs=needs(connection, seller, refused),
    )
