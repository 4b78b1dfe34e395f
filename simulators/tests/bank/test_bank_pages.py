"""The bank app and the statements over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from payport_simulators.bank import Bank, app

Build = Callable[..., str]
APP = "/bank/app"


class TestTheApp:
    @pytest.mark.parametrize(("lang", "words"), [("vi", "Quét mã VietQR"), ("en", "Scan a VietQR code")])
    def test_asks_for_a_code_in_either_language(self, branch: httpx.Client, lang: str, words: str) -> None:
        text = branch.get(f"{APP}?lang={lang}").text

        assert f'<html lang="{lang}">' in text
        assert words in text
        assert "Mô phỏng" in text
        assert "Simulation" in text

    def test_shows_what_a_code_says(self, branch: httpx.Client, qr: Build) -> None:
        text = branch.get(f"{APP}?qr={quote(qr())}").text

        for shown in ("Vietcombank", "970436", "0123456789", "CONG TY SAO MAI", "150.000\N{NO-BREAK SPACE}₫"):
            assert shown in text
        assert 'name="memo" maxlength="99" value="DH1001"' in text
        assert 'name="amount"' not in text

    def test_takes_a_code_with_blanks_around_it(self, branch: httpx.Client, qr: Build) -> None:
        assert "CONG TY SAO MAI" in branch.get(APP, params={"qr": f"\r\n {qr()}\n"}).text

    def test_lets_the_payer_fill_in_an_amount_that_is_not_there(
        self, branch: httpx.Client, qr: Build
    ) -> None:
        assert 'name="amount"' in branch.get(APP, params={"qr": qr(o54=None)}).text

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("hello", "Mã QR không đầy đủ"),
            ("00020163040000", "Mã QR bị đọc sai"),
            ("0002016304AAE6", "Đây không phải mã chuyển tiền VietQR"),
        ],
    )
    def test_says_why_it_takes_no_other(self, branch: httpx.Client, text: str, words: str) -> None:
        answer = branch.get(APP, params={"qr": text})

        assert answer.status_code == 200
        assert 'role="alert"' in answer.text
        assert words in answer.text

    def test_says_that_it_finds_no_account(self, branch: httpx.Client, qr: Build, data: Build) -> None:
        text = branch.get(APP, params={"qr": qr(o38=data(account="1"))}).text

        assert "Không tìm thấy tài khoản này" in text

    def test_offers_what_was_scanned_before(self, branch: httpx.Client, qr: Build) -> None:
        branch.get(APP, params={"qr": qr()})

        link = re.search(r'<li><a href="(/bank/app\?qr=[^"]+)">DH1001 · 150.000', branch.get(APP).text)
        assert link is not None
        assert "CONG TY SAO MAI" in branch.get(link[1].replace("&amp;", "&")).text

    def test_escapes_what_a_code_holds(self, branch: httpx.Client, qr: Build) -> None:
        text = branch.get(APP, params={"qr": qr(o62='0819"><script>1</script')}).text

        assert "&#34;&gt;&lt;script&gt;1&lt;/script" in text
        assert "<script" not in text

    def test_asks_for_nothing_from_elsewhere_and_lets_no_script_run(self, branch: httpx.Client) -> None:
        answer = branch.get(APP)

        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert 'href="/bank/assets/simulator.css"' in answer.text
        assert branch.get("/bank/assets/simulator.css").status_code == 200

    def test_works_under_any_path(
        self, bank: Bank, branch: httpx.Client, gateway_stage: Any, qr: Build
    ) -> None:
        gateway_stage.app = Starlette(routes=[Mount("/sim", app(bank))])

        sent = branch.post("/sim/bank/app", data={"qr": qr(), "memo": "DH1001", "action": "send"})

        assert sent.headers["location"] == "/sim/bank/app/sent?line=FT26328000001&lang=vi"
        assert 'href="/sim/statements/0123456789.csv"' in branch.get(sent.headers["location"]).text


class TestSending:
    def test_books_what_was_scanned_and_shows_a_receipt(
        self, branch: httpx.Client, bank: Bank, qr: Build
    ) -> None:
        answer = branch.post(APP, data={"qr": qr(), "memo": "DH1001 cam on", "action": "send", "amount": "1"})

        assert answer.status_code == 303
        receipt = branch.get(answer.headers["location"]).text
        [line] = bank.statement("0123456789")
        assert (line.amount, line.text) == (150_000, "DH1001 cam on")
        assert line.id in receipt
        assert "12:00:00 24/11/2026" in receipt

    def test_takes_the_payers_amount(self, branch: httpx.Client, bank: Bank, qr: Build) -> None:
        branch.post(APP, data={"qr": qr(o54=None), "amount": " 20000 ", "action": "send"})

        assert bank.statement("0123456789")[0].amount == 20_000

    @pytest.mark.parametrize("amount", ["", "0", "20.000", "-1", "500000000", "٢٠٠٠"])
    def test_asks_again_for_an_amount_that_cannot_be_sent(
        self, branch: httpx.Client, bank: Bank, qr: Build, amount: str
    ) -> None:
        form = {"qr": qr(o54=None), "amount": amount, "memo": "typed", "action": "send"}
        answer = branch.post(APP, data=form)

        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert 'value="typed"' in answer.text
        assert bank.statement("0123456789") == ()

    def test_by_a_code_that_cannot_be_read_books_nothing(self, branch: httpx.Client, bank: Bank) -> None:
        assert branch.post(APP, data={"qr": "x", "action": "send"}).status_code == 422
        assert bank.statement("0123456789") == ()

    def test_goes_by_the_switches_of_the_same_form(self, branch: httpx.Client, bank: Bank, qr: Build) -> None:
        form = {"qr": qr(), "memo": "DH1001", "fault_panel": "1", "fault_twice": "on", "fault_late_by": "60"}

        saved = branch.post(APP, data={**form, "action": "save"})
        sent = branch.post(APP, data={"qr": qr(), "memo": "DH1001", "action": "send", "lang": "en"})

        assert "saved=1" in saved.headers["location"]
        assert bank.noise.twice
        assert "It will be booked at" in branch.get(sent.headers["location"]).text
        assert bank.statement("0123456789") == ()

    def test_takes_no_endless_form(self, branch: httpx.Client) -> None:
        assert branch.post(APP, data={"qr": "x" * 70_000}).status_code == 413

    def test_of_nothing_has_no_receipt(self, branch: httpx.Client) -> None:
        assert branch.get("/bank/app/sent?line=FT1").status_code == 404


class TestAStatement:
    def test_can_be_fetched_as_csv_and_json(self, branch: httpx.Client, bank: Bank) -> None:
        bank.transfer("0123456789", 1_000, "Đơn DH1001")

        table = branch.get("/statements/0123456789.csv")
        rows = branch.get("/statements/0123456789.json")

        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert table.content.decode("utf-8") == bank.statement_csv("0123456789")
        assert rows.json()[0]["text"] == "Đơn DH1001"

    @pytest.mark.parametrize("name", ["1.csv", "0123456789.xml", "0123456789", ".csv"])
    def test_of_nobody_is_not_found(self, branch: httpx.Client, name: str) -> None:
        assert branch.get(f"/statements/{name}").status_code == 404
