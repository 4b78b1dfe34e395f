"""The doors of a Django project: every byte arrives as it came, and nothing of Django stands before them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from sqlalchemy import select

from hosts.django.tests.conftest import MIDDLEWARE
from hosts.django.tests.servers import HOST, SERVERS, Server, over_asgi, over_wsgi
from payport import BuyerDetails, New, Payport
from payport.storage import tables as t
from tests.support.sign import ipn_query

IPN = "/pay/vnpay-main/ipn"
FORM = (b"content-type", b"application/x-www-form-urlencoded")
HERE = "hosts.django.tests.site"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
NASTY = [
    b"a=1&a=2&b=%2B+%20;c&&=&d",
    b"vnp_TxnRef=%C3%A1%FF%00&%76np=1",
    "vnp_OrderInfo=Đơn hàng".encode(),
    b"?#%",
    b"",
]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    return SERVERS[request.param]


def kept(payport: Payport) -> list[Mapping[str, Any]]:
    """What stands in the database of each callback, oldest first, but for its number and time."""
    columns = [t.callbacks.c[name] for name in ("method", "query", "headers", "body", "decision")]
    with payport.seller.database.engine.connect() as opened:
        return [row._asdict() for row in opened.execute(select(*columns).order_by(t.callbacks.c.id))]


def pending(payport: Payport) -> tuple[str, bytes]:
    """The number of an order that waits for its money, and the genuine IPN that tells of it."""
    quote = payport.quote("binh-minh", New(package="standard", months=12))
    order = payport.place(quote, BuyerDetails(name="Hà", email="ha@example.vn"))
    payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
    (payment,) = payport.order(order.number).payments
    return order.number, ipn_query(payment.merchant_reference, payment.amount.minor)


class TestAMessageOfAGateway:
    def test_pays_the_order_and_is_answered_in_the_gateways_words(
        self, payport: Payport, server: Server
    ) -> None:
        number, query = pending(payport)

        answer = server(IPN, query)

        assert payport.order(number).state == "paid"
        assert (answer.status, answer.body) == (200, b'{"RspCode":"00","Message":"Confirm Success"}')
        assert answer.headers["content-type"] == "application/json"
        assert "no-store" in answer.headers["cache-control"]

    def test_that_a_browser_brings_leads_to_the_orders_page(self, payport: Payport, server: Server) -> None:
        number, query = pending(payport)

        answer = server("/pay/vnpay-main/return", query)

        assert answer.status == 303
        assert answer.headers["location"] == payport.seller.order_url(payport.order(number).token)

    def test_that_proves_nothing_shows_a_page_that_tells_nothing(
        self, payport: Payport, server: Server
    ) -> None:
        answer = server("/pay/vnpay-main/return", b"vnp_TxnRef=1")

        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "Nothing could be confirmed here" in answer.body.decode()

    def test_is_taken_by_the_test_client_too(self, payport: Payport) -> None:
        number, query = pending(payport)

        answer = Client(enforce_csrf_checks=True).get(IPN, QUERY_STRING=query.decode())

        assert (answer.status_code, payport.order(number).state) == (200, "paid")


class TestEveryByte:
    @pytest.mark.parametrize("query", [*NASTY, b"a=\xff\xfe&b=%"])
    def test_of_a_query_is_kept_over_wsgi_as_payports_own_door_keeps_it(
        self, payport: Payport, query: bytes
    ) -> None:
        headers = (*HOST, FORM, (b"x-sign", b"1"), (b"x-sign", b"2"), (b"x-latin", b"\xe9"))
        sent: dict[str, Any] = {"method": "POST", "headers": headers, "body": query + b"\x00\xff+%20;&&"}

        through = over_wsgi(IPN, query, **sent)
        direct = over_wsgi("/vnpay-main/ipn", query, app=payport.wsgi(), **sent)

        ours, theirs = kept(payport)
        assert ours == theirs
        assert (ours["query"], ours["body"]) == (query, sent["body"])
        assert ["x-sign", "1,2"] in _headers(ours)
        assert (through.status, through.body) == (direct.status, direct.body)

    @pytest.mark.parametrize("query", NASTY)
    def test_of_a_message_is_kept_over_asgi_each_header_as_often_as_it_came(
        self, payport: Payport, query: bytes
    ) -> None:
        headers = (*HOST, FORM, (b"x-sign", b"1"), (b"x-sign", b"2"), (b"x_under", b"\xe9"))

        over_asgi(IPN, query, method="POST", headers=headers, body=query + b"\x00\xff+%20;&&")

        (row,) = kept(payport)
        assert (row["query"], row["body"]) == (query, query + b"\x00\xff+%20;&&")
        assert _headers(row) == [[name.decode(), value.decode("latin-1")] for name, value in headers]

    def test_that_django_itself_cannot_read_over_asgi_is_refused_and_not_bent(self, payport: Payport) -> None:
        assert over_asgi(IPN, b"a=\xff\xfe").status == 400
        assert kept(payport) == []

    @pytest.mark.parametrize("middleware", ["reads_the_body", "reads_the_form"])
    def test_of_a_form_is_there_though_a_middleware_has_read_it(
        self, payport: Payport, server: Server, middleware: str
    ) -> None:
        with override_settings(MIDDLEWARE=[f"{HERE}.{middleware}", *MIDDLEWARE]):
            server(IPN, method="POST", headers=(*HOST, FORM, (b"content-length", b"11")), body=b"a=1&a=2&b=+")

        (row,) = kept(payport)
        assert row["body"] == b"a=1&a=2&b=+"

    def test_is_needed_a_form_of_which_a_middleware_left_nothing_is_not_taken_for_an_empty_one(
        self, payport: Payport, server: Server
    ) -> None:
        length = (b"content-length", str(len(MULTIPART)).encode())
        headers = (*HOST, (b"content-type", b"multipart/form-data; boundary=x"), length)
        with override_settings(MIDDLEWARE=[f"{HERE}.reads_the_form", *MIDDLEWARE]):
            answer = server(IPN, method="POST", headers=headers, body=MULTIPART)

        assert (answer.status, kept(payport)) == (400, [])


class TestTheLimits:
    def test_are_payports_and_not_djangos(self, payport: Payport, server: Server) -> None:
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10, DATA_UPLOAD_MAX_NUMBER_FIELDS=1):
            taken = server(IPN, b"a=1&b=2&c=3", method="POST", headers=(*HOST, FORM), body=b"d=1&" * 1_000)
            refused = server(IPN, method="POST", headers=(*HOST, FORM), body=b"x" * 70_000)

        assert (taken.status, refused.status) == (200, 413)
        assert [len(row["body"]) for row in kept(payport)] == [4_000]

    @pytest.mark.parametrize(("method", "path", "status"), [
        ("HEAD", IPN, 405), ("OPTIONS", IPN, 405), ("PUT", IPN, 405),
        ("GET", "/pay/nobody/ipn", 404), ("GET", f"{IPN}/", 404), ("GET", f"{IPN}\n", 404),
        ("GET", "/pay/vnpay-main/other", 404), ("GET", "/pay/vnpay-main", 404),
    ])  # fmt: skip
    def test_are_kept_by_the_doors_themselves(
        self, payport: Payport, server: Server, method: str, path: str, status: int
    ) -> None:
        assert server(path, method=method).status == status
        assert kept(payport) == []

    def test_hold_for_a_body_whose_end_or_length_is_not_known(self, payport: Payport) -> None:
        chunked = (*HOST, (b"transfer-encoding", b"chunked"))

        assert over_wsgi(IPN, method="POST", headers=chunked).status == 411
        for length in (b"9", b"+3", b"-3", b"three"):
            headers = (*HOST, (b"content-length", length))
            assert over_wsgi(IPN, method="POST", headers=headers, body=b"a=1").status == 400
        assert kept(payport) == []

    def test_leave_a_body_in_chunks_whole_where_the_server_knows_its_end(self, payport: Payport) -> None:
        environ = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "", "wsgi.input_terminated": True}

        over_wsgi(IPN, method="POST", body=b"a=1&a=2", environ=environ)

        assert [row["body"] for row in kept(payport)] == [b"a=1&a=2"]


class TestNothingOfDjango:
    def test_answers_out_of_a_cache_what_the_gateway_asks_again(
        self, payport: Payport, server: Server
    ) -> None:
        first, last = (f"django.middleware.cache.{name}CacheMiddleware" for name in ("Update", "FetchFrom"))
        number, query = pending(payport)
        cache.clear()
        with override_settings(MIDDLEWARE=[first, *MIDDLEWARE, last]):
            answers = [server(IPN, query).body for _ in range(2)]

        assert [b"00" in answers[0], b"02" in answers[1]] == [True, True]  # done; done already
        assert payport.order(number).state == "paid"

    def test_asks_a_gateway_for_a_login_or_a_token(self, payport: Payport, server: Server) -> None:
        login = "django.contrib.auth.middleware.LoginRequiredMiddleware"
        with override_settings(MIDDLEWARE=[*MIDDLEWARE, login]):
            answer = server(IPN, method="POST", headers=(*HOST, FORM), body=b"a=1")

        assert (answer.status, len(kept(payport))) == (200, 1)

    def test_needs_djangos_database(
        self, payport: Payport, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        with CaptureQueriesContext(connection) as queries:
            assert server(IPN, b"a=1").status == 200

        assert list(queries) == []


def _headers(row: Mapping[str, Any]) -> Any:
    return json.loads(row["headers"])
