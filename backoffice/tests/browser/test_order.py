"""An order in a browser, from its story to the proof of each moment, and on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from backoffice.tests.town import Town
from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("desk")


def test_an_auditor_follows_an_orders_money_to_its_proof(
    desk: str, town: Town, window: Callable[..., Page]
) -> None:
    page = window("vi", 390)
    page.goto(f"{desk}/bao/orders/{town.mallory.number}?theme=dark")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đã thanh toán")
    look(page)

    page.get_by_role("link", name="Tiền", exact=True).press("Enter")
    expect(page.locator(".story")).not_to_contain_text("báo cho máy chủ")
    page.get_by_role("link", name=re.compile("^Thông báo")).first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bằng chứng")
    expect(page.get_by_role("cell", name="vnp_TxnRef")).to_be_visible()
    look(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Tải bằng chứng").press("Enter")
    assert json.loads(started.value.path().read_text(encoding="utf-8"))["form"] == "payport evidence 1"

    page.get_by_role("link", name=town.mallory.number).click()
    page.get_by_role("link", name=re.compile("^Nhật ký,")).last.click()
    page.get_by_text("Nội dung được băm").press("Enter")
    expect(page.get_by_role("region", name="Nội dung được băm")).to_contain_text('"form": 1')
    look(page)


def test_whoever_answers_the_telephone_reads_the_story_and_prints_it_on_one_page(
    desk: str, town: Town, window: Callable[..., Page]
) -> None:
    page = window("en", 1280, alone=True)
    page.goto(f"{desk}/huy/orders/{town.ha.number}?theme=light")
    expect(page.get_by_text("Nguyễn Thu Hà").first).to_be_visible()
    expect(page.get_by_role("link", name="Give money back")).to_have_attribute(
        "href", f"/huy/orders/{town.ha.number}/refund"
    )
    look(page)

    page.get_by_role("link", name="Calls to the gateway").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("Begin the payment")
    look(page)
    page.go_back()

    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_text("Printed")).to_be_visible()
