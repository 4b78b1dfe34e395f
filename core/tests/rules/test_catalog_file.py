from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from payport.errors import CatalogError, NotFound
from payport.rules.catalog import (
    Catalog,
    Catalogs,
    ExtraCapacity,
    ExtraPrice,
    Package,
    PackageTerm,
    Promotion,
    ReducedRate,
    TaxClass,
)
from payport.rules.catalog_check import Fault
from payport.rules.catalog_file import entry_of, load_catalog, read_catalog
from payport.rules.catalog_slips import EXAMPLES, slip_words
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
    ('version = "2026-11"', 'version = "2026/11"', "version", "holds a sign", "letters without marks"),
    ('currency = "VND"', 'currency = "vnd"', "currency", "not a currency's code", "VND"),
    ('currency = "VND"', 'currency = "VND"\ncolour = 1', "colour", "not a key", "known here are version, "),
    ('prices = "net"', 'prices = "nett"', "prices", "not a word that is known", "'net' or 'gross'"),
    ('prices = "net"', 'prices = "net"\nzone = "Hanoi"', "zone", "not a time zone", "Asia/Ho_Chi_Minh"),
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
    ("percent = 10\n", "percent = 0\n", "taxes[0].percent", "lower than 1", "zero_rated"),
    ("percent = 10\n", "percent = 101\n", "taxes[0].percent", "more than 100", "100 or less"),
    ("combines = true", "combines = 1", "promotions[0].combines", "neither true nor false", "true"),
    ("combines = true", 'combines = "yes"', "promotions[0].combines", "neither true nor false", "true"),
    # lists, tables, languages
    ("terms = [{ months = 12, price = 3_000_000 }]", "terms = []", "packages[1].terms", "is empty", "one"),
    ('packages = ["small"]', 'packages = "small"', "promotions[0].packages", "not a list", "brackets"),
    ("price = { amount = 3_550_000, months = 12 }", "price = 1", "extra_capacity.price", "not a table", "in"),
    ('{ vi = "Nhỏ", en = "Small" }', '{ en = "Small" }', "packages[0].names.vi", "is missing", "Add it"),
    ('{ vi = "Nhỏ", en = "Small" }', '{ vi = "Nhỏ", en = " " }', "packages[0].names.en", "is empty", "some"),
    ('{ vi = "Nhỏ", en = "Small" }', '"Small"', "packages[0].names", "not a table", "braces"),
    ('vi = "Nhỏ"', f'vi = "{"o" * 101}"', "packages[0].names", "longer than 100", "Shorten"),
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
    ("tier = 2", "tier = 1", "packages[1].tier", "same as that of packages[0]", "smallest"),
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
    ("percent = 5\n", "", "promotions[0].percent", "takes nothing off", "percent or an amount"),
    ("percent = 5\n", "percent = 5\namount = 1\n", "promotions[0].amount", "a percent and an", "one of"),
    ("before = 2026-12-01", "before = 2026-09-01", "promotions[0].before", "ends before it", "since"),
    ("combines = true", "uses = 5", "promotions[0].uses", "cannot be used up", "a code"),
    ('code = "GIFT-1"', 'code = "gift"', "promotions[1].code", "not a code", "A to Z, 0 to 9"),
    ("combines = true", 'code = "GIFT-1"', "promotions[1].code", "same as that of", "its own"),
    ('id = "gift"', 'id = "autumn"', "promotions[1].id", "same as that of promotions[0]", "its own"),
    # policies
    ("{ hours = 12 }", "12", "policies.quote_lifetime", "not a duration", "hours = 24"),
    ("{ hours = 12 }", '"PT12H"', "policies.quote_lifetime", "not a duration", "hours = 24"),
    ("{ hours = 12 }", "{ hours = 1.5 }", "policies.quote_lifetime", "not a duration", "whole"),
    ("{ hours = 12 }", "{ weeks = 1 }", "policies.quote_lifetime", "not a duration", "these four"),
    ("{ hours = 12 }", "{ days = 9999999999 }", "policies.quote_lifetime", "longer than", "3660 days"),
    ("{ hours = 12 }", "{ hours = 0 }", "policies.quote_lifetime", "no time at all", "more"),
    ("{ hours = 12 }", "{ days = 3661 }", "policies.quote_lifetime", "longer than a dur", "3660 days or"),
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


