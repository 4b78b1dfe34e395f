"""Asking VNPAY what became of a payment: what is sent, and how little of an answer is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payport.plugin import Context, Money, Outcome, Request, vnd
from payport.testing import a_context, a_payment, an_answer, end, value_of
from payport_domestic_card import vnpay

ASKED = (
    "vnp_RequestId vnp_Version vnp_Command vnp_TmnCode vnp_TxnRef vnp_TransactionDate vnp_CreateDate "
    "vnp_IpAddr vnp_OrderInfo"
)


@pytest.fixture
def asked(account: Any, in_context: Context[Any]) -> Any:
    """The report that an answer leads to, as the core believes it."""

    def ask(answer: Any) -> Any:
        return value_of(account.ready.query(a_payment(), in_context), answer)

    return ask


class TestTheRequest:
    @pytest.fixture
    def request_sent(self, account: Any) -> Request:
        payment = a_payment(handed_over_at=datetime(2026, 11, 25, 3, 0, 59, 500_000, tzinfo=UTC))
        context = a_context(account=account, now=payment.handed_over_at + timedelta(hours=14))
        return next(vnpay.query(payment, context))

    def test_is_a_signed_json_of_nine_values(self, request_sent: Request, gateway: Any) -> None:
        fields = json.loads(request_sent.content)

        assert str(request_sent.url) == "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"
        assert fields.pop("vnp_SecureHash") == gateway.sign("|".join(fields[name] for name in ASKED.split()))
        assert fields == {
            "vnp_RequestId": "R" * 20,
            "vnp_Version": "2.1.0",
            "vnp_Command": "querydr",
            "vnp_TmnCode": "DEMOTMN1",
            "vnp_TxnRef": "PP23456789AB",
            "vnp_OrderInfo": "Truy van PP23456789AB",
            "vnp_TransactionDate": "20261125100059",  # exactly the link's vnp_CreateDate
            "vnp_CreateDate": "20261126000059",
            "vnp_IpAddr": "203.0.113.10",
        }

    def test_is_never_repeated_since_its_id_is_taken_once(self, request_sent: Request) -> None:
        assert request_sent.extensions["payport.repeatable"] is False


class TestAnAuthenticAnswer:
    def test_paid(self, asked: Any, gateway: Any) -> None:
        found = asked(gateway.answer())

        assert (found.outcome, found.gateway_code, found.unpaid) == (Outcome.DONE, "querydr 00/00", False)
        assert (found.merchant_account, found.merchant_reference) == ("DEMOTMN1", "PP23456789AB")
        assert (found.amount, found.gateway_reference) == (vnd(150_000), "15000001")
        assert found.paid_at == datetime(2026, 11, 25, 3, 3, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("status", "outcome", "unpaid"),
        [
            ("01", Outcome.PENDING, True), ("02", Outcome.DECLINED, False), ("04", Outcome.SUSPECT, False),
            ("07", Outcome.SUSPECT, False), ("05", Outcome.UNKNOWN, False), ("06", Outcome.UNKNOWN, False),
            ("09", Outcome.UNKNOWN, False), ("10", Outcome.UNKNOWN, False), ("0", Outcome.UNKNOWN, False),
            ("", Outcome.UNKNOWN, False), (None, Outcome.UNKNOWN, False),
        ],
    )  # fmt: skip
    def test_not_paid(self, status: str, outcome: Outcome, unpaid: bool, asked: Any, gateway: Any) -> None:
        found = asked(gateway.answer(vnp_TransactionStatus=status))

        assert (found.outcome, found.unpaid) == (outcome, unpaid)

    def test_nobody_came_to_the_page(self, asked: Any, gateway: Any) -> None:
        found = asked(gateway.short_answer("91"))

        assert (found.outcome, found.unpaid, found.amount) == (Outcome.PENDING, True, None)

    @pytest.mark.parametrize("code", ["02", "03", "08", "94", "97", "98", "99", "42"])
    def test_a_code_that_says_nothing_of_the_payment_is_unknown(
        self, code: str, asked: Any, gateway: Any
    ) -> None:
        found = asked(gateway.short_answer(code))

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, f"querydr {code}")

    def test_another_amount_is_left_to_the_core(self, asked: Any, gateway: Any) -> None:
        found = asked(gateway.answer(vnp_Amount="14999900"))

        assert (found.outcome, found.amount) == (Outcome.DONE, vnd(149_999))

    def test_a_fraction_of_a_dong_equals_nothing(self, asked: Any, gateway: Any) -> None:
        assert asked(gateway.answer(vnp_Amount="15000001")).amount == Money(15_000_001, "XXX")

    def test_a_whole_number_is_as_good_as_its_digits(self, asked: Any, gateway: Any) -> None:
        assert asked(gateway.answer(vnp_Amount=15_000_000)).amount == vnd(150_000)


class TestAnAnswerThatProvesNothing:
    @pytest.mark.parametrize(
        "changes",
        [
            {"vnp_TmnCode": "OTHERTM1"}, {"vnp_TxnRef": "PP23456789AC"}, {"vnp_Command": "refund"},
            {"vnp_TransactionType": "02"}, {"vnp_TransactionType": None}, {"vnp_Amount": ""},
            {"vnp_Amount": "x"}, {"vnp_Amount": 150000.0}, {"vnp_TransactionNo": "0"},
            {"vnp_TransactionNo": None}, {"vnp_Message": "a|b"}, {"vnp_TransactionStatus": True},
            {"vnp_BankCode": {"code": "NCB"}}, {"vnp_ResponseCode": None},
        ],
        ids=str,
    )  # fmt: skip
    def test_is_unknown_though_its_hash_fits(
        self, changes: dict[str, Any], in_context: Context[Any], gateway: Any
    ) -> None:
        assert end(vnpay.query(a_payment(), in_context), gateway.answer(**changes)) is Outcome.UNKNOWN

    def test_of_another_payment_says_nothing_at_all(self, asked: Any, gateway: Any) -> None:
        found = asked(gateway.answer(vnp_TxnRef="PP23456789AC"))

        assert (found.merchant_account, found.merchant_reference, found.amount) == (None, None, None)

    def test_without_a_hash_is_unknown_whatever_it_says(self, asked: Any, gateway: Any) -> None:
        found = asked(gateway.answer(signed=False))

        assert (found.outcome, found.amount, found.gateway_code) == (Outcome.UNKNOWN, None, "unsigned 00")

    @pytest.mark.parametrize(
        ("code", "told"), [("94", "unsigned 94"), ("97", "unsigned 97"), ("<b>", "unsigned")]
    )
    def test_an_unsigned_code_is_told_to_an_operator_and_moves_nothing(
        self, code: str, told: str, asked: Any
    ) -> None:
        found = asked(an_answer({"vnp_ResponseCode": code, "vnp_Message": "Request is duplicate"}))

        assert (found.outcome, found.gateway_code, found.unpaid) == (Outcome.UNKNOWN, told, False)

    def test_with_anothers_hash(self, in_context: Context[Any], gateway: Any) -> None:
        forged = type(gateway)(secret="ANOTHER-SECRET").answer()

        assert end(vnpay.query(a_payment(), in_context), forged) is Outcome.UNKNOWN

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"null", b"{", b"<html>502", b'{"vnp_ResponseCode":"00","vnp_ResponseCode":"00"}'],
    )
    def test_makes_no_sense(self, body: bytes, in_context: Context[Any]) -> None:
        assert end(vnpay.query(a_payment(), in_context), an_answer(content=body)) is Outcome.UNKNOWN

    @pytest.mark.parametrize("status", [201, 302, 404, 500, 503])
    def test_is_no_answer(self, status: int, in_context: Context[Any], gateway: Any) -> None:
        answer = an_answer(content=gateway.answer().content, status=status)

        assert end(vnpay.query(a_payment(), in_context), answer) is Outcome.UNKNOWN
