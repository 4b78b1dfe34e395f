"""Section 7 of the attacks (WEB) at the back office's doors: all of them, as the application lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from anyio.from_thread import BlockingPortal
from httpx import Response

from backoffice.tests.office import HOST, PEOPLE, ROOM
from backoffice.tests.town import SCRIPT
from backoffice.tests.whole import Whole, open_whole

ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    f"https://{HOST}@evil.example/",
    "%2f%2fevil.example",
    f"https://{HOST}:8443/",
)
NAMES = ("next", "return_url", "back", "redirect", "url", "to", "mount", "path", "sign_in")
INERT = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'
TYPED = {
    "reason": "the buyer called", "step": "do", "shown": "a" * 64, "once": "x", "amount": "1000", "gb": "500",
    "key": "k", "days": "30", "text": "x", "catalog": "version = 1", "state": "paid", "actor": "Vũ Thị Lan",
    "role": "approver", "paid": "true", "total": "1", "seen_left": "0",
}  # fmt: skip
OF_APPROVERS = {"/proposals/{id}/approve"}
OF_AUDITORS = {"/house/journal/check", "/journal", "/errands", "/callbacks/{id:int}/evidence"}
OF_EVERYBODY = {"/what-if"}  # it keeps nothing


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, portal: BlockingPortal
) -> Iterator[Whole]:
    whole = open_whole(tmp_path_factory.mktemp("whole"), migrated_sqlite, portal)
    before = whole.stored()
    yield whole
    assert whole.stored() == before, "an attack of this module changed something"
    portal.call(whole.office.shop.close)


@pytest.fixture(scope="module")
def pages(town: Whole) -> Mapping[str, Response]:
    """What an approver sees, who sees most of what others wrote."""
    return town.walk("lan")


def leads_nowhere_else(answer: Response) -> bool:
    return re.match(rf"{ROOM}/(?![/\\])", answer.headers.get("location", f"{ROOM}/")) is not None


def may(name: str, method: str, path: str) -> bool:
    """As the README's table says, and not as the pages do."""
    if path in OF_EVERYBODY:
        return True
    if path in OF_AUDITORS:
        return name == "bao"
    if path in OF_APPROVERS:
        return name == "lan"
    if path.endswith(".csv"):
        return name == "bao" if path in ("/journal.csv", "/errands.csv") else name != "anh"
    acts = method == "POST" or re.search(
        r"/(refund|settle|confirm|withdraw|resolve|cancel|chargeback|adjust|dismiss|import|ask|ask-refund|replay"
        r"|resume|unpark)$",
        path,
    )
    return name in {"huy", "lan"} if acts else True


@pytest.mark.parametrize("name", PEOPLE)
def test_WEB_06_every_door_opens_to_the_roles_of_the_readme_alone(town: Whole, name: str) -> None:
    person = town.office.person(name)

    for method in ("GET", "POST"):
        for path, here in town.doors(method):
            answer = person.get(here) if method == "GET" else person.post(here, {"form_token": "", **TYPED})
            is_refused = answer.status_code == 403 and "Your role may not do this" in answer.text
            assert is_refused is not may(name, method, path), (method, path, answer.status_code)


def test_WEB_06_no_door_opens_to_whoever_is_not_signed_in(town: Whole) -> None:
    nobody = town.office.person()

    for _, here in town.doors("GET"):
        assert nobody.get(here).status_code == 401, here
    for _, here in town.doors("POST"):
        assert nobody.post(here, TYPED).status_code == 401, here


