"""queryDR: who is let in, and what is true by now (sheet 8, 11)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from payport_simulators.onepay import QUERY_PATHS, Payment, Product, Simulator

D, Q, U = Product.DOMESTIC, Product.INTERNATIONAL, Product.UNIFIED


@pytest.fixture
def ask(gateway: httpx.Client, signer: Any) -> Any:
    """Ask over HTTP; gives the answer's text."""

    def post(product: Product = U, **changes: str | None) -> str:
        answer = gateway.post(
            QUERY_PATHS[product],
            content=signer.ask(product, **changes),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        return answer.text

    return post


class TestWhoIsNotTheMerchant:
    """Is answered with two fields and no hash, and learns nothing of the payment."""

    @pytest.mark.parametrize("product", list(Product))
    @pytest.mark.parametrize(
        "changes",
        [
            {"vpc_Merchant": "NOSUCH01"},
            {"vpc_Merchant": None},
            {"vpc_AccessCode": "D0XX0001"},
            {"vpc_User": "op02"},
            {"vpc_User": None},
            {"vpc_Password": "TEST-pass/2"},
            {"vpc_Password": None},
            {"vpc_Command": "pay"},
            {"vpc_Version": "3"},
            {"vpc_Version": None},
        ],
    )
    def test_hears_a_7(self, arrive: Any, ask: Any, fields: Any, product: Product, changes: Any) -> None:
        arrive(product)

        answer = ask(product, **changes)

        assert fields(answer).keys() == {"vpc_TxnResponseCode", "vpc_Message"}
        assert "vpc_TxnResponseCode=7" in answer

    @pytest.mark.parametrize("product", [D, Q])
    def test_is_another_pages_merchant_too(self, opened: Payment, ask: Any, product: Product) -> None:
        assert "vpc_TxnResponseCode=7" in ask(product, vpc_Merchant="TESTUN01", vpc_AccessCode="D0UN0001")

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda body: body.rpartition("&")[0],
            lambda body: body[:-1] + ("0" if body[-1] != "0" else "1"),
            lambda body: body[:-64] + body[-64:].lower(),
        ],
    )
    def test_hears_a_255_for_the_hash(
        self, simulator: Simulator, opened: Payment, signer: Any, fields: Any, spoil: Any
    ) -> None:
        answer = simulator.answer_query(U, spoil(signer.ask()).encode())

        assert fields(answer.body) == {
            "vpc_TxnResponseCode": "255",
            "vpc_Message": "Invalid vpc_SecureHash",
        }

    def test_hears_a_255_for_a_wrong_hash_on_an_old_page_too(self, simulator: Simulator, signer: Any) -> None:
        body = signer.ask(D) + "&vpc_SecureHash=" + "0" * 64

        assert "vpc_TxnResponseCode=255" in simulator.answer_query(D, body.encode()).body

    @pytest.mark.parametrize("body", [b"", b"\xff", b"vpc_Merchant=%zz", b'{"vpc_Merchant":"TESTUN01"}'])
    def test_hears_a_7_for_what_is_no_form(self, simulator: Simulator, body: bytes) -> None:
        assert "vpc_TxnResponseCode=7" in simulator.answer_query(U, body).body

    def test_hears_a_7_for_a_repeated_name(self, simulator: Simulator, signer: Any) -> None:
        body = signer.ask() + "&vpc_MerchTxnRef=P-1001-1"

        assert "vpc_TxnResponseCode=7" in simulator.answer_query(U, body.encode()).body


class TestAReferenceThatIsNotKnown:
    def test_does_not_exist_and_that_is_signed(self, ask: Any, fields: Any, signer: Any) -> None:
        answer = ask()

        assert signer.is_right(answer)
        assert fields(answer)["vpc_DRExists"] == "N"
        assert fields(answer)["vpc_MerchTxnRef"] == "P-1001-1"

    def test_does_not_exist_on_another_page(self, arrive: Any, ask: Any) -> None:
        arrive(U)

        assert ask(D).startswith("?vpc_DRExists=N")


class TestAPayment:
    def test_that_is_not_finished_is_100(self, opened: Payment, ask: Any, fields: Any, signer: Any) -> None:
        answer = ask()

        assert signer.is_right(answer)
        assert (
            fields(answer).items()
            >= {
                "vpc_DRExists": "Y",
                "vpc_TxnResponseCode": "100",
                "vpc_Amount": "15000000",
                "vpc_OrderInfo": "DH1001",
            }.items()
        )

    def test_with_a_declined_try_is_still_100(
        self, simulator: Simulator, opened: Payment, ask: Any, fields: Any
    ) -> None:
        simulator.attempt(opened.token, "5")

        assert fields(ask())["vpc_TxnResponseCode"] == "100"

    @pytest.mark.parametrize("code", ["0", "5", "99", "300"])
    def test_that_is_finished_is_what_its_callback_said(
        self, simulator: Simulator, opened: Payment, ask: Any, fields: Any, signer: Any, shop: Any, code: str
    ) -> None:
        simulator.settle(opened.token, code)

        answer = ask()

        assert signer.is_right(answer)
        told, said = fields(shop.queries[0]), fields(answer)
        for each in (told, said):
            del each["vpc_SecureHash"]
        assert said == {**told, "vpc_DRExists": "Y"}


class TestAnOldPagesAnswer:
    def test_begins_with_a_question_mark_and_has_raw_spaces_and_no_hash(
        self, simulator: Simulator, arrive: Any, ask: Any
    ) -> None:
        simulator.settle(arrive(D).token, "1")

        answer = ask(D)

        assert answer.startswith("?vpc_DRExists=Y&vpc_AdditionData=970436&vpc_Amount=15000000&")
        assert "vpc_Message=Bank declined&" in answer
        assert "vpc_SecureHash" not in answer

    def test_escapes_what_would_end_a_value(self, simulator: Simulator, arrive: Any, ask: Any) -> None:
        simulator.settle(arrive(Q, user_Branch="a=b+c%").token)

        assert "user_Branch=a%3Db%2Bc%25&" in ask(Q)

    def test_is_given_to_get_too(self, arrive: Any, gateway: httpx.Client, signer: Any) -> None:
        arrive(Q)

        assert gateway.get(f"{QUERY_PATHS[Q]}?{signer.ask(Q)}").text.startswith("?vpc_DRExists=Y&")
        assert gateway.get(f"{QUERY_PATHS[U]}?{signer.ask(U)}").status_code == 405

    def test_is_given_to_a_signed_question(self, arrive: Any, simulator: Simulator, signer: Any) -> None:
        arrive(D)

        answer = simulator.answer_query(D, signer.ask(D, signed=True).encode())

        assert answer.body.startswith("?vpc_DRExists=Y&")


def test_every_call_is_kept_and_a_password_is_in_no_repr(
    simulator: Simulator, opened: Payment, ask: Any
) -> None:
    answer = ask()

    [call] = simulator.api_calls
    assert (call.path, call.http_status, call.answer) == (QUERY_PATHS[U], 200, answer)
    assert "vpc_MerchTxnRef=P-1001-1" in call.request
    assert "TEST-pass" not in repr(call)
    assert "TEST-pass" not in repr(simulator.merchants)


def test_a_body_without_end_is_not_read(gateway: httpx.Client) -> None:
    assert gateway.post(QUERY_PATHS[U], content=b"x" * 70_000).status_code == 413
