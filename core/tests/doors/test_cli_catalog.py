"""`payport catalog check` and `diff`: a seller's file, its prices, and what another one changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.shop import CATALOG

GOOD = CATALOG.read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """A catalog in the test's folder: `write("b.toml", ("old", "new"))` is the tests' one, changed."""

    def written(name: str = "catalog.toml", *changes: tuple[str, str]) -> str:
        text = GOOD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return written


LATER = (('"test-2026"', '"test-2027"'), ("2026-01-01T", "2027-01-01T"))


class TestAGoodFile:
    def test_is_printed_as_a_price_list(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "check", write())

        assert (ran.status, ran.err) == (0, "")
        assert ran.out.startswith("catalog.toml: nothing is wrong.\n")
        assert ran.lines("standard, ") == ["standard, Standard / Tiêu chuẩn: 10 GB included, VAT 10 %"]
        columns = ["list price", "net", "tax", "gross", "a month", "50 GB added later"]
        assert [name for name in columns if name not in ran.lines("term")[0]] == []
        amounts = [line.split()[2::2] for line in ran.lines("12 months")]
        assert amounts[0] == ["1,000,000", "1,000,000", "100,000", "1,100,000", "91,667", "3,905,000"]

    def test_says_what_its_other_parts_mean(self, cli: Any, write: Any) -> None:
        change = ("[[promotions]]", "[policies]\nrenewal_window = { days = 14 }\n\n[[promotions]]")

        ran = cli("catalog", "check", write("catalog.toml", change))

        assert ran.lines("enterprise  ") == ["enterprise  new, renew, switch, add_capacity"]
        assert ran.lines("vat") == ["vat  VAT / Thuế GTGT  10 %"]
        assert ran.lines("applies") == [
            "applies    with the code ONCE, to 1 order",
            "applies    with the code GIFT, to any number of orders",
        ]
        assert (
            ran.lines("renewal_window")[0].split("  ")[-1]
            == "a renewal is open in the last 14 days of a term"
        )
        assert "default" not in ran.lines("renewal_window")[0]
        assert "default" in ran.lines("switch ")[0]

    def test_has_the_prices_of_another_day_when_asked(self, cli: Any, write: Any) -> None:
        reduced = (
            "percent = 10",
            "percent = 10\nreduced = [{ percent = 8, since = 2026-07-01, before = 2027-01-01 }]",
        )
        file = write("catalog.toml", reduced)

        first, other = cli("catalog", "check", file), cli("catalog", "check", file, "--on", "2026-07-01")
        early = cli("catalog", "check", file, "--on", "2025-12-31")

        assert "1,100,000 VND" in first.lines("12 months")[0]
        assert "1,080,000 VND" in other.lines("12 months")[0]
        assert early.lines("prices of") == ["prices of    2025-12-31, a day before it is in force"]

    def test_shows_the_promotion_that_applies_by_itself(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "check", write("catalog.toml", ('code = "ONCE"\n', ""), ("uses = 1\n", "")))

        assert "Once" in ran.lines("12 months")[0]
        assert "900,000 VND" in ran.lines("12 months")[0]

    def test_may_sell_no_extra_capacity(self, cli: Any, write: Any) -> None:
        start, end = GOOD.index("[extra_capacity]"), GOOD.index("[[promotions]]")
        file = write(
            "catalog.toml",
            (GOOD[start:end], ""),
            ('extra_capacity_on = ["add_capacity"]\n', ""),
            ('extra_capacity_on = ["new", "renew", "switch", "add_capacity"]\n', ""),
            ('on = ["package", "extra_capacity"]\n', ""),
        )

        ran, shown = cli("catalog", "check", file), json.loads(cli("catalog", "check", file, "--json").out)

        assert (ran.status, ran.lines("extra capacity")) == (0, [])
        assert shown["extra_capacity"] is None
        assert shown["packages"][0]["terms"][0]["added"] is None

    def test_is_there_for_machines(self, cli: Any, write: Any) -> None:
        shown = json.loads(cli("catalog", "check", write(), "--json").out)

        term = shown["packages"][1]["terms"][0]
        assert (shown["version"], shown["day"], shown["prices"]) == ("test-2026", "2026-01-01", "net")
        assert term["alone"]["gross"] == {"minor": 11_000_000, "currency": "VND"}
        assert term["with_extra"]["gross"]["minor"] == 14_905_000
        assert shown["promotions"][0]["meaning"]["takes off"] == "10 % of the package"
        assert shown["taxes"][0]["percent_on_day"] == 10
        assert {policy["name"]: policy["default"] for policy in shown["policies"]}["renewal_window"] is True


class TestABadFile:
    SLIPS = (("tier = 2", 'tier = "2"'), ("included_gb = 10\n", ""), ("percent = 10", "percent = 110"))

    def test_has_all_its_faults_named_with_what_to_do(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "check", write("prices.toml", *self.SLIPS))

        assert (ran.status, ran.err) == (1, "")
        assert ran.out == (
            "prices.toml: 3 faults\n"
            "\ntaxes[0].percent (in vat)\n  more than 100.\n  Give 100 or less.\n"
            "\npackages[0].included_gb (in standard)\n  is missing.\n  Add it, as included_gb = 10.\n"
            "\npackages[1].tier (in enterprise)\n  not a whole number.\n"
            "  Write digits alone, no quotes, no point and no comma, as tier = 1.\n"
            "\npackages[0] is the first package of the file, packages[1] the second.\n"
        )

    def test_that_is_no_toml_has_its_line_named(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "check", write("prices.toml", ("100_000", "100.000.000")))

        assert ran.status == 1
        assert ran.out.startswith("prices.toml: 1 fault\n\nthe file\n  not TOML: ")
        assert "(at line 19, column" in ran.out

    def test_is_there_for_machines(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "check", write("prices.toml", *self.SLIPS), "--json")

        shown = json.loads(ran.out)
        assert (ran.status, shown["file"], len(shown["faults"])) == (1, "prices.toml", 3)
        assert shown["faults"][2] == {
            "key": "packages[1].tier",
            "entry": "enterprise",
            "problem": "not a whole number",
            "remedy": "Write digits alone, no quotes, no point and no comma, as tier = 1",
        }

    @pytest.mark.parametrize("which", ["first", "second"])
    def test_is_not_compared(self, cli: Any, write: Any, which: str) -> None:
        good, bad = write("good.toml"), write("bad.toml", *self.SLIPS)

        ran = cli("catalog", "diff", *((bad, good) if which == "first" else (good, bad)))

        assert ran.status == 1
        assert ran.out.startswith("bad.toml: 3 faults\n")

    def test_that_cannot_be_read_is_said_so(self, cli: Any, tmp_path: Path) -> None:
        (tmp_path / "latin.toml").write_bytes('version = "é"'.encode("latin-1"))

        missing, latin = (cli("catalog", "check", name) for name in ("missing.toml", "latin.toml"))

        assert (missing.status, missing.err) == (
            2,
            "FILE: missing.toml cannot be read: No such file or directory. "
            "Correct the path, or let this user read it.\n",
        )
        assert cli("catalog", "check", ".").err.startswith("FILE: . cannot be read: Is a directory. ")
        assert (latin.status, latin.err) == (2, "FILE: latin.toml is not UTF-8 text. Save it as UTF-8.\n")

    def test_SEC_02_can_draw_nothing_by_its_name(self, cli: Any) -> None:
        ran = cli("catalog", "check", "\x1b[31m\nred.toml")

        assert ran.err.startswith(r"FILE: \x1b[31m\nred.toml cannot be read: ")
        assert ran.err.count("\n") == 1

    def test_SEC_02_can_draw_nothing(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "check", write("catalog.toml", ("tier = 1", '"\\u001b[31m" = 1\ntier = 1')))

        assert "\\x1b[31m" in ran.out
        assert "\x1b" not in ran.out


class TestADifference:
    def test_says_each_price_and_each_effect(self, cli: Any, write: Any) -> None:
        old = write()
        new = write(
            "new.toml",
            *LATER,
            ("price = 1_000_000", "price = 1_150_000"),
            ("[[promotions]]", "[policies]\nrenewal_window = { days = 14 }\n\n[[promotions]]"),
        )

        ran = cli("catalog", "diff", old, new)

        assert (ran.status, ran.err) == (1, "")
        assert ran.out.startswith("test-2026 → test-2027, in force from 2027-01-01 00:00:00+07:00\n")
        assert ran.lines("standard") == [
            "standard  12 months  new, renew, switch  1,000,000 VND → 1,150,000 VND  "
            "1,100,000 VND → 1,265,000 VND  +165,000 VND  +15.0 %"
        ]
        assert "prices of 2027-01-01" in ran.out
        assert ran.lines("renewal_window") == [
            "renewal_window  the renewal window shrinks from 30 to 14 days"
        ]

    def test_shows_what_comes_and_goes(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "diff", write(), write("new.toml", *LATER, ("months = 1,", "months = 6,")))

        assert [re.split(" {2,}", line) for line in ran.lines("standard  1 month ")] == [
            ["standard", "1 month", "new, renew, switch", "100,000 VND, withdrawn", "110,000 VND, withdrawn"]
        ]
        assert "new: 110,000 VND" in ran.lines("standard  6 months")[0]

    def test_says_a_fall_and_a_third_of_a_percent(self, cli: Any, write: Any) -> None:
        ran = cli(
            "catalog", "diff", write(), write("new.toml", *LATER, ("price = 100_000", "price = 99_650"))
        )

        assert ran.lines("standard")[0].endswith("-385 VND    -0.4 %")  # 0.35, half up

    def test_is_none_for_a_catalog_that_is_only_called_otherwise(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "diff", write(), write("new.toml", *LATER))

        assert ran.status == 0
        assert ran.out.endswith("\nNo change for any buyer.\n")

    def test_of_words_alone_says_that_prices_stay(self, cli: Any, write: Any) -> None:
        ran = cli("catalog", "diff", write(), write("new.toml", *LATER, ('en = "Standard"', 'en = "Basic"')))

        assert "prices of 2027-01-01\n  no change\n" in ran.out
        assert ran.lines("standard") == [
            "standard  called Basic / Tiêu chuẩn instead of Standard / Tiêu chuẩn"
        ]

    def test_warns_of_the_wrong_order_and_of_a_name_that_was_kept(self, cli: Any, write: Any) -> None:
        old, new = write(), write("new.toml", *LATER)
        same = write("same.toml", ("price = 100_000", "price = 99_000"))

        assert "perhaps they stand in the wrong order" in cli("catalog", "diff", new, old).out
        assert "give the second its own, and its own effective_from" in cli("catalog", "diff", old, same).out
        assert "wrong order" not in cli("catalog", "diff", old, new).out
        assert "its own" not in cli("catalog", "diff", old, old).out

    def test_is_there_for_machines(self, cli: Any, write: Any) -> None:
        ran = cli(
            "catalog",
            "diff",
            write(),
            write("new.toml", *LATER, ("price = 100_000", "price = 99_000")),
            "--json",
        )

        shown = json.loads(ran.out)
        [price] = shown["prices"]
        assert (ran.status, shown["no_change"], shown["day"]) == (1, False, "2027-01-01")
        assert (price["package"], price["months"], price["goods"]) == ("standard", 1, "package")
        assert (price["gross_change"]["minor"], price["percent"]) == (-1_100, "-1.0")
        assert (price["before"]["net"]["minor"], price["after"]["net"]["minor"]) == (100_000, 99_000)
        assert shown["changes"] == []
