"""The payment page in a real browser: keyboard, narrow screens, and what an accessibility check says."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from payport_simulators.onepay import PAY_PATHS, Faults, Product, RefundFault, Simulator
from tests.support.axe import violations


@pytest.fixture
def link(gateway: httpx.Client, gateway_stage: Any, shop: Any, signer: Any) -> Any:
    """The address that a shop sends its buyer to; the shop answers on return too."""

    def build(product: Product = Product.UNIFIED, **changes: str) -> str:
        query = signer.query(product, vpc_ReturnURL=f"{shop.url}/return?own=1", **changes)
        return f"{gateway_stage.url}{PAY_PATHS[product]}?{query}"

    return build


def serious(page: Page) -> list[str]:
    return [f"{v.id}: {v.html}" for v in violations(page) if v.impact in ("serious", "critical")]


@pytest.mark.parametrize(
    ("size", "locale"),
    [({"width": 1280, "height": 800}, "en"), ({"width": 390, "height": 844}, "vn")],
    ids=["wide", "narrow"],
)
def test_every_page_fits_and_is_accessible(
    page: Page, link: Any, size: Any, locale: str, simulator: Simulator, signer: Any, gateway_stage: Any
) -> None:
    page.set_viewport_size(size)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    def check() -> None:
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.goto(link(vpc_Locale=locale))
    page.locator("summary").click()
    check()
    page.locator("#method-international").click()
    page.get_by_role("button", name="5123450000000008").click()
    check()
    page.get_by_label("CSC" if locale == "vn" else "Security code").fill("000")
    page.locator("#pay").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check()
    page.locator("#method-app").click()
    check()
    page.locator("summary").click()
    page.locator("#pay-and-stay").click()
    check()
    page.goto(link(vpc_Locale=locale, vpc_AccessCode="D0UN0009"))
    check()
    simulator.set_faults(Faults(refund=RefundFault.WAITS))
    simulator.answer_refund(signer.refund().encode())
    page.goto(f"{gateway_stage.url}/portal/refunds?locale={locale}")
    check()
    page.get_by_role("button", name="R-1001-1").first.click()
    check()
    assert [text for text in said if "422" not in text] == []


@pytest.mark.parametrize("product", list(Product))
def test_a_buyer_pays_by_one_button(page: Page, link: Any, shop: Any, product: Product) -> None:
    page.goto(link(product))

    page.get_by_role("button", name="Trả bằng thẻ thử").click()

    expect(page).to_have_url(re.compile(r"/return\?own=1&vpc_.*vpc_TxnResponseCode=0&"))
    assert len([query for query in shop.queries if query.startswith("vpc_")]) == 1


def test_a_buyer_pays_with_the_keyboard_alone(page: Page, link: Any) -> None:
    page.goto(link(vpc_CardList="DOMESTIC"))
    page.get_by_label("Số thẻ", exact=True).fill("9704360000000000002")
    page.get_by_label("Tên chủ thẻ").fill("NGUYEN VAN A")
    page.get_by_label("Ngày phát hành").fill("01/13")
    page.get_by_label("Mã OTP").fill("000000")

    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("25 · Sai mã OTP")
    page.get_by_label("Mã OTP").fill("123456")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/return\?own=1&vpc_.*vpc_TxnResponseCode=0&"))


def test_enter_in_the_fault_panel_saves_and_pays_nothing(page: Page, link: Any, simulator: Simulator) -> None:
    page.goto(link(vpc_CardList="QR"))
    page.locator("summary").click()
    page.get_by_label("vpc_Amount lệch").fill("-1")

    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_label("vpc_Amount lệch")).to_have_value("-1")
    assert simulator.payment("P-1001-1").open
