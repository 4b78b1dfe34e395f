"""The commands of manage.py: Payport's own, by this project's settings, with status, output and help."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError
from django.test import override_settings

from hosts.django.tests import site
from payport import BuyerDetails, New
from payport_django import get_payport

HERE = "hosts.django.tests.site"


def manage(*arguments: str) -> int:
    """As `manage.py` is called; its exit status."""
    try:
        ManagementUtility(["manage.py", *arguments]).execute()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


class TestCommands:
    def test_are_run_by_the_settings_file(self, configuration: Path, capsys: Any) -> None:
        assert manage("payport_check") == 0
        assert "payport.toml and all that it names is right." in capsys.readouterr().out
        assert manage("payport_work", "--json") == 0
        assert capsys.readouterr().out == "[]\n"
        assert manage("payport", "gateways", "--json") == 0
        assert '"vnpay"' in capsys.readouterr().out

    def test_make_the_tables(self, configuration: Path, capsys: Any) -> None:
        (configuration.parent / "payport.sqlite").unlink()

        assert manage("payport_work") == 1
        assert capsys.readouterr().err == "database: is not there yet. Run `payport migrate`.\n"
        assert manage("payport_migrate", "--traceback", "--settings", "any", "--no-color") == 0
        assert "now at version" in capsys.readouterr().out
        assert manage("payport_work") == 0

    def test_hand_on_what_is_not_understood_with_its_status(self, configuration: Path, capsys: Any) -> None:
        assert manage("payport", "no-such-command") == 2
        assert manage("payport_worker", "--ever", "5") == 2
        assert manage("payport", "order", "--", "--odd") == 1

    @pytest.mark.parametrize("ask", [("payport", "--help"), ("help", "payport"), ("payport",)])
    def test_list_every_command_of_payport(
        self, configuration: Path, capsys: Any, ask: tuple[str, ...]
    ) -> None:
        assert manage(*ask) == 0
        out = capsys.readouterr().out
        assert all(name in out for name in ("doctor", "refund", "journal", "new-plugin"))

    def test_say_what_one_takes(self, configuration: Path, capsys: Any) -> None:
        assert manage("payport_worker", "--help") == 0
        assert "--once" in capsys.readouterr().out

    def test_can_be_called_from_code(self, configuration: Path) -> None:
        out = io.StringIO()

        call_command("payport_work", "--json", stdout=out)
        assert out.getvalue() == "[]\n"
        with pytest.raises(SystemExit):
            call_command("payport", "order", "NOBODY", stdout=out, stderr=out)
        assert "NOBODY" not in out.getvalue().splitlines()[-1]

    def test_say_which_setting_is_wrong(self, configuration: Path, capsys: Any) -> None:
        with override_settings(PAYPORT_CONFIG=None):
            assert manage("payport_check") == 1
            assert "CommandError: settings.PAYPORT_CONFIG: is not set" in capsys.readouterr().err
            with pytest.raises(CommandError):
                call_command("payport_check")

    def test_that_work_tell_the_projects_functions(self, configuration: Path, capsys: Any) -> None:
        site.told.clear()
        with override_settings(PAYPORT_SUBSCRIBERS={"crm": f"{HERE}.tell"}):
            shop = get_payport()
            quote = shop.quote("binh-minh", New(package="standard", months=12))
            order = shop.place(quote, BuyerDetails(name="Hà", email="ha@example.vn"))

            assert manage("payport_worker", "--once") == 0

        assert [(event.type, event.order) for event in site.told] == [("order.placed", order.number)]
        assert "events 1, failed 0" in capsys.readouterr().out

    def test_may_be_of_another_file(self, configuration: Path, tmp_path: Path, capsys: Any) -> None:
        other = shutil.copytree(configuration.parent, tmp_path / "other")
        (other / "payport.toml").rename(other / "other.toml")

        assert manage("payport_check", "--config", str(other / "other.toml")) == 0
        assert "other.toml and all" in capsys.readouterr().out
