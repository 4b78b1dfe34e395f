from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from payport.errors import PurchaseNotOpen, RequestRefused
from payport.rules.openness import check_open, offers
from payport.rules.purchase import AddCapacity, New, Renew, Switch

JANUARY_15 = date(2026, 1, 15)
IN_THE_WINDOW = date(2026, 12, 16)  # 30 days before the end on 15 January 2027
BEFORE_IT = date(2026, 12, 15)


@pytest.fixture
def small(desk: Any) -> Any:
    """Small for 12 months from 15 January 2026."""
    desk.on(JANUARY_15).paid(New(package="small", months=12))
    return desk


def open_kinds(desk: Any) -> list[str]:
    return [offer.kind for offer in offers(desk.held(), desk.catalog, desk.now) if offer.is_open]


class TestTheTable:
    def test_nothing_held(self, desk: Any) -> None:
        assert open_kinds(desk) == ["new"]

    def test_nothing_held_before_a_term_to_come(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).paid(Renew(months=12))
        small.reversed(small.grants[0])

        assert open_kinds(small.uses(1)) == []
        assert small.offer("new").reason.en == "the next term has been bought already"

    def test_active_with_capacity_that_is_none(self, desk_with: Any) -> None:
        bare = desk_with().catalog.package("small").model_copy(update={"included_gb": 0})
        desk = desk_with(packages=(bare,))
        desk.on(JANUARY_15).paid(New(package="small", months=12))

        assert open_kinds(desk.uses(0)) == ["add_capacity"]  # 0 of 0 is all of it

    def test_trial(self, desk: Any) -> None:
        desk.trial()

        assert open_kinds(desk) == ["new"]

    def test_active_with_capacity_left_before_the_window(self, small: Any) -> None:
        assert open_kinds(small.on(BEFORE_IT).uses(9)) == []

    def test_active_within_the_window(self, small: Any) -> None:
        assert open_kinds(small.on(IN_THE_WINDOW).uses(9)) == ["renew", "switch"]

    def test_active_and_exhausted_before_the_window(self, small: Any) -> None:
        assert open_kinds(small.on(BEFORE_IT).uses(10)) == ["add_capacity", "switch"]

    def test_active_and_exhausted_within_the_window(self, small: Any) -> None:
        assert open_kinds(small.on(IN_THE_WINDOW).uses(10)) == ["add_capacity", "renew", "switch"]

    def test_expired_exhausted_or_not(self, small: Any) -> None:
        assert open_kinds(small.on(date(2027, 1, 15)).uses(1)) == ["renew", "switch"]
        assert open_kinds(small.uses(10)) == ["renew", "switch"]

    def test_suspended(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(10).suspended(small.grants[0])

        assert open_kinds(small) == []
        assert {small.offer(kind).reason.en for kind in ("new", "renew", "switch", "add_capacity")} == {
            "the account is suspended"
        }

    def test_with_a_next_term_that_is_suspended_nothing_can_replace_it(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(9).suspended(small.paid(Renew(months=12)))

        assert open_kinds(small) == []
        assert small.offer("switch").reason.en == "the next term is suspended"

    def test_with_a_next_term_bought_only_a_switch_at_once_can_replace_it(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(9).paid(Renew(months=12))

        assert open_kinds(small) == ["switch"]
        assert small.offer("renew").reason.en == "the next term has been bought already"


class TestPolicies:
    def test_switch_any_time(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch_any_time": True})
        desk.on(JANUARY_15).paid(New(package="small", months=12))

        assert open_kinds(desk.uses(1)) == ["switch"]

    def test_switch_at_end_waits_for_no_second_term(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch": "at_end"})
        desk.on(JANUARY_15).paid(New(package="small", months=12))
        desk.on(IN_THE_WINDOW).uses(9)
        starts_at = desk.offer("switch").starts_at
        desk.paid(Renew(months=12))

        assert starts_at == desk.held().term.end
        assert open_kinds(desk) == []

    def test_add_capacity_threshold(self, desk_with: Any) -> None:
        desk = desk_with(policies={"add_capacity_threshold": 80})
        desk.on(JANUARY_15).paid(New(package="small", months=12))

        assert open_kinds(desk.uses(7.99)) == []
        assert open_kinds(desk.uses(8)) == ["add_capacity"]

    def test_renewal_window(self, desk_with: Any) -> None:
        desk = desk_with(policies={"renewal_window": timedelta(days=60)})
        desk.on(JANUARY_15).paid(New(package="small", months=12))

        assert open_kinds(desk.on(date(2026, 11, 16)).uses(1)) == ["renew", "switch"]


class TestAnOffer:
    def test_shows_packages_terms_and_prices_from_the_smallest_on(self, desk: Any) -> None:
        offer = desk.offer("new")

        assert [package.id for package in offer.packages] == ["small", "large", "huge"]
        term = offer.packages[1].terms[1]
        assert (term.months, term.bonus_months, term.price.minor) == (24, 6, 6_000_000)
        assert [package.extra and package.extra.price.minor for package in offer.packages] == [
            None,
            None,
            3_550_000,
        ]
        assert (offer.reason, offer.starts_at) == (None, None)
        largest = offer.packages[2]
        assert (largest.names.en, largest.tier, largest.included_gb) == ("Huge", 3, 200)
        assert (largest.extra.months, largest.extra.least_steps, largest.extra.most_steps) == (12, 1, 20)

    def test_of_a_renewal_says_that_it_starts_on_the_old_end(self, small: Any) -> None:
        offer = small.on(IN_THE_WINDOW).offer("renew")

        assert offer.starts_at == datetime.fromisoformat("2027-01-15T00:00:00+07:00")
        assert [package.id for package in offer.packages] == ["small"]
        assert small.on(date(2027, 2, 1)).offer("renew").starts_at is None

    def test_of_a_switch_leaves_out_what_is_held(self, small: Any) -> None:
        offer = small.on(IN_THE_WINDOW).uses(1).offer("switch")

        assert [package.id for package in offer.packages] == ["large", "huge"]
        assert offer.starts_at is None

    def test_of_added_capacity_has_steps_and_no_terms(self, small: Any) -> None:
        [package] = small.uses(10).offer("add_capacity").packages

        assert (package.id, package.terms) == ("small", ())
        assert (package.extra.step_gb, package.extra.most_steps) == (5, 20)

    def test_says_of_each_package_whether_it_holds_what_is_used_and_what_more_would_be_needed(
        self, desk: Any
    ) -> None:
        """Only huge takes extra capacity, 1 to 20 steps of 5 GB."""
        desk.on(JANUARY_15).paid(New(package="huge", months=12))
        desk.on(IN_THE_WINDOW)

        def seen(kind: str, used_gb: float) -> dict[str, tuple[int, int | None, bool]]:
            packages = desk.uses(used_gb).offer(kind).packages
            return {item.id: (item.short_gb, item.steps_needed, item.is_full) for item in packages}

        assert seen("switch", 9.5) == {"small": (0, 0, False), "large": (0, 0, False)}
        assert seen("switch", 10) == {"small": (0, 0, True), "large": (0, 0, False)}
        assert seen("switch", 50.5) == {"small": (41, None, True), "large": (1, None, True)}
        assert seen("renew", 205.5) == {"huge": (6, 2, True)}
        assert seen("renew", 300) == {"huge": (100, 20, True)}
        assert seen("renew", 301) == {"huge": (101, None, True)}

    def test_that_is_closed_says_why_in_both_languages_from_when_and_what_instead(self, small: Any) -> None:
        offer = small.on(BEFORE_IT).uses(10).offer("renew")

        assert offer.reason["en"] == "open only in the last 30 days of the term"
        assert offer.reason["vi"] == "chỉ mở trong 30 ngày cuối của kỳ hạn"
        assert offer.opens_at == datetime.fromisoformat("2026-12-16T00:00:00+07:00")
        assert offer.instead == ("add_capacity", "switch")
        assert offer.packages == ()


class TestUsageThatMatters:
    @pytest.mark.parametrize("kind", ["add_capacity", "switch"])
    def test_closes_the_purchase_while_it_is_unknown(self, small: Any, kind: str) -> None:
        assert "is not known at present" in small.on(IN_THE_WINDOW).offer(kind).reason.en

    @pytest.mark.parametrize(
        "purchase", [AddCapacity(steps=1), Switch(package="large", months=12)], ids=lambda each: each.kind
    )
    def test_is_asked_of_the_host_when_it_is_not_fresh(self, small: Any, purchase: Any) -> None:
        small.on(IN_THE_WINDOW)

        with pytest.raises(PurchaseNotOpen) as error:
            check_open(purchase, small.held(), small.catalog, small.now)

        assert error.value.remedy == "Let the host report the usage anew, and ask again"

    def test_closes_it_again_when_it_is_older_than_an_hour(self, small: Any) -> None:
        small.uses(10)
        small.now += timedelta(hours=1)
        just_fresh = open_kinds(small)
        small.now += timedelta(seconds=1)

        assert just_fresh == ["add_capacity", "switch"]
        assert open_kinds(small) == []

    def test_is_not_asked_for_by_a_renewal(self, small: Any) -> None:
        assert open_kinds(small.on(IN_THE_WINDOW)) == ["renew"]


class TestAPackageThatIsNotSoldAnyMore:
    def test_cannot_be_renewed_but_switched_from(self, small: Any, desk_with: Any) -> None:
        later = desk_with(packages=small.catalog.packages[1:])
        later.grants = small.grants
        later.on(IN_THE_WINDOW).uses(10)

        assert open_kinds(later) == ["switch"]
        assert later.offer("renew").reason.en == "this package is not sold any more"
        assert later.offer("add_capacity").reason.en == "this package takes no extra capacity"

    def test_and_was_the_only_other_one_leaves_no_switch(self, small: Any, desk_with: Any) -> None:
        later = desk_with(packages=small.catalog.packages[:1])
        later.grants = small.grants

        assert later.on(IN_THE_WINDOW).uses(1).offer("switch").reason.en == "there is no other package"


class TestAskingForWhatIsNotOpen:
    def test_is_refused_with_the_reason_and_what_is_open_instead(self, small: Any) -> None:
        with pytest.raises(PurchaseNotOpen) as refused:
            small.on(BEFORE_IT).uses(10).quote(Renew(months=12))

        assert refused.value.field == "kind"
        assert refused.value.problem == "open only in the last 30 days of the term"
        assert refused.value.remedy == "Open instead: add capacity, switch"

    def test_says_so_where_nothing_is_open(self, small: Any) -> None:
        with pytest.raises(PurchaseNotOpen, match="Nothing is open at present"):
            small.on(BEFORE_IT).uses(1).quote(New(package="large", months=12))

    @pytest.mark.parametrize(
        "purchase", [AddCapacity(steps=1), Renew(months=12), Switch(package="large", months=12)]
    )
    def test_is_refused_for_all_but_new_where_nothing_is_held(self, desk: Any, purchase: Any) -> None:
        with pytest.raises(PurchaseNotOpen, match=r"^kind: no package is held yet\. Open instead: new\.$"):
            desk.quote(purchase)

    def test_extra_capacity_on_a_package_that_takes_none(self, desk: Any) -> None:
        with pytest.raises(PurchaseNotOpen, match="extra_steps: Small takes no extra capacity at new"):
            desk.quote(New(package="small", months=12, extra_steps=1))

    def test_a_switch_to_the_package_that_is_held(self, small: Any) -> None:
        with pytest.raises(RequestRefused, match="package: this package is held already"):
            small.on(IN_THE_WINDOW).uses(1).quote(Switch(package="small", months=12))

    def test_a_switch_that_extra_capacity_would_make_large_enough(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="large", months=12))
        desk.on(IN_THE_WINDOW).uses(204)

        with pytest.raises(PurchaseNotOpen, match="package: holds 200 GB, 4 GB less than is used"):
            desk.quote(Switch(package="huge", months=12))
        assert desk.quote(Switch(package="huge", months=12, extra_steps=1)).total.minor > 0

    def test_a_switch_is_judged_by_what_is_included_where_no_extra_capacity_is_sold(
        self, desk_with: Any
    ) -> None:
        packages = tuple(
            package.model_copy(update={"extra_capacity_on": ()}) for package in desk_with().catalog.packages
        )
        desk = desk_with(extra_capacity=None, packages=packages)
        desk.on(JANUARY_15).paid(New(package="small", months=12))

        assert desk.on(IN_THE_WINDOW).uses(50).quote(Switch(package="large", months=12)).total.minor > 0

    def test_is_judged_again_when_placed(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(10)
        purchase = AddCapacity(steps=1)
        small.quote(purchase)

        small.uses(9)

        with pytest.raises(PurchaseNotOpen, match="less than 100% of the capacity is used"):
            check_open(purchase, small.held(), small.catalog, small.now)
