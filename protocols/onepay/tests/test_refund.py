"""Giving money back: what is sent once, and what an answer must be to be booked (onepay.md, 9)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from payport.errors import RequestRefused
from payport.plugin import Money, Outcome, vnd
from payport.testing import a_context, a_payment, an_answer, value_of
from payport_onepay.codes import UNIFIED


class TestTheRequest:
    def test_is_a_signed_form_under_the_refunds_own_reference(
        self, unified: Any, a_refund: Any, onepay: Any
    ) -> None:
        request = next(unified.ready.refund(a_refund(), a_context(account=unified)))
        fields = dict(parse_qsl(request.content.decode(), strict_parsing=True))

        assert (request.method, str(request.url)) == ("POST", "https://mtf.onepay.vn/msp/api/v1/vpc/refunds")
        assert fields.pop("vpc_SecureHash") == onepay.sign(fields)
        assert fields == {
            "vpc_Command": "refund",
            "vpc_Version": "2",
            "vpc_Merchant": "TESTUN01",
            "vpc_AccessCode": "D0UN0001",
            "vpc_MerchTxnRef": "RF23456789AB",
            "vpc_OrgMerchTxnRef": "PP23456789AB",
            "vpc_Amount": "4900000",
            "vpc_Operator": "thu.ngan",
        }

    def test_is_never_repeated(self, unified: Any, a_refund: Any) -> None:
        request = next(unified.ready.refund(a_refund(), a_context(account=unified)))

        assert request.extensions["payport.repeatable"] is False

    @pytest.mark.parametrize(
        ("name", "sent"),
        [
            ("Nguyễn Thị Mai", "Nguyen Thi Mai"), ("mai@example.vn", "maiexample.vn"), ("a&b=c/(d)?", "abcd"),
            ("", "payport"), ("Đỗ", "Do"), ("山田", "payport"), ("   ", "payport"), ("x" * 99, "x" * 34),
        ],
    )  # fmt: skip
    def test_names_who_asked_in_letters_that_onepay_takes(
        self, name: str, sent: str, unified: Any, a_refund: Any
    ) -> None:
        request = next(unified.ready.refund(a_refund(requested_by=name), a_context(account=unified)))

        assert dict(parse_qsl(request.content.decode()))["vpc_Operator"] == sent

    @pytest.mark.parametrize(
        "changes",
        [
            {"refund_reference": "PP23456789AB"}, {"amount": vnd(0)}, {"amount": Money(49_000, "USD")},
            {"amount": vnd(10_000_000_000)}, {"refund_reference": "RF&x=1"},
            {"payment": a_payment(merchant_reference="PP 2")},
        ],
        ids=str,
    )  # fmt: skip
    def test_is_not_made_of_what_onepay_would_not_take(
        self, changes: dict[str, Any], unified: Any, a_refund: Any
    ) -> None:
        flow = unified.ready.refund(a_refund(**changes), a_context(account=unified))

        with pytest.raises(RequestRefused):
            next(flow)


class TestAProvenAnswer:
    def test_says_that_the_money_went_back(self, given_back: Any, onepay: Any) -> None:
        found = given_back(onepay.refund_answer())

        assert (found.outcome, found.gateway_code) == (Outcome.DONE, "0")
        assert (found.merchant_account, found.merchant_reference) == ("TESTUN01", "PP23456789AB")
        assert (found.refund_reference, found.gateway_reference) == ("RF23456789AB", "REF-TEST0001")
        assert found.amount == vnd(49_000)

    @pytest.mark.parametrize("code", sorted(UNIFIED))
    def test_is_read_by_the_unified_pages_table(self, code: str, given_back: Any, onepay: Any) -> None:
        found = given_back(onepay.refund_answer(vpc_TxnResponseCode=code))

        assert found.outcome is UNIFIED[code].outcome

    @pytest.mark.parametrize("code", ["00", "0 ", "255", "310", "400", "A", "zz"])
    def test_with_a_code_that_is_not_listed_is_unknown(self, code: str, given_back: Any, onepay: Any) -> None:
        assert given_back(onepay.refund_answer(vpc_TxnResponseCode=code)).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize(
        ("amount", "told"),
        [("9900000", vnd(99_000)), ("49000", vnd(490)), ("4900001", Money(4_900_001, "XXX"))],
    )
    def test_REF_11_of_another_amount_is_left_to_the_core(
        self, amount: str, told: Money, given_back: Any, onepay: Any
    ) -> None:
        found = given_back(onepay.refund_answer(vpc_Amount=amount))

        assert (found.outcome, found.amount) == (Outcome.DONE, told)

    @pytest.mark.parametrize("code", ["2", "300"])
    def test_REF_11_that_refuses_or_holds_another_amount_is_unknown(
        self, code: str, given_back: Any, onepay: Any
    ) -> None:
        found = given_back(onepay.refund_answer(vpc_TxnResponseCode=code, vpc_Amount="9900000"))

        assert (found.outcome, found.amount) == (Outcome.UNKNOWN, vnd(99_000))

    @pytest.mark.parametrize("number", ["", "<b>", "x" * 65, "0", "null"])
    def test_may_name_no_transaction(self, number: str, given_back: Any, onepay: Any) -> None:
        found = given_back(onepay.refund_answer(vpc_TransactionNo=number))

        assert (found.outcome, found.gateway_reference) == (Outcome.DONE, None)


class TestAnAnswerThatProvesNothing:
    @pytest.mark.parametrize(
        "changes",
        [
            {"vpc_Merchant": "TESTUN99"}, {"vpc_MerchTxnRef": "RF23456789AC"},
            {"vpc_MerchTxnRef": "PP23456789AB"}, {"vpc_OrgMerchTxnRef": "PP23456789AC"},
            {"vpc_Amount": "0"}, {"vpc_Amount": "4,900,000"}, {"vpc_Amount": "49000.00"},
            {"vpc_Amount": ""}, {"vpc_Command": "pay"}, {"vpc_Command": ""}, {"vpc_TxnResponseCode": ""},
            {"vpc_Message": "a&vpc_TxnResponseCode=0"},
        ],
        ids=str,
    )  # fmt: skip
    def test_is_unknown_though_its_hash_fits(
        self, changes: dict[str, str], given_back: Any, onepay: Any, outcome_of_flow: Any
    ) -> None:
        assert outcome_of_flow(given_back, onepay.refund_answer(**changes)) is Outcome.UNKNOWN

    @pytest.mark.parametrize("code", ["0", "2", "300"])
    def test_without_a_hash_books_nothing(self, code: str, given_back: Any, onepay: Any) -> None:
        found = given_back(onepay.refund_answer(signed=False, vpc_TxnResponseCode=code))

        assert (found.outcome, found.gateway_code, found.amount) == (
            Outcome.UNKNOWN,
            f"unsigned {code}",
            None,
        )

    def test_with_anothers_hash(self, given_back: Any, onepay: Any, outcome_of_flow: Any) -> None:
        forged = type(onepay)(secret="F0" * 16).refund_answer()

        assert outcome_of_flow(given_back, forged) is Outcome.UNKNOWN

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"<html>502", b'{"vpc_TxnResponseCode":"0"}', b"vpc_TxnResponseCode=0",
            b"vpc_TxnResponseCode=0&vpc_TxnResponseCode=0", "vpc_TxnResponseCode=0".encode("utf-16"),
        ],
    )  # fmt: skip
    def test_makes_no_sense(self, body: bytes, given_back: Any, outcome_of_flow: Any) -> None:
        assert outcome_of_flow(given_back, an_answer(content=body)) is Outcome.UNKNOWN

    @pytest.mark.parametrize("status", [201, 302, 404, 500, 503])
    def test_is_no_answer(self, status: int, given_back: Any, onepay: Any, outcome_of_flow: Any) -> None:
        assert outcome_of_flow(given_back, onepay.refund_answer(status=status)) is Outcome.UNKNOWN

    def test_half_of_it_came(self, given_back: Any, onepay: Any, outcome_of_flow: Any) -> None:
        whole = onepay.refund_answer().content

        for cut in range(0, len(whole) - 1, 5):
            assert outcome_of_flow(given_back, an_answer(content=whole[:cut])) is Outcome.UNKNOWN, cut


class TestALegacyPage:
    """Its own refund path is unproven (3.2): the account has no refund, and nothing ever leaves."""

    def test_has_no_refund_among_its_capabilities(self, legacy: Any, unified: Any) -> None:
        assert unified.capabilities - legacy.capabilities == {"refund"}

    def test_is_asked_nothing_even_so(self, legacy: Any, a_refund: Any) -> None:
        found = value_of(legacy.ready.refund(a_refund(), a_context(account=legacy)))

        assert (found.outcome, found.gateway_code) == (
            Outcome.DECLINED,
            "not sent: refund in OnePay's portal",
        )


def test_there_is_no_way_to_ask_about_a_refund(unified: Any) -> None:
    assert "query_refund" not in unified.ready.capabilities
