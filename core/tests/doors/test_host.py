"""What a host application holds: the same verbs, sync and async; its veto, its observers, its bounds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from payport.doors.async_host import AsyncPayport
from payport.doors.host import Payport
from payport.errors import (
    ConfigurationError,
    NotFound,
    PurchaseNotOpen,
    QuoteExpired,
    QuoteOutdated,
    RequestRefused,
)
from payport.gateways.observers import GatewayCalled, Observer, PaymentHandedOver, PaymentSettled
from payport.gateways.types import Redirect
from payport.rules.entitlement import State as Holding
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.purchase import AddCapacity, New
from payport.service.placing import BuyerDetails
from payport.service.seller import Refusal
from payport.signing.received import Callback, Channel
from tests.support.shop import BUYER, CATALOG, NOON, Clock, Shop, open_shop, write_configuration
from tests.support.sign import ipn_query


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Ears(Observer):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def gateway_called(self, fact: GatewayCalled) -> None:
        self.heard.append(fact)

    def payment_handed_over(self, fact: PaymentHandedOver) -> None:
        self.heard.append(fact)

    def payment_settled(self, fact: PaymentSettled) -> None:
        self.heard.append(fact)
        raise RuntimeError("an observer's fault changes nothing")


@pytest.mark.anyio
async def test_an_async_host_buys_pays_and_receives_with_the_same_verbs(
    database_url: str, tmp_path: Path
) -> None:
    shop = AsyncPayport.from_config(write_configuration(tmp_path, database_url), clock=Clock())

    await shop.start_trial("binh-minh")
    quote = await shop.quote("binh-minh", New(package="standard", months=12))
    order = await shop.place(quote, BUYER)
    methods = await shop.methods(order.number)
    checkout = await shop.pay(order.number, methods[0].id, "NCB", buyer_ip="203.0.113.9", language="en")
    (payment,) = (await shop.order(order.number)).payments
    query = ipn_query(payment.merchant_reference, payment.amount.minor)
    receipt = await shop.receive(Callback("GET", query, (), b"", NOON, "vnpay-main", Channel.IPN))

    assert isinstance(checkout, Redirect)
    assert receipt.decision == "recorded"
    assert (await shop.order_by_token(order.token)).state is OrderState.PAID
    assert (await shop.entitlement("binh-minh")).state is Holding.ACTIVE
    assert (await shop.work()).idle
    assert [step.to_state for step in await shop.history(order.number)] == [
        "placed",
        "pending",
        "counted",
        "succeeded",
        "paid",
    ]
    await shop.close()


def test_observers_hear_what_happened_after_it_is_committed(database_url: str, tmp_path: Path) -> None:
    ears = Ears()
    payport = Payport.from_config(
        write_configuration(tmp_path, database_url), clock=Clock(), observers=[ears]
    )
    shop = Shop(payport, Clock(), tmp_path)

    shop.ipn(shop.pay(shop.order()))

    kinds = [type(fact).__name__ for fact in ears.heard]
    assert kinds == ["GatewayCalled", "PaymentHandedOver", "PaymentSettled"]
    payport.close()


def test_a_hosts_veto_stops_a_payment_before_it_begins(database_url: str, tmp_path: Path) -> None:
    payport = Payport.from_config(
        write_configuration(tmp_path, database_url),
        clock=Clock(),
        may_initiate=lambda payment: Refusal("không", "not today") if vnd(1) <= payment.amount else None,
    )
    shop = Shop(payport, Clock(), tmp_path)
    order = shop.order()

    with pytest.raises(RequestRefused, match="not today"):
        shop.pay(order)

    assert payport.order(order.number).payments == ()
    payport.close()


class TestPlacing:
    def test_ORD_03_an_expired_quote_is_refused(self, shop: Shop) -> None:
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))
        shop.clock.forward(hours=24)

        with pytest.raises(QuoteExpired):
            shop.payport.place(quote, BUYER)

    def test_ORD_03_a_quote_made_before_the_grants_changed_is_refused(self, shop: Shop) -> None:
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))
        shop.ipn(shop.pay(shop.order()))

        with pytest.raises(QuoteOutdated):
            shop.payport.place(quote, BUYER)

    def test_what_is_not_open_any_more_is_refused(self, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order(package="enterprise")))
        shop.payport.report_usage("binh-minh", 100 * 2**30, NOON)
        quote = shop.payport.quote("binh-minh", AddCapacity(steps=1))
        shop.clock.forward(minutes=1)
        shop.payport.report_usage("binh-minh", 0, shop.clock())

        with pytest.raises(PurchaseNotOpen):
            shop.payport.place(quote, BUYER)

    def test_in_a_language_that_we_do_not_speak_is_refused(self, shop: Shop) -> None:
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))

        with pytest.raises(RequestRefused, match="locale"):
            shop.payport.place(quote, BUYER, locale="fr")

    def test_ORD_04_anothers_quote_is_not_found(self, shop: Shop) -> None:
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))

        with pytest.raises(NotFound):
            shop.payport.place(quote.id, BUYER, account="somebody-else")

    def test_ORD_10_the_same_quote_with_another_buyer_is_refused_and_the_first_order_stands(
        self, shop: Shop
    ) -> None:
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))
        first = shop.payport.place(quote, BUYER)

        with pytest.raises(RequestRefused, match="other buyer details"):
            shop.payport.place(quote, BuyerDetails(name="Someone Else", email="b@example.vn"))

        assert shop.payport.order(first.number).buyer == BUYER

    @pytest.mark.parametrize(
        ("field", "details"),
        [
            ("buyer.name", {"name": " "}),
            ("buyer.name", {"name": "A\nB"}),
            ("buyer.name", {"name": "A\ud800"}),
            ("buyer.company", {"company": "A\u202eB"}),
            ("buyer.address", {"address": "A\u2028B"}),
            ("buyer.email", {"email": "nobody"}),
            ("buyer.phone", {"phone": "0" * 21}),
        ],
    )
    def test_bad_buyer_details_are_refused_by_field(self, field: str, details: dict[str, str]) -> None:
        with pytest.raises(RequestRefused) as error:
            BuyerDetails(**{"name": "A", "email": "a@example.vn", **details})

        assert error.value.field == field


def test_a_purchase_that_no_way_of_paying_carries_is_refused_when_quoted(
    database_url: str, tmp_path: Path
) -> None:
    dear = CATALOG.read_text(encoding="utf-8").replace("price = 10_000_000 ", "price = 900_000_000_000 ")
    shop = open_shop(tmp_path, database_url, catalog=dear)

    with pytest.raises(RequestRefused, match="no way of paying carries"):
        shop.payport.quote("binh-minh", New(package="enterprise", months=12))

    shop.payport.close()


@pytest.mark.parametrize("account", ["", "x" * 121, "a\x00b", "a\nb", "a\ud800"], ids=ascii)
def test_an_account_id_that_cannot_be_kept_is_refused(shop: Shop, account: str) -> None:
    for verb in (
        lambda: shop.payport.quote(account, New(package="standard", months=12)),
        lambda: shop.payport.offers(account),
        lambda: shop.payport.entitlement(account),
    ):
        with pytest.raises(RequestRefused, match="account"):
            verb()


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800", "x" * 5_000], ids=["NUL", "half a pair", "long"])
def test_a_name_that_no_column_can_hold_is_nobodys(shop: Shop, text: str) -> None:
    """What stands in a link or a form is anybody's to write; PostgreSQL itself would fail on it."""
    order = shop.order()

    for verb in (
        lambda: shop.payport.order(text),
        lambda: shop.payport.order_by_token(text),
        lambda: shop.payport.find_quote("binh-minh", text),
        lambda: shop.payport.place(text, BUYER, account="binh-minh"),
        lambda: shop.payport.place(order.quote, BUYER, account=text),
        lambda: shop.payport.pay(text, "domestic_card", buyer_ip="203.0.113.9"),
    ):
        with pytest.raises(NotFound):
            verb()


