"""Who gets in, what a form must carry, and what other sites get."""

from __future__ import annotations

import pytest
from starlette.routing import Mount, Route

from backoffice.tests.office import HOST, PEOPLE, ROOM, Notes, Office
from payport import AsyncPayport
from payport_backoffice import Settings, create_app


class TestWhoIsNotSignedIn:
    @pytest.mark.parametrize("path", ["/", "/find?q=SV", "/notes", "/notes/broken"])
    def test_is_led_to_the_hosts_login_and_sees_nothing(self, office: Office, path: str) -> None:
        page = office.person().get(f"{ROOM}{path}")

        assert page.status_code == 401
        assert 'href="/login"' in page.text
        assert 'href="/inside/desk/notes"' not in page.text
        assert 'role="search"' not in page.text

    def test_can_do_nothing(self, office: Office) -> None:
        assert office.person().post(f"{ROOM}/notes", {"reason": "x"}).status_code == 401
        assert Notes.written == []

    def test_gets_the_style_all_the_same(self, office: Office) -> None:
        style = office.person().get(f"{ROOM}/static/desk.css")

        assert style.status_code == 200
        assert style.headers["cache-control"] == "no-cache"  # asked for again, and mostly still the same
        assert office.person().get(f"{ROOM}/static/web/typeface.css").status_code == 200

    def test_SEC_04_a_login_that_fails_lets_nobody_in_and_gives_nothing_away(self, office: Office) -> None:
        page = office.person("broken").get(f"{ROOM}/notes")

        assert page.status_code == 500
        assert "Something went wrong on our side" in page.text
        assert "secret" not in page.text
        assert "/var/lib" not in page.text


class TestARole:
    @pytest.mark.parametrize(
        ("name", "writes", "approves"),
        [("anh", 403, 403), ("huy", 303, 403), ("lan", 303, 303), ("bao", 403, 403)],
    )
    def test_may_do_what_its_rights_say_and_nothing_more(
        self, office: Office, name: str, writes: int, approves: int
    ) -> None:
        person = office.person(name)

        first, second = person.write(), person.write("/notes/second")

        assert (first.status_code, second.status_code) == (writes, approves)
        done = (writes, approves).count(303)
        assert Notes.written == [(PEOPLE[name].name, {"reason": "the buyer called"})] * done
        if writes == 403:
            assert "Your role may not do this" in first.text

    def test_sees_the_rooms_that_it_may_enter(self, office: Office) -> None:
        assert 'href="/inside/desk/notes"' in office.person("bao").get(f"{ROOM}/").text
        assert 'href="/inside/desk/notes"' not in office.person("huy").get(f"{ROOM}/").text


