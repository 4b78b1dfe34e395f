"""Somebody at a browser, on a street: chooses, places, pays on the page of whichever gateway takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from playwright.sync_api import Page, expect

__all__ = ["ASK_NOW", "IN_TURN", "PAID", "Person"]

IN_TURN: Final = ("vi", "en") * 20
"""The languages of a long list of journeys: one for each, for a browser is slow. Pages are read in both."""

PAID: Final = {"vi": "Đã thanh toán. Cảm ơn bạn!", "en": "Paid. Thank you!"}
ASK_NOW: Final = (
    """progress => htmx.ajax("GET", progress.getAttribute("hx-get"), {source: progress, target: progress})"""
)
"""What the part of a page that refreshes itself does, without its pause."""
_GO_ON: Final = {"vi": "Tiếp tục đến xác nhận", "en": "Go on to the confirmation"}
_PLACE: Final = {"vi": "Đặt hàng", "en": "Place the order"}
_GATEWAY: Final = re.compile("/gateways/([a-z]+)/")
_CARD: Final = 'button[value="card:9704198526191432198"]'  # on VNPAY's page a test card is taken up first
_PAY: Final = {"vnpay": 'button.button[value="pay"]', "onepay": "#pay-test-card", "nganluong": "#pay"}
_NO_MONEY: Final = {"vnpay": "51", "onepay": "5", "nganluong": "25"}


class Person:
    """One window, in one language."""

    def __init__(self, page: Page, url: str, language: str) -> None:
        self.page, self.url, self.language = page, url, language

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def signs_in(self, account: str) -> None:
        """At a door that has no page to look at."""
        assert self.page.request.get(f"{self.url}/sign-in-of-tests/{account}").ok

    def reads(self, text: str, where: str = "main") -> None:
        expect(self.page.locator(where)).to_contain_text(text)

    # -- in the shop

    def choose_mode(self, mode: str) -> None:
        self.page.locator(f'.mode a[href$="{mode}"]').click()
        expect(self.page).to_have_url(re.compile(f"mode={mode}"))

    def choose(self, chosen: Mapping[str, str]) -> None:
        """Args: chosen: what is typed, by selector; under `offer` the one that is checked."""
        self.page.wait_for_load_state()  # the price follows the choice once its script is there
        for where, what in chosen.items():
            if where == "offer":
                self.page.locator(f'input[name="offer"][value="{what}"]').check()
            else:
                self.page.locator(where).fill(what)

    def go_on(self) -> None:
        self.page.get_by_role("button", name=_GO_ON[self.language]).click()
        expect(self.page).to_have_url(re.compile("/order/confirm/"))

    def place(self) -> None:
        self.page.locator("#name").fill("Nguyễn Thu Hà")
        self.page.locator("#phone").fill("0912 345 678")
        self.page.locator("#email").fill("ha@example.vn")
        self.page.get_by_role("button", name=_PLACE[self.language]).click()
        expect(self.page).to_have_url(re.compile("/(payment|result)/"))

    def hand_over(self, method: str, choice: str = "") -> None:
        """To where this method is paid. Without a choice of the shop's, it is made there."""
        self.page.locator(f'input[name="method"][value="{method}"]').check()
        if choice:
            self.page.locator(f'input[name="choice_{method}"][value="{choice}"]').check()
        self.page.locator('main button[type="submit"]').click()
        expect(self.page).to_have_url(re.compile("/gateways/|/instructions"))

    # -- on the gateway's page

    def pay(self) -> None:
        page = self.page
        if page.locator('button[value="bank:NCB"]').count():
            page.locator('button[value="bank:NCB"]').click()
        if self._gateway == "vnpay":
            page.locator(_CARD).click()
        page.locator(_PAY[self._gateway]).click()

    def fails(self) -> None:
        """There is not enough money; in the wallet, where another try may follow, the buyer gives up."""
        if self._gateway == "nganluong":
            self.page.locator("#cancel").click()
        else:
            self.is_declined()

    def is_declined(self) -> None:
        """There is not enough money on the card, or in the wallet."""
        self._open_panel()
        self.page.locator("#fail_code").select_option(_NO_MONEY[self._gateway])
        self.page.locator('button[value="fail"]').click()

    def will_close_the_browser(self) -> None:
        """As soon as the money is paid: nothing leads back to the shop."""
        self._open_panel()
        self.page.locator("#fault_delivery").select_option("ipn-only")
        self.page.locator('button[value="save"].tool').click()

    @property
    def _gateway(self) -> str:
        found = _GATEWAY.search(self.page.url)
        assert found, self.page.url
        return found[1]

    def _open_panel(self) -> None:
        self.page.locator("details.panel summary").click()
