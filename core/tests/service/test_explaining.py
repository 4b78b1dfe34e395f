"""Why an account holds what it holds, told from what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from payport.doors.async_host import AsyncPayport
from payport.errors import NotFound, RequestRefused
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from tests.support.at_once import at_once
from tests.support.customer import Customer
from tests.support.shop import BUYER, Shop
from tests.support.unmoved import nothing_moves

BY = {"actor": "lan@example.vn", "reason": "an outage in February"}
YEAR = New(package="standard", months=12)


@contextmanager
def meanwhile(shop: Shop, table: str, do: Callable[[], object]) -> Iterator[None]:
    """Once, by another connection, just before the first statement on the table."""
    waiting = [do]
    engine = shop.payport.seller.database.engine

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if table in statement and waiting:
            at_once(waiting.pop())

    event.listen(engine, "before_cursor_execute", look)
    yield
    event.remove(engine, "before_cursor_execute", look)


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


def test_a_whole_life_is_told_in_order_and_changes_nothing(shop: Shop, customer: Customer) -> None:
    shop.payport.start_trial("binh-minh", days=14)
    shop.clock.forward(days=5)
    first = customer.buys(YEAR)
    shop.clock.forward(days=100)
    customer.uses(10)
    customer.buys(AddCapacity(steps=1))
    shop.clock.forward(days=240)
    renewal = customer.buys(Renew(months=12))
    shop.payport.adjust("binh-minh", days=10, **BY)
    shop.clock.forward(days=40)
    customer.uses(10)
    switch = customer.buys(Switch(package="enterprise", months=12))
    shop.clock.forward(days=4)
    claim = shop.payport.chargeback(switch.payments[0].merchant_reference, switch.total, **BY)
    shop.clock.forward(days=4)
    shop.payport.chargeback_lost(claim.reference, actor="minh")

    with nothing_moves(shop):
        story = shop.payport.explain("binh-minh")

    assert [step.kind for step in story] == [
        "trial",
        "order",
        "order",
        "order",
        "adjustment",
        "time",
        "order",
        "chargeback",
        "suspension",
        "chargeback",
        "reversal",
        "now",
    ]
    assert [step.order_number for step in story if step.kind == "order"][::2] == [
        first.number,
        renewal.number,
    ]
    credited = [step.money.credited_orders for step in story if step.money and step.money.credited_orders]
    assert credited == [(renewal.number,)]
    assert (story[4].actor, story[-2].actor) == (BY["actor"], "minh")
    assert story[-1].after == shop.payport.entitlement("binh-minh")
    assert story[-1].after is not None
    assert story[-1].after.package == "standard"


def test_an_order_in_review_is_told_at_the_moment_it_came_there(shop: Shop, customer: Customer) -> None:
    first, second = customer.begins(YEAR), customer.begins(YEAR)
    customer.pays(first)
    shop.clock.forward(hours=3)
    customer.pays(second)
    arrived = shop.clock()
    shop.clock.forward(days=2)

    bought, held, now = shop.payport.explain("binh-minh")

    assert (bought.order_number, held.order_number) == (first.order_number, second.order_number)
    assert (held.kind, held.at) == ("not_granted", arrived)
    assert held.reason == shop.payport.order(second.order_number).review_reason
    assert [note.en.split(":")[0] for note in now.notes] == [f"order {second.order_number} (review)"]


def test_money_of_an_order_that_was_cancelled_is_told_too(shop: Shop, customer: Customer) -> None:
    first, second = customer.begins(YEAR), customer.begins(YEAR)
    customer.pays(first)
    customer.pays(second)
    shop.payport.cancel(second.order_number, **BY)

    assert [step.kind for step in shop.payport.explain("binh-minh")] == ["order", "not_granted", "now"]


def test_orders_that_brought_nothing_are_left_out(shop: Shop, customer: Customer) -> None:
    customer.begins(YEAR)

    (now,) = shop.payport.explain("binh-minh")

    assert now.kind == "now"


def test_another_accounts_story_is_not_told(shop: Shop, customer: Customer) -> None:
    Customer(shop, "another").buys(YEAR)
    customer.quote(YEAR)

    assert len(shop.payport.explain("binh-minh")) == 1


def test_what_is_bought_while_it_is_read_is_told_whole_or_not_at_all(shop: Shop, customer: Customer) -> None:
    customer.quote(YEAR)
    gift = customer.quote(New(package="standard", months=12, code="GIFT"))

    with meanwhile(shop, "grants", lambda: shop.payport.place(gift, BUYER)):
        story = shop.payport.explain("binh-minh")

    assert [step.kind for step in story] == ["now"]
    assert [step.kind for step in shop.payport.explain("binh-minh")] == ["order", "now"]


def test_an_account_of_which_nothing_is_known_is_said_so_and_not_made(shop: Shop) -> None:
    with nothing_moves(shop), pytest.raises(NotFound, match="nothing is known of it"):
        shop.payport.explain("nobody")
    with pytest.raises(RequestRefused, match="account: not an id"):
        shop.payport.explain("a\x00b")


@pytest.mark.anyio
async def test_an_async_host_has_the_same_verb(shop: Shop, customer: Customer) -> None:
    customer.buys(YEAR)
    host = AsyncPayport(shop.payport.seller, shop.payport.configuration)

    assert await host.explain("binh-minh") == shop.payport.explain("binh-minh")
