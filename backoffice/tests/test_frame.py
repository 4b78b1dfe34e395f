"""What holds of every page: headers, escaping, addresses below the mount, languages, colours, errors."""

from __future__ import annotations

import re
from typing import ClassVar

import pytest
from anyio.from_thread import BlockingPortal

from backoffice.tests.office import ROOM, Notes, Office
from payport import AsyncPayport
from payport_backoffice import Right, Settings, create_app
from payport_backoffice.pages import Page

PATHS = {
    "/": 200,
    "/find?q=SV": 200,
    "/notes": 200,
    "/nothing": 404,
    "/notes/refused": 409,
    "/notes/broken": 500,
}
SCRIPT = "<script>alert(1)</script>"


class TestEveryAnswer:
    @pytest.mark.parametrize("path", PATHS)
    def test_WEB_10_cannot_be_framed_kept_or_made_to_run_a_script(self, office: Office, path: str) -> None:
        answer = office.person("bao").get(f"{ROOM}{path}")
        policy = answer.headers["content-security-policy"]

        assert answer.status_code == PATHS[path]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert re.findall(r"<script(?![^>]* src=)|<style|\s(?:style|on[a-z]+)=", answer.text) == []

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("mount", ["", ROOM])
    def test_leads_nowhere_but_below_its_mount(
        self, seller: AsyncPayport, portal: BlockingPortal, mount: str, path: str
    ) -> None:
        page = Office(seller, portal, mount).person("bao").get(f"{mount}{path}").text
        addresses = re.findall(r'(?:href|src|action)="([^"]*)"', page)

        assert len(addresses) > 10
        for address in addresses:
            assert address.startswith((f"{mount}/", "?", "#", "/login")), address
            assert not address.startswith("//"), address

    def test_WEB_05_to_an_unknown_host_is_a_refusal(self, office: Office) -> None:
        assert office.person("huy").get(f"{ROOM}/", host="evil.example").status_code == 400

    def test_SEC_04_about_a_failure_gives_nothing_away(self, office: Office) -> None:
        page = office.person("huy").get(f"{ROOM}/notes/broken")

        assert page.status_code == 500
        assert "Something went wrong on our side" in page.text
        for secret in ("secret", "/var/lib", "RuntimeError", "Traceback", "starlette"):
            assert secret not in page.text

    def test_WEB_03_about_a_refusal_says_in_the_cores_words_what_is_open(self, office: Office) -> None:
        page = office.person("huy").get(f"{ROOM}/notes/refused")

        assert page.status_code == 409
        assert "&lt;b&gt;350,000 ₫ are left&lt;/b&gt;. Refund less." in page.text

    @pytest.mark.parametrize("path", ["/nothing", "/orders/..%2f..%2fetc", "/static/nothing.css"])
    def test_SEC_04_about_nothing_is_a_page_that_says_so(self, office: Office, path: str) -> None:
        page = office.person("huy").get(f"{ROOM}{path}")

        assert page.status_code == 404
        assert "There is nothing here" in page.text


class TestWhatSomebodyTyped:
    @pytest.mark.parametrize("text", [SCRIPT, '"><img src=x onerror=alert(1)>', "{{7*7}}", "' onfocus='x"])
    def test_WEB_04_is_text_wherever_it_is_shown(self, office: Office, text: str) -> None:
        person = office.person("huy")

        for page in (f"{ROOM}/find", f"{ROOM}/notes"):
            shown = person.look_up(page, q=text, text=text)
            assert shown.status_code == 200
            for inert in (SCRIPT, "<img src=x", "' onfocus='", ">49<"):
                assert inert not in shown.text


class TestTheLook:
    def test_is_chosen_by_an_address_and_remembered_below_the_mount(self, office: Office) -> None:
        huy = office.person("huy")
        assert '<html lang="en">' in huy.get(f"{ROOM}/").text

        chosen = huy.get(f"{ROOM}/find?q=SV&theme=dark&lang=vi")

        assert '<html lang="vi" data-theme="dark">' in chosen.text
        assert all(f"Path={ROOM}" in cookie for cookie in chosen.headers.get_list("set-cookie"))
        assert '<html lang="vi" data-theme="dark">' in huy.get(f"{ROOM}/").text
        assert '<html lang="vi">' in huy.get(f"{ROOM}/?theme=system").text

    def test_is_changed_on_the_page_at_hand(self, office: Office) -> None:
        page = office.person("huy").get(f"{ROOM}/find?q=SV-1").text

        assert 'href="?q=SV-1&amp;lang=vi"' in page
        assert 'href="?q=SV-1&amp;theme=light"' in page

    def test_that_does_not_exist_is_no_choice(self, office: Office) -> None:
        page = office.person("huy").get(f"{ROOM}/?theme=<b>&lang=xx")

        assert '<html lang="en">' in page.text
        assert "payport_desk_theme" not in str(page.headers.get_list("set-cookie"))


def test_two_pages_that_tell_different_things_by_one_code_are_refused(seller: AsyncPayport) -> None:
    class Other(Notes):
        told: ClassVar = {"noted": "Something else."}

    settings = Settings(lambda _: None, b"k" * 32, ("desk.example",))

    with pytest.raises(ValueError, match="noted: told twice"):
        create_app(seller, settings, also=(Notes, Other))


def test_a_page_says_which_right_it_asks() -> None:
    """There is no default: whoever adds a page decides."""
    for way in (Page.look, Page.act):
        assert way.__kwdefaults__ is None or "right" not in way.__kwdefaults__
    assert Right("act") is Right.ACT
