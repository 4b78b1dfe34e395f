"""Sections 15 and 8 of the attacks (SEC, RES) at the back office's doors: what comes out, what goes in."""

from __future__ import annotations

import base64
import logging
import pickle
import re
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import structlog
from anyio.from_thread import BlockingPortal
from httpx import Response
from starlette.applications import Starlette
from starlette.routing import Mount

from backoffice.tests.office import HOST, ROOM, Office
from backoffice.tests.whole import BUYER, CARDS, Whole, open_whole
from payport import AsyncPayport, Channel
from payport.service.floods import Limits, store_counts
from payport_web import forms
from tests.support.door import Answer, exchange
from tests.support.oracle_secrets import card_data
from tests.support.sign import ipn_query

FORM = (b"content-type", b"application/x-www-form-urlencoded")
UPLOAD = (b"content-type", b"multipart/form-data; boundary=x")
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
SIGNED_IN = (b"x-signed-in", b"lan")
LARGEST = 3_000_000


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, portal: BlockingPortal
) -> Iterator[Whole]:
    whole = open_whole(tmp_path_factory.mktemp("whole"), migrated_sqlite, portal)
    yield whole
    portal.call(whole.office.shop.close)


@pytest.fixture(scope="module")
def written() -> list[str]:
    """What the host's logs said of the walk, in full detail."""
    return []


@pytest.fixture(scope="module")
def pages(town: Whole, written: list[str]) -> Mapping[str, Mapping[str, Response]]:
    """Every page, as those see it who see most: evidence and the journal; buyers and acts."""

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith("httpx"):  # our own browser's
                written.append(self.format(record))

    root, keeping = logging.getLogger(), Keeping()
    before = root.level
    root.addHandler(keeping)
    root.setLevel(logging.DEBUG)
    try:
        with structlog.testing.capture_logs() as lines:
            walked = {name: town.walk(name) for name in ("bao", "lan")}
    finally:
        root.removeHandler(keeping)
        root.setLevel(before)
    written += [str(line) for line in lines]
    return walked


def every(pages: Mapping[str, Mapping[str, Response]]) -> Iterator[tuple[str, Response]]:
    for seen in pages.values():
        yield from seen.items()


def knock(town: Whole, path: str, **request: Any) -> Answer:
    """As lan, and as no browser would."""
    headers = [SIGNED_IN, FORM, *request.pop("headers", ())]
    call = partial(
        exchange, town.office.app, path, method="POST", host=HOST.encode(), headers=headers, **request
    )
    return town.portal.call(call)


class TestWhatComesOut:
    def test_SEC_01_SEC_07_secrets_of_all_settings_are_on_no_page_in_no_file_and_in_no_log(
        self, town: Whole, pages: Mapping[str, Mapping[str, Response]], written: list[str]
    ) -> None:
        assert all(len(seen) > 70 for seen in pages.values())
        assert len(written) > 150
        shown = [f"{page.text}\n{page.headers}" for _, page in every(pages)]
        shown += [repr(town.office.shop), repr(town.office.desk.__dict__), repr(vars(town.office.shop))]

        for secret in town.secrets:
            for text in (*shown, *written):
                assert secret not in text

    def test_SEC_07_the_application_is_not_pickled(self, town: Whole) -> None:
        for held in (town.office.desk, town.office.shop):
            with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
                pickle.dumps(held)

    def test_SEC_03_a_card_in_a_callback_or_a_memo_is_masked_on_every_page_and_in_every_file(
        self, pages: Mapping[str, Mapping[str, Response]], written: list[str]
    ) -> None:
        masked = [f"{card[:6]}{'*' * (len(card) - 10)}{card[-4:]}" for card in CARDS]
        seen = pages["bao"]
        shown_masked = [path for path, page in seen.items() if any(each in page.text for each in masked)]
        for kind in ("/statement-lines", r"/statement-lines\.csv", r"/callbacks/\d+"):
            assert [path for path in shown_masked if re.fullmatch(ROOM + kind, path)], kind

        for path, page in every(pages):
            assert _cards_in(page.text) == [], path
        assert [line for line in written if _cards_in(line)] == []

    def test_SEC_03_nor_does_it_hide_in_the_evidence(
        self, pages: Mapping[str, Mapping[str, Response]]
    ) -> None:
        documents = [page.text for path, page in pages["bao"].items() if path.endswith("/evidence")]
        assert len(documents) > 3

        for document in documents:
            for packed in re.findall(r"[A-Za-z0-9+/_-]{40,}={0,2}", document):
                assert _cards_in(_unpacked(packed)) == []

    def test_SEC_08_no_link_holds_who_a_buyer_is_and_no_other_site_hears_where_somebody_was(
        self, town: Whole, pages: Mapping[str, Mapping[str, Response]], written: list[str]
    ) -> None:
        said = (BUYER.name, BUYER.email, BUYER.phone, BUYER.tax_code, BUYER.address)
        private = (*said, "kin.tran", "K%C3%ADn", town.shop.order(town.kin).token)
        assert sum(BUYER.phone in page.text for page in pages["lan"].values()) > 0  # it is shown, and yet:

        for path, page in every(pages):
            addresses = re.findall(r'(?:href|src|action|content)="([^"]*)"', page.text)
            for address in (path, page.headers.get("location", ""), *addresses):
                assert not [each for each in private if each in address], (path, address)
            assert page.headers["referrer-policy"] == "same-origin", path
        for line in written:
            assert not [each for each in (*private, "kin-dao", town.kin) if each in line]

    def test_SEC_08_what_is_looked_for_is_in_no_log(self, town: Whole) -> None:
        with structlog.testing.capture_logs() as lines:
            for text in (BUYER.email, BUYER.phone, BUYER.name):
                town.office.person("huy").look_up(f"{ROOM}/find", q=text)

        assert len(lines) == 3
        assert not [each for each in (BUYER.email, BUYER.phone, "Kín") if each in str(lines)]

    def test_SEC_02_nothing_that_is_sent_can_forge_a_line(self, town: Whole) -> None:
        hostile = "a\r\n2026 INFO paid\x1b[31m\u202egnp\u2028x"
        with structlog.testing.capture_logs() as lines:
            for _, here in town.doors("POST"):
                person = town.office.person("lan")
                person.post(here, {"reason": hostile, "form_token": hostile})
                person.get(f"{ROOM}/orders/%0d2026%20INFO%20paid%1b[31m%e2%80%a8x", user_agent="x\x1b[31m")

        assert len(lines) > 30
        for line in lines:
            assert set(line) == {"event", "log_level", "method", "page", "status", "took_ms"}
            assert all(str(value).isprintable() for value in line.values())
            assert "2026 INFO" not in str(line)


