"""The way to VNPAY's page: one signed link, and nothing is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from payport.errors import RequestRefused
from payport.plugin import Context, Money, Redirect, vnd
from payport.testing import a_context, a_payment, value_of
from payport_domestic_card import vnpay


def link(payment: Any, context: Context[Any]) -> str:
    checkout = value_of(vnpay.initiate(payment, context))
    assert isinstance(checkout, Redirect)
    return checkout.url


def sent(payment: Any, context: Context[Any]) -> Mapping[str, str]:
    return dict(parse_qsl(link(payment, context).partition("?")[2], strict_parsing=True))


class TestAPaymentWithoutAChoice:
    def test_says_all_that_the_sheet_asks_for_and_no_more(self, in_context: Context[Any]) -> None:
        fields = sent(a_payment(vnd(150_000)), in_context)

        fields.pop("vnp_SecureHash")
        assert fields == {
            "vnp_Version": "2.1.0",
            "vnp_Command": "pay",
            "vnp_TmnCode": "DEMOTMN1",
            "vnp_Amount": "15000000",  # đồng × 100
            "vnp_CurrCode": "VND",
            "vnp_CreateDate": "20261125100000",  # GMT+7
            "vnp_ExpireDate": "20261125101500",
            "vnp_IpAddr": "192.0.2.7",
            "vnp_Locale": "vn",
            "vnp_OrderInfo": "Thanh toan don hang PP23456789AB",
            "vnp_OrderType": "other",
            "vnp_ReturnUrl": "https://shop.example/pay/vnpay-main/return",
            "vnp_TxnRef": "PP23456789AB",
        }

    def test_sends_the_signed_text_itself_then_the_hash(self, in_context: Context[Any], gateway: Any) -> None:
        page, _, query = link(a_payment(), in_context).partition("?")

        text, _, made = query.rpartition("&vnp_SecureHash=")
        assert page == "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
        assert made == gateway.sign(text)
        names = [pair.partition("=")[0] for pair in text.split("&")]
        assert names == sorted(names)

    def test_carries_no_personal_data(self, in_context: Context[Any]) -> None:
        url = link(a_payment(), in_context)

        assert "mai%40example" not in url
        assert "0900000000" not in url


class TestWhatTheBuyerChose:
    def test_a_bank_is_named_in_vnpays_own_code(self, in_context: Context[Any]) -> None:
        assert sent(a_payment(choice="NCB"), in_context)["vnp_BankCode"] == "NCB"

    @pytest.mark.parametrize(("language", "locale"), [("vi", "vn"), ("en", "en"), ("fr", "vn")])
    def test_the_language_is_one_that_vnpay_has(
        self, language: str, locale: str, in_context: Context[Any], account: Any
    ) -> None:
        assert sent(a_payment(), a_context(account=account, language=language))["vnp_Locale"] == locale


class TestWhatIsNeverSent:
    @pytest.mark.parametrize(
        "amount", [vnd(4_999), vnd(1_000_000_000), vnd(0), vnd(-5_000), Money(150_000, "USD")]
    )
    def test_an_amount_outside_of_the_limits(self, amount: Money, in_context: Context[Any]) -> None:
        with pytest.raises(RequestRefused) as refusal:
            link(a_payment(amount), in_context)

        assert refusal.value.field == "amount"

    @pytest.mark.parametrize("address", ["", "192.0.2.7, 198.51.100.2", "localhost", "fe80::1%eth0"])
    def test_anything_but_one_address(self, address: str, in_context: Context[Any]) -> None:
        with pytest.raises(RequestRefused) as refusal:
            link(a_payment(buyer_ip=address), in_context)

        assert refusal.value.field == "buyer_ip"
        assert address == "" or address not in str(refusal.value)

    def test_a_return_url_that_is_too_long(self, account: Any) -> None:
        context = a_context(account=account, return_url="https://shop.example/" + "a" * 240)

        with pytest.raises(RequestRefused, match="vnp_ReturnUrl"):
            link(a_payment(), context)


def test_a_tilde_of_the_hosts_address_is_escaped_as_it_was_signed(account: Any, gateway: Any) -> None:
    context = a_context(account=account, return_url="https://shop.example/~mai/return")

    text, _, made = link(a_payment(), context).partition("?")[2].rpartition("&vnp_SecureHash=")

    assert "%7Emai" in text
    assert made == gateway.sign(text)


def test_the_window_is_told_as_the_core_fixed_it(in_context: Context[Any]) -> None:
    handed_over = datetime(2026, 12, 31, 16, 59, 59, 999_999, tzinfo=UTC)
    payment = a_payment(handed_over_at=handed_over, closes_at=handed_over + timedelta(minutes=15))

    fields = sent(payment, in_context)

    assert (fields["vnp_CreateDate"], fields["vnp_ExpireDate"]) == ("20261231235959", "20270101001459")
