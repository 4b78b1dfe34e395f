"""One seller for each process: nothing at import, one for all threads, none of a parent's after a fork."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.test import override_settings

from hosts.django.tests import site
from payport import BuyerDetails, ConfigurationError, New, Payport, RequestRefused
from payport_django import get_payport
from payport_django.process import forget

HERE = "hosts.django.tests.site"


def ordered(payport: Payport) -> str:
    quote = payport.quote("binh-minh", New(package="standard", months=12))
    return payport.place(quote, BuyerDetails(name="Hà", email="ha@example.vn")).number


class TestTheSeller:
    def test_is_the_same_for_all_threads_that_ask_at_once(self, configuration: Path) -> None:
        forget()
        together = Barrier(8)

        def ask() -> Payport:
            together.wait()
            return get_payport()

        with ThreadPoolExecutor(8) as pool:
            asked = [each.result() for each in [pool.submit(ask) for _ in range(8)]]

        assert all(each is asked[0] for each in asked)

    def test_is_another_in_a_forked_child_and_the_parents_goes_on(self, payport: Payport) -> None:
        ordered(payport)  # a connection is open
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                ours = get_payport()
                os.write(writing, ordered(ours).encode())
                status = int(ours is payport)
            finally:
                os._exit(status)
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.read()

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert payport.order(number).state == "placed"

    def test_is_opened_anew_when_a_test_changes_its_settings(self, payport: Payport) -> None:
        with override_settings(PAYPORT_SUBSCRIBERS={"crm": f"{HERE}.tell"}):
            assert get_payport() is not payport
            assert "crm" in get_payport().seller.subscribers.names

        assert "crm" not in get_payport().seller.subscribers.names

    def test_is_found_by_the_environment_where_no_setting_names_a_file(
        self, configuration: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with override_settings(PAYPORT_CONFIG=None):
            with pytest.raises(
                ConfigurationError, match=r"settings.PAYPORT_CONFIG: is not set\. Set PAYPORT"
            ):
                get_payport()
            monkeypatch.setenv("PAYPORT_CONFIG", str(configuration))
            assert get_payport().configuration.path == configuration

    def test_has_the_hosts_functions(self, configuration: Path) -> None:
        before, names = site.Watcher.made, {"PAYPORT_OBSERVERS": [f"{HERE}.Watcher"]}
        with override_settings(**names, PAYPORT_MAY_INITIATE=f"{HERE}.refuse_all"):
            shop = get_payport()
            with pytest.raises(RequestRefused, match="not today"):
                shop.pay(ordered(shop), "domestic_card", buyer_ip="203.0.113.9")

        assert site.Watcher.made == before + 1

    @pytest.mark.parametrize(
        ("setting", "said"),
        [
            ({"PAYPORT_CONFIG": {"seller": {}}}, "settings.PAYPORT_CONFIG: is no path"),
            ({"PAYPORT_SUBSCRIBERS": ["a.b"]}, "settings.PAYPORT_SUBSCRIBERS: is no mapping"),
            ({"PAYPORT_SUBSCRIBERS": {"crm": print}}, "is no dotted name"),
            ({"PAYPORT_SUBSCRIBERS": {"crm": f"{HERE}.nothing"}}, "cannot be imported"),
            ({"PAYPORT_SUBSCRIBERS": {"crm": f"{HERE}.urlpatterns"}}, "cannot be called"),
            ({"PAYPORT_SUBSCRIBERS": {"crm": f"{HERE}.tell_later"}}, "is a coroutine function"),
            ({"PAYPORT_SUBSCRIBERS": {"CRM!": f"{HERE}.tell"}}, "is no name"),
            ({"PAYPORT_SUBSCRIBERS": {1: f"{HERE}.tell"}}, "has a name that is no text"),
            ({"PAYPORT_OBSERVERS": None}, "settings.PAYPORT_OBSERVERS: is no list"),
            ({"PAYPORT_OBSERVERS": f"{HERE}.Watcher"}, "settings.PAYPORT_OBSERVERS: is no list"),
            ({"PAYPORT_OBSERVERS": [f"{HERE}.tell"]}, "is no class of payport.Observer"),
            ({"PAYPORT_OBSERVERS": ["builtins.dict"]}, "is no class of payport.Observer"),
            ({"PAYPORT_MAY_INITIATE": f"{HERE}.tell_later"}, "may_initiate: is a coroutine function"),
        ],
    )
    def test_is_refused_with_the_setting_that_is_wrong(
        self, configuration: Path, setting: dict[str, object], said: str
    ) -> None:
        with override_settings(**setting), pytest.raises(ConfigurationError, match=said):
            get_payport()


def test_importing_the_app_opens_nothing_and_loads_nothing_of_payport() -> None:
    code = (
        "import sys, payport_django, payport_django.process;"
        "print(*(name for name in sys.modules if name.split('.')[0] in ('payport', 'sqlalchemy', 'django')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_a_subscriber_that_uses_the_orm_keeps_no_connection_that_is_too_old(
    payport: Payport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Django does around a request: a worker's thread has none."""
    closed: list[int] = []
    told: list[int] = []
    monkeypatch.setattr("payport_django.configuration.close_old_connections", lambda: closed.append(1))
    monkeypatch.setattr(site, "tell", lambda _: told.append(len(closed)))

    with override_settings(PAYPORT_SUBSCRIBERS={"crm": f"{HERE}.tell"}):
        shop = get_payport()
        shop.start_trial("hoa-sua")
        shop.work()

    assert (told, len(closed)) == ([1], 2)
