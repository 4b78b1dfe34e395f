"""`payport quote`: an itemised price of any purchase, stored nowhere; or why the purchase is not open."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from payport.rules.entitlement import GB
from payport.rules.purchase import New
from payport.storage import tables as t
from tests.support.shop import BUYER, Shop


@pytest.fixture(autouse=True)
def _now(shop: Shop) -> None:
    shop.clock.now = datetime.now(UTC)  # commands go by the machine's clock


def quoted(cli: Any, purchase: str, *more: str, account: str = "binh-minh") -> Any:
    return cli("quote", "--account", account, "--purchase", purchase, *more)


def holding(shop: Shop, *, months: int = 12, days_ago: int = 0, used_gb: int = 0) -> None:
    """The account has bought Standard, and uses so much now."""
    now = shop.clock.now
    shop.clock.now = now - timedelta(days=days_ago)
    quote = shop.payport.quote("binh-minh", New(package="standard", months=months))
    order = shop.payport.place(quote, BUYER)
    shop.ipn(shop.pay(order))
    shop.clock.now = now
    shop.payport.report_usage("binh-minh", used_gb * GB, now)


class TestANewPackage:
    def test_is_itemised_with_what_it_would_give(self, cli: Any, shop: Shop) -> None:
        ran = quoted(
            cli, "new", "--package", "enterprise", "--months", "12", "--extra-steps", "2", "--code", "ONCE"
        )

        assert (ran.status, ran.err) == (0, "")
        assert [line.split("  ")[-1] for line in ran.lines("Once")] == ["10% off ₫10,000,000"]
        assert ran.lines("total")[0].split() == [
            "total",
            "16,100,000",
            "VND",
            "1,610,000",
            "VND",
            "17,710,000",
            "VND",
        ]
        assert ran.lines("VAT") == ["VAT    10 %  16,100,000 VND  1,610,000 VND"]
        assert "100 GB" in ran.lines("extra capacity")[0]
        [held] = ran.lines("now")
        assert held.split()[:2] == ["now", "Enterprise"]
        assert held.endswith("100 GB    100 GB")
        assert "such a quote holds until" in ran.out

    def test_stores_nothing(self, cli: Any, shop: Shop) -> None:
        quoted(cli, "new", "--package", "standard", "--months", "1", "--code", "ONCE")

        with shop.payport.seller.database.reading() as connection:
            kept = [
                connection.scalar(select(func.count()).select_from(table))
                for table in (t.quotes, t.orders, t.grants, t.catalogs, t.code_uses)
            ]
        assert kept == [0, 0, 0, 0, 0]

    def test_speaks_vietnamese_when_asked(self, cli: Any, shop: Shop) -> None:
        ran = quoted(cli, "new", "--package", "standard", "--months", "12", "--language", "vi")

        assert ran.lines("Tiêu chuẩn")[0].endswith("giá niêm yết cho 12 tháng")
        assert ran.lines("Thuế GTGT")

    def test_says_what_the_buyer_should_know(self, cli: Any, shop_with: Any) -> None:
        automatic = '\n[[promotions]]\nid = "half"\nnames = { vi = "Nửa giá", en = "Half" }\npercent = 50\n'
        shop_with(automatic)

        ran = quoted(cli, "new", "--package", "standard", "--months", "12", "--code", "ONCE")

        assert ran.lines("note ") == [
            "note  The code is not used: “Half” takes off more and does not combine with it"
        ]

    def test_is_there_for_machines(self, cli: Any, shop: Shop) -> None:
        shown = json.loads(quoted(cli, "new", "--package", "standard", "--months", "12", "--json").out)

        assert (shown["open"], shown["total"]["minor"], "id" in shown) == (True, 1_100_000, False)
        assert shown["grant"][0]["kind"] == "term"
        assert (shown["held"]["package"], shown["future"]) == ("standard", None)


class TestARenewal:
    def test_begins_where_the_running_term_ends(self, cli: Any, shop: Shop) -> None:
        holding(shop, months=1, days_ago=5)

        ran = quoted(cli, "renew", "--months", "12")
        shown = json.loads(quoted(cli, "renew", "--months", "12", "--json").out)

        assert ran.status == 0
        assert len(ran.lines("now ")) == len(ran.lines("then ")) == 1
        assert shown["held"]["ends_at"] == shown["future"]["starts_at"]

    def test_that_is_not_open_has_the_reason_the_day_and_what_is_open(self, cli: Any, shop: Shop) -> None:
        holding(shop, used_gb=10)

        ran = quoted(cli, "renew", "--months", "12")
        shown = json.loads(quoted(cli, "renew", "--months", "12", "--json").out)

        assert (ran.status, ran.err) == (1, "")
        assert ran.lines("because") == ["because       open only in the last 30 days of the term"]
        assert ran.lines("open instead") == ["open instead  add_capacity, switch"]
        assert ran.lines("open from")[0].endswith("00:00:00+07:00")
        assert (shown["open"], shown["instead"]) == (False, ["add_capacity", "switch"])
        assert shown["reason"]["vi"] == "chỉ mở trong 30 ngày cuối của kỳ hạn"
        assert datetime.fromisoformat(shown["opens_at"]).tzinfo is not None

    def test_of_nothing_is_not_open_and_the_other_language_says_why(self, cli: Any, shop: Shop) -> None:
        ran = quoted(cli, "renew", "--months", "12", "--language", "vi")

        assert ran.status == 1
        assert ran.lines("because") == ["because       chưa có gói nào"]
        assert ran.lines("open instead") == ["open instead  new"]


class TestASwitch:
    def test_shows_the_credit_as_a_line(self, cli: Any, shop: Shop) -> None:
        holding(shop, used_gb=10)

        ran = quoted(cli, "switch", "--package", "enterprise", "--months", "12")

        [credit] = ran.lines("Unused value of Standard")
        assert "-1,000,000 VND" in credit
        assert ran.lines("now")[0].split()[1] == "Enterprise"

    def test_shows_the_days_that_credit_adds(self, cli: Any, shop_with: Any) -> None:
        shop = shop_with("\n[policies]\nswitch_any_time = true\n")
        quote = shop.payport.quote("binh-minh", New(package="enterprise", months=12))
        shop.ipn(shop.pay(shop.payport.place(quote, BUYER)))
        shop.payport.report_usage("binh-minh", 0, shop.clock.now)

        ran = quoted(cli, "switch", "--package", "standard", "--months", "12")

        assert int(ran.lines("days from credit")[0].split()[-1]) > 3000
        assert ran.lines("total")[0].split()[1] == "0"


class TestAddedCapacity:
    def test_is_priced_by_days_and_joins_what_is_held(self, cli: Any, shop: Shop) -> None:
        holding(shop, days_ago=100, used_gb=10)

        ran = quoted(cli, "add_capacity", "--steps", "2")

        assert "days left ÷" in ran.lines("Extra capacity 100 GB")[0]
        assert ran.lines("now")[0].endswith("10 GB     100 GB")


class TestACallThatCannotBe:
    @pytest.mark.parametrize(
        ("purchase", "options", "error"),
        [
            ("switch", "--months 12", "--package: is not given, and switch needs it. "),
            ("new", "--package standard", "--months: is not given, and new needs it. "),
            ("add_capacity", "", "--steps: is not given, and add_capacity needs it. "),
            ("renew", "--months 12 --package standard", "--package: is not for renew. "),
            ("add_capacity", "--steps 1 --extra-steps 1", "--extra-steps: is not for add_capacity. "),
            ("renew", "--months 0", "--months: is nothing that can be asked for. "),
            ("renew", "--months x", "--months: has a value of another kind. "),
            ("new", "--package ! --months 12", "--package: is nothing that can be asked for. "),
            ("gift", "", "--purchase: has a value of another kind. "),
        ],
    )
    def test_names_the_option(self, cli: Any, shop: Shop, purchase: str, options: str, error: str) -> None:
        ran = quoted(cli, purchase, *options.split())

        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith(error)

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ("--package standard --months 7", "months: Standard is not sold for this many months. "),
            ("--package basic --months 12", "package: not sold in this catalog. "),
            ("--package standard --months 12 --code NONE", "code: there is no such code. "),
            (
                "--package standard --months 12 --extra-steps 1",
                "extra_steps: Standard takes no extra capacity",
            ),
        ],
    )
    def test_or_what_is_not_sold(self, cli: Any, shop: Shop, options: str, error: str) -> None:
        ran = quoted(cli, "new", *options.split())

        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith(error)


@pytest.fixture
def shop_with(shop: Shop) -> Any:
    """The shop anew, its catalog with these lines below."""

    def opened(lines: str) -> Shop:
        file = shop.folder / "catalog.toml"
        file.write_text(file.read_text(encoding="utf-8") + lines, encoding="utf-8")
        shop.payport.reload_catalogs()
        return shop

    return opened
