"""ORD-01 to ORD-04, ORD-08, ORD-10: what a buyer's own requests try on price, quote and order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from payport import Payport
from payport.errors import (
    CatalogError,
    NotFound,
    PurchaseNotOpen,
    QuoteExpired,
    QuoteOutdated,
    RequestRefused,
)
from payport.gateways.types import Redirect
from payport.rules.entitlement import State as Holding
from payport.rules.grant import TermLine
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.purchase import AddCapacity, New, Renew, Switch, read_purchase
from payport.service.viewing import OrderView
from tests.support.at_once import at_once
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.shop import BUYER, NOON, Shop, write_configuration
from tests.support.unmoved import nothing_moves

OpenSeller = Callable[..., Shop]

STANDARD: Final = New(package="standard", months=12)
ENTERPRISE: Final = New(package="enterprise", months=12)
IN_THE_WINDOW: Final = datetime(2027, 11, 14, 5, tzinfo=UTC)
EACH_KIND: Final[Mapping[str, Mapping[str, Any]]] = {
    "new": {"kind": "new", "package": "standard", "months": 12},
    "add_capacity": {"kind": "add_capacity", "steps": 1},
    "renew": {"kind": "renew", "months": 12},
    "switch": {"kind": "switch", "package": "enterprise", "months": 12},
}
KINDS: Final = pytest.mark.parametrize("kind", EACH_KIND)


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


@pytest.fixture
def holder(customer: Customer) -> Customer:
    """Holds Standard until 24 November 2027, all of it in use."""
    customer.buys(STANDARD)
    return customer


class TestAPriceThatComesFromTheBrowser:
    @KINDS
    @pytest.mark.parametrize(
        "field",
        [
            *("price", "unit_price", "amount", "total", "net", "tax", "discount", "credit", "currency"),
            *("lines", "quote", "catalog_version", "account", "surplus_days", "prices", "model_config"),
        ],
    )
    def test_ORD_01_is_a_field_that_no_purchase_has(self, kind: str, field: str) -> None:
        for value in (1, 0, -1, "1", None, {"minor": 1, "currency": "VND"}):
            with pytest.raises(RequestRefused) as refused:
                read_purchase({**EACH_KIND[kind], field: value})
            assert refused.value.field == field

    def test_ORD_01_in_a_quote_that_was_written_over_changes_nothing(self, customer: Customer) -> None:
        """A host may hand back the whole quote; only its id is believed."""
        quote = customer.quote(ENTERPRISE)
        cheap = {"total": vnd(1), "net": vnd(1), "tax": vnd(0), "lines": quote.lines[:0], "code": "GIFT"}
        other = {"purchase": STANDARD, "package": "standard", "currency": "USD", "expires_at": NOON}

        order = customer.places(quote.model_copy(update={**cheap, **other}))

        assert (order.total, order.quote) == (vnd(11_000_000), quote)

    def test_ORD_01_is_not_what_the_gateway_asks_for(self, shop: Shop, customer: Customer) -> None:
        order = customer.places(ENTERPRISE)

        checkout = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")

        assert isinstance(checkout, Redirect)
        asked = parse_qs(urlsplit(checkout.url).query)
        assert asked["vnp_Amount"] == ["1100000000"]  # đồng × 100

    def test_ORD_01_does_not_come_by_another_way_of_paying(self, shop: Shop, customer: Customer) -> None:
        order = customer.places(STANDARD)

        for method, choice in (("order_only", None), ("", None), ("domestic_card", "FREE"), ("x" * 999, "")):
            with pytest.raises(RequestRefused) as refused, nothing_moves(shop):
                shop.payport.pay(order.number, method, choice, buyer_ip="203.0.113.9")
            assert refused.value.field in {"method", "choice"}


NO_COUNTS: Final = (
    *(-1, 10**9, 10**18, 10**30, -(10**30), 1.5, 12.0, float("nan"), float("inf"), True, False),
    *("", "1", "1 ", " 1", "١", "１", "1e1", "0x1", "-1", "12abc"),
    *(None, [1], {"value": 1}, Decimal(1), b"1", 1j),
)


class TestAQuantityThatIsNone:
    @pytest.mark.parametrize(
        ("kind", "field"),
        [
            ("new", "months"), ("new", "extra_steps"), ("add_capacity", "steps"), ("renew", "months"),
            ("renew", "extra_steps"), ("switch", "months"), ("switch", "extra_steps"),
        ],
    )  # fmt: skip
    def test_ORD_02_is_refused_by_the_fields_name_and_never_shown(self, kind: str, field: str) -> None:
        zero = () if field == "extra_steps" else (0,)
        for bad in (*NO_COUNTS, *zero):
            with pytest.raises(RequestRefused) as refused:
                read_purchase({**EACH_KIND[kind], field: bad})
            assert refused.value.field == field, bad
            assert len(str(bad)) < 4 or str(bad) not in str(refused.value)

    @pytest.mark.parametrize("kind", ["NEW", "refund", "", " new", None, 1, True, ["new"], {"new": 1}])
    def test_ORD_02_or_a_kind_that_there_is_not_is_refused_and_never_shown(self, kind: Any) -> None:
        with pytest.raises(RequestRefused) as refused:
            read_purchase({**EACH_KIND["new"], "kind": kind})

        assert refused.value.field == "kind"
        assert refused.value.problem == "not a kind of purchase"

    @pytest.mark.parametrize("name", ["x" * 10_000, "a\nFAKE LOG LINE", "\x1b[2J", "\u202e", "<script>", ""])
    def test_ORD_02_and_a_fields_name_is_shown_as_a_name_or_not_at_all(self, name: str) -> None:
        with pytest.raises(RequestRefused) as refused:
            read_purchase({**EACH_KIND["new"], name: 1})

        assert refused.value.field == "purchase"
        assert not name or name not in str(refused.value)

    def test_ORD_02_by_the_catalog_is_refused_too(self, shop: Shop, holder: Customer) -> None:
        """One order holds 1 to 100 steps, and a package has the terms that it has."""
        other = Customer(shop, "khach-2")
        asked: tuple[tuple[Customer, Any, str], ...] = (
            (other, New(package="enterprise", months=12, extra_steps=101), "extra_steps"),
            (other, New(package="enterprise", months=12, extra_steps=1_000_000), "extra_steps"),
            (other, New(package="standard", months=2), "months"),
            (other, New(package="standard", months=1200), "months"),
            (other, New(package="gold", months=12), "package"),
            (other, New(package="standard", months=12, code="NONE"), "code"),
            (holder, AddCapacity(steps=101), "steps"),
            (holder, Renew(months=24), "months"),
            (holder, Switch(package="enterprise", months=1), "months"),
            (holder, Switch(package="enterprise", months=12, extra_steps=101), "extra_steps"),
            (holder, Switch(package="gold", months=12), "package"),
        )
        holder.on(IN_THE_WINDOW, gb=10)

        for buyer, purchase, field in asked:
            with pytest.raises(RequestRefused) as refused:
                buyer.quote(purchase)
            assert refused.value.field == field, purchase
        assert other.orders == ()


class TestAnOldQuote:
    """Made at 1,100,000; an hour later Standard costs double, or is not sold any more."""

    DEARER: Final = catalog_text(
        ("price = 1_000_000", "price = 2_000_000"), version="dearer", since="2026-11-24T13:00:00+07:00"
    )
    WITHDRAWN: Final = catalog_text(
        ('id = "standard"', 'id = "basic"'), version="without", since="2026-11-24T13:00:00+07:00"
    )

    @pytest.mark.parametrize("later", [DEARER, WITHDRAWN], ids=["dearer", "withdrawn"])
    def test_ORD_03_holds_its_own_price_and_package_to_the_end(
        self, open_seller: OpenSeller, later: str
    ) -> None:
        shop = open_seller(later_catalogs=[later])
        customer = Customer(shop)
        quote = customer.quote(STANDARD)
        shop.clock.forward(hours=23, minutes=59, seconds=59)

        payment = customer.begins(quote)
        shop.clock.forward(hours=20)
        customer.pays(payment)

        order = shop.payport.order(payment.order_number)
        assert (order.state, order.total, payment.amount) == (OrderState.PAID, *[vnd(1_100_000)] * 2)
        [grant] = customer.grants
        line = grant.lines[0]
        assert isinstance(line, TermLine)
        assert line.price is not None
        assert (line.package, line.price.gross, customer.held.package) == (
            "standard",
            vnd(1_100_000),
            "standard",
        )

    def test_ORD_03_after_its_time_is_refused_and_a_new_one_has_the_new_price(
        self, open_seller: OpenSeller
    ) -> None:
        shop = open_seller(later_catalogs=[self.DEARER])
        customer = Customer(shop)
        quote = customer.quote(STANDARD)

        for late in (timedelta(hours=24), timedelta(days=400)):
            shop.clock.now = NOON + late
            with pytest.raises(QuoteExpired) as refused, nothing_moves(shop):
                customer.places(quote)
            assert "new quote" in refused.value.remedy

        assert customer.places(STANDARD).total == vnd(2_200_000)

    def test_ORD_03_of_a_package_that_is_gone_is_not_made_anew(self, open_seller: OpenSeller) -> None:
        shop = open_seller(later_catalogs=[self.WITHDRAWN])
        customer = Customer(shop)
        customer.buys(STANDARD)
        shop.clock.now = IN_THE_WINDOW

        with pytest.raises(NotFound) as unknown:
            Customer(shop, "khach-2").quote(STANDARD)
        with pytest.raises(PurchaseNotOpen) as closed:
            customer.quote(Renew(months=12))

        assert (unknown.value.field, closed.value.field) == ("package", "kind")
        assert "not sold any more" in closed.value.problem

    def test_ORD_03_twice_makes_one_order(self, shop: Shop, customer: Customer) -> None:
        quote = customer.quote(STANDARD)
        order = customer.places(quote)
        shop.clock.forward(days=3)  # also when its time is over: it was placed in time

        with nothing_moves(shop):
            assert customer.places(quote).number == order.number

    def test_ORD_03_twice_gives_no_second_order_when_the_first_has_ended(
        self, shop: Shop, customer: Customer
    ) -> None:
        quote = customer.quote(STANDARD)
        order = customer.places(quote)
        shop.payport.cancel(order.number, actor="lan", reason="the buyer asked for it")

        with nothing_moves(shop):
            assert customer.places(quote).state is OrderState.CANCELLED

    def test_ORD_03_from_before_another_purchase_took_effect_is_refused(
        self, shop: Shop, customer: Customer
    ) -> None:
        old, other = customer.quote(STANDARD), customer.quote(ENTERPRISE)
        customer.buys(other)

        with pytest.raises(QuoteOutdated) as refused, nothing_moves(shop):
            customer.places(old)
        assert "new quote" in refused.value.remedy

    def test_ORD_03_survives_an_edit_of_its_catalogs_file(
        self, open_seller: OpenSeller, database_url: str
    ) -> None:
        """The version was stored when it first priced a quote; the edited file is refused for new ones."""
        shop = open_seller()
        customer = Customer(shop)
        quote, order = customer.quote(STANDARD), customer.places(ENTERPRISE)
        write_configuration(
            shop.folder,
            database_url,
            catalog=catalog_text(
                ("price = 1_000_000", "price = 1"), ("included_gb = 100\n", "included_gb = 100_000\n")
            ),
        )
        edited = Customer(Shop(Payport.from_config(shop.folder / "payport.toml", clock=shop.clock),
                               shop.clock, shop.folder))  # fmt: skip

        assert edited.places(quote).total == vnd(1_100_000)
        edited.pays(edited.shop.pay(order))
        with pytest.raises(CatalogError):
            Customer(edited.shop, "khach-2").quote(STANDARD)

        assert edited.held.included_gb == 100
        edited.shop.payport.close()

    def test_ORD_03_survives_the_removal_of_its_catalogs_file(
        self, open_seller: OpenSeller, database_url: str
    ) -> None:
        shop = open_seller()
        customer = Customer(shop)
        quote, payment = customer.quote(STANDARD), customer.begins(ENTERPRISE)
        write_configuration(shop.folder, database_url, catalog=catalog_text(version="another"))
        other = Customer(Shop(Payport.from_config(shop.folder / "payport.toml", clock=shop.clock),
                              shop.clock, shop.folder))  # fmt: skip

        assert other.places(quote).quote == quote
        other.pays(payment)

        assert other.held.package == "enterprise"
        other.shop.payport.close()


class TestAnothersQuote:
    def test_ORD_04_is_not_there(self, shop: Shop, customer: Customer) -> None:
        quote = customer.quote(STANDARD)
        ask: tuple[Callable[[], object], ...] = (
            lambda: shop.payport.find_quote("khach-2", quote.id),
            lambda: shop.payport.place(quote.id, BUYER, account="khach-2"),
            lambda: shop.payport.place(quote, BUYER, account="khach-2"),
            lambda: shop.payport.place(quote.model_copy(update={"account": "khach-2"}), BUYER),
            lambda: shop.payport.place(quote.id, BUYER, account=""),
            lambda: shop.payport.place(quote.id, BUYER, account=quote.account.upper()),
            lambda: shop.payport.place(quote.id, BUYER, account=f"{quote.account} "),
        )

        for call in ask:
            with pytest.raises(NotFound) as refused, nothing_moves(shop):
                call()
            with pytest.raises(NotFound) as none:
                shop.payport.find_quote("khach-2", "Q" * len(quote.id))
            assert str(refused.value) == str(none.value)

    def test_ORD_04_is_not_there_once_it_is_an_order_either(self, shop: Shop, customer: Customer) -> None:
        quote = customer.quote(STANDARD)
        customer.buys(quote)

        with pytest.raises(NotFound), nothing_moves(shop):
            shop.payport.place(quote.id, BUYER, account="khach-2")

    def test_ORD_04_without_an_account_is_refused(self, shop: Shop, customer: Customer) -> None:
        with pytest.raises(NotFound) as refused, nothing_moves(shop):
            shop.payport.place(customer.quote(STANDARD).id, BUYER)
        assert refused.value.field == "account"

    def test_ORD_04_a_page_opens_by_the_exact_link_alone(self, shop: Shop, customer: Customer) -> None:
        order = customer.places(STANDARD)
        token = order.token
        near = {token.lower(), token.upper(), token.swapcase(), token[:-1], f"{token} ", f"{token}\x00"}

        for name in ({*near, "", "%", "\ud800", order.number, order.quote.id, order.account}) - {token}:
            with pytest.raises(NotFound):
                shop.payport.order_by_token(name)

        assert shop.payport.order_by_token(token).number == order.number
        assert len(token) >= 32

    def test_ORD_04_names_of_any_kind_find_nothing_and_break_nothing(self, shop: Shop) -> None:
        shop.order()
        ask: tuple[Callable[[str], object], ...] = (
            lambda name: shop.payport.find_quote("binh-minh", name),
            lambda name: shop.payport.place(name, BUYER, account="binh-minh"),
            shop.payport.order,
            shop.payport.history,
            shop.payport.methods,
            lambda name: shop.payport.pay(name, "domestic_card", buyer_ip="203.0.113.9"),
            lambda name: shop.payport.cancel(name, actor="lan", reason="a guess"),
        )

        with nothing_moves(shop):
            for name in ("", "%", "\x00", "a\x00b", "\ud800", "' OR 1=1 --", "x" * 100_000):
                for call in ask:
                    with pytest.raises(NotFound):
                        call(name)
                assert shop.payport.ask(name) is False

    def test_ORD_04_of_another_seller_is_not_there(
        self, shop: Shop, customer: Customer, tmp_path: Path
    ) -> None:
        """Two tenants of one host, each with its own database."""
        quote, order = customer.quote(STANDARD), customer.places(STANDARD)
        (tmp_path / "other").mkdir()
        file = write_configuration(tmp_path / "other", "sqlite:///other.sqlite")
        other = Payport.from_config(file, clock=shop.clock)
        other.migrate()

        for call in (
            partial(other.find_quote, quote.account, quote.id),
            partial(other.place, quote, BUYER),
            partial(other.order, order.number),
            partial(other.order_by_token, order.token),
            partial(other.methods, order.number),
        ):
            with pytest.raises(NotFound):
                call()
        other.close()


class TestAnOrderThatIsHandedOver:
    def test_ORD_08_is_what_it_was_whatever_is_quoted_afterwards(
        self, shop: Shop, customer: Customer
    ) -> None:
        quote = customer.quote(STANDARD)
        payment = customer.begins(quote)
        before = shop.payport.order(payment.order_number)

        dear = customer.places(ENTERPRISE)
        again = customer.places(quote.model_copy(update={"purchase": ENTERPRISE, "package": "enterprise"}))
        customer.pays(payment)

        assert dear.number != payment.order_number == again.number
        after = shop.payport.order(payment.order_number)
        assert (after.total, after.quote, after.buyer) == (before.total, before.quote, before.buyer)
        assert (customer.held.package, customer.held.version) == ("standard", 1)
        assert shop.payport.order(dear.number).state is OrderState.PLACED

    def test_ORD_08_has_the_same_amount_in_each_attempt(self, open_seller: OpenSeller) -> None:
        """Also when the catalog has another price meanwhile."""
        shop = open_seller(later_catalogs=[TestAnOldQuote.DEARER])
        customer = Customer(shop)
        order = customer.places(STANDARD)
        first = shop.pay(order)
        shop.clock.forward(hours=2)

        second = shop.pay(order, "NCB")

        assert first.amount == second.amount == order.total

    def test_ORD_08_takes_no_other_account_or_buyer(self, shop: Shop, customer: Customer) -> None:
        payment = customer.begins(STANDARD)
        order = shop.payport.order(payment.order_number)

        with pytest.raises(RequestRefused), nothing_moves(shop):
            shop.payport.place(order.quote, replace(BUYER, tax_code="0101234567"))
        with pytest.raises(NotFound), nothing_moves(shop):
            shop.payport.place(order.quote, BUYER, account="khach-2")
        customer.pays(payment)

        assert Customer(shop, "khach-2").held.state is Holding.NONE
        assert customer.held.state is Holding.ACTIVE


class TestAQuoteThatWasPlacedForSomethingElse:
    """The quote's id is the key of the order: each key, one order."""

    def test_ORD_10_with_other_buyer_details_is_refused_and_the_first_stays(
        self, shop: Shop, customer: Customer
    ) -> None:
        quote = customer.quote(STANDARD)
        order = customer.places(quote)

        for change in ({"name": "Trần Thị B"}, {"email": "b@example.vn"}, {"company": "Bình Minh"}):
            with pytest.raises(RequestRefused) as refused, nothing_moves(shop):
                shop.payport.place(quote, replace(BUYER, **change))
            assert refused.value.field == "quote"
            assert "other buyer details" in refused.value.problem
        assert shop.payport.order(order.number).buyer == BUYER

    def test_ORD_10_with_ten_buyers_at_once_is_the_firsts(self, shop: Shop, customer: Customer) -> None:
        quote = customer.quote(STANDARD)
        buyers = [replace(BUYER, phone=f"090000000{number}") for number in range(10)]

        results = at_once(*[partial(shop.payport.place, quote, buyer) for buyer in buyers])

        [order] = [result for result in results if isinstance(result, OrderView)]
        assert {result.field for result in results if result is not order} == {"quote"}
        assert [placed.buyer for placed in customer.orders] == [order.buyer]

    def test_ORD_10_by_another_account_is_not_there_and_the_first_stays(
        self, shop: Shop, customer: Customer
    ) -> None:
        quote = customer.quote(STANDARD)
        order = customer.places(quote)

        results = at_once(
            partial(shop.payport.place, quote, BUYER, account="khach-2"),
            partial(shop.payport.place, quote, BUYER),
        )

        assert isinstance(results[0], NotFound)
        assert results[1].number == order.number
        assert shop.payport.order(order.number) == order
