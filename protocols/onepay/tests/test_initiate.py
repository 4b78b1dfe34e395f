"""The way to OnePay's page: one signed link, and nothing is called (onepay.md, 3.1, 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from payport.errors import RequestRefused
from payport.plugin import Money, Redirect, vnd
from payport.testing import a_context, a_payment, value_of

ALWAYS = {
    "vpc_Version": "2",
    "vpc_Command": "pay",
    "vpc_AccessCode": "D0UN0001",
    "vpc_Merchant": "TESTUN01",
    "vpc_Locale": "vn",
    "vpc_ReturnURL": "https://shop.example.vn/pay/onepay-main/return",
    "vpc_MerchTxnRef": "PP23456789AB",
    "vpc_OrderInfo": "SVORDER23456",
    "vpc_Amount": "15000000",
    "vpc_TicketNo": "192.0.2.7",
}


def link(account: Any, payment: Any = None, **context: Any) -> str:
    payment = a_payment(order_text="SVORDER23456") if payment is None else payment
    given = {
        "return_url": "https://shop.example.vn/pay/onepay-main/return",
        "callback_url": "https://shop.example.vn/pay/onepay-main/ipn",
        "cancel_url": "https://shop.example.vn/orders/AbC",
    } | context
    checkout = value_of(account.ready.initiate(payment, a_context(account=account, **given)))
    assert isinstance(checkout, Redirect)
    assert checkout.once
    return checkout.url


def sent(account: Any, payment: Any = None, **context: Any) -> Mapping[str, str]:
    return dict(parse_qsl(urlsplit(link(account, payment, **context)).query, strict_parsing=True))


class TestTheUnifiedPage:
    @pytest.mark.parametrize(
        ("gateway", "cards"),
        [("onepay_domestic", "DOMESTIC"), ("onepay_international", "INTERNATIONAL")],
    )
    def test_is_told_which_cards_to_offer_and_where_to_call(
        self, gateway: str, cards: str, account_of: Any, onepay: Any
    ) -> None:
        account = account_of(gateway)
        fields = dict(sent(account))

        assert link(account).startswith("https://mtf.onepay.vn/paygate/vpcpay.op?")
        assert fields.pop("vpc_SecureHash") == onepay.sign(fields)
        assert fields == ALWAYS | {
            "vpc_Currency": "VND",
            "vpc_CardList": cards,
            "vpc_CallbackURL": "https://shop.example.vn/pay/onepay-main/ipn",
        }


class TestALegacyPage:
    @pytest.mark.parametrize(
        ("gateway", "address", "currency"),
        [
            ("onepay_domestic", "https://mtf.onepay.vn/onecomm-pay/vpc.op", {"vpc_Currency": "VND"}),
            ("onepay_international", "https://mtf.onepay.vn/vpcpay/vpcpay.op", {}),
        ],
    )
    def test_gets_a_title_and_a_way_back_unsigned(
        self, gateway: str, address: str, currency: dict[str, str], account_of: Any, onepay: Any
    ) -> None:
        account = account_of(gateway, generation="legacy")
        fields = dict(sent(account))

        assert link(account).partition("?")[0] == address
        assert fields.pop("vpc_SecureHash") == onepay.sign(fields)
        assert fields == ALWAYS | currency | {
            "Title": "Thanh toan don hang",
            "AgainLink": "https://shop.example.vn/orders/AbC",
        }

    def test_is_shown_the_shop_where_the_orders_own_address_is_too_long(self, legacy: Any) -> None:
        fields = sent(legacy, cancel_url="https://shop.example.vn/orders/" + "a" * 40)

        assert fields["AgainLink"] == "https://shop.example.vn/"


class TestWhatIsSent:
    def test_carries_no_personal_data_and_no_secret(self, unified: Any) -> None:
        url = link(unified)

        assert "mai%40example" not in url
        assert "0900000000" not in url
        assert "TEST-pass" not in url

    @pytest.mark.parametrize(("language", "locale"), [("vi", "vn"), ("en", "en"), ("fr", "vn")])
    def test_is_in_a_language_that_onepay_has(self, language: str, locale: str, unified: Any) -> None:
        assert sent(unified, language=language)["vpc_Locale"] == locale

    @pytest.mark.parametrize(
        ("address", "ticket"),
        [
            ("203.0.113.7", "203.0.113.7"), ("1.1.1.1", "1.1.1.1"), ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::1", "0000:0000:0000:0000:0000:0000:0000:0001"), ("2001:db8::7", "2001:db8::7"),
        ],
    )  # fmt: skip
    def test_names_the_buyers_address_in_7_characters_or_more(
        self, address: str, ticket: str, unified: Any
    ) -> None:
        assert sent(unified, a_payment(buyer_ip=address))["vpc_TicketNo"] == ticket

    @pytest.mark.parametrize("minor", [1, 150_000, 9_999_999_999])
    def test_names_the_amount_in_hundredths(self, minor: int, unified: Any) -> None:
        assert sent(unified, a_payment(vnd(minor)))["vpc_Amount"] == f"{minor}00"

    def test_may_name_addresses_with_a_query_of_their_own(self, unified: Any, onepay: Any) -> None:
        fields = dict(sent(unified, return_url="https://shop.example.vn/return?lang=vi&order=7"))

        assert fields["vpc_ReturnURL"] == "https://shop.example.vn/return?lang=vi&order=7"
        assert fields.pop("vpc_SecureHash") == onepay.sign(fields)


class TestWhatIsNeverSent:
    @pytest.mark.parametrize("amount", [vnd(0), vnd(-1), vnd(10_000_000_000), Money(150_000, "USD")])
    def test_an_amount_that_12_digits_of_dong_do_not_hold(self, amount: Money, unified: Any) -> None:
        with pytest.raises(RequestRefused, match="vpc_Amount"):
            link(unified, a_payment(amount))

    @pytest.mark.parametrize("address", ["", "192.0.2.7, 198.51.100.2", "localhost", "fe80::1%eth0"])
    def test_anything_but_one_address(self, address: str, unified: Any) -> None:
        with pytest.raises(RequestRefused, match="vpc_TicketNo"):
            link(unified, a_payment(buyer_ip=address))

    @pytest.mark.parametrize(
        "text", ["DH1&vpc_TxnResponseCode=0", "Đơn 1", "a/b", "a(b)", "a?b", "x" * 35, "a\nb", "a@b"]
    )
    def test_an_order_info_that_could_be_cut_again_or_is_not_taken(self, text: str, unified: Any) -> None:
        with pytest.raises(RequestRefused, match="vpc_OrderInfo") as refusal:
            link(unified, a_payment(order_text=text))

        assert text not in str(refusal.value)

    @pytest.mark.parametrize("reference", ["", "-A", "A B", "x" * 41, "A&b", "Đ1"])
    def test_a_reference_that_is_not_plain(self, reference: str, unified: Any) -> None:
        with pytest.raises(RequestRefused, match="vpc_MerchTxnRef") as refusal:
            link(unified, a_payment(merchant_reference=reference, order_text="SV1"))

        assert refusal.value.field == "vpc_MerchTxnRef"

    def test_a_return_address_of_more_than_255_characters(self, unified: Any) -> None:
        with pytest.raises(RequestRefused, match="vpc_ReturnURL"):
            link(unified, return_url="https://shop.example.vn/" + "a" * 232)
