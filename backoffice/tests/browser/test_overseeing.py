"""Today, the house and What if in a browser: what needs a person, a checked journal, a priced change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from backoffice.tests.office import PEOPLE
from backoffice.tests.town import settle
from payport_backoffice import Settings, create_app
from payport_simulators import serve
from tests.support.catalogs import catalog_text
from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("desk")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[str]:
    """The address of a host at which an auditor is signed in; of a shop that has sold something."""
    town = settle(tmp_path_factory.mktemp("seen"), migrated_sqlite)
    settings = Settings(lambda _: PEOPLE["bao"], b"k" * 32, ("127.0.0.1",), secure=False)
    with serve(Starlette(routes=[Mount("/desk", create_app(town.seller, settings))])) as served:
        yield f"{served}/desk"


def test_an_auditor_sees_the_day_and_reads_how_a_message_is_signed(
    desk: str, window: Callable[..., Page]
) -> None:
    page = window("vi", 390)
    page.goto(f"{desk}/?theme=dark")
    expect(page.get_by_role("img", name="Tiền đã nhận và đã hoàn theo ngày")).to_be_visible()
    page.get_by_text("Số liệu", exact=True).press("Enter")
    expect(page.get_by_role("table")).to_be_visible()
    look(page)

    page.goto(f"{desk}/house")
    look(page)
    page.get_by_role("navigation", name="Hệ thống").get_by_role("link", name="Hợp đồng chữ ký").click()
    page.get_by_role("link", name="vnpay-ipn").click()
    expect(page.get_by_text("Mọi trường có tên bắt đầu bằng vnp_")).to_be_visible()
    look(page)

    page.get_by_role("navigation", name="Hệ thống").get_by_role("link", name="Khóa").click()
    page.get_by_role("link", name="Đổi").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đổi khóa")
    look(page)


def test_a_journal_is_checked_and_a_changed_catalog_tried_without_scripts(
    desk: str, window: Callable[..., Page]
) -> None:
    page = window("en", scripts=False)
    page.goto(f"{desk}/house/journal")
    page.get_by_role("button", name="Check all of it now").press("Enter")
    expect(page.get_by_role("heading", name="The journal is whole")).to_be_visible()

    page.get_by_role("navigation", name="Rooms").get_by_role("link", name="What if").click()
    page.get_by_label("The changed catalog").fill(catalog_text(("tier = 2", "tier = 1")))
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_role("heading", name="1 fault")).to_be_visible()

    page.get_by_label("The changed catalog").fill(
        catalog_text(("price = 1_000_000 ", "price = 1_100_000 "), version="test-2027")
    )
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_role("heading", name="What test-2027 would have done")).to_be_visible()
    expect(page.get_by_role("heading", name="Those that rise most")).to_be_visible()


def test_what_if_and_work_fit_and_axe_has_nothing_to_say(desk: str, window: Callable[..., Page]) -> None:
    page = window("en")
    page.goto(f"{desk}/what-if")
    page.get_by_label("The changed catalog").fill(catalog_text(version="test-2027"))
    page.get_by_role("button", name="See what it would do").click()
    look(page)
    page.goto(f"{desk}/work")
    look(page)
