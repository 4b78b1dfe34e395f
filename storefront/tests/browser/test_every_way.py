"""Every kind of purchase by every way of paying, in a real browser; and what befalls each way once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from payport import AddCapacity, BuyerDetails, Entitlement, Instructions, New, OrderView, Renew
from payport_simulators.bank import Noise, Scanned
from payport_storefront.demo.configuration import (
    BANK_ACCOUNT,
    DOMESTIC,
    INTERNATIONAL,
    ORDER_ONLY,
    VNPAY,
    WALLET,
)
from payport_web.formatting import day
from storefront.tests.browser.camera import scan
from storefront.tests.browser.person import ASK_NOW, PAID, Person
from storefront.tests.street import Street, open_street
from storefront.tests.town import BOUGHT, BUYER

TODAY = BOUGHT + timedelta(days=350)
"""A term that began on the first day has 15 days left then; one that began `LATER` has 245."""
LATER = BOUGHT + timedelta(days=230)
GB = 2**30
FAILED = {"vi": "Thanh toán không thành công", "en": "The payment did not go through"}
NOT_KNOWN = {"vi": "Chưa được xác nhận", "en": "Not yet confirmed"}
TOLD = {"vi": "Đang chờ chuyển khoản hoặc tiền mặt", "en": "Waiting for your transfer or cash"}
NOT_FINISHED = {"vi": "chưa hoàn tất", "en": "is not finished"}
ACCOUNTANT = "ke-toan"
NUMBERS = count()


@dataclass(frozen=True)
class Goods:
    """What is bought, of one package, and how much it holds with this much added."""

    package: str
    names: Mapping[str, str]
    offer: str
    included: int
    steps: int

    @property
    def after_adding(self) -> int:
        return self.included + 50 * self.steps

    @property
    def months(self) -> int:
        return int(self.offer.rpartition("/")[2])


USUAL = Goods(
    "professional", {"vi": "Gói Chuyên nghiệp", "en": "Professional"}, "professional/12", included=50, steps=2
)
DEAR = Goods("enterprise", {"vi": "Gói Doanh nghiệp", "en": "Enterprise"}, "enterprise/24", 200, steps=10)
"""Each purchase of these is beyond the 20 million đồng that the VNPAY account takes."""


@dataclass(frozen=True)
class Kind:
    """A kind of purchase: how its buyer stands, and what the pages say, by language.

    Args: bought_at: when the term that the buyer holds began; None: on trial. `used`: of what it includes.
    """

    mode: str | None
    bought_at: datetime | None
    used: float
    before: Mapping[str, str]
    result: Mapping[str, str]
    after: Mapping[str, str]


NEW = Kind(
    mode=None,
    bought_at=None,
    used=0,
    before={"vi": "Bạn đang dùng thử đến hết", "en": "Your trial runs until"},
    result={"vi": "Bạn hiện có {package} đến hết {end}.", "en": "You now have {package} until {end}."},
    after={"vi": "dùng đến hết {end}", "en": "valid to {end}"},
)
RENEW = Kind(
    mode="renew",
    bought_at=BOUGHT,
    used=0.4,
    before={
        "vi": "Gói của bạn còn 15 ngày, đến hết 14/01/2028",
        "en": "Your package ends in 15 days, on 14 Jan 2028",
    },
    result={
        "vi": "Kỳ hạn tiếp theo của bạn, {package}, bắt đầu ngày 15/01/2028",
        "en": "Your next term, {package}, begins on 15 Jan 2028",
    },
    after={
        "vi": "Kỳ hạn tiếp theo của bạn, {package}, bắt đầu ngày 15/01/2028",
        "en": "Your next term, {package}, begins on 15 Jan 2028",
    },
)
ADD = Kind(
    mode="add_capacity",
    bought_at=LATER,
    used=1,
    before={"vi": "Dung lượng của bạn đã dùng hết", "en": "Your capacity is used up"},
    result={"vi": "Dung lượng của bạn hiện là {gb} GB", "en": "Your capacity is now {gb} GB"},
    after={"vi": "/ {gb} GB", "en": "of {gb} GB used"},
)


@dataclass(frozen=True)
class Way:
    """A way of paying.

    Args: account: where the money comes in. `asks`: nothing that its gateway tells is proof.
    """

    method: str
    account: str
    language: str
    choice: str = ""
    goods: Goods = USUAL
    asks: bool = False


GATEWAYS = {
    "vnpay": Way("domestic_card", VNPAY, "vi", choice="NCB"),
    "onepay-domestic": Way("domestic_card", DOMESTIC, "en", goods=DEAR),
    "nganluong": Way("wallet", WALLET, "vi", asks=True),
    "onepay-international": Way("international_card", INTERNATIONAL, "en"),
}
BY_HAND = {
    "transfer": Way("order_only", ORDER_ONLY, "vi"),
    "cash": Way("order_only", ORDER_ONLY, "en"),
}
KINDS = {"new": NEW, "renew": RENEW, "add-capacity": ADD}

by_each_gateway = pytest.mark.parametrize("way", GATEWAYS.values(), ids=GATEWAYS)
of_each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


class Buyer:
    """A customer in the situation of a kind of purchase, who pays in one way."""

    def __init__(self, street: Street, open_window: Callable[..., Page], way: Way, kind: Kind) -> None:
        self.street, self.town, self.way, self.kind = street, street.town, way, kind
        self.account, self.language = f"buyer-{next(NUMBERS)}", way.language
        self._open_window = open_window
        self._lead_a_life()
        self.before = self.held
        self.person = self.comes_in()

    def _lead_a_life(self) -> None:
        town, goods, bought_at = self.town, self.way.goods, self.kind.bought_at
        town.clock.now = bought_at or TODAY
        if bought_at is None:
            town.payport.start_trial(self.account)
            return
        begun = town.begins(self.account, New(package=goods.package, months=12))
        town.gateways.vnpay.settle(begun.token)
        town.used[self.account] = goods.included * self.kind.used
        town.clock.now = TODAY

    def comes_in(self) -> Person:
        """In a new browser."""
        person = Person(self._open_window(self.language), self.street.url, self.language)
        person.signs_in(self.account)
        return person

    @property
    def page(self) -> Page:
        return self.person.page

    @property
    def held(self) -> Entitlement:
        return self.town.payport.entitlement(self.account)

    @property
    def order(self) -> OrderView:
        return self.town.payport.order(self.number)

    def says(self, words: Mapping[str, str]) -> str:
        end = self.held.valid_to
        assert end is not None
        return words[self.language].format(
            package=self.way.goods.names[self.language],
            end=day(end, self.language),
            gb=self.way.goods.after_adding,
        )

    # -- what a buyer does

    def orders_and_goes_to_pay(self) -> None:
        """From the Wall to where the method is paid."""
        person, goods = self.person, self.way.goods
        person.go("/")
        person.reads(self.kind.before[self.language])
        person.page.locator('main a.button[href="/renew"], main a.button[href="/order"]').first.click()
        if self.kind.mode:
            person.choose_mode(self.kind.mode)
        person.choose({"#steps": str(goods.steps)} if self.kind is ADD else {"offer": goods.offer})
        person.go_on()
        person.place()
        self.number = self.town.payport.order_by_token(person.page.url.rpartition("/")[2]).number
        person.hand_over(self.way.method, self.way.choice)

    def has_ordered_and_goes_to_pay(self) -> None:
        """From the order's page, where a link of the Wall leads to, to where the method is paid."""
        goods, town = self.way.goods, self.town
        if self.account in town.used:
            town.payport.report_usage(self.account, int(town.used[self.account] * GB), town.clock())
        wanted = {
            None: New(package=goods.package, months=goods.months),
            "renew": Renew(months=goods.months),
            "add_capacity": AddCapacity(steps=goods.steps),
        }[self.kind.mode]
        order = town.payport.place(town.payport.quote(self.account, wanted), BuyerDetails(**BUYER))
        self.number = order.number
        self.person.go(f"/payment/{order.token}")
        self.person.hand_over(self.way.method, self.way.choice)

    def scans_the_code(self) -> str:
        """Gives what a bank's app reads on the page, which is exactly what was made."""
        told = self.town.payport.instructions(self.number)
        assert told is not None
        assert isinstance(told.checkout, Instructions)
        read = scan(self.page.locator(".qr"))
        assert read == [told.checkout.qr_payload]
        return read[0]

    def sends_in_the_banks_app(self) -> None:
        text, phone = self.scans_the_code(), self.page.context.new_page()
        phone.goto(f"{self.street.url}/gateways/bank/bank/app?lang={self.language}")
        phone.locator("#qr").fill(text)
        phone.locator("#read").click()
        expect(phone.locator("#memo")).to_have_value(self.number)
        phone.locator("#send").click()
        expect(phone.locator("main")).to_contain_text(self.number)
        phone.close()

    def waits_for_the_page(self) -> None:
        """As it refreshes itself in a while."""
        self.page.locator("#progress").evaluate(ASK_NOW)

    # -- what others do

    def sends_elsewhere(self, text: str, noise: Noise | None = None) -> None:
        """By whoever has the code's text."""
        bank = self.town.gateways.bank
        scanned = bank.scan(text)
        assert isinstance(scanned, Scanned)
        bank.send(scanned, noise=noise)

    def is_imported(self) -> str:
        """The shop's accountant imports the bank's statement. Gives the fate of this buyer's line."""
        statement = self.town.payport.import_statement(
            self.town.gateways.bank.statement_csv(BANK_ACCOUNT).encode(),
            gateway_account=ORDER_ONLY,
            actor=ACCOUNTANT,
            dry_run=False,
        )
        (fate,) = [line.fate for line in statement.lines if self.number in line.text]
        return str(fate)

    def is_asked_about(self) -> None:
        """The shop's worker asks the gateway, if it must: of its own accord a minute later."""
        if self.way.asks:
            self.town.clock.forward(minutes=1)
            self.town.payport.work()

    def sees_the_news(self) -> None:
        """On the page where the gateway has led the buyer back to."""
        if self.way.asks:
            self.is_asked_about()
            self.page.reload()

    # -- what came of it

    def has_paid(self) -> None:
        (payment,) = self.order.payments
        assert (payment.gateway_account, str(payment.state)) == (self.way.account, "succeeded")
        assert (self.order.state, self.order.received) == ("paid", self.order.total)
        assert self.order.total.minor > (20_000_000 if self.way.goods is DEAR else 0)
        held, goods = self.held, self.way.goods
        assert (held.state, held.package) == ("active", goods.package)
        if self.kind is RENEW:
            assert held.future is not None
            assert held.future.line.package == goods.package
        if self.kind is ADD:
            assert held.capacity_bytes == goods.after_adding * GB

    def has_not_paid(self, payment_state: str) -> None:
        (payment,) = self.order.payments
        assert (payment.gateway_account, str(payment.state)) == (self.way.account, payment_state)
        assert (self.order.state, self.order.received.minor) == ("placed", 0)
        assert self.held.version == self.before.version

    def sees_what_was_bought(self, person: Person) -> None:
        person.go("/")
        person.reads(self.says(self.kind.after), ".package-card")
        expect(person.page.locator("main .notice")).to_have_count(0)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Street]:
    with open_street(tmp_path_factory.mktemp("street") / "shop", migrated=migrated_sqlite) as street:
        yield street