class TestAWholeFile:
    """`read_catalog`: what a seller corrects in one go."""

    def test_has_all_its_slips_said_at_once_in_the_order_of_the_keys(self) -> None:
        text = GOOD.replace("price = 500_000", 'price = "500000"').replace("percent = 5\n", "percent = 110\n")

        assert keys(text.replace('currency = "VND"\n', "")) == [
            "currency",
            "packages[0].terms[0].price",
            "promotions[0].percent",
        ]

    def test_has_all_said_at_once_that_does_not_fit_together(self) -> None:
        text = (
            GOOD.replace("tier = 2", "tier = 1")
            .replace('["small"]', '["tiny"]')
            .replace('tax = "free"', 'tax = "x"')
        )

        assert keys(text) == ["packages[1].tier", "packages[1].tax", "promotions[0].packages[0]"]

    def test_is_not_blamed_for_what_another_fault_brings_with_it(self) -> None:
        assert keys('[[packages]]\nid = "a"')[-1] == "packages[0].terms"
        assert keys(GOOD.replace('["small"]', '["tiny"]')) == ["promotions[0].packages[0]"]

    def test_may_begin_with_the_mark_that_some_editors_write(self) -> None:
        assert read_catalog("\ufeff" + GOOD.replace("\n", "\r\n")) == load(GOOD)

    def test_that_is_no_toml_has_the_line_named(self) -> None:
        line = GOOD[: GOOD.index("price = 500_000")].count("\n") + 1

        [fault] = faults(GOOD.replace("price = 500_000", "price = 3.550.000"))

        assert (fault.key, f"at line {line}," in fault.problem) == ("", True)
        assert "digits alone, as 3_550_000" in fault.remedy

    @pytest.mark.parametrize(
        ("text", "instead", "remedy"),
        [
            ("tier = 1", "teir = 1", "Write tier, if that is meant, else remove it"),
            (
                "[policies]",
                '[policies]\ncurrency = "VND"',
                "Move it to the top of the file, above the first line in",
            ),
            ("tier = 1", "tier = 1\nmonths = 3", "Move it to packages.terms"),
            ("tier = 1", "tier = 1\nstep_gb = 3", "Move it to extra_capacity"),
            ("quote_lifetime", "lifetime_of_a_quote", "known here are renewal_window, "),
        ],
    )
    def test_has_a_key_in_a_wrong_place_sent_to_the_right_one(
        self, text: str, instead: str, remedy: str
    ) -> None:
        found = [
            fault for fault in faults(GOOD.replace(text, instead, 1)) if fault.problem.startswith("not a key")
        ]

        assert remedy in found[0].remedy

    @pytest.mark.parametrize(
        ("text", "remedy"),
        [
            (GOOD[: GOOD.index("[[taxes]]")], "Write its entries each under a line [[taxes]]"),
            (
                GOOD.replace("[[packages]]", "[packages]", 1).partition("[[packages]]")[0],
                "under a line [[packages]]",
            ),
            (
                GOOD.replace("[extra_capacity]", "[[extra_capacity]]"),
                "Write its keys below one line [extra_capacity]",
            ),
            (GOOD.replace("[policies]", "[[policies]]"), "Write its keys below one line [policies]"),
            (
                "packages = [3]\n" + GOOD.partition("[[packages]]")[0],
                "Write its keys below a line [[packages]]",
            ),
        ],
    )
    def test_has_a_part_in_the_wrong_form_told_the_right_one(self, text: str, remedy: str) -> None:
        assert [fault for fault in faults(text) if remedy in fault.remedy]

    @pytest.mark.parametrize(
        "value",
        [
            "-3",
            '"x y"',
            '""',
            "true",
            "1.5",
            "nan",
            "2027-01-01",
            "12:00:00",
            "[]",
            "[[1]]",
            "{ a = 1 }",
            "9" * 30,
        ],
    )
    def test_has_words_for_any_value_of_any_key(self, value: str) -> None:
        for leaf in re.finditer(r'(?<= = )("[^"]*"|[\w:+.-]+)', GOOD):
            text = GOOD[: leaf.start()] + value + GOOD[leaf.end() :]
            read = read_catalog(text)

            for fault in () if isinstance(read, Catalog) else read:
                assert fault.problem
                assert fault.remedy != "Give a value that fits"


class TestTheEntryOfAFault:
    def test_is_told_by_its_id(self) -> None:
        assert entry_of("packages[1].terms[0].price", GOOD) == "large"
        assert entry_of("taxes[1].id", GOOD) == "free"
        assert entry_of("promotions[0]", "\ufeff" + GOOD) == "autumn"

    def test_is_not_told_where_there_is_none(self) -> None:
        assert entry_of("policies.switch", GOOD) is None
        assert entry_of("", GOOD) is None
        assert entry_of("packages[0].id", GOOD.replace('id = "small"', "id = 3")) is None
        assert entry_of("packages[0].id", GOOD.replace('id = "small"', "")) is None
        assert entry_of("packages[0]", "packages = [3]") is None
        assert entry_of("packages[0].id", GOOD.replace('"small"', '"no such sign: ₫"')) is None


class TestTheWordsForASlip:
    def test_have_an_example_for_every_key_that_must_be_there(self) -> None:
        needed = {
            name
            for part in (Catalog, *PARTS)
            for name, field in part.model_fields.items()
            if field.is_required()
        }

        assert needed - {"taxes", "packages"} <= {name.rpartition(".")[2] for name in EXAMPLES}

    @pytest.mark.parametrize("name", EXAMPLES)
    def test_show_examples_that_a_catalog_takes(self, name: str) -> None:
        key = name.rpartition(".")[2]
        value = tomllib.loads(f"{key} = {EXAMPLES[name]}")[key]
        taking = []
        for part in (Catalog, *PARTS):
            if key in part.model_fields:
                try:
                    part.__pydantic_validator__.validate_assignment(
                        part.model_construct(), key, _tuples(value)
                    )
                    taking.append(part.__name__)
                except ValidationError:
                    pass

        assert taking

    def test_fall_back_on_pydantics_for_a_slip_that_is_unknown_to_us(self) -> None:
        problem, remedy = slip_words({"type": "new", "loc": ("x",), "msg": "Odd", "input": None})

        assert (problem, remedy) == ("Odd", "Give a value that fits")


PARTS = (TaxClass, ReducedRate, Package, PackageTerm, ExtraCapacity, ExtraPrice, Promotion, Text)


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(entry) for key, entry in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def faults(text: str) -> tuple[Fault, ...]:
    read = read_catalog(text)
    assert not isinstance(read, Catalog)
    return read


def keys(text: str) -> list[str]:
    return [fault.key for fault in faults(text)]


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
        with pytest.raises(CatalogError, match="neither stored nor listed"):
            Catalogs([load(GOOD)]).version("2019")
