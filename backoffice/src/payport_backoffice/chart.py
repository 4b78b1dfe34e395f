"""Money by day as bars, in the units of a drawing: what came in stands on a line, what went back hangs below.

Only geometry, for an SVG that a template draws without script or style. Every figure stands in a table too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Final

from payport import Income, Money

__all__ = ["HEIGHT", "WIDTH", "Bar", "Chart", "Day", "Mark", "charts"]

WIDTH: Final = 1000
HEIGHT: Final = 240
_BAR_SHARE: Final = 0.64  # of a day's width
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle. `series`: the place of its method among the chart's; None: money that went back."""

    series: int | None
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day's bars, and what stands beside the chart about it.

    Args:
        by_method: what came in, in the order of the chart's methods; None where nothing did.
        payments, refunds: how many.
    """

    day: date
    bars: tuple[Bar, ...]
    received: Money
    refunded: Money
    by_method: tuple[Money | None, ...]
    payments: int
    refunds: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the chart, at this amount. `y` is from its top."""

    y: float
    amount: Money


@dataclass(frozen=True, slots=True)
class Chart:
    """All days of one currency, oldest first.

    Args:
        methods: ids of those through which money moved, in the order of payport.toml.
        marks: from the top to the bottom; one of them is zero.
    """

    currency: str
    methods: tuple[str, ...]
    days: tuple[Day, ...]
    marks: tuple[Mark, ...]

    def sum_of(self, place: int) -> Money:
        """All that came in by the method of this place."""
        amounts = [day.by_method[place] for day in self.days]
        return sum((each for each in amounts if each is not None), Money(0, self.currency))


def charts(days: Sequence[date], income: Collection[Income], methods: Sequence[str]) -> Iterator[Chart]:
    """One for each currency in which anything moved, by its name.

    Args:
        days: oldest first. `methods`: ids, in the order in which their bars lie on each other; others follow.
    """
    for currency in sorted({each.received.currency for each in income}):
        yield _chart(currency, days, [each for each in income if each.received.currency == currency], methods)


def _chart(currency: str, days: Sequence[date], income: Sequence[Income], methods: Sequence[str]) -> Chart:
    moved = {each.method for each in income}
    shown = (*(one for one in methods if one in moved), *sorted(moved.difference(methods)))
    by_day = {day: {each.method: each for each in income if each.day == day} for day in days}
    most = max(sum(each.received.minor for each in found.values()) for found in by_day.values())
    back = max(sum(each.refunded.minor for each in found.values()) for found in by_day.values())
    step = _step(max(most, back))
    above, below = -(-most // step) or 1, -(-back // step)
    drawing = _Drawing(currency, shown, WIDTH / len(days), HEIGHT * above / (above + below), step * above)
    return Chart(
        currency=currency,
        methods=shown,
        days=tuple(drawing.day(day, place, by_day[day]) for place, day in enumerate(days)),
        marks=tuple(
            Mark(round(HEIGHT * row / (above + below), 2), Money((above - row) * step, currency))
            for row in range(above + below + 1)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Args:
    width: of a day. zero: where the line stands, from the top. most: minor units from there to the top.
    """

    currency: str
    methods: tuple[str, ...]
    width: float
    zero: float
    most: int

    def day(self, day: date, place: int, found: Mapping[str, Income]) -> Day:
        nothing = Money(0, self.currency)
        refunded = sum((each.refunded for each in found.values()), nothing)
        bars, top = [], self.zero
        for series, method in enumerate(self.methods):
            if method in found and found[method].received.minor:
                height = self._height(found[method].received)
                top -= height
                bars.append(self._bar(series, place, top, height))
        if refunded.minor:
            bars.append(self._bar(None, place, self.zero, self._height(refunded)))
        return Day(
            day=day,
            bars=tuple(bars),
            received=sum((each.received for each in found.values()), nothing),
            refunded=refunded,
            by_method=tuple(
                found[method].received if method in found and found[method].receipts else None
                for method in self.methods
            ),
            payments=sum(each.receipts for each in found.values()),
            refunds=sum(each.refunds for each in found.values()),
        )

    def _height(self, money: Money) -> float:
        return self.zero * money.minor / self.most

    def _bar(self, series: int | None, place: int, y: float, height: float) -> Bar:
        x = self.width * (place + (1 - _BAR_SHARE) / 2)
        return Bar(series, round(x, 2), round(y, 2), round(self.width * _BAR_SHARE, 2), round(height, 2))


def _step(most: int) -> int:
    """Between two lines: 1, 2 or 5 times a power of ten, so that there are at most five of them."""
    for power in count():
        for first in _STEPS:
            if most <= 4 * first * 10**power:
                return int(first * 10**power)
    raise AssertionError
