"""What is told of a result on each page (sheet 4.2), to return, IPN and queryDR alike."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from payport_simulators.onepay import CODES, Method, Payment, Product, Simulator

D, Q, U = Product.DOMESTIC, Product.INTERNATIONAL, Product.UNIFIED
COMMON = {
    "vpc_Amount": "15000000",
    "vpc_Command": "pay",
    "vpc_Locale": "vn",
    "vpc_MerchTxnRef": "P-1001-1",
    "vpc_Message": "Approved",
    "vpc_OrderInfo": "DH1001",
    "vpc_TxnResponseCode": "0",
    "vpc_Version": "2",
}


@pytest.fixture
def told(simulator: Simulator, arrive: Any, shop: Any, fields: Any, signer: Any) -> Any:
    """Settle a new payment; gives what its IPN said, without the hash, which fits."""

    def settle(product: Product, code: str = "0", **changes: str) -> dict[str, str]:
        simulator.settle(arrive(product, **changes).token, code)
        query = shop.queries[-1]
        assert signer.is_right(query)
        said = fields(query)
        assert list(said) == [*sorted(said.keys() - {"vpc_SecureHash"}), "vpc_SecureHash"]
        assert all(said.values())
        del said["vpc_SecureHash"]
        return said

    return settle


class TestAPaidPayment:
    def test_on_the_domestic_page_names_bank_and_currency(self, told: Any) -> None:
        assert told(D) == {
            **COMMON,
            "vpc_Merchant": "TESTND01",
            "vpc_AdditionData": "970436",
            "vpc_CurrencyCode": "VND",
            "vpc_TransactionNo": "1901001",
        }

    def test_on_the_international_page_names_the_card_and_3_d_secure(self, told: Any) -> None:
        said = told(Q)

        assert (
            said.items()
            >= {
                **COMMON,
                "vpc_Merchant": "TESTQT01",
                "vpc_Card": "VC",
                "vpc_CardNum": "400000xxxxxx1091",
                "vpc_VerType": "3DS",
                "vpc_VerStatus": "Y",
                "vpc_3DSenrolled": "Y",
                "vpc_TransactionNo": "1901001",
            }.items()
        )
        assert {"vpc_AuthorizeId", "vpc_ReceiptNo", "vpc_BatchNo", "vpc_AcqResponseCode"} <= said.keys()
        assert not [name for name in said if "Currency" in name]
        assert re.fullmatch(r"[A-Za-z0-9+/]{27}=", said["vpc_3DSXID"])

    @pytest.mark.parametrize(
        ("card_list", "kind", "masked"),
        [("DOMESTIC", "970436", "970436xxxxxx0002"), ("INTERNATIONAL", "VC", "400000xxxxxx1091")],
    )
    def test_on_the_unified_page_names_card_and_channel(
        self, told: Any, card_list: str, kind: str, masked: str
    ) -> None:
        said = told(U, vpc_CardList=card_list)

        assert (
            said.items()
            >= {
                **COMMON,
                "vpc_Merchant": "TESTUN01",
                "vpc_PayChannel": "WEB",
                "vpc_Card": kind,
                "vpc_CardNum": masked,
                "vpc_PaymentTime": "20261124T050000Z",
            }.items()
        )
        assert re.fullmatch(r"PAY-[A-Za-z0-9_-]{22}", said["vpc_TransactionNo"])
        assert re.fullmatch(r"INS-[A-Za-z0-9_-]{22}", said["vpc_CardUid"])
        assert not [name for name in said if "Currency" in name]

    def test_repeats_the_shops_own_fields_and_no_other(self, told: Any) -> None:
        said = told(U, user_Branch="HN 2", vpc_Customer_Id="77")

        assert said["user_Branch"] == "HN 2"
        assert not said.keys() & {"vpc_Customer_Id", "vpc_ReturnURL", "vpc_AccessCode", "vpc_TicketNo"}

    def test_sends_the_buyer_back_with_the_same(
        self, simulator: Simulator, opened: Payment, shop: Any
    ) -> None:
        simulator.settle(opened.token)

        assert simulator.return_url("P-1001-1") == f"https://shop.example.vn/return?{shop.queries[0]}"

    @pytest.mark.parametrize(
        ("url", "start"),
        [
            ("https://shop.example.vn/return?own=1", "https://shop.example.vn/return?own=1&vpc_"),
            ("https://shop.example.vn/return#top", "https://shop.example.vn/return?vpc_"),
        ],
    )
    def test_keeps_what_the_return_address_had(
        self, simulator: Simulator, arrive: Any, url: str, start: str
    ) -> None:
        simulator.settle(arrive(vpc_ReturnURL=url).token)

        address = simulator.return_url("P-1001-1")

        assert address is not None
        assert address.startswith(start)
        assert address.endswith("#top") is url.endswith("#top")

    def test_is_settled_once(self, simulator: Simulator, opened: Payment, shop: Any) -> None:
        simulator.settle(opened.token)

        assert [result.code for result in simulator.settle("P-1001-1", "99").results] == ["0"]
        assert len(shop.queries) == 1

    def test_is_settled_once_though_every_button_is_pressed_together(
        self, simulator: Simulator, opened: Payment, shop: Any
    ) -> None:
        codes = ["0", "99", "1", "253"] * 4
        with ThreadPoolExecutor(len(codes)) as pool:
            settled = list(pool.map(lambda code: simulator.settle(opened.token, code), codes))

        assert len({payment.results for payment in settled}) == 1
        assert len(shop.queries) == 1

    def test_has_a_number_of_its_own(self, told: Any) -> None:
        numbers = {told(U, vpc_MerchTxnRef=f"P-{n}")["vpc_TransactionNo"] for n in range(5)}

        assert len(numbers) == 5


class TestAPaymentThatIsNotPaid:
    @pytest.mark.parametrize(("product", "code"), [(p, code) for p in Product for code in CODES[p]])
    def test_may_end_in_every_code_of_the_pages_table(self, told: Any, product: Product, code: str) -> None:
        said = told(product, code)

        assert said["vpc_TxnResponseCode"] == code
        assert said["vpc_Message"] == CODES[product][code][1]

    @pytest.mark.parametrize("code", ["99", "253"])
    def test_has_no_number_and_no_card_if_none_was_used(self, told: Any, code: str) -> None:
        said = told(U, code)

        assert not said.keys() & {"vpc_TransactionNo", "vpc_Card", "vpc_CardNum"}

    def test_on_the_international_page_says_that_3_d_secure_failed(self, told: Any) -> None:
        assert told(Q, "B")["vpc_VerStatus"] == "N"

    def test_may_end_in_a_code_that_is_in_no_table(self, told: Any) -> None:
        assert told(U, "777")["vpc_Message"] == "Transaction was not successful"

    @pytest.mark.parametrize("product", list(Product))
    def test_because_the_page_is_older_than_15_minutes_ends_in_253(
        self, simulator: Simulator, arrive: Any, clock: Any, product: Product
    ) -> None:
        young, old = arrive(product), arrive(product, vpc_MerchTxnRef="P-2")
        clock.move(minutes=14, seconds=59)
        assert simulator.settle(young.token).results[-1].code == "0"

        clock.move(seconds=1)

        assert simulator.settle(old.token).results[-1].code == "253"

    def test_that_is_pending_may_be_settled_again(
        self, simulator: Simulator, opened: Payment, clock: Any
    ) -> None:
        simulator.settle(opened.token, "300")
        clock.move(hours=1)

        paid = simulator.settle(opened.token, "0")

        assert [result.code for result in paid.results] == ["300", "0"]
        assert [call.query.count("vpc_TxnResponseCode=0") for call in simulator.ipn_calls] == [0, 1]


class TestADeclinedTry:
    def test_leaves_the_unified_page_open_twice_and_ends_it_the_third_time(
        self, simulator: Simulator, opened: Payment, shop: Any
    ) -> None:
        assert simulator.attempt(opened.token, "5").open
        assert simulator.attempt(opened.token, "1").open
        assert shop.queries == []

        ended = simulator.attempt(opened.token, "21")

        assert (ended.results[-1].code, len(shop.queries)) == ("21", 1)

    def test_may_be_followed_by_a_success(self, simulator: Simulator, opened: Payment) -> None:
        simulator.attempt(opened.token, "5")

        assert simulator.attempt(opened.token, "0").results[-1].paid

    @pytest.mark.parametrize("code", ["99", "98", "253", "300"])
    def test_is_not_what_a_cancelled_or_pending_one_is(
        self, simulator: Simulator, opened: Payment, code: str
    ) -> None:
        assert simulator.attempt(opened.token, code).results[-1].code == code

    @pytest.mark.parametrize("product", [D, Q])
    def test_ends_an_old_page(self, simulator: Simulator, arrive: Any, product: Product) -> None:
        assert simulator.attempt(arrive(product).token, "5").results[-1].code == "5"

    def test_after_the_pages_time_ends_it(self, simulator: Simulator, opened: Payment, clock: Any) -> None:
        clock.move(minutes=15)

        assert simulator.attempt(opened.token, "5").results[-1].code == "253"


def test_a_genuine_callback_can_be_had_without_being_sent(
    simulator: Simulator, opened: Payment, shop: Any, signer: Any, fields: Any
) -> None:
    with pytest.raises(ValueError, match="not settled"):
        simulator.genuine_query("P-1001-1")
    simulator.settle(opened.token)

    query = simulator.genuine_query("P-1001-1", vpc_Amount="14999900")

    assert signer.is_right(query)
    assert fields(query)["vpc_Amount"] == "14999900"
    assert len(shop.queries) == 1


def test_an_unknown_payment_is_a_key_error(simulator: Simulator) -> None:
    with pytest.raises(KeyError):
        simulator.settle("P-9")
    with pytest.raises(KeyError):
        simulator.approve_refund("R-9")


@pytest.mark.parametrize(
    ("card_list", "expected"),
    [
        (None, [Method.DOMESTIC, Method.INTERNATIONAL, Method.APP]),
        ("QR,970436", [Method.DOMESTIC, Method.APP]),
        ("VC", [Method.INTERNATIONAL]),
    ],
)
def test_the_shop_narrows_what_the_buyer_may_choose(arrive: Any, card_list: Any, expected: Any) -> None:
    assert list(arrive(vpc_CardList=card_list).request.methods) == expected


def test_the_page_lives_for_15_minutes(opened: Payment, clock: Any) -> None:
    assert opened.expires_at - clock.now == timedelta(minutes=15)
