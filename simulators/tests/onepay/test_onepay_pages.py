"""The payment page over HTTP, as a browser without scripts sees it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from payport_simulators.onepay import (
    CODES,
    PAY_PATHS,
    Delivery,
    Faults,
    Hash,
    Ipn,
    Method,
    Product,
    QueryFault,
    RefundFault,
    Simulator,
    app,
)

D, Q, U = Product.DOMESTIC, Product.INTERNATIONAL, Product.UNIFIED
DOMESTIC = {
    "action": "pay",
    "method": "domestic",
    "card_number": "9704360000000000002",
    "card_holder": "NGUYEN VAN A",
    "card_date": "01/13",
    "card_proof": "123456",
}
INTERNATIONAL = {
    "action": "pay",
    "method": "international",
    "card_number": "4000000000001091",
    "card_holder": "NGUYEN VAN A",
    "card_date": "12/99",
    "card_proof": "123",
}

FAULTS = {
    "fault_panel": "1",
    "fault_delivery": "ipn-only",
    "fault_ipn": "duplicate",
    "fault_late_by": "90",
    "fault_told_of_tries": "on",
    "fault_pending_first": "on",
    "fault_success_after_decline": "on",
    "fault_second_transaction": "on",
    "fault_amount_off_by": "-100",
    "fault_instalment_fee": "20000",
    "fault_callback_hash": "lower-case",
    "fault_repeated_name": "on",
    "fault_other_merchant": "on",
    "fault_double_question_mark": "on",
    "fault_query": "not-found",
    "fault_refund": "waits",
    "fault_slow_for": "5",
}


@pytest.fixture
def told(shop: Any, fields: Any) -> Any:
    """What the one IPN said."""

    def read() -> dict[str, str]:
        [query] = shop.queries
        return fields(query)

    return read


class TestThePage:
    @pytest.mark.parametrize("product", list(Product))
    def test_shows_amount_text_reference_and_merchant(
        self, gateway: httpx.Client, visit: Any, product: Product
    ) -> None:
        text = gateway.get(visit(product)).text

        for shown in ("150.000\N{NO-BREAK SPACE}₫", "DH1001", "P-1001-1", "TEST", "12:15:00 24/11/2026"):
            assert shown in text

    @pytest.mark.parametrize(
        ("locale", "lang", "words"),
        [("vn", "vi", "Trả bằng thẻ thử"), ("en", "en", "Pay with the test card")],
    )
    def test_speaks_the_buyers_language_and_says_that_it_is_simulated(
        self, gateway: httpx.Client, visit: Any, locale: str, lang: str, words: str
    ) -> None:
        text = gateway.get(visit(vpc_Locale=locale)).text

        assert f'<html lang="{lang}">' in text
        assert words in text
        assert "Mô phỏng" in text
        assert "Simulation" in text
        assert "OnePay" in text

    def test_escapes_what_the_shop_sends(self, gateway: httpx.Client, visit: Any) -> None:
        text = gateway.get(visit(D, Title="<script>alert(1)</script>")).text

        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "<script" not in text

    @pytest.mark.parametrize(
        ("product", "card_list", "offered"),
        [
            (U, None, ["domestic", "international", "app"]),
            (U, "DOMESTIC,QR", ["domestic", "app"]),
            (U, "INTERNATIONAL", []),
            (D, None, []),
        ],
    )
    def test_lets_the_buyer_choose_within_what_the_shop_chose(
        self, gateway: httpx.Client, visit: Any, product: Product, card_list: Any, offered: list[str]
    ) -> None:
        text = gateway.get(visit(product, vpc_CardList=card_list)).text

        assert re.findall(r'value="method:([a-z]+)"', text) == offered

    def test_asks_for_the_card_of_the_method_that_was_chosen(self, gateway: httpx.Client, visit: Any) -> None:
        chosen = gateway.post(visit(), data={"action": "method:international"}).headers["location"]

        assert "Ngày hết hạn" in gateway.get(chosen).text
        assert "Ngày phát hành" in gateway.get(visit()).text

    @pytest.mark.parametrize("product", list(Product))
    def test_offers_every_code_of_its_table(
        self, gateway: httpx.Client, visit: Any, product: Product
    ) -> None:
        offered = re.findall(r'<option value="([^"]+)">[^<]* · ', gateway.get(visit(product)).text)

        assert offered == [code for code in CODES[product] if code != "0"]

    @pytest.mark.parametrize("path", [PAY_PATHS[U], "/assets/simulator.css", "/page/none", "/portal/refunds"])
    def test_carries_a_policy_that_lets_no_script_run(self, gateway: httpx.Client, path: str) -> None:
        headers = gateway.get(path).headers

        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"

    def test_asks_for_nothing_from_elsewhere(self, gateway: httpx.Client, visit: Any) -> None:
        text = gateway.get(visit()).text

        assert re.findall(r'(?:src|href)="([^"#]+)"', text) == ["data:,", "/assets/simulator.css"]
        assert " style=" not in text

    def test_of_an_unknown_token_is_not_found(self, gateway: httpx.Client) -> None:
        assert gateway.get("/page/none").status_code == 404
        assert gateway.post("/page/none", data={"action": "pay"}).status_code == 404

    def test_takes_no_endless_form(self, gateway: httpx.Client, visit: Any) -> None:
        assert gateway.post(visit(), data={"action": "x" * 70_000}).status_code == 413

    def test_works_under_any_path(
        self, simulator: Simulator, gateway: httpx.Client, gateway_stage: Any, signer: Any
    ) -> None:
        gateway_stage.app = Starlette(routes=[Mount("/sim/onepay", app(simulator))])

        page = gateway.get(f"/sim/onepay{PAY_PATHS[U]}?{signer.query()}").headers["location"]

        assert page.startswith("/sim/onepay/page/")
        assert f'action="{page}"' in gateway.get(page).text
        assert gateway.get("/sim/onepay/assets/simulator.css").status_code == 200


class TestPaying:
    @pytest.mark.parametrize("product", list(Product))
    def test_by_one_button_tells_the_shop_first_and_then_sends_the_buyer_back(
        self, gateway: httpx.Client, visit: Any, shop: Any, signer: Any, product: Product
    ) -> None:
        answer = gateway.post(visit(product), data={"action": "quick"})

        assert answer.status_code == 302
        assert answer.headers["location"] == f"https://shop.example.vn/return?{shop.queries[0]}"
        assert "vpc_TxnResponseCode=0" in shop.queries[0]
        assert signer.is_right(shop.queries[0])

    @pytest.mark.parametrize("method", list(Method))
    def test_by_one_button_uses_the_method_that_was_chosen(
        self, gateway: httpx.Client, visit: Any, told: Any, method: Method
    ) -> None:
        gateway.post(visit(), data={"action": "quick", "method": method})

        kinds = {Method.DOMESTIC: "970436", Method.INTERNATIONAL: "VC", Method.APP: "QR"}
        assert told()["vpc_Card"] == kinds[method]

    @pytest.mark.parametrize("number", ["9704360000000000002", "9704250000000001"])
    @pytest.mark.parametrize("product", [D, U])
    def test_by_each_domestic_test_card(
        self, gateway: httpx.Client, visit: Any, told: Any, product: Product, number: str
    ) -> None:
        gateway.post(visit(product), data={**DOMESTIC, "card_number": number})

        assert told()["vpc_TxnResponseCode"] == "0"
        assert told().get("vpc_AdditionData") == (number[:6] if product is D else None)

    @pytest.mark.parametrize(
        ("number", "scheme"),
        [("4000000000001091", "VC"), ("4000000000001000", "VC"), ("5123450000000008", "MC")],
    )
    @pytest.mark.parametrize("product", [Q, U])
    def test_by_each_international_test_card(
        self, gateway: httpx.Client, visit: Any, told: Any, product: Product, number: str, scheme: str
    ) -> None:
        gateway.post(visit(product), data={**INTERNATIONAL, "card_number": f"{number[:8]} {number[8:]}"})

        assert told()["vpc_TxnResponseCode"] == "0"
        assert (told()["vpc_Card"], told()["vpc_CardNum"][-4:]) == (scheme, number[-4:])

    def test_names_the_bank_or_the_scheme_that_was_chosen(
        self, gateway: httpx.Client, visit: Any, shop: Any, fields: Any
    ) -> None:
        gateway.post(visit(D), data={**DOMESTIC, "bank": "970407"})
        gateway.post(visit(Q), data={**INTERNATIONAL, "scheme": "JC"})

        assert fields(shop.queries[0])["vpc_AdditionData"] == "970407"
        assert fields(shop.queries[1])["vpc_Card"] == "JC"

    @pytest.mark.parametrize(
        ("product", "form", "code"),
        [
            (D, {**DOMESTIC, "card_number": "9704361111111111111"}, "8"),
            (D, {**DOMESTIC, "card_number": ""}, "8"),
            (D, {**DOMESTIC, "card_holder": "NGUYEN VAN B"}, "9"),
            (D, {**DOMESTIC, "card_date": "02/13"}, "12"),
            (D, {**DOMESTIC, "card_proof": "000000"}, "25"),
            (Q, {**INTERNATIONAL, "card_number": "4111111111111111"}, "1"),
            (Q, {**INTERNATIONAL, "card_date": "10/26"}, "4"),  # it is November 2026
            (Q, {**INTERNATIONAL, "card_date": "13/39"}, "4"),
            (Q, {**INTERNATIONAL, "card_date": "11/26"}, "0"),
            (Q, {**INTERNATIONAL, "card_proof": "000"}, "E"),
        ],
    )
    def test_on_an_old_page_with_wrong_data_ends_at_once(
        self, gateway: httpx.Client, visit: Any, told: Any, product: Product, form: Any, code: str
    ) -> None:
        answer = gateway.post(visit(product), data=form)

        assert answer.status_code == 302
        assert told()["vpc_TxnResponseCode"] == code

    def test_on_the_unified_page_with_wrong_data_may_be_tried_three_times(
        self, gateway: httpx.Client, visit: Any, shop: Any, told: Any
    ) -> None:
        page, wrong = visit(), {**DOMESTIC, "card_number": "9704361111111111111"}

        first, second = (gateway.post(page, data=wrong) for _ in range(2))

        assert [answer.status_code for answer in (first, second)] == [422, 422]
        assert "14 · Sai số thẻ" in first.text
        assert "Số lần còn lại: 2" in " ".join(first.text.split())
        assert 'value="9704361111111111111"' in first.text
        assert shop.queries == []
        assert gateway.post(page, data=wrong).status_code == 302
        assert told()["vpc_TxnResponseCode"] == "14"

    def test_a_press_on_a_test_card_fills_the_form(self, gateway: httpx.Client, visit: Any) -> None:
        answer = gateway.post(visit(Q), data={"action": "card:5123450000000008"})

        text = gateway.get(answer.headers["location"]).text
        for value in ("5123450000000008", "NGUYEN VAN A", "12/99", "123"):
            assert f'value="{value}"' in text

    def test_twice_sends_the_buyer_back_twice_and_calls_the_shop_once(
        self, gateway: httpx.Client, visit: Any, shop: Any
    ) -> None:
        page = visit()

        answers = [gateway.post(page, data={"action": action}) for action in ("quick", "cancel")]

        assert answers[0].headers["location"] == answers[1].headers["location"]
        assert len(shop.queries) == 1
        text = gateway.get(page).text
        assert "Giao dịch đã kết thúc" in text
        assert 'id="back"' in text


class TestEndingItOtherwise:
    def test_by_cancelling(self, gateway: httpx.Client, visit: Any, told: Any) -> None:
        answer = gateway.post(visit(), data={"action": "cancel"})

        assert answer.status_code == 302
        assert told()["vpc_TxnResponseCode"] == "99"

    def test_by_a_code_from_the_table(self, gateway: httpx.Client, visit: Any, told: Any) -> None:
        gateway.post(visit(Q), data={"action": "fail", "fail_code": "Z"})

        assert told()["vpc_TxnResponseCode"] == "Z"

    @pytest.mark.parametrize("code", ["Z", "0", ""])
    def test_by_no_code_of_another_table(
        self, gateway: httpx.Client, visit: Any, shop: Any, code: str
    ) -> None:
        answer = gateway.post(visit(D), data={"action": "fail", "fail_code": code})

        assert answer.status_code == 303
        assert shop.queries == []

    def test_by_paying_and_closing_the_window(self, gateway: httpx.Client, visit: Any, told: Any) -> None:
        answer = gateway.post(visit(), data={"action": "stay"})

        assert answer.status_code == 200
        assert "Cửa sổ thanh toán đã đóng" in answer.text
        assert told()["vpc_TxnResponseCode"] == "0"

    def test_by_leaving_which_tells_nobody(
        self, gateway: httpx.Client, visit: Any, shop: Any, simulator: Simulator
    ) -> None:
        page = visit(D)

        text = gateway.post(page, data={"action": "leave"}).text

        assert f'href="{page}"' in text
        assert 'href="https://shop.example.vn/cart"' in text  # AgainLink
        assert shop.queries == []
        assert simulator.payment("P-1001-1").open

    def test_by_waiting_too_long(self, gateway: httpx.Client, visit: Any, clock: Any, told: Any) -> None:
        page = visit()
        clock.move(minutes=15)

        text = gateway.get(page).text
        answer = gateway.post(page, data={"action": "quick"})

        assert "Đã hết thời gian thanh toán" in text
        assert "card_number" not in text
        assert answer.status_code == 302
        assert told()["vpc_TxnResponseCode"] == "253"

    def test_by_an_unknown_button_it_does_not_end(self, gateway: httpx.Client, visit: Any, shop: Any) -> None:
        assert gateway.post(visit(), data={"action": "sell"}).status_code == 303
        assert shop.queries == []


class TestTheFaultPanel:
    def test_sets_every_switch_for_this_payment_alone(
        self, gateway: httpx.Client, visit: Any, simulator: Simulator
    ) -> None:
        page = visit()
        other = simulator.payment(visit(D).rpartition("/")[2])

        answer = gateway.post(page, data={"action": "save", **FAULTS})

        assert simulator.faults(simulator.payment(page.rpartition("/")[2])) == Faults(
            delivery=Delivery.IPN_ONLY,
            ipn=Ipn.DUPLICATE,
            late_by=timedelta(seconds=90),
            told_of_tries=True,
            pending_first=True,
            success_after_decline=True,
            second_transaction=True,
            amount_off_by=-100,
            instalment_fee=20_000,
            callback_hash=Hash.LOWER_CASE,
            repeated_name=True,
            other_merchant=True,
            double_question_mark=True,
            query=QueryFault.NOT_FOUND,
            refund=RefundFault.WAITS,
            slow_for=timedelta(seconds=5),
        )
        assert simulator.faults(other) == Faults()
        assert 'role="status"' in gateway.get(answer.headers["location"]).text

    def test_shows_what_is_set(self, gateway: httpx.Client, visit: Any, simulator: Simulator) -> None:
        simulator.set_faults(Faults(callback_hash=Hash.OF_THE_REQUEST, repeated_name=True, amount_off_by=7))

        text = gateway.get(visit()).text

        assert '<option value="of-the-request" selected>' in text
        assert re.search(r'name="fault_repeated_name"[^>]* checked>', text)
        assert re.search(r'name="fault_amount_off_by"[^>]* value="7"', text)

    def test_holds_for_whatever_button_is_pressed(self, gateway: httpx.Client, visit: Any, shop: Any) -> None:
        answer = gateway.post(visit(), data={"action": "quick", **FAULTS})

        assert answer.status_code == 200  # the window was closed
        assert len(shop.queries) == 2
        assert all(query.startswith("vpc_Amount=100&") for query in shop.queries)

    def test_changes_nothing_by_words_that_it_does_not_know(
        self, gateway: httpx.Client, visit: Any, simulator: Simulator
    ) -> None:
        page = visit()
        odd = {"fault_panel": "1", "fault_delivery": "x", "fault_late_by": "-1", "fault_amount_off_by": "1.5"}

        gateway.post(page, data={"action": "save", **odd})

        assert simulator.faults(simulator.payment("P-1001-1")) == Faults()
