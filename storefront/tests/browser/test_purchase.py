"""The whole way in a real browser: from the Wall to the gateway and back, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("demo")  # a demo is slow to start: one worker has it

GOOD_CARD = "9704198526191432198"
BAR = "document.querySelector('.rail').getBoundingClientRect().top"
FOOT = "Math.floor(document.querySelector('.page').getBoundingClientRect().bottom)"
FOCUS = f"""(() => {{
  const focused = document.activeElement, {{top, bottom}} = focused.getBoundingClientRect();
  const inside = focused.closest("main") !== null, small = bottom - top < 400;
  return {{name: focused.name, inside, bottom: small ? bottom : 0, bar: {BAR}}};
}})()"""


@dataclass(frozen=True)
class Words:
    """What the pages say, in one language."""

    language: str
    notice: str
    see_packages: str
    go_on: str
    place: str
    total: str
    pay: str
    paid: str
    failed: str
    again: str
    waiting: str
    valid_to: str
    used: str


# Professional for 12 months, by the rate that the demo catalog has on the day of the test.
_RATE: Final = 8 if datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date() < date(2027, 1, 1) else 10
_DUE: Final = 6_990_000 * (100 + _RATE) // 100
_DOTTED: Final = f"{_DUE:,}".replace(",", ".")

VI = Words(
    language="vi",
    notice="Bạn đang dùng thử đến hết",
    see_packages="Xem gói và giá",
    go_on="Tiếp tục đến xác nhận",
    place="Đặt hàng",
    total=f"{_DOTTED} ₫",
    pay=f"Thanh toán {_DOTTED} ₫",
    paid="Đã thanh toán. Cảm ơn bạn!",
    failed="Thanh toán không thành công",
    again="Thử lại",
    waiting="Chưa được xác nhận",
    valid_to="dùng đến hết",
    used="đã dùng 3,2 GB / 50 GB",
)
EN = Words(
    language="en",
    notice="Your trial runs until",
    see_packages="See packages and prices",
    go_on="Go on to the confirmation",
    place="Place the order",
    total=f"₫{_DUE:,}",
    pay=f"Pay ₫{_DUE:,}",
    paid="Paid. Thank you!",
    failed="The payment did not go through",
    again="Try again",
    waiting="Not yet confirmed",
    valid_to="valid to",
    used="3.2 GB of 50 GB used",
)


class Person:
    """Somebody who has just arrived, on a trial of her own, at a gateway that works."""

    def __init__(self, page: Page, demo: str, words: Words) -> None:
        self.page, self.demo, self.words = page, demo, words
        page.goto(f"{demo}/demo")
        page.locator('form[action="/demo/customer"] button').click()
        expect(page).to_have_url(f"{demo}/")

    def order(self) -> None:
        """From the Wall's notice to the choice of a way to pay."""
        page, words = self.page, self.words
        expect(page.get_by_text(words.notice)).to_be_visible()
        page.locator(".notice").get_by_role("link", name=words.see_packages).click()
        page.locator('input[name="offer"][value="professional/12"]').check()
        page.get_by_role("button", name=words.go_on).click()
        expect(page.locator(".sums .total")).to_contain_text(words.total)
        page.locator("#name").fill("Nguyễn Thu Hà")
        page.locator("#phone").fill("0912 345 678")
        page.locator("#email").fill("ha@example.vn")
        page.get_by_role("button", name=words.place).click()
        expect(page).to_have_url(re.compile("/payment/"))

    def choose(self, *, code: str) -> None:
        self.page.goto(f"{self.demo}/order")
        self.page.locator('input[name="offer"][value="enterprise/24"]').check()
        self.page.locator("#extra_enterprise").fill("2")
        self.page.locator("#code").fill(code)
        self.page.get_by_role("button", name=self.words.go_on).click()

    def go_to_the_gateway(self, bank: str = "NCB") -> None:
        self.page.locator(f'input[value="{bank}"]').check()
        self.page.get_by_role("button", name=self.words.pay).click()
        expect(self.page).to_have_url(re.compile("/gateways/vnpay/paymentv2/"))

    def pay(self) -> None:
        self.page.locator(f'button[value="card:{GOOD_CARD}"]').click()
        self.page.locator('button.button[value="pay"]').click()

    def act(self, action: str) -> None:
        if action not in {"cancel", "pay"}:  # the tester's buttons are folded away
            self.page.locator("details summary").first.click()
        self.page.locator(f'button[name="action"][value="{action}"]').first.click()

    def set_fault(self, preset: str) -> None:
        self.page.goto(f"{self.demo}/demo")
        self.page.locator(f'input[name="preset"][value="{preset}"]').check()
        self.page.locator('form[action="/demo/faults"] button').click()
        expect(self.page.locator(f'input[value="{preset}"]')).to_be_checked()
        self.page.goto(self.demo)

    def reads(self, heading: str, *, within_seconds: float = 15) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading, timeout=within_seconds * 1000)


@pytest.fixture
def words(language: str) -> Words:
    return {"vi": VI, "en": EN}[language]


@pytest.fixture
def arrive(window: Callable[..., Page], demo: str) -> Callable[..., Person]:
    """Lets people come in."""

    def come(words: Words, width: int = 1280, *, scripts: bool = True) -> Person:
        return Person(window(words.language, width, scripts=scripts), demo, words)

    return come


