"""The payment page in a real browser: keyboard, narrow screens, and what an accessibility check says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from payport_simulators.nganluong import Simulator, State
from tests.support.axe import violations


def serious(page: Page) -> list[str]:
    return [f"{v.id}: {v.html}" for v in violations(page) if v.impact in ("serious", "critical")]


@pytest.mark.parametrize(
    ("size", "lang"),
    [({"width": 1280, "height": 800}, "en"), ({"width": 390, "height": 844}, "vi")],
    ids=["wide", "narrow"],
)
def test_every_page_fits_and_is_accessible(page: Page, caller: Any, size: Any, lang: str) -> None:
    page.set_viewport_size(size)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    def check() -> None:
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.goto(caller.create(lang_code=lang)["checkout_url"])
    page.locator("summary").click()
    check()
    page.locator("button[value=leave]").click()
    check()
    page.goto(caller.create(payment_method="VISA", bank_code="VISA", lang_code=lang)["checkout_url"])
    check()
    page.locator("summary").click()
    page.locator("button[value=stay]").click()
    check()
    page.goto(f"{caller.client.base_url}/checkout.php?price=1&lang={lang}")
    check()
    assert [text for text in said if "400" not in text] == []


def test_a_buyer_pays_with_the_keyboard_alone(
    page: Page, caller: Any, simulator: Simulator, shop: Any
) -> None:
    page.goto(caller.create()["checkout_url"])
    page.get_by_label("Số dư ví").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("TCB")
    page.get_by_role("button", name="Thanh toán 150.000").focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/return\?own=1&error_code=00&token="))
    order = simulator.order("ORD1001")
    simulator.wait()
    assert (order.paid_with, order.bank) == ("ATM_ONLINE", "TCB")
    assert len(shop.told) == 1


def test_enter_in_the_fault_panel_saves_and_pays_nothing(
    page: Page, caller: Any, simulator: Simulator
) -> None:
    page.goto(caller.create()["checkout_url"])
    page.locator("summary").click()
    page.get_by_label("Số tiền lệch").fill("-1")

    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_label("Số tiền lệch")).to_have_value("-1")
    assert simulator.order("ORD1001").state is State.OPEN
