"""Which values may be sent at all, whoever fills them in, and how times and amounts are read (sheet, 3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from payport.errors import RequestRefused
from payport.plugin import Money, vnd
from payport_onepay.wire import check_payment, decode_amount, decode_time

GOOD = {
    "vpc_AccessCode": "D0UN0001",
    "vpc_Merchant": "TESTUN01",
    "vpc_Locale": "vn",
    "vpc_ReturnURL": "https://shop.example.vn/return?a=1&b=(2)",
    "vpc_MerchTxnRef": "PP23456789AB",
    "vpc_OrderInfo": "SVORDER23456",
    "vpc_Amount": "15000000",
    "vpc_TicketNo": "203.0.113.7",
}


class TestAField:
    @pytest.mark.parametrize("sign", ["(", ")", "/", "&", "?", "ễ", "\n", "\x7f"])
    @pytest.mark.parametrize("name", ["vpc_Customer_Id", "vpc_SHIP_City", "user_Branch", "Title"])
    def test_never_holds_a_sign_that_onepay_does_not_take(self, name: str, sign: str) -> None:
        with pytest.raises(RequestRefused) as refusal:
            check_payment(GOOD | {name: f"a{sign}b"})

        assert refusal.value.field == name

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("vpc_Customer_Phone", "8" * 17), ("vpc_Customer_Email", "a" * 25), ("vpc_Customer_Id", "a" * 65),
            ("vpc_Locale", "vi"), ("vpc_Currency", "USD"), ("vpc_Amount", "990050"), ("vpc_Amount", "0"),
            ("vpc_Amount", "015000000"), ("vpc_Amount", "1" * 11 + "00"), ("vpc_AccessCode", "D0UN"),
            ("vpc_TicketNo", "::1"), ("AgainLink", "https://shop.example.vn/" + "a" * 41),
            ("vpc_CallbackURL", "ftp://shop.example.vn"), ("vpc_Merchant", "x" * 21), ("Title", "x" * 65),
        ],
    )  # fmt: skip
    def test_has_the_form_and_length_of_the_sheet(self, name: str, value: str) -> None:
        with pytest.raises(RequestRefused) as refusal:
            check_payment(GOOD | {name: value})

        assert refusal.value.field == name

    @pytest.mark.parametrize("name", GOOD)
    def test_that_is_needed_is_never_left_out(self, name: str) -> None:
        with pytest.raises(RequestRefused, match=name):
            check_payment({each: value for each, value in GOOD.items() if each != name})

    def test_that_is_an_address_may_hold_them_since_no_result_echoes_it(self) -> None:
        check_payment(GOOD)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("100", vnd(1)), ("999999999900", vnd(9_999_999_999)),
        ("1", Money(1, "XXX")), ("150", Money(150, "XXX")),
        ("", None), ("0", None), ("00", None), ("0100", None), ("1000000000000", None), ("١٠٠", None),
    ],
)  # fmt: skip
def test_an_amount_is_whole_dong_or_no_money_of_ours_or_none(text: str, amount: Money | None) -> None:
    assert decode_amount(text) == amount


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("20261125T030312Z", datetime(2026, 11, 25, 3, 3, 12, tzinfo=UTC)),
        ("20261325T030312Z", None),
        ("20261125T030312", None),
        ("20261125030312", None),
        ("٢٠٢٦١١٢٥T٠٣٠٣١٢Z", None),
        ("", None),
    ],
)
def test_a_time_that_cannot_be_read_is_none_since_it_only_informs(
    text: str, instant: datetime | None
) -> None:
    assert decode_time(text) == instant