class TestALongWay:
    def test_past_a_cancelled_payment_and_one_that_was_left_leads_to_the_same_order_paid(
        self, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(VI)
        page = person.page
        person.order()
        person.go_to_the_gateway()
        person.act("cancel")
        person.reads(VI.failed)
        order = page.url

        page.get_by_role("link", name=VI.again).click()
        person.go_to_the_gateway()
        person.act("leave")
        page.goto(person.demo)
        page.locator("section:has(#open-order) a").click()
        person.reads(VI.waiting)
        page.locator('#result .actions a[href^="/payment/"]').click()
        person.go_to_the_gateway("VIETCOMBANK")
        person.pay()

        person.reads(VI.paid)
        assert page.url == order
        page.goto(person.demo)
        card = page.locator(".package-card")
        expect(card).to_contain_text(VI.valid_to)
        expect(card).to_contain_text(VI.used)
        expect(card.get_by_role("progressbar")).to_have_attribute("max", str(50 * 2**30))
        expect(page.get_by_text(VI.notice)).to_have_count(0)


class TestAGatewayThatTellsLate:
    """No message yet, and no answer to questions: the page must not guess."""

    def test_leaves_the_page_waiting_which_refreshes_itself_until_it_is_paid(
        self, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(VI)
        person.set_fault("late-ipn")
        person.order()
        person.go_to_the_gateway()
        person.page.locator("details summary").first.click()
        person.page.locator("#fault_late_by").fill("5")
        person.pay()

        person.reads(VI.waiting)
        progress = person.page.locator("#progress")
        expect(progress.get_by_role("progressbar")).to_be_visible()
        asked_at = progress.locator("p").inner_text()
        expect(progress.locator("p")).not_to_have_text(asked_at)

        person.reads(VI.paid, within_seconds=40)
        expect(person.page).to_have_title(re.compile("^Đã thanh toán · "))
        person.set_fault("none")


class TestABuyerWhoLeaves:
    def test_sees_the_page_refresh_without_scripts_too(self, arrive: Callable[..., Person]) -> None:
        person = arrive(EN, scripts=False)
        person.order()
        person.go_to_the_gateway()
        person.page.goto(person.demo)
        person.page.locator("section:has(#open-order) a").click()
        person.reads(EN.waiting)

        with person.page.expect_navigation(timeout=15_000):
            pass

        person.reads(EN.waiting)


class TestTheWayBack:
    def test_leads_from_the_confirmation_to_the_choice_and_forward_to_the_same_quote(
        self, arrive: Callable[..., Person]
    ) -> None:
        person = arrive(EN)
        page = person.page
        person.choose(code="WELCOME10")
        expect(page).to_have_url(re.compile("/order/confirm/"))
        quote = page.url

        page.reload()
        expect(page).to_have_url(quote)
        page.go_back()
        expect(page).to_have_url(f"{person.demo}/order")
        expect(page.get_by_role("button", name=EN.go_on)).to_be_visible()
        page.go_forward()
        expect(page).to_have_url(quote)
        page.get_by_role("link", name="Choose something else").click()

        expect(page.locator("#code")).to_have_value("WELCOME10")
        expect(page.locator('input[value="enterprise/24"]')).to_be_checked()


class TestTheKeyboard:
    def test_is_enough_to_choose_and_to_go_on(self, arrive: Callable[..., Person]) -> None:
        person = arrive(EN)
        page = person.page
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.goto(f"{person.demo}/order")

        page.locator('input[value="professional/12"]').focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator('input[value="professional/24"]')).to_be_checked()
        page.keyboard.press("Enter")

        expect(page).to_have_url(re.compile("/order/confirm"))
        page.get_by_role("button", name=EN.place).press("Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_role("alert").get_by_role("link", name="Phone").press("Enter")
        expect(page.locator("#phone")).to_be_in_viewport()


class TestANarrowWindow:
    """The bar at the bottom covers part of the window."""

    def test_never_hides_what_has_the_focus_behind_its_bar(self, arrive: Callable[..., Person]) -> None:
        person = arrive(EN, 390)
        page = person.page
        person.choose(code="WELCOME10")
        expect(page.get_by_role("button", name=EN.place)).to_be_visible()
        page.wait_for_load_state()  # the bar stands where the style sheet puts it
        visited = []

        page.locator("main").focus()
        while (where := page.evaluate(FOCUS))["inside"]:
            visited.append(where["name"])
            assert where["bottom"] <= where["bar"], where
            page.keyboard.press("Tab")

        assert {"name", "phone", "email", "company", "tax_code", "address"} <= set(visited)
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        assert page.evaluate(FOOT) <= page.evaluate(BAR)


class TestEveryPage:
    def test_fits_wide_and_narrow_windows_and_gives_axe_nothing_to_say(
        self, arrive: Callable[..., Person], words: Words
    ) -> None:
        person = arrive(words)
        page = person.page

        for path in ("/", "/settings", "/order", "/nothing-here"):
            page.goto(f"{person.demo}{path}")
            look(page)
        person.choose(code="NOPE")
        expect(page.get_by_role("alert")).to_be_visible()
        look(page)
        person.choose(code="WELCOME10")
        expect(page.get_by_role("button", name=words.place)).to_be_visible()
        look(page)
        page.get_by_role("button", name=words.place).click()
        expect(page.get_by_role("alert")).to_be_visible()
        look(page)
        page.goto(person.demo)
        person.order()
        look(page)
        person.go_to_the_gateway()
        person.act("cancel")
        person.reads(words.failed)
        look(page)
        page.get_by_role("link", name=words.again).click()
        person.go_to_the_gateway()
        page.goto(person.demo)
        look(page)
        page.locator("section:has(#open-order) a").click()
        person.reads(words.waiting)
        look(page)
        page.locator('#result .actions a[href^="/payment/"]').click()
        look(page)
        person.go_to_the_gateway("VIETCOMBANK")
        person.pay()
        person.reads(words.paid)
        look(page)
        page.goto(person.demo)
        expect(page.locator(".package-card")).to_contain_text(words.valid_to)
        expect(page.locator(".package-card")).to_contain_text(words.used)
        look(page)
        page.goto(f"{person.demo}/order")
        look(page)
