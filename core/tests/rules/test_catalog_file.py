from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from payport.errors import CatalogError, NotFound
from payport.rules.catalog import Catalog, Catalogs
from payport.rules.catalog_file import load_catalog
from payport.rules.words import Text

GOOD = """
version = "2026-11"
effective_from = 2026-11-01T00:00:00+07:00
currency = "VND"
prices = "net"

[[taxes]]
id = "vat"
names = { vi = "Thuế GTGT", en = "VAT" }
percent = 10
reduced = [
  { percent = 8, since = 2025-07-01, before = 2027-01-01 },
  { percent = 7, since = 2027-06-01, before = 2027-07-01 },
]

[[taxes]]
id = "free"
names = { vi = "Không chịu thuế", en = "Not subject" }
treatment = "not_subject"

[[packages]]
id = "small"
names = { vi = "Nhỏ", en = "Small" }
tier = 1
included_gb = 10
tax = "vat"
terms = [{ months = 6, price = 500_000 }, { months = 24, price = 1_800_000, bonus_months = 2 }]

[[packages]]
id = "large"
names = { vi = "Lớn", en = "Large" }
tier = 2
included_gb = 50
tax = "free"
extra_capacity_on = ["new", "add_capacity"]
terms = [{ months = 12, price = 3_000_000 }]

[extra_capacity]
step_gb = 5
price = { amount = 3_550_000, months = 12 }
tax = "vat"
least_steps = 1
most_steps = 9

[[promotions]]
id = "autumn"
names = { vi = "Mùa thu", en = "Autumn" }
percent = 5
since = 2026-09-01
before = 2026-12-01
packages = ["small"]
terms = [24]
combines = true

[[promotions]]
id = "gift"
names = { vi = "Quà", en = "Gift" }
code = "GIFT-1"
amount = 100_000
on = ["package", "extra_capacity"]
uses = 10

[policies]
quote_lifetime = { hours = 12 }
trial_package = "large"
"""


def load(text: str) -> Catalog:
    return load_catalog(text, source="prices.toml")


class TestAGoodFile:
    def test_is_read_whole(self) -> None:
        catalog = load(GOOD)

        assert catalog.effective_from == datetime(2026, 10, 31, 17, tzinfo=UTC)
        assert catalog.zone == "Asia/Ho_Chi_Minh"
        assert catalog.package("small").term(24).bonus_months == 2
        assert catalog.package("large").names == Text(vi="Lớn", en="Large")
        assert catalog.trial_package.id == "large"
        assert [promotion.code for promotion in catalog.promotions] == [None, "GIFT-1"]

    def test_is_the_same_after_being_stored_as_json(self) -> None:
        catalog = load(GOOD)

        assert Catalog.model_validate_json(catalog.model_dump_json()) == catalog

    def test_has_every_policy_of_the_rules_with_its_default(self) -> None:
        policies = load(GOOD).policies.model_dump()

        assert policies.pop("quote_lifetime") == {"seconds": 12 * 3600}
        assert policies == {
            "renewal_window": {"seconds": 30 * 86400},
            "add_capacity_threshold": 100,
            "switch": "at_once",
            "switch_any_time": False,
            "capacity_proration": "days",
            "credit_surplus": "extend",
            "order_lifetime": {"seconds": 86400},
            "order_only_lifetime": {"seconds": 7 * 86400},
            "late_success": "fulfil",
            "usage_max_age": {"seconds": 3600},
            "tax_point": "quote",
            "four_eyes_above": 0,
            "trial_package": "large",
            "trial_days": 30,
        }

    @pytest.mark.parametrize(
        ("day", "percent"),
        [
            (date(2025, 6, 30), 10),
            (date(2025, 7, 1), 8),
            (date(2026, 12, 31), 8),
            (date(2027, 1, 1), 10),
            (date(2027, 6, 1), 7),
            (date(2027, 7, 1), 10),
        ],
    )
    def test_has_the_rate_of_each_day(self, day: date, percent: int) -> None:
        assert load(GOOD).tax("vat").rate(day) == percent

    def test_says_what_there_is_where_something_else_is_asked_for(self) -> None:
        with pytest.raises(NotFound, match=r"^package: .* small, large\.$"):
            load(GOOD).package("medium")
        with pytest.raises(NotFound, match=r"^months: .* 6, 24\.$"):
            load(GOOD).package("small").term(12)