@pytest.fixture
def come(street: Street, window: Callable[..., Page]) -> Callable[[Way, Kind], Buyer]:
    """Lets buyers come."""
    return lambda way, kind: Buyer(street, window, way, kind)


class TestAPurchase:
    @of_each_kind
    @by_each_gateway
    def test_at_a_gateway_leads_from_the_wall_to_the_walls_new_state(
        self, come: Callable[[Way, Kind], Buyer], way: Way, kind: Kind
    ) -> None:
        buyer = come(way, kind)
        buyer.orders_and_goes_to_pay()

        buyer.person.pay()
        expect(buyer.page).to_have_url(f"{buyer.street.url}/result/{buyer.order.token}")
        buyer.sees_the_news()

        self.ends_well(buyer)

    @of_each_kind
    def test_by_transfer_leads_from_the_wall_to_the_walls_new_state(
        self, come: Callable[[Way, Kind], Buyer], kind: Kind
    ) -> None:
        buyer = come(BY_HAND["transfer"], kind)
        buyer.orders_and_goes_to_pay()

        buyer.sends_in_the_banks_app()
        assert buyer.is_imported() == "matched"
        buyer.waits_for_the_page()

        self.ends_well(buyer)

    @of_each_kind
    def test_in_cash_leads_from_the_wall_to_the_walls_new_state(
        self, come: Callable[[Way, Kind], Buyer], kind: Kind
    ) -> None:
        buyer = come(BY_HAND["cash"], kind)
        buyer.orders_and_goes_to_pay()

        buyer.town.payport.confirm(
            buyer.number,
            buyer.order.total,
            actor=ACCOUNTANT,
            booked_on=TODAY.date(),
            bank_reference=f"PT-{buyer.number}",
        )
        buyer.waits_for_the_page()

        self.ends_well(buyer)

    def ends_well(self, buyer: Buyer) -> None:
        buyer.person.reads(PAID[buyer.language], "h1")
        buyer.person.reads(buyer.says(buyer.kind.result))
        buyer.has_paid()
        buyer.sees_what_was_bought(buyer.person)


