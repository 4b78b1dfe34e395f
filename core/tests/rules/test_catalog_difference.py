from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from payport.rules import catalog as model
from payport.rules.catalog import Catalog, Policies
from payport.rules.catalog_difference import Difference, PriceChange, difference
from payport.rules.catalog_file import load_catalog
from payport.rules.money import vnd

BEFORE = """
version = "old"
effective_from = 2026-11-01T00:00:00+07:00
currency = "VND"
prices = "net"

[[taxes]]
id = "vat"
names = { vi = "Thuế GTGT", en = "VAT" }
percent = 10
reduced = [{ percent = 8, since = 2025-07-01, before = 2027-01-01 }]

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
tax = "vat"
extra_capacity_on = ["new", "renew", "add_capacity"]
terms = [{ months = 12, price = 3_000_000 }]

[extra_capacity]
step_gb = 5
price = { amount = 1_200_000, months = 12 }
tax = "vat"
most_steps = 9

[[promotions]]
id = "autumn"
names = { vi = "Mùa thu", en = "Autumn" }
amount = 1_000
since = 2026-09-01
before = 2026-12-01
packages = ["small", "large"]
terms = [24, 12]
combines = true

[[promotions]]
id = "gift"
names = { vi = "Quà", en = "Gift" }
code = "GIFT-1"
percent = 50
uses = 10
"""


def load(text: str) -> Catalog:
    return load_catalog(text, source="prices.toml")


def changed(*changes: tuple[str, str]) -> Difference:
    """Against the same catalog in force in March, with these changes."""
    text = BEFORE.replace('"old"', '"new"').replace("2026-11-01T", "2027-03-01T")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return difference(load(BEFORE), load(text))


def words(found: Difference) -> list[tuple[str, str]]:
    return [(change.about, change.words) for change in found.changes]


def prices(found: Difference) -> list[tuple[Any, ...]]:
    return [
        (one.package, one.months, one.goods, one.kinds, gross(one.before), gross(one.after))
        for one in found.prices
    ]


def gross(amounts: Any) -> int | None:
    return None if amounts is None else amounts.gross.minor


class TestNothingButANewName:
    def test_changes_nothing_for_any_buyer(self) -> None:
        found = changed()

        assert found.is_none
        assert found.day == date(2027, 3, 1)

    def test_nor_does_another_order_of_the_file_or_of_a_set(self) -> None:
        found = changed(
            ('["new", "renew", "add_capacity"]', '["add_capacity", "renew", "new"]'),
            ('["small", "large"]', '["large", "small"]'),
            ("terms = [24, 12]", "terms = [12, 24]"),
            (
                "{ months = 6, price = 500_000 }, { months = 24, price = 1_800_000, bonus_months = 2 }",
                "{ months = 24, price = 1_800_000, bonus_months = 2 }, { months = 6, price = 500_000 }",
            ),
        )

        assert found.is_none


class TestAnotherPrice:
    def test_is_compared_in_net_and_gross_on_the_new_catalogs_first_day(self) -> None:
        found = changed(("price = 500_000", "price = 550_000"))

        [change] = found.prices
        assert (change.package, change.months, change.kinds) == ("small", 6, ("new", "renew", "switch"))
        assert change.before is not None
        assert change.after is not None
        assert (change.before.net, change.after.net) == (vnd(500_000), vnd(550_000))
        assert (change.before.gross, change.after.gross) == (
            vnd(550_000),
            vnd(605_000),
        )  # 10 %, not 8 % any more
        assert (change.gross_change, change.percent) == (vnd(55_000), Fraction(10))
        assert found.changes == ()

    def test_has_no_percentage_of_nothing(self) -> None:
        text = BEFORE.replace("price = 500_000", "price = 0")

        [change] = difference(load(text), load(BEFORE.replace('"old"', '"new"'))).prices

        assert (change.gross_change, change.percent) == (vnd(540_000), None)

    def test_of_a_step_is_said_for_all_that_it_is_taken_with(self) -> None:
        found = changed(("amount = 1_200_000", "amount = 1_300_000"))

        assert prices(found) == [
            ("large", 12, "with_extra", ("new", "renew"), 4_620_000, 4_730_000),
            ("large", 12, "added", ("add_capacity",), 1_320_000, 1_430_000),
        ]
        assert words(found) == [
            ("price of a step", "1,300,000 VND for 12 months instead of 1,200,000 VND for 12 months")
        ]

    def test_in_another_currency_cannot_be_compared(self) -> None:
        found = changed(('"VND"', '"USD"'))

        assert {(change.gross_change, change.percent) for change in found.prices} == {(None, None)}
        assert words(found)[0] == ("currency", "prices are in USD instead of VND: they cannot be compared")


