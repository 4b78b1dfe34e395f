from __future__ import annotations

import pytest

from payport_storefront.buyer import FIELDS, clean, problems


def _buyer(**changed: str) -> dict[str, str]:
    return clean({"name": "Nguyễn Lan", "email": "lan@example.vn", "phone": "0912 345 678", **changed})


COMPANY = {"company": "Công ty Bình Minh", "tax_code": "0101234567", "address": "1 Hàng Bài, Hà Nội"}


class TestABuyerWhoNeedsNoInvoice:
    def test_gives_name_mail_and_phone(self) -> None:
        assert problems(_buyer()) == {}

    @pytest.mark.parametrize("name", ["name", "email", "phone"])
    def test_is_told_which_field_is_missing(self, name: str) -> None:
        assert list(problems(_buyer(**{name: "  "}))) == [name]


class TestABuyerWhoNeedsAnInvoice:
    def test_gives_company_tax_code_and_address_together(self) -> None:
        assert problems(_buyer(**COMPANY)) == {}

    @pytest.mark.parametrize("name", list(COMPANY))
    def test_is_told_what_else_the_invoice_needs(self, name: str) -> None:
        assert list(problems(_buyer(**{**COMPANY, name: ""}))) == [name]


@pytest.mark.parametrize("tax_code", ["0101234567", "0101234567-001", "001099012345"])
def test_the_three_lengths_of_a_tax_code_are_taken(tax_code: str) -> None:
    assert problems(_buyer(**{**COMPANY, "tax_code": tax_code})) == {}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("email", "lan"),
        ("email", "lan@"),
        ("email", "lan@example"),
        ("email", "lan@@example.vn"),
        ("email", "lan @example.vn"),
        ("email", "<lan@example.vn>"),
        ("email", "lan@example.vn\nbcc: all@example.vn"),
        ("phone", "12"),
        ("phone", "0912x345678"),
        ("phone", "٠٩١٢٣٤٥٦٧٨"),
        ("tax_code", "123"),
        ("tax_code", "01012345670"),
        ("name", "Lan\u202etxt"),
        ("name", "Lan\x00"),
        ("name", "x" * 101),
        ("address", "x" * 301),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_own_field(name: str, typed: str) -> None:
    assert list(problems(_buyer(**{**COMPANY, name: typed}))) == [name]


def test_what_is_typed_is_composed_and_stripped_and_nothing_else_is_taken() -> None:
    cleaned = clean({"name": "  Nguye\u0302\u0303n Lan ", "paid": "true"})

    assert cleaned["name"] == "Nguyễn Lan"
    assert tuple(cleaned) == FIELDS
