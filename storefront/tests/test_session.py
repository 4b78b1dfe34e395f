from __future__ import annotations

import base64
import json

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from payport_storefront.session import Session, SessionMiddleware, form_token

KEY = b"k" * 32


async def _counting_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says which account the session holds; `?sign=x` signs in."""
    request = Request(scope, receive)
    response: Response = PlainTextResponse(f"{request.state.session.account}")
    if account := request.query_params.get("sign"):
        request.state.session.account = account
    await response(scope, receive, send)


def _client(key: bytes = KEY, *, secure: bool = False) -> AsyncClient:
    app = SessionMiddleware(_counting_app, key=key, secure=secure)
    return AsyncClient(transport=ASGITransport(app), base_url="http://shop.example")


@pytest.mark.anyio
class TestTheSessionCookie:
    async def test_carries_the_account_to_the_next_request(self) -> None:
        async with _client() as client:
            await client.get("/?sign=binh-minh")

            assert (await client.get("/")).text == "binh-minh"

    async def test_cannot_be_written_by_the_browser(self) -> None:
        async with _client() as client:
            await client.get("/?sign=binh-minh")
            body, _, mac = client.cookies["suite_session"].partition(".")
            issued_at, text = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            forged = json.dumps([issued_at, text.replace("binh-minh", "an-tam")]).encode()
            cookie = base64.urlsafe_b64encode(forged).decode().rstrip("=") + "." + mac

            client.cookies.clear()
            client.cookies.set("suite_session", cookie)

            assert (await client.get("/")).text == "None"

    @pytest.mark.parametrize("cookie", ["", ".", "a.b", "é.ü", "x" * 5000, "eyJ9.", "bnVsbA.0"])
    async def test_of_any_other_shape_is_a_new_session(self, cookie: str) -> None:
        async with _client() as client:
            answer = await client.get("/", headers={"cookie": f"suite_session={cookie}".encode()})

        assert (answer.status_code, answer.text) == (200, "None")

    async def test_of_another_installation_is_a_new_session(self) -> None:
        async with _client(b"other-key-other-key-other-key-oth") as other:
            await other.get("/?sign=binh-minh")
            cookie = other.cookies["suite_session"]
        async with _client() as client:
            client.cookies.set("suite_session", cookie)

            assert (await client.get("/")).text == "None"

    async def test_is_out_of_reach_of_scripts_and_of_other_sites(self) -> None:
        async with _client(secure=True) as client:
            cookie = (await client.get("/")).headers["set-cookie"].lower()

        assert all(word in cookie for word in ("httponly", "samesite=lax", "secure", "path=/"))


def test_WEB_06_a_form_token_is_good_for_its_own_session_customer_and_path_alone() -> None:
    hers = Session("s1", "binh-minh")
    token = form_token(KEY, hers, "/order/q1")

    assert token == form_token(KEY, Session("s1", "binh-minh"), "/order/q1")
    assert token not in {
        form_token(KEY, Session("s2", "binh-minh"), "/order/q1"),
        form_token(KEY, Session("s1", "an-tam"), "/order/q1"),
        form_token(KEY, Session("s1"), "/order/q1"),
        form_token(KEY, hers, "/pay/t1"),
        form_token(b"o" * 32, hers, "/order/q1"),
    }
