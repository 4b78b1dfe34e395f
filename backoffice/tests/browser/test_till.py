"""Money that people see, in a browser: confirmed by two, and read from a bank's statement."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from backoffice.tests.office import PEOPLE
from payport import AsyncPayport
from payport_backoffice import Settings, create_app
from payport_simulators import serve
from tests.support.bank_lines import a_line, csv_of
from tests.support.sight import look
from tests.support.transfers import Transfers, open_transfers

pytestmark = pytest.mark.xdist_group("desk")


@pytest.fixture(scope="module")
def transfers(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Transfers]:
    folder = tmp_path_factory.mktemp("till")
    shutil.copy(migrated_sqlite, folder / "payport.sqlite")
    opened = open_transfers(folder, f"sqlite:///{folder / 'payport.sqlite'}")
    yield opened
    opened.shop.payport.close()


@pytest.fixture(scope="module")
def two(transfers: Transfers) -> Iterator[str]:
    shop = AsyncPayport.from_config(transfers.shop.folder / "payport.toml", clock=transfers.clock)
    mounts = [
        Mount(
            f"/{name}",
            create_app(
                shop, Settings(lambda _, name=name: PEOPLE[name], b"k" * 32, ("127.0.0.1",), secure=False)
            ),
        )
        for name in ("huy", "lan")
    ]
    with serve(Starlette(routes=mounts)) as served:
        yield served


def test_money_is_confirmed_by_two_and_a_statement_counts_the_rest(
    transfers: Transfers, two: str, window: Callable[..., Page]
) -> None:
    large, small = transfers.order("large", package="enterprise"), transfers.order("small")
    page = window("vi")
    for name, told in (("huy", "Người thứ hai phải xác nhận"), ("lan", "Khoản tiền đã được tính.")):
        page.goto(f"{two}/{name}/orders/{large.number}/confirm")
        if name == "lan":
            page.locator(".also a").first.click()
            expect(page.locator('[name="bank_reference"]')).to_have_value("FT1")
        look(page)
        page.locator('[name="amount"]').fill("11.000.000")
        page.locator('[name="bank_reference"]').fill("FT1")
        page.locator('[name="note"]').fill("thấy trên sao kê")
        page.locator('main form button[type="submit"]').first.click()
        page.locator('button[value="do"]').click()
        expect(page.get_by_role("status")).to_contain_text(told)

    lines = [
        a_line(f"thanh toan {small.number}", at=transfers.clock(), reference="FT2"),
        a_line("chuyen tien", 5_000, at=transfers.clock(), reference="FT3"),
    ]
    page.goto(f"{two}/huy/statement-lines")
    page.locator('main a[href$="/import"]').click()
    look(page)
    file = {"name": "sao kê.csv", "mimeType": "text/csv", "buffer": csv_of(lines)}
    page.get_by_label("Tệp của ngân hàng").set_input_files(file)
    page.locator('main form button[type="submit"]').first.click()
    expect(page.locator("main table").first).to_contain_text(small.number)
    look(page)
    page.locator('button[value="do"]').dblclick()
    expect(page).to_have_url(re.compile(r"/statement-lines\?done=imported"))

    page.locator('main a[href*="/unmatched/dismiss"]').click()
    page.locator('[name="reason"]').fill("tiền của bên khác")
    page.locator('main form button[type="submit"]').first.click()
    page.locator('button[value="do"]').click()
    expect(page.get_by_role("status")).to_contain_text("Đã bỏ qua")

    assert [transfers.now(order).state for order in (large, small)] == ["paid", "paid"]
