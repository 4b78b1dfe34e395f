"""Sections 15 and 8 of the attacks (SEC, RES) at the shop's doors: what comes out, what goes in."""

from __future__ import annotations

import logging
import pickle
import re
import time
import tracemalloc
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest
import structlog
from httpx import Response
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from payport import AsyncPayport
from payport_storefront.demo.configuration import Keys
from payport_storefront.demo.folder import prepare
from payport_storefront.settings import Settings
from payport_web import forms
from storefront.tests.town import BUYER, ORIGIN, Directory, Town, Visitor
from tests.support.door import Answer, exchange
from tests.support.stored import everything_stored

FORM = (b"content-type", b"application/x-www-form-urlencoded")
GIVEN_AWAY = (
    "/var/lib",
    "SELECT",
    "Traceback",
    "RuntimeError",
    ".py",
    "starlette",
    "sqlite",
    "Python/",
    "3.11",
)
OURS = ("/sign-in-of-tests/{account}", "/break-of-tests")
CARD = "4111111111111111"
DETAILS = BUYER | {"company": "Công ty Kín Đáo", "tax_code": "0312345678", "address": "9 ngõ Sâu"}


@pytest.fixture
def visitor(town: Town) -> Visitor:
    return town.visitor()


@pytest.fixture
def at(town: Town, visitor: Visitor) -> dict[str, str]:
    """What stands in the paths: an order that was paid for by its buyer's card, and a quote."""
    token = town.place(visitor, **{name: text for name, text in DETAILS.items() if name not in BUYER})
    town.tell(town.hand_over(visitor, token), "24", vnp_BankTranNo=CARD)
    found = re.search(r'action="/order/confirm/([^"]*)"', visitor.choose(offer="standard/12").text)
    assert found
    return {"token": token, "quote": found[1]}


def doors(town: Town, method: str, at: dict[str, str]) -> list[str]:
    assert isinstance(town.app, Starlette)
    routes = [route for route in town.app.routes if isinstance(route, Route) and route.path not in OURS]
    return [route.path.format(**at) for route in routes if method in (route.methods or ())]


def pages(town: Town, visitor: Visitor, at: dict[str, str]) -> dict[str, Response]:
    """Every page by GET, and every form that is sent back."""
    seen = {path: visitor.get(path) for path in doors(town, "GET", at)}
    for path in doors(town, "POST", at):
        if path in seen and "<form" in seen[path].text and f'action="{path}"' in seen[path].text:
            seen[f"POST {path}"] = visitor.submit(seen[path], path, name="", email="no address")
    return seen


def stored(town: Town) -> str:
    with town.payport.seller.database.reading() as connection:
        return everything_stored(connection)


@pytest.fixture
def secrets(town: Town, tmp_path: Path) -> list[str]:
    """Of every gateway account and of the session, as the demo made them."""
    folder = tmp_path / "shop"
    keys = Keys.known((folder / "payport.toml").read_text(encoding="utf-8"))
    session = prepare(folder, ORIGIN, fresh=False).session_key
    return [*(getattr(keys, each.name) for each in fields(keys)), session.decode()]


def knock(town: Town, visitor: Visitor, path: str, **request: Any) -> Answer:
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()).encode()
    headers = [(b"cookie", cookie), FORM, *request.pop("headers", ())]
    call = partial(exchange, town.app, path, method="POST", host=b"127.0.0.1", headers=headers, **request)
    return town.portal.call(call)


