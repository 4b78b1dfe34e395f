"""People act in a browser: each act's whole way, and two of them at once."""

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
from payport import AsyncPayport, vnd
from payport_backoffice import Settings, create_app
from payport_simulators import serve
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.sight import look

pytestmark = pytest.mark.xdist_group("desk")

POLICY = "refund = 5_000_000\ncancel = true"


@pytest.fixture(scope="module")
def giving(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[RefundShop]:
    folder = tmp_path_factory.mktemp("acts")
    shutil.copy(migrated_sqlite, folder / "payport.sqlite")
    with refund_shop(folder, f"sqlite:///{folder / 'payport.sqlite'}", four_eyes=POLICY) as opened:
        yield opened


@pytest.fixture(scope="module")
def two(giving: RefundShop) -> Iterator[str]:
    """The address of a host that knows two people by the path that they take: /huy and /lan."""
    shop = AsyncPayport.from_config(giving.shop.folder / "payport.toml", clock=giving.shop.clock)
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


def fill(page: Page, **typed: str) -> None:
    for name, text in typed.items():
        page.locator(f'main [name="{name}"]').fill(text)


def send(page: Page) -> None:
    page.locator('main form button[type="submit"]').first.click()


def test_two_operators_at_once_give_money_back_once_and_the_second_sees_why(
    giving: RefundShop, two: str, window: Callable[..., Page]
) -> None:
    payment = giving.paid()
    path = f"orders/{payment.order_number}/refund"
    huy, lan = window("en"), window("en", alone=True)
    for page, name in ((huy, "huy"), (lan, "lan")):
        page.goto(f"{two}/{name}/{path}")
        if name == "huy":
            look(page)
        fill(page, amount="300.000", reason="the buyer called")
        send(page)
        expect(page.get_by_role("heading", level=2).first).to_have_text("What this will do")
    look(huy)

    huy.locator('button[value="do"]').dblclick()
    expect(huy).to_have_url(re.compile(r"done=refund_succeeded"))
    expect(huy.get_by_role("status")).to_contain_text("The money went back.")
    lan.locator('button[value="do"]').click()
    expect(lan.get_by_role("alert")).to_contain_text("nothing was done")
    expect(lan.locator('[name="amount"]')).to_have_value("300.000")
    look(lan)

    assert [refund.amount for refund in giving.order(payment).refunds] == [vnd(300_000)]


def test_what_needs_two_people_is_proposed_by_one_and_approved_by_the_other(
    giving: RefundShop, two: str, window: Callable[..., Page]
) -> None:
    order = giving.shop.order("two-people")
    page = window("vi")
    page.goto(f"{two}/huy/orders/{order.number}/cancel")
    send(page)  # the browser asks for the reason itself
    expect(page.locator('[name="reason"]')).to_be_focused()
    fill(page, reason="khách đổi ý")
    send(page)
    look(page)
    page.locator('button[value="change"]').click()
    expect(page.locator('[name="reason"]')).to_have_value("khách đổi ý")
    send(page)
    page.locator('button[value="do"]').click()
    expect(page).to_have_url(re.compile(r"/proposals/.*done=proposed"))
    expect(page.locator('form[action$="/approve"]')).to_have_count(0)

    page.goto(f"{two}/lan/proposals")
    look(page)
    page.locator("main td a").first.click()
    look(page)
    page.locator('form[action$="/approve"] button').dblclick()
    expect(page.get_by_role("status")).to_contain_text("Đã duyệt và đã thực hiện.")

    assert giving.shop.payport.order(order.number).state == "cancelled"


def test_an_account_is_adjusted_and_a_chargeback_comes_and_goes_by_keyboard(
    giving: RefundShop, two: str, window: Callable[..., Page]
) -> None:
    payment = giving.paid(account="keyboard")
    page = window("en")
    page.goto(f"{two}/lan/accounts/keyboard/adjust")
    look(page)
    fill(page, days="7", reason="an outage")
    page.locator('[name="reason"]').press("Enter")
    page.locator('button[value="do"]').press("Enter")
    expect(page.get_by_role("status")).to_contain_text("adjusted")

    page.goto(f"{two}/lan/orders/{payment.order_number}/chargeback")
    fill(page, amount="1.100.000", reason="by the issuer")
    page.locator('[name="reason"]').press("Enter")
    page.locator('button[value="do"]').press("Enter")
    expect(page.get_by_role("status")).to_contain_text("recorded")
    page.goto(f"{two}/lan/orders/{payment.order_number}/chargeback")
    look(page)
    page.locator(".ways a").first.press("Enter")
    page.locator('[value="won"]').check()
    fill(page, reason="the bank says so")
    send(page)
    page.locator('button[value="do"]').press("Enter")
    expect(page.get_by_role("status")).to_contain_text("ended")

    assert giving.shop.payport.entitlement("keyboard").state == "active"
