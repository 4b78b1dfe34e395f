"""The rows of the rules' table "Cases that must come out right", each under its own name.

Rows about orders and payments are tested with a database; test_rows_of_the_rules.py says where each is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from payport.errors import Defect, PurchaseNotOpen
from payport.rules.calendar import first_term, local_midnight
from payport.rules.catalog import ExtraCapacity, ExtraPrice, Package, PackageTerm, Promotion, TaxClass
from payport.rules.effect import Review
from payport.rules.entitlement import State
from payport.rules.grant import CapacityLine, DaysLine
from payport.rules.line import Draft
from payport.rules.money import vnd
from payport.rules.openness import check_open
from payport.rules.pricing import added_capacity_line, extra_capacity_line
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.tax import with_tax
from payport.rules.words import Text

TWELVE_HUNDRED = ExtraCapacity(step_gb=5, price=ExtraPrice(amount=1_200_000, months=12), tax="vat")
A_DAY = date(2026, 3, 2)


def three_lines_of_33_333() -> list[Draft]:
    word = Text(vi="x", en="x")
    return [Draft("package", "package", word, 1, word, 33_333, 33_333, word, "vat")] * 3


def test_extra_capacity_3_550_000_a_year_30_months_of_it(catalog_with: Any) -> None:
    line = extra_capacity_line(1, PackageTerm(months=30, price=1), catalog_with())

    assert line.amount == 8_875_000


class TestExtraCapacityAt1_200_000AYearBoughtOn20August:
    @pytest.mark.parametrize(
        ("policy", "amount"),
        [("days", 486_575), ("months_up", 500_000), ("months_down", 400_000), ("full", 1_200_000)],
    )
    def test_by_days_148_of_365_the_same_by_whole_months_up_and_down(
        self, desk_with: Callable[..., Any], policy: str, amount: int
    ) -> None:
        desk = desk_with(extra_capacity=TWELVE_HUNDRED, policies={"capacity_proration": policy})
        desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))

        quote = desk.on(date(2026, 8, 20)).uses(10).quote(AddCapacity(steps=1))

        assert quote.lines[0].amount == vnd(amount)


def test_extra_capacity_3_550_000_30_month_term_of_912_days_500_left_by_days(catalog_with: Any) -> None:
    term = first_term(datetime(2026, 1, 15, 3, tzinfo=UTC), zone="Asia/Ho_Chi_Minh", months=30)
    at = local_midnight(term.end_date - timedelta(days=500), term.zone)

    assert term.days == 912
    assert added_capacity_line(1, term, catalog_with(), at).amount == 4_865_680


def test_33_335_less_10_percent(desk_with: Callable[..., Any]) -> None:
    desk = desk_with(
        packages=(
            Package(
                id="odd",
                names=Text(vi="x", en="x"),
                tier=1,
                included_gb=1,
                tax="vat",
                terms=(PackageTerm(months=1, price=33_335),),
            ),
        ),
        promotions=(Promotion(id="ten", names=Text(vi="x", en="x"), percent=10),),
    )

    assert desk.quote(New(package="odd", months=1)).net == vnd(30_001)


def test_three_net_lines_of_33_333_at_8_percent(catalog_with: Any) -> None:
    lines, sums = with_tax(three_lines_of_33_333(), catalog_with(), A_DAY)

    assert [line.tax.minor for line in lines] == [2_667, 2_667, 2_666]
    assert [(total.tax, total.gross) for total in sums] == [(vnd(8_000), vnd(107_999))]


def test_the_same_lines_gross(catalog_with: Any) -> None:
    lines, sums = with_tax(three_lines_of_33_333(), catalog_with(prices="gross"), A_DAY)

    assert sums[0].tax == vnd(7_407)
    assert sum(line.gross.minor for line in lines) == 99_999


def test_time_expired_capacity_left(desk: Any) -> None:
    desk.on(date(2026, 1, 15)).paid(New(package="huge", months=12, extra_steps=1))

    late = desk.on(date(2027, 3, 1)).uses(20).held()
    desk.paid(Renew(months=12))

    assert (late.state, late.included_gb, late.extra_gb) == (State.EXPIRED, 200, 5)
    again = desk.held()
    assert (again.state, again.included_gb, again.extra_gb) == (State.ACTIVE, 200, 0)
    assert again.term.start == desk.now
    assert again.term.end_date == date(2028, 3, 1)


def test_both_gone(desk: Any) -> None:
    desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))

    desk.on(date(2027, 3, 1)).uses(10)

    assert desk.held().exhausted
    assert desk.offer("add_capacity").reason.en == "the term has ended"
    assert desk.offer("renew").is_open
    assert desk.offer("switch").is_open
    with pytest.raises(PurchaseNotOpen, match=r"the term has ended.*renew, switch"):
        desk.quote(AddCapacity(steps=1))


def test_two_orders_of_one_account_paid_at_the_same_moment(desk: Any) -> None:
    first = desk.quote(New(package="small", months=12))
    second = desk.quote(New(package="large", months=12))

    desk.pay(first)
    result = desk.pay(second)

    assert isinstance(result, Review)
    assert desk.held().package == "small"


class TestATermThatEndsBetweenQuoteAndPaymentOfAddedCapacity:
    def test_sends_the_order_to_review(self, desk: Any) -> None:
        desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))
        quote = desk.on(date(2027, 1, 14)).uses(10).quote(AddCapacity(steps=1))

        result = desk.on(date(2027, 1, 15)).pay(quote)

        assert result == Review("extra capacity was paid, but the account is expired")
        assert desk.offer("renew").is_open

    def test_does_so_too_when_a_renewal_has_begun_meanwhile(self, desk: Any) -> None:
        desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))
        desk.on(date(2027, 1, 14)).uses(10).paid(Renew(months=12))
        quote = desk.quote(AddCapacity(steps=1))  # for the one day that is left

        assert isinstance(desk.on(date(2027, 1, 15)).pay(quote), Review)


def test_downgrade_while_usage_is_above_the_new_quota(desk: Any) -> None:
    desk.on(date(2026, 1, 15)).paid(New(package="large", months=12))
    down = Switch(package="small", months=12)
    desk.on(date(2027, 1, 10)).uses(10).quote(down)  # as much as fits

    desk.uses(30.5)

    for judge in (
        desk.quote,
        lambda it: check_open(it, desk.held(), desk.catalog, desk.now),
    ):  # quoted, placed
        with pytest.raises(PurchaseNotOpen, match=r"package: holds 10 GB, 21 GB less than is used"):
            judge(down)


def test_coupon_of_100_percent(desk_with: Callable[..., Any]) -> None:
    gift = Promotion(
        id="gift",
        names=Text(vi="Quà", en="Gift"),
        code="GIFT",
        percent=100,
        on=("package", "extra_capacity"),
    )
    desk = desk_with(promotions=(gift,))

    quote = desk.quote(New(package="huge", months=12, extra_steps=3, code="GIFT"))
    grant = desk.pay(quote)

    assert (quote.net, quote.tax, quote.total) == (vnd(0), vnd(0), vnd(0))
    assert [line.price.gross for line in grant.lines] == [vnd(0), vnd(0)]
    assert (desk.held().state, desk.held().extra_gb) == (State.ACTIVE, 15)


def test_catalog_changed_between_quote_and_payment(desk: Any, desk_with: Callable[..., Any]) -> None:
    quote = desk.quote(New(package="huge", months=12, extra_steps=2))
    dearer = ExtraCapacity(step_gb=1, price=ExtraPrice(amount=9_999_999, months=1), tax="vat")
    changed = desk_with(version="later", extra_capacity=dearer, policies={"switch": "at_end"})

    granted = desk.pay(quote)  # with the quote's own version

    assert (granted.paid.total, granted.lines[1].gb) == (quote.total, 10)
    with pytest.raises(Defect, match="another catalog"):
        changed.pay(quote)


def test_package_withdrawn_between_quote_and_payment(desk_with: Callable[..., Any], desk: Any) -> None:
    quote = desk.quote(New(package="large", months=24))

    granted = desk.pay(quote, at=desk.now + timedelta(hours=23))  # with the quote's own version

    later = desk_with(version="later", packages=(desk.catalog.package("small"),))
    later.grants = [granted]
    held = later.on(date(2026, 3, 1)).held()
    assert (held.package, held.package_names.en, held.included_gb) == ("large", "Large", 50)


class TestAStaffAdjustment:
    def test_is_a_grant_with_actor_and_reason_and_no_payment(self, desk: Any) -> None:
        granted = desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))
        desk.adjusted(
            DaysLine(days=10),
            CapacityLine(gb=7, start_date=date(2026, 1, 15), end_date=granted.lines[0].term.end_date),
        )

        held = desk.held()
        assert (held.valid_to, held.extra_gb) == (date(2027, 1, 24), 7)
        assert (desk.grants[-1].actor, desk.grants[-1].paid) == ("Lan", None)

    def test_gives_no_credit_at_a_switch(self, desk_with: Callable[..., Any]) -> None:
        desk = desk_with(policies={"switch_any_time": True})
        desk.on(date(2026, 1, 15)).paid(New(package="small", months=12))
        purchase = Switch(package="huge", months=12)
        without = desk.on(date(2026, 7, 1)).uses(1).quote(purchase)

        desk.adjusted(DaysLine(days=30))

        assert desk.quote(purchase).lines == without.lines


def test_tie_of_remainders_in_tax_goes_to_the_earlier_line(catalog_with: Any) -> None:
    catalog = catalog_with(taxes=(TaxClass(id="vat", names=Text(vi="x", en="x"), percent=10),))
    word = Text(vi="x", en="x")
    drafts = [Draft("package", "package", word, 1, word, 5, 5, word, "vat")] * 2  # each half a đồng of tax

    lines, _ = with_tax(drafts, catalog, A_DAY)

    assert [line.tax.minor for line in lines] == [1, 0]


def test_tie_of_remainders_in_a_promotion_goes_to_the_earlier_line(desk_with: Callable[..., Any]) -> None:
    one_off = Promotion(
        id="one", names=Text(vi="x", en="x"), amount=1_000_001, on=("package", "extra_capacity")
    )
    even = ExtraCapacity(step_gb=5, price=ExtraPrice(amount=10_000_000, months=12), tax="vat")
    desk = desk_with(promotions=(one_off,), extra_capacity=even)

    quote = desk.quote(New(package="huge", months=12, extra_steps=1))

    assert [line.amount.minor for line in quote.lines if line.kind == "promotion"] == [-500_001, -500_000]
