"""The payment page over HTTP, as a browser without scripts sees it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from payport_simulators.vnpay import TEST_CARDS, Delivery, Encoder, Faults, Hash, Ipn, Simulator, app

PAGE = "/paymentv2/vpcpay.html"
CARD = {
    "card_number": "9704198526191432198",
    "card_holder": "NGUYEN VAN A",
    "card_issued": "07/15",
    "card_otp": "123456",
}


@pytest.fixture
def arrive(gateway: httpx.Client, signer: Any) -> Any:
    """Open the page for a request; gives the address that it redirects to."""

    def open_page(**changes: str | None) -> str:
        answer = gateway.get(f"{PAGE}?{signer.query(**changes)}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    return open_page


class TestAnAcceptedRequest:
    def test_leads_to_a_page_that_may_be_reloaded(self, gateway: httpx.Client, arrive: Any) -> None:
        page = arrive()

        assert gateway.get(page).status_code == 200
        assert gateway.get(page).status_code == 200

    def test_shows_amount_text_and_reference(self, gateway: httpx.Client, arrive: Any) -> None:
        text = gateway.get(arrive()).text

        assert "150.000\N{NO-BREAK SPACE}₫" in text
        assert "Thanh toan don hang ORD1001" in text
        assert "ORD1001" in text
        assert "12:15:00 24/11/2026" in text

    @pytest.mark.parametrize(
        ("locale", "lang", "words"), [("vn", "vi", "Chọn ngân hàng"), ("en", "en", "Choose your bank")]
    )
    def test_speaks_the_buyers_language(
        self, gateway: httpx.Client, arrive: Any, locale: str, lang: str, words: str
    ) -> None:
        text = gateway.get(arrive(vnp_Locale=locale)).text

        assert f'<html lang="{lang}">' in text
        assert words in text
        assert "Mô phỏng" in text
        assert "Simulation" in text

    def test_escapes_what_the_shop_sends(self, gateway: httpx.Client, arrive: Any) -> None:
        text = gateway.get(arrive(vnp_OrderInfo="<script>alert(1)</script>\" onload='x'")).text

        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34; onload=&#39;x&#39;" in text
        assert "<script" not in text

    @pytest.mark.parametrize(
        ("bank", "offered"),
        [(None, ["NCB", "BIDV", "VNPAYQR"]), ("VNBANK", ["NCB", "BIDV"]), ("INTCARD", ["VISA", "JCB"])],
    )
    def test_lets_the_buyer_choose_within_what_the_shop_chose(
        self, gateway: httpx.Client, arrive: Any, bank: str | None, offered: list[str]
    ) -> None:
        text = gateway.get(arrive(vnp_BankCode=bank)).text

        assert [
            code for code in ("NCB", "BIDV", "VNPAYQR", "VISA", "JCB") if f'"bank:{code}"' in text
        ] == offered

    def test_goes_straight_to_the_card_of_the_bank_that_the_shop_chose(
        self, gateway: httpx.Client, arrive: Any
    ) -> None:
        text = gateway.get(arrive(vnp_BankCode="BIDV")).text

        assert 'name="card_number"' in text
        assert "bank:NCB" not in text


class TestARefusedRequest:
    def test_is_a_page_with_the_code_and_no_redirect(self, gateway: httpx.Client, signer: Any) -> None:
        answer = gateway.get(f"{PAGE}?{signer.query()[:-1]}")

        assert answer.status_code == 200
        assert re.search(r"Mã lỗi <strong>70</strong>", answer.text)

    def test_says_so_in_english_too(self, gateway: httpx.Client, signer: Any) -> None:
        answer = gateway.get(f"{PAGE}?{signer.query(vnp_Locale='en', vnp_Amount='1')}")

        assert "Error code <strong>03</strong>" in answer.text
        assert "vnp_Amount is not as specified" in answer.text


class TestThePages:
    @pytest.mark.parametrize("path", [PAGE, "/paymentv2/assets/simulator.css", "/paymentv2/Transaction/none"])
    def test_carry_a_policy_that_lets_no_script_run(self, gateway: httpx.Client, path: str) -> None:
        headers = gateway.get(path).headers

        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"

    def test_ask_for_nothing_from_elsewhere(self, gateway: httpx.Client, arrive: Any) -> None:
        text = gateway.get(arrive()).text

        assert re.findall(r'(?:src|href)="([^"#]+)"', text) == ["data:,", "/paymentv2/assets/simulator.css"]
        assert " style=" not in text

    def test_of_an_unknown_token_are_not_found(self, gateway: httpx.Client) -> None:
        assert gateway.get("/paymentv2/Transaction/none").status_code == 404
        assert gateway.post("/paymentv2/Transaction/none", data={"action": "pay"}).status_code == 404

    def test_take_no_endless_form(self, gateway: httpx.Client, arrive: Any) -> None:
        assert gateway.post(arrive(), data={"action": "x" * 70_000}).status_code == 413

    def test_work_under_any_path(
        self, simulator: Simulator, gateway: httpx.Client, gateway_stage: Any, signer: Any
    ) -> None:
        gateway_stage.app = Starlette(routes=[Mount("/sim/vnpay", app(simulator))])

        page = gateway.get(f"/sim/vnpay{PAGE}?{signer.query()}").headers["location"]
        text = gateway.get(page).text

        assert page.startswith("/sim/vnpay/paymentv2/Transaction/")
        assert f'action="{page}"' in text
        assert gateway.get("/sim/vnpay/paymentv2/assets/simulator.css").status_code == 200


class TestPaying:
    def test_by_card_tells_the_shop_first_and_then_sends_the_buyer_back(
        self, gateway: httpx.Client, arrive: Any, shop: Any, signer: Any
    ) -> None:
        answer = gateway.post(arrive(), data={"action": "pay", "bank": "NCB", **CARD})

        assert answer.status_code == 302
        assert answer.headers["location"] == f"https://shop.example.vn/return?{shop.queries[0]}"
        assert signer.is_right(shop.queries[0])

    @pytest.mark.parametrize(("number", "code"), TEST_CARDS.items())
    def test_each_test_card_ends_as_the_sheet_says(
        self, gateway: httpx.Client, arrive: Any, shop: Any, fields: Any, number: str, code: str
    ) -> None:
        gateway.post(arrive(), data={"action": "pay", "bank": "NCB", **CARD, "card_number": number})

        assert fields(shop.queries[0])["vnp_ResponseCode"] == code

    def test_a_press_on_a_test_card_fills_the_form(self, gateway: httpx.Client, arrive: Any) -> None:
        answer = gateway.post(arrive(), data={"action": "card:9704195798459170488", "bank": "NCB"})
        text = gateway.get(answer.headers["location"]).text

        for value in ("9704195798459170488", "NGUYEN VAN A", "07/15", "123456"):
            assert f'value="{value}"' in text

    def test_choosing_a_bank_leads_to_its_card_form(self, gateway: httpx.Client, arrive: Any) -> None:
        answer = gateway.post(arrive(), data={"action": "bank:TPBANK"})

        assert '<span class="bank">TPBANK</span>' in gateway.get(answer.headers["location"]).text

    def test_in_an_app_needs_no_card(
        self, gateway: httpx.Client, arrive: Any, shop: Any, fields: Any
    ) -> None:
        gateway.post(arrive(vnp_BankCode="VNPAYQR"), data={"action": "pay"})

        assert fields(shop.queries[0])["vnp_CardType"] == "QRCODE"

    def test_without_a_bank_asks_for_one(self, gateway: httpx.Client, arrive: Any, shop: Any) -> None:
        answer = gateway.post(arrive(), data={"action": "pay", **CARD})

        assert answer.status_code == 422
        assert shop.queries == []

    def test_twice_sends_the_buyer_back_twice_and_calls_the_shop_once(
        self, gateway: httpx.Client, arrive: Any, shop: Any
    ) -> None:
        page = arrive(vnp_BankCode="VNPAYQR")

        answers = [gateway.post(page, data={"action": action}) for action in ("pay", "cancel")]

        assert answers[0].headers["location"] == answers[1].headers["location"]
        assert len(shop.queries) == 1
        assert "Giao dịch đã kết thúc" in gateway.get(page).text


class TestWrongCardData:
    def test_of_no_test_card_is_never_taken(self, gateway: httpx.Client, arrive: Any, shop: Any) -> None:
        page = arrive(vnp_BankCode="NCB")
        wrong = {"action": "pay", **CARD, "card_number": "4111111111111111"}

        answers = [gateway.post(page, data=wrong) for _ in range(4)]

        assert {answer.status_code for answer in answers} == {422}
        assert 'role="alert"' in answers[0].text
        assert 'aria-invalid="true"' in answers[0].text
        assert shop.queries == []

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"card_holder": "NGUYEN VAN B"}, "10"),
            ({"card_issued": "08/15"}, "10"),
            ({"card_otp": "1"}, "13"),
        ],
    )
    def test_fails_at_the_third_try(
        self, gateway: httpx.Client, arrive: Any, shop: Any, fields: Any, wrong: dict[str, str], code: str
    ) -> None:
        page = arrive(vnp_BankCode="NCB")

        statuses = [gateway.post(page, data={"action": "pay", **CARD, **wrong}).status_code for _ in range(3)]

        assert statuses == [422, 422, 302]
        assert fields(shop.queries[0])["vnp_ResponseCode"] == code

    def test_may_be_corrected(self, gateway: httpx.Client, arrive: Any, shop: Any, fields: Any) -> None:
        page = arrive(vnp_BankCode="NCB")
        gateway.post(page, data={"action": "pay", **CARD, "card_otp": "000000"})

        gateway.post(page, data={"action": "pay", **CARD, "card_holder": " nguyen  van a "})

        assert fields(shop.queries[0])["vnp_ResponseCode"] == "00"


class TestOtherEndings:
    @pytest.mark.parametrize(
        ("form", "codes"),
        [
            ({"action": "cancel"}, ("24", "02", "0")),
            ({"action": "cancel", "bank": "NCB"}, ("24", "02", "15000001")),
            ({"action": "fail", "fail_code": "51"}, ("51", "02", "15000001")),
            ({"action": "fail", "fail_code": "75"}, ("75", "02", "15000001")),
            ({"action": "suspect"}, ("07", "07", "15000001")),
        ],
    )
    def test_are_told_to_the_shop(
        self, gateway: httpx.Client, arrive: Any, shop: Any, fields: Any, form: dict[str, str], codes: Any
    ) -> None:
        assert gateway.post(arrive(), data=form).status_code == 302

        sent = fields(shop.queries[0])
        names = ("vnp_ResponseCode", "vnp_TransactionStatus", "vnp_TransactionNo")
        assert tuple(sent[name] for name in names) == codes

    def test_a_code_that_is_not_offered_ends_nothing(
        self, gateway: httpx.Client, arrive: Any, simulator: Simulator
    ) -> None:
        gateway.post(arrive(), data={"action": "fail", "fail_code": "00"})

        assert simulator.transaction("ORD1001").open

    def test_leaving_tells_nobody_and_may_be_taken_back(
        self, gateway: httpx.Client, arrive: Any, simulator: Simulator, shop: Any, clock: Any
    ) -> None:
        page = arrive()

        left = gateway.post(page, data={"action": "leave"})
        simulator.deliver_due(clock.move(minutes=1))

        assert left.status_code == 200
        assert f'href="{page}"' in left.text
        assert shop.queries == []
        assert simulator.transaction("ORD1001").open

    def test_when_time_is_over_only_the_way_back_is_left(
        self, gateway: httpx.Client, arrive: Any, shop: Any, clock: Any, fields: Any
    ) -> None:
        page = arrive()
        clock.move(minutes=15)

        assert "card_number" not in gateway.get(page).text
        assert gateway.post(page, data={"action": "expire"}).status_code == 302
        assert fields(shop.queries[0])["vnp_ResponseCode"] == "11"

    def test_a_buyer_who_closes_the_window_is_not_sent_back(
        self, gateway: httpx.Client, arrive: Any, simulator: Simulator, shop: Any
    ) -> None:
        simulator.set_faults(Faults(delivery=Delivery.IPN_ONLY))

        answer = gateway.post(arrive(vnp_BankCode="VNPAYQR"), data={"action": "pay"})

        assert answer.status_code == 200
        assert "Cửa sổ thanh toán đã đóng" in answer.text
        assert len(shop.queries) == 1


class TestTheFaultPanel:
    def test_shows_every_switch(self, gateway: httpx.Client, arrive: Any) -> None:
        text = gateway.get(arrive()).text

        assert set(re.findall(r'name="fault_([a-z_]+)"', text)) - {"panel"} == set(
            Faults.__dataclass_fields__
        )

    def test_sets_what_is_ticked_for_this_transaction_alone(
        self, gateway: httpx.Client, arrive: Any, simulator: Simulator
    ) -> None:
        page, other = arrive(), arrive(vnp_TxnRef="ORD1002")
        form = {
            "action": "save",
            "fault_panel": "1",
            "fault_ipn": "parallel",
            "fault_callback_hash": "wrong",
            "fault_encoder": "node",
            "fault_status": "02",
            "fault_amount_off_by": "-1",
            "fault_late_by": "90",
            "fault_other_terminal": "on",
        }

        saved = gateway.post(page, data=form)

        assert 'role="status"' in gateway.get(saved.headers["location"]).text
        faults = simulator.faults(simulator.transaction("ORD1001"))
        assert (faults.ipn, faults.callback_hash, faults.encoder) == (Ipn.PARALLEL, Hash.WRONG, Encoder.NODE)
        assert (faults.status, faults.amount_off_by, faults.late_by.seconds) == ("02", -1, 90)
        assert (faults.other_terminal, faults.empty_field) == (True, False)
        assert simulator.faults(simulator.transaction("ORD1002")) == Faults()
        assert other != page

    def test_holds_for_the_button_that_is_pressed(
        self, gateway: httpx.Client, arrive: Any, shop: Any
    ) -> None:
        form = {"action": "pay", "fault_panel": "1", "fault_ipn": "duplicate"}

        gateway.post(arrive(vnp_BankCode="VNPAYQR"), data=form)

        assert len(shop.queries) == 2

    def test_keeps_what_it_does_not_understand(
        self, gateway: httpx.Client, arrive: Any, simulator: Simulator
    ) -> None:
        form = {
            "fault_ipn": "no such",
            "fault_amount_off_by": "1.5",
            "fault_late_by": "-1",
            "fault_status": "<b>",
        }

        gateway.post(arrive(), data={"action": "save", "fault_panel": "1", **form})

        assert simulator.faults(simulator.transaction("ORD1001")) == Faults()

    def test_changes_nothing_if_it_was_not_sent(
        self, gateway: httpx.Client, arrive: Any, simulator: Simulator, shop: Any
    ) -> None:
        simulator.set_faults(Faults(ipn=Ipn.DUPLICATE))

        gateway.post(arrive(vnp_BankCode="VNPAYQR"), data={"action": "pay"})

        assert len(shop.queries) == 2
        assert simulator.transaction("ORD1001").faults is None
