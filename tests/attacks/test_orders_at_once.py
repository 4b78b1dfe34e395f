"""ORD-05, ORD-06, ORD-09: what may happen once, asked for many times, at one moment, and through crashes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import combinations_with_replacement, product
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from payport.errors import QuoteOutdated, RequestRefused
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.rules.purchase import New
from payport.service.viewing import OrderView
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import MERCHANT, bank_fields, pairs
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer, transaction_of
from tests.support.doomed import POINTS, Doomed, Point, doomed
from tests.support.fake_bank import FakeBank, fake_bank
from tests.support.placers import place_at_once
from tests.support.shop import BUYER, Shop
from tests.support.sign import ipn_query
from tests.support.unmoved import nothing_moves

OpenSeller = Callable[..., Shop]

STANDARD: Final = New(package="standard", months=12)
WITH_CODE: Final = New(package="standard", months=12, code="ONCE")
FOR_NOTHING: Final = New(package="standard", months=12, code="GIFT")
FULL: Final = vnd(1_100_000)
LESS: Final = vnd(990_000)


def by_threads(shop: Shop, customers: list[Customer]) -> list[str]:
    quotes = [customer.quote(WITH_CODE) for customer in customers]
    results = at_once(*[lambda quote=quote: shop.payport.place(quote, BUYER) for quote in quotes])
    return [result.number if isinstance(result, OrderView) else result.field for result in results]


def by_processes(shop: Shop, customers: list[Customer]) -> list[str]:
    quotes = [customer.quote(WITH_CODE) for customer in customers]
    return list(place_at_once(shop.folder / "payport.toml", quotes, at=shop.clock()))


class TestACodeOfOneUse:
    """Twenty accounts hold a quote with it; its use is taken when an order is placed."""

    @pytest.fixture
    def customers(self, shop: Shop) -> list[Customer]:
        return [Customer(shop, f"khach-{number}") for number in range(20)]

    @pytest.mark.parametrize("place", [by_threads, by_processes], ids=["threads", "processes"])
    def test_ORD_05_serves_one_of_twenty_orders_at_once(
        self, shop: Shop, customers: list[Customer], place: Callable[[Shop, list[Customer]], list[str]]
    ) -> None:
        came_to = place(shop, customers)

        assert came_to.count("code") == 19
        assert sum(len(customer.orders) for customer in customers) == 1
        [number] = {said for said in came_to if said != "code"}
        assert shop.payport.order(number).total == LESS

    def test_ORD_05_in_any_spelling_is_one_code(self, customers: list[Customer]) -> None:
        spelled = [New(package="standard", months=12, code=code) for code in ("once", " ONCE ", "OnCe")]
        quotes = [
            customer.quote(purchase)
            for customer, purchase in zip(customers, [*spelled, WITH_CODE], strict=False)
        ]
        customers[0].places(quotes[0])

        for customer, quote in zip(customers[1:], quotes[1:], strict=False):
            with pytest.raises(QuoteOutdated) as refused:
                customer.places(quote)
            assert refused.value.field == "code"

    def test_ORD_05_that_is_used_up_is_refused_in_the_quote_already(self, customers: list[Customer]) -> None:
        customers[0].places(WITH_CODE)

        with pytest.raises(RequestRefused) as refused:
            customers[1].quote(WITH_CODE)

        assert refused.value.field == "code"

    @pytest.mark.parametrize("ends", ["it expires", "it is cancelled"])
    def test_ORD_05_is_free_again_for_one_when_its_order_ends(
        self, shop: Shop, customers: list[Customer], ends: str
    ) -> None:
        order = customers[0].places(WITH_CODE)
        end(shop, order, ends)

        came_to = by_threads(shop, customers[1:])

        assert came_to.count("code") == 18

    @pytest.mark.parametrize("ends", ["it expires", "it is cancelled"])
    def test_ORD_05_keeps_its_price_for_a_success_after_the_freeing(
        self, shop: Shop, customers: list[Customer], ends: str
    ) -> None:
        """The use was taken by another meanwhile: both pay less, and a third does not."""
        first, second, third = customers[:3]
        late = first.begins(WITH_CODE)
        shop.ipn(late, response="51", transaction="0")
        end(shop, shop.payport.order(late.order_number), ends)
        second.buys(WITH_CODE)

        first.pays(late)

        order = shop.payport.order(late.order_number)
        assert (order.state, order.total, order.received) == (OrderState.PAID, LESS, LESS)
        assert first.held.version == second.held.version == 1
        with pytest.raises(RequestRefused) as refused:
            third.quote(WITH_CODE)
        assert refused.value.field == "code"

    def test_ORD_05_counts_every_paid_order_when_its_freeing_and_a_late_success_meet(
        self, open_seller: OpenSeller
    ) -> None:
        shop = open_seller(catalog=catalog_text(("uses = 1", "uses = 4")))
        for number in range(4):
            customer = Customer(shop, f"khach-{number}")
            late = customer.begins(WITH_CODE)
            shop.ipn(late, response="51", transaction="0")
            shop.clock.forward(hours=25)

            at_once(shop.payport.work, partial(customer.pays, late))

            assert shop.payport.order(late.order_number).state is OrderState.PAID
        with pytest.raises(RequestRefused) as refused:
            Customer(shop, "khach-5").quote(WITH_CODE)
        assert refused.value.field == "code"

    def test_ORD_05_of_seven_uses_serves_seven_of_twenty(self, open_seller: OpenSeller) -> None:
        shop = open_seller(catalog=catalog_text(("uses = 1", "uses = 7")))

        came_to = by_threads(shop, [Customer(shop, f"khach-{number}") for number in range(20)])

        assert came_to.count("code") == 13


def end(shop: Shop, order: OrderView, how: str) -> None:
    if how == "it is cancelled":
        shop.payport.cancel(order.number, actor="lan", reason="the buyer asked for it")
    else:
        shop.clock.forward(hours=25)
        shop.payport.work()
    assert shop.payport.order(order.number).state in {OrderState.CANCELLED, OrderState.EXPIRED}


class TestOneQuotePlacedTenTimesAtOnce:
    @pytest.mark.parametrize("purchase", [STANDARD, WITH_CODE, FOR_NOTHING], ids=["full", "code", "nothing"])
    def test_ORD_09_by_threads_makes_one_order(self, shop: Shop, purchase: New) -> None:
        customer = Customer(shop)
        quote = customer.quote(purchase)

        results = at_once(*[lambda: shop.payport.place(quote, BUYER)] * 10)

        assert {result.number for result in results} == {order.number for order in customer.orders}
        assert len(customer.orders) == 1
        assert customer.held.version == (1 if purchase is FOR_NOTHING else 0)

    def test_ORD_09_by_two_processes_makes_one_order(self, shop: Shop) -> None:
        customer = Customer(shop)
        quote = customer.quote(WITH_CODE)

        came_to = place_at_once(shop.folder / "payport.toml", [quote] * 10, at=shop.clock())

        [order] = customer.orders
        assert set(came_to) == {order.number}
        assert len(came_to) == 10

    def test_ORD_09_again_after_it_was_paid_gives_the_paid_order(self, shop: Shop) -> None:
        customer = Customer(shop)
        quote = customer.quote(STANDARD)
        order = customer.buys(quote)

        with nothing_moves(shop):
            again = at_once(*[lambda: shop.payport.place(quote, BUYER)] * 5)

        assert {(one.number, one.state) for one in again} == {(order.number, OrderState.PAID)}


Trouble = Callable[[Payment], object]


class TestOneSuccessAndAllThatMayHappenAroundIt:
    """A crash, a replay, a race, the gateway's own answer, and a person who cancels: in all pairs."""

    @pytest.fixture
    def bank(self) -> Iterator[FakeBank]:
        with fake_bank() as bank:
            yield bank

    @pytest.fixture
    def paid_by(self, open_bank: Callable[..., BankShop], bank: FakeBank) -> BankShop:
        return open_bank("bank_query", endpoint=bank.url)

    @pytest.fixture
    def dying(
        self, paid_by: BankShop, _bank_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Doomed]:
        monkeypatch.setenv("PYTHONPATH", str(_bank_folder), prepend=os.pathsep)
        with doomed(paid_by.shop.folder / "payport.toml", account=paid_by.account) as dying:
            yield dying

    @pytest.fixture
    def troubles(self, paid_by: BankShop, bank: FakeBank, dying: Doomed) -> Mapping[str, Trouble]:
        shop = paid_by.shop

        def crash(payment: Payment) -> None:
            query = pairs(bank_fields(payment.merchant_reference, payment.amount.minor))
            dying.deliver(query, at=shop.clock(), before="COMMIT")

        def ask(payment: Payment) -> bool:
            shop.clock.forward(seconds=2)  # the least time between two asks of one payment
            bank.says(
                {
                    "status": "paid",
                    "merchant": MERCHANT,
                    "order_ref": payment.merchant_reference,
                    "amount": payment.amount.minor,
                    "txn": f"T{payment.merchant_reference}",
                }
            )
            return shop.payport.ask(payment.merchant_reference)

        def cancel(payment: Payment) -> None:
            with suppress(RequestRefused):  # it is paid, or cancelled already
                shop.payport.cancel(payment.order_number, actor="lan", reason="the buyer called")

        return {
            "crash": crash,
            "replay": paid_by.ipn,
            "race": lambda payment: at_once(*[lambda: paid_by.ipn(payment)] * 4),
            "ask": ask,
            "cancel": cancel,
        }

    def test_ORD_06_one_after_the_other_grants_once(
        self, paid_by: BankShop, troubles: Mapping[str, Trouble]
    ) -> None:
        for first, second in product(troubles, repeat=2):
            payment = paid_by.pay(paid_by.shop.order(f"khach-{first}-{second}"))

            troubles[first](payment)
            troubles[second](payment)

            granted_once(paid_by, payment, (first, second))

    def test_ORD_06_at_one_moment_grants_once(
        self, paid_by: BankShop, troubles: Mapping[str, Trouble]
    ) -> None:
        for first, second in combinations_with_replacement(troubles, 2):
            if first == second == "crash":
                continue  # one program forks one child at a time
            payment = paid_by.pay(paid_by.shop.order(f"khach-{first}-{second}"))

            results = at_once(partial(troubles[first], payment), partial(troubles[second], payment))

            assert not [result for result in results if isinstance(result, Exception)], (first, second)
            granted_once(paid_by, payment, (first, second))


