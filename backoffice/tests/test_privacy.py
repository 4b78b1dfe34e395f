"""What of a buyer is left where somebody need not know who it is."""

from __future__ import annotations

from payport import BuyerDetails
from payport_backoffice.privacy import masked

HA = BuyerDetails(
    name="Nguyễn Thu Hà",
    email="thu.ha@example.vn",
    phone="0912345678",
    company="Công ty An Tâm",
    tax_code="0101234567",
    address="12 Tràng Tiền",
)


def test_two_buyers_are_told_apart_and_neither_is_named() -> None:
    seen = masked(HA)

    assert (seen.name, seen.email, seen.phone) == ("N••• T••• H•••", "t•••@example.vn", "•••678")
    assert (seen.company, seen.tax_code, seen.address) == ("Công ty An Tâm", "0101234567", "•••")


def test_what_is_not_there_is_not_made_up() -> None:
    assert masked(BuyerDetails(name="A", email="a@example.vn")).phone == ""
