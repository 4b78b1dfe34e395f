"""What the unused part of a held term is worth at a switch at once. Rules: "Price", credit.

For each live or future grant of the running chain its price × remaining days ÷ its own days; summed exactly,
rounded once; never more than the money that came in for the chain and was not given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from payport.rules.words import Text, say

__all__ = [
    "MOST_SURPLUS_DAYS", "Credit", "Part", "credit_at", "credit_line", "creditable", "left_over",
    "surplus_days", "taken_off",
]  # fmt: skip

MOST_SURPLUS_DAYS: Final = 36_500
_MOST_SHOWN: Final = 6  # parts of a sum that a person still reads; the others are shown as one


@dataclass(frozen=True, slots=True)
class Part:
    """One price, and how many of the days that it bought are left."""

    price: Money
    days_left: int
    days: int


@dataclass(frozen=True, slots=True)
class Credit:
    """What is unused; net or gross as the catalog's prices are.

    Args:
        worth: of all parts, by days, in minor units.
        received: the money of the chain that is still ours, in minor units.
        grants: those that it uses up.
    """

    parts: tuple[Part, ...]
    worth: int
    received: int
    grants: tuple[str, ...]

    @property
    def value(self) -> int:
        return min(self.worth, self.received)


@dataclass(frozen=True, slots=True)
class _Unused:
    grant: str
    price: Price
    days_left: int
    days: int


def credit_at(
    entitlement: Entitlement, catalog: Catalog, at: datetime, refunded: Mapping[str, Money]
) -> Credit:
    """The most that a switch at `at` may take off.

    Args:
        refunded: for each order number, what of its own money was given back.
    Raises: RequestRefused, naming `kind`, for more than money can hold.
    """
    unused = list(_unused(entitlement, at))
    parts = tuple(Part(_priced(each.price, catalog), each.days_left, each.days) for each in unused)
    worth = half_up(_exact(parts))
    if worth > MOST_MINOR:
        raise RequestRefused(
            field="kind",
            problem="the unused value is more than money can hold",
            remedy="Use up some of it first",
        )
    return Credit(parts, worth, _kept(entitlement.chain, catalog, refunded), _grants_of(unused))


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


def left_over(rest: int, catalog: Catalog) -> Text:
    """What the buyer should know where the rest of the credit gives no day: it is forfeited."""
    return say(
        "Giá trị chưa dùng còn dư {rest} không được chuyển sang kỳ hạn mới",
        "{rest} of the unused value is left over, and is not carried into the new term",
        rest=Money(rest, catalog.currency),
    )


def credit_line(taken: int, credit: Credit, held: Holding, package: Package, catalog: Catalog) -> Draft:
    """A negative line in the tax class of the new package. `taken`: what it takes of the credit's value."""
    return Draft(
        kind="credit",
        on="package",
        title=say("Giá trị còn lại của {names}", "Unused value of {names}", names=held.line.names),
        quantity=1,
        unit=say("lần trừ", "credit"),
        unit_price=-taken,
        amount=-taken,
        how=_how(taken, credit, catalog),
        tax=package.tax,
    )


def _how(taken: int, credit: Credit, catalog: Catalog) -> Text:
    """The sum with its numbers, then what bounds it: the money received, and the price of what is bought."""
    words = say(
        "giá đã tính × số ngày còn lại ÷ số ngày của kỳ hạn: {parts} = {worth}",
        "price × days left ÷ days of the term: {parts} = {worth}",
        parts=_parts_words([part for part in credit.parts if part.price.minor], catalog),
        worth=Money(credit.worth, catalog.currency),
    )
    if credit.value < credit.worth:
        received = Money(credit.received, catalog.currency)
        if catalog.prices == "net":
            received_words = say(
                "{money} đã nhận, chưa gồm thuế", "{money} received for it, without tax", money=received
            )
        else:
            received_words = say("{money} đã nhận", "{money} received for it", money=received)
        words = say(
            "{words}; nhiều nhất là {most}", "{words}; at most the {most}", words=words, most=received_words
        )
    if taken < credit.value:
        words = say(
            "{words}; trong đó trừ vào giá {taken}",
            "{words}; {taken} of it off this price",
            words=words,
            taken=Money(taken, catalog.currency),
        )
    return words


def _parts_words(parts: Sequence[Part], catalog: Catalog) -> Text:
    """Each part, as many as a person still reads, and the others as one."""
    shown = [
        say(
            "{price} × {left} ÷ {days}",
            "{price} × {left} ÷ {days}",
            price=part.price,
            left=part.days_left,
            days=part.days,
        )
        for part in parts[:_MOST_SHOWN]
    ]
    others = parts[_MOST_SHOWN:]
    if others:
        sum_of_others = Money(half_up(_exact(others)), catalog.currency)
        shown.append(say("{sum} của {n} phần khác", "{sum} of {n} more", sum=sum_of_others, n=len(others)))
    return Text(vi=" + ".join(words.vi for words in shown), en=" + ".join(words.en for words in shown))


def _exact(parts: Sequence[Part]) -> Fraction:
    return sum((Fraction(part.price.minor * part.days_left, part.days) for part in parts), Fraction(0))


def _grants_of(unused: Iterable[_Unused]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.grant for each in unused if each.price.gross.minor))


def _unused(entitlement: Entitlement, at: datetime) -> Iterator[_Unused]:
    """What has a price and days left of its own: none of those that staff have added at its end."""
    for holding in (entitlement.held, entitlement.future):
        if holding is None:
            continue
        own, left = holding.line.term, holding.term.remaining(at)
        days_left = min(own.remaining(at), left)
        if holding.line.price is not None and days_left > 0:
            yield _Unused(holding.grant, holding.line.price, days_left, own.days)
        for grant, line in holding.extra:
            days = (line.end_date - line.start_date).days
            days_left = min((line.end_date - local_date(at, own.zone)).days, days, left)
            if line.price is not None and days_left > 0:
                yield _Unused(grant, line.price, days_left, days)


def _kept(chain: Sequence[Received], catalog: Catalog, refunded: Mapping[str, Money]) -> int:
    """Money of the chain that is still ours; in a net catalog less its tax, at each order's own rate.

    Where a credit carried a higher rate than the goods, an order's tax is below zero: less it there may be
    more than came in, and that is never credited.
    """
    money, net = 0, Fraction(0)
    for received in chain:
        total, before_tax = received.paid.total, received.paid.net.minor
        back = refunded.get(received.order_number, Money(0, total.currency))
        still = max(_in_currency(total - back, catalog).minor, 0)
        money += still
        net += Fraction(before_tax * still, total.minor) if total.minor else before_tax
    return min(int(net), money) if catalog.prices == "net" else money


def _priced(price: Price, catalog: Catalog) -> Money:
    return _in_currency(price.net if catalog.prices == "net" else price.gross, catalog)


def _in_currency(money: Money, catalog: Catalog) -> Money:
    """The same. Raises: Defect, where the chain was paid in another currency than the catalog's."""
    return Money(0, catalog.currency) + money
