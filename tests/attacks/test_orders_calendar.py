"""ORD-11: the edges of the calendar, bought and paid for: the same terms on any host, and no hour is lost.

The merchant's day begins at 17:00 UTC. Berlin turns its clocks on 25 October 2026 and on 28 March 2027, at
01:00 UTC; New York on 1 November 2026 and on 14 March 2027.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from payport.errors import QuoteExpired
from payport.gateways.types import Redirect
from payport.rules.calendar import Term
from payport.rules.entitlement import State as Holding
from payport.rules.order import State as OrderState
from payport.rules.purchase import New, Renew
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer, transaction_of
from tests.support.shop import Shop

OpenSeller = Callable[..., Shop]
HOSTS: Final = ("Europe/Berlin", "America/New_York")


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine's own zone, which nothing may ask for."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    assert time.daylight, f"this machine knows no zone {request.param}"
    yield request.param
    monkeypatch.undo()
    time.tzset()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def buys(customer: Customer, at: datetime, months: int) -> Term:
    """A first package or a renewal, at that instant."""
    customer.shop.clock.now = at
    holds = customer.held.held is not None
    customer.buys(Renew(months=months) if holds else New(package="standard", months=months))
    last = customer.held.future or customer.held.held
    assert last is not None
    return last.term


CHAINS: Final = {  # when and for how many months, and the end: the first day that no longer belongs
    "31 January and three months more": (
        ("2027-01-31 05:00", 1, date(2027, 2, 28)),
        ("2027-02-20 05:00", 1, date(2027, 3, 31)),  # over Berlin's spring
        ("2027-03-28 00:59:59", 1, date(2027, 4, 30)),
        ("2027-04-20 05:00", 12, date(2028, 4, 30)),
    ),
    "29 February and three years more": (
        ("2028-02-29 05:00", 12, date(2029, 2, 28)),
        ("2029-02-20 05:00", 12, date(2030, 2, 28)),
        ("2030-02-20 05:00", 12, date(2031, 2, 28)),
        ("2031-02-20 05:00", 12, date(2032, 2, 29)),
    ),
    "the last second of a year": (
        ("2026-12-31 16:59:59", 1, date(2027, 1, 31)),
        ("2027-01-30 16:59:59", 1, date(2027, 2, 28)),
    ),
    "the first second of a year": (("2026-12-31 17:00", 1, date(2027, 2, 1)),),
    "the hour that Berlin has twice": (("2026-10-25 00:30", 1, date(2026, 11, 25)),),
    "that hour once more": (("2026-10-25 01:30", 1, date(2026, 11, 25)),),
    "the hour that Berlin has not": (("2027-03-28 01:00", 12, date(2028, 3, 28)),),
    "a local midnight before Berlin's autumn": (("2026-10-24 17:00", 1, date(2026, 11, 25)),),
    "a second before that": (("2026-10-24 16:59:59", 1, date(2026, 11, 24)),),
    "30 November, and February": (
        ("2026-11-30 05:00", 1, date(2026, 12, 30)),
        ("2026-12-30 05:00", 1, date(2027, 1, 30)),  # expired since midnight: from payment, a new anchor
        ("2027-01-29 16:59:59", 1, date(2027, 2, 28)),
        ("2027-02-27 16:59:59", 1, date(2027, 3, 30)),
    ),
}


def test_ORD_11_a_term_ends_at_the_merchants_midnight_on_any_host(shop: Shop, host: str) -> None:
    for name, chain in CHAINS.items():
        customer = Customer(shop, name)
        last_end = None
        for at, months, end in chain:
            term = buys(customer, utc(at), months)

            assert (term.end_date, term.valid_to) == (end, end - timedelta(days=1)), name
            assert term.end == datetime(end.year, end.month, end.day, tzinfo=UTC) - timedelta(hours=7), name
            assert term.start == (utc(at) if last_end is None or last_end <= utc(at) else last_end), name
            whole_days = timedelta(days=term.days)
            assert whole_days - timedelta(days=1) < term.end - term.start <= whole_days, name
            last_end = term.end

        assert last_end is not None
        shop.clock.now = last_end - timedelta(microseconds=1)
        assert customer.held.state is Holding.ACTIVE, name
        shop.clock.now = last_end
        assert customer.held.state is Holding.EXPIRED, name


PAID_AT: Final = (  # handed over, what the gateway says, received; when it counts as paid, and the term's end
    ("2026-11-30 16:50", "20261130235959", "17:10", "16:59:59", date(2026, 12, 30)),
    ("2026-12-31 16:50", "20261231235959", "17:05", "16:59:59", date(2027, 1, 31)),
    ("2026-10-25 00:20", "20261025073000", "01:40", "00:30:00", date(2026, 11, 25)),
    ("2026-10-25 00:20", "20261025083000", "01:40", "01:30:00", date(2026, 11, 25)),
    ("2027-03-28 00:50", "20270328081000", "01:20", "01:10:00", date(2027, 4, 28)),
    # before it was handed over, and after it was received: then the receipt counts
    ("2026-11-30 16:50", "20261130234959", "17:10", "17:10:00", date(2027, 1, 1)),
    ("2026-11-30 16:50", "20261201001001", "17:10", "17:10:00", date(2027, 1, 1)),
)


class TestTheGatewaysOwnTime:
    """VNPAY writes Vietnam's time without a zone."""

    def test_ORD_11_is_read_as_the_merchants_on_any_host(self, shop: Shop, host: str) -> None:
        for number, (handed_over, said, received, counted, end) in enumerate(PAID_AT):
            customer, day = Customer(shop, f"khach-{number}"), handed_over[:10]
            shop.clock.now = utc(handed_over)
            payment = customer.begins(New(package="standard", months=1))
            shop.clock.now = utc(f"{day} {received}")

            shop.ipn(payment, transaction=transaction_of(payment), vnp_PayDate=said)

            paid_at = utc(f"{day} {counted}")
            assert shop.payport.order(payment.order_number).paid_at == paid_at, said
            assert customer.held.term is not None
            assert (customer.held.term.start, customer.held.term.end_date) == (paid_at, end), said

    def test_ORD_11_is_what_it_is_asked_with(self, shop: Shop, host: str) -> None:
        for at, begins, closes in (
            ("2026-10-25 00:30", "20261025073000", "20261025074500"),
            ("2027-03-28 01:00", "20270328080000", "20270328081500"),
            ("2026-12-31 16:50", "20261231235000", "20270101000500"),
        ):
            shop.clock.now = utc(at)

            checkout = shop.payport.pay(shop.order(at).number, "domestic_card", buyer_ip="203.0.113.9")

            assert isinstance(checkout, Redirect)
            asked = parse_qs(urlsplit(checkout.url).query)
            assert (asked["vnp_CreateDate"], asked["vnp_ExpireDate"]) == ([begins], [closes])


