"""ORD-07: two orders of one account, quoted and placed while both are open, then both paid.

What must come of it is written here by hand from rules.md, "A paid order takes effect on the state at
payment": the second order meets what the first has left. The money of an order in review is safe and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations_with_replacement
from typing import Final

import pytest

from payport.errors import PurchaseNotOpen
from payport.rules.entitlement import Entitlement
from payport.rules.grant import CapacityLine, TermLine
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from tests.support.at_once import at_once
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.shop import NOON, Shop
from tests.support.unmoved import CONFIRMED

OpenSeller = Callable[..., Shop]
Purchase = New | AddCapacity | Renew | Switch

PURCHASES: Final[Mapping[str, Purchase]] = {
    "new": New(package="standard", months=12),
    "add capacity": AddCapacity(steps=1),
    "renew": Renew(months=12),
    "switch at once": Switch(package="enterprise", months=12),
    "switch at end": Switch(package="enterprise", months=12),
}

FROM_PAYMENT: Final = "from payment"
FOLLOWS: Final = "from the last end"
JOINS: Final = "until the end of the current term"
REVIEW: Final = "review"


@dataclass(frozen=True)
class Situation:
    """What the account holds when both are quoted.

    Args:
        first: what each kind of purchase that is open comes to where it is paid first.
        second: what (first, second) comes to for the second.
    """

    at: datetime
    first: Mapping[str, str]
    second: Mapping[tuple[str, str], str]
    closed: tuple[str, ...]
    trial: bool = False
    package: bool = True
    renewed: bool = False


NOTHING_YET: Final = Situation(
    at=NOON,
    package=False,
    first={"new": FROM_PAYMENT},
    second={("new", "new"): REVIEW},  # a package is held then
    closed=("add capacity", "renew", "switch at once"),
)
TRIAL: Final = Situation(
    at=NOON + timedelta(days=3),
    trial=True,
    package=False,
    first={"new": FROM_PAYMENT},
    second={("new", "new"): REVIEW},
    closed=("add capacity", "renew", "switch at once"),
)
LAST_DAYS: Final = Situation(  # active, exhausted, and ten days from its end: all but `new` is open
    at=datetime(2027, 11, 14, 5, tzinfo=UTC),
    first={
        "add capacity": JOINS,
        "renew": FOLLOWS,
        "switch at once": FROM_PAYMENT,
        "switch at end": FOLLOWS,
    },
    second={
        ("add capacity", "add capacity"): JOINS,
        ("add capacity", "renew"): FOLLOWS,
        ("add capacity", "switch at once"): REVIEW,  # its credit misses what was bought since
        ("add capacity", "switch at end"): FOLLOWS,
        ("renew", "add capacity"): JOINS,  # the term that it was priced for runs still
        ("renew", "renew"): REVIEW,  # a future term stands
        ("renew", "switch at once"): REVIEW,  # its credit misses the renewal
        ("renew", "switch at end"): REVIEW,
        ("switch at once", "add capacity"): REVIEW,  # priced for a term that runs no longer
        ("switch at once", "renew"): FOLLOWS,  # the quoted package, after the new term
        ("switch at once", "switch at once"): REVIEW,  # the credit is spent
        ("switch at once", "switch at end"): FOLLOWS,
        ("switch at end", "add capacity"): JOINS,
        ("switch at end", "renew"): REVIEW,
        ("switch at end", "switch at once"): REVIEW,
        ("switch at end", "switch at end"): REVIEW,
    },
    closed=("new",),
)
MID_TERM: Final = Situation(  # exhausted half a year before the end
    at=datetime(2027, 5, 24, 5, tzinfo=UTC),
    first={"add capacity": JOINS, "switch at once": FROM_PAYMENT, "switch at end": FOLLOWS},
    second={
        ("add capacity", "add capacity"): JOINS,
        ("add capacity", "switch at once"): REVIEW,
        ("add capacity", "switch at end"): FOLLOWS,
        ("switch at once", "add capacity"): REVIEW,
        ("switch at once", "switch at once"): REVIEW,
        ("switch at once", "switch at end"): FOLLOWS,
        ("switch at end", "add capacity"): JOINS,
        ("switch at end", "switch at once"): REVIEW,
        ("switch at end", "switch at end"): REVIEW,
    },
    closed=("new", "renew"),
)
RENEWED: Final = Situation(  # in its last days, exhausted, and the next term is bought already
    at=datetime(2027, 11, 14, 5, tzinfo=UTC),
    renewed=True,
    first={"add capacity": JOINS, "switch at once": FROM_PAYMENT},
    second={
        ("add capacity", "add capacity"): JOINS,
        ("add capacity", "switch at once"): REVIEW,
        ("switch at once", "add capacity"): REVIEW,
        ("switch at once", "switch at once"): REVIEW,
    },
    closed=("new", "renew", "switch at end"),
)
EXPIRED: Final = Situation(  # five days after the end
    at=datetime(2027, 11, 29, 5, tzinfo=UTC),
    first={"renew": FROM_PAYMENT, "switch at once": FROM_PAYMENT, "switch at end": FROM_PAYMENT},
    second={
        ("renew", "renew"): FOLLOWS,  # active by then, and no future term stands
        ("renew", "switch at once"): REVIEW,  # what was bought since would be lost uncredited
        ("renew", "switch at end"): FOLLOWS,
        ("switch at once", "renew"): FOLLOWS,
        ("switch at once", "switch at once"): REVIEW,
        ("switch at once", "switch at end"): FOLLOWS,
        ("switch at end", "renew"): FOLLOWS,
        ("switch at end", "switch at once"): REVIEW,
        ("switch at end", "switch at end"): FOLLOWS,
    },
    closed=("new", "add capacity"),
)
SITUATIONS: Final = {
    "nothing is held": NOTHING_YET,
    "a trial runs": TRIAL,
    "exhausted in the last days": LAST_DAYS,
    "exhausted in mid-term": MID_TERM,
    "exhausted and renewed": RENEWED,
    "expired": EXPIRED,
}
_IN_ALL: Final = pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
_BETWEEN_CATALOGS: Final = timedelta(minutes=10)


@pytest.fixture
def shop_of(open_seller: OpenSeller) -> Callable[[Situation], Shop]:
    """A seller whose catalog switches at once when the quotes begin, and whose next one switches at the end:
    so one account may hold an open quote of either kind."""

    def opened(situation: Situation) -> Shop:
        later = catalog_text(
            version="at-end",
            since=(situation.at + _BETWEEN_CATALOGS).isoformat(),
            policies='switch = "at_end"',
        )
        return open_seller(catalog=catalog_text(version="at-once"), later_catalogs=[later])

    return opened


@_IN_ALL
def test_ORD_07_both_paid_one_after_the_other_end_as_the_table_says(
    shop_of: Callable[[Situation], Shop], situation: Situation
) -> None:
    shop = shop_of(situation)

    for customer, (first, second), payments in placed_pairs(shop, situation, list(situation.second)):
        came_to = []
        for payment in payments:
            shop.clock.forward(minutes=1)
            held, last_end = customer.held, end_of_all(customer)
            assert customer.pays(payment).reply.body == CONFIRMED
            came_to.append(what_became_of(customer, payment, held, last_end))

        assert came_to == [situation.first[first], situation.second[first, second]], (first, second)


@_IN_ALL
def test_ORD_07_both_paid_at_one_moment_end_as_in_one_of_the_two_orders(
    shop_of: Callable[[Situation], Shop], situation: Situation
) -> None:
    shop = shop_of(situation)
    pairs = list(combinations_with_replacement(situation.first, 2))

    for customer, kinds, payments in placed_pairs(shop, situation, pairs):
        shop.clock.forward(minutes=1)
        before = len(customer.grants)

        receipts = at_once(*[partial(customer.pays, payment) for payment in payments])

        assert [receipt.reply.body for receipt in receipts] == [CONFIRMED, CONFIRMED]
        granted = [grant.order_number for grant in customer.grants[before:]]
        turns = sorted(
            zip(kinds, payments, strict=True),
            key=lambda turn: (*granted, turn[1].order_number).index(turn[1].order_number),
        )
        (first, _), (second, later) = turns
        stands = REVIEW if later.order_number not in granted else "granted"
        must = situation.second[first, second]
        assert stands == (REVIEW if must == REVIEW else "granted"), (first, second)
        for _, payment in turns:
            money_is_safe(shop, payment)


@_IN_ALL
def test_ORD_07_what_is_not_in_the_table_cannot_be_quoted(
    shop_of: Callable[[Situation], Shop], situation: Situation
) -> None:
    shop = shop_of(situation)
    customer = in_situation(shop, situation, "binh-minh")
    shop.clock.now = situation.at
    customer.uses(10)

    for kind in situation.closed:
        if kind == "switch at end":
            shop.clock.forward(minutes=10)
        with pytest.raises(PurchaseNotOpen) as refused:
            customer.quote(PURCHASES[kind])
        assert refused.value.field == "kind"


def test_ORD_07_a_credit_that_a_gift_has_used_up_is_not_given_again(
    shop_of: Callable[[Situation], Shop],
) -> None:
    """The first switch costs nothing, so it is paid as it is placed, and leaves nothing to be credited."""
    shop = shop_of(MID_TERM)
    customer = in_situation(shop, MID_TERM, "binh-minh")
    shop.clock.now = MID_TERM.at
    customer.uses(10)
    gift = customer.quote(Switch(package="enterprise", months=12, code="GIFT"))
    payment = customer.begins(PURCHASES["switch at once"])
    credited = shop.payport.order(payment.order_number).quote.credited_grants

    assert customer.places(gift).state is OrderState.PAID
    customer.pays(payment)

    assert len(credited) == 1
    assert shop.payport.order(payment.order_number).state is OrderState.REVIEW
    money_is_safe(shop, payment)
    assert len(customer.grants) == 2


def in_situation(shop: Shop, situation: Situation, account: str) -> Customer:
    """The account as it stands, bought at noon; the clock may be anywhere afterwards."""
    customer = Customer(shop, account)
    shop.clock.now = NOON
    if situation.trial:
        shop.payport.start_trial(account)
    if situation.package:
        customer.buys(PURCHASES["new"])
    if situation.renewed:
        shop.clock.now = situation.at - timedelta(days=1)
        customer.buys(PURCHASES["renew"])
    return customer


def placed_pairs(
    shop: Shop, situation: Situation, pairs: list[tuple[str, str]]
) -> Iterator[tuple[Customer, tuple[str, str], list[Payment]]]:
    """For each pair an account with two pending payments, of quotes on one version of its entitlement."""
    customers = [in_situation(shop, situation, f"khach-{number}") for number in range(len(pairs))]
    quotes: dict[tuple[str, int], Quote] = {}
    for at, wanted in ((situation.at, "at once"), (situation.at + _BETWEEN_CATALOGS, "at end")):
        shop.clock.now = at
        for customer, pair in zip(customers, pairs, strict=True):
            customer.uses(10)
            for place, kind in enumerate(pair):
                if kind.endswith("at end") == (wanted == "at end"):
                    quotes[customer.account, place] = customer.quote(PURCHASES[kind])
    for customer, pair in zip(customers, pairs, strict=True):
        both = [quotes[customer.account, place] for place in (0, 1)]
        assert both[0].entitlement_version == both[1].entitlement_version
        placed = [customer.places(quote) for quote in both]
        yield customer, pair, [shop.pay(order) for order in placed]


def end_of_all(customer: Customer) -> datetime | None:
    holdings = [holding for holding in (customer.held.held, customer.held.future) if holding]
    return holdings[-1].term.end if holdings else None


def what_became_of(customer: Customer, payment: Payment, held: Entitlement, last_end: datetime | None) -> str:
    """In the table's words, measured at what the account held before."""
    money_is_safe(customer.shop, payment)
    order = customer.shop.payport.order(payment.order_number)
    grant = next((grant for grant in customer.grants if grant.order_number == order.number), None)
    if grant is None:
        assert customer.held.version == held.version
        return REVIEW
    line = grant.lines[0]
    if isinstance(line, CapacityLine):
        assert held.term is not None
        assert (line.end_date, line.gb) == (held.term.end_date, 50)
        assert customer.held.capacity_bytes - held.capacity_bytes == 50 * 2**30
        return JOINS
    assert isinstance(line, TermLine)
    assert (line.package, line.term.months) == (order.quote.package, 12)
    if line.term.start == last_end:
        assert line.joins == "at_end"
        return FOLLOWS
    assert (line.joins, line.term.start, grant.effective_at) == ("at_once", order.paid_at, order.paid_at)
    assert (customer.held.package, customer.held.future) == (line.package, None)
    return FROM_PAYMENT


def money_is_safe(shop: Shop, payment: Payment) -> None:
    """Paid, or in review with all its money and a reason."""
    order = shop.payport.order(payment.order_number)
    assert order.received == order.total
    assert shop.payment(payment).state is State.SUCCEEDED
    assert order.state in {OrderState.PAID, OrderState.REVIEW}
    assert bool(order.review_reason) == (order.state is OrderState.REVIEW)
