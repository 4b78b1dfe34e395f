"""How part payments add up, and how an order that nobody completed ends. Rules: "Order only"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from payport.rules.money import Money, vnd
from payport.rules.order import Order, Received, State, at_expiry, part_payments

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def an_order(total: Money, received: Money) -> Order:
    return Order(
        number="SVAAAA222222",
        token="t",
        account="binh-minh",
        quote_id="q",
        state=State.PLACED,
        total=total,
        received=received,
        locale="vi",
        placed_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("received", "adds_up", "ends"),
    [
        (0, Received.NOTHING, State.EXPIRED),
        (1, Received.UNDER, State.REVIEW),
        (1_099_999, Received.UNDER, State.REVIEW),
        (1_100_000, Received.EQUAL, State.REVIEW),
        (1_100_001, Received.OVER, State.REVIEW),
    ],
)
def test_what_was_received_is_held_against_the_total(received: int, adds_up: Received, ends: State) -> None:
    order = an_order(vnd(1_100_000), vnd(received))

    assert (part_payments(order), at_expiry(order)) == (adds_up, ends)


def test_an_order_of_nothing_is_covered_by_nothing() -> None:
    assert part_payments(an_order(vnd(0), vnd(0))) is Received.EQUAL


def test_money_of_another_currency_is_never_added_up() -> None:
    order = replace(an_order(vnd(1), vnd(0)), received=Money(100, "USD"))

    with pytest.raises(Exception, match="currenc"):
        part_payments(order)
