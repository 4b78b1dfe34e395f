"""Today: the sums and the drawing, and what needs a person, each one click from its remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backoffice.tests.office import ROOM, Office
from payport import Payport
from tests.support.shop import Clock, Shop


@pytest.fixture
def shop(office: Office, tmp_path: Path) -> Shop:
    clock = office.shop.seller.clock
    assert isinstance(clock, Clock)
    return Shop(Payport(office.shop.seller, office.shop.configuration), clock, tmp_path)


def test_a_quiet_day_says_so(office: Office) -> None:
    page = office.person("anh").get(f"{ROOM}/").text

    assert "Nothing needs a person now." in page
    assert "No money came in these days" in page
    assert "<svg viewBox" not in page


def test_money_is_summed_drawn_and_told_in_figures(office: Office, shop: Shop) -> None:
    shop.ipn(shop.pay(shop.order()))
    shop.clock.forward(days=1)
    shop.ipn(shop.pay(shop.order("hoa-sen")), transaction="14422575")

    page = office.person("anh").get(f"{ROOM}/?days=30").text

    received, week = re.findall(r'<p class="figure"><span class="money">([^<]*)</span>', page)
    assert (received, week) == ("₫1,100,000", "₫2,200,000")
    assert page.count('<rect class="series-0"') == 2
    assert "<title>25 Nov 2026: ₫1,100,000</title>" in page
    assert page.count('<td class="num"><strong><span class="money">₫1,100,000</span></strong></td>') == 2
    assert 'aria-current="true">30 days</a>' in page


class TestAnotherDay:
    def test_is_shown_as_it_was_with_what_waits_now(self, office: Office, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order()))
        shop.clock.forward(days=1)

        page = office.person("anh").get(f"{ROOM}/?day=2026-11-24&days=30").text

        assert "Received that day" in page
        assert "What needs a person now" in page
        assert re.findall(r'<p class="figure"><span class="money">([^<]*)</span>', page)[0] == "₫1,100,000"
        assert f'href="{ROOM}/?day=2026-11-23&amp;days=30"' in page
        assert f'href="{ROOM}/?day=2026-11-25&amp;days=30"' in page

    @pytest.mark.parametrize(
        "day", ["2026-11-26", "9999-12-31", "yesterday", "2026-02-30", "1700-01-01", "0"]
    )
    def test_that_cannot_be_shown_gives_the_newest_and_says_so(self, office: Office, day: str) -> None:
        answer = office.person("anh").get(f"{ROOM}/?day={day}")

        assert answer.status_code == 200
        assert "Here is the newest." in answer.text
        assert "Received today" in answer.text


def test_what_waits_is_told_with_its_remedy_by_how_long_and_leads_each_to_what_they_may(
    office: Office, shop: Shop
) -> None:
    order = shop.order()
    paid = shop.pay(order)
    shop.ipn(paid)
    shop.payport.chargeback(paid.merchant_reference, order.total, actor="Vũ Thị Lan", reason="a claim")

    acts, reads = (office.person(name).get(f"{ROOM}/").text for name in ("huy", "anh"))

    assert "chargebacks that are open" in acts
    assert "Record it as won or lost, once the issuer says so." in acts
    assert f'href="{ROOM}/orders/{order.number}/chargeback?close=' in acts
    assert f'href="{ROOM}/orders/{order.number}"' in reads
    assert f"/orders/{order.number}/chargeback" not in reads
