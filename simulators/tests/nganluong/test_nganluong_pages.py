"""The payment page over HTTP, as a browser without scripts sees it, and the classic way in (sheet 3, 8)."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from payport_simulators.nganluong import Delivery, Faults, Hash, Order, Simulator, State, app

SECRET = " bí mật 42 "
CLASSIC = {
    "merchant_site_code": "048001",
    "return_url": "https://shop.example.vn/return?own=1",
    "receiver": "shop@example.vn",
    "transaction_info": "INFO1",
    "order_code": "ORD1001",
    "price": "150000",
    "currency": "vnd",
    "quantity": "1",
    "tax": "0",
    "discount": "0",
    "fee_cal": "0",
    "fee_shipping": "0",
    "order_description": "Đơn hàng  ORD1001",
    "buyer_info": "Nguyễn Văn A*|*a@example.vn*|*0900000001*|*1 Lê Lợi",
    "affiliate_code": "",
}


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def page_of(order: Order) -> str:
    return f"/version31/index/token_code/{order.token}"


class TestThePage:
    @pytest.mark.parametrize(
        ("lang", "words"), [("vi", "Bạn trả bằng gì?"), ("en", "How would you like to pay?")]
    )
    def test_speaks_the_buyers_language_and_says_that_it_is_none(
        self, caller: Any, lang: str, words: str
    ) -> None:
        text = caller.client.get(caller.create(lang_code=lang)["checkout_url"]).text

        assert f'<html lang="{lang}">' in text
        assert words in text
        assert "Mô phỏng" in text
        assert "Simulation" in text

    def test_shows_the_order_and_four_ways_to_pay(self, gateway: httpx.Client, opened: Order) -> None:
        text = gateway.get(page_of(opened)).text

        assert "150.000\N{NO-BREAK SPACE}₫" in text
        assert "ORD1001" in text
        assert "12:00:00 25/11/2026" in text
        assert re.findall(r'name="way" value="(\w+)"', text) == ["NL", "ATM_ONLINE", "VISA", "IB_ONLINE"]

    def test_offers_only_what_the_shop_chose_where_it_did(self, caller: Any) -> None:
        url = caller.create(payment_method="ATM_ONLINE", bank_code="VCB")["checkout_url"]

        text = caller.client.get(url).text
        assert 'name="way"' not in text
        assert "<strong>VCB</strong>" in text

    def test_escapes_what_the_shop_sends(self, caller: Any) -> None:
        url = caller.create(order_description="<script>alert(1)</script>")["checkout_url"]

        text = caller.client.get(url).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "<script" not in text

    def test_asks_for_nothing_from_elsewhere_and_lets_no_script_run(
        self, gateway: httpx.Client, opened: Order
    ) -> None:
        answer = gateway.get(page_of(opened))

        assert re.findall(r'(?:src|href)="([^"#]+)"', answer.text) == [
            "data:,",
            "/version31/assets/simulator.css",
        ]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script" not in answer.headers["content-security-policy"]
        assert gateway.get("/version31/assets/simulator.css").status_code == 200

    def test_of_an_unknown_token_is_not_found(self, gateway: httpx.Client) -> None:
        assert gateway.get("/version31/index/token_code/none").status_code == 404
        assert gateway.post("/version31/index/token_code/none", data={"action": "pay"}).status_code == 404

    def test_takes_no_endless_form(self, gateway: httpx.Client, opened: Order) -> None:
        assert gateway.post(page_of(opened), data={"action": "x" * 70_000}).status_code == 413

    def test_works_under_any_path(
        self, simulator: Simulator, caller: Any, gateway: httpx.Client, gateway_stage: Any
    ) -> None:
        gateway_stage.app = Starlette(routes=[Mount("/sim/nl", app(simulator))])

        answer = caller.read(gateway.post("/sim/nl/checkout.api.nganluong.post.php", data=caller.fields()))
        text = gateway.get(answer["checkout_url"]).text

        assert answer["checkout_url"].startswith(f"{gateway_stage.url}/sim/nl/version31/")
        assert f'action="{urlsplit(answer["checkout_url"]).path}"' in text
        assert 'href="/sim/nl/version31/assets/simulator.css"' in text


class TestAPressedButton:
    @pytest.mark.parametrize(
        ("form", "paid_with", "bank"),
        [
            ({}, "NL", ""),
            ({"way": "NL", "bank": "VCB"}, "NL", ""),
            ({"way": "ATM_ONLINE", "bank": "TCB", "scheme": "JCB"}, "ATM_ONLINE", "TCB"),
            ({"way": "VISA", "bank": "TCB", "scheme": "JCB"}, "VISA", "JCB"),
            ({"way": "IB_ONLINE", "bank": "nobody"}, "IB_ONLINE", "VCB"),
            ({"way": "GOLD"}, "NL", ""),
        ],
    )
    def test_pays_with_what_the_buyer_chose(
        self,
        gateway: httpx.Client,
        opened: Order,
        simulator: Simulator,
        form: dict[str, str],
        paid_with: str,
        bank: str,
    ) -> None:
        answer = gateway.post(page_of(opened), data={"action": "pay", **form})

        order = simulator.order("ORD1001")
        assert answer.status_code == 302
        assert answer.headers["location"] == simulator.return_url(opened.token)
        assert (order.state, order.paid_with, order.bank) == (State.PAID, paid_with, bank)

    def test_tells_the_shop_whichever_comes_first(
        self, gateway: httpx.Client, opened: Order, simulator: Simulator, shop: Any
    ) -> None:
        gateway.post(page_of(opened), data={"action": "pay"})

        simulator.wait()
        assert [told.fields["error_code"] for told in shop.told] == ["00"]

    def test_pays_and_stays(
        self, gateway: httpx.Client, opened: Order, simulator: Simulator, shop: Any
    ) -> None:
        answer = gateway.post(page_of(opened), data={"action": "stay"})

        assert answer.status_code == 200
        assert "Cửa sổ thanh toán đã đóng" in answer.text
        assert simulator.order("ORD1001").state is State.PAID
        assert len(shop.told) == 1

    def test_pays_and_stays_untold_where_notices_are_off(
        self, gateway: httpx.Client, opened: Order, simulator: Simulator, shop: Any
    ) -> None:
        simulator.set_faults(Faults(delivery=Delivery.RETURN_ONLY))

        gateway.post(page_of(opened), data={"action": "stay"})

        assert simulator.order("ORD1001").state is State.PAID
        assert simulator.return_url(opened.token) is None
        assert shop.told == []

    @pytest.mark.parametrize(
        ("form", "state", "failure", "path"),
        [
            ({"action": "hold"}, State.HELD, "", "/return"),
            ({"action": "fail", "fail_code": "22"}, State.FAILED, "22", "/return"),
            ({"action": "fail", "fail_code": "00"}, State.FAILED, "25", "/return"),
            ({"action": "cancel"}, State.CANCELLED, "", "/cancel"),
        ],
    )
    def test_ends_the_order_otherwise(
        self,
        gateway: httpx.Client,
        opened: Order,
        simulator: Simulator,
        form: dict[str, str],
        state: State,
        failure: str,
        path: str,
    ) -> None:
        answer = gateway.post(page_of(opened), data=form)

        order = simulator.order("ORD1001")
        assert (order.state, order.failure) == (state, failure)
        assert urlsplit(answer.headers["location"]).path == path

    def test_leaves_the_order_open(
        self, gateway: httpx.Client, opened: Order, simulator: Simulator, shop: Any
    ) -> None:
        answer = gateway.post(page_of(opened), data={"action": "leave"})

        assert f'href="{page_of(opened)}"' in answer.text
        assert simulator.order("ORD1001").state is State.OPEN
        assert shop.told == []

    def test_twice_sends_the_buyer_back_twice_and_pays_once(
        self, gateway: httpx.Client, opened: Order, simulator: Simulator
    ) -> None:
        answers = [gateway.post(page_of(opened), data={"action": action}) for action in ("pay", "cancel")]

        assert answers[0].headers["location"] == answers[1].headers["location"]
        assert "Giao dịch đã kết thúc" in gateway.get(page_of(opened)).text
        assert simulator.order("ORD1001").transaction_id == 19_900_002

    def test_after_the_time_is_over_cancels(
        self, gateway: httpx.Client, opened: Order, simulator: Simulator, clock: Any
    ) -> None:
        clock.move(days=1)

        assert "Đã hết thời gian thanh toán" in gateway.get(page_of(opened)).text
        gateway.post(page_of(opened), data={"action": "pay"})
        assert simulator.order("ORD1001").state is State.CANCELLED

    def test_carries_the_switches_along(
        self, gateway: httpx.Client, opened: Order, simulator: Simulator
    ) -> None:
        form = {"action": "save", "fault_panel": "1", "fault_hold": "on", "fault_status": "01"}

        answer = gateway.post(page_of(opened), data=form)

        assert answer.headers["location"] == f"{page_of(opened)}?saved=1"
        faults = simulator.faults(simulator.order("ORD1001"))
        assert (faults.hold, faults.status, faults.delivery) == (True, "01", Delivery.TOGETHER)


class TestTheClassicWayIn:
    @pytest.fixture
    def link(self) -> Any:
        """The query of a checkout.php link: 15 fields, or 6; `changes` come after signing."""

        def build(*, basic: bool = False, extra: str = "", **changes: str) -> str:
            fields = dict(list(CLASSIC.items())[:6]) if basic else dict(CLASSIC)
            values = list(fields.values())
            if basic:
                values[1] = quote_plus(values[1]).lower()
            code = md5(" ".join([*values, SECRET]))
            return urlencode(fields | {"secure_code": code} | changes) + extra

        return build

    @pytest.fixture
    def arrive(self, gateway: httpx.Client, link: Any, simulator: Simulator) -> Any:
        def open_page(**how: Any) -> Order:
            answer = gateway.get(f"/checkout.php?{link(**how)}")
            assert answer.status_code == 303, answer.text
            order = simulator.by_token(answer.headers["location"].rpartition("/")[2])
            assert order is not None
            return order

        return open_page

    @pytest.mark.parametrize("basic", [False, True], ids=["15 fields", "6 fields"])
    def test_opens_the_same_page(self, arrive: Any, gateway: httpx.Client, basic: bool) -> None:
        order = arrive(basic=basic)

        assert (order.code, order.amount) == ("ORD1001", 150_000)
        assert gateway.get(page_of(order)).status_code == 200

    def test_takes_an_address_that_was_signed_in_lower_case(
        self, gateway: httpx.Client, simulator: Simulator, link: Any
    ) -> None:
        gateway.get(f"/checkout.php?{link(return_url='HTTPS://shop.example.vn/Return?OWN=1')}")

        assert simulator.orders[0].fields["return_url"] == "https://shop.example.vn/return?own=1"

    @pytest.mark.parametrize(
        "changes",
        [
            {"price": "1"},
            {"secure_code": "0" * 32},
            {"return_url": "https://elsewhere.example/"},
            {"merchant_site_code": "048009"},
            {"merchant_site_code": "048002"},
            {"order_description": "Đơn hàng ORD1001"},  # one space less
        ],
    )
    @pytest.mark.parametrize("lang", ["vi", "en"])
    def test_is_closed_to_what_was_not_signed_so(
        self, gateway: httpx.Client, simulator: Simulator, link: Any, changes: dict[str, str], lang: str
    ) -> None:
        answer = gateway.get(f"/checkout.php?{link(**changes)}&lang={lang}")

        assert answer.status_code == 400
        assert f'<html lang="{lang}">' in answer.text
        assert simulator.orders == ()
        assert simulator.refused[0].code in ("03", "06")

    def test_is_closed_to_what_is_not_text(self, gateway: httpx.Client, link: Any) -> None:
        assert gateway.get(f"/checkout.php?{link(extra='&x=%FF')}").status_code == 400
        assert gateway.get("/checkout.php").status_code == 400

    @pytest.mark.parametrize(
        ("state", "payment_type", "error_text"),
        [(State.PAID, "1", ""), (State.HELD, "2", ""), (State.FAILED, "1", "Giao dịch thất bại")],
    )
    def test_ends_with_a_return_signed_behind_a_leading_space(
        self, arrive: Any, simulator: Simulator, state: State, payment_type: str, error_text: str
    ) -> None:
        order = simulator.settle(arrive().token, state)

        url = str(simulator.return_url(order.token))
        told = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        number = str(order.transaction_id or 0)
        text = f" INFO1 ORD1001 150000 {number} {payment_type} {error_text} 048001 {SECRET}"
        assert url.startswith("https://shop.example.vn/return?own=1&transaction_info=INFO1&")
        assert told["secure_code"] == md5(text)
        assert told["token_nl"] == order.token

    def test_may_end_with_a_wrong_signature_or_none(self, arrive: Any, simulator: Simulator) -> None:
        simulator.set_faults(Faults(secure_code=Hash.WRONG))
        wrong = str(simulator.return_url(simulator.settle(arrive().token).token))
        simulator.set_faults(Faults(secure_code=Hash.ABSENT))
        absent = str(simulator.return_url(simulator.settle(arrive().token).token))

        text = " INFO1 ORD1001 150000 19900002 1  048001 " + SECRET
        code = dict(parse_qsl(urlsplit(wrong).query))["secure_code"]
        assert len(code) == 32
        assert code != md5(text)
        assert "secure_code" not in absent

    @pytest.mark.parametrize(
        ("extra", "address"),
        [
            ("", "https://shop.example.vn/return?own=1"),
            ("&cancel_url=https%3A%2F%2Fshop.example.vn%2Fcancel", "https://shop.example.vn/cancel"),
        ],
    )
    def test_cancelled_says_nothing_that_is_signed(
        self, arrive: Any, simulator: Simulator, extra: str, address: str
    ) -> None:
        order = simulator.settle(arrive(extra=extra).token, State.CANCELLED)

        assert simulator.return_url(order.token) == address
