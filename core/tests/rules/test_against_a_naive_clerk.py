"""The same prices by a second way: a clerk with decimals, who shares no arithmetic with the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from core.tests.rules.conftest import AnyPurchase, Desk
from core.tests.rules.strategies import CODE, Choice, catalogs, choices
from payport.errors import RequestRefused
from payport.rules.catalog import Catalog, PackageTerm, Promotion
from payport.rules.grant import Grant
from payport.rules.purchase import AddCapacity, Renew, Switch
from payport.rules.quote import Quote

BEGIN = datetime(2026, 1, 15, 3, tzinfo=UTC)
_EXACT = Context(prec=80)


def rounded(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), ROUND_HALF_UP, _EXACT))


def divided(number: int | Decimal, by: int | Decimal) -> Decimal:
    return _EXACT.divide(Decimal(number), Decimal(by))


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """Each its part cut off; then one more to whoever lost most, the earlier first."""
    parts = [divided(amount * weight, sum(weights)) for weight in weights]
    given = [int(part.quantize(Decimal(1), ROUND_FLOOR, _EXACT)) for part in parts]
    while sum(given) < amount:
        lost = [part - whole for part, whole in zip(parts, given, strict=True)]
        given[lost.index(max(lost))] += 1
    return given


@dataclass
class Bill:
    """What the goods cost, package first where there is one, and what is taken off each of them."""

    kinds: list[str]
    prices: list[int]
    left: list[int]

    def take(self, promotion: Promotion) -> None:
        places = [place for place, kind in enumerate(self.kinds) if kind in promotion.on]
        if promotion.percent is not None:
            cuts = [rounded(divided(self.prices[place] * promotion.percent, 100)) for place in places]
        else:
            room = [self.left[place] for place in places]
            cuts = shared(min(promotion.amount or 0, sum(room)), room) if sum(room) else [0] * len(room)
        for place, cut in zip(places, cuts, strict=True):
            self.left[place] -= min(cut, self.left[place])

    def worth(self, promotion: Promotion) -> int:
        alone = Bill(self.kinds, self.prices, list(self.prices))
        alone.take(promotion)
        return sum(alone.prices) - sum(alone.left)


def billed(catalog: Catalog, kinds: list[str], prices: list[int], code: str | None) -> Bill:
    bill = Bill(kinds, prices, list(prices))
    automatic = [each for each in catalog.promotions if each.code is None and bill.worth(each)]
    best = max(automatic, key=bill.worth, default=None)
    coded = next((each for each in catalog.promotions if each.code == code == CODE), None)
    chosen = [each for each in (best, coded) if each]
    if best and coded and not (best.combines and coded.combines):
        chosen = [best if bill.worth(best) > bill.worth(coded) else coded]
    for promotion in [each for each in chosen if each.percent] + [each for each in chosen if each.amount]:
        bill.take(promotion)
    return bill


def goods(catalog: Catalog, term: PackageTerm, steps: int) -> tuple[list[str], list[int]]:
    extra = catalog.extra_capacity
    assert extra is not None
    price = rounded(divided(extra.price.amount * steps * term.months, extra.price.months))
    return (
        ["package", "extra_capacity"][: 1 + (steps > 0)],
        [term.price, price][: 1 + (steps > 0)],
    )


def with_tax(catalog: Catalog, amounts: list[tuple[str, int]], day: date) -> int:
    """The total of amounts, each with its tax class."""
    by_rate: dict[int, int] = {}
    for name, amount in amounts:
        rate = catalog.tax(name).rate(day)
        by_rate[rate] = by_rate.get(rate, 0) + amount
    if catalog.prices == "gross":
        return sum(by_rate.values())
    return sum(amount + rounded(divided(amount * rate, 100)) for rate, amount in by_rate.items())


def classes(catalog: Catalog, package: str, bill: Bill) -> list[tuple[str, int]]:
    assert catalog.extra_capacity is not None
    tax = {"package": catalog.package(package).tax, "extra_capacity": catalog.extra_capacity.tax}
    return [(tax[kind], left) for kind, left in zip(bill.kinds, bill.left, strict=True)]


def most_before_tax(catalog: Catalog, amounts: list[tuple[str, int]], package: str, day: date) -> int:
    """What a credit may be, in the class of the package, so that nothing is owed to the buyer."""
    if catalog.prices == "gross":
        return sum(amount for _, amount in amounts)
    with_rates = sum(amount * (100 + catalog.tax(name).rate(day)) for name, amount in amounts)
    return with_rates // (100 + catalog.tax(catalog.package(package).tax).rate(day))


def bill_for(catalog: Catalog, quote: Quote) -> Bill:
    purchase = quote.purchase
    assert not isinstance(purchase, AddCapacity)
    kinds, prices = goods(catalog, catalog.package(quote.package).term(purchase.months), purchase.extra_steps)
    return billed(catalog, kinds, prices, purchase.code)


def bought_at(desk: Desk, purchase: AnyPurchase) -> Quote:
    """Never mind one that is refused: a code can be for goods that are not in it."""
    try:
        return desk.quote(purchase)
    except RequestRefused:
        reject()


@given(catalog=catalogs(), choice=choices)
@settings(max_examples=100, deadline=None)
def test_a_first_purchase_costs_what_a_clerk_comes_to(catalog: Catalog, choice: Choice) -> None:
    quote = bought_at(Desk(catalog, BEGIN), choice.of(catalog, "new"))
    bill = bill_for(catalog, quote)

    assert quote.total.minor == with_tax(catalog, classes(catalog, quote.package, bill), BEGIN.date())


@given(catalog=catalogs(), choice=choices, days=st.integers(0, 300), wish=choices)
@settings(max_examples=100, deadline=None)
def test_a_renewal_or_a_switch_costs_what_a_clerk_comes_to(
    catalog: Catalog, choice: Choice, days: int, wish: Choice
) -> None:
    desk = Desk(catalog, BEGIN)
    held = bought_at(desk, choice.of(catalog, "new"))
    granted = desk.pay(held)
    assert isinstance(granted, Grant)
    end, today = granted.lines[0].term.end_date, BEGIN.date() + timedelta(days=days)
    desk.now += timedelta(days=days)

    purchase = wish.open_at(desk.uses(9))
    assume(isinstance(purchase, Renew | Switch))
    quote = bought_at(desk, purchase)

    bill = bill_for(catalog, quote)
    amounts = classes(catalog, quote.package, bill)
    credit = rest = 0
    if quote.purchase.kind == "switch" and catalog.policies.switch == "at_once":
        whole, left = (end - BEGIN.date()).days, max((end - today).days, 0)
        value = rounded(divided(sum(bill_for(catalog, held).left) * left, whole))
        credit = min(value, sum(bill.left), most_before_tax(catalog, amounts, quote.package, today))
        rest = value - credit
    tax = catalog.package(quote.package).tax
    assert quote.total.minor == with_tax(catalog, [*amounts, (tax, -credit)], today)
    if catalog.policies.credit_surplus == "extend" and sum(bill.left):
        renewed = desk.pay(quote).lines[0].term
        assert quote.surplus_days == rest * (renewed.days - quote.surplus_days) // sum(bill.left)
    else:
        assert quote.surplus_days == 0
