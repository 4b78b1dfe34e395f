"""How the desk looks and works in a browser: every part, in both widths, light and dark, without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from backoffice.tests.office import PEOPLE
from backoffice.tests.specimen import TEMPLATES, Specimen
from payport import AsyncPayport
from payport_backoffice import Settings, create_app
from payport_simulators import serve
from tests.support.shop import Clock, write_configuration
from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("desk")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[str]:
    """The address of a host whose one operator is always signed in."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(migrated_sqlite, folder / "payport.sqlite")
    shop = AsyncPayport.from_config(
        write_configuration(folder, f"sqlite:///{folder / 'payport.sqlite'}"), clock=Clock()
    )
    settings = Settings(lambda _: PEOPLE["lan"], b"k" * 32, ("127.0.0.1",), secure=False, sign_in="/login")
    app = create_app(shop, settings, also=(Specimen,), templates=TEMPLATES)
    with serve(Starlette(routes=[Mount("/desk", app)])) as served:
        yield f"{served}/desk"


@pytest.mark.parametrize(("language", "theme"), [("vi", "dark"), ("en", "light")])
def test_every_part_fits_both_widths_and_axe_has_nothing_to_say(
    desk: str, window: Callable[..., Page], language: str, theme: str
) -> None:
    """axe looks at the narrow one in the dark, and at the wide one in the light: both have all the parts."""
    page = window(language)

    for path in ("/specimen", "/specimen/one"):
        page.goto(f"{desk}{path}?theme={theme}")
        look(page)


def test_the_rooms_open_and_close_without_scripts_on_a_narrow_screen(
    desk: str, window: Callable[..., Page]
) -> None:
    page = window("vi", 390, scripts=False)
    page.goto(f"{desk}/specimen")
    rooms = page.get_by_role("navigation", name="Các mục")
    expect(rooms).to_be_hidden()

    page.get_by_role("button", name="Các mục").press("Enter")
    expect(rooms).to_be_visible()
    page.keyboard.press("Escape")
    expect(rooms).to_be_hidden()

    page.get_by_role("button", name="Các mục").click()
    rooms.get_by_role("link").first.click()
    expect(page).to_have_url(f"{desk}/")


def test_WEB_06_a_form_that_another_site_sends_does_nothing_and_a_link_there_leads_in(
    desk: str, window: Callable[..., Page]
) -> None:
    """127.0.0.1 and localhost are two sites to a browser."""
    page = window("en", alone=True)
    other = desk.replace("127.0.0.1", "localhost")
    page.goto(f"{desk}/")
    page.route(f"{other}/**", lambda route: route.fulfill(body=_elsewhere(desk), content_type="text/html"))

    page.goto(f"{other}/evil")
    page.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")

    page.goto(f"{other}/evil")
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This form is no longer valid")


def _elsewhere(desk: str) -> str:
    form = f'<form method="post" action="{desk}/specimen/one"><button>win</button></form>'
    return f'<a href="{desk}/">a link</a>{form}'