def granted_once(paid_by: BankShop, payment: Payment, pair: object) -> None:
    """After one more delivery, which is what a gateway does that got no answer."""
    paid_by.ipn(payment)

    order = paid_by.shop.payport.order(payment.order_number)
    customer = Customer(paid_by.shop, order.account)
    assert order.state is OrderState.PAID, pair
    assert [grant.order_number for grant in customer.grants] == [order.number], pair
    assert order.received == paid_by.shop.payment(payment).received == order.total, pair


class TestAProcessThatIsKilledWhileItRecordsASuccess:
    @pytest.fixture
    def dying(self, shop: Shop) -> Iterator[Doomed]:
        with doomed(shop.folder / "payport.toml") as dying:
            yield dying

    def test_ORD_06_at_any_point_leaves_all_of_it_or_none_and_redelivery_grants_once(
        self, shop: Shop, dying: Doomed
    ) -> None:
        for number, point in enumerate(POINTS):
            customer = Customer(shop, f"khach-{number}")
            payment = customer.begins(STANDARD)
            query = ipn_query(
                payment.merchant_reference, payment.amount.minor, transaction=transaction_of(payment)
            )
            calls = callbacks_of(shop, payment)

            dying.deliver(query, at=shop.clock(), before=point)

            kept = point == "after the commit"
            assert len(customer.grants) == kept, point
            assert callbacks_of(shop, payment) == calls + kept, point
            assert shop.payment(payment).state is (State.SUCCEEDED if kept else State.PENDING), point
            answers = [customer.pays(payment).decision for _ in range(2)]
            assert answers == [["recorded", "already_known"][kept], "already_known"], point
            assert len(customer.grants) == 1, point

    def test_ORD_06_again_and_again_grants_once_in_the_end(self, shop: Shop, dying: Doomed) -> None:
        customer = Customer(shop)
        payment = customer.begins(STANDARD)
        query = ipn_query(
            payment.merchant_reference, payment.amount.minor, transaction=transaction_of(payment)
        )
        points: tuple[Point, ...] = ("INSERT INTO grants", "COMMIT", "after the commit", "COMMIT")

        for point in points:
            dying.deliver(query, at=shop.clock(), before=point)
        customer.pays(payment)

        assert len(customer.grants) == 1
        assert shop.payment(payment).received == FULL


class TestTwoSuccessesOfOneOrder:
    def test_ORD_06_at_one_moment_grant_once_and_the_second_is_surplus(self, shop: Shop) -> None:
        """Two tabs, two attempts, two real transactions."""
        for number in range(5):
            customer = Customer(shop, f"khach-{number}")
            order = customer.places(STANDARD)
            attempts = [shop.pay(order), shop.pay(order, "NCB")]

            at_once(*[partial(customer.pays, payment) for payment in attempts])

            assert len(customer.grants) == 1
            after = shop.payport.order(order.number)
            assert (after.state, after.received) == (OrderState.PAID, FULL + FULL)
            flagged = [Flag.SURPLUS in payment.flags for payment in after.payments]
            assert sorted(flagged) == [False, True]


def callbacks_of(shop: Shop, payment: Payment) -> Any:
    with shop.payport.seller.database.reading() as connection:
        return connection.execute(
            select(func.count()).where(t.callbacks.c.merchant_reference == payment.merchant_reference)
        ).scalar_one()
