"""Finding an order by whatever the person on the phone has at hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payport.errors import RequestRefused
from payport.rules.money import vnd
from payport.rules.purchase import New
from payport.service.found import Found
from payport.service.placing import BuyerDetails
from payport.service.viewing import OrderView
from payport.storage.search_records import orders_by_terms
from tests.support.bank_lines import a_line
from tests.support.refund_shop import RefundShop
from tests.support.shop import BUYER, Shop
from tests.support.transfers import Transfers

HA = BuyerDetails(
    name="Nguyễn Thu Hà",
    email="Thu.Ha@Example.vn",
    phone="+84 901 234 567",
    company="Công ty TNHH Đại Phát",
    tax_code="0312345678",
)


def placed(shop: Shop, account: str, buyer: BuyerDetails, months: int = 12) -> OrderView:
    quote = shop.payport.quote(account, New(package="standard", months=months))
    shop.clock.forward(minutes=1)
    return shop.payport.place(quote, buyer)


def names(found: tuple[Found, ...]) -> list[str]:
    return [each.reference for each in found]


class TestABuyer:
    @pytest.fixture
    def numbers(self, shop: Shop) -> list[str]:
        """Of Hà, of another Hà, of a stranger."""
        others = replace(BUYER, name="Trần Thị Hà", email="ha@example.vn", phone="0987654321")
        return [placed(shop, f"b-{n}", buyer).number for n, buyer in enumerate((HA, others, BUYER))]

    def test_is_found_by_words_of_names_without_case_and_marks(self, shop: Shop, numbers: list[str]) -> None:
        first, second, third = numbers
        find = shop.payport.find

        for text in ("nguyen ha", "HÀ Nguyễn", " thu   hà ", "dai phat", "Nguyễn Thu Hà"):
            assert names(find(text)) == [first], text
        assert names(find("hà")) == [second, first]  # the newest first
        assert names(find("nguyen")) == [third, first]
        assert find("ha van") == find("n") == ()

    def test_is_found_by_the_beginning_of_the_last_word_where_no_whole_one_fits(
        self, shop: Shop, numbers: list[str]
    ) -> None:
        first, second, third = numbers

        for text in ("thu ngu", "đại ph", "thu.ha@ex", "0312", "09012"):
            assert names(shop.payport.find(text)) == [first], text
        assert names(shop.payport.find("trầ")) == [second]
        assert set(names(shop.payport.find("ngu"))) == {first, third}

    def test_is_found_by_address_phone_and_tax_code(self, shop: Shop, numbers: list[str]) -> None:
        for text in (
            "thu.ha@example.vn", "THU.HA@EXAMPLE.VN", "thu.ha", "0901234567", "+84901234567",
            "0901 234 567", "84 901.234.567", "0312345678",
        ):  # fmt: skip
            (found,) = shop.payport.find(text)
            assert (found.reference, found.by) == (numbers[0], "buyer"), text
            assert found.order is not None
            assert (found.order.buyer, found.order.account) == (HA, "b-0")

    def test_JNL_09_that_was_erased_is_found_by_nothing(self, shop: Shop, numbers: list[str]) -> None:
        shop.payport.cancel(numbers[0], actor="Lan", reason="not wanted")

        erased = shop.payport.erase_buyer("b-0", actor="Lan", reason="by letter")

        assert erased.rows["search_terms"] > 5
        for text in (
            "nguyen ha",
            "dai phat",
            "thu.ha@example.vn",
            "thu.ha",
            "0901234567",
            "0312345678",
            "erased",
        ):
            assert shop.payport.find(text) == (), text
        assert names(shop.payport.find("hà")) == [numbers[1]]
        (found,) = shop.payport.find(numbers[0])
        assert found.order is not None
        assert found.order.erased_at == shop.clock.now

    def test_with_a_common_name_is_found_by_the_rarest_word(self, shop: Shop, numbers: list[str]) -> None:
        with shop.payport.seller.database.reading() as connection:
            assert orders_by_terms(connection, ("nguyen", "ha"), limit=9) == (numbers[0],)
            assert orders_by_terms(connection, ("nguyen", "nowhere"), limit=9) == ()
            assert orders_by_terms(connection, (), limit=9) == ()


class TestMoney:
    def test_is_found_by_every_reference_that_anybody_gave_it(self, giving: RefundShop) -> None:
        payment = giving.paid()
        refund = giving.by_hand(payment, vnd(7_000), gateway_reference="FT26-77/a")
        payment, find = giving.shop.payment(payment), giving.shop.payport.find

        for text, kind, by in (
            (payment.order_number, "order", "number"),
            (payment.order_number.lower(), "order", "number"),
            (f"{payment.order_number[:6]} {payment.order_number[6:]}", "order", "number"),
            (giving.order(payment).token, "order", "link"),
            (f"https://shop.vn/orders/{giving.order(payment).token}?lang=vi", "order", "link"),
            (payment.account, "order", "account"),
            (payment.merchant_reference, "payment", "reference"),
            (str(payment.gateway_reference), "payment", "gateway_reference"),
            (refund.reference, "refund", "reference"),
            ("FT26-77/a", "refund", "gateway_reference"),
            ("7.000 ₫", "refund", "amount"),
        ):
            best = find(text)[:1]
            assert [(each.kind, each.by) for each in best] == [(kind, by)], text
            (found,) = best
            assert found.order_number == payment.order_number
            assert found.order is not None

    def test_is_found_by_its_amount_however_it_is_written(self, shop: Shop) -> None:
        dear, cheap = placed(shop, "a", BUYER), placed(shop, "b", BUYER, months=1)
        amount = str(cheap.total).replace("₫", "")

        for text in ("1.100.000", "1,100,000 ₫", "1100000", "1.100.000đ"):
            assert names(shop.payport.find(text)) == [dear.number]
        assert names(shop.payport.find(amount)) == [cheap.number]
        assert shop.payport.find("1.100.001") == shop.payport.find("9" * 16) == ()

    def test_that_is_not_what_was_asked_for_is_found_by_what_came(self, desk: Transfers) -> None:
        order = desk.order()
        desk.confirm(order, 100_001)

        (found,) = desk.shop.payport.find("100.001")

        assert (found.kind, found.by, found.order_number) == ("payment", "amount", order.number)
        assert names(desk.shop.payport.find("FT26328000001")) == [
            found.reference
        ]  # and by the bank's reference

    def test_is_found_by_the_memo_of_a_transfer(self, desk: Transfers) -> None:
        order = desk.order()
        at = desk.clock.forward(minutes=1)
        desk.read(
            a_line("LE THI BICH NGOC chuyen tien mua hang", 5, at=at, reference="FT1"),
            a_line("khong ro", 6, at=at, reference="FT2"),
        )
        find = desk.shop.payport.find
        number = order.number

        for memo in (f"MBVCB.1.{number} CHUYEN TIEN", f"ck {number[:5]} {number[5:].lower()} tu 0123"):
            assert (names(find(memo)), find(memo)[0].by) == ([number], "memo")
        for text in ("bích ngọc", "ngoc mua", "bichngoc"):
            (line,) = find(text)
            assert (line.kind, line.reference, line.by, line.order) == ("statement_line", "FT1", "memo", None)
            assert line.gateway_account == "order-only"
        assert [(each.reference, each.by) for each in find("6đ")] == [("FT2", "amount")]
        assert [each.by for each in find("ft2")] == ["bank_reference"]


class TestASearch:
    def test_WEB_05_of_any_text_harms_nothing_and_finds_nothing(self, shop: Shop) -> None:
        shop.order()
        texts: list[Any] = [
            "", "   ", "%", "_", "*", "'; DROP TABLE orders; --", "\x00", "a\x00b", "\ud800", "\u202e", "👩",
            "<script>", "=1+1", "x" * 100_000, "9" * 5_000, "٣٤٥", "@", "+", "\\", "SV" * 300, "ⅷ", "ﬁ",
        ]  # fmt: skip

        for text in texts:
            assert shop.payport.find(text) == (), text

    def test_gives_no_more_than_is_asked_for(self, shop: Shop) -> None:
        for name in range(4):
            shop.order(f"b-{name}")

        assert len(shop.payport.find("nguyen", limit=3)) == 3
        for limit in (0, 101):
            with pytest.raises(RequestRefused):
                shop.payport.find("nguyen", limit=limit)
