from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from payport.errors import Defect, RequestRefused
from payport.rules.calendar import first_term
from payport.rules.catalog import (
    ExtraCapacity,
    ExtraPrice,
    Package,
    PackageTerm,
    Promotion,
    ReducedRate,
    TaxClass,
)
from payport.rules.credit import MOST_SURPLUS_DAYS, creditable, surplus_days
from payport.rules.grant import DaysLine
from payport.rules.line import Draft
from payport.rules.money import vnd
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.rounding import half_up
from payport.rules.words import Text

JANUARY_15 = date(2026, 1, 15)
JULY_1 = date(2026, 7, 1)  # 198 of 365 days left of a year from 15 January
X = Text(vi="x", en="x")
WHOLE_YEAR = {"since": date(2026, 1, 1), "before": date(2027, 1, 1)}


@pytest.fixture
def anytime(desk_with: Callable[..., Any]) -> Callable[..., Any]:
    """A desk where a switch is open on any day, with Small held since 15 January."""

    def make(bought: New | None = None, **changes: Any) -> Any:
        policies = {"switch_any_time": True, **changes.pop("policies", {})}
        desk = desk_with(policies=policies, **changes)
        desk.on(JANUARY_15).paid(bought or New(package="small", months=12))
        return desk.on(JULY_1).uses(1)

    return make


def credit_of(desk: Any, purchase: Switch) -> int:
    lines = desk.quote(purchase).lines
    return sum(-int(line.amount.minor) for line in lines if line.kind == "credit")


TO_HUGE = Switch(package="huge", months=12)


