"""`payport explain`: an account's story, as an auditor reads it and as a machine does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from payport.rules.purchase import New, Switch
from tests.support.customer import Customer
from tests.support.shop import Shop

BY = {"actor": "lan@example.vn", "reason": "an outage in February"}


@pytest.fixture
def told(shop: Shop) -> Shop:
    """Bought, adjusted, switched; the switch is claimed back. Commands go by the machine's clock."""
    customer = Customer(shop)
    shop.clock.now = datetime(2026, 2, 1, 5, tzinfo=UTC)
    customer.buys(New(package="standard", months=12))
    shop.payport.adjust("binh-minh", gb=5, **BY)
    customer.uses(15)
    shop.clock.forward(days=10)
    customer.uses(15)
    switch = customer.buys(Switch(package="enterprise", months=12))
    shop.payport.chargeback(switch.payments[0].merchant_reference, switch.total, **BY)
    return shop


class TestAnExplanation:
    def test_tells_every_step_with_its_rule_and_what_was_held(self, cli: Any, told: Shop) -> None:
        ran = cli("explain", "binh-minh")

        assert ran.status == 0
        assert ran.out.startswith("account  binh-minh\n\n2026-02-01 12:00:00+07:00  a package was bought\n")
        assert [line.split(maxsplit=1)[1] for line in ran.lines("rule")] == [
            "new: nothing was held, so from payment",
            "adjustment by staff: with actor and reason, without a payment; gives no credit at a switch",
            "switch at_once: active, so from payment, in place of every term that stood",
            "chargeback opened: the order's grant is suspended",
        ]
        assert ran.lines("before")[1] == "before  active: Standard from 2026-02-01 to 2027-01-31, 10 GB"
        assert (
            ran.lines("after  ")[1]
            == "after   active: Standard from 2026-02-01 to 2027-01-31, 10 GB + 5 GB extra"
        )
        assert [line.split()[-1] for line in ran.lines("by ")] == [BY["actor"]] * 3
        assert ran.lines("credit ")[0].split()[-1] == "-₫1,069,863"
        assert ran.lines("holds")[0].startswith("holds  suspended: Enterprise from 2026-02-11 to 2027-02-10")
        assert ran.lines("note")[0].endswith(" is open")

    def test_is_told_in_vietnamese_too(self, cli: Any, told: Shop) -> None:
        ran = cli("explain", "binh-minh", "--language", "vi")

        assert ran.status == 0
        assert "\n2026-02-01 12:00:00+07:00  mua gói\n" in ran.out
        assert ran.lines("được trừ")[0].endswith("-1.069.863 ₫")
        assert ran.lines("trước")[1].endswith("Tiêu chuẩn từ 01/02/2026 đến 31/01/2027, 10 GB")
        assert not [label for label in ("rule", "before", "holds", "note", "by ") if ran.lines(label)]
        assert "\\xa0" not in ran.out

    def test_is_there_for_machines(self, cli: Any, told: Shop) -> None:
        shown = json.loads(cli("explain", "binh-minh", "--json").out)

        first, adjusted, switched, claimed, suspended, now = shown["steps"]
        assert shown["account"] == "binh-minh"
        assert (first["at"], first["before"]["state"]) == ("2026-02-01T05:00:00+00:00", "none")
        assert first["after"]["held"] == {
            "package": "standard",
            "start": "2026-02-01T05:00:00+00:00",
            "end": "2027-01-31T17:00:00+00:00",
            "included_gb": 10,
            "extra_gb": 0,
            "is_trial": False,
            "is_suspended": False,
        }
        assert (adjusted["actor"], adjusted["reason"], adjusted["money"]) == (*BY.values(), None)
        assert switched["money"]["credited_orders"] == [first["order_number"]]
        assert switched["money"]["credit"] == {"minor": 1_069_863, "currency": "VND"}
        assert (claimed["kind"], claimed["before"], suspended["kind"]) == ("chargeback", None, "suspension")
        assert (now["kind"], now["after"]["state"]) == ("now", "suspended")

    def test_of_an_account_that_is_not_known_is_refused(self, cli: Any, told: Shop) -> None:
        ran = cli("explain", "nobody")

        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith("account: nothing is known of it. Check the id: ")

    def test_in_a_third_language_is_called_wrongly(self, cli: Any, told: Shop) -> None:
        ran = cli("explain", "binh-minh", "--language", "fr")

        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith("--language: ")

    def test_SEC_02_draws_nothing_that_a_person_wrote(self, cli: Any, shop: Shop) -> None:
        shop.payport.adjust("a[bold]", package="standard", months=1, actor="[red]Lan", reason="{x} :smile:")

        out = cli("explain", "a[bold]").out

        assert "account  a[bold]\n" in out
        assert "[red]Lan" in out
        assert "{x} :smile:" in out