_PRICE = "price = 500_000"
_BAD = [
    # text, what it becomes, key, problem, remedy
    ("[[taxes]]", "[[taxes", "", "not TOML", "Correct the line"),
    ('version = "2026-11"', "", "version", "is missing", "Add it"),
    ('version = "2026-11"', "version = 2026", "version", "not a text", "quotes"),
    ('version = "2026-11"', 'version = "2026/11"', "version", "not of the form", "form"),
    ('currency = "VND"', 'currency = "vnd"', "currency", "not of the form", "form"),
    ('currency = "VND"', 'currency = "VND"\ncolour = 1', "colour", "not a key", "spelling"),
    ('prices = "net"', 'prices = "nett"', "prices", "not a word that is known", "'net' or 'gross'"),
    ('prices = "net"', 'prices = "net"\nzone = "Hanoi"', "zone", "not a time zone", "fits"),
    ("T00:00:00+07:00", "T00:00:00", "effective_from", "no time zone", "+07:00"),
    ("2026-11-01T00:00:00+07:00", "2026-11-01", "effective_from", "not a date with time", "+07:00"),
    ("2026-11-01T00:00:00+07:00", '"2026-11-01T00:00:00Z"', "effective_from", "not a date with", "quotes"),
    # numbers
    (_PRICE, "price = 500_000.0", "packages[0].terms[0].price", "not a whole number", "digits alone"),
    (_PRICE, 'price = "500000"', "packages[0].terms[0].price", "not a whole number", "digits alone"),
    (_PRICE, "price = true", "packages[0].terms[0].price", "not a whole number", "digits alone"),
    (_PRICE, "price = -1", "packages[0].terms[0].price", "lower than 0", "0 or more"),
    (_PRICE, "price = 9_007_199_254_740_992", "packages[0].terms[0].price", "more than", "or less"),
    ("months = 6", "months = 0", "packages[0].terms[0].months", "lower than 1", "1 or more"),
    ("months = 6", "months = 121", "packages[0].terms[0].months", "more than 120", "120 or less"),
    ("months = 6, ", "", "packages[0].terms[0].months", "is missing", "Add it"),
    ("included_gb = 10", "included_gb = 0.5", "packages[0].included_gb", "not a whole number", "digits"),
    ("percent = 10\n", "percent = 0\n", "taxes[0].percent", "lower than 1", "1 or more"),
    ("percent = 10\n", "percent = 101\n", "taxes[0].percent", "more than 100", "100 or less"),
    ("combines = true", "combines = 1", "promotions[0].combines", "neither true nor false", "true"),
    ("combines = true", 'combines = "yes"', "promotions[0].combines", "neither true nor false", "true"),
    # lists, tables, languages
    ("terms = [{ months = 12, price = 3_000_000 }]", "terms = []", "packages[1].terms", "is empty", "one"),
    ('packages = ["small"]', 'packages = "small"', "promotions[0].packages", "not a list", "brackets"),
    ("price = { amount = 3_550_000, months = 12 }", "price = 1", "extra_capacity.price", "not a table", "in"),
    ('{ vi = "Nhỏ", en = "Small" }', '{ en = "Small" }', "packages[0].names.vi", "is missing", "Add it"),
    ('{ vi = "Nhỏ", en = "Small" }', '{ vi = "Nhỏ", en = " " }', "packages[0].names.en", "is empty", "fits"),
    ('{ vi = "Nhỏ", en = "Small" }', '"Small"', "packages[0].names", "not a table", "braces"),
    ('vi = "Nhỏ"', f'vi = "{"o" * 101}"', "packages[0].names", "longer than 100", "fits"),
    # taxes by date
    ("2025-07-01, before", '"2025-07-01", before', "taxes[0].reduced[0].since", "not a date", "2027-01-01"),
    ("before = 2027-01-01", "before = 2025-07-01", "taxes[0].reduced[0].before", "ends before it", "since"),
    ("since = 2027-06-01", "since = 2026-12-31", "taxes[0].reduced[1].since", "same day", "2027-01-01"),
    ("percent = 8", "percent = 10", "taxes[0].reduced[0].percent", "not lower", "reduced rate"),
    ('"not_subject"', '"reduced"', "taxes[1].treatment", "not a word", "'zero_rated' or 'not_subject'"),
    ("percent = 10\n", "", "taxes[0].percent", "is missing", "zero_rated"),
    ('"not_subject"', '"not_subject"\npercent = 5', "taxes[1].treatment", "without tax has rates", "Remove"),
    ('id = "free"', 'id = "vat"', "taxes[1].id", "same as that of taxes[0]", "its own"),
    # packages
    ('tax = "free"', 'tax = "none"', "packages[1].tax", "no such tax class", "vat, free"),
    ('id = "large"', 'id = "small"', "packages[1].id", "same as that of packages[0]", "its own"),
    ("tier = 2", "tier = 1", "packages[1].tier", "same as that of packages[0]", "its own"),
    ("months = 24, price", "months = 6, price", "packages[0].terms[1].months", "same as", "its own"),
    ('["new", "add_capacity"]', '["gift"]', "packages[1].extra_capacity_on[0]", "not a word", "'new'"),
    ('["new", "add_capacity"]', '["new", "new"]', "packages[1].extra_capacity_on[1]", "twice", "Remove"),
    # extra capacity
    ("most_steps = 9", "most_steps = 0", "extra_capacity.most_steps", "lower than 1", "1 or more"),
    ("least_steps = 1", "least_steps = 10", "extra_capacity.most_steps", "lower than least", "10 or more"),
    ('tax = "vat"\nleast', 'tax = "x"\nleast', "extra_capacity.tax", "no such tax class", "vat, free"),
    # promotions
    ('packages = ["small"]', 'packages = ["tiny"]', "promotions[0].packages[0]", "no such", "small, large"),
    ("terms = [24]", "terms = [12]", "promotions[0].terms[0]", "no package of this", "6, 24"),
    ("percent = 5\n", "", "promotions[0].percent", "neither or both", "exactly one"),
    ("percent = 5\n", "percent = 5\namount = 1\n", "promotions[0].percent", "neither or both", "exactly one"),
    ("before = 2026-12-01", "before = 2026-09-01", "promotions[0].before", "ends before it", "since"),
    ("combines = true", "uses = 5", "promotions[0].uses", "cannot be used up", "a code"),
    ('code = "GIFT-1"', 'code = "gift"', "promotions[1].code", "not of the form", "form"),
    ("combines = true", 'code = "GIFT-1"', "promotions[1].code", "same as that of", "its own"),
    ('id = "gift"', 'id = "autumn"', "promotions[1].id", "same as that of promotions[0]", "its own"),
    # policies
    ("{ hours = 12 }", "12", "policies.quote_lifetime", "not a duration", "hours = 24"),
    ("{ hours = 12 }", '"PT12H"', "policies.quote_lifetime", "not a duration", "hours = 24"),
    ("{ hours = 12 }", "{ hours = 1.5 }", "policies.quote_lifetime", "not a duration", "fits"),
    ("{ hours = 12 }", "{ weeks = 1 }", "policies.quote_lifetime", "not a duration", "fits"),
    ("{ hours = 12 }", "{ days = 9999999999 }", "policies.quote_lifetime", "longer than", "fits"),
    ("{ hours = 12 }", "{ hours = 0 }", "policies.quote_lifetime", "not above", "more"),
    ("quote_lifetime = { hours", "renewal_window = { hours", "policies.renewal_window", "whole", "days"),
    ('trial_package = "large"', 'trial_package = "x"', "policies.trial_package", "no such package", "small"),
    ('trial_package = "large"', 'switch = "later"', "policies.switch", "not a word", "'at_once' or 'at_end'"),
    ('trial_package = "large"', "patience = 3", "policies.patience", "not a key", "spelling"),
]  # fmt: skip