class TestWhatIsSold:
    def test_is_new_or_withdrawn_with_its_price(self) -> None:
        found = changed(
            ('id = "large"', 'id = "huge"'), ('"small", "large"', '"small"'), ("[24, 12]", "[24]")
        )

        assert [row for row in prices(found) if row[2] == "package"] == [
            ("huge", 12, "package", ("new", "renew", "switch"), None, 3_300_000),
            ("large", 12, "package", ("new", "renew", "switch"), 3_300_000, None),
        ]
        assert words(found)[:2] == [
            ("huge", "new: Large"),
            ("large", "not sold any more: whoever holds it can change to another, and cannot renew"),
        ]

    def test_has_terms_that_come_and_go_and_bonus_months(self) -> None:
        found = changed(("months = 6,", "months = 9,"), ("bonus_months = 2", "bonus_months = 1"))

        assert words(found) == [
            ("small", "sold for 9 months too"),
            ("small", "the term of 24 months has 1 month on top at no cost instead of 2 months"),
            ("small", "not sold for 6 months any more"),
        ]

    def test_is_compared_purchase_by_purchase_where_extra_capacity_differs(self) -> None:
        found = changed(('["new", "renew", "add_capacity"]', '["new", "switch", "add_capacity"]'))

        assert prices(found) == [
            ("large", 12, "with_extra", ("switch",), None, 4_620_000),
            ("large", 12, "with_extra", ("renew",), 4_620_000, None),
        ]
        assert words(found) == [
            ("large", "takes extra capacity at switch now"),
            ("large", "takes no extra capacity at renew any more"),
        ]

    def test_is_no_longer_the_same_when_a_step_is_of_another_size(self) -> None:
        found = changed(("step_gb = 5", "step_gb = 6"))

        assert [(one.extra_gb, one.before is None, one.after is None) for one in found.prices] == [
            (6, True, False),
            (5, False, True),
            (6, True, False),
            (5, False, True),
        ]


POLICIES = [
    ("renewal_window = { days = 14 }", "the renewal window shrinks from 30 to 14 days"),
    ("renewal_window = { days = 1 }", "the renewal window shrinks from 30 days to 24 hours"),
    ("add_capacity_threshold = 80", "before more may be bought shrinks from 100 to 80 %"),
    (
        'switch = "at_end"',
        "a switch begins when the old term ends, and nothing is credited; until now a switch",
    ),
    ("switch_any_time = true", "a switch is open at any time; until now"),
    ('capacity_proration = "full"', "the whole term's price, however little is left; until now"),
    ('credit_surplus = "forfeit"', "credit beyond the new price is lost; until now"),
    ("quote_lifetime = { hours = 48 }", "the life of a quote grows from 24 hours to 2 days"),
    ("order_lifetime = { hours = 36 }", "the life of an order grows from 24 to 36 hours"),
    ("order_only_lifetime = { days = 3 }", "by transfer or at a desk shrinks from 7 to 3 days"),
    ('late_success = "review"', "is looked at by a person; until now money"),
    ("usage_max_age = { minutes = 90 }", "a usage report may have grows from 1 hour to 90 minutes"),
    ('tax_point = "payment"', "a quote ends where a rate changes; until now the day of the quote"),
    ("four_eyes_above = 5_000_000", "a second person confirms grows from 0 to 5,000,000 VND"),
    ('trial_package = "large"', "a trial gives Large; until now a trial gives Small"),
    ("trial_days = 14", "the trial shrinks from 30 to 14 days"),
]


class TestAPolicy:
    @pytest.mark.parametrize(("line", "effect"), POLICIES)
    def test_is_said_with_its_effect(self, line: str, effect: str) -> None:
        found = changed(("[[promotions]]", f"[policies]\n{line}\n\n[[promotions]]"))

        assert [change.section for change in found.changes] == ["policies"]
        assert effect in found.changes[0].words

    def test_is_never_left_out(self) -> None:
        assert [line.split(" = ")[0] for line, _ in POLICIES if "{ days = 1 }" not in line] == list(
            Policies.model_fields
        )

    def test_that_is_written_out_with_its_default_changes_nothing(self) -> None:
        written = 'renewal_window = { hours = 720 }\ntrial_package = "small"'

        assert changed(("[[promotions]]", f"[policies]\n{written}\n\n[[promotions]]")).is_none

    def test_of_a_trial_follows_the_smallest_package(self) -> None:
        found = changed(("tier = 1", "tier = 3"))

        assert words(found) == [
            ("small", "its place from small to large is 3 instead of 1"),
            ("trial_package", "a trial gives Large; until now a trial gives Small"),
        ]


