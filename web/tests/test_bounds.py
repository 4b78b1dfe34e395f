"""What is too much is refused before it is taken apart, and what is too slow is hung up on."""

from __future__ import annotations

import logging

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from payport.logs import keep_out, protect
from payport_web import forms
from payport_web.around import around
from payport_web.forms import read_form
from tests.support.door import exchange

pytestmark = pytest.mark.anyio
FORM = (b"content-type", b"application/x-www-form-urlencoded")
MARKER = "planted-marker-of-the-bounds"


async def _read(request: Request) -> Response:
    return PlainTextResponse((await read_form(request, ("reason",), token="t"))["reason"])


async def _look(request: Request) -> Response:
    return PlainTextResponse(f"{len(request.query_params)} {len(request.cookies)}")


async def _break(_: Request) -> Response:
    raise RuntimeError(f"{MARKER} and 4111111111111111\r\n2026 INFO paid")


def _error(request: Request, raised: Exception) -> Response:
    status = raised.status_code if isinstance(raised, HTTPException) else 500
    return PlainTextResponse(f"{status} {request.url.query} {len(request.headers)}", status)


APP = Starlette(
    routes=[Route("/", _look), Route("/broken", _break), Route("/", _read, methods=["POST"])],
    middleware=around(hosts=("shop.example.vn",), secure=True, error=_error),
    exception_handlers={HTTPException: _error},
)


async def test_RES_03_an_address_or_headers_beyond_the_bounds_are_not_even_read() -> None:
    many = b"&".join(b"a%d=b" % number for number in range(100_000))
    cookies = [(b"cookie", b"a%d=b" % number) for number in range(10_000)]

    for query in (many, b"a=" + b"x" * 9_000, b"&" * 64):
        answer = await exchange(APP, "/", query)
        assert (answer.status, answer.body) == (414, b"414  1")
    for headers in (cookies, [(b"x-large", b"x" * 1_000_000)], [(b"cookie", b"a=b; " * 100_000)]):
        answer = await exchange(APP, "/", headers=headers)
        assert (answer.status, answer.body) == (431, b"431  1")
    assert answer.headers[b"x-frame-options"] == b"DENY"


async def test_what_is_within_the_bounds_is_read() -> None:
    query = b"&".join(b"a%d=b" % number for number in range(64))
    cookies = [(b"cookie", b"; ".join(b"a%d=%s" % (number, b"x" * 4_000) for number in range(15)))]

    assert (await exchange(APP, "/", query, headers=cookies)).body == b"64 15"


async def test_RES_01_a_form_beyond_the_limit_is_not_read_to_its_end_and_hung_up_on() -> None:
    for length in (b"5", b"99999999999", b"-1", b"text"):
        headers = [FORM, (b"content-length", length)]
        answer = await exchange(APP, "/", method="POST", headers=headers, body=[b"x" * 8_192] * 12_800)

        assert (answer.status, answer.chunks_read) == (413, 3)
        assert answer.headers[b"connection"] == b"close"


async def test_RES_01_a_sender_that_hangs_up_is_no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    answer = await exchange(APP, "/", method="POST", headers=[FORM], body=[b"form_token=t"], hangs_up=True)

    assert answer.status == 400
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_RES_04_a_form_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "BODY_SECONDS", 0.1)

    answer = await exchange(APP, "/", method="POST", headers=[FORM], body=[b"a"] * 1_000, pause=0.02)

    assert (answer.status, answer.headers[b"connection"]) == (408, b"close")
    assert answer.chunks_read < 10


async def test_SEC_01_what_nobody_expected_is_logged_without_secrets_cards_or_forged_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    keep_out([MARKER])
    protect()

    answer = await exchange(APP, "/broken")

    assert answer.body == b"500  1"
    assert "RuntimeError: [secret] and 411111******1111" in caplog.text
    assert MARKER not in caplog.text
    assert "\n2026 INFO paid" not in caplog.text
