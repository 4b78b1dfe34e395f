"""The doors for callbacks, over ASGI: bytes as they came, the gateway's exact words, refusals at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from sqlalchemy import select

from payport.service.receiving import MOST_BODY, MOST_QUERY
from payport.storage import tables as t
from tests.support.shop import Shop
from tests.support.sign import ipn_query

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def doors(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
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


class _Away:
    def begin(self) -> None:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("BEGIN", {}, Exception("connection refused"))
