"""Asking OnePay what became of a payment: what is sent, and how little of an answer is believed
(onepay.md, 8)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from payport.plugin import Money, Outcome, Request, vnd
from payport.testing import a_context, a_payment, an_answer

PAID = (
    "vpc_DRExists=Y&vpc_AdditionData=970436&vpc_Amount=15000000&vpc_Command=pay&vpc_CurrencyCode=VND"
    "&vpc_Locale=vn&vpc_MerchTxnRef=PP23456789AB&vpc_Merchant=TESTUN01"
    "&vpc_Message=Transaction was successful&vpc_OrderInfo=PP23456789AB&vpc_TransactionNo=1901001"
    "&vpc_TxnResponseCode=0&vpc_Version="
)


def request_of(account: Any) -> Request:
    return next(account.ready.query(a_payment(), a_context(account=account)))


def fields_of(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode(), strict_parsing=True))


class TestTheRequestToTheUnifiedPage:
    def test_is_a_signed_form_of_seven_fields(self, unified: Any, onepay: Any) -> None:
        request = request_of(unified)
        fields = fields_of(request)

        assert (request.method, str(request.url)) == (
            "POST",
            "https://mtf.onepay.vn/msp/api/v1/vpc/invoices/queries",
        )
        assert fields.pop("vpc_SecureHash") == onepay.sign(fields)
        assert fields == {
            "vpc_Command": "queryDR",
            "vpc_Version": "2",
            "vpc_MerchTxnRef": "PP23456789AB",
            "vpc_Merchant": "TESTUN01",
            "vpc_AccessCode": "D0UN0001",
            "vpc_User": "opq03",
            "vpc_Password": "TEST-pass un/3",
        }

    def test_is_sent_once(self, unified: Any) -> None:
        assert request_of(unified).extensions["payport.repeatable"] is False


class TestTheRequestToALegacyPage:
    @pytest.mark.parametrize(
        ("gateway", "url"),
        [
            ("onepay_domestic", "https://mtf.onepay.vn/onecomm-pay/Vpcdps.op"),
            ("onepay_international", "https://mtf.onepay.vn/vpcpay/Vpcdps.op"),
        ],
    )
    def test_is_the_same_form_of_version_1_without_a_hash(
        self, gateway: str, url: str, account_of: Any
    ) -> None:
        request = request_of(account_of(gateway, generation="legacy"))
        fields = fields_of(request)

        assert str(request.url) == url
        assert (fields["vpc_Version"], "vpc_SecureHash" in fields, len(fields)) == ("1", False, 7)


class TestASignedAnswer:
    def test_paid(self, unified: Any, asked: Any, onepay: Any) -> None:
        found = asked(unified, onepay.answer())

        assert (found.outcome, found.gateway_code, found.unpaid) == (Outcome.DONE, "queryDR 0", False)
        assert (found.merchant_account, found.merchant_reference) == ("TESTUN01", "PP23456789AB")
        assert (found.amount, found.gateway_reference) == (vnd(150_000), "PAY-cM95TESTJWT2-77ME7Q8Dg")
        assert found.order_text == "PP23456789AB"

    @pytest.mark.parametrize("command", ["pay", "queryDR", ""])
    def test_the_command_is_not_compared(self, command: str, unified: Any, asked: Any, onepay: Any) -> None:
        assert asked(unified, onepay.answer(vpc_Command=command)).outcome is Outcome.DONE

    @pytest.mark.parametrize(
        ("code", "outcome", "unpaid"),
        [
            ("100", Outcome.PENDING, True), ("300", Outcome.PENDING, False), ("99", Outcome.DECLINED, False),
            ("253", Outcome.DECLINED, False), ("7", Outcome.UNKNOWN, False), ("00", Outcome.UNKNOWN, False),
            ("", Outcome.UNKNOWN, False), ("255", Outcome.UNKNOWN, False),
        ],
    )  # fmt: skip
    def test_not_paid(
        self, code: str, outcome: Outcome, unpaid: bool, unified: Any, asked: Any, onepay: Any
    ) -> None:
        found = asked(unified, onepay.answer(vpc_TxnResponseCode=code))

        assert (found.outcome, found.unpaid) == (outcome, unpaid)

    def test_nobody_came_to_the_page(self, unified: Any, asked: Any, onepay: Any) -> None:
        spare = ("vpc_Amount", "vpc_TxnResponseCode", "vpc_TransactionNo", "vpc_Merchant")

        found = asked(unified, onepay.answer(without=spare, vpc_DRExists="N"))

        assert (found.outcome, found.unpaid, found.amount) == (Outcome.PENDING, True, None)

    def test_another_amount_is_left_to_the_core(self, unified: Any, asked: Any, onepay: Any) -> None:
        found = asked(unified, onepay.answer(vpc_Amount="14999900"))

        assert (found.outcome, found.amount) == (Outcome.DONE, vnd(149_999))

    def test_a_fraction_of_a_dong_equals_nothing(self, unified: Any, asked: Any, onepay: Any) -> None:
        assert asked(unified, onepay.answer(vpc_Amount="15000001")).amount == Money(15_000_001, "XXX")

    def test_a_success_without_a_transaction_goes_to_a_person(
        self, unified: Any, asked: Any, onepay: Any
    ) -> None:
        found = asked(unified, onepay.answer(without=("vpc_TransactionNo",)))

        assert found.outcome is Outcome.SUSPECT


class TestASignedAnswerThatProvesNothing:
    @pytest.mark.parametrize(
        "changes",
        [
            {"vpc_Merchant": "TESTUN99"}, {"vpc_MerchTxnRef": "PP23456789AC"}, {"vpc_MerchTxnRef": ""},
            {"vpc_DRExists": ""}, {"vpc_DRExists": "y"}, {"vpc_DRExists": "1"}, {"vpc_Amount": ""},
            {"vpc_Amount": "0"}, {"vpc_Amount": "x"}, {"vpc_Message": "a&vpc_TxnResponseCode=0"},
            {"vpc_DRExists": "N", "vpc_MerchTxnRef": "PP23456789AC"},
        ],
        ids=str,
    )  # fmt: skip
    def test_is_unknown_though_its_hash_fits(
        self, changes: dict[str, str], unified: Any, asked: Any, onepay: Any, outcome_of_flow: Any
    ) -> None:
        assert outcome_of_flow(asked, unified, onepay.answer(**changes)) is Outcome.UNKNOWN

    def test_of_another_payment_says_nothing_at_all(self, unified: Any, asked: Any, onepay: Any) -> None:
        found = asked(unified, onepay.answer(vpc_MerchTxnRef="PP23456789AC"))

        assert (found.merchant_account, found.merchant_reference, found.amount) == (None, None, None)

    def test_a_callback_is_no_answer(
        self, unified: Any, asked: Any, onepay: Any, outcome_of_flow: Any
    ) -> None:
        replayed = an_answer(content=onepay.callback().encode())

        assert outcome_of_flow(asked, unified, replayed) is Outcome.UNKNOWN


class TestAnUnsignedAnswerOfTheUnifiedPage:
    def test_is_unknown_whatever_it_says(self, unified: Any, asked: Any, onepay: Any) -> None:
        found = asked(unified, onepay.answer(signed=False))

        assert (found.outcome, found.amount, found.gateway_code) == (
            Outcome.UNKNOWN,
            None,
            "queryDR unsigned 0",
        )

    def test_with_an_empty_hash_is_unsigned(self, unified: Any, asked: Any, onepay: Any) -> None:
        empty = onepay.answer(signed=False).content + b"&vpc_SecureHash="

        assert asked(unified, an_answer(content=empty)).outcome is Outcome.UNKNOWN

    def test_may_say_that_nobody_came(self, unified: Any, asked: Any) -> None:
        found = asked(unified, an_answer(content=b"vpc_DRExists=N&vpc_MerchTxnRef=PP23456789AB"))

        assert (found.outcome, found.unpaid) == (Outcome.PENDING, True)

    def test_tells_an_operator_what_to_mend(self, unified: Any, asked: Any) -> None:
        found = asked(
            unified, an_answer(content=b"vpc_TxnResponseCode=255&vpc_Message=Invalid+vpc_SecureHash")
        )

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, "queryDR unsigned 255")

    def test_with_anothers_hash_is_unknown(
        self, unified: Any, asked: Any, onepay: Any, outcome_of_flow: Any
    ) -> None:
        forged = type(onepay)(secret="F0" * 16).answer()

        assert outcome_of_flow(asked, unified, forged) is Outcome.UNKNOWN


class TestALegacyAnswer:
    @pytest.mark.parametrize("text", [PAID, f"?{PAID}", PAID.replace(" ", "+"), PAID.replace(" ", "%20")])
    def test_is_read_as_it_comes_tls_being_its_only_proof(self, text: str, legacy: Any, asked: Any) -> None:
        found = asked(legacy, an_answer(content=text.encode()))

        assert (found.outcome, found.amount, found.gateway_reference) == (
            Outcome.DONE,
            vnd(150_000),
            "1901001",
        )
        assert (found.paid_with, found.order_text) == ("970436", "PP23456789AB")

    def test_without_a_currency_is_in_dong(self, account_of: Any, asked: Any) -> None:
        account = account_of("onepay_international", generation="legacy")
        text = PAID.replace("&vpc_CurrencyCode=VND", "").replace("&vpc_AdditionData=970436", "&vpc_Card=VC")

        found = asked(account, an_answer(content=text.encode()))

        assert (found.outcome, found.amount, found.paid_with) == (Outcome.DONE, vnd(150_000), "VC")

    def test_in_another_currency_is_no_money_of_ours(self, legacy: Any, asked: Any) -> None:
        found = asked(legacy, an_answer(content=PAID.replace("=VND", "=USD").encode()))

        assert found.amount == Money(15_000_000, "XXX")

    def test_is_read_by_the_table_of_its_page(self, account_of: Any, asked: Any) -> None:
        text = PAID.replace("vpc_TxnResponseCode=0", "vpc_TxnResponseCode=3")

        found = [
            asked(account_of(gateway, generation="legacy"), an_answer(content=text.encode())).outcome
            for gateway in ("onepay_domestic", "onepay_international")
        ]

        assert found == [Outcome.DECLINED, Outcome.UNKNOWN]

    @pytest.mark.parametrize(("code", "unpaid"), [("100", True), ("300", False)])
    def test_is_not_finished(self, code: str, unpaid: bool, legacy: Any, asked: Any) -> None:
        text = PAID.replace("vpc_TxnResponseCode=0", f"vpc_TxnResponseCode={code}")

        found = asked(legacy, an_answer(content=text.encode()))

        assert (found.outcome, found.unpaid) == (Outcome.PENDING, unpaid)

    def test_that_names_no_payment_refuses_none_either(self, legacy: Any, asked: Any) -> None:
        text = PAID.replace("vpc_MerchTxnRef=PP23456789AB&", "").replace("Code=0", "Code=99")

        found = asked(legacy, an_answer(content=text.encode()))

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, "queryDR of no payment 99")

    def test_paid_without_an_amount_is_unknown_and_no_fault_of_ours(self, legacy: Any, asked: Any) -> None:
        found = asked(legacy, an_answer(content=PAID.replace("=15000000", "=").encode()))

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, "queryDR 0")

    def test_says_that_nobody_came(self, legacy: Any, asked: Any) -> None:
        found = asked(legacy, an_answer(content=b"?vpc_DRExists=N"))

        assert (found.outcome, found.unpaid) == (Outcome.PENDING, True)

    def test_with_a_hash_that_fits_is_believed(self, legacy: Any, asked: Any, onepay: Any) -> None:
        assert asked(legacy, onepay.answer()).outcome is Outcome.DONE

    def test_with_a_hash_that_does_not_fit_is_unknown(
        self, legacy: Any, asked: Any, outcome_of_flow: Any
    ) -> None:
        forged = an_answer(content=f"{PAID}&vpc_SecureHash={'0' * 64}".encode())

        assert outcome_of_flow(asked, legacy, forged) is Outcome.UNKNOWN

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [
            ("=TESTUN01", "=TESTUN99"), ("vpc_MerchTxnRef=PP23456789AB", "vpc_MerchTxnRef=PP23456789AC"),
            ("vpc_MerchTxnRef=PP23456789AB&", ""), ("=Y", "=y"), ("vpc_DRExists=Y&", ""),
            ("=15000000", "="), ("=15000000", "=0"), ("vpc_TxnResponseCode=0", "vpc_TxnResponseCode="),
            ("vpc_TxnResponseCode=0", "vpc_TxnResponseCode=00"),
            ("vpc_TxnResponseCode=0", "vpc_txnresponsecode=0"),
            ("vpc_Version=", "vpc_Amount=15000000"), ("vpc_Version=", "vpc%5FAmount=15000000"),
        ],
    )  # fmt: skip
    def test_that_is_not_plainly_ours_is_unknown(
        self, was: str, becomes: str, legacy: Any, asked: Any, outcome_of_flow: Any
    ) -> None:
        assert was in PAID

        answer = an_answer(content=PAID.replace(was, becomes).encode())

        assert outcome_of_flow(asked, legacy, answer) is Outcome.UNKNOWN


BODIES = [
    b"",
    b"?",
    b"<html><body>Bao tri he thong</body></html>",
    b'<html><body class="x">vpc_DRExists=Y&amp;vpc_TxnResponseCode=0</body></html>',
    b'{"vpc_DRExists":"Y","vpc_TxnResponseCode":"0"}',
    b"null",
    b"a=1&b=2",
    PAID[: PAID.index("vpc_Locale")].encode(),
    PAID[: PAID.index("=1901001") + 3].encode(),
    PAID.encode("utf-16"),
    PAID.encode("utf-16-le"),
    PAID.replace("successful", "%C3%28").encode(),
    PAID.replace("successful", "%zz").encode(),
    PAID.replace("was", "\xff").encode("latin-1"),
    PAID.encode() + b"&vpc_TxnResponseCode=0",
    PAID.replace("&", ";").encode(),
    b"\xef\xbb\xbf" + PAID.encode(),
]


@pytest.mark.parametrize("generation", ["unified", "legacy"])
class TestAnAnswerThatMakesNoSense:
    @pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:40]))
    def test_is_unknown_with_status_200(
        self, body: bytes, generation: str, account_of: Any, asked: Any, outcome_of_flow: Any
    ) -> None:
        account = account_of(generation=generation)

        assert outcome_of_flow(asked, account, an_answer(content=body)) is Outcome.UNKNOWN

    @pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 403, 404, 500, 502, 503])
    def test_is_unknown_with_any_other_status_however_good_its_body(
        self, status: int, generation: str, account_of: Any, asked: Any, onepay: Any, outcome_of_flow: Any
    ) -> None:
        account = account_of(generation=generation)

        assert outcome_of_flow(asked, account, onepay.answer(status=status)) is Outcome.UNKNOWN


def test_half_of_a_signed_answer_is_unknown(
    unified: Any, asked: Any, onepay: Any, outcome_of_flow: Any
) -> None:
    whole = onepay.answer().content

    for cut in range(0, len(whole) - 1, 5):
        assert outcome_of_flow(asked, unified, an_answer(content=whole[:cut])) is Outcome.UNKNOWN, cut
