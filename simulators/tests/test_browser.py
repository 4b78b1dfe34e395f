"""The payment page in a real browser: keyboard, narrow screens, and what an accessibility check says."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from payport_simulators.vnpay import Simulator
from tests.support.axe import violations


@pytest.fixture
def link(gateway: httpx.Client, gateway_stage: Any, shop: Any, signer: Any) -> Any:
    """The address that a shop sends its buyer to; the shop answers on return too."""

    def build(reference: str, **changes: str) -> str:
        query = signer.query(vnp_TxnRef=reference, vnp_ReturnUrl=f"{shop.url}/return?own=1", **changes)
        return f"{gateway_stage.url}/paymentv2/vpcpay.html?{query}"

    return build


def serious(page: Page) -> list[str]:
    return [f"{v.id}: {v.html}" for v in violations(page) if v.impact in ("serious", "critical")]


@pytest.mark.parametrize(
    ("size", "locale"),
    [({"width": 1280, "height": 800}, "en"), ({"width": 390, "height": 844}, "vn")],
    ids=["wide", "narrow"],
)
def test_every_page_fits_and_is_accessible(page: Page, link: Any, size: Any, locale: str) -> None:
    page.set_viewport_size(size)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    def check() -> None:
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.goto(link("ORD1", vnp_Locale=locale))
    page.locator("summary").click()
    check()
    page.get_by_role("button", name="NCB").click()
    page.get_by_role("button", name="9704198526191432198").click()
    check()
    page.locator("summary").click()
    page.locator("button[value=leave]").click()
    check()
    page.goto(link("ORD2", vnp_Locale=locale, vnp_Amount="1"))
    check()
    assert said == []


def test_a_buyer_pays_with_the_keyboard_alone(page: Page, link: Any, shop: Any) -> None:
    page.goto(link("ORD1", vnp_BankCode="NCB"))
    page.get_by_label("Số thẻ").fill("9704198526191432198")
    page.get_by_label("Tên chủ thẻ").fill("NGUYEN VAN A")
    page.get_by_label("Ngày phát hành").fill("07/15")
    page.get_by_label("Mã OTP").fill("000000")

    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Mã OTP không đúng")
    expect(page.get_by_label("Mã OTP")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("123456")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/return\?own=1&vnp_Amount=15000000&.*vnp_ResponseCode=00"))
    assert len([query for query in shop.queries if query.startswith("vnp_")]) == 1


def test_enter_in_the_fault_panel_saves_and_pays_nothing_on_the_choice_page(
    page: Page, link: Any, simulator: Simulator
) -> None:
    page.goto(link("ORD1"))
    page.locator("summary").click()
    page.get_by_label("Số tiền lệch").fill("-1")

    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_label("Số tiền lệch")).to_have_value("-1")
    assert simulator.transaction("ORD1").open