class TestAPaymentThatFails:
    @by_each_gateway
    def test_is_said_to_have_failed_and_changes_nothing(
        self, come: Callable[[Way, Kind], Buyer], way: Way
    ) -> None:
        buyer = come(way, ADD)
        buyer.has_ordered_and_goes_to_pay()

        buyer.person.fails()
        expect(buyer.page).to_have_url(f"{buyer.street.url}/result/{buyer.order.token}")
        buyer.sees_the_news()

        buyer.person.reads(FAILED[buyer.language], "h1")
        buyer.has_not_paid("failed")
        buyer.person.go("/")
        buyer.person.reads(buyer.kind.before[buyer.language])

    def test_leaves_the_order_on_the_wall_as_one_that_is_not_finished(
        self, come: Callable[[Way, Kind], Buyer]
    ) -> None:
        buyer = come(GATEWAYS["onepay-international"], ADD)
        buyer.orders_and_goes_to_pay()

        buyer.person.fails()
        expect(buyer.page).to_have_url(f"{buyer.street.url}/result/{buyer.order.token}")
        buyer.person.go("/")

        buyer.person.reads(NOT_FINISHED[buyer.language], "section:has(#open-order)")

    def test_in_the_wallet_is_not_known_as_long_as_another_try_may_follow(
        self, come: Callable[[Way, Kind], Buyer]
    ) -> None:
        buyer = come(GATEWAYS["nganluong"], NEW)
        buyer.has_ordered_and_goes_to_pay()

        buyer.person.is_declined()
        expect(buyer.page).to_have_url(f"{buyer.street.url}/result/{buyer.order.token}")
        buyer.sees_the_news()

        buyer.person.reads(NOT_KNOWN[buyer.language], "h1")
        buyer.has_not_paid("pending")