def test_ORD_11_a_quote_and_an_order_live_a_day_of_24_hours_over_both_switches(shop: Shop, host: str) -> None:
    for number, at in enumerate(("2026-10-24 12:00", "2027-03-27 12:00")):
        buyer = Customer(shop, f"khach-{number}")
        shop.clock.now = utc(at)
        quotes = [buyer.quote(New(package="standard", months=1)) for _ in range(2)]
        shop.clock.now = utc(at) + timedelta(days=1, microseconds=-1)
        order = buyer.places(quotes[0])
        shop.clock.forward(microseconds=1)
        with pytest.raises(QuoteExpired):
            buyer.places(quotes[1])

        for late, state in ((-2, OrderState.PLACED), (1, OrderState.EXPIRED)):
            shop.clock.now = utc(at) + timedelta(days=2, microseconds=late)
            shop.payport.work()
            assert shop.payport.order(order.number).state is state


MERCHANTS: Final = (  # a zone, when a month is bought, and when it ends
    ("Europe/Berlin", "2026-10-24 21:59:59", "2026-11-23 23:00"),  # 24 October there, and an hour more
    ("Europe/Berlin", "2026-10-24 22:00", "2026-11-24 23:00"),
    ("Europe/Berlin", "2027-02-28 12:00", "2027-03-27 23:00"),  # ends on the day of the switch
    ("Europe/Berlin", "2027-03-27 23:00", "2027-04-27 22:00"),  # begins on it
    ("Africa/Cairo", "2027-03-30 12:00", "2027-04-29 22:00"),  # a midnight that its clocks leap over
    ("America/Havana", "2026-10-01 12:00", "2026-11-01 04:00"),  # a midnight that comes twice: the first
    ("Pacific/Apia", "2026-11-24 10:00", "2026-12-23 11:00"),  # 23:00 there
)


def test_ORD_11_a_merchant_in_a_zone_that_turns_its_clocks_has_whole_days_too(
    open_seller: OpenSeller,
) -> None:
    for number, (zone, at, end) in enumerate(MERCHANTS):
        here = ('currency = "VND"', f'currency = "VND"\nzone = "{zone}"')
        shop = open_seller(catalog=catalog_text(here, version=f"merchant-{number}"))

        assert buys(Customer(shop, f"khach-{number}"), utc(at), 1).end == utc(end), (zone, at)
