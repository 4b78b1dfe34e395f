"""The demo's people sign in, in a real browser, and are at the back office in their own role."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from payport_storefront.demo.operators import PEOPLE
from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("demo-panel")  # a demo is slow to start: one worker has it

TODAY = {"vi": "Hôm nay", "en": "Today"}
ROLES = {
    "vi": {"viewer": "Người xem", "operator": "Nhân viên", "approver": "Người duyệt", "auditor": "Kiểm toán"},
    "en": {"viewer": "Viewer", "operator": "Operator", "approver": "Approver", "auditor": "Auditor"},
}


@pytest.mark.parametrize(("language", "names"), [("vi", ("anh", "huy")), ("en", ("lan", "bao"))])
def test_each_person_signs_in_and_is_at_the_desk_in_their_own_role(
    demo: str, window: Callable[..., Page], language: str, names: tuple[str, str]
) -> None:
    page = window(language)
    page.goto(f"{demo}/backoffice")
    page.locator("main .button").click()
    look(page)

    for person in (PEOPLE[name] for name in names):
        page.set_viewport_size({"width": 1280, "height": 860})
        page.get_by_role("button", name=person.name).first.click()
        expect(page).to_have_url(re.compile("/backoffice/$"))
        expect(page.get_by_role("heading", level=1)).to_have_text(TODAY[language])
        expect(page.locator(".who .name")).to_have_text(f"{person.name}{ROLES[language][person.role]}")
        page.locator(".who a").click()

    page.locator('main a[href="/backoffice/"]').click()
    page.get_by_role("searchbox").fill("SV-NOBODY")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_be_visible()
    look(page)
