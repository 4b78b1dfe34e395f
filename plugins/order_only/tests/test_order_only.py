"""What a buyer is told to do, and what the seller sets up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from payport.errors import ConfigurationError, RequestRefused
from payport.gateways.accounts import GatewayAccount
from payport.plugin import Buyer, Context, Instructions, Money, Payment, Row, vnd
from payport.testing import a_context, a_payment, value_of
from payport_order_only import order_only
from payport_order_only.vietqr import Transfer, build_payload
from payport_order_only.vietqr_reader import parse_payload


def told(payment: Payment, context: Context[Any]) -> Instructions:
    checkout = value_of(order_only.initiate(payment, context))
    assert isinstance(checkout, Instructions)
    return checkout


def row(instructions: Instructions, label: str) -> Row:
    (found,) = (row for row in instructions.rows if row.label.en == label)
    return found


def labels(instructions: Instructions) -> list[str]:
    return [row.label.en for row in instructions.rows]


class TestWhatTheBuyerReads:
    def test_is_all_that_is_needed_to_pay_in_this_order(self, in_context: Context[Any]) -> None:
        assert labels(told(a_payment(), in_context)) == [
            "Amount", "Transfer memo", "Account number", "Account holder", "Bank", "Pay until", "Cash desk",
            "Please note",
        ]  # fmt: skip

    def test_is_written_in_each_languages_way(self, in_context: Context[Any]) -> None:
        closes_at = datetime(2026, 12, 31, 17, 0, 59, tzinfo=UTC)
        instructions = told(a_payment(vnd(3_550_000), closes_at=closes_at), in_context)

        amount, until = row(instructions, "Amount"), row(instructions, "Pay until")
        assert (amount.value.vi, amount.value.en, amount.copy) == ("3.550.000 ₫", "₫3,550,000", "3550000")
        assert until.value.vi == until.value.en == "01/01/2027 00:00 (GMT+7)"
        assert row(instructions, "Cash desk").value.vi.startswith("Tầng 2")
        assert row(instructions, "Cash desk").value.en.startswith("2nd floor")

    def test_can_be_copied_where_people_would_mistype(self, in_context: Context[Any]) -> None:
        instructions = told(a_payment(order_text="SVABCDEFGH23"), in_context)

        assert {row.label.en: row.copy for row in instructions.rows if row.copy} == {
            "Amount": "150000",
            "Transfer memo": "SVABCDEFGH23",
            "Account number": "0123456789",
        }

    def test_names_the_bank_as_buyers_know_it(self, account_with: Callable[..., GatewayAccount]) -> None:
        def bank(**settings: Any) -> str:
            instructions = told(a_payment(), a_context(account=account_with(**settings)))
            return row(instructions, "Bank").value.vi

        assert bank() == "Vietcombank (Ngân hàng TMCP Ngoại Thương Việt Nam)"
        assert bank(bank_bin="546034") == "Ngân hàng số CAKE by VPBank - Ngân hàng TMCP Việt Nam Thịnh Vượng"
        assert bank(bank_bin="970999", bank_name="Ngân hàng Mới") == "Ngân hàng Mới"

    def test_leaves_out_the_cash_desk_where_there_is_none(
        self, account_with: Callable[..., GatewayAccount]
    ) -> None:
        account = account_with(cash_desk_vi=None, cash_desk_en=None)

        assert "Cash desk" not in labels(told(a_payment(), a_context(account=account)))


class TestTheQrCode:
    def test_asks_for_what_the_words_ask_for(self, in_context: Context[Any]) -> None:
        instructions = told(a_payment(vnd(3_550_000), order_text="SVABCDEFGH23"), in_context)

        assert instructions.qr_payload is not None
        assert parse_payload(instructions.qr_payload).transfer == Transfer(
            "970436", "0123456789", 3_550_000, "SVABCDEFGH23"
        )

    def test_is_another_for_each_order_and_each_amount(self, in_context: Context[Any]) -> None:
        payments = [
            a_payment(vnd(150_000), order_text="SVABCDEFGH23"),
            a_payment(vnd(150_000), order_text="SVABCDEFGH24"),
            a_payment(vnd(150_001), order_text="SVABCDEFGH23"),
        ]

        assert len({told(payment, in_context).qr_payload for payment in payments}) == 3

    def test_WEB_08_holds_nothing_that_a_buyer_wrote_and_neither_do_the_words(
        self, in_context: Context[Any]
    ) -> None:
        buyer = Buyer("5406950000\r\n&amount=1?#", "5406@950000.vn", "6304FFFF")
        plain = told(a_payment(), in_context)

        assert told(a_payment(buyer=buyer, buyer_ip="198.51.100.7", choice="NCB"), in_context) == plain

    def test_ends_where_bank_apps_end_and_the_words_say_so(self, in_context: Context[Any]) -> None:
        last, above = (told(a_payment(vnd(amount)), in_context) for amount in (499_999_999, 500_000_000))

        assert last.qr_payload is not None
        assert "VietQR code" not in labels(last)
        assert above.qr_payload is None
        assert "499.999.999 ₫" in row(above, "VietQR code").value.vi
        assert "₫499,999,999" in row(above, "VietQR code").value.en

    def test_ends_where_the_seller_says(self, account_with: Callable[..., GatewayAccount]) -> None:
        context = a_context(account=account_with(qr_most=0))

        instructions = told(a_payment(), context)

        assert instructions.qr_payload is None
        assert "VietQR code" not in labels(instructions)  # nothing that a buyer would miss

    def test_carries_the_largest_amount_that_the_format_has(
        self, account_with: Callable[..., GatewayAccount]
    ) -> None:
        context = a_context(account=account_with(qr_most=9_999_999_999_999))
        instructions = told(a_payment(vnd(9_999_999_999_999)), context)

        assert parse_payload(instructions.qr_payload or "").transfer.amount == 9_999_999_999_999

    def test_that_does_not_say_what_was_meant_is_never_shown(
        self, in_context: Context[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wrong = build_payload(Transfer("970436", "9876543210", 150_000, "PP23456789AB"))
        monkeypatch.setattr(order_only, "build_payload", lambda _: wrong)

        with pytest.raises(RequestRefused, match="qr_payload"):
            told(a_payment(), in_context)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "code",
        [
            "",
            "SV123",
            "SVABCDEFGH234",
            "SV-ABCDEF",
            "svabcdefgh23",
            "SVABC DEFGH2",
            "SVĐBCDEFGH23",
            "SVABCDEFGH2\n",
        ],
    )
    def test_is_a_code_that_a_bank_would_change(self, code: str, in_context: Context[Any]) -> None:
        with pytest.raises(RequestRefused, match="order_text"):
            told(a_payment(order_text=code), in_context)

    @pytest.mark.parametrize("amount", [vnd(0), vnd(-1), vnd(10**13), Money(150_000, "USD")])
    def test_is_an_amount_that_the_format_has_not(self, amount: Money, in_context: Context[Any]) -> None:
        with pytest.raises(RequestRefused, match="amount"):
            told(a_payment(amount), in_context)


class TestTheSettings:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("bank_bin", "97043"),
            ("bank_bin", "9704360"),
            ("bank_bin", "VCB"),
            ("bank_bin", "970999"),  # in no list, and nobody says which bank it is
            ("bank_bin", None),
            ("bank_name", "Ngân\nhàng"),
            ("account_number", ""),
            ("account_number", "0123 456 789"),
            ("account_number", "1" * 20),
            ("account_number", None),
            ("account_holder", " "),
            ("account_holder", "A\u202eB"),
            ("account_holder", None),
            ("cash_desk_vi", None),
            ("cash_desk_en", None),
            ("qr_most", -1),
            ("qr_most", 10**13),
            ("account", "0123456789"),  # no such setting
        ],
    )
    def test_that_are_wrong_stop_the_start_and_are_not_repeated(
        self, name: str, value: Any, account_with: Callable[..., GatewayAccount]
    ) -> None:
        with pytest.raises(ConfigurationError) as refusal:
            account_with(**{name: value})

        assert "accounts[0].settings" in refusal.value.field
        assert len(str(value)) < 2 or str(value) not in refusal.value.problem

    def test_name_the_account_as_statements_do(self, account: GatewayAccount) -> None:
        assert account.merchant_account == "0123456789"
        assert account.ready.capabilities == {"describe", "initiate"}
        assert account.ready.info.by_hand
