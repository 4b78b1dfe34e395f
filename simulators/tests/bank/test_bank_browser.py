"""The bank app in a real browser: keyboard, narrow screens, and what an accessibility check says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from payport_simulators.bank import Bank
from tests.support.axe import violations

Build = Callable[..., str]


def serious(page: Page) -> list[str]:
    return [f"{v.id}: {v.html}" for v in violations(page) if v.impact in ("serious", "critical")]


@pytest.mark.parametrize(
    ("size", "lang"),
    [({"width": 1280, "height": 800}, "en"), ({"width": 390, "height": 844}, "vi")],
    ids=["wide", "narrow"],
)
def test_every_page_fits_and_is_accessible(
    page: Page, branch: httpx.Client, qr: Build, size: Any, lang: str
) -> None:
    page.set_viewport_size(size)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    def check() -> None:
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.goto(f"{branch.base_url}/bank/app?lang={lang}")
    page.locator("textarea").fill("hello")
    page.locator("main form button").click()
    check()
    page.locator("textarea").fill(qr(o54=None))
    page.locator("main form button").click()
    page.locator("summary").click()
    check()
    page.locator("#amount").fill("20000")
    page.locator("button[value=send]").click()
    check()
    page.goto(f"{branch.base_url}/bank/app?lang={lang}")
    check()
    assert said == []


def test_a_payer_sends_with_the_keyboard_alone(
    page: Page, branch: httpx.Client, bank: Bank, qr: Build
) -> None:
    page.goto(f"{branch.base_url}/bank/app?qr={qr()}")
    page.get_by_label("Nội dung chuyển tiền").fill("DH1001 cam on")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/bank/app/sent\?line=FT26328000001"))
    assert bank.statement("0123456789")[0].text == "DH1001 cam on"


def test_enter_in_a_field_sends_nothing(page: Page, branch: httpx.Client, bank: Bank, qr: Build) -> None:
    page.goto(f"{branch.base_url}/bank/app?qr={qr()}")
    page.locator("summary").click()
    page.get_by_label("Số tiền lệch").fill("-1")

    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_be_visible()
    assert bank.noise.amount_off_by == -1
    assert bank.statement("0123456789") == ()
