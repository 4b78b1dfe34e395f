"""Finding and lists in a browser, as somebody does who answers the phone: by keyboard, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect

from backoffice.tests.town import Town
from payport_backoffice.pages import listing
from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("desk")


def test_an_order_is_found_by_what_the_buyer_says(desk: str, town: Town, window: Callable[..., Page]) -> None:
    page = window("vi", 390)
    page.goto(f"{desk}/huy/")

    page.get_by_role("searchbox").fill("thu ha")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kết quả cho “thu ha”")
    expect(page.get_by_role("link", name=town.ha.number)).to_be_visible()
    look(page)

    page.get_by_role("link", name="an-tam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("an-tam")
    page.get_by_text("Giá được tính thế nào").click()
    look(page)


def test_a_list_is_narrowed_and_walked_without_scripts(
    desk: str, town: Town, window: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_SHOWN", 1)
    page = window("en", 1280, scripts=False)
    page.goto(f"{desk}/huy/orders")
    shown = page.get_by_role("table").locator("tbody tr")

    page.get_by_label("Total").fill("1.100.000")
    page.get_by_label("Total").press("Enter")
    expect(shown).to_contain_text([town.mallory.number])
    page.get_by_role("link", name="Older ones").click()
    expect(shown).to_contain_text([town.ha.number])
    expect(page.get_by_label("Total")).to_have_value("1.100.000")
    page.go_back()
    expect(shown).to_contain_text([town.mallory.number])

    page.get_by_label("State").select_option("Partly refunded")
    page.get_by_text("More filters").press("Enter")
    page.get_by_label("Method").select_option("Bank transfer or cash")
    page.get_by_role("button", name="Show").first.press("Enter")
    expect(shown).to_contain_text([town.ha.number])
    with page.expect_download() as started:
        page.get_by_role("link", name="Save as CSV").click()
    assert town.ha.number in started.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="Show all").click()
    expect(page).to_have_url(f"{desk}/huy/orders")


@pytest.mark.parametrize(
    ("language", "theme", "paths"),
    [
        ("vi", "dark", ("orders", "statement-lines", "journal")),
        ("en", "light", ("payments", "refunds", "callbacks")),
    ],
)
def test_every_list_fits_both_widths_and_axe_has_nothing_to_say(
    desk: str, window: Callable[..., Page], language: str, theme: str, paths: Sequence[str]
) -> None:
    """They are made of the same parts, so each is looked at in one language."""
    page = window(language)

    for path in paths:
        page.goto(f"{desk}/bao/{path}?theme={theme}")
        if path == "journal":
            page.locator("details.proof summary").first.click()
        look(page)
