"""Section 7 of the attacks (WEB) at the shop's doors: all of them, as the application lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.routing import Route

from payport import OrderView
from storefront.tests.town import BUYER, CHOICE, ORIGIN, Town, Visitor, hidden_fields

INERT = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'
ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://127.0.0.1:8000@evil.example/",
    "%2f%2fevil.example",
    "http://127.0.0.1:8001/",
)
NAMES = ("next", "return_url", "return", "redirect", "url", "back", "continue", "vnp_ReturnUrl", "lang")
OURS = ("/sign-in-of-tests/{account}", "/break-of-tests")


def doors(town: Town, method: str) -> list[str]:
    """Every path of the shop that answers to this method, of an order or a quote that is there."""
    assert isinstance(town.app, Starlette)
    routes = [route for route in town.app.routes if isinstance(route, Route) and route.path not in OURS]
    assert len(routes) > 10
    return [route.path for route in routes if method in (route.methods or ())]


@pytest.fixture
def visitor(town: Town) -> Visitor:
    return town.visitor()


@pytest.fixture
def token(town: Town, visitor: Visitor) -> str:
    return town.place(visitor)


@pytest.fixture
def at(visitor: Visitor, token: str) -> dict[str, str]:
    """What stands in the paths: an order, and a quote."""
    page = visitor.choose(offer="standard/12")
    found = re.search(r'action="/order/confirm/([^"]*)"', page.text)
    assert found
    return {"token": token, "quote": found[1]}


def sold(town: Town, token: str) -> OrderView:
    return town.payport.order_by_token(token)


def leads_nowhere_else(answer: Response) -> bool:
    where = answer.headers.get("location", "/")
    return re.match(r"/(?![/\\])", where) is not None or where.startswith(f"{ORIGIN}/")


def test_WEB_01_no_page_leads_where_a_parameter_says(
    town: Town, visitor: Visitor, at: dict[str, str]
) -> None:
    for path in doors(town, "GET"):
        query = "&".join(f"{name}={quote(where)}" for name, where in zip(NAMES, ELSEWHERE, strict=True))
        answer = visitor.get(f"{path.format(**at)}?{query}")

        assert leads_nowhere_else(answer), path
        assert re.findall(r'(?:href|action|src|hx-get|content)="[^"]*(?<!=)//evil', answer.text) == []
        assert "javascript:" not in re.sub(r'href="\?[^"]*"', "", answer.text)


def test_WEB_01_nor_does_a_posted_field(visitor: Visitor) -> None:
    for where in ELSEWHERE:
        answer = visitor.submit(visitor.get("/order"), "/order", **(CHOICE | dict.fromkeys(NAMES, where)))

        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/order/confirm/")


def test_WEB_03_what_a_gateway_says_is_text(town: Town, visitor: Visitor, token: str) -> None:
    transaction = town.hand_over(visitor, token)
    said = {"vnp_BankCode": INERT, "vnp_CardType": INERT, "vnp_OrderInfo": INERT, "vnp_BankTranNo": INERT}

    town.tell(transaction, "51", **said)

    assert sold(town, token).payments[0].state == "failed"
    for path in (f"/result/{token}", f"/result/{token}/progress", f"/payment/{token}", "/"):
        assert_inert(visitor.get(path))


def test_WEB_04_what_a_buyer_types_is_text(town: Town, visitor: Visitor) -> None:
    typed = {"name": INERT[:90], "company": INERT, "tax_code": "0101234567", "address": INERT}
    refused = visitor.submit(visitor.choose(), "/order/confirm", **(BUYER | typed | {"email": INERT}))
    token = town.place(visitor, **typed)

    assert refused.status_code == 422
    for page in (refused, *(visitor.get(path) for path in (f"/payment/{token}", f"/result/{token}", "/"))):
        assert_inert(page)


def test_WEB_05_addresses_come_from_the_configuration_alone(town: Town, visitor: Visitor, token: str) -> None:
    forged = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "javascript",
        "forwarded": "host=evil.example;proto=https",
        "x-original-url": "//evil.example/",
        "x-rewrite-url": "//evil.example/",
        "origin": ORIGIN,
    }
    fields = hidden_fields(visitor.get(f"/payment/{token}", **forged).text)

    answer = visitor.post(f"/payment/{token}", fields | {"method": "domestic_card"}, **forged)

    sent = parse_qs(urlsplit(answer.headers["location"]).query)
    assert sent["vnp_ReturnUrl"] == [f"{ORIGIN}/pay/vnpay-main/return"]
    assert "evil" not in answer.headers["location"]
    for host in ("evil.example", "127.0.0.1:8000@evil.example", "127.0.0.1.evil.example", ""):
        assert visitor.get(f"/payment/{token}", host=host).status_code == 400


def test_WEB_06_no_form_is_taken_without_its_own_token(
    town: Town, visitor: Visitor, at: dict[str, str]
) -> None:
    strangers = hidden_fields(town.visitor("an-tam").get("/order").text)["form_token"]
    others = hidden_fields(visitor.get(f"/payment/{at['token']}").text)["form_token"]
    fields = BUYER | CHOICE | {"method": "domestic_card"}

    for path in doors(town, "POST"):
        tokens = {"", strangers, "0" * 64} | ({others} if path != "/payment/{token}" else set())
        for form_token in sorted(tokens):
            answer = visitor.post(path.format(**at), fields | {"form_token": form_token})
            assert answer.status_code == 403, path
        assert visitor.post(path.format(**at), fields).status_code == 403, path

    assert sold(town, at["token"]).payments == ()
    assert sold(town, at["token"]).state == "placed"


def test_WEB_07_nothing_but_the_declared_fields_is_read(town: Town, visitor: Visitor) -> None:
    wishes = {
        "paid": "true", "total": "1", "net": "1", "state": "paid", "account": "an-tam",
        "account_id": "an-tam", "discount": "100", "vnp_Amount": "1", "amount": "1", "received": "7549200",
    }  # fmt: skip
    chosen = visitor.submit(visitor.get("/order"), "/order", **(CHOICE | wishes))
    placed = visitor.submit(visitor.get(chosen.headers["location"]), "/order/confirm", **(BUYER | wishes))
    token = placed.headers["location"].rpartition("/")[2]

    begun = visitor.submit(visitor.get(f"/payment/{token}"), "/payment/", method="domestic_card", **wishes)

    order = sold(town, token)
    assert (order.total.minor, order.received.minor, order.state) == (7_549_200, 0, "placed")
    assert order.account == "binh-minh"
    assert parse_qs(urlsplit(begun.headers["location"]).query)["vnp_Amount"] == ["754920000"]


def test_WEB_09_nothing_that_changes_is_done_by_looking(
    town: Town, visitor: Visitor, at: dict[str, str]
) -> None:
    before = (sold(town, at["token"]), town.payport.entitlement("binh-minh").version)
    page = visitor.get(f"/payment/{at['token']}")
    asked = "&".join(
        f"{name}={quote(value)}"
        for name, value in (hidden_fields(page.text) | BUYER | CHOICE | {"method": "domestic_card"}).items()
    )

    for path in doors(town, "POST"):
        where = f"{path.format(**at)}?{asked}"
        looks: dict[str, str]
        for looks in ({}, {"sec-purpose": "prefetch"}, {"sec-fetch-dest": "image"}):
            assert visitor.get(where, **looks).status_code in {200, 303}
        for answer in other_methods(visitor, where):
            assert answer.status_code == 405, path

    assert (sold(town, at["token"]), town.payport.entitlement("binh-minh").version) == before


def test_WEB_10_no_page_lets_itself_be_framed(town: Town, visitor: Visitor, at: dict[str, str]) -> None:
    for path in doors(town, "GET"):
        headers = visitor.get(path.format(**at), **{"sec-fetch-dest": "iframe"}).headers

        assert headers["x-frame-options"] == "DENY", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "unsafe-inline" not in headers["content-security-policy"], path


def assert_inert(page: Response) -> None:
    assert "<script>alert" not in page.text
    assert "onerror=alert(1)>" not in page.text
    assert ">49<" not in page.text
    assert re.findall(r"<script(?![^>]* src=)", page.text) == []


def other_methods(visitor: Visitor, where: str) -> Iterator[Response]:
    for method in ("PUT", "DELETE", "PATCH"):
        yield visitor.request(method, where)