class TestAForm:
    def test_WEB_06_needs_the_token_of_its_own_path_person_and_browser(self, office: Office) -> None:
        huy, lan = office.person("huy"), office.person("lan")
        token = huy.form(f"{ROOM}/notes", f"{ROOM}/notes")["form_token"]
        others = (
            "",
            "x" * 64,
            huy.form(f"{ROOM}/notes", f"{ROOM}/notes/second")["form_token"],
            lan.form(f"{ROOM}/notes", f"{ROOM}/notes")["form_token"],
            office.person("huy").form(f"{ROOM}/notes", f"{ROOM}/notes")["form_token"],
        )

        for other in others:
            assert huy.post(f"{ROOM}/notes", {"form_token": other, "reason": "x"}).status_code == 403
        assert Notes.written == []
        assert huy.post(f"{ROOM}/notes", {"form_token": token, "reason": "x"}).status_code == 303

    def test_WEB_06_opened_by_one_person_never_acts_for_the_next_in_the_same_browser(
        self, office: Office
    ) -> None:
        browser = office.person("huy")
        fields = browser.form(f"{ROOM}/notes", f"{ROOM}/notes")

        browser.sign_in("lan")

        assert browser.post(f"{ROOM}/notes", fields | {"reason": "x"}).status_code == 403
        assert Notes.written == []

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": f"http://{HOST}.evil.example"},
            {"origin": f"http://{HOST}:8443"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
            {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
        ],
    )
    def test_WEB_06_from_another_site_is_refused_even_with_its_token(
        self, office: Office, headers: dict[str, str]
    ) -> None:
        assert office.person("huy").write(**headers).status_code == 403
        assert Notes.written == []

    def test_from_our_own_pages_is_taken(self, office: Office) -> None:
        """Behind a proxy that ends TLS, too: the scheme that arrives here is not the browser's."""
        answer = office.person("huy").write(origin=f"https://{HOST}", sec_fetch_site="same-origin")

        assert answer.status_code == 303

    def test_WEB_07_is_read_for_what_its_act_declares_alone(self, office: Office) -> None:
        huy = office.person("huy")
        fields = huy.form(f"{ROOM}/notes", f"{ROOM}/notes") | {
            "reason": "x",
            "actor": "Vũ Thị Lan",
            "role": "approver",
        }

        assert huy.post(f"{ROOM}/notes", fields).status_code == 303
        assert Notes.written == [("Phạm Quốc Huy", {"reason": "x"})]

    def test_that_is_done_says_so_on_the_page_that_follows_and_by_its_code_alone(
        self, office: Office
    ) -> None:
        huy = office.person("huy")
        where = huy.write().headers["location"]

        assert where == f"{ROOM}/notes?done=noted"
        page = huy.get(where).text
        assert "It is noted." in page
        assert "done=" not in page  # another language, and it is not said again
        assert 'role="status"' not in huy.get(f"{ROOM}/notes?done=<b>you+won</b>").text


class TestWhoComesFromAnotherSite:
    def test_gets_a_page_that_opens_itself_again_and_says_nothing(self, office: Office) -> None:
        huy = office.person("huy")

        page = huy.get(
            f"{ROOM}/notes?text=what+stands+here", sec_fetch_site="cross-site", sec_fetch_mode="navigate"
        )

        assert page.status_code == 200
        assert 'http-equiv="refresh"' in page.text
        assert "set-cookie" not in page.headers  # the one that the browser held back stays good
        for told in ("Huy", 'class="effect"', "Sign in"):
            assert told not in page.text

    @pytest.mark.parametrize("mode", ["no-cors", "cors"])
    def test_WEB_09_as_an_image_or_by_a_script_gets_nothing(self, office: Office, mode: str) -> None:
        answer = office.person("huy").get(f"{ROOM}/notes", sec_fetch_site="cross-site", sec_fetch_mode=mode)

        assert answer.status_code == 403


def test_the_browsers_cookie_stays_here_and_is_not_sent_anew(office: Office) -> None:
    huy = office.person("huy")
    cookie = huy.get(f"{ROOM}/").headers["set-cookie"].lower()

    assert all(word in cookie for word in (f"path={ROOM};", "samesite=strict", "httponly", "secure"))
    plain = Office(office.shop, office.portal, secure=False).person("huy")
    assert "secure" not in plain.get(f"{ROOM}/").headers["set-cookie"].lower()
    assert "set-cookie" not in plain.get(f"{ROOM}/").headers


def test_WEB_09_every_page_is_opened_by_get_or_acts_by_post_and_never_both(seller: AsyncPayport) -> None:
    app = create_app(seller, Settings(lambda _: None, b"k" * 32, (HOST,)), also=(Notes,))
    routes = [route for route in app.routes if not isinstance(route, Mount)]

    assert len(routes) >= 7
    for route in routes:
        assert isinstance(route, Route)
        assert route.methods in ({"GET", "HEAD"}, {"POST"}), route.path
        assert route.endpoint.__code__.co_name == "guarded", route.path


def test_WEB_09_an_act_by_another_method_is_no_act(office: Office) -> None:
    lan = office.person("lan")

    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        assert lan.ask(method, f"{ROOM}/notes/second").status_code == 405
    assert Notes.written == []