class TestABadFile:
    @pytest.mark.parametrize(
        ("text", "instead", "key", "problem", "remedy"), _BAD, ids=[f"{bad[2]} {bad[3]}" for bad in _BAD]
    )
    def test_is_refused_naming_file_key_and_remedy(
        self, text: str, instead: str, key: str, problem: str, remedy: str
    ) -> None:
        assert text in GOOD

        with pytest.raises(CatalogError) as refused:
            load(GOOD.replace(text, instead, 1))

        assert refused.value.field == (f"prices.toml: {key}" if key else "prices.toml")
        assert problem in refused.value.problem
        assert remedy in refused.value.remedy

    def test_that_sells_no_extra_capacity_offers_none_either(self) -> None:
        start, end = GOOD.index("[extra_capacity]"), GOOD.index("[[promotions]]")
        without = GOOD[:start] + GOOD[end:]

        with pytest.raises(CatalogError, match=r"packages\[1\]\.extra_capacity_on: the catalog sells no"):
            load(without)
        with pytest.raises(CatalogError, match=r"promotions\[1\]\.on: the catalog sells no extra capacity"):
            load(without.replace('extra_capacity_on = ["new", "add_capacity"]', ""))

    def test_never_shows_the_value_that_it_refuses(self) -> None:
        with pytest.raises(CatalogError) as refused:
            load(GOOD.replace('currency = "VND"', 'currency = "s3cret"'))

        assert "s3cret" not in str(refused.value)


class TestVersions:
    def test_the_one_in_force_is_the_latest_that_has_begun(self) -> None:
        old = load(GOOD)
        new = load(GOOD.replace("2026-11", "2027-01"))
        catalogs = Catalogs([new, old])

        assert catalogs.in_force(new.effective_from - timedelta(microseconds=1)) is old
        assert catalogs.in_force(new.effective_from) is new
        assert catalogs.version("2026-11") is old

    def test_two_with_one_instant_are_refused(self) -> None:
        twin = load(GOOD.replace('"2026-11"', '"twin"').replace("T00:00:00+07:00", "T01:00:00+08:00"))

        with pytest.raises(CatalogError, match="2026-11 and twin come into force at the same instant"):
            Catalogs([load(GOOD), twin])

    def test_two_with_one_name_are_refused(self) -> None:
        twin = load(GOOD.replace("2026-11-01", "2026-12-01"))

        with pytest.raises(CatalogError, match="one version"):
            Catalogs([load(GOOD), twin])

    def test_none_at_all_none_yet_and_none_of_that_name_are_refused(self) -> None:
        with pytest.raises(CatalogError, match="no catalog"):
            Catalogs([])
        with pytest.raises(CatalogError, match="in force yet"):
            Catalogs([load(GOOD)]).in_force(datetime(2026, 1, 1, tzinfo=UTC))
        with pytest.raises(CatalogError, match="not listed any more"):
            Catalogs([load(GOOD)]).version("2019")
