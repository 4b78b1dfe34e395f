"""Every kind of purchase in a real browser: from the Wall, through the gateway, to the Wall again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from payport import New, Renew
from storefront.tests.browser.person import IN_TURN, PAID, Person
from storefront.tests.street import Street, open_street
from storefront.tests.town import BOUGHT, Town
from tests.support.sight import look

NOTHING_TO_PAY = {
    "vi": "Đã hoàn tất. Cảm ơn bạn!",
    "en": "Done. Thank you!",
}
CANCEL = {"vi": "Hủy đơn hàng này", "en": "Cancel this order"}
TITLE_END = """(() => {
  const words = document.createRange();
  words.selectNodeContents(document.querySelector(".mode [aria-current]"));
  return Math.max(...[...words.getClientRects()].map(line => line.right));
})()"""
BADGE_START = "document.querySelector('.mode > .badge').getBoundingClientRect().left"
CLOSED = {"vi": "Đơn hàng đã đóng", "en": "This order is closed"}


@dataclass(frozen=True)
class Case:
    """Args: chosen: what is typed or checked, by selector; the texts: what must stand there, by language."""

    holds: str | None
    used_gb: float
    day: int
    chosen: dict[str, str]
    wall_before: dict[str, str]
    confirmed: dict[str, tuple[str, ...]]
    total: dict[str, str]
    result: dict[str, str]
    wall_after: dict[str, str]
    mode: str | None = None
    next_term: bool = False
    free: bool = False


@dataclass
class Customers:
    """Makes customers with a past, each another one."""

    street: Street
    made: list[str] = field(default_factory=list)

    def in_case(self, holds: str | None, used_gb: float, day: int, *, next_term: bool = False) -> str:
        town, account = self.street.town, f"customer-{len(self.made)}"
        self.made.append(account)
        town.clock.now = BOUGHT
        if holds is None:
            town.payport.start_trial(account)
            return account
        buy(town, account, New(package=holds, months=12))
        town.used[account] = used_gb
        town.clock.now = BOUGHT + timedelta(days=day)
        if next_term:
            buy(town, account, Renew(months=12))
        return account


def buy(town: Town, account: str, purchase: New | Renew) -> None:
    town.gateways.vnpay.settle(town.begins(account, purchase).token)
    assert town.payport.entitlement(account).version >= 1


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Customers]:
    with open_street(tmp_path_factory.mktemp("street") / "shop", migrated=migrated_sqlite) as street:
        yield Customers(street)


@pytest.fixture
def arrive(window: Callable[..., Page], customers: Customers) -> Callable[..., Person]:
    """Lets customers come in."""

    def come(account: str, language: str, *, scripts: bool = True) -> Person:
        person = Person(window(language, scripts=scripts), customers.street.url, language)
        person.signs_in(account)
        return person

    return come


CASES = {
    "new": Case(
        holds=None,
        used_gb=0,
        day=0,
        wall_before={"vi": "Bạn đang dùng thử đến hết 13/02/2027", "en": "Your trial runs until 13 Feb 2027"},
        chosen={"offer": "professional/12"},
        confirmed={
            "vi": ("đến hết 14/01/2028", "Thời gian dùng thử kết thúc khi gói bắt đầu."),
            "en": ("until 14 Jan 2028", "Your trial ends when the package begins."),
        },
        total={"vi": "7.689.000 ₫", "en": "₫7,689,000"},
        result={
            "vi": "Bạn hiện có Gói Chuyên nghiệp đến hết 14/01/2028.",
            "en": "You now have Professional until 14 Jan 2028.",
        },
        wall_after={"vi": "dùng đến hết 14/01/2028", "en": "valid to 14 Jan 2028"},
    ),
    "add-capacity": Case(
        holds="professional",
        used_gb=50,
        day=120,
        wall_before={"vi": "Dung lượng của bạn đã dùng hết", "en": "Your capacity is used up"},
        mode="add_capacity",
        chosen={"#steps": "2"},
        confirmed={
            "vi": ("245 ngày còn lại ÷ 365 ngày của kỳ hạn", "Khi đó bạn có tổng cộng 150 GB."),
            "en": ("245 days left ÷ 365 days of the term", "You then have 150 GB in all."),
        },
        total={"vi": "5.242.328 ₫", "en": "₫5,242,328"},
        result={
            "vi": "Dung lượng của bạn hiện là 150 GB đến hết 14/01/2028.",
            "en": "Your capacity is now 150 GB until 14 Jan 2028.",
        },
        wall_after={"vi": "đã dùng 50 GB / 150 GB", "en": "50 GB of 150 GB used"},
    ),
    "renew": Case(
        holds="professional",
        used_gb=20,
        day=350,
        wall_before={
            "vi": "Gói của bạn còn 15 ngày, đến hết 14/01/2028",
            "en": "Your package ends in 15 days, on 14 Jan 2028",
        },
        mode="renew",
        chosen={"offer": "professional/12"},
        confirmed={
            "vi": ("Từ 15/01/2028 đến hết 14/01/2029", "không mất ngày nào"),
            "en": ("From 15 Jan 2028 until 14 Jan 2029", "no day is lost"),
        },
        total={"vi": "7.689.000 ₫", "en": "₫7,689,000"},
        result={
            "vi": "Kỳ hạn tiếp theo của bạn, Gói Chuyên nghiệp, bắt đầu ngày 15/01/2028",
            "en": "Your next term, Professional, begins on 15 Jan 2028 and runs until 14 Jan 2029.",
        },
        wall_after={
            "vi": "Kỳ hạn tiếp theo của bạn, Gói Chuyên nghiệp, bắt đầu ngày 15/01/2028",
            "en": "Your next term, Professional, begins on 15 Jan 2028",
        },
    ),
    "switch-with-credit": Case(
        holds="professional",
        used_gb=50,
        day=120,
        wall_before={"vi": "Dung lượng của bạn đã dùng hết", "en": "Your capacity is used up"},
        mode="renew",
        chosen={"offer": "enterprise/12"},
        confirmed={
            "vi": ("Giá trị còn lại của Gói Chuyên nghiệp", "-4.691.918 ₫", "thay thế Gói Chuyên nghiệp"),
            "en": ("Unused value of Professional", "-₫4,691,918", "takes the place of Professional at once"),
        },
        total={"vi": "12.328.890 ₫", "en": "₫12,328,890"},
        result={
            "vi": "Bạn hiện có Gói Doanh nghiệp đến hết 14/05/2028.",
            "en": "You now have Enterprise until 14 May 2028.",
        },
        wall_after={"vi": "đã dùng 50 GB / 200 GB", "en": "50 GB of 200 GB used"},
    ),
    "switch-whose-credit-makes-days": Case(
        holds="enterprise",
        used_gb=4,
        day=350,
        next_term=True,
        wall_before={
            "vi": "Kỳ hạn tiếp theo của bạn, Gói Doanh nghiệp, bắt đầu ngày 15/01/2028",
            "en": "Your next term, Enterprise, begins on 15 Jan 2028",
        },
        mode="renew",
        chosen={"offer": "professional/12"},
        confirmed={
            "vi": ("thêm 500 ngày", "Không phải trả tiền", "Kỳ hạn tiếp theo của bạn cũng được thay thế."),
            "en": ("500 days longer", "There is nothing to pay", "It replaces your next term too."),
        },
        total={"vi": "0 ₫", "en": "₫0"},
        free=True,
        result={
            "vi": "Bạn hiện có Gói Chuyên nghiệp đến hết 14/05/2030.",
            "en": "You now have Professional until 14 May 2030.",
        },
        wall_after={"vi": "dùng đến hết 14/05/2030", "en": "valid to 14 May 2030"},
    ),
    "renew-enterprise-with-extra": Case(
        holds="enterprise",
        used_gb=150,
        day=350,
        wall_before={"vi": "Gói của bạn còn 15 ngày", "en": "Your package ends in 15 days"},
        mode="renew",
        chosen={"offer": "enterprise/24", "#extra_enterprise": "2"},
        confirmed={
            "vi": ("Dung lượng bổ sung 100 GB", "Từ 15/01/2028 đến hết 14/07/2030"),
            "en": ("Extra capacity 100 GB", "From 15 Jan 2028 until 14 Jul 2030"),
        },
        total={"vi": "45.820.500 ₫", "en": "₫45,820,500"},
        result={
            "vi": "Kỳ hạn tiếp theo của bạn, Gói Doanh nghiệp, bắt đầu ngày 15/01/2028",
            "en": "Your next term, Enterprise, begins on 15 Jan 2028 and runs until 14 Jul 2030.",
        },
        wall_after={
            "vi": "bắt đầu ngày 15/01/2028 và kéo dài đến hết 14/07/2030",
            "en": "begins on 15 Jan 2028 and runs until 14 Jul 2030",
        },
    ),
}


class TestAPurchase:
    @pytest.mark.parametrize(
        ("case", "language"), list(zip(CASES.values(), IN_TURN, strict=False)), ids=CASES
    )
    def test_leads_from_the_wall_to_the_walls_new_state(
        self, customers: Customers, arrive: Callable[..., Person], case: Case, language: str
    ) -> None:
        account = customers.in_case(case.holds, case.used_gb, case.day, next_term=case.next_term)
        person = arrive(account, language)
        person.go("/")
        person.reads(case.wall_before[language])

        person.page.locator('main a.button[href="/renew"], main a.button[href="/order"]').first.click()
        if case.mode:
            person.choose_mode(case.mode)
        person.choose(case.chosen)
        if case.mode:
            person.reads(case.total[language], "#price")
        person.go_on()
        for text in case.confirmed[language]:
            person.reads(text)
        person.reads(case.total[language], ".sums .total")
        person.place()
        if not case.free:
            person.hand_over("domestic_card")
            person.pay()
        person.reads((NOTHING_TO_PAY if case.free else PAID)[language], "h1")
        person.reads(case.result[language])
        person.go("/")

        person.reads(case.wall_after[language], ".package-card")
        expect(person.page.locator("main .notice")).to_have_count(0)


class TestWhatIsClosed:
    def test_cannot_be_chosen_and_says_why_and_from_when(
        self, customers: Customers, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(customers.in_case("professional", 50, 120), "en")

        person.go("/renew?mode=renew")

        expect(person.page.locator('input[value="standard/12"]')).to_be_disabled()
        expect(person.page.locator('.offer.held input[type="radio"]')).to_have_count(0)
        person.reads("It opens on 16 Dec 2027.", ".offer.held")
        person.reads("40 GB short", ".offer:has(input[value='standard/12'])")

    def test_leaves_nothing_to_go_on_with_where_all_is_closed(
        self, customers: Customers, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(customers.in_case("professional", 20, 90), "vi")

        person.go("/renew")

        expect(person.page.locator(".mode.closed .why")).to_have_count(2)
        expect(person.page.locator(".mode a, main form")).to_have_count(0)


class TestANarrowWindow:
    def test_keeps_the_name_of_the_chosen_mode_clear_of_its_badge(
        self, customers: Customers, arrive: Callable[..., Person], language: str
    ) -> None:
        person = arrive(customers.in_case("professional", 50, 350), language)
        person.page.set_viewport_size({"width": 390, "height": 860})

        for mode in ("add_capacity", "renew"):
            person.go(f"/renew?mode={mode}")
            assert person.page.evaluate(TITLE_END) <= person.page.evaluate(BADGE_START)


class TestTheOtherLanguage:
    def test_keeps_what_was_chosen_since_the_page_came(
        self, customers: Customers, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(customers.in_case("professional", 50, 120), "en")
        person.go("/renew?mode=renew")
        person.choose({"offer": "enterprise/24", "#extra_enterprise": "3"})
        person.reads("150 GB", "#price")

        person.page.get_by_role("link", name="Tiếng Việt").click()

        expect(person.page.locator("html")).to_have_attribute("lang", "vi")
        expect(person.page.locator('input[value="enterprise/24"]')).to_be_checked()
        expect(person.page.locator("#extra_enterprise")).to_have_value("3")
        person.reads("150 GB", "#price")


class TestTheWayBack:
    def test_leads_to_what_was_chosen_with_its_own_price(
        self, customers: Customers, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(customers.in_case("professional", 50, 120), "en")
        person.go("/renew?mode=renew")
        person.choose({"offer": "enterprise/24", "#extra_enterprise": "3"})
        person.go_on()
        total = person.page.locator(".sums .total dd").inner_text()

        person.page.go_back()

        expect(person.page.locator('input[value="enterprise/24"]')).to_be_checked()
        person.reads(total, "#price .total")


class TestWithoutScripts:
    def test_capacity_is_chosen_and_confirmed_all_the_same(
        self, customers: Customers, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(customers.in_case("professional", 50, 120), "en", scripts=False)

        person.go("/renew")
        person.reads("245 days left ÷ 365 days of the term", "#price")
        person.choose({"#steps": "3"})
        person.go_on()

        person.reads("₫7,863,493", ".sums .total")


class TestTheKeyboard:
    def test_is_enough_to_change_the_mode_to_choose_and_to_go_on(
        self, customers: Customers, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(customers.in_case("professional", 50, 350), "en")
        page = person.page
        person.go("/renew")

        page.locator('.mode a[href$="renew"]').press("Enter")
        expect(page.locator('.mode a[aria-current="true"]')).to_have_text("Renew or change the package")
        page.locator('input[value="professional/12"]').focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator('input[value="professional/24"]')).to_be_checked()
        page.keyboard.press("Enter")

        expect(page).to_have_url(re.compile("/order/confirm/"))

    def test_lands_on_what_is_wrong(self, customers: Customers, arrive: Callable[..., Person]) -> None:
        person = arrive(customers.in_case("professional", 50, 120), "en")
        person.go("/renew")
        person.page.locator("#code").fill("NOPE")
        person.page.locator("#code").press("Enter")

        expect(person.page.get_by_role("alert")).to_be_focused()
        person.page.get_by_role("alert").get_by_role("link", name="Promotion code").press("Enter")
        expect(person.page.locator("#code")).to_be_in_viewport()


class TestAnOrder:
    def test_that_is_not_paid_is_cancelled_after_a_question(
        self, customers: Customers, arrive: Callable[..., Person], language: str
    ) -> None:
        person = arrive(customers.in_case("professional", 50, 120), language)
        person.go("/renew")
        person.go_on()
        person.place()

        person.page.get_by_role("link", name=CANCEL[language]).click()
        person.page.locator("main form button").click()

        person.reads(CLOSED[language], "h1")


class TestEveryPage:
    def test_fits_and_gives_axe_nothing_to_say(
        self, customers: Customers, arrive: Callable[..., Person], language: str
    ) -> None:
        full = customers.in_case("professional", 63, 120)
        resting, ending = (
            customers.in_case("professional", 20, 90),
            customers.in_case("professional", 63, 350),
        )
        person = arrive(full, language)
        page = person.page

        for account, day, paths in (
            (resting, 90, ("/renew", "/order", "/settings")),
            (ending, 350, ("/", "/renew?mode=renew")),
            (full, 120, ("/", "/renew?mode=renew", "/renew?mode=add_capacity&steps=2")),
        ):
            customers.street.town.clock.now = BOUGHT + timedelta(days=day)
            person.signs_in(account)
            for path in paths:
                person.go(path)
                look(page)
        person.go_on()
        look(page)
        person.place()
        look(page)
        page.get_by_role("link", name=CANCEL[language]).click()
        look(page)
        page.locator("main form button").click()
        look(page)
