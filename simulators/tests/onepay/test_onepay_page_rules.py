"""What each page refuses, and how, in the order of the sheet's section 11."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payport_simulators.onepay import (
    PAY_PATHS,
    Merchant,
    Payment,
    PayRequest,
    Product,
    Reason,
    Refused,
    Simulator,
    check,
    signed_query,
)

PRODUCTS = list(Product)
D, Q, U = Product.DOMESTIC, Product.INTERNATIONAL, Product.UNIFIED


def reason(opened: Payment | Refused) -> str:
    return opened.reason if isinstance(opened, Refused) else "opened"


def wrong_field(opened: Payment | Refused) -> str | None:
    """Which field of a genuine request was refused."""
    if not isinstance(opened, Refused):
        return None
    assert opened.reason is Reason.FIELD
    return opened.problem.removeprefix("Field ").removesuffix(" value is invalid.")


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_right_request_opens_the_page(simulator: Simulator, signer: Any, product: Product) -> None:
    assert reason(simulator.open(product, signer.query(product).encode())) == "opened"


class TestARequestThatIsNotShownToBeTheMerchants:
    """An error page and no redirect: nobody knows whose address it is."""

    @pytest.mark.parametrize(
        "extra", ["&vpc_Amount=1", "&vpc%5FAmount=15000000", "&user_x=1&user_x=1", "&x=%zz", "&x=%ff"]
    )
    def test_that_can_be_read_in_two_ways_is_a_400(
        self, gateway: httpx.Client, signer: Any, extra: str
    ) -> None:
        answer = gateway.get(f"{PAY_PATHS[U]}?{signer.query()}{extra}")

        assert answer.status_code == 400
        assert "location" not in answer.headers

    def test_may_repeat_what_nobody_signs(self, simulator: Simulator, signer: Any) -> None:
        assert reason(simulator.open(U, (signer.query() + "&a=1&a=2").encode())) == "opened"

    @pytest.mark.parametrize("merchant", [None, "", "testun01", "NOSUCH01", "TESTND01"])
    def test_of_no_merchant_of_this_page(self, simulator: Simulator, signer: Any, merchant: Any) -> None:
        query = signer.query(vpc_Merchant=merchant)

        assert reason(simulator.open(U, query.encode())) == Reason.MERCHANT

    def test_with_another_access_code(self, simulator: Simulator, signer: Any) -> None:
        query = signer.query(vpc_AccessCode="D0UN0009")

        assert reason(simulator.open(U, query.encode())) == Reason.ACCESS_CODE

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda query: query[:-1] + ("0" if query[-1] != "0" else "1"),
            lambda query: query.rpartition("&")[0],
            lambda query: query[:-64],
            lambda query: query[:-64] + query[-64:].lower(),
            lambda query: query.replace("DH1001", "DH1002"),
            lambda query: query + "&vpc_CardList=DOMESTIC",
        ],
    )
    def test_with_a_hash_that_does_not_fit(self, simulator: Simulator, signer: Any, spoil: Any) -> None:
        assert reason(simulator.open(U, spoil(signer.query()).encode())) == Reason.HASH

    @pytest.mark.parametrize("locale", ["vn", "en"])
    def test_sees_an_error_page_in_the_buyers_language(
        self, gateway: httpx.Client, signer: Any, locale: str
    ) -> None:
        answer = gateway.get(f"{PAY_PATHS[U]}?{signer.query(vpc_Locale=locale)[:-1]}")

        words = {"vn": "Chữ ký không hợp lệ", "en": "The signature is not valid"}[locale]
        assert answer.status_code == 200
        assert words in answer.text
        assert "location" not in answer.headers

    def test_is_known_to_the_test(self, simulator: Simulator, signer: Any) -> None:
        simulator.open(U, signer.query()[:-1].encode())

        assert [refused.reason for refused in simulator.refused] == [Reason.HASH]


@pytest.mark.parametrize(
    ("product", "changes", "name"),
    [
        *((product, {"vpc_Version": "1"}, "vpc_Version") for product in PRODUCTS),
        (U, {"vpc_Command": "refund"}, "vpc_Command"),
        *((U, {"vpc_Locale": value}, "vpc_Locale") for value in (None, "vi", "VN", "en_VN")),
        *(
            (product, {"vpc_Amount": value}, "vpc_Amount")
            for product in PRODUCTS
            for value in ("0", "0100", "15000050", "1500000.0", "-100", "１５００", "1" + "0" * 12)
        ),
        (D, {"vpc_Amount": "100000000000"}, "vpc_Amount"),  # 1,000,000,000 đồng
        (D, {"vpc_Amount": "99999999900"}, None),
        (U, {"vpc_Amount": "100000000000"}, None),
        *((product, {"vpc_Currency": "USD"}, "vpc_Currency") for product in (D, U)),
        (U, {"vpc_Currency": None}, "vpc_Currency"),
        (Q, {"vpc_Currency": "VND"}, "vpc_Currency"),
        (Q, {"vpc_Currency": ""}, None),  # empty is absent
        *((U, {"vpc_MerchTxnRef": value}, "vpc_MerchTxnRef") for value in ("", "x" * 41, "a/b", "ĐH-1")),
        (U, {"vpc_MerchTxnRef": "x" * 40}, None),
        *((U, {"vpc_OrderInfo": value}, "vpc_OrderInfo") for value in (None, "x" * 35, "a&b", "Đơn", "(1)")),
        (U, {"vpc_OrderInfo": "DH 1001, 2 x #3: a-b_c."}, None),
        *((U, {"vpc_TicketNo": value}, "vpc_TicketNo") for value in (None, "::1", "x", "1.2.3.4, 5.6.7.8")),
        (U, {"vpc_TicketNo": "2001:db8::9"}, None),
        *((product, {"AgainLink": None}, "AgainLink") for product in (D, Q)),
        (D, {"AgainLink": "https://shop.example.vn/" + "x" * 64}, "AgainLink"),
        (D, {"AgainLink": "javascript:alert(1)"}, "AgainLink"),
        *((product, {"Title": None}, "Title") for product in (D, Q)),
        *((U, {"vpc_CardList": value}, "vpc_CardList") for value in ("domestic", "DOMESTIC,", "97043")),
        *((U, {"vpc_CardList": value}, None) for value in ("DOMESTIC,970436", "INTERNATIONAL", "VC,QR", "")),
        (U, {"vpc_CallbackURL": "shop.example.vn/ipn"}, "vpc_CallbackURL"),
        (U, {"vpc_CallbackURL": "https://shop.example.vn/ipn?a=1&b=2"}, None),
        (U, {"vpc_Customer_Phone": "8" * 17}, "vpc_Customer_Phone"),
        (U, {"vpc_Customer_Id": "a&b"}, "vpc_Customer_Id"),
        (U, {"user_Branch": "HN 2"}, None),
        (U, {"user_Branch": "a&b=c"}, "user_Branch"),
        (U, {"vpc_ReturnURL": "https://shop.example.vn/return?a=1&b=2"}, None),
    ],
)
def test_a_genuine_request_is_judged_field_by_field(
    simulator: Simulator, signer: Any, product: Product, changes: dict[str, Any], name: str | None
) -> None:
    assert wrong_field(simulator.open(product, signer.query(product, **changes).encode())) == name


class TestAGenuineRequestWithABadField:
    @pytest.mark.parametrize(
        ("product", "changes", "code"),
        [
            (D, {"vpc_Amount": "0"}, "5"),
            (D, {"vpc_Currency": "USD"}, "6"),
            (D, {"vpc_Locale": "vi"}, "7"),
            (Q, {"vpc_Amount": "0"}, "7"),
            (U, {"vpc_Currency": "USD"}, "7"),
        ],
    )
    def test_goes_back_with_all_it_said_and_its_own_hash(
        self, gateway: httpx.Client, signer: Any, product: Product, changes: Any, code: str
    ) -> None:
        query = signer.query(product, **changes)

        answer = gateway.get(f"{PAY_PATHS[product]}?{query}")

        told = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        asked = {name: value for name, value in parse_qsl(query) if name.startswith("vpc_")}
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("https://shop.example.vn/return?")
        assert told == {
            **asked,
            "vpc_TxnResponseCode": code,
            "vpc_Message": f"Field {next(iter(changes))} value is invalid.",
        }
        assert not signer.is_right(urlsplit(answer.headers["location"]).query)

    @pytest.mark.parametrize(
        "url", ["", "shop.example.vn/return", "javascript:alert(1)", "https:///x", "https://a/" + "x" * 255]
    )
    def test_goes_nowhere_if_that_is_the_return_address(
        self, gateway: httpx.Client, signer: Any, url: str
    ) -> None:
        answer = gateway.get(f"{PAY_PATHS[U]}?{signer.query(vpc_ReturnURL=url)}")

        assert answer.status_code == 200
        assert "Field vpc_ReturnURL value is invalid." in answer.text


class TestAReferenceThatIsKnown:
    def test_and_open_shows_its_page_again(self, gateway: httpx.Client, visit: Any) -> None:
        assert visit() == visit()

    def test_and_open_is_refused_with_another_amount(
        self, simulator: Simulator, signer: Any, opened: Payment
    ) -> None:
        again = simulator.open(U, signer.query(vpc_Amount="15000100").encode())

        assert wrong_field(again) == "vpc_MerchTxnRef"

    def test_and_finished_goes_back_with_the_stored_result(
        self, simulator: Simulator, gateway: httpx.Client, signer: Any, opened: Payment, shop: Any
    ) -> None:
        simulator.settle(opened.token)

        answer = gateway.get(f"{PAY_PATHS[U]}?{signer.query()}")

        assert answer.status_code == 302
        assert answer.headers["location"] == f"https://shop.example.vn/return?{shop.queries[0]}"

    def test_on_another_page_is_another_payment(self, arrive: Any) -> None:
        assert arrive(D).token != arrive(U).token

    def test_as_a_refunds_is_refused(self, simulator: Simulator, signer: Any, opened: Payment) -> None:
        simulator.settle(opened.token)
        simulator.answer_refund(signer.refund().encode())

        again = simulator.open(U, signer.query(vpc_MerchTxnRef="R-1001-1").encode())

        assert wrong_field(again) == "vpc_MerchTxnRef"


@pytest.mark.parametrize(
    "secret", ["", "0A1B", "0A1B2C3D4E5F60718293A4B5C6D7E8F", "0A1B2C3D4E5F60718293A4B5C6D7E8FG"]
)
def test_a_secret_that_is_not_hex_bytes_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="TESTUN01 is not an even number of hex digits"):
        Merchant(U, "TESTUN01", "D0UN0001", secret)


MERCHANT = Merchant(U, "TESTUN01", "D0UN0001", "0A1B2C3D4E5F60718293A4B5C6D7E8F9")


@given(st.binary(max_size=300))
def test_no_query_string_breaks_a_page(query: bytes) -> None:
    assert isinstance(check(U, query, merchants={"TESTUN01": MERCHANT}), Refused)


@given(
    st.dictionaries(st.sampled_from(["vpc_OrderInfo", "vpc_ReturnURL", "vpc_Amount", "user_a"]), st.text())
)
def test_no_signed_value_breaks_a_page(fields: dict[str, str]) -> None:
    named = {"vpc_Merchant": "TESTUN01", "vpc_AccessCode": "D0UN0001", **fields}

    verdict = check(U, signed_query(named, MERCHANT.secret).encode(), merchants={"TESTUN01": MERCHANT})

    assert isinstance(verdict, PayRequest) or verdict.reason is Reason.FIELD
