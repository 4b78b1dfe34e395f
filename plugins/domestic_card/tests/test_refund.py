"""Giving money back through VNPAY: what is sent, and how little of an answer is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payport.plugin import Context, Money, Outcome, Refund, Request, RequestRefused, vnd
from payport.testing import a_context, a_payment, an_answer, value_of
from payport_domestic_card import vnpay

SLOTS = (
    "vnp_RequestId vnp_Version vnp_Command vnp_TmnCode vnp_TransactionType vnp_TxnRef vnp_Amount "
    "vnp_TransactionNo vnp_TransactionDate vnp_CreateBy vnp_CreateDate vnp_IpAddr vnp_OrderInfo"
)


@pytest.fixture
def told(account: Any, in_context: Context[Any], a_refund: Any) -> Any:
    """The report that an answer to a refund leads to, as the core believes it."""

    def tell(answer: Any, **changes: Any) -> Any:
        return value_of(account.ready.refund(a_refund(**changes), in_context), answer)

    return tell


class TestTheRequest:
    @pytest.fixture
    def sent(self, account: Any, a_refund: Any) -> Any:
        def send(**changes: Any) -> Request:
            refund: Refund = a_refund(**changes)
            context = a_context(account=account, now=refund.payment.handed_over_at + timedelta(hours=14))
            return next(vnpay.refund(refund, context))

        return send

    def test_is_a_signed_json_of_thirteen_values(self, sent: Any, gateway: Any) -> None:
        at = datetime(2026, 11, 25, 3, 0, 59, 500_000, tzinfo=UTC)
        request = sent(payment=a_payment(handed_over_at=at, gateway_reference="15000001"))
        fields = json.loads(request.content)

        assert str(request.url) == "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"
        assert fields.pop("vnp_SecureHash") == gateway.sign("|".join(fields[name] for name in SLOTS.split()))
        assert fields == {
            "vnp_RequestId": "K" * 20,  # the refund's key, not the call's
            "vnp_Version": "2.1.0",
            "vnp_Command": "refund",
            "vnp_TmnCode": "DEMOTMN1",
            "vnp_TransactionType": "02",
            "vnp_TxnRef": "PP23456789AB",
            "vnp_Amount": "15000000",
            "vnp_OrderInfo": "Hoan tien PP23456789AB RF23456789AB",
            "vnp_TransactionNo": "15000001",
            "vnp_TransactionDate": "20261125100059",  # exactly the link's vnp_CreateDate
            "vnp_CreateBy": "thu.ngan",
            "vnp_CreateDate": "20261126000059",
            "vnp_IpAddr": "203.0.113.10",
        }

    def test_is_never_repeated(self, sent: Any) -> None:
        assert sent().extensions["payport.repeatable"] is False

    def test_says_part_for_less_than_all_and_has_no_least_amount(self, sent: Any) -> None:
        fields = json.loads(sent(amount=vnd(1)).content)

        assert (fields["vnp_TransactionType"], fields["vnp_Amount"]) == ("03", "100")

    @pytest.mark.parametrize("amount", [Money(150_000, "USD"), vnd(0), vnd(1_000_000_000)], ids=str)
    def test_is_not_made_of_what_vnpay_cannot_carry(self, amount: Money, sent: Any) -> None:
        with pytest.raises(RequestRefused) as refusal:
            sent(amount=amount)

        assert refusal.value.field == "amount"

    def test_leaves_out_a_number_that_is_not_known(self, sent: Any, gateway: Any) -> None:
        fields = json.loads(sent(payment=a_payment(gateway_reference=None)).content)

        assert "vnp_TransactionNo" not in fields
        text = "|".join(fields.get(name, "") for name in SLOTS.split())
        assert fields["vnp_SecureHash"] == gateway.sign(text)

    @pytest.mark.parametrize(
        ("name", "sent_as"),
        [
            ("Trần Thị Đào", "Tran Thi Dao"), ("mai@example.vn", "mai example.vn"), ("a|b\r\nc", "a b c"),
            ("李", "payport"), ("", "payport"), ("x" * 300, "x" * 245), ("~!*'()", "payport"),
        ],
    )  # fmt: skip
    def test_names_who_asked_in_letters_that_vnpay_takes(self, name: str, sent_as: str, sent: Any) -> None:
        assert json.loads(sent(requested_by=name).content)["vnp_CreateBy"] == sent_as


class TestAnAuthenticAnswer:
    def test_is_under_way_with_a_number_of_its_own(self, told: Any, gateway: Any) -> None:
        found = told(gateway.refund_answer())

        assert (found.outcome, found.gateway_code) == (Outcome.PENDING, "refund 00/05")
        assert (found.merchant_account, found.merchant_reference) == ("DEMOTMN1", "PP23456789AB")
        assert (found.refund_reference, found.gateway_reference) == ("RF23456789AB", "15000009")
        assert found.amount == vnd(150_000)

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("00", Outcome.DONE), ("05", Outcome.PENDING), ("06", Outcome.PENDING), ("09", Outcome.DECLINED),
            ("01", Outcome.UNKNOWN), ("02", Outcome.UNKNOWN), ("04", Outcome.UNKNOWN), ("0", Outcome.UNKNOWN),
            ("5", Outcome.UNKNOWN), ("", Outcome.UNKNOWN), (None, Outcome.UNKNOWN),
        ],
    )  # fmt: skip
    def test_is_what_its_status_says(self, status: Any, outcome: Outcome, told: Any, gateway: Any) -> None:
        assert told(gateway.refund_answer(vnp_TransactionStatus=status)).outcome is outcome

    @pytest.mark.parametrize("code", ["02", "03", "04", "13", "91", "93", "95", "97"])
    def test_that_refuses_the_request_ends_the_refund(self, code: str, told: Any, gateway: Any) -> None:
        found = told(gateway.short_answer(code, command="refund"))

        assert (found.outcome, found.gateway_code) == (Outcome.DECLINED, f"refund {code}")

    @pytest.mark.parametrize("code", ["94", "08", "98", "99", "42", "0"])
    def test_that_leaves_it_open_is_unknown(self, code: str, told: Any, gateway: Any) -> None:
        found = told(gateway.short_answer(code, command="refund"))

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, f"refund {code}")

    @pytest.mark.parametrize("hundredths", ["14000000", "16000000", "15000001"])
    def test_REF_11_with_another_amount_says_it_and_the_core_compares(
        self, hundredths: str, told: Any, gateway: Any
    ) -> None:
        found = told(gateway.refund_answer(vnp_Amount=hundredths, vnp_TransactionStatus="00"))

        assert (found.outcome, found.gateway_reference) == (Outcome.DONE, "15000009")
        assert found.amount not in {None, vnd(150_000)}

    @pytest.mark.parametrize("status", ["05", "06", "09"])
    def test_REF_11_that_refuses_or_holds_another_amount_is_unknown(
        self, status: str, told: Any, gateway: Any
    ) -> None:
        found = told(gateway.refund_answer(vnp_Amount="14000000", vnp_TransactionStatus=status))

        assert (found.outcome, found.amount) == (Outcome.UNKNOWN, vnd(140_000))

    @pytest.mark.parametrize("kind", ["01", "03", "", None])
    def test_of_another_type_is_unknown_and_keeps_the_number_to_ask_by(
        self, kind: Any, told: Any, gateway: Any
    ) -> None:
        found = told(gateway.refund_answer(vnp_TransactionType=kind, vnp_TransactionStatus="00"))

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, "refund 00/00 of another type")
        assert (found.amount, found.gateway_reference) == (vnd(150_000), "15000009")

    @pytest.mark.parametrize("amount", ["", "0", "x", "1e7", "-1", None], ids=str)
    def test_PLG_06_a_success_without_an_amount_is_unknown(
        self, amount: Any, told: Any, gateway: Any
    ) -> None:
        found = told(gateway.refund_answer(vnp_Amount=amount, vnp_TransactionStatus="00"))

        assert (found.outcome, found.amount) == (Outcome.UNKNOWN, None)

    @pytest.mark.parametrize("number", ["15000001", "0", "000", "", "abc"])
    def test_gives_no_number_but_one_of_its_own(self, number: str, told: Any, gateway: Any) -> None:
        assert told(gateway.refund_answer(vnp_TransactionNo=number)).gateway_reference is None

    @pytest.mark.parametrize("status", ["00", "05", "09"])
    def test_REF_06_of_another_refund_names_that_one_and_the_core_believes_none_of_it(
        self, status: str, told: Any, gateway: Any
    ) -> None:
        found = told(
            gateway.refund_answer(
                vnp_TransactionStatus=status, vnp_OrderInfo="Hoan tien PP23456789AB RF23456789AC"
            )
        )

        assert found.refund_reference == "RF23456789AC"

    @pytest.mark.parametrize(
        "text", ["Hoan tien PP23456789AB", "Ho?n ti?n PP23456789AB RF23456789AB", "", None]
    )
    def test_may_bear_any_other_text(self, text: Any, told: Any, gateway: Any) -> None:
        found = told(gateway.refund_answer(vnp_OrderInfo=text))

        assert (found.outcome, found.refund_reference) == (Outcome.PENDING, None)


class TestAnAnswerThatProvesNothing:
    @pytest.mark.parametrize("changes", [{"vnp_TxnRef": "PP23456789AC"}], ids=str)
    def test_REF_06_of_another_payment(self, changes: Any, told: Any, gateway: Any) -> None:
        found = told(gateway.refund_answer(**changes))

        assert (found.outcome, found.amount, found.gateway_reference) == (Outcome.UNKNOWN, None, None)

    def test_REF_06_of_another_terminal(self, told: Any, gateway: Any) -> None:
        assert told(gateway.refund_answer(vnp_TmnCode="OTHERTM1")).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize("code", ["00", "91", "93", "94", "97"])
    def test_REF_06_without_a_hash(self, code: str, told: Any, gateway: Any) -> None:
        found = told(gateway.refund_answer(signed=False, vnp_ResponseCode=code))

        assert (found.outcome, found.amount) == (Outcome.UNKNOWN, None)

    def test_REF_06_with_anothers_hash(self, told: Any, gateway: Any) -> None:
        with pytest.raises(Exception, match="signature"):
            told(type(gateway)(secret="ANOTHER-SECRET").refund_answer())

    def test_REF_06_to_a_query(self, told: Any, gateway: Any) -> None:
        with pytest.raises(Exception, match="vnp_Command"):
            told(gateway.refund_answer(vnp_Command="querydr"))

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"null", b"{", b"<html>502", b'{"vnp_ResponseCode":"00","vnp_ResponseCode":"00"}'],
    )
    def test_CHN_08_makes_no_sense(self, body: bytes, told: Any) -> None:
        with pytest.raises(Exception, match="sheet's form"):
            told(an_answer(content=body))


class TestAskingByTheRefundsOwnNumber:
    @pytest.fixture
    def found(self, account: Any, in_context: Context[Any], a_refund: Any) -> Any:
        def ask(answer: Any, **changes: Any) -> Any:
            refund = a_refund(**{"gateway_reference": "15000009"} | changes)
            return value_of(account.ready.query_refund(refund, in_context), answer)

        return ask

    def test_sends_it_unsigned_beside_the_nine(self, in_context: Any, a_refund: Any, gateway: Any) -> None:
        request = next(vnpay.query_refund(a_refund(gateway_reference="15000009"), in_context))
        fields = json.loads(request.content)

        nine = (
            "vnp_RequestId vnp_Version vnp_Command vnp_TmnCode vnp_TxnRef vnp_TransactionDate "
            "vnp_CreateDate vnp_IpAddr vnp_OrderInfo"
        )
        assert fields.pop("vnp_SecureHash") == gateway.sign("|".join(fields[name] for name in nine.split()))
        assert fields["vnp_TransactionNo"] == "15000009"
        assert (fields["vnp_RequestId"], fields["vnp_TxnRef"]) == ("R" * 20, "PP23456789AB")

    @pytest.mark.parametrize("kind", ["02", "03"])
    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("00", Outcome.DONE), ("05", Outcome.PENDING), ("06", Outcome.PENDING), ("09", Outcome.DECLINED),
            ("01", Outcome.UNKNOWN), ("02", Outcome.UNKNOWN), ("", Outcome.UNKNOWN),
        ],
    )  # fmt: skip
    def test_tells_its_status(
        self, kind: str, status: str, outcome: Outcome, found: Any, gateway: Any
    ) -> None:
        answer = gateway.refund_row(vnp_TransactionType=kind, vnp_TransactionStatus=status)

        report = found(answer)

        assert (report.outcome, report.gateway_code) == (outcome, f"querydr refund 00/{status}")
        assert (report.amount, report.gateway_reference) == (vnd(150_000), "15000009")

    @pytest.mark.parametrize("status", ["05", "06", "09"])
    def test_REF_11_of_another_amount_is_unknown_unless_it_went_back(
        self, status: str, found: Any, gateway: Any
    ) -> None:
        report = found(gateway.refund_row(vnp_Amount="14000000", vnp_TransactionStatus=status))

        assert report.outcome is Outcome.UNKNOWN

    def test_believes_a_row_of_its_number_whatever_text_it_bears(self, found: Any, gateway: Any) -> None:
        report = found(gateway.refund_row(vnp_OrderInfo="Thanh toan don hang PP23456789AB"))

        assert (report.outcome, report.refund_reference) == (Outcome.DONE, None)

    def test_REF_06_names_the_other_refund_whose_text_its_row_bears(self, found: Any, gateway: Any) -> None:
        report = found(gateway.refund_row(vnp_OrderInfo="Hoan tien PP23456789AB RF23456789AC"))

        assert report.refund_reference == "RF23456789AC"  # another one than ours: the core believes nothing

    @pytest.mark.parametrize(
        "changes",
        [
            {"vnp_TransactionType": "01"}, {"vnp_TransactionType": None}, {"vnp_TransactionType": "2"},
            {"vnp_TransactionNo": "15000008", "vnp_OrderInfo": "Hoan tien PP23456789AB RF23456789AC"},
            {"vnp_TransactionNo": "15000001", "vnp_OrderInfo": "x"}, {"vnp_TransactionNo": None,
             "vnp_OrderInfo": None}, {"vnp_Amount": ""}, {"vnp_Amount": None}, {"vnp_TxnRef": "PP23456789AC"},
        ],
        ids=str,
    )  # fmt: skip
    def test_REF_06_another_row_is_unknown(self, changes: Any, found: Any, gateway: Any) -> None:
        assert found(gateway.refund_row(**changes)).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize("code", ["91", "94", "02", "03", "97", "98", "99"])
    def test_no_row_is_unknown(self, code: str, found: Any, gateway: Any) -> None:
        report = found(gateway.short_answer(code))

        assert (report.outcome, report.gateway_code) == (Outcome.UNKNOWN, f"querydr refund {code}")

    def test_without_a_hash_is_unknown(self, found: Any, gateway: Any) -> None:
        assert found(gateway.refund_row(signed=False)).outcome is Outcome.UNKNOWN


class TestAskingWithoutANumber:
    """The answer to the refund was lost: only a row that bears our own reference is surely about it."""

    @pytest.fixture
    def found(self, account: Any, in_context: Context[Any], a_refund: Any) -> Any:
        def ask(answer: Any) -> Any:
            return value_of(account.ready.query_refund(a_refund(), in_context), answer)

        return ask

    def test_asks_by_the_payment(self, in_context: Any, a_refund: Any) -> None:
        assert "vnp_TransactionNo" not in json.loads(next(vnpay.query_refund(a_refund(), in_context)).content)

    def test_believes_the_row_that_names_the_refund(self, found: Any, gateway: Any) -> None:
        report = found(gateway.refund_row())

        assert (report.outcome, report.gateway_reference) == (Outcome.DONE, "15000009")
        assert report.refund_reference == "RF23456789AB"

    def test_REF_03_believes_no_other(self, found: Any, gateway: Any) -> None:
        for row in (
            gateway.answer(),
            gateway.refund_row(vnp_OrderInfo="Hoan tien PP23456789AB RF23456789AC"),
        ):
            report = found(row)

            assert report.outcome is Outcome.UNKNOWN
            assert (report.amount, report.gateway_reference) == (None, None)
