"""The doors for callbacks, over ASGI and WSGI: bytes as they came, exact words, refusals at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any
from wsgiref.util import is_hop_by_hop, setup_testing_defaults
from wsgiref.validate import validator

import httpx
import pytest
from sqlalchemy import select

from payport.service.receiving import MOST_BODY, MOST_HEADERS, MOST_QUERY
from payport.storage import tables as t
from tests.support.shop import Shop
from tests.support.sign import ipn_query

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class _Wsgi(httpx.AsyncBaseTransport):
    """A server of WSGI, as far as an application sees it."""

    def __init__(self, app: Any) -> None:
        self._server = httpx.WSGITransport(app, raise_app_exceptions=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        headers = {**request.headers, "content-length": str(len(body))}
        if "content-length" not in request.headers:  # it put the chunks together
            headers.pop("transfer-encoding", None)
        answer = self._server.handle_request(
            httpx.Request(request.method, request.url, headers=headers, content=body)
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.read())


@pytest.fixture(params=["asgi", "wsgi"])
async def doors(shop: Shop, request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    transport: httpx.AsyncBaseTransport = _Wsgi(shop.payport.wsgi())
    if request.param == "asgi":
        transport = httpx.ASGITransport(app=shop.payport.asgi(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example.vn") as client:
        yield client


def stored(shop: Shop) -> int:
    with shop.payport.seller.database.reading() as connection:
        return len(connection.execute(select(t.callbacks.c.id)).all())


class TestTheIpnDoor:
    async def test_answers_in_the_gateways_exact_words(self, shop: Shop, doors: httpx.AsyncClient) -> None:
        payment = shop.pay(shop.order())
        query = ipn_query(payment.merchant_reference, payment.amount.minor).decode()

        answer = await doors.get(f"/vnpay-main/ipn?{query}")

        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == b'{"RspCode":"00","Message":"Confirm Success"}'

    async def test_SEC_05_says_the_same_to_a_forger_whether_the_order_exists_or_not(
        self, shop: Shop, doors: httpx.AsyncClient
    ) -> None:
        payment = shop.pay(shop.order())

        answers = [
            await doors.get(f"/vnpay-main/ipn?{ipn_query(reference, 1_100_000, secret='f' * 32).decode()}")
            for reference in (payment.merchant_reference, "SVNOBODYKNOW")
        ]

        assert answers[0].content == answers[1].content == b'{"RspCode":"97","Message":"Invalid signature"}'
        assert answers[0].headers == answers[1].headers

    async def test_keeps_every_byte_that_it_judged(self, shop: Shop, doors: httpx.AsyncClient) -> None:
        await doors.get("/vnpay-main/ipn?vnp_TxnRef=%20a+b&x=%ff", headers={"Cookie": "session=secret"})

        with shop.payport.seller.database.reading() as connection:
            row = connection.execute(select(t.callbacks)).one()
        assert (row.query, row.verdict) == (b"vnp_TxnRef=%20a+b&x=%ff", "rejected")
        assert "secret" not in row.headers


class TestTheReturnDoor:
    async def test_sends_the_buyer_to_the_orders_page(self, shop: Shop, doors: httpx.AsyncClient) -> None:
        order = shop.order()
        payment = shop.pay(order)
        query = ipn_query(payment.merchant_reference, payment.amount.minor).decode()

        answer = await doors.get(f"/vnpay-main/return?{query}")

        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"http://127.0.0.1:9/result/{order.token}",
        )

    async def test_CHN_02_shows_a_neutral_page_where_nothing_was_authentic(
        self, shop: Shop, doors: httpx.AsyncClient
    ) -> None:
        payment = shop.pay(shop.order())

        answer = await doors.get(
            f"/vnpay-main/return?vnp_TxnRef={payment.merchant_reference}&vnp_ResponseCode=00"
        )

        assert answer.status_code == 200
        assert payment.merchant_reference not in answer.text


class TestWhatIsRefusedAtTheDoor:
    """Nothing of it is kept."""

    @pytest.fixture(autouse=True)
    def _nothing_is_kept(self, shop: Shop) -> Iterator[None]:
        yield
        assert stored(shop) == 0

    async def test_an_account_that_is_not_configured(self, doors: httpx.AsyncClient) -> None:
        assert (await doors.get("/somebody/ipn")).status_code == 404

    async def test_an_address_with_a_slash_behind_it(self, doors: httpx.AsyncClient) -> None:
        assert (await doors.post("/vnpay-main/ipn/", content=b"a=1")).status_code == 404

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
    async def test_another_method(self, doors: httpx.AsyncClient, method: str) -> None:
        assert (await doors.request(method, "/vnpay-main/ipn")).status_code == 405

    async def test_RES_01_a_body_beyond_the_limit(self, doors: httpx.AsyncClient) -> None:
        assert (await doors.post("/vnpay-main/ipn", content=b"x" * (MOST_BODY + 1))).status_code == 413

    async def test_RES_01_a_body_without_end(self, doors: httpx.AsyncClient) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(1000):
                yield b"x" * 1024

        assert (await doors.post("/vnpay-main/ipn", content=endless())).status_code == 413

    async def test_RES_03_a_query_beyond_the_limit(self, doors: httpx.AsyncClient) -> None:
        assert (await doors.get(f"/vnpay-main/ipn?{'a=b&' * (MOST_QUERY // 4 + 1)}")).status_code == 413

    async def test_RES_01_headers_beyond_the_limit(self, doors: httpx.AsyncClient) -> None:
        """Of many, and of one name or one value alone."""
        name, value = "x" * (MOST_HEADERS // 2 + 1), "y" * (MOST_HEADERS // 2 + 1)
        for headers in (
            {name: value},
            {f"x-{each}": "y" * 1_000 for each in range(MOST_HEADERS // 1_000 + 1)},
        ):
            assert (await doors.get("/vnpay-main/ipn?a=1", headers=headers)).status_code == 413

    async def test_RES_01_a_body_of_two_lengths(self, doors: httpx.AsyncClient) -> None:
        """A proxy that believes the other one would see another message behind it."""
        both = {"content-length": "3", "transfer-encoding": "chunked"}

        assert (await doors.post("/vnpay-main/ipn", content=b"a=1", headers=both)).status_code == 400


class TestADatabaseThatIsAway:
    async def test_CHN_06_is_answered_with_call_again_and_the_next_callback_is_served(
        self, shop: Shop, doors: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = shop.pay(shop.order())
        query = ipn_query(payment.merchant_reference, payment.amount.minor).decode()
        with monkeypatch.context() as away:
            away.setattr(shop.payport.seller.database, "engine", _Away())
            first = await doors.get(f"/vnpay-main/ipn?{query}")

        second = await doors.get(f"/vnpay-main/ipn?{query}")

        assert first.content == b'{"RspCode":"99","Message":"Unknown error"}'
        assert second.content == b'{"RspCode":"00","Message":"Confirm Success"}'

    async def test_CHN_06_a_fault_of_ours_is_call_again_and_says_nothing(
        self, shop: Shop, doors: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever it is, before the gateway's own words are known: its server asks again."""

        def fail() -> None:
            raise ZeroDivisionError("of something secret")

        with monkeypatch.context() as broken:
            broken.setattr(type(shop.clock), "__call__", lambda _self: fail())
            answer = await doors.get("/vnpay-main/ipn?a=1")

        assert (answer.status_code, answer.content) == (503, b"")
        assert (await doors.get("/vnpay-main/ipn?a=1")).status_code == 200


