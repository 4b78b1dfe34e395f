"""What a seller asks before a catalog is put in force: what is wrong with it, what it changes."""

from __future__ import annotations

import pytest

from payport.errors import CatalogError, NotFound, RequestRefused
from payport.rules.money import vnd
from payport.rules.purchase import New
from tests.support.catalogs import catalog_text
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

DEARER = catalog_text(
    ("price = 1_000_000 ", "price = 1_100_000 "), version="test-2027", since="2027-01-01T00:00:00+07:00"
)


def test_a_document_is_compared_with_a_version_and_nothing_is_kept(shop: Shop) -> None:
    with nothing_moves(shop):
        found = shop.payport.catalog_changes("test-2026", catalog_text=DEARER)
        same = shop.payport.catalog_changes("test-2026", "test-2026")

    assert (found.before, found.after, found.day.isoformat()) == ("test-2026", "test-2027", "2027-01-01")
    assert {change.gross_change for change in found.prices if change.goods == "package"} == {vnd(110_000)}
    assert not found.is_none
    assert same.is_none


def test_a_version_is_compared_as_it_priced_its_quotes(shop: Shop) -> None:
    shop.payport.quote("binh-minh", New(package="standard", months=12))

    assert shop.payport.catalog_changes("test-2026", catalog_text=catalog_text()).is_none


def test_what_cannot_be_compared_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound, match=r"before: no such catalog"):
        shop.payport.catalog_changes("nobody", "test-2026")
    with pytest.raises(NotFound, match=r"after: no such catalog"):
        shop.payport.catalog_changes("test-2026", "nobody")
    with pytest.raises(RequestRefused, match=r"after: not a version or a text"):
        shop.payport.catalog_changes("test-2026")
    with pytest.raises(CatalogError):
        shop.payport.catalog_changes("test-2026", catalog_text="version = 1")


def test_every_fault_is_named_with_its_key_and_the_entry_that_it_is_in(shop: Shop) -> None:
    wrong = catalog_text(("price = 1_000_000", 'price = "1.000.000"'))

    (fault,) = shop.payport.catalog_faults(wrong)

    assert fault.key.startswith("packages[")
    assert fault.entry == "standard"
    assert fault.problem
    assert fault.remedy
    assert shop.payport.catalog_faults(DEARER) == ()
    (no_toml,) = shop.payport.catalog_faults("<html>")
    assert (no_toml.key, no_toml.entry) == ("", None)
