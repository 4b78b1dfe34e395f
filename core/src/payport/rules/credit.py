"""What the unused part of a held term is worth at a switch at once. Rules: "Price", credit.

For each live or future grant of the running chain its price × remaining days ÷ its own days; summed exactly,
rounded once; never more than the money that came in for the chain and was not given back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from payport.rules.calendar import Term, local_date
from payport.rules.catalog import Catalog, Package
from payport.rules.entitlement import Entitlement, Holding
from payport.rules.grant import CapacityLine, Price
from payport.rules.line import Draft
from payport.rules.money import Money
from payport.rules.rounding import half_up
from payport.rules.words import say

__all__ = ["Credit", "credit_at", "credit_line", "creditable", "surplus_days", "taken_off"]


@dataclass(frozen=True, slots=True)
class Credit:
    """`value` in minor units, net or gross as the catalog's prices are; and whose grants it uses up."""

    value: int
    grants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Unused:
    grant: str
    price: Price
    part: Fraction


def credit_at(
    entitlement: Entitlement, catalog: Catalog, at: datetime, refunded: Mapping[str, Money]
) -> Credit:
    """The most that a switch at `at` may take off.

    Args:
        refunded: for each order number, what of its own money was given back.
    """
    exact = sum(
        (_priced(unused.price, catalog) * unused.part for unused in _unused(entitlement, at)), Fraction(0)
    )
    return Credit(
        value=min(half_up(exact), _kept(entitlement, catalog, refunded)),
        grants=creditable(entitlement, at),
    )


def creditable(entitlement: Entitlement, at: datetime) -> tuple[str, ...]:
    """The grants with a price of which days are left, each once, in order."""
    return tuple(
        dict.fromkeys(unused.grant for unused in _unused(entitlement, at) if unused.price.gross.minor)
    )


def taken_off(value: int, drafts: Sequence[Draft], package: Package, catalog: Catalog, day: date) -> int:
    """How much of the credit's value its line takes: at most the sum of the new lines after promotions.

    Where those lines have several rates and prices are net, less, so that no tax is owed to the buyer.
    """
    due = sum(draft.amount for draft in drafts)
    if catalog.prices == "net":
        with_tax = sum((draft.amount * _with_rate(draft.tax, catalog, day) for draft in drafts), Fraction(0))
        due = min(due, int(with_tax / _with_rate(package.tax, catalog, day)))
    return min(value, due)


def surplus_days(rest: int, drafts: Sequence[Draft], term: Term, catalog: Catalog) -> int:
    """Whole days of the new term that the rest of the credit is worth, by the policy `credit_surplus`."""
    due = sum(draft.amount for draft in drafts)
    if due == 0 or catalog.policies.credit_surplus == "forfeit":
        return 0
    return rest * term.days // due


def credit_line(taken: int, value: int, held: Holding, package: Package, catalog: Catalog) -> Draft:
    """A negative line in the tax class of the new package."""
    return Draft(
        kind="credit",
        on="package",
        title=say("Giá trị còn lại của {names}", "Unused value of {names}", names=held.line.names),
        quantity=1,
        unit=say("lần trừ", "credit"),
        unit_price=-taken,
        amount=-taken,
        how=say(
            "giá đã tính × số ngày còn lại ÷ số ngày của kỳ hạn, tổng cộng {value}",
            "price × days left ÷ days of the term, {value} in all",
            value=Money(value, catalog.currency),
        ),
        tax=package.tax,
    )


def _with_rate(tax: str, catalog: Catalog, day: date) -> Fraction:
    return 1 + Fraction(catalog.tax(tax).rate(day), 100)


def _unused(entitlement: Entitlement, at: datetime) -> Iterator[_Unused]:
    for holding in (entitlement.held, entitlement.future):
        if holding is None:
            continue
        left = holding.term.remaining(at)
        if holding.line.price is not None and left:
            own = holding.line.term
            yield _Unused(holding.grant, holding.line.price, Fraction(min(left, own.remaining(at)), own.days))
        for grant, line in holding.extra:
            if line.price is not None and left:
                yield _Unused(grant, line.price, _capacity_part(line, holding, at))


def _capacity_part(line: CapacityLine, holding: Holding, at: datetime) -> Fraction:
    days = (line.end_date - line.start_date).days
    left = (line.end_date - local_date(at, holding.term.zone)).days
    return Fraction(min(max(left, 0), days, holding.term.remaining(at)), days)


def _kept(entitlement: Entitlement, catalog: Catalog, refunded: Mapping[str, Money]) -> int:
    """Money of the chain that is still ours; in a net catalog less its tax, at each order's own rate."""
    kept = Fraction(0)
    for received in entitlement.chain:
        total = received.paid.total.minor
        if total:
            back = refunded.get(received.order_number)
            still = Fraction(max(total - (back.minor if back else 0), 0), total)
            kept += still * (received.paid.net.minor if catalog.prices == "net" else total)
    return int(kept)


def _priced(price: Price, catalog: Catalog) -> int:
    return (price.net if catalog.prices == "net" else price.gross).minor