class TestTheUnusedValue:
    def test_is_the_price_by_days_rounded_once(self, anytime: Any) -> None:
        assert credit_of(anytime(), TO_HUGE) == half_up(Fraction(1_200_000 * 198, 365)) == 650_959

    def test_is_net_in_a_net_catalog_and_gross_in_a_gross_one(self, anytime: Any) -> None:
        net, gross = anytime(), anytime(prices="gross")

        assert credit_of(net, TO_HUGE) == credit_of(gross, TO_HUGE) == 650_959
        assert net.quote(TO_HUGE).total.minor == half_up(Fraction((10_000_000 - 650_959) * 108, 100))
        assert gross.quote(TO_HUGE).total == vnd(10_000_000 - 650_959)

    def test_is_of_the_price_after_promotions(self, anytime: Any) -> None:
        half = Promotion(id="half", names=X, percent=50, packages=("small",))

        assert credit_of(anytime(promotions=(half,)), TO_HUGE) == half_up(Fraction(600_000 * 198, 365))

    def test_counts_added_capacity_by_its_own_days_in_one_sum_with_the_term(self, anytime: Any) -> None:
        desk = anytime()
        desk.on(date(2026, 6, 1)).uses(10).paid(AddCapacity(steps=1))  # 228 days until the end
        price = half_up(Fraction(3_550_000 * 228, 365))

        credit = credit_of(desk.on(JULY_1).uses(1), TO_HUGE)

        assert credit == half_up(Fraction(1_200_000 * 198, 365) + Fraction(price * 198, 228))

    def test_counts_a_future_term_whole(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2027, 1, 5)).uses(1).paid(Renew(months=12))

        assert credit_of(desk, TO_HUGE) == half_up(1_200_000 + Fraction(1_200_000 * 10, 365))

    def test_counts_a_future_term_by_its_own_days_however_staff_have_moved_its_end(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="huge", months=12))
        desk.on(date(2027, 1, 5)).uses(1).paid(Renew(months=12, extra_steps=1))
        price, year = 10_000_000 + 3_550_000, Fraction(10_000_000 * 10, 365)
        to_small = Switch(package="small", months=12)

        desk.adjusted(DaysLine(days=30))
        longer = desk.quote(to_small).lines[-1].how.en
        desk.adjusted(DaysLine(days=-130))
        shorter = desk.quote(to_small).lines[-1].how.en

        assert f" = ₫{half_up(price + year):,}; " in longer
        assert f" = ₫{half_up(price * Fraction(265, 365) + year):,}; " in shorter

    def test_is_also_of_a_future_term_alone(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2027, 1, 5)).paid(Renew(months=12))
        desk.reversed(desk.grants[0])

        assert creditable(desk.held(), desk.now) == ("G1",)

    def test_of_a_term_that_has_ended_is_nothing(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.uses(10).paid(AddCapacity(steps=1))

        quote = desk.on(date(2027, 2, 1)).uses(1).quote(TO_HUGE)

        assert [line.kind for line in quote.lines] == ["package"]
        assert quote.credited_grants == ()

    def test_of_the_last_day_is_one_days_worth_and_nothing_in_days_that_staff_have_added(
        self, desk: Any
    ) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.uses(10).paid(AddCapacity(steps=1))
        desk.adjusted(DaysLine(days=30))

        last = desk.on(date(2027, 1, 14)).uses(15).quote(TO_HUGE)
        added = desk.on(date(2027, 1, 15)).uses(15).quote(TO_HUGE)

        worth = half_up(Fraction(1_200_000 + 3_550_000, 365))
        assert (last.lines[-1].amount, last.credited_grants) == (vnd(-worth), ("G0", "G1"))
        assert ([line.kind for line in added.lines], added.credited_grants) == (["package"], ())

    def test_says_how_it_came_about(self, anytime: Any) -> None:
        line = anytime().quote(TO_HUGE).lines[-1]

        assert (line.title.en, line.tax_class) == ("Unused value of Small", "vat")
        assert (line.quantity, line.unit_price, line.amount) == (1, vnd(-650_959), vnd(-650_959))
        assert line.how.en == "price × days left ÷ days of the term: ₫1,200,000 × 198 ÷ 365 = ₫650,959"

    def test_names_each_part_with_its_numbers(self, anytime: Any) -> None:
        desk = anytime()
        desk.on(date(2026, 6, 1)).uses(10).paid(AddCapacity(steps=1))

        line = desk.on(JULY_1).uses(1).quote(TO_HUGE).lines[-1]

        assert line.how.en == (
            "price × days left ÷ days of the term: "
            "₫1,200,000 × 198 ÷ 365 + ₫2,217,534 × 198 ÷ 228 = ₫2,576,712"
        )
        assert line.amount == vnd(-half_up(Fraction(1_200_000 * 198, 365) + Fraction(2_217_534 * 198, 228)))


class TestAtMostTheMoneyOfTheChain:
    def test_nothing_was_paid_nothing_is_credited(self, anytime: Any) -> None:
        gift = Promotion(id="gift", names=X, code="GIFT", percent=100)

        desk = anytime(New(package="small", months=12, code="GIFT"), promotions=(gift,))

        assert credit_of(desk, TO_HUGE) == 0

    def test_less_what_was_refunded_and_its_tax(self, anytime: Any) -> None:
        desk = anytime()
        desk.refunded = {"PP0": vnd(1_000_000)}  # of 1,296,000 with tax

        assert credit_of(desk, TO_HUGE) == 1_200_000 * 296_000 // 1_296_000

    @pytest.mark.parametrize("prices", ["net", "gross"])
    def test_on_the_first_day_all_of_it_is_credited(self, anytime: Any, prices: str) -> None:
        assert credit_of(anytime(prices=prices).on(JANUARY_15).uses(1), TO_HUGE) == 1_200_000

    @pytest.mark.parametrize(("prices", "paid"), [("net", 1_296_000), ("gross", 1_200_000)])
    def test_refunded_to_the_last_dong_nothing_is_credited(
        self, anytime: Any, prices: str, paid: int
    ) -> None:
        desk = anytime(prices=prices)
        desk.refunded = {"PP0": vnd(paid - 2)}
        two_left = credit_of(desk, TO_HUGE)
        desk.refunded = {"PP0": vnd(paid)}

        assert two_left == {"net": 1, "gross": 2}[prices]  # 2 ÷ 1.08, cut off
        assert credit_of(desk, TO_HUGE) == 0

    def test_refunds_of_several_orders_are_each_taken_off_their_own(self, anytime: Any) -> None:
        desk = anytime(prices="gross")
        desk.on(JULY_1).uses(10).paid(AddCapacity(steps=1))
        added = half_up(Fraction(3_550_000 * 198, 365))
        desk.refunded = {"PP0": vnd(1_000_000), "PP1": vnd(added - 5), "PP9": vnd(7)}

        assert credit_of(desk, TO_HUGE) == 200_000 + 5

    def test_where_an_orders_tax_is_below_zero_no_more_than_came_in(self, desk_with: Any) -> None:
        """Huge is free of tax and paid in full; Small's tax comes off the credit, its capacity has none."""
        whole = desk_with().catalog
        desk = desk_with(
            policies={"switch_any_time": True},
            taxes=(
                TaxClass(id="vat", names=X, percent=10),
                TaxClass(id="free", names=X, treatment="not_subject"),
            ),
            packages=(
                whole.package("small").model_copy(update={"extra_capacity_on": ("switch",)}),
                whole.package("huge").model_copy(update={"tax": "free"}),
            ),
            extra_capacity=ExtraCapacity(
                step_gb=5, price=ExtraPrice(amount=500_000, months=12), tax="free", most_steps=20
            ),
        )
        desk.on(JANUARY_15).paid(New(package="huge", months=12))
        switched = desk.uses(1).paid(Switch(package="small", months=12, extra_steps=20))

        again = desk.quote(TO_HUGE)

        assert switched.paid.net == vnd(1_200_000 + 10_000_000 - 10_000_000)
        assert switched.paid.total == vnd(1_320_000 + 10_000_000 - 11_000_000)
        assert again.lines[-1].how.en.endswith(
            "₫1,200,000 × 365 ÷ 365 + ₫10,000,000 × 365 ÷ 365 = ₫11,200,000; "
            "at most the ₫10,320,000 received for it, without tax; ₫10,000,000 of it off this price"
        )

    def test_an_order_that_cost_nothing_after_credit_adds_nothing(self, anytime: Any) -> None:
        desk = anytime(New(package="huge", months=12))
        desk.on(JANUARY_15).uses(1).paid(Switch(package="small", months=12))
        desk.refunded = {"PP0": vnd(10_800_000)}

        assert credit_of(desk, TO_HUGE) == 0

    def test_in_another_currency_is_a_defect(self, anytime: Any, desk_with: Any) -> None:
        abroad = desk_with(currency="USD", policies={"switch_any_time": True})
        abroad.grants = anytime().grants

        with pytest.raises(Defect, match="currency"):
            abroad.on(JULY_1).uses(1).quote(TO_HUGE)

    def test_refunded_beyond_the_order_nothing_is_credited(self, anytime: Any) -> None:
        desk = anytime()
        desk.refunded = {"PP0": vnd(2_000_000)}

        assert credit_of(desk, TO_HUGE) == 0

    def test_a_second_switch_counts_what_the_first_orders_brought_in(self, anytime: Any) -> None:
        desk = anytime()
        desk.paid(TO_HUGE)  # for 10,000,000, of which 650,959 by credit

        quote = desk.quote(Switch(package="large", months=24))

        assert quote.lines[-1].amount == vnd(-6_000_000)
        assert quote.surplus_days == 4_000_000 * 915 // 6_000_000  # all 10,000,000 are credited
        assert [received.order_number for received in desk.held().chain] == ["PP0", "PP1"]

    def test_a_renewal_paid_at_the_very_end_leaves_no_gap(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.now = desk.held().term.end
        desk.paid(Renew(months=12))

        assert [received.order_number for received in desk.held().chain] == ["PP0", "PP1"]

    def test_a_gap_begins_a_new_chain(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(date(2027, 2, 1)).paid(Renew(months=12))

        assert [received.order_number for received in desk.held().chain] == ["PP1"]


class TestMoreCreditThanPrice:
    """Huge for 30 months, then Small for 12: 18 million of credit against 1,200,000."""

    BOUGHT = New(package="huge", months=30)
    TO_SMALL = Switch(package="small", months=12)

    def test_takes_the_price_and_lengthens_the_term_by_the_rest(self, anytime: Any) -> None:
        desk = anytime(self.BOUGHT)
        days = desk.held().term.remaining(desk.now)
        value = half_up(Fraction(20_000_000 * days, 912))

        quote = desk.quote(self.TO_SMALL)
        [line] = desk.pay(quote).lines

        assert quote.total == vnd(0)
        assert quote.lines[-1].amount == vnd(-1_200_000)
        assert quote.surplus_days == (value - 1_200_000) * 365 // 1_200_000
        assert quote.notes == ()
        assert line.term.end_date == date(2027, 7, 1) + timedelta(days=quote.surplus_days)

    def test_forfeits_the_rest_if_the_host_says_so(self, anytime: Any) -> None:
        desk = anytime(self.BOUGHT, policies={"credit_surplus": "forfeit"})
        rest = half_up(Fraction(20_000_000 * desk.held().term.remaining(desk.now), 912)) - 1_200_000

        quote = desk.quote(self.TO_SMALL)

        assert (quote.total, quote.surplus_days) == (vnd(0), 0)
        assert [note.en for note in quote.notes] == [
            f"₫{rest:,} of the unused value is left over, and is not carried into the new term"
        ]
        assert [note.vi for note in quote.notes] == [
            f"Giá trị chưa dùng còn dư {rest:,}\u00a0₫ ".replace(",", ".")
            + "không được chuyển sang kỳ hạn mới"
        ]

    def test_gives_no_days_where_the_new_lines_cost_nothing(self, anytime: Any) -> None:
        gift = Promotion(id="gift", names=X, code="GIFT", percent=100)
        desk = anytime(self.BOUGHT, promotions=(gift,))

        quote = desk.quote(Switch(package="small", months=12, code="GIFT"))

        assert (quote.total, quote.surplus_days) == (vnd(0), 0)
        assert "is not carried into the new term" in quote.notes[0].en

    def test_is_refused_where_it_would_lengthen_the_term_by_more_than_a_century(self, desk: Any) -> None:
        term = first_term(desk.now, zone=desk.catalog.zone, months=12)
        a_dong_a_day = [Draft("package", "package", X, 1, X, 365, 365, X, "vat")]

        assert surplus_days(MOST_SURPLUS_DAYS, a_dong_a_day, term, desk.catalog) == 36_500
        with pytest.raises(RequestRefused, match="package: the unused value would lengthen the term"):
            surplus_days(MOST_SURPLUS_DAYS + 1, a_dong_a_day, term, desk.catalog)

    def test_never_owes_the_buyer_tax_where_the_lines_have_two_rates(self, desk_with: Any) -> None:
        def package(name: str, price: int) -> Package:
            term = PackageTerm(months=12, price=price)
            return Package(
                id=name,
                names=X,
                tier=len(name),
                included_gb=100,
                tax="high",
                terms=(term,),
                extra_capacity_on=("switch",),
            )

        desk = desk_with(
            policies={"switch_any_time": True},
            taxes=(
                TaxClass(id="high", names=X, percent=20, reduced=(ReducedRate(percent=10, **WHOLE_YEAR),)),
                TaxClass(id="low", names=X, percent=10, reduced=(ReducedRate(percent=5, **WHOLE_YEAR),)),
            ),
            packages=(package("dear", 9_999_999), package("cheap", 100_001)),
            extra_capacity=ExtraCapacity(step_gb=1, price=ExtraPrice(amount=1_000_003, months=12), tax="low"),
        )
        desk.on(JANUARY_15).paid(New(package="dear", months=12))

        quote = desk.on(date(2026, 1, 16)).uses(1).quote(Switch(package="cheap", months=12, extra_steps=1))

        assert quote.total.minor in {0, 1}
        assert quote.surplus_days > 0