def test_WEB_06_no_form_is_taken_without_its_own_token_or_from_another_site(town: Whole) -> None:
    lan, auditor = town.office.person("lan"), town.office.person("bao")
    strangers = town.office.person("lan")

    for path, here in town.doors("POST"):
        name, person = ("bao", auditor) if path in OF_AUDITORS else ("lan", lan)
        own = town.token(name, person, here)
        others = ("", "0" * 64, town.token(name, strangers, here), town.token(name, person, f"{ROOM}/notes"))
        for token in others:
            answer = person.post(here, TYPED | {"form_token": token})
            # 404: nothing of the kind is there, which was found before the form was read
            assert answer.status_code in ({403} if path != "/unmatched/dismiss" else {403, 404}), path
        for headers in ({"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}):
            assert person.post(here, TYPED | {"form_token": own}, **headers).status_code == 403, path


def test_WEB_01_no_page_leads_where_a_parameter_says(town: Whole) -> None:
    lan = town.office.person("lan")
    query = urlencode(
        dict(zip(NAMES, ELSEWHERE, strict=True)) | {"done": "//evil.example", "q": ELSEWHERE[3]}
    )

    for path, here in town.doors("GET"):
        answer = lan.get(f"{here}?{query}")

        assert leads_nowhere_else(answer), path
        for address in re.findall(r'(?:href|action|src|content|hx-[a-z]+)="([^"]*)"', answer.text):
            assert re.match(r"(?![a-z+.-]+:|/[/\\]|[/\\]{2})|https?:$", address.partition("?")[0]), (
                path,
                address,
            )


def test_WEB_01_nor_does_a_posted_field(town: Whole) -> None:
    """Of an act that is refused, and of one that keeps nothing."""
    lan = town.office.person("lan")

    for path, here in town.doors("POST"):
        if path in OF_AUDITORS or "/proposals/" in path or re.search("replay|resume|unpark|ask", path):
            continue
        for where in ELSEWHERE[:4]:
            fields = dict.fromkeys((*NAMES, "reason", "amount", "payment"), where) | {"step": "do"}
            answer = lan.post(here, fields | {"form_token": town.token("lan", lan, here)})

            assert answer.status_code in {200, 303, 404, 409, 422}, path
            assert leads_nowhere_else(answer), path


def test_WEB_03_WEB_04_what_others_wrote_is_text_on_every_page(pages: Mapping[str, Response]) -> None:
    assert len(pages) > 100
    assert sum("&lt;script&gt;alert(1)" in page.text for page in pages.values()) > 3  # it is there
    for path, page in pages.items():
        if "html" in page.headers["content-type"]:
            for script in (SCRIPT, "<img src=x"):
                assert script not in page.text, path
            assert (
                re.findall(r"<script(?![^>]* src=)|<style|<[^<>]*\s(?:style|on[a-z]+)=", page.text) == []
            ), path


def test_WEB_04_what_is_typed_is_text_in_every_form_that_comes_back(town: Whole) -> None:
    lan = town.office.person("lan")

    for path, here in town.doors("POST"):
        if path in OF_AUDITORS or "/proposals/" in path or re.search("replay|resume|unpark|ask", path):
            continue
        token = town.token("lan", lan, here)
        fields = dict.fromkeys((*TYPED, "booked_on", "bank_reference", "statement", "payment"), INERT)
        answer = lan.post(here, fields | {"form_token": token, "step": ""})

        assert answer.status_code in {200, 303, 404, 409, 422}, path
        for inert in ("<script>alert", "onerror=alert(1)>", ">49<"):
            assert inert not in answer.text, path


def test_WEB_05_no_address_is_made_of_a_header(town: Whole) -> None:
    lan = town.office.person("lan")
    forged = {
        "x_forwarded_host": "evil.example",
        "x_forwarded_prefix": "//evil.example",
        "x_forwarded_proto": "javascript",
        "forwarded": "host=evil.example;proto=https",
        "x_original_url": "//evil.example/",
        "x_rewrite_url": "//evil.example/",
    }

    for path, here in town.doors("GET"):
        assert "evil.example/" not in lan.get(here, **forged).text.replace("m@evil.example", ""), path
        for host in ("evil.example", f"{HOST}.evil.example", f"{HOST}@evil.example", ""):
            assert lan.get(here, host=host).status_code == 400, path


def test_WEB_09_nothing_that_changes_is_done_by_looking(town: Whole) -> None:
    """With all that the form would send; the module's end sees that nothing changed."""
    lan = town.office.person("lan")

    for path, here in town.doors("POST"):
        asked = urlencode(TYPED | {"form_token": town.token("lan", lan, here)})
        for headers in ({"sec_purpose": "prefetch"}, {"sec_fetch_dest": "image"}):
            assert lan.get(f"{here}?{asked}", **headers).status_code in {200, 404, 405, 409}, path
        for method in ("HEAD", "PUT", "DELETE", "PATCH"):
            answer = lan.ask(method, f"{here}?{asked}")
            assert answer.status_code == 405 or (
                method == "HEAD" and answer.status_code in {200, 404, 409}
            ), path


def test_WEB_10_no_page_lets_itself_be_framed_kept_or_sniffed(pages: Mapping[str, Response]) -> None:
    for path, page in pages.items():
        assert page.headers["x-frame-options"] == "DENY", path
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"], path
        assert "unsafe" not in page.headers["content-security-policy"], path
        assert page.headers["cache-control"] == "no-store", path
        assert page.headers["x-content-type-options"] == "nosniff", path
