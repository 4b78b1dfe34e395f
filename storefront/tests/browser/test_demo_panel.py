"""The demo's controls in a real browser: every row of the table of open purchases, as the shop shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from storefront.tests.browser.person import IN_TURN
from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("demo-panel")  # a demo is slow to start: one worker has it

MINUTE = 60
CLOSED = {"vi": "Không chọn được: ", "en": "Closed: "}
OUT_OF_SHOP = {"vi": "Không thuộc cửa hàng", "en": "Not part of the shop"}
UNCHANGED = {"vi": "Chưa có gì thay đổi.", "en": "Nothing was changed."}


@dataclass(frozen=True)
class Row:
    """What the rules' table opens, what the Wall tells of, and which ways the renewal page lets choose."""

    opens: set[str]
    notices: list[str]
    ways: set[str] | None = None  # None: there is nothing to go on from


ROWS = {
    "nothing": Row({"new"}, ["none"]),
    "trial": Row({"new"}, ["trial"]),
    "trial-over": Row({"new"}, ["none"]),
    "mid-term": Row(set(), [], set()),
    "used-up": Row({"add_capacity", "switch"}, ["full"], {"add_capacity", "renew"}),
    "window": Row({"renew", "switch"}, ["ending"], {"renew"}),
    "window-used-up": Row({"add_capacity", "renew", "switch"}, ["full", "ending"], {"add_capacity", "renew"}),
    "next-term": Row({"switch"}, [], {"renew"}),
    "over": Row({"renew", "switch"}, ["ended"], {"renew"}),
    "both-over": Row({"renew", "switch"}, ["ended_and_full"], {"renew"}),
    "suspended": Row(set(), ["suspended"]),
}


class Guest:
    """Somebody who tries the demo, in one language."""

    def __init__(self, page: Page, demo: str, language: str) -> None:
        self.page, self.demo, self.language = page, demo, language

    def go(self, path: str) -> None:
        self.page.goto(f"{self.demo}{path}")

    def press(self, name: str, value: str) -> None:
        """One of the panel's buttons."""
        self.go("/demo")
        self.page.locator(f'button[name="{name}"][value="{value}"]').click()

    def sees_notices(self, *expected: str) -> None:
        """On the Wall, in this order."""
        self.go("/")
        self.reads_notices(*expected)

    def reads_notices(self, *expected: str) -> None:
        found = self.page.locator("main .notice h2").evaluate_all("all => all.map(each => each.id)")
        assert found == list(expected)

    def sees_open(self, expected: set[str]) -> None:
        """On the panel, as Payport says it."""
        self.go("/demo")
        found = self.page.locator(".demo-offers .open").evaluate_all(
            "all => all.map(each => each.dataset.kind)"
        )
        assert set(found) == expected

    def sees_ways(self, expected: set[str]) -> None:
        """On the renewal page: what is open can be chosen; what is not says why."""
        self.go("/renew")
        links = self.page.locator(".mode h2 a").evaluate_all("all => all.map(each => each.search)")
        assert {link.removeprefix("?mode=") for link in links} == expected
        closed = self.page.locator(".mode.closed .why")
        expect(closed).to_have_count(2 - len(expected))
        for reason in closed.all():
            expect(reason).to_contain_text(CLOSED[self.language])


@pytest.fixture
def arrive(window: Callable[..., Page], demo_to_move: str) -> Callable[[str], Guest]:
    """Lets people come to the demo whose clock may be moved."""
    return lambda language: Guest(window(language), demo_to_move, language)


class TestEveryRowOfTheTable:
    @pytest.mark.parametrize(("scenario", "language"), list(zip(ROWS, IN_TURN, strict=False)))
    def test_is_one_button_away_and_the_shop_says_the_same(
        self, arrive: Callable[[str], Guest], scenario: str, language: str
    ) -> None:
        guest, row, begun = arrive(language), ROWS[scenario], monotonic()

        guest.press("scenario", scenario)
        expect(guest.page).to_have_url(f"{guest.demo}/")

        guest.page.wait_for_load_state()
        guest.reads_notices(*row.notices)
        if row.ways is not None:
            guest.sees_ways(row.ways)
        if "new" in row.opens:
            guest.go("/order")
            expect(guest.page.locator('input[name="offer"]:enabled').first).to_be_visible()
        guest.sees_open(row.opens)
        assert monotonic() - begun < MINUTE

    def test_has_a_button_here(self, arrive: Callable[[str], Guest]) -> None:
        guest = arrive("vi")
        guest.go("/demo")

        buttons = guest.page.locator('button[name="scenario"]')

        assert set(buttons.evaluate_all("all => all.map(each => each.value)")) == set(ROWS)


class TestStepByStep:
    def test_a_customer_uses_all_sees_the_window_open_and_the_term_end(
        self, arrive: Callable[[str], Guest]
    ) -> None:
        guest, begun = arrive("en"), monotonic()

        guest.press("package", "standard")
        guest.sees_notices()
        guest.press("amount", "100")
        guest.sees_notices("full")
        guest.press("edge", "window:at")
        guest.sees_notices("full", "ending")
        guest.press("amount", "10")
        guest.sees_notices("ending")
        guest.press("edge", "term:at")
        guest.sees_notices("ended")

        assert monotonic() - begun < MINUTE

    def test_the_year_ends(self, arrive: Callable[[str], Guest]) -> None:
        guest = arrive("en")
        date, time = guest.page.locator(".demo-clock .date"), guest.page.locator(".demo-clock .time")

        guest.press("edge", "year:before")
        expect(date).to_contain_text("31 Dec")
        expect(time).to_contain_text("23:59:")
        guest.press("edge", "year:at")
        expect(date).to_contain_text("1 Jan")
        expect(time).to_contain_text("00:00:")


class TestBadInput:
    @pytest.mark.parametrize(
        ("days", "language"), list(zip(["-1", "1000000000", "abc"], IN_TURN, strict=False))
    )
    def test_of_days_is_explained_beside_the_clock(
        self, arrive: Callable[[str], Guest], days: str, language: str
    ) -> None:
        self.is_explained(arrive(language), "days", days)

    @pytest.mark.parametrize(("amount", "language"), [("-5", "en"), ("abc", "vi")])
    def test_of_an_amount_is_explained_beside_the_capacity(
        self, arrive: Callable[[str], Guest], amount: str, language: str
    ) -> None:
        self.is_explained(arrive(language), "amount", amount)

    def is_explained(self, guest: Guest, field: str, typed: str) -> None:
        guest.go("/demo")
        date = guest.page.locator(".demo-clock .date").inner_text()

        guest.page.locator(f"#{field}").fill(typed)
        guest.page.locator(f"#{field}").press("Enter")

        alert = guest.page.get_by_role("alert")
        expect(alert).to_contain_text(UNCHANGED[guest.language])
        expect(alert).to_be_focused()
        expect(alert).to_be_in_viewport()
        expect(guest.page.locator(".demo-clock .date")).to_have_text(date)


class TestThePage:
    def test_fits_is_accessible_and_is_plainly_not_the_shop(
        self, arrive: Callable[[str], Guest], language: str
    ) -> None:
        guest = arrive(language)
        guest.press("scenario", "window-used-up")
        guest.press("work", "refund")
        guest.press("work", "statement-dry")
        guest.go("/")
        guest.page.locator('a[href="/demo"]').click()
        expect(guest.page).to_have_url(re.compile("/demo$"))

        expect(guest.page.locator(".demo-band")).to_contain_text(OUT_OF_SHOP[language])
        expect(guest.page.locator(".rail")).to_have_count(0)
        look(guest.page)
