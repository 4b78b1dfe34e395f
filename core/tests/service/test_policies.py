"""Each policy of the catalog is in effect where a buyer meets it, on both databases.

Left out: `late_success` (test_part_payments.py, test_receiving.py), `four_eyes_above` (test_confirming.py)
and `order_only_lifetime` (test_order_only.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from payport.errors import PurchaseNotOpen, QuoteExpired, RequestRefused
from payport.rules.money import vnd
from payport.rules.order import State
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.oracle import check_invariants
from tests.support.shop import NOON, Shop, open_shop

STANDARD = New(package="standard", months=12)
ENTERPRISE = New(package="enterprise", months=12)

Open = Callable[..., Customer]


@pytest.fixture
def by(database_url: str, tmp_path: Path) -> Iterator[Open]:
    """A customer of a shop whose catalog has these policies, and these changes."""
    opened: list[Shop] = []

    def open_(policies: str = "", *changes: tuple[str, str]) -> Customer:
        opened.append(open_shop(tmp_path, database_url, catalog=catalog_text(*changes, policies=policies)))
        return Customer(opened[-1])

    yield open_
    for shop in opened:
        check_invariants(shop.payport)
        shop.payport.close()


def open_kinds(customer: Customer) -> set[str]:
    return {offer.kind for offer in customer.shop.payport.offers(customer.account) if offer.is_open}


def days_left(customer: Customer) -> int:
    term = customer.held.term
    assert term is not None
    return term.remaining(customer.shop.clock())


def the_day(customer: Customer, days_before_end: int) -> None:
    held = customer.held
    assert held.valid_to is not None
    customer.shop.clock.now = NOON + (held.valid_to - NOON.date()) - timedelta(days=days_before_end - 1)
    assert days_left(customer) == days_before_end


class TestTheRenewalWindow:
    @pytest.mark.parametrize(("policy", "days"), [("", 30), ("renewal_window = { days = 60 }", 60)])
    def test_opens_a_renewal_that_many_days_before_the_end(self, by: Open, policy: str, days: int) -> None:
        customer = by(policy)
        customer.buys(STANDARD)

        the_day(customer, days + 1)
        assert "renew" not in open_kinds(customer)
        the_day(customer, days)
        assert "renew" in open_kinds(customer)
        assert customer.buys(Renew(months=12)).state is State.PAID


class TestTheThresholdForMoreCapacity:
    @pytest.mark.parametrize(("policy", "least"), [("", 10), ("add_capacity_threshold = 80", 8)])
    def test_is_a_share_of_what_is_held(self, by: Open, policy: str, least: int) -> None:
        customer = by(policy)
        customer.buys(STANDARD)
        customer.uses(least - 0.5)
        assert "add_capacity" not in open_kinds(customer)

        customer.shop.clock.forward(minutes=1)
        customer.uses(least)

        assert customer.buys(AddCapacity(steps=1)).state is State.PAID


class TestTheAgeOfAUsageReport:
    @pytest.mark.parametrize(("policy", "minutes"), [("", 60), ("usage_max_age = { minutes = 5 }", 5)])
    def test_closes_what_depends_on_it_until_the_host_reports_anew(
        self, by: Open, policy: str, minutes: int
    ) -> None:
        customer = by(policy)
        customer.buys(STANDARD)
        customer.uses(10)
        customer.shop.clock.forward(minutes=minutes)
        quote = customer.quote(AddCapacity(steps=1))

        customer.shop.clock.forward(seconds=1)

        with pytest.raises(PurchaseNotOpen, match="report the usage anew"):
            customer.quote(AddCapacity(steps=1))
        with pytest.raises(PurchaseNotOpen, match="report the usage anew"):
            customer.places(quote)
        customer.uses(10)
        assert customer.places(quote).state is State.PLACED


class TestSwitching:
    def test_is_closed_in_mid_term_unless_the_policy_opens_it(self, by: Open) -> None:
        customer = by()
        customer.buys(STANDARD)
        customer.uses(1)

        assert "switch" not in open_kinds(customer)

    def test_at_any_time_and_at_once_credits_the_old_term(self, by: Open) -> None:
        customer = by("switch_any_time = true")
        customer.buys(STANDARD)
        customer.uses(1)

        order = customer.buys(Switch(package="enterprise", months=12))

        assert (order.state, customer.held.package) == (State.PAID, "enterprise")
        assert order.total == vnd(9_900_000)  # 10,000,000 less 1,000,000 not used, and 10 % tax

    def test_at_the_end_follows_the_old_term_without_credit(self, by: Open) -> None:
        customer = by('switch_any_time = true\nswitch = "at_end"')
        customer.buys(STANDARD)
        customer.uses(1)

        order = customer.buys(Switch(package="enterprise", months=12))

        assert (order.total, customer.held.package) == (vnd(11_000_000), "standard")
        assert customer.held.future is not None

    @pytest.mark.parametrize(
        ("policy", "longer"), [("", True), ('credit_surplus = "forfeit"', False)], ids=["extend", "forfeit"]
    )
    def test_to_a_cheaper_package_lengthens_the_term_or_forfeits_the_rest(
        self, by: Open, policy: str, longer: bool
    ) -> None:
        customer = by(f"switch_any_time = true\n{policy}")
        customer.buys(ENTERPRISE)
        customer.uses(1)

        order = customer.places(Switch(package="standard", months=12))

        assert (order.state, order.total) == (State.PAID, vnd(0))
        assert days_left(customer) == (10 * 365 if longer else 365)  # the rest is worth nine years more


class TestTheProrationOfCapacity:
    @pytest.mark.parametrize(
        ("policy", "net"),
        [
            ("days", 1_760_411),  # 3,550,000 × 181 of 365 days
            ("months_up", 1_775_000),  # 6 of 12 months
            ("months_down", 1_479_167),  # 5 of 12 months
            ("full", 3_550_000),
        ],
    )
    def test_prices_what_is_added_in_mid_term(self, by: Open, policy: str, net: int) -> None:
        customer = by(f'capacity_proration = "{policy}"')
        customer.buys(STANDARD)
        the_day(customer, 181)
        customer.uses(10)

        quote = customer.quote(AddCapacity(steps=1))

        assert quote.net == vnd(net)
        assert customer.buys(quote).state is State.PAID


class TestTheLifetimes:
    @pytest.mark.parametrize(("policy", "hours"), [("", 24), ("quote_lifetime = { hours = 2 }", 2)])
    def test_of_a_quote(self, by: Open, policy: str, hours: int) -> None:
        customer = by(policy)
        kept, lost = customer.quote(STANDARD), customer.quote(STANDARD)
        customer.shop.clock.forward(hours=hours, seconds=-1)
        assert customer.places(kept).state is State.PLACED

        customer.shop.clock.forward(seconds=1)

        with pytest.raises(QuoteExpired):
            customer.places(lost)

    @pytest.mark.parametrize(("policy", "hours"), [("", 24), ("order_lifetime = { hours = 2 }", 2)])
    def test_of_an_order(self, by: Open, policy: str, hours: int) -> None:
        customer = by(policy)
        order = customer.places(STANDARD)
        customer.shop.clock.forward(hours=hours, seconds=-1)
        customer.shop.payport.work()
        assert customer.shop.payport.order(order.number).state is State.PLACED

        customer.shop.clock.forward(seconds=1)
        customer.shop.payport.work()

        assert customer.shop.payport.order(order.number).state is State.EXPIRED


class TestTheTrial:
    @pytest.mark.parametrize(
        ("policy", "package", "days"),
        [("", "standard", 30), ('trial_package = "enterprise"\ntrial_days = 14', "enterprise", 14)],
    )
    def test_is_of_the_policys_package_and_length(
        self, by: Open, policy: str, package: str, days: int
    ) -> None:
        customer = by(policy)

        held = customer.shop.payport.start_trial(customer.account)

        assert (held.package, days_left(customer)) == (package, days)


class TestTheTaxPoint:
    """VAT is 8 % until the midnight after the first quote, and 10 % from then on."""

    REDUCED = (
        "percent = 10\n\n",
        "percent = 10\nreduced = [{ percent = 8, since = 2026-01-01, before = 2026-11-25 }]\n\n",
    )

    def test_of_the_quote_lets_it_live_across_the_change(self, by: Open) -> None:
        customer = by("", self.REDUCED)
        quote = customer.quote(STANDARD)
        customer.shop.clock.forward(hours=23)

        order = customer.buys(quote)

        assert (order.state, order.quote.tax) == (State.PAID, vnd(80_000))

    def test_of_the_payment_has_a_quote_across_the_change_made_anew(self, by: Open) -> None:
        customer = by('tax_point = "payment"', self.REDUCED)
        quote = customer.quote(STANDARD)
        customer.shop.clock.forward(hours=12)  # midnight in Việt Nam

        with pytest.raises(QuoteExpired):
            customer.places(quote)

        assert customer.quote(STANDARD).tax == vnd(100_000)

    def test_of_the_payment_begins_no_payment_by_the_old_rate_after_the_change(self, by: Open) -> None:
        customer = by('tax_point = "payment"', self.REDUCED)
        order = customer.places(customer.quote(STANDARD))
        assert order.expires_at == datetime.fromisoformat("2026-11-25T00:00:00+07:00")

        customer.shop.clock.forward(hours=12)

        with pytest.raises(RequestRefused, match="its time is over"):
            customer.shop.pay(order)

    def test_of_the_payment_leaves_what_was_begun_in_time_its_price(self, by: Open) -> None:
        """What was handed to a gateway is not priced anew: the buyer pays what the order says."""
        customer = by('tax_point = "payment"', self.REDUCED)
        payment = customer.begins(STANDARD)
        customer.shop.clock.forward(hours=12)

        customer.pays(payment)

        order = customer.shop.payport.order(payment.order_number)
        assert (order.state, order.quote.tax, order.received) == (State.PAID, vnd(80_000), vnd(1_080_000))