class TestATransferOfAnotherAmount:
    def test_is_left_to_a_person_and_changes_nothing(self, come: Callable[[Way, Kind], Buyer]) -> None:
        buyer = come(BY_HAND["transfer"], ADD)
        buyer.orders_and_goes_to_pay()

        buyer.sends_elsewhere(buyer.scans_the_code(), Noise(amount_off_by=-1_000))
        assert buyer.is_imported() == "wrong_amount"
        buyer.person.go(f"/result/{buyer.order.token}")

        buyer.person.reads(TOLD[buyer.language], "h1")
        buyer.has_not_paid("pending")
        buyer.person.go("/")
        buyer.person.reads(NOT_FINISHED[buyer.language], "section:has(#open-order)")
        buyer.person.reads(buyer.kind.before[buyer.language])


class TestABrowserThatIsClosedAfterPaying:
    @by_each_gateway
    def test_finds_the_package_on_the_wall_since_the_gateway_told_the_shop(
        self, come: Callable[[Way, Kind], Buyer], way: Way
    ) -> None:
        buyer = come(way, NEW)
        buyer.has_ordered_and_goes_to_pay()

        buyer.person.will_close_the_browser()
        buyer.person.pay()
        expect(buyer.page).not_to_have_url(f"{buyer.street.url}/result/{buyer.order.token}")
        buyer.page.context.close()
        buyer.is_asked_about()

        buyer.has_paid()
        buyer.sees_what_was_bought(buyer.comes_in())

    def test_finds_it_too_when_the_transfer_came_a_day_later(
        self, come: Callable[[Way, Kind], Buyer]
    ) -> None:
        buyer = come(BY_HAND["transfer"], RENEW)
        buyer.has_ordered_and_goes_to_pay()
        text = buyer.scans_the_code()

        buyer.page.context.close()
        buyer.town.clock.forward(days=1)
        buyer.sends_elsewhere(text)
        assert buyer.is_imported() == "matched"

        buyer.has_paid()
        buyer.sees_what_was_bought(buyer.comes_in())
