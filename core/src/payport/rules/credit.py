"""What the unused part of a held term is worth at a switch at once. Rules: "Price", credit.

For each live or future grant of the running chain its price × remaining days ÷ its own days; summed exactly,
rounded once; never more than the money that came in for the chain and was not given back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from payport.errors import RequestRefused
from payport.rules.calendar import Term, local_date
from payport.rules.catalog import Catalog, Package
from payport.rules.entitlement import Entitlement, Holding, Received
from payport.rules.grant import Price
from payport.rules.line import Draft
from payport.rules.money import MOST_MINOR, Money
from payport.rules.rounding import half_up
from payport.rules.words import say

__all__ = [
    "MOST_SURPLUS_DAYS", "Credit", "credit_at", "credit_line", "creditable", "surplus_days", "taken_off",
]  # fmt: skip

MOST_SURPLUS_DAYS: Final = 36_500


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
    Raises: RequestRefused, naming `kind`, for more than money can hold.
    """
    unused = _unused(entitlement, at)
    exact = sum((_priced(each.price, catalog) * each.part for each in unused), Fraction(0))
    value = min(half_up(exact), _kept(entitlement.chain, catalog, refunded))
    if value > MOST_MINOR:
        raise RequestRefused(
            field="kind",
            problem="the unused value is more than money can hold",
            remedy="Use up some of it first",
        )
    return Credit(value=value, grants=_grants_of(unused))


def creditable(entitlement: Entitlement, at: datetime) -> tuple[str, ...]:
    """The grants with a price of which days are left, each once, in order."""
    return _grants_of(_unused(entitlement, at))


def taken_off(value: int, drafts: Sequence[Draft], package: Package, catalog: Catalog, day: date) -> int:
    """How much of the credit's value its line takes: at most the sum of the new lines after promotions.

    Where those lines have several rates and prices are net, less, so that no tax is owed to the buyer.
    """
    due = sum(draft.amount for draft in drafts)
    if catalog.prices == "net":
        with_tax = sum(draft.amount * (100 + catalog.tax(draft.tax).rate(day)) for draft in drafts)
        due = min(due, with_tax // (100 + catalog.tax(package.tax).rate(day)))
    return min(value, due)


def surplus_days(rest: int, drafts: Sequence[Draft], term: Term, catalog: Catalog) -> int:
    """Whole days of the new term that the rest of the credit is worth, by the policy `credit_surplus`.

    Raises: RequestRefused, naming `package`, for more of them than a term may have.
    """
    due = sum(draft.amount for draft in drafts)
    if due == 0 or catalog.policies.credit_surplus == "forfeit":
        return 0
    days = rest * term.days // due
    if days > MOST_SURPLUS_DAYS:
        raise RequestRefused(
            field="package",
            problem="the unused value would lengthen the term by more than a century",
            remedy="Choose a larger package or a longer term",
        )
    return days


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


def _grants_of(unused: Sequence[_Unused]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.grant for each in unused if each.price.gross.minor))


def _unused(entitlement: Entitlement, at: datetime) -> list[_Unused]:
    """What has a price and days left of its own: none of those that staff have added at its end."""
    unused: list[_Unused] = []
    for holding in (entitlement.held, entitlement.future):
        if holding is None:
            continue
        own, left = holding.line.term, holding.term.remaining(at)
        days_left = min(own.remaining(at), left)
        if holding.line.price is not None and days_left > 0:
            unused.append(_Unused(holding.grant, holding.line.price, Fraction(days_left, own.days)))
        for grant, line in holding.extra:
            days = (line.end_date - line.start_date).days
            days_left = min((line.end_date - local_date(at, own.zone)).days, days, left)
            if line.price is not None and days_left > 0:
                unused.append(_Unused(grant, line.price, Fraction(days_left, days)))
    return unused


def _kept(chain: Sequence[Received], catalog: Catalog, refunded: Mapping[str, Money]) -> int:
    """Money of the chain that is still ours; in a net catalog less its tax, at each order's own rate.

    Where a credit carried a higher rate than the goods, an order's tax is below zero: less it there may be
    more than came in, and that is never credited.
    """
    money, net = 0, Fraction(0)
    for received in chain:
        total, before_tax = received.paid.total, received.paid.net.minor
        back = refunded.get(received.order_number, Money(0, total.currency))
        still = max(_in_currency(total - back, catalog), 0)
        money += still
        net += Fraction(before_tax * still, total.minor) if total.minor else before_tax
    return min(int(net), money) if catalog.prices == "net" else money


def _priced(price: Price, catalog: Catalog) -> int:
    return _in_currency(price.net if catalog.prices == "net" else price.gross, catalog)


def _in_currency(money: Money, catalog: Catalog) -> int:
    """Raises: Defect, where the chain was paid in another currency than the catalog's."""
    return (Money(0, catalog.currency) + money).minor
