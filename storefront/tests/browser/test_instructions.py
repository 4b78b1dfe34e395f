"""Paying by transfer or in cash, in a browser: a camera reads the code, a hand copies, a printer prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from payport import BuyerDetails, Instructions, New, OrderView
from storefront.tests.browser.camera import scan
from storefront.tests.browser.person import ASK_NOW, PAID
from storefront.tests.street import Street, open_street
from storefront.tests.town import BUYER
from tests.support.sight import look

WAITING = {"vi": "Đang chờ chuyển khoản hoặc tiền mặt", "en": "Waiting for your transfer or cash"}
COPIED = {"vi": "Đã sao chép: ", "en": "Copied: "}
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
PAYERS = count()
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Street]:
    with open_street(tmp_path_factory.mktemp("street") / "shop", migrated=migrated_sqlite) as street:
        yield street


@dataclass(frozen=True)
class Payer:
    """Somebody who has placed an order and chosen to pay by hand, and looks at how."""

    street: Street
    page: Page
    order: OrderView
    language: str

    @property
    def told(self) -> Instructions:
        told = self.street.town.payport.instructions(self.order.number)
        assert told is not None
        assert isinstance(told.checkout, Instructions)
        return told.checkout

    @property
    def address(self) -> str:
        return f"{self.street.url}/result/{self.order.token}"


@pytest.fixture
def pay_by_hand(street: Street, window: Callable[..., Page]) -> Callable[..., Payer]:
    def come(language: str, *, scripts: bool = True, before: str = "", alone: bool = False) -> Payer:
        town, account = street.town, f"payer-{next(PAYERS)}"
        town.payport.start_trial(account)
        quote = town.payport.quote(account, New(package="professional", months=12))
        order = town.payport.place(quote, BuyerDetails(**BUYER))
        page = window(language, scripts=scripts, alone=alone or bool(before))
        if before:
            page.add_init_script(before)
        page.request.get(f"{street.url}/sign-in-of-tests/{account}")
        town.payport.pay(order.number, "order_only", buyer_ip="127.0.0.1")
        page.goto(f"{street.url}/result/{order.token}/instructions")
        return Payer(street, page, order, language)

    return come


def lines_to_copy(payer: Payer) -> list[tuple[Locator, str]]:
    lines = [row for row in payer.told.rows if row.copy]
    buttons = payer.page.locator("button.copy")
    expect(buttons).to_have_count(len(lines))
    return [(buttons.nth(place), row.copy) for place, row in enumerate(lines)]


class TestTheQrCode:
    def test_is_read_by_a_camera_as_exactly_the_text_that_was_made(
        self, pay_by_hand: Callable[..., Payer], language: str
    ) -> None:
        payer = pay_by_hand(language)

        for width in WIDTHS:
            payer.page.set_viewport_size({"width": width, "height": 860})
            expect(payer.page.get_by_role("img", name="QR")).to_be_visible()
            assert scan(payer.page.locator(".qr")) == [payer.told.qr_payload], width

    def test_is_as_large_as_a_hand_holds_a_phone_to(self, pay_by_hand: Callable[..., Payer]) -> None:
        page = pay_by_hand("vi").page

        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            box = page.locator(".qr svg").bounding_box()
            assert box is not None
            assert box["width"] == box["height"] >= 250, width


class TestTheInstructions:
    def test_can_be_seen_by_everybody(self, pay_by_hand: Callable[..., Payer], language: str) -> None:
        payer = pay_by_hand(language)

        look(payer.page)
        payer.page.goto(payer.address)
        look(payer.page)
        payer.page.goto(f"{payer.street.url}/payment/{payer.order.token}")
        look(payer.page)

    def test_are_found_again_after_the_browser_was_closed(
        self, pay_by_hand: Callable[..., Payer], window: Callable[..., Page], language: str
    ) -> None:
        payer = pay_by_hand(language)
        payer.page.close()

        later = window(language)
        later.goto(payer.address)
        expect(later.get_by_role("heading", level=1)).to_have_text(WAITING[language])
        later.locator('#result .actions a[href$="/instructions"]').click()

        assert scan(later.locator(".qr")) == [payer.told.qr_payload]

    def test_turn_into_the_result_by_themselves_once_the_money_is_confirmed(
        self, pay_by_hand: Callable[..., Payer], language: str
    ) -> None:
        payer = pay_by_hand(language)
        town = payer.street.town
        progress = payer.page.locator("#progress")
        expect(progress).to_have_attribute("hx-trigger", "every 20s")

        town.payport.confirm(
            payer.order.number,
            payer.order.total,
            actor="ke-toan",
            booked_on=town.clock().date(),
            bank_reference=f"FT{payer.order.number}",
        )
        progress.evaluate(ASK_NOW)

        expect(payer.page.get_by_role("heading", level=1)).to_have_text(PAID[language])
        expect(payer.page.locator(".qr")).to_have_count(0)
        look(payer.page)


class TestCopying:
    def test_puts_each_line_on_the_clipboard_exactly_and_says_so(
        self, pay_by_hand: Callable[..., Payer], language: str
    ) -> None:
        payer = pay_by_hand(language, alone=True)
        payer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

        for button, text in lines_to_copy(payer):
            button.click()
            expect(payer.page.get_by_role("status")).to_have_text(COPIED[language] + text)
            assert payer.page.evaluate("navigator.clipboard.readText()") == text

    def test_works_with_the_keyboard_and_in_a_browser_that_lends_no_clipboard(
        self, pay_by_hand: Callable[..., Payer]
    ) -> None:
        payer = pay_by_hand("en", before=NO_CLIPBOARD)
        (button, text) = lines_to_copy(payer)[1]

        button.press("Enter")

        expect(payer.page.get_by_role("status")).to_have_text(COPIED["en"] + text)
        expect(button).to_be_focused()
        beside = payer.page.context.new_page()
        beside.goto(payer.street.url)
        beside.evaluate("document.body.innerHTML = '<textarea></textarea>'")
        beside.locator("textarea").press("ControlOrMeta+v")
        expect(beside.locator("textarea")).to_have_value(text)


class TestWithoutScripts:
    def test_all_words_and_the_code_are_there_and_no_button_that_does_nothing(
        self, pay_by_hand: Callable[..., Payer], language: str
    ) -> None:
        payer = pay_by_hand(language, scripts=False)

        for row in payer.told.rows:
            value = row.value.vi if language == "vi" else row.value.en
            expect(payer.page.locator(".told-rows dd").filter(has_text=value).first).to_be_visible()
        assert scan(payer.page.locator(".qr")) == [payer.told.qr_payload]
        assert [button for button in payer.page.locator("#result button").all() if button.is_visible()] == []


class TestPrinting:
    def test_leaves_what_a_payer_needs_on_one_page(
        self, pay_by_hand: Callable[..., Payer], language: str
    ) -> None:
        payer = pay_by_hand(language, before="window.print = () => { window.printed = true }")
        payer.page.locator("[data-print]").click()
        assert payer.page.evaluate("window.printed") is True

        payer.page.emulate_media(media="print")
        payer.page.set_viewport_size({"width": 673, "height": 1000})  # A4 between its margins, in CSS pixels

        for gone in (".rail", ".bar", ".steps", ".foot-note", "#progress", "button.copy", "[data-print]"):
            expect(payer.page.locator(gone).first).to_be_hidden()
        for row in payer.told.rows:
            value = row.value.vi if language == "vi" else row.value.en
            expect(payer.page.locator(".told-rows dd").filter(has_text=value).first).to_be_visible()
        assert scan(payer.page.locator(".qr")) == [payer.told.qr_payload]
        assert payer.page.evaluate("document.documentElement.scrollHeight") <= 1000
