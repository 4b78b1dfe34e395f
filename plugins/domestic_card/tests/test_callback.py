"""What an IPN says, once the core has verified it by the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from payport.errors import Incomplete
from payport.plugin import Channel, Money, Outcome, vnd
from payport.signing.received import Hint
from payport.testing import a_callback
from payport_domestic_card import vnpay


class TestTheDoors:
    def test_the_ipn_is_proof_and_the_return_a_hint(self) -> None:
        assert vnpay.verify_signature(a_callback()) == "vnpay-ipn"
        assert vnpay.verify_signature(a_callback(channel=Channel.RETURN)) == "vnpay-return"

    def test_the_return_gives_the_reference_alone(self, account: Any, gateway: Any) -> None:
        query = gateway.callback().encode()

        hint = account.verify(a_callback(query, account="vnpay-main", channel=Channel.RETURN))

        assert isinstance(hint, Hint)
        assert (hint.locator, hint.value) == ("merchant_reference", "PP23456789AB")


class TestASuccess:
    def test_is_reported_with_everything_that_the_core_compares(self, gateway: Any, report: Any) -> None:
        found = report(gateway.callback())

        assert (found.outcome, found.gateway_code) == (Outcome.DONE, "00/00")
        assert (found.merchant_account, found.merchant_reference) == ("DEMOTMN1", "PP23456789AB")
        assert (found.amount, found.gateway_reference) == (vnd(150_000), "15000001")
        assert found.paid_at == datetime(2026, 11, 25, 3, 3, 12, tzinfo=UTC)  # 10:03:12 in Hanoi
        assert found.paid_with == "NCB ATM"
        assert not found.unpaid

    @pytest.mark.parametrize(
        "when", ["", "2026112510031", "20261325100312", "２０２６１１２５１００３１２", "20261125 00312"]
    )
    def test_counts_without_a_time_that_can_be_read(self, when: str, gateway: Any, report: Any) -> None:
        found = report(gateway.callback(vnp_PayDate=when))

        assert (found.outcome, found.paid_at) == (Outcome.DONE, None)

    @pytest.mark.parametrize("bank", ["", "N" * 300, "NCB\u202e", "<b>NCB</b>"])
    def test_is_not_held_up_by_a_bank_that_nobody_knows(self, bank: str, gateway: Any, report: Any) -> None:
        found = report(gateway.callback(vnp_BankCode=bank))

        assert (found.outcome, found.paid_with) == (Outcome.DONE, "ATM")

    def test_names_a_transaction_or_is_none(self, gateway: Any, report: Any) -> None:
        with pytest.raises(Incomplete) as refusal:
            report(gateway.callback(vnp_TransactionNo="000"))

        assert (refusal.value.field, refusal.value.reason) == ("vnp_TransactionNo", "bad_field")


class TestAnAmountWithAFractionOfADong:
    """Well formed by the sheet, and no amount of ours: whatever was asked, it is another."""

    @pytest.mark.parametrize("hundredths", ["15000001", "15000050", "14999999", "1"])
    def test_equals_no_amount_in_dong(self, hundredths: str, gateway: Any, report: Any) -> None:
        amount = report(gateway.callback(vnp_Amount=hundredths)).amount

        assert amount == Money(int(hundredths), "XXX")
        assert amount.currency != "VND"


class TestWhatIsNotPaid:
    @pytest.mark.parametrize(
        ("response", "status", "outcome"),
        [
            ("07", "00", Outcome.SUSPECT), ("00", "07", Outcome.SUSPECT), ("00", "04", Outcome.SUSPECT),
            ("24", "04", Outcome.SUSPECT), ("07", "02", Outcome.SUSPECT),
            ("24", "02", Outcome.DECLINED), ("11", "02", Outcome.DECLINED), ("51", "02", Outcome.DECLINED),
            ("00", "01", Outcome.PENDING), ("00", "02", Outcome.PENDING), ("24", "00", Outcome.PENDING),
            ("24", "01", Outcome.PENDING), ("77", "02", Outcome.PENDING), ("00", "88", Outcome.PENDING),
            ("00", "05", Outcome.PENDING), ("99", "00", Outcome.PENDING),
        ],
    )  # fmt: skip
    def test_needs_both_codes_to_be_believed(
        self, response: str, status: str, outcome: Outcome, gateway: Any, report: Any
    ) -> None:
        found = report(gateway.callback(vnp_ResponseCode=response, vnp_TransactionStatus=status))

        assert (found.outcome, found.gateway_code) == (outcome, f"{response}/{status}")

    def test_a_refused_try_names_no_transaction_since_the_next_has_another(
        self, gateway: Any, report: Any
    ) -> None:
        found = report(gateway.callback(vnp_ResponseCode="51", vnp_TransactionStatus="02"))

        assert (found.gateway_reference, found.paid_at) == (None, None)

    def test_a_dispute_names_its_transaction(self, gateway: Any, report: Any) -> None:
        found = report(gateway.callback(vnp_ResponseCode="07", vnp_TransactionStatus="07"))

        assert found.gateway_reference == "15000001"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vnp_Amount", "0"), ("vnp_Amount", "015000000"), ("vnp_Amount", "1500_000"),
        ("vnp_Amount", "+15000000"), ("vnp_Amount", "1500000000000"),
        ("vnp_Amount", "１５０００００"), ("vnp_Amount", "15000000.0"),
        ("vnp_TxnRef", "x" * 101), ("vnp_TxnRef", "PPé"),
        ("vnp_ResponseCode", "0"), ("vnp_ResponseCode", "000"), ("vnp_ResponseCode", "0O"),
        ("vnp_TransactionStatus", " 00"), ("vnp_TransactionStatus", "٠٠"),
        ("vnp_TransactionNo", "1" * 16), ("vnp_TransactionNo", "-1"),
    ],
)  # fmt: skip
def test_a_signed_field_without_the_sheets_form_is_incomplete(
    name: str, value: str, gateway: Any, report: Any
) -> None:
    with pytest.raises(Incomplete) as refusal:
        report(gateway.callback(**{name: value}))

    assert (refusal.value.field, refusal.value.reason) == (name, "bad_field")
    assert value not in str(refusal.value)