class TestAnErrorPage:
    def test_SEC_04_of_a_failure_at_any_door_gives_nothing_away(
        self, town: Whole, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whatever verb of the core a page calls."""

        async def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError(f"SELECT key FROM /var/lib/payport.sqlite: {town.secrets[0]} {CARDS[0]}")

        lan = town.office.person("lan")
        posts = [(here, town.token("lan", lan, here)) for path, here in town.doors("POST")]
        gets = [here for _, here in town.doors("GET")]
        for verb in [each for each in dir(AsyncPayport) if not each.startswith("_")]:
            if callable(getattr(AsyncPayport, verb)) and verb not in {"from_config", "close"}:
                monkeypatch.setattr(AsyncPayport, verb, fail)

        failed = 0
        answers = [(here, lan.get(here)) for here in gets]
        answers += [(here, lan.post(here, {"form_token": token, "reason": "x"})) for here, token in posts]
        for here, answer in answers:
            failed += answer.status_code == 500
            if answer.status_code >= 400:
                for given in (*GIVEN_AWAY, *town.secrets, *CARDS):
                    assert given not in answer.text, here
                assert "server" not in answer.headers
        assert failed > 40
        assert "[secret] 411111******1111" in caplog.text
        for given in (town.secrets[0], CARDS[0]):
            assert given not in caplog.text

    def test_SEC_04_about_nothing_at_any_door_says_only_that(self, town: Whole) -> None:
        lan = town.office.person("lan")

        for path, here in [*town.doors("GET"), *town.doors("POST")]:
            if "{" in path and "account" not in path:
                nothing = f"{ROOM}{re.sub(r'{[^}]*}', '../../etc/nobody', path)}"
                for answer in (lan.get(nothing), lan.get(f"{here}/nothing"), lan.get(f"{here}%00")):
                    assert answer.status_code in {404, 405}, nothing
                    for given in GIVEN_AWAY:
                        assert given not in answer.text, nothing

    def test_SEC_05_says_the_same_of_what_is_there_and_what_is_not_to_whoever_may_not_see_it(
        self, town: Whole
    ) -> None:
        for person in (town.office.person(), town.office.person("anh")):
            for path, here in town.doors("POST"):
                if path in {"/what-if", "/house/journal/check"}:
                    continue
                unknown = f"{ROOM}{re.sub(r'{[^}]*}', 'SVNOBODYKNOW', path)}"
                told = {_said(person.post(each, {"reason": "x"})) for each in (here, unknown)}
                assert len(told) == 1, path

    def test_SEC_06_of_a_host_that_is_being_debugged_shows_nothing_either(
        self, town: Whole, portal: BlockingPortal
    ) -> None:
        office = Office(town.office.shop, portal)
        office.app = Starlette(debug=True, routes=[Mount(ROOM, office.desk)])

        page = office.person("lan").get(f"{ROOM}/notes/broken")

        assert office.desk.debug is False
        assert page.status_code == 500
        for given in ("/var/lib", "secret", "Traceback", ".py"):
            assert given not in page.text


class TestWhatGoesIn:
    def test_RES_01_a_body_without_end_is_cut_off_at_every_door_and_takes_no_memory(
        self, town: Whole
    ) -> None:
        chunk = b"form_token=" + b"x" * 65_525
        tracemalloc.start()
        began = time.process_time()
        for path, here in town.doors("POST"):
            answer = knock(town, here, body=[chunk] * 1_600)  # 100 MB, if anybody read it
            assert answer.status in ({403} if path in {"/house/journal/check"} else {404, 409, 413}), path
            assert answer.chunks_read <= LARGEST // len(chunk) + 2, path
            for length in (b"0", b"99999999999"):
                lied = knock(town, here, body=b"x" * 20_000, headers=[(b"content-length", length)])
                assert lied.status in {400, 403, 404, 409, 413}, path
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert most < 16_000_000
        assert time.process_time() - began < 10

    def test_RES_02_RES_03_what_is_deep_or_many_is_refused_at_every_door(self, town: Whole) -> None:
        deep = b"reason" + b"[a]" * 5_000 + b"=x"
        many = b"&".join(b"a%d=1" % number for number in range(2_000))
        cookies = [(b"cookie", b"a%d=b" % number) for number in range(10_000)]
        for path, here in town.doors("POST"):
            for body in (deep, many):
                assert knock(town, here, body=body).status in {400, 403, 404, 409}, path
            assert knock(town, here, query=many).status == 414, path
            assert knock(town, here, headers=cookies).status == 431, path
            assert knock(town, here, headers=[(b"x-large", b"x" * 1_000_000)]).status == 431, path

    def test_RES_04_two_hundred_slow_senders_are_cut_off_and_hold_nobody_up(
        self, town: Whole, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(forms, "BODY_SECONDS", 0.3)
        doors = [
            (here, UPLOAD if "import" in path else FORM)
            for path, here in town.doors("POST")
            if re.search("what-if|import|unpark|resume|ask", path)
        ]
        slow = [
            town.portal.start_task_soon(
                partial(
                    exchange, town.office.app, here, method="POST", host=HOST.encode(),
                    headers=[SIGNED_IN, kind], body=[b"x"] * 100, pause=0.1,
                )
            )
            for here, kind in islice(cycle(doors), 200)
        ]  # fmt: skip

        began = time.perf_counter()
        assert town.office.person("huy").get(f"{ROOM}/orders").status_code == 200
        assert time.perf_counter() - began < 10
        assert {each.result(60).status for each in slow} == {408}

    def test_RES_10_a_flood_leaves_one_notice_and_nothing_else(self, town: Whole) -> None:
        """Of forged messages; and of forged forms, which are not kept at all."""
        shop = town.desk.shop
        shop.payport.seller.floods.limits = Limits(an_hour=20, of_a_payment=5, days=90)
        for place in range(120):
            shop.deliver(ipn_query(f"SVNOBODY{place:05}", 1, secret="x"), channel=Channel.IPN)
        store_counts(shop.payport.seller, now=True)
        lan = town.office.person("lan")

        today = lan.get(f"{ROOM}/").text
        assert today.count("SVNOBODY") == 0
        assert today.count("Find who sends them") == 1
        assert lan.get(f"{ROOM}/callbacks").text.count("SVNOBODY") <= 20

        before = town.stored()
        for place in range(120):
            forged = {"form_token": f"{place:064}", "reason": "x"}
            assert lan.post(f"{ROOM}/orders/{town.ha.number}/refund", forged).status_code == 403
        assert town.stored() == before


def _cards_in(text: str) -> list[str]:
    spaced = [" ".join(card[begin : begin + 4] for begin in range(0, len(card), 4)) for card in CARDS]
    return [each for each in (*CARDS, *spaced) if each in text] + [
        each for each in card_data(text) if each in CARDS or each.lower().startswith("cv")
    ]


def _unpacked(text: str) -> str:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    return base64.b64decode(padded.replace("-", "+").replace("_", "/")).decode("latin-1")


def _said(answer: Response) -> tuple[int, str, tuple[str, ...]]:
    """Without the address, which whoever asks knows."""
    text = re.sub(r'href="[^"]*\?lang=[^"]*"|/[a-z]+/SV\w+', "", answer.text)
    return answer.status_code, text, tuple(sorted(set(answer.headers) - {"set-cookie", "content-length"}))
