"""The way to NgânLượng's page: one call, sent once, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from payport.gateways.http import is_repeatable
from payport.plugin import Buyer, Checkout, Context, NoCheckout, Outcome, Payment, Redirect, Response, vnd
from payport.testing import NOW, a_context, a_payment, an_answer, end, value_of
from payport_nganluong import nganluong
from payport_nganluong.nganluong_account import WINDOW
from payport_nganluong.nganluong_codes import CODES, Meaning
from payport_nganluong.nganluong_methods import CHOICES


def sent(payment: Payment, context: Context[Any]) -> Mapping[str, str]:
    request = next(nganluong.initiate(payment, context))
    return dict(parse_qsl(request.content.decode("ascii"), keep_blank_values=True, strict_parsing=True))


def after(answer: Response, context: Context[Any], payment: Payment | None = None) -> Checkout:
    return value_of(nganluong.initiate(payment or a_payment(), context), answer)


class TestAPaymentWithoutAChoice:
    def test_says_all_that_the_sheet_asks_for(self, in_context: Context[Any], gateway: Any) -> None:
        payment = a_payment(closes_at=NOW + WINDOW)

        assert sent(payment, in_context) == {
            "merchant_id": "0045571",  # with its zeros
            "merchant_password": gateway.digest,
            "version": "3.1",
            "function": "SetExpressCheckout",
            "receiver_email": "Merchant@example.vn",
            "order_code": "PP23456789AB",
            "total_amount": "150000",  # whole đồng
            "payment_method": "NL",  # and no bank_code
            "payment_type": "1",
            "order_description": "Don hang PP23456789AB",
            "tax_amount": "0",
            "discount_amount": "0",
            "fee_shipping": "0",
            "return_url": "https://shop.example/pay/nganluong-main/return",
            "cancel_url": "https://shop.example/pay/nganluong-main/return",
            "notify_url": "https://shop.example/pay/nganluong-main/ipn",
            "time_limit": "120",
            "buyer_fullname": "Nguyễn Thị Mai",
            "buyer_email": "mai@example.vn",
            "buyer_mobile": "0900000000",
            "cur_code": "vnd",
            "lang_code": "vi",
        }

    def test_is_sent_once_since_twice_makes_two_tokens(self, in_context: Context[Any]) -> None:
        request = next(nganluong.initiate(a_payment(), in_context))

        assert request.method == "POST"
        assert not is_repeatable(request)

    def test_an_ampersand_of_a_name_is_escaped(self, in_context: Context[Any]) -> None:
        payment = a_payment(buyer=Buyer(name="A&B=C +đ", email="a@example.vn", phone="1"))

        assert sent(payment, in_context)["buyer_fullname"] == "A&B=C +đ"

    def test_english_is_asked_for_in_english(self, account: Any) -> None:
        assert sent(a_payment(), a_context(account=account, language="en"))["lang_code"] == "en"


class TestWhatTheBuyerChose:
    @pytest.mark.parametrize(
        ("choice", "method", "bank"),
        [
            ("NL", "NL", None),
            ("VISA", "VISA", "VISA"),
            ("MASTER", "VISA", "MASTER"),
            ("JCB", "VISA", "JCB"),
            ("ATM_ONLINE-VCB", "ATM_ONLINE", "VCB"),
            ("IB_ONLINE-ICB", "IB_ONLINE", "ICB"),
            ("BANK_TRANSFER_ONLINE-BIDV", "BANK_TRANSFER_ONLINE", "BIDV"),
        ],
    )
    def test_is_a_method_and_for_all_but_the_wallet_a_bank(
        self, choice: str, method: str, bank: str | None, in_context: Context[Any]
    ) -> None:
        fields = sent(a_payment(choice=choice), in_context)

        assert (fields["payment_method"], fields.get("bank_code")) == (method, bank)

    @pytest.mark.parametrize("choice", [each.code for each in CHOICES])
    def test_every_offer_can_be_sent_whole(self, choice: str, in_context: Context[Any]) -> None:
        fields = sent(a_payment(choice=choice), in_context)

        assert fields["payment_method"] == "NL" or fields["bank_code"]

    @pytest.mark.parametrize(
        ("choice", "least"),
        [
            (None, 2_000),
            ("ATM_ONLINE-VCB", 2_000),
            ("IB_ONLINE-TCB", 2_000),
            ("IB_ONLINE-VCB", 10_000),
            ("BANK_TRANSFER_ONLINE-VCB", 50_000),
        ],
    )
    def test_has_a_least_amount_below_which_nothing_is_sent(
        self, choice: str | None, least: int, in_context: Context[Any]
    ) -> None:
        below = value_of(nganluong.initiate(a_payment(vnd(least - 1), choice=choice), in_context))

        assert below == NoCheckout(Outcome.DECLINED, gateway_code="not sent: amount")
        assert sent(a_payment(vnd(least), choice=choice), in_context)["total_amount"] == str(least)


class TestWhatIsNeverSent:
    @pytest.mark.parametrize(
        ("buyer", "named"),
        [
            (Buyer(name="Mai", email="mai@example.vn"), "buyer.phone"),
            (Buyer(name="Mai", email="mai@example.vn", phone="   "), "buyer.phone"),
            (Buyer(name="Mai", email="mai@example.vn", phone="0" * 21), "buyer.phone"),
            (Buyer(name="", email="mai@example.vn", phone="1"), "buyer.name"),
            (Buyer(name="Mai", email="m" * 244 + "@example.vn", phone="1"), None),
            (Buyer(name="Mai", email="m" * 245 + "@example.vn", phone="1"), "buyer.email"),
        ],
    )
    def test_a_buyer_of_whom_the_gateway_would_know_too_little_or_too_much(
        self, buyer: Buyer, named: str | None, in_context: Context[Any]
    ) -> None:
        payment = a_payment(buyer=buyer)

        if named is None:
            assert sent(payment, in_context)["buyer_email"] == buyer.email
        else:
            nothing = value_of(nganluong.initiate(payment, in_context))
            assert nothing == NoCheckout(Outcome.DECLINED, gateway_code=f"not sent: {named}")

    @pytest.mark.parametrize("name", ["return_url", "cancel_url", "callback_url"])
    def test_an_address_that_is_too_long(self, name: str, account: Any) -> None:
        context = a_context(account=account, **{name: "https://shop.example/" + "a" * 480})

        assert end(nganluong.initiate(a_payment(), context)) is Outcome.DECLINED


class TestAnAnswerWithAPage:
    def test_sends_the_buyer_there_and_keeps_the_token(self, in_context: Context[Any], gateway: Any) -> None:
        assert after(gateway.created(), in_context) == Redirect(
            gateway.page, checkout_reference=gateway.token
        )

    def test_may_hold_a_bare_ampersand(self, in_context: Context[Any], gateway: Any) -> None:
        answer = gateway.created(checkout_url=f"{gateway.page}?a=1&b=2&amp;c=3", description="A & B &")

        checkout = after(answer, in_context)

        assert isinstance(checkout, Redirect)
        assert checkout.url == f"{gateway.page}?a=1&b=2&c=3"

    @pytest.mark.parametrize(
        "url",
        [
            "http://sandbox.nganluong.example/page",
            "http://127.0.0.1/page",
            "javascript:alert(1)",
            "https:/nganluong.example",
            "https://user@nganluong.example/",
            "https://nganluong.example\\@evil.example/",
            "//nganluong.example/",
            "https://nganluong.example/đ",
            "https://nganluong.example/a b",
            "https://nganluong.example/" + "a" * 2_000,
            "",
        ],
    )
    def test_that_no_browser_may_be_sent_to_is_unknown_and_keeps_the_token(
        self, url: str, in_context: Context[Any], gateway: Any
    ) -> None:
        answer = gateway.created(checkout_url=url)

        nothing = after(answer, in_context)

        assert nothing == NoCheckout(Outcome.UNKNOWN, gateway_code="00", checkout_reference=gateway.token)

    def test_in_plain_http_is_taken_at_a_simulators_own_host(self, account_with: Any, gateway: Any) -> None:
        context = a_context(account=account_with(api_url="http://127.0.0.1:9/api"))

        def checkout(url: str) -> Checkout:
            return after(gateway.created(checkout_url=url), context)

        assert isinstance(checkout("http://127.0.0.1:9/page"), Redirect)
        assert isinstance(checkout("http://localhost/page"), NoCheckout)

    @pytest.mark.parametrize("token", ["", None, "a" * 256, "a b", "a|b", "đ", "a/b"])
    def test_without_a_token_of_its_form_is_unknown(
        self, token: str | None, in_context: Context[Any], gateway: Any
    ) -> None:
        assert after(gateway.created(token=token), in_context) == NoCheckout(
            Outcome.UNKNOWN, gateway_code="00"
        )


class TestARefusal:
    @pytest.mark.parametrize("code", CODES)
    def test_is_final_only_where_the_code_says_that_nothing_was_created(
        self, code: str, in_context: Context[Any], gateway: Any
    ) -> None:
        nothing = after(gateway.refusal(code, token="", checkout_url=""), in_context)

        final = CODES[code] in {Meaning.REJECT, Meaning.CONFIG, Meaning.RETRY_LATER}
        assert nothing == NoCheckout(Outcome.DECLINED if final else Outcome.UNKNOWN, gateway_code=code)

    @pytest.mark.parametrize("code", ["", "0", "7", "007", "777", " 07", "password=abc"])
    def test_with_a_code_that_nobody_listed_is_unknown_and_not_kept(
        self, code: str, in_context: Context[Any], gateway: Any
    ) -> None:
        assert after(gateway.refusal(code), in_context) == NoCheckout(
            Outcome.UNKNOWN, gateway_code="unlisted"
        )

    def test_that_names_a_token_is_no_refusal(self, in_context: Context[Any], gateway: Any) -> None:
        nothing = after(gateway.refusal("10", token=gateway.token), in_context)

        assert nothing == NoCheckout(Outcome.UNKNOWN, gateway_code="10", checkout_reference=gateway.token)

    @pytest.mark.parametrize("code", ["10", "81", "99", "0"])
    def test_sends_nobody_to_the_page_that_it_names(
        self, code: str, in_context: Context[Any], gateway: Any
    ) -> None:
        nothing = after(gateway.created(error_code=code), in_context)

        assert isinstance(nothing, NoCheckout)
        assert (nothing.outcome, nothing.checkout_reference) == (Outcome.UNKNOWN, gateway.token)


class TestAnAnswerThatIsNone:
    @pytest.mark.parametrize(
        "answer",
        [
            an_answer(content=b"<html><body>B\xe1\xba\xa3o tr\xc3\xac</body></html>"),
            an_answer(content=b""),
            an_answer({"error_code": "00"}),
            an_answer(content=b"<result><error_code>10</error_code>"),
            an_answer(content=b"<result><error_code>10</error_code></result>", status=500),
            an_answer(content=b"<response><error_code>10</error_code></response>"),
            an_answer(content=b"<result><error_code>10</error_code><error_code>00</error_code></result>"),
            an_answer(content="<result><error_code>10</error_code></result>".encode("utf-16")),
            an_answer(
                content=b'<?xml version="1.0" encoding="utf-16"?><result><error_code>10</error_code></result>'
            ),
        ],
    )
    def test_is_unknown(self, answer: Response, in_context: Context[Any]) -> None:
        assert end(nganluong.initiate(a_payment(), in_context), answer) is Outcome.UNKNOWN


def test_the_window_is_told_in_minutes_as_the_core_fixed_it(in_context: Context[Any]) -> None:
    payment = replace(a_payment(), closes_at=NOW + timedelta(minutes=7, seconds=59))

    assert sent(payment, in_context)["time_limit"] == "7"


def test_what_is_offered_has_one_name_for_each_choice() -> None:
    assert (
        len({each.names.vi for each in CHOICES}) == len({each.names.en for each in CHOICES}) == len(CHOICES)
    )


def test_the_account_is_named_as_answers_name_it(account_with: Callable[..., Any]) -> None:
    assert account_with().merchant_account == "merchant@example.vn"