KEYS = [
    # what is changed, into what, and what is said of it
    ('currency = "VND"', 'currency = "USD"', "Catalog.currency", "in USD instead of VND"),
    ('prices = "net"', 'prices = "gross"', "Catalog.prices", "written gross of tax instead of net"),
    ('prices = "net"', 'prices = "net"\nzone = "Asia/Tokyo"', "Catalog.zone", "as in Asia/Tokyo instead of"),
    ('id = "free"', 'id = "none"', "TaxClass.id", "not there any more"),
    ('en = "VAT"', 'en = "Tax"', "TaxClass.names", "called Tax / Thuế GTGT instead of VAT / Thuế GTGT"),
    ('"not_subject"', '"zero_rated"', "TaxClass.treatment", "0 %, zero-rated; until now not subject to tax"),
    ("percent = 10", "percent = 9", "TaxClass.percent", "9 %; 8 % from 2025-07-01 to 2026-12-31; until"),
    ("reduced = [{", "#", "TaxClass.reduced", "10 %; until now 10 %; 8 % from"),
    ("percent = 8", "percent = 7", "ReducedRate.percent", "7 % from"),
    ("2025-07-01", "2025-08-01", "ReducedRate.since", "from 2025-08-01 to"),
    ("2027-01-01", "2027-02-01", "ReducedRate.before", "to 2027-01-31; until now"),
    ('id = "small"', 'id = "tiny"', "Package.id", "not sold any more"),
    ('en = "Small"', 'en = "Tiny"', "Package.names", "called Tiny / Nhỏ instead of Small / Nhỏ"),
    ("tier = 2", "tier = 3", "Package.tier", "small to large is 3 instead of 2"),
    ("included_gb = 10", "included_gb = 20", "Package.included_gb", "20 GB instead of 10 GB; terms that are"),
    ('tax = "vat"', 'tax = "free"', "Package.tax", "taxed as Not subject (free) instead of VAT (vat)"),
    ("{ months = 6, price = 500_000 }, ", "", "Package.terms", "not sold for 6 months any more"),
    ('"renew", ', "", "Package.extra_capacity_on", "takes no extra capacity at renew any more"),
    ("months = 6", "months = 7", "PackageTerm.months", "sold for 7 months too"),
    ("price = 500_000", "price = 500_001", "PackageTerm.price", None),
    ("bonus_months = 2", "bonus_months = 3", "PackageTerm.bonus_months", "3 months on top at no cost"),
    ("step_gb = 5", "step_gb = 10", "ExtraCapacity.step_gb", "10 GB instead of 5 GB"),
    ("amount = 1_200_000", "amount = 1", "ExtraPrice.amount", "1 VND for 12 months instead of"),
    ("000, months = 12 }\ntax", "000, months = 6 }\ntax", "ExtraPrice.months", "for 6 months instead of"),
    ("months = 12 }\ntax", "months = 6 }\ntax", "ExtraCapacity.price", "for 6 months instead of"),
    ('tax = "vat"\nmost', 'tax = "free"\nmost', "ExtraCapacity.tax", "Not subject (free) instead of VAT"),
    ("most_steps = 9", "most_steps = 9\nleast_steps = 2", "ExtraCapacity.least_steps", "2 to 9 instead of"),
    ("most_steps = 9", "most_steps = 8", "ExtraCapacity.most_steps", "1 to 8 instead of 1 to 9"),
    ('id = "gift"', 'id = "present"', "Promotion.id", "not there any more: takes off 50 % of the package;"),
    ('en = "Gift"', 'en = "Present"', "Promotion.names", "called Present / Quà instead of Gift / Quà"),
    ("GIFT-1", "GIFT-2", "Promotion.code", "with the code GIFT-2, to 10 orders; until now"),
    ("percent = 50", "percent = 40", "Promotion.percent", "takes off 40 % of the package; until now 50 %"),
    ("amount = 1_000\n", "amount = 2_000\n", "Promotion.amount", "takes off 2,000 VND of the package; until"),
    ("2026-09-01", "2026-09-02", "Promotion.since", "holds from 2026-09-02 to 2026-11-30; until now"),
    ("2026-12-01", "2026-12-02", "Promotion.before", "holds from 2026-09-01 to 2026-12-01; until now"),
    ('["small", "large"]\nterms = [24, 12]', '["large"]\nterms = [12]', "Promotion.packages", "is for Large"),
    ("terms = [24, 12]", "terms = [24]", "Promotion.terms", "terms of 24 months; until now"),
    ("uses = 10", 'on = ["package", "extra_capacity"]\nuses = 10', "Promotion.on", "and the extra capacity;"),
    ("uses = 10", "", "Promotion.uses", "to any number of orders; until now"),
    ("combines = true", "", "Promotion.combines", "combines with no other; until now with another"),
]  # fmt: skip