class TestPaying:
    def test_again_gives_the_open_payment_again(self, shop: Shop) -> None:
        order = shop.order()
        first = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
        shop.clock.forward(seconds=29)

        again = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.10")

        assert first == again
        assert len(shop.payport.order(order.number).payments) == 1

    def test_by_a_buyer_who_comes_back_gives_a_new_one_where_a_page_opens_once(self, shop: Shop) -> None:
        """VNPAY refuses a reference that it has seen; the first payment stays pending, and is asked about."""
        order = shop.order()
        first = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
        shop.clock.forward(seconds=30)

        again = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")

        assert first != again
        assert [payment.state for payment in shop.payport.order(order.number).payments] == ["pending"] * 2

    def test_asks_the_gateway_for_exactly_the_orders_total(self, shop: Shop) -> None:
        """TRU-04: × 100 on the wire, once."""
        order = shop.order()

        checkout = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")

        assert isinstance(checkout, Redirect)
        assert f"vnp_Amount={order.total.minor}00&" in checkout.url

    @pytest.mark.parametrize(
        ("method", "choice", "field"),
        [("wallet", None, "method"), ("domestic_card", "NO_SUCH_BANK", "choice")],
    )
    def test_by_what_is_not_offered_is_refused(
        self, shop: Shop, method: str, choice: str | None, field: str
    ) -> None:
        order = shop.order()

        with pytest.raises(RequestRefused) as error:
            shop.payport.pay(order.number, method, choice, buyer_ip="203.0.113.9")

        assert error.value.field == field

    @pytest.mark.parametrize("given", ["", "x" * 80, "203.0.113.9, 10.0.0.1", "fe80::1%eth0", "[::1]:443"])
    def test_from_what_is_not_one_address_is_refused_before_there_is_a_payment(
        self, shop: Shop, given: str
    ) -> None:
        order = shop.order()

        with pytest.raises(RequestRefused, match="buyer_ip"):
            shop.payport.pay(order.number, "domestic_card", buyer_ip=given)

        assert shop.payport.order(order.number).payments == ()

    def test_a_paid_order_is_refused(self, shop: Shop) -> None:
        order = shop.order()
        shop.ipn(shop.pay(order))

        with pytest.raises(RequestRefused, match="it is paid"):
            shop.pay(order)


