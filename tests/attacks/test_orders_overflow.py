"""ORD-13: prices at the catalog's limits and beyond. Refused when quoted, or whole to the last đồng.

The most that money holds is 2^53 − 1 minor units: exact in JSON everywhere, and in any 64-bit column.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from sqlalchemy import select

from payport.errors import CatalogError, RequestRefused
from payport.rules.catalog_file import load_catalog
from payport.rules.entitlement import GB
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.service.judge import Decision
from payport.storage import tables as t
from tests.support.bank_shop import BankShop, accounts_text
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

OpenSeller = Callable[..., Shop]

MOST: Final = 2**53 - 1
BEFORE_TAX: Final = 8_188_362_958_855_446  # with 10 % VAT, half up, exactly MOST
ENTERPRISE: Final = "terms = [{ months = 12, price = 10_000_000 }]"
STEP: Final = "price = { amount = 3_550_000, months = 12 }"
GROSS: Final = ('prices = "net"', 'prices = "gross"')
IN_THE_WINDOW: Final = datetime(2027, 11, 14, 5, tzinfo=UTC)


@pytest.fixture
def sell(bank_is_installed: None, open_seller: OpenSeller) -> Callable[..., BankShop]:
    """A shop that sells by a changed catalog, through a bank that carries any amount."""

    def opened(*changes: tuple[str, str]) -> BankShop:
        text = catalog_text(*changes)
        return BankShop(open_seller(catalog=text, accounts=accounts_text("bank_boundless")))

    return opened


def enterprise_at(price: int, months: int = 12) -> tuple[str, str]:
    return ENTERPRISE, f"terms = [{{ months = {months}, price = {price} }}]"


def buy(bank: BankShop, customer: Customer, purchase: Any) -> None:
    payment = bank.pay(customer.places(purchase))
    assert bank.ipn(payment).decision is Decision.RECORDED


@pytest.mark.parametrize(
    "changes",
    [(enterprise_at(BEFORE_TAX),), (GROSS, enterprise_at(MOST))],
    ids=["net", "gross"],
)
class TestTheLargestPriceThatThereIs:
    NEW: Final = New(package="enterprise", months=12)

    def test_ORD_13_goes_through_whole(
        self, sell: Callable[..., BankShop], changes: tuple[tuple[str, str], ...]
    ) -> None:
        bank = sell(*changes)
        customer = Customer(bank.shop)

        payment = bank.pay(customer.places(self.NEW))
        assert bank.ipn(payment, MOST).decision is Decision.RECORDED

        order = bank.shop.payport.order(payment.order_number)
        assert (order.state, order.total, order.received, payment.amount) == (
            OrderState.PAID, *[vnd(MOST)] * 3,
        )  # fmt: skip
        paid = customer.grants[0].paid
        assert paid is not None
        assert paid.total == vnd(MOST)
        with bank.shop.payport.seller.database.reading() as connection:
            columns = [
                connection.execute(select(column)).scalar_one()
                for column in (
                    *(t.quotes.c.total_minor, t.orders.c.total_minor, t.orders.c.received_minor),
                    *(t.payments.c.amount_minor, t.payments.c.received_minor, t.receipts.c.amount_minor),
                )
            ]
            quote = json.loads(connection.execute(select(t.quotes.c.document)).scalar_one())
            grant = json.loads(connection.execute(select(t.grants.c.document)).scalar_one())
        assert columns == [MOST] * 6
        for stored in (quote["total"]["minor"], grant["paid"]["total"]["minor"]):
            assert stored == MOST
            assert int(float(stored)) == MOST  # what a reader of JSON has that knows only doubles

    def test_ORD_13_is_not_what_one_less_or_one_more_pays(
        self, sell: Callable[..., BankShop], changes: tuple[tuple[str, str], ...]
    ) -> None:
        """Doubles would take 2^53 + 1 for 2^53; a 32-bit column would take MOST for −1."""
        bank = sell(*changes)
        for number, amount in enumerate((MOST - 1, MOST + 1, MOST + 2, 2**63 - 1, 2**64, 10**18, -1)):
            payment = bank.pay(Customer(bank.shop, f"khach-{number}").places(self.NEW))

            bank.ipn(payment, amount)

            order = bank.shop.payport.order(payment.order_number)
            assert order.state in {OrderState.PLACED, OrderState.REVIEW}, amount
            assert order.received in {vnd(0), vnd(MOST - 1)}, amount

    def test_ORD_13_paid_twice_is_kept_for_a_person_and_changes_nothing(
        self, sell: Callable[..., BankShop], changes: tuple[tuple[str, str], ...]
    ) -> None:
        """Both together are more than money holds: the second message is kept, and the bank calls again."""
        bank = sell(*changes)
        payment = bank.pay(Customer(bank.shop).places(self.NEW))
        bank.ipn(payment)

        with nothing_moves(bank.shop):
            assert bank.ipn(payment, txn="T2").decision is Decision.TRY_AGAIN

        assert bank.shop.payport.order(payment.order_number).received == vnd(MOST)


@pytest.mark.parametrize(
    ("change", "purchase", "field"),
    [
        (enterprise_at(BEFORE_TAX + 1), New(package="enterprise", months=12), "total"),
        (enterprise_at(MOST), New(package="enterprise", months=12), "total"),
        ((STEP, f"price = {{ amount = {MOST}, months = 1 }}"),
         New(package="enterprise", months=12, extra_steps=1), "extra_steps"),
        ((STEP, "price = { amount = 7_505_999_378_951, months = 1 }"),  # × 100 × 12 is just above
         New(package="enterprise", months=12, extra_steps=100), "extra_steps"),
        ((STEP, f"price = {{ amount = {MOST}, months = 1 }}\nmost_steps = 1_000_000"),
         New(package="enterprise", months=12, extra_steps=1_000_000), "extra_steps"),
    ],
    ids=["one above", "most and its tax", "twelve times most", "by a few", "10^6 × 12 × most"],
)  # fmt: skip
def test_ORD_13_a_price_beyond_is_refused_when_it_is_quoted(
    sell: Callable[..., BankShop], change: tuple[str, str], purchase: Any, field: str
) -> None:
    bank = sell(change)
    customer = Customer(bank.shop)
    customer.uses(0)

    with pytest.raises(RequestRefused) as refused, nothing_moves(bank.shop):
        customer.quote(purchase)

    assert refused.value.field == field


class TestBeyondWhatMoneyHoldsInMidTerm:
    def test_ORD_13_added_capacity_is_refused_when_it_is_quoted(self, sell: Callable[..., BankShop]) -> None:
        bank = sell(GROSS, (STEP, f"price = {{ amount = {MOST}, months = 12 }}"))
        customer = Customer(bank.shop)
        buy(bank, customer, New(package="standard", months=12))
        customer.uses(10)

        assert customer.quote(AddCapacity(steps=1)).total == vnd(MOST)
        for steps in (2, 100):
            with pytest.raises(RequestRefused) as refused, nothing_moves(bank.shop):
                customer.quote(AddCapacity(steps=steps))
            assert refused.value.field == "steps"

    def test_ORD_13_a_credit_is_refused_when_it_is_quoted(self, sell: Callable[..., BankShop]) -> None:
        """Ten days of one term and the whole of the next, at the largest price each."""
        bank = sell(GROSS, enterprise_at(MOST))
        customer = Customer(bank.shop)
        buy(bank, customer, New(package="enterprise", months=12))
        bank.shop.clock.now = IN_THE_WINDOW
        buy(bank, customer, Renew(months=12))
        customer.uses(5)

        with pytest.raises(RequestRefused) as refused, nothing_moves(bank.shop):
            customer.quote(Switch(package="standard", months=12))

        assert refused.value.field == "kind"

    @pytest.mark.parametrize("price", [1, 1000, 100_000])
    def test_ORD_13_days_that_no_calendar_has_are_refused_when_they_are_quoted(
        self, sell: Callable[..., BankShop], price: int
    ) -> None:
        """A dear term for one that costs next to nothing: ages of it, were the credit all days."""
        bank = sell(
            enterprise_at(BEFORE_TAX),
            ("{ months = 12, price = 1_000_000 }", f"{{ months = 12, price = {price} }}"),
        )
        customer = Customer(bank.shop)
        buy(bank, customer, New(package="enterprise", months=12))
        bank.shop.clock.now = IN_THE_WINDOW
        customer.uses(1)

        with pytest.raises(RequestRefused) as refused, nothing_moves(bank.shop):
            customer.quote(Switch(package="standard", months=12))

        assert refused.value.field == "package"


@pytest.mark.parametrize("written", [2**53, 10**18, 2**63, 10**30, -1, 1.5, '"1"', "1e3", "true"])
def test_ORD_13_a_catalog_beyond_the_limits_is_not_loaded(written: object) -> None:
    for change in (
        (ENTERPRISE, f"terms = [{{ months = 12, price = {written} }}]"),
        (STEP, f"price = {{ amount = {written}, months = 12 }}"),
        (ENTERPRISE, f"terms = [{{ months = {written}, price = 1 }}]"),
        ("percent = 10\nuses = 1", f"amount = {written}"),
        ("included_gb = 100\n", f"included_gb = {written}\n"),
    ):
        with pytest.raises(CatalogError):
            load_catalog(catalog_text(change), source="catalog.toml")


def test_ORD_13_capacity_beyond_64_bits_of_bytes_is_exact(sell: Callable[..., BankShop]) -> None:
    bank = sell(
        ("included_gb = 100\n", "included_gb = 1_000_000\n"),
        ("step_gb = 50", "step_gb = 1_000_000\nmost_steps = 1_000_000"),
        (STEP, "price = { amount = 1, months = 120 }"),
    )
    customer = Customer(bank.shop)
    buy(bank, customer, New(package="enterprise", months=12, extra_steps=1_000_000))

    customer.shop.payport.report_usage(customer.account, 2**63 - 1, bank.shop.clock())

    assert customer.held.capacity_bytes == (10**6 + 10**12) * GB
    assert (customer.held.used_bytes, customer.held.exhausted) == (2**63 - 1, False)
    for too_much in (2**63, 2**64, 10**30, -1, 1.5, True, "1"):
        with pytest.raises(RequestRefused) as refused, nothing_moves(bank.shop):
            customer.shop.payport.report_usage(customer.account, too_much, bank.shop.clock())  # type: ignore[arg-type]
        assert refused.value.field == "used_bytes"
