"""What a support person types, and what it finds."""

from __future__ import annotations

import pytest

from payport.rules.search_terms import as_amount, as_phone, buyer_terms, compact, words

BUYER = {
    "name": "Nguyễn Thu Hà",
    "email": "Ha.Nguyen@Example.vn",
    "phone": "+84 901 234 567",
    "company": "Công ty TNHH Đại Phát",
    "tax_code": "0312345678-001",
}


class TestABuyer:
    def test_is_found_by_words_without_marks_by_address_and_by_digits(self) -> None:
        found = buyer_terms(BUYER)

        assert set(words("ha NGUYEN thu")) <= found
        assert set(words("dai phat")) <= found
        assert {"ha.nguyen@example.vn", "ha.nguyen", "0901234567", "0312345678-001"} <= found

    def test_that_gives_only_a_name_has_no_empty_term(self) -> None:
        assert buyer_terms({"name": "Lan", "email": "lan@shop.vn"}) == {"lan", "lan@shop.vn"}

    def test_with_letters_written_in_two_signs_is_the_same(self) -> None:
        assert words("Nguyễn") == words("Nguyễn") == ("nguyen",)


@pytest.mark.parametrize(
    "text", ["0901234567", "+84901234567", "84 901 234 567", "+84 (0)901-234-567", "0084901234567"]
)
def test_a_phone_number_is_read_as_at_home(text: str) -> None:
    assert as_phone(text) == "0901234567"


@pytest.mark.parametrize("text", ["", "1234", "lan", "1.100.000 ₫", "+", "9" * 40])
def test_what_is_no_phone_number_is_none(text: str) -> None:
    assert as_phone(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "1100000",
        "1.100.000",
        "1,100,000 ₫",
        "1 100 000đ",
        "1.100.000 VND",
        "₫1,100,000",
        "1\u00a0100\u00a0000 đồng",
    ],
)
def test_an_amount_is_read_however_it_is_written(text: str) -> None:
    assert as_amount(text) == 1_100_000


@pytest.mark.parametrize(
    "text", ["", "1.1", "1.100,000", "1,10,000", "-5", "1e6", "lan", "₫", "١٢٣", "9" * 30]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert as_amount(text) is None


def test_a_memo_is_compared_without_blanks_and_signs() -> None:
    assert compact("Đơn PP23 4567-89ab") == "DONPP23456789AB"
