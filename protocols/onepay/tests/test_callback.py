"""IPN and return: the same signed fields, each a proof (onepay.md, 4 and 5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from payport.errors import CallbackRejected, Incomplete
from payport.plugin import Channel, Money, Outcome, Verified, vnd
from payport.testing import a_callback

PAN = "5123456789012346"


class TestASuccess:
    def test_is_reported_as_it_was_signed(self, unified: Any, onepay: Any, read: Any) -> None:
        found = read(unified, onepay.callback(vpc_PaymentTime="20261125T030312Z"))

        assert (found.outcome, found.gateway_code, found.unpaid) == (Outcome.DONE, "0", False)
        assert (found.merchant_account, found.merchant_reference) == ("TESTUN01", "PP23456789AB")
        assert (found.amount, found.order_text) == (vnd(150_000), "PP23456789AB")
        assert found.gateway_reference == "PAY-cM95TESTJWT2-77ME7Q8Dg"
        assert found.paid_at == datetime(2026, 11, 25, 3, 3, 12, tzinfo=UTC)
        assert found.paid_with == "MC"

    @pytest.mark.parametrize("channel", list(Channel))
    def test_is_a_proof_at_either_door(self, channel: Channel, unified: Any, onepay: Any) -> None:
        callback = a_callback(onepay.callback().encode(), account="onepay-main", channel=channel)

        proven = unified.verify(callback)

        assert isinstance(proven, Verified)
        assert unified.parse(proven).outcome is Outcome.DONE

    def test_may_come_by_post(self, unified: Any, onepay: Any) -> None:
        callback = a_callback(body=onepay.callback().encode(), account="onepay-main")

        assert unified.parse(unified.verify(callback)).outcome is Outcome.DONE

    def test_of_a_legacy_page_names_the_transaction_by_a_number_and_the_bank_by_its_bin(
        self, legacy: Any, onepay: Any, read: Any
    ) -> None:
        query = onepay.callback(
            without=("vpc_Card", "vpc_CardNum"),
            vpc_TransactionNo="1901001",
            vpc_AdditionData="970436",
            vpc_CurrencyCode="VND",
        )

        found = read(legacy, query)

        assert (found.outcome, found.gateway_reference, found.paid_with) == (
            Outcome.DONE,
            "1901001",
            "970436",
        )

    def test_needs_only_the_three_fields_of_the_sheet_and_a_transaction(
        self, unified: Any, onepay: Any, read: Any
    ) -> None:
        spare = ("vpc_OrderInfo", "vpc_Message", "vpc_Card", "vpc_CardNum", "vpc_PayChannel", "vpc_Version")

        found = read(unified, onepay.callback(without=spare))

        assert (found.outcome, found.order_text, found.paid_with) == (Outcome.DONE, None, "")

    @pytest.mark.parametrize("number", ["", "0 1", "số 1", "x" * 65, "0", "000", "null", None])
    def test_that_names_no_transaction_goes_to_a_person(
        self, number: str | None, unified: Any, onepay: Any, read: Any
    ) -> None:
        absent = onepay.callback(without=("vpc_TransactionNo",))
        query = absent if number is None else onepay.callback(vpc_TransactionNo=number)

        found = read(unified, query)

        assert (found.outcome, found.gateway_reference) == (Outcome.SUSPECT, None)

    @pytest.mark.parametrize("name", ["vpc_CardNum", "vpc_Card", "vpc_AdditionData", "vpc_CardUid"])
    def test_never_reports_a_cards_number(self, name: str, unified: Any, onepay: Any, read: Any) -> None:
        found = read(unified, onepay.callback(**{name: PAN}))

        assert PAN not in repr(found)
        assert found.outcome is Outcome.DONE


class TestAResultThatIsNoSuccess:
    @pytest.mark.parametrize(
        ("code", "outcome"),
        [
            ("99", Outcome.DECLINED), ("253", Outcome.DECLINED), ("1", Outcome.DECLINED),
            ("100", Outcome.PENDING), ("300", Outcome.PENDING), ("7", Outcome.UNKNOWN),
            ("00", Outcome.UNKNOWN), ("0 ", Outcome.UNKNOWN), ("255", Outcome.UNKNOWN),
        ],
    )  # fmt: skip
    def test_is_told_by_its_code(
        self, code: str, outcome: Outcome, unified: Any, onepay: Any, read: Any
    ) -> None:
        found = read(unified, onepay.callback(vpc_TxnResponseCode=code))

        assert (found.outcome, found.gateway_reference, found.paid_at) == (outcome, None, None)
        assert found.unpaid is False  # only an answer to our own question may say so

    def test_a_cancelled_payment_has_no_transaction(self, unified: Any, onepay: Any, read: Any) -> None:
        query = onepay.callback(without=("vpc_TransactionNo", "vpc_Card"), vpc_TxnResponseCode="99")

        assert read(unified, query).outcome is Outcome.DECLINED

    @pytest.mark.parametrize("code", ["x" * 5_000, "0;", "<b>"])
    def test_a_code_without_the_form_of_one_is_unknown_and_not_shown(
        self, code: str, unified: Any, onepay: Any, read: Any
    ) -> None:
        found = read(unified, onepay.callback(vpc_TxnResponseCode=code))

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, "")


class TestMoneyThatIsNotOurs:
    def test_another_amount_is_left_to_the_core(self, unified: Any, onepay: Any, read: Any) -> None:
        assert read(unified, onepay.callback(vpc_Amount="14999900")).amount == vnd(149_999)

    def test_an_instalments_fee_makes_the_amount_larger_than_asked(
        self, unified: Any, onepay: Any, read: Any
    ) -> None:
        query = onepay.callback(vpc_Amount="15300000", vpc_OrderAmount="15000000", vpc_ItaFeeAmount="300000")

        assert read(unified, query).amount == vnd(153_000)

    def test_a_fraction_of_a_dong_equals_nothing(self, unified: Any, onepay: Any, read: Any) -> None:
        assert read(unified, onepay.callback(vpc_Amount="15000001")).amount == Money(15_000_001, "XXX")

    @pytest.mark.parametrize("currency", ["USD", "vnd", "VND ", "704"])
    def test_another_currency_equals_nothing(
        self, currency: str, legacy: Any, onepay: Any, read: Any
    ) -> None:
        found = read(legacy, onepay.callback(vpc_CurrencyCode=currency))

        assert found.amount == Money(15_000_000, "XXX")

    def test_another_order_is_told_to_the_core(self, unified: Any, onepay: Any, read: Any) -> None:
        assert read(unified, onepay.callback(vpc_OrderInfo="SVXXXXXXXXXX")).order_text == "SVXXXXXXXXXX"

    def test_an_order_that_no_report_may_carry_is_none_of_ours(
        self, unified: Any, onepay: Any, read: Any
    ) -> None:
        assert read(unified, onepay.callback(vpc_OrderInfo="Đơn 1")).order_text == "unreadable"


class TestAMessageThatIsRefused:
    @pytest.mark.parametrize(
        "amount",
        ["0", "015000000", "-1", "+1", "1.0", "1e6", " 1", "1000000000000", "٣", "１", "1_000", "150000.00"],
    )
    def test_for_an_amount_without_the_sheets_form(
        self, amount: str, unified: Any, onepay: Any, read: Any
    ) -> None:
        with pytest.raises(Incomplete) as refusal:
            read(unified, onepay.callback(vpc_Amount=amount))

        assert refusal.value.reason == "bad_amount"

    @pytest.mark.parametrize("reference", ["x" * 129, "Đơn"])
    def test_for_a_reference_that_no_payment_has(
        self, reference: str, unified: Any, onepay: Any, read: Any
    ) -> None:
        with pytest.raises(Incomplete):
            read(unified, onepay.callback(vpc_MerchTxnRef=reference))

    @pytest.mark.parametrize("name", ["vpc_MerchTxnRef", "vpc_Amount", "vpc_TxnResponseCode", "vpc_Merchant"])
    def test_without_a_field_that_must_be_there(
        self, name: str, unified: Any, onepay: Any, read: Any
    ) -> None:
        for query in (onepay.callback(without=(name,)), onepay.callback(**{name: ""})):
            with pytest.raises(Incomplete):
                read(unified, query)

    @pytest.mark.parametrize("command", ["refund", "queryDR", "PAY", ""])
    def test_that_is_another_kind_of_message(
        self, command: str, unified: Any, onepay: Any, read: Any
    ) -> None:
        with pytest.raises(Incomplete):
            read(unified, onepay.callback(vpc_Command=command))

    def test_our_own_request_sent_back_is_no_result(self, unified: Any, onepay: Any, read: Any) -> None:
        echoed = onepay.callback(without=("vpc_TxnResponseCode", "vpc_TransactionNo", "vpc_Message"))

        with pytest.raises(Incomplete):
            read(unified, echoed)

    def test_a_gateways_error_redirect_keeps_the_requests_hash_and_proves_nothing(
        self, unified: Any, onepay: Any, read: Any
    ) -> None:
        request = onepay.callback(without=("vpc_TxnResponseCode", "vpc_TransactionNo", "vpc_Message"))

        with pytest.raises(CallbackRejected):
            read(unified, request + "&vpc_TxnResponseCode=7&vpc_Message=Field+AgainLink+value+is+invalid.")

    def test_a_hash_in_small_letters_is_not_onepays(self, unified: Any, onepay: Any, read: Any) -> None:
        query = onepay.callback()

        with pytest.raises(CallbackRejected):
            read(unified, query.replace(query[-64:], query[-64:].lower()))
