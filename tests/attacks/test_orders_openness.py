"""ORD-12: purchases that no page offers, asked for all the same: refused, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from payport.errors import PurchaseNotOpen, RequestRefused
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.shop import NOON, Shop
from tests.support.unmoved import nothing_moves

OpenSeller = Callable[..., Shop]

STANDARD: Final = New(package="standard", months=12)
ENTERPRISE: Final = New(package="enterprise", months=12)
IN_MID_TERM: Final = datetime(2027, 5, 24, 5, tzinfo=UTC)
IN_THE_WINDOW: Final = datetime(2027, 11, 14, 5, tzinfo=UTC)
PURCHASES: Final[Mapping[str, New | AddCapacity | Renew | Switch]] = {
    "new": STANDARD,
    "add capacity": AddCapacity(steps=1),
    "renew": Renew(months=12),
    "switch": Switch(package="enterprise", months=12),
}


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


@pytest.fixture
def holder(customer: Customer) -> Customer:
    """Holds Standard until 24 November 2027."""
    customer.buys(STANDARD)
    return customer


OPEN: Final[Mapping[str, tuple[datetime | None, float, set[str]]]] = {  # when, GB used of 10, what is open
    "nothing is held": (None, 0, {"new"}),
    "just bought": (NOON + timedelta(days=1), 0, set()),
    "a byte short of exhausted": (IN_MID_TERM, 10 - 2**-30, set()),
    "exhausted in mid-term": (IN_MID_TERM, 10, {"add capacity", "switch"}),
    "31 days before the end": (datetime(2027, 10, 24, 5, tzinfo=UTC), 1, set()),
    "a second before the window": (datetime(2027, 10, 24, 16, 59, 59, tzinfo=UTC), 1, set()),
    "at the midnight of the window": (datetime(2027, 10, 24, 17, tzinfo=UTC), 1, {"renew", "switch"}),
    "exhausted in the window": (IN_THE_WINDOW, 11, {"add capacity", "renew", "switch"}),
    "a second before the end": (
        datetime(2027, 11, 23, 16, 59, 59, tzinfo=UTC),
        10,
        {"add capacity", "renew", "switch"},
    ),
    "at the end": (datetime(2027, 11, 23, 17, tzinfo=UTC), 10, {"renew", "switch"}),
    "long expired": (datetime(2030, 1, 1, tzinfo=UTC), 0, {"renew", "switch"}),
}


class TestAPurchaseThatIsNotOffered:
    def test_ORD_12_is_refused_with_the_reason_and_what_is_open_instead(self, shop: Shop) -> None:
        """Standard runs until the local midnight of 24 November 2027, 17:00 UTC of the day before."""
        for situation, (at, gb, is_open) in OPEN.items():
            shop.clock.now = NOON
            customer = Customer(shop, situation)
            if at is not None:
                customer.buys(STANDARD)
                customer.on(at, gb=gb)
            for kind, purchase in PURCHASES.items():
                if kind in is_open:
                    assert customer.quote(purchase).purchase == purchase, situation
                    continue
                with pytest.raises(PurchaseNotOpen) as refused, nothing_moves(shop):
                    customer.quote(purchase)
                assert refused.value.field == "kind"
                assert refused.value.problem
                named = refused.value.remedy.removeprefix("Open instead: ").split(", ")
                assert set(named) == (is_open or {"Nothing is open at present"}), (situation, kind)

    def test_ORD_12_while_a_trial_runs_is_all_but_a_first_package(self, customer: Customer) -> None:
        customer.shop.payport.start_trial(customer.account)
        customer.uses(10)

        for kind in ("add capacity", "renew", "switch"):
            with pytest.raises(PurchaseNotOpen):
                customer.quote(PURCHASES[kind])
        assert customer.quote(STANDARD).total == vnd(1_100_000)

    def test_ORD_12_while_the_next_term_stands_is_another_renewal(self, holder: Customer) -> None:
        holder.on(IN_THE_WINDOW, gb=10).buys(Renew(months=12))

        for purchase in (Renew(months=12), STANDARD):
            with pytest.raises(PurchaseNotOpen):
                holder.quote(purchase)

    def test_ORD_12_with_extra_capacity_that_the_package_does_not_take_is_refused(
        self, holder: Customer
    ) -> None:
        other = Customer(holder.shop, "khach-2")
        big = Customer(holder.shop, "khach-3")
        big.buys(ENTERPRISE)
        big.on(IN_THE_WINDOW, gb=1)
        holder.on(IN_THE_WINDOW, gb=10)

        for buyer, purchase in (
            (other, New(package="standard", months=12, extra_steps=1)),
            (holder, Renew(months=12, extra_steps=1)),
            (big, Switch(package="standard", months=12, extra_steps=1)),
        ):
            with pytest.raises(PurchaseNotOpen) as refused:
                buyer.quote(purchase)
            assert refused.value.field == "extra_steps"
            assert "Standard" in refused.value.problem

    def test_ORD_12_in_mid_term_where_the_package_sells_none_is_refused(
        self, open_seller: OpenSeller
    ) -> None:
        none = catalog_text(
            ('extra_capacity_on = ["add_capacity"]', "extra_capacity_on = []"),
            ('extra_capacity_on = ["new", "renew", "switch", "add_capacity"]', "extra_capacity_on = []"),
        )
        customer = Customer(open_seller(catalog=none))
        customer.buys(STANDARD)

        with pytest.raises(PurchaseNotOpen) as refused:
            customer.on(IN_MID_TERM, gb=10).quote(AddCapacity(steps=1))
        assert "takes no extra capacity" in refused.value.problem

    def test_ORD_12_of_the_package_that_is_held_or_of_one_too_small_is_refused(self, shop: Shop) -> None:
        big = Customer(shop)
        big.buys(ENTERPRISE)

        for minute, gb, package, problem in (
            (0, 100, "enterprise", "held already"),
            (1, 10 + 2**-30, "standard", "1 GB less"),
            (2, 100, "standard", "90 GB less"),
        ):
            big.on(IN_THE_WINDOW + timedelta(minutes=minute), gb=gb)
            with pytest.raises(RequestRefused) as refused:
                big.quote(Switch(package=package, months=12))
            assert refused.value.field == "package"
            assert problem in refused.value.problem
        big.on(IN_THE_WINDOW + timedelta(minutes=3), gb=10)
        assert big.quote(Switch(package="standard", months=12)).package == "standard"

    @pytest.mark.parametrize(
        "purchase", [AddCapacity(steps=1), Switch(package="enterprise", months=12)], ids=["add", "switch"]
    )
    def test_ORD_12_on_a_usage_that_is_not_known_well_is_refused(
        self, holder: Customer, purchase: Any
    ) -> None:
        shop = holder.shop
        shop.clock.now = IN_MID_TERM
        with pytest.raises(PurchaseNotOpen) as never:
            holder.quote(purchase)
        holder.uses(10)
        shop.clock.forward(hours=1)
        quote = holder.quote(purchase)
        shop.clock.forward(seconds=1)

        with pytest.raises(PurchaseNotOpen) as old:
            holder.quote(purchase)
        with pytest.raises(PurchaseNotOpen) as placed, nothing_moves(shop):
            holder.places(quote)

        for refused in (never, old, placed):
            assert "report the usage anew" in refused.value.remedy

    def test_ORD_12_is_judged_again_when_it_is_placed(self, holder: Customer) -> None:
        """A usage report makes no new version of what is held; what is open goes by it all the same."""
        holder.on(IN_MID_TERM, gb=10)
        add, switch = (
            holder.quote(AddCapacity(steps=1)),
            holder.quote(Switch(package="enterprise", months=12)),
        )
        holder.shop.clock.forward(minutes=1)

        holder.uses(9)
        for quote in (add, switch):
            with pytest.raises(PurchaseNotOpen) as refused, nothing_moves(holder.shop):
                holder.places(quote)
            assert refused.value.field == "kind"
        holder.shop.clock.forward(minutes=1)
        holder.uses(101)
        with pytest.raises(PurchaseNotOpen) as too_small, nothing_moves(holder.shop):
            holder.places(switch)

        assert too_small.value.field == "package"
        assert holder.places(add).state is OrderState.PLACED