class TestAMethodWhosePluginIsGone:
    def test_is_not_offered_and_its_callbacks_are_kept_for_later(
        self, database_url: str, tmp_path: Path
    ) -> None:
        """PLG-08."""
        account = '[[accounts]]\nname = "old"\nplugin = "gone"\nenvironment = "sandbox"\n'
        file = write_configuration(tmp_path, database_url, accounts=account)
        shop = Shop(Payport.from_config(file, clock=Clock()), Clock(), tmp_path)

        receipt = shop.deliver(b"anything=1", account="old")

        assert (receipt.decision, receipt.reply.status) == ("try_again", 503)
        assert [method.id for method in shop.payport.methods(shop.order().number)] == ["domestic_card"]
        shop.payport.close()


class TestHolding:
    def test_a_trial_ends_when_a_package_is_bought(self, shop: Shop) -> None:
        shop.payport.start_trial("binh-minh")
        assert shop.payport.entitlement("binh-minh").state is Holding.TRIAL

        shop.ipn(shop.pay(shop.order(package="enterprise")))

        held = shop.payport.entitlement("binh-minh")
        assert (held.state, held.package, str(held.valid_to)) == (Holding.ACTIVE, "enterprise", "2027-11-23")

    def test_a_trial_is_refused_by_a_host_whose_clock_is_behind_the_purchase(self, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order()))
        shop.clock.forward(minutes=-5)

        with pytest.raises(PurchaseNotOpen, match="a trial or a package is held"):
            shop.payport.start_trial("binh-minh")

    def test_what_is_paid_is_held_by_a_host_whose_clock_is_behind_too(self, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order()))
        shop.clock.forward(minutes=-5)

        assert shop.payport.entitlement("binh-minh").state is Holding.ACTIVE
        with pytest.raises(PurchaseNotOpen, match="a package is held already"):
            shop.payport.quote("binh-minh", New(package="standard", months=12))

    def test_usage_is_kept_by_its_time_and_never_goes_back(self, shop: Shop) -> None:
        shop.payport.report_usage("binh-minh", 5 * 2**30, NOON)
        shop.payport.report_usage("binh-minh", 1, NOON - timedelta(minutes=1))

        assert shop.payport.entitlement("binh-minh").used_bytes == 5 * 2**30

    @pytest.mark.parametrize("used", [-1, 1.5, True, 2**63])
    def test_usage_that_is_no_count_of_bytes_is_refused(self, shop: Shop, used: int) -> None:
        with pytest.raises(RequestRefused, match="used_bytes"):
            shop.payport.report_usage("binh-minh", used, NOON)


class TestAWrongConfiguration:
    """Refused at start-up, naming file, key and remedy."""

    @pytest.mark.parametrize(
        ("old", "new", "field"),
        [
            ('name = "Sao Việt Software"', "", "payport.toml: seller.name"),
            ('reference_prefix = "SV"', 'reference_prefix = "S1"', "payport.toml: seller.reference_prefix"),
            ("{order_token}", "order", "payport.toml: seller.result_url"),
            ("http://127.0.0.1:9/pay", "http://shop.example.vn/pay", "payport.toml: seller.public_url"),
            ("http://127.0.0.1:9/pay", "//shop/pay", "payport.toml: seller.public_url"),
            ('files = ["catalog.toml"]', 'files = ["no.toml"]', "payport.toml: catalog.files[0]"),
            ("[database]", "[datbase]", "payport.toml: database"),
            ('plugin = "vnpay"', 'plugin = "VNPAY"', "payport.toml: accounts[0].plugin"),
            ("[[methods]]", "[[methods]", "payport.toml"),
        ],
    )
    def test_by_its_words(self, tmp_path: Path, old: str, new: str, field: str) -> None:
        file = write_configuration(tmp_path, f"sqlite:///{tmp_path}/x.sqlite")
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

        with pytest.raises(ConfigurationError) as error:
            Payport.from_config(file)

        assert error.value.field == field
        assert error.value.remedy