class TestEveryKeyOfACatalog:
    @pytest.mark.parametrize(("old", "new", "key", "said"), KEYS, ids=[entry[2] for entry in KEYS])
    def test_is_compared(self, old: str, new: str, key: str, said: str | None) -> None:
        renamed = [('["small", "large"]', '["tiny", "large"]')] if key == "Package.id" else []

        found = changed((old, new), *renamed)

        assert not found.is_none
        assert said is None or [change for change in found.changes if said in change.words]

    def test_is_in_the_table_above(self) -> None:
        parts = {
            "Catalog": {
                "taxes",
                "packages",
                "extra_capacity",
                "promotions",
                "policies",
            },  # theirs stand there
        }
        names_nothing = {"Catalog.version", "Catalog.effective_from"}
        keys = {
            f"{part.__name__}.{name}"
            for part in (
                model.Catalog, model.TaxClass, model.ReducedRate, model.Package, model.PackageTerm,
                model.ExtraCapacity, model.ExtraPrice, model.Promotion,
            )
            for name in part.model_fields
            if name not in parts.get(part.__name__, ())
        }  # fmt: skip

        assert {key for _, _, key, _ in KEYS} == keys - names_nothing


class TestWholeParts:
    def test_may_come_and_go(self) -> None:
        start, end = BEFORE.index("[extra_capacity]"), BEFORE.index("[[promotions]]")
        without = (
            BEFORE[:start].replace('extra_capacity_on = ["new", "renew", "add_capacity"]', "") + BEFORE[end:]
        )

        gone, came = (
            difference(load(before), load(after)) for before, after in ((BEFORE, without), (without, BEFORE))
        )

        assert ("extra_capacity", "not sold any more") in words(gone)
        assert ("extra_capacity", "sold now") in words(came)

    def test_promotions_worth_the_same_apply_in_the_order_of_the_file(self) -> None:
        def promotion(name: str) -> str:
            return f'\n[[promotions]]\nid = "{name}"\nnames = {{ vi = "x", en = "x" }}\npercent = 5\n'

        one, other = BEFORE + promotion("a") + promotion("b"), BEFORE + promotion("b") + promotion("a")

        assert words(difference(load(one), load(other))) == [
            ("order", "of two worth the same the first applies: autumn, b, a; until now autumn, a, b")
        ]

    def test_a_promotion_that_is_only_renamed_changes_no_price(self) -> None:
        found = changed(("2026-12-01", "2028-01-01"), ('en = "Autumn"', 'en = "Fall"'))
        again = difference(
            load(BEFORE.replace("2026-12-01", "2028-01-01")),
            load(BEFORE.replace("2026-12-01", "2028-01-01").replace('en = "Autumn"', 'en = "Fall"')),
        )

        assert len(found.prices) == 3
        assert (again.prices, len(again.changes)) == ((), 1)


def test_the_day_is_that_of_the_new_catalogs_zone(catalog_with: Any) -> None:
    late = datetime(2027, 2, 28, 20, tzinfo=UTC)
    after = catalog_with(effective_from=late)

    assert difference(catalog_with(), after).day == date(2027, 3, 1)
    assert difference(after, catalog_with(effective_from=late - timedelta(hours=4))).day == date(2027, 2, 28)


def test_a_price_change_without_two_prices_has_no_difference() -> None:
    found = changed(("months = 6,", "months = 9,"))

    assert all(isinstance(one, PriceChange) and one.gross_change is None for one in found.prices)
