"""`manage.py check`: each fault with its id and remedy, no secret, no gateway called, no database needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from hosts.django.tests.conftest import MIDDLEWARE
from payport_django.process import forget
from tests.support.sign import SECRET

HERE = "hosts.django.tests.site"


def found(*, deploy: bool = False, databases: Sequence[str] | None = None) -> dict[str, CheckMessage]:
    """By id. None holds a secret, and each says what to do."""
    messages = run_checks(tags=["payport", "database"], include_deployment_checks=deploy, databases=databases)
    ours = [message for message in messages if str(message.id).startswith("payport.")]
    assert all(message.hint for message in ours)
    assert SECRET not in "".join(map(str, ours))
    return {str(message.id): message for message in ours}


def change(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
    forget()


def test_a_right_project_has_nothing_to_be_told(configuration: Path) -> None:
    assert found(deploy=True, databases=["default"]) == {}


class TestSettings:
    def test_that_name_no_file(self, configuration: Path) -> None:
        with override_settings(PAYPORT_CONFIG=""):
            assert found()["payport.E001"].msg == "settings.PAYPORT_CONFIG: is not set"
            assert set(found(deploy=True, databases=["default"])) == {"payport.E001"}

    def test_that_name_a_file_which_is_not_there(self, tmp_path: Path) -> None:
        with override_settings(PAYPORT_CONFIG=tmp_path / "payport.toml"):
            assert "payport.toml cannot be read: No such file" in found()["payport.E002"].msg

    @pytest.mark.parametrize("name", ["nothing", "tell_later"])
    def test_that_name_no_function(self, configuration: Path, name: str) -> None:
        with override_settings(PAYPORT_SUBSCRIBERS={"crm": f"{HERE}.{name}"}):
            assert set(found()) == {"payport.E001"}


class TestTheFile:
    def test_that_cannot_be_used_is_an_error_with_what_to_do(self, configuration: Path) -> None:
        change(configuration, ('"SV"', '"sv"'))

        assert "payport.toml: seller.reference_prefix" in found()["payport.E002"].msg

    def test_that_names_a_key_which_has_ended_is_a_warning_and_stops_no_command(
        self, configuration: Path
    ) -> None:
        key = f'value = "{SECRET}"'
        change(configuration, (key, f"{key}, not_after = 2000-01-01T00:00:00Z"))

        told = found()

        assert set(told) == {"payport.W001"}
        assert told["payport.W001"].hint == "Add one, or correct its dates."

    def test_that_has_an_old_key_hides_no_setting_that_cannot_be_used(self, configuration: Path) -> None:
        key = f'value = "{SECRET}"'
        change(configuration, (key, f"{key}, not_after = 2000-01-01T00:00:00Z"))

        with override_settings(PAYPORT_SUBSCRIBERS={"crm": f"{HERE}.nothing"}):
            told = found()

        assert set(told) == {"payport.E001", "payport.W001"}
        assert "cannot be imported" in told["payport.E001"].msg

    def test_is_read_without_its_database(self, configuration: Path) -> None:
        (configuration.parent / "payport.sqlite").unlink()

        assert found(deploy=True) == {}
        assert not (configuration.parent / "payport.sqlite").exists()


class TestAnAddress:
    def test_of_the_doors_that_leads_nowhere_is_an_error(self, configuration: Path) -> None:
        change(configuration, ("127.0.0.1:9/pay", "127.0.0.1:9/payment"))

        assert "/payment/vnpay-main/ipn, where no door is" in found(deploy=True)["payport.E003"].msg

    def test_of_the_doors_that_leads_to_another_page_is_an_error(self, configuration: Path) -> None:
        change(configuration, ("127.0.0.1:9/pay", "127.0.0.1:9/admin"))

        assert set(found()) == {"payport.E003"}

    def test_below_a_path_at_which_the_project_stands_is_found(self, configuration: Path) -> None:
        from django.urls import set_script_prefix

        change(configuration, ("127.0.0.1:9/", "127.0.0.1:9/shop/"))
        assert set(found()) == {"payport.E003", "payport.W002"}
        with override_settings(FORCE_SCRIPT_NAME="/shop"):
            set_script_prefix("/shop/")  # as django.setup() does
            try:
                assert found(deploy=True) == {}
            finally:
                set_script_prefix("/")

    def test_of_the_result_that_leads_nowhere_is_a_warning(self, configuration: Path) -> None:
        change(configuration, ("/result/", "/results/"))

        assert set(found()) == {"payport.W002"}

    def test_of_a_result_elsewhere_is_the_hosts_own_matter(self, configuration: Path) -> None:
        change(configuration, ("http://127.0.0.1:9/result/", "https://app.example/orders/"))

        assert found() == {}


class TestBeforeADeployment:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"ALLOWED_HOSTS": ["shop.example"]}, "answered 400"),
            ({"PREPEND_WWW": True}, "answered 301 to http://www.127.0.0.1:9/pay/vnpay-main/ipn"),
            ({"SECURE_SSL_REDIRECT": True}, "answered 301 to https://127.0.0.1:9/pay/vnpay-main/ipn"),
            ({"MIDDLEWARE": [f"{HERE}.sends_all_to_log_in"]}, "answered 302 to /login"),
        ],
    )
    def test_what_stands_before_a_door_is_found_by_going_there(
        self, configuration: Path, settings: dict[str, Any], said: str
    ) -> None:
        with override_settings(**{"MIDDLEWARE": MIDDLEWARE, **settings}):
            assert found() == {}
            assert said in found(deploy=True)["payport.E004"].msg

    def test_a_site_of_https_is_asked_by_https(self, configuration: Path) -> None:
        change(configuration, ("http://127.0.0.1:9/", "https://127.0.0.1:9/"))

        with override_settings(MIDDLEWARE=MIDDLEWARE, SECURE_SSL_REDIRECT=True):
            assert found(deploy=True) == {}

    def test_a_result_page_that_another_server_has_hides_nothing(self, configuration: Path) -> None:
        change(configuration, ("/result/", "/results/"))

        with override_settings(MIDDLEWARE=[f"{HERE}.sends_all_to_log_in"]):
            assert set(found(deploy=True)) == {"payport.W002", "payport.E004"}

    def test_a_subscriber_that_other_processes_do_not_know_is_named(self, configuration: Path) -> None:
        with override_settings(PAYPORT_SUBSCRIBERS={"crm": f"{HERE}.tell"}):
            assert found() == {}
            assert '[[subscribers]] name = "crm"' in str(found(deploy=True)["payport.W003"].hint)
            change(configuration, ("[[methods]]", '[[subscribers]]\nname = "crm"\n\n[[methods]]'))
            assert found(deploy=True) == {}


class TestTheDatabase:
    def test_without_tables_is_a_warning_so_that_migrate_can_begin(
        self, configuration: Path, tmp_path: Path
    ) -> None:
        change(configuration, ("payport.sqlite", "empty.sqlite"))

        assert found() == {}
        told = found(databases=["default"])["payport.W004"]
        assert (told.msg, told.hint) == ("database: no tables yet", "Run manage.py payport_migrate.")

    def test_that_does_not_answer_is_told_without_its_address(self, configuration: Path) -> None:
        url = "postgresql+psycopg://lan:a-synthetic-password@127.0.0.1:9/shop"
        change(configuration, ("sqlite:///payport.sqlite", url))

        told = found(databases=["default"])["payport.W005"]

        assert told.msg == "Payport's database does not answer (OperationalError)"
