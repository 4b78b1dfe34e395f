"""docs/hosts/django.md: its tables name what there is, and each block is the sample's or runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import get_commands
from django.http import HttpRequest

from payport import Payport
from payport_django import admin as orders
from payport_django import checks, configuration
from tests.docs.pages import blocks, code_names, page, section
from tests.support.hosted import INDEX, migrated, sample, written

PAGE = page("hosts/django.md")
NOWHERE = "http://127.0.0.1:9"
(SETTINGS,) = blocks(section(PAGE, "Settings"), "python")
(ROWS,) = blocks(section(PAGE, "Your own rows"), "python")
(ADMIN,) = blocks(section(PAGE, "The admin"), "python")
(PROXY,) = blocks(section(PAGE, "Behind a proxy"), "python")
(TEST,) = blocks(section(PAGE, "A test"), "python")


def test_no_block_of_python_is_unknown() -> None:
    run_here = {SETTINGS, ROWS, ADMIN, PROXY, TEST}

    assert [each for each in blocks(PAGE, "python") if each not in sample("django")] == [
        each for each in blocks(PAGE, "python") if each in run_here
    ]


class TestItsTables:
    def test_name_each_setting(self) -> None:
        source = Path(configuration.__file__).read_text(encoding="utf-8")

        assert set(code_names(section(PAGE, "Settings"))) == set(re.findall(r'"(PAYPORT_[A-Z_]+)"', source))

    def test_name_each_check(self) -> None:
        source = Path(checks.__file__).read_text(encoding="utf-8")

        assert code_names(section(PAGE, "Checks")) == sorted(set(re.findall(r'"(payport\.[EW]\d+)"', source)))

    def test_name_each_command(self) -> None:
        ours = {name for name, app in get_commands().items() if app == "payport_django"}

        assert {name.split()[0] for name in code_names(section(PAGE, "Commands"))} == ours


class TestItsBlocks:
    def test_set_what_the_app_reads(self, tmp_path: Path) -> None:
        names: dict[str, Any] = {"INSTALLED_APPS": [], "BASE_DIR": tmp_path}
        exec(SETTINGS, names)

        assert names["INSTALLED_APPS"] == ["payport_django"]
        assert set(re.findall(r"^PAYPORT_\w+", SETTINGS, re.MULTILINE)) <= set(
            code_names(section(PAGE, "Settings"))
        )

    def test_place_before_rows_of_ones_own_and_pay_after_them(self, payport: Payport) -> None:
        made: list[str] = []

        class Lead:
            objects = SimpleNamespace(create=lambda *, number: made.append(number))

        from django.db import transaction

        from payport import BuyerDetails, New

        names: dict[str, Any] = {
            "shop": payport, "quote": payport.quote("hoa-sua", New(package="standard", months=12)),
            "buyer": BuyerDetails(name="Hà", email="ha@example.vn"), "transaction": transaction,
            "Lead": Lead, "ip": "203.0.113.9",
        }  # fmt: skip
        exec(ROWS, names)

        assert made == [names["order"].number]
        assert "vnp_SecureHash=" in names["checkout"].url

    def test_show_a_customers_orders(self) -> None:
        class Customer:
            pk = 7

        registered: list[Any] = []

        def register(_: Any) -> Any:
            return registered.append

        names: dict[str, Any] = {
            "admin": SimpleNamespace(register=register, ModelAdmin=admin.ModelAdmin),
            "Customer": Customer,
            "PayportOrdersMixin": orders.PayportOrdersMixin,
        }
        exec(ADMIN, names)

        (made,) = registered
        assert made.payport_account(None, Customer()) == "customer-7"
        assert issubclass(made, orders.PayportOrdersMixin)

    @pytest.mark.parametrize(
        ("header", "ip"), [("198.51.100.7, 203.0.113.9", "203.0.113.9"), ("203.0.113.9", "203.0.113.9")]
    )
    def test_take_the_address_that_the_last_proxy_saw(self, header: str, ip: str) -> None:
        names: dict[str, Any] = {"HttpRequest": HttpRequest}
        exec(PROXY, names)
        request = HttpRequest()
        request.META["HTTP_X_FORWARDED_FOR"] = header

        assert names["buyer_ip"](request) == ip


class TestTheSample:
    """In processes of its own: it is its own manage.py, and sets Django up."""

    @pytest.fixture
    def environment(self, tmp_path: Path) -> dict[str, str]:
        return written(tmp_path, sample("django"), ours=NOWHERE, gateway=NOWHERE)

    def test_is_sold_by_the_pages_test(self, tmp_path: Path, environment: dict[str, str]) -> None:
        (gateway,) = [each for each in blocks(INDEX, "python") if each.startswith("# gateway.py")]
        (tmp_path / "gateway.py").write_text(gateway, encoding="utf-8")
        (tmp_path / "test_shop.py").write_text(f"{TEST}\n\ntest_a_package_is_sold()\n", encoding="utf-8")
        migrated(environment)

        ran = run(tmp_path, environment, "test_shop.py")

        assert ran.returncode == 0, ran.stderr

    def test_is_checked_and_migrated_by_djangos_own_commands(
        self, tmp_path: Path, environment: dict[str, str]
    ) -> None:
        checked = run(tmp_path, environment, "shop.py", "check")
        before = run(tmp_path, environment, "shop.py", "check", "--database", "default")
        made = run(tmp_path, environment, "shop.py", "payport_migrate")
        after = run(
            tmp_path, environment, "shop.py", "check", "--database", "default", "--fail-level", "WARNING"
        )
        worked = run(tmp_path, environment, "shop.py", "payport_worker", "--once")
        other = run(tmp_path, environment, "shop.py", "payport", "work", "--json")

        assert checked.returncode == 0, checked.stderr
        assert "payport.W004" in before.stderr
        assert (made.returncode, after.returncode, worked.returncode) == (0, 0, 0), after.stderr
        assert other.stdout.strip() == "[]"


def run(folder: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
