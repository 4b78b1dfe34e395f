"""Money by day as a drawing: every bar is as high as its money, and no money falls out of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payport import Income, Money, vnd
from payport_backoffice.chart import HEIGHT, WIDTH, Bar, charts

FIRST = date(2026, 11, 24)
DAYS = tuple(FIRST + timedelta(days=number) for number in range(4))


def income(day: int, method: str, received: int, refunded: int = 0, currency: str = "VND") -> Income:
    return Income(
        DAYS[day], method, Money(received, currency), 1, Money(refunded, currency), 1 if refunded else 0
    )


def test_bars_of_a_day_stand_on_each_other_in_the_order_of_the_methods() -> None:
    (chart,) = charts(DAYS, [income(1, "wallet", 300), income(1, "card", 500)], ("card", "wallet"))

    card, wallet = chart.days[1].bars
    assert chart.methods == ("card", "wallet")
    assert (card.series, wallet.series) == (0, 1)
    assert wallet.y + wallet.height == pytest.approx(card.y)
    assert card.y + card.height == pytest.approx(HEIGHT)
    assert card.height / wallet.height == pytest.approx(5 / 3, rel=0.01)
    assert chart.days[1].received == vnd(800)
    assert chart.days[1].by_method == (vnd(500), vnd(300))
    assert chart.sum_of(1) == vnd(300)


def test_what_went_back_hangs_below_the_line() -> None:
    (chart,) = charts(DAYS, [income(0, "card", 1_000), income(2, "card", 0, 500)], ("card",))

    (zero,) = [mark.y for mark in chart.marks if mark.amount.minor == 0]
    (back,) = chart.days[2].bars
    assert back.series is None
    assert back.y == pytest.approx(zero)
    assert back.height == pytest.approx(chart.days[0].bars[0].height / 2, rel=0.01)
    assert back.y + back.height <= HEIGHT
    assert chart.days[2].refunded == vnd(500)
    assert zero < HEIGHT


@pytest.mark.parametrize("most", [1, 7, 99, 1_000, 43_048_800, 987_654_321_000])
def test_lines_are_few_and_round_and_no_bar_leaves_the_drawing(most: int) -> None:
    (chart,) = charts(DAYS, [income(number, "card", most // (number + 1)) for number in range(4)], ())

    bars: list[Bar] = [bar for day in chart.days for bar in day.bars]
    assert 2 <= len(chart.marks) <= 6
    assert all(
        str(mark.amount.minor).rstrip("0") in {"", "1", "2", "3", "4", "5", "6", "8"} for mark in chart.marks
    )
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.y >= 0 for bar in bars)


def test_each_currency_has_its_own_and_an_unknown_method_is_drawn_too() -> None:
    first, second = charts(DAYS, [income(0, "old", 5), income(0, "card", 5, currency="USD")], ("card",))

    assert (first.currency, second.currency) == ("USD", "VND")
    assert second.methods == ("old",)
    assert list(charts(DAYS, [], ("card",))) == []