class TestWhatComesOut:
    def test_SEC_01_SEC_03_no_secret_and_no_card_is_on_any_page_or_in_any_log(
        self,
        town: Town,
        visitor: Visitor,
        at: dict[str, str],
        secrets: list[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with structlog.testing.capture_logs() as lines:
            seen = pages(town, visitor, at)

        assert len(seen) > 12
        shown = [f"{page.text} {page.headers}" for page in seen.values()]
        assert len(set(secrets)) > 4
        for secret in (*secrets, CARD):
            for text in (*shown, str(lines), caplog.text, repr(town.app), stored(town)):
                assert secret not in text

    def test_SEC_07_settings_are_not_shown_and_not_pickled(self) -> None:
        settings = Settings(Directory(), b"planted-marker-secret" * 2, ("127.0.0.1",))

        assert "planted-marker" not in repr(settings)
        with pytest.raises(TypeError, match="never serialised"):
            pickle.dumps(settings)

    def test_SEC_08_no_address_on_any_page_holds_who_the_buyer_is(
        self, town: Town, visitor: Visitor, at: dict[str, str]
    ) -> None:
        private = (*DETAILS.values(), DETAILS["phone"].replace(" ", ""), "binh-minh")

        answer = visitor.submit(visitor.get(f"/payment/{at['token']}"), "/payment/", method="domestic_card")
        sent = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        assert (
            sent["vnp_OrderInfo"] == f"Thanh toan don hang {town.payport.order_by_token(at['token']).number}"
        )
        assert not [each for each in private if each in str(sent)]
        assert at["token"] not in str(sent)

        for path, page in pages(town, visitor, at).items():
            found = re.findall(r'(?:href|src|action|content|hx-get)="([^"]*)"', page.text)
            for address in (str(page.url), page.headers.get("location", ""), *found):
                assert not [each for each in private if each in unquote_plus(address)], (path, address)
            assert page.headers["referrer-policy"] == "same-origin", path

    def test_SEC_02_nothing_that_is_sent_can_forge_a_line(
        self, town: Town, visitor: Visitor, at: dict[str, str]
    ) -> None:
        hostile = "a\r\n2026 INFO paid\x1b[31m\u202egnp\u2028x"
        with structlog.testing.capture_logs() as lines:
            for path in doors(town, "POST", at):
                visitor.post(path, {"method": hostile, "name": hostile, "form_token": hostile})
                visitor.get(f"{path}%0d%0a2026%20INFO%20paid%1b[31m")

        assert len(lines) >= 10
        for line in lines:
            assert set(line) == {"event", "log_level", "method", "page", "status", "took_ms"}
            assert all(str(value).isprintable() for value in line.values())
            assert "2026 INFO" not in str(line)


class TestAnErrorPage:
    def test_SEC_04_of_a_failure_at_any_door_gives_nothing_away(
        self,
        town: Town,
        visitor: Visitor,
        at: dict[str, str],
        secrets: list[str],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        secret = secrets[0]

        async def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError(f"SELECT key FROM /var/lib/payport.sqlite: {secret} {CARD}")

        for verb in [each for each in dir(AsyncPayport) if not each.startswith("_")]:
            if callable(getattr(AsyncPayport, verb)) and verb not in {"from_config", "close"}:
                monkeypatch.setattr(AsyncPayport, verb, fail)

        answers = [(path, visitor.get(path)) for path in doors(town, "GET", at)]
        answers += [(path, visitor.post(path, {"form_token": "x"})) for path in doors(town, "POST", at)]
        assert sum(answer.status_code == 500 for _, answer in answers) > 10
        for path, answer in answers:
            assert "server" not in answer.headers
            for given in (*GIVEN_AWAY, secret, CARD):
                assert given not in answer.text, path
        assert "[secret] 411111******1111" in caplog.text
        for given in (secret, CARD):
            assert given not in caplog.text

    def test_SEC_05_says_the_same_of_anothers_and_of_what_is_not_there(
        self, town: Town, at: dict[str, str]
    ) -> None:
        stranger = town.visitor("an-tam")
        nobodys = {"token": "x" * len(at["token"]), "quote": "x" * len(at["quote"])}
        links = {f"/result/{at['token']}"}  # the token itself is the key to these

        for method in ("GET", "POST"):
            for anothers, none in zip(doors(town, method, at), doors(town, method, nobodys), strict=True):
                if anothers == none or any(anothers.startswith(link) for link in links):
                    continue
                told = {
                    (answer.status_code, _without(answer.text, at, nobodys), tuple(sorted(answer.headers)))
                    for answer in (
                        stranger.get(path) if method == "GET" else stranger.post(path, BUYER)
                        for path in (anothers, none)
                    )
                }
                assert len(told) == 1, anothers

    def test_SEC_06_of_a_host_that_is_being_debugged_shows_nothing_either(
        self, town: Town, visitor: Visitor
    ) -> None:
        assert isinstance(town.app, Starlette)
        assert town.app.debug is False
        debugged = Visitor(Starlette(debug=True, routes=[Mount("/", town.app)]), town.portal)

        page = debugged.get("/break-of-tests")

        assert page.status_code == 500
        for given in ("/var/lib", "secret", "Traceback", ".py"):
            assert given not in page.text


class TestWhatGoesIn:
    def test_RES_01_to_RES_03_too_much_is_refused_at_every_door_and_takes_no_memory(
        self, town: Town, visitor: Visitor, at: dict[str, str]
    ) -> None:
        chunk = b"form_token=" + b"x" * 8_181
        deep = b"name" + b"[a]" * 5_000 + b"=x"
        many = b"&".join(b"a%d=1" % number for number in range(2_000))
        cookies = [(b"cookie", b"a%d=b" % number) for number in range(10_000)]
        before = stored(town)
        tracemalloc.start()
        for path in doors(town, "POST", at):
            answer = knock(town, visitor, path, body=[chunk] * 12_800)  # 100 MB, if anybody read it
            assert (answer.status, answer.chunks_read) == (413, 3), path
            for length in (b"0", b"-1", b"99999999999", b"text"):
                lied = knock(town, visitor, path, body=b"x" * 20_000, headers=[(b"content-length", length)])
                assert lied.status == 413, path
            for body in (deep, many):
                assert knock(town, visitor, path, body=body).status in {400, 403}, path
            assert knock(town, visitor, path, query=many).status == 414, path
            assert knock(town, visitor, path, headers=cookies).status == 431, path
            assert knock(town, visitor, path, headers=[(b"x-large", b"x" * 1_000_000)]).status == 431, path
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert most < 8_000_000
        assert stored(town) == before
        for path in doors(town, "GET", at):
            assert visitor.get(f"{path}?{many.decode()}").status_code == 414, path

    def test_RES_04_two_hundred_slow_senders_are_cut_off_and_hold_no_buyer_up(
        self, town: Town, visitor: Visitor, at: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(forms, "BODY_SECONDS", 0.3)
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()).encode()
        every = doors(town, "POST", at)
        slow = [
            town.portal.start_task_soon(
                partial(
                    exchange, town.app, every[place % len(every)], method="POST", host=b"127.0.0.1",
                    headers=[(b"cookie", cookie), FORM], body=[b"x"] * 100, pause=0.1,
                )
            )
            for place in range(200)
        ]  # fmt: skip

        began = time.perf_counter()
        assert visitor.get(f"/payment/{at['token']}").status_code == 200
        assert time.perf_counter() - began < 10
        assert {each.result(60).status for each in slow} == {408}

    def test_RES_10_a_flood_of_forged_forms_and_links_is_not_kept(
        self, town: Town, visitor: Visitor, at: dict[str, str]
    ) -> None:
        stranger, before = Visitor(town.app, town.portal), stored(town)
        with structlog.testing.capture_logs() as lines:
            for place in range(60):
                for path in doors(town, "POST", at):
                    forged = BUYER | {"form_token": f"{place:064}"}
                    assert stranger.post(path, forged).status_code in {401, 403, 404}, path
                assert stranger.get(f"/result/{place:032}").status_code == 404

        assert stored(town) == before
        assert len(lines) == 60 * (len(doors(town, "POST", at)) + 1)
        assert max(len(str(line)) for line in lines) < 250
        assert visitor.get(f"/payment/{at['token']}").status_code == 200


def _without(text: str, *named: dict[str, str]) -> str:
    """A page without the address that whoever asks knows."""
    for names in named:
        for name in names.values():
            text = text.replace(name, "…")
    return text