class _Away:
    def begin(self) -> None:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("BEGIN", {}, Exception("connection refused"))


class TestWhatOnlyWsgiTells:
    """A body that is not all there, or announced as nobody announces it: nothing of it is kept."""

    @pytest.mark.parametrize(
        ("length", "body", "status"),
        [
            ("10", b"short", 400),
            ("-1", b"", 400),
            ("1e1", b"", 400),
            ("³", b"a=1", 400),  # a digit, and no number to int()
            ("9" * 30, b"", 413),
            ("9" * 5_000, b"", 413),  # int() raises for so many
            ("", b"x", 200),
        ],
    )
    def test_RES_01_a_length_that_does_not_fit(
        self, shop: Shop, length: str, body: bytes, status: int
    ) -> None:
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/vnpay-main/ipn", "QUERY_STRING": "",
            "CONTENT_LENGTH": length, "wsgi.input": BytesIO(body),
        }  # fmt: skip

        list(shop.payport.wsgi()(environ, lambda line, _headers: said.append(line)))

        assert said[0].startswith(str(status))
        assert stored(shop) == (status == 200)

    def test_RES_01_a_body_in_chunks_without_a_known_end(self, shop: Shop) -> None:
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/vnpay-main/ipn", "QUERY_STRING": "",
            "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(b"vnp_Amount=1"),
        }  # fmt: skip

        list(shop.payport.wsgi()(environ, lambda line, _headers: said.append(line)))
        list(
            shop.payport.wsgi()(environ | {"wsgi.input_terminated": True}, lambda line, _: said.append(line))
        )

        assert said == ["411 Length Required", "200 OK"]
        assert stored(shop) == 1

    def test_RES_01_a_body_in_chunks_beyond_the_limit(self, shop: Shop) -> None:
        """Not a byte more is read than shows that it is too long."""
        said: list[str] = []
        body = BytesIO(b"x" * (MOST_BODY + 10_000))
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/vnpay-main/ipn", "QUERY_STRING": "",
            "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "wsgi.input": body,
        }  # fmt: skip

        list(shop.payport.wsgi()(environ, lambda line, _headers: said.append(line)))

        assert said == ["413 Content Too Large"]
        assert body.tell() == MOST_BODY + 1
        assert stored(shop) == 0

    def test_keeps_no_password_of_this_process_as_a_header(self, shop: Shop) -> None:
        """wsgiref and CGI mix the environment in, and there HTTP_PROXY is an address to go out by."""
        environ: dict[str, Any] = {"PATH_INFO": "/vnpay-main/ipn", "QUERY_STRING": "a=1"}
        setup_testing_defaults(environ)
        environ["HTTP_PROXY"] = "http://deploy:a-synthetic-password@proxy.example:3128"

        b"".join(shop.payport.wsgi()(environ, lambda *_: lambda _: None))

        with shop.payport.seller.database.reading() as connection:
            (headers,) = connection.execute(select(t.callbacks.c.headers)).scalars()
        assert "host" in headers
        assert "proxy" not in headers

    def test_is_as_the_standard_librarys_own_check_wants_it(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        query = ipn_query(payment.merchant_reference, payment.amount.minor).decode()
        said: list[str] = []

        def start_response(line: str, headers: Any, *_: Any) -> Any:
            said.append(line)
            assert not [name for name, _ in headers if is_hop_by_hop(name)]  # wsgiref's server asserts it
            return said.append

        for path in ("/vnpay-main/ipn", "/vnpay-main/return", "/other/ipn"):
            environ: dict[str, Any] = {"SCRIPT_NAME": "", "QUERY_STRING": query, "PATH_INFO": path}
            setup_testing_defaults(environ)
            answer: Any = validator(shop.payport.wsgi())(environ, start_response)
            list(answer)
            answer.close()

        assert said == ["200 OK", "303 See Other", "404 Not Found"]
