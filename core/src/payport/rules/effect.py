"""What a paid order does: a grant, or review. Rules: "A paid order takes effect on the state at payment".

Thresholds and windows are not asked again. Review means that the money is safe and named, nothing is granted,
and a person is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from payport.errors import Defect
from payport.rules.calendar import Term, first_term, local_date, next_term
from payport.rules.catalog import Catalog
from payport.rules.credit import creditable
from payport.rules.entitlement import Entitlement, State, project
from payport.rules.grant import CapacityLine, Grant, GrantLine, Paid, Price, TermLine
from payport.rules.line import Goods
from payport.rules.money import total
from payport.rules.pricing import extra_capacity_of
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote

__all__ = ["Review", "effect"]


@dataclass(frozen=True, slots=True)
class Review:
    """Nothing is granted. `reason` is for the operator."""

    reason: str


def effect(
    quote: Quote,
    *,
    grants: Sequence[Grant],
    catalog: Catalog,
    paid_at: datetime,
    grant_id: str,
    order_number: str,
) -> Grant | Review:
    """Judge the order on what is held when it is paid, with all applied before it.

    Args:
        grants: all of the account, in order; never one of this order.
        catalog: the quote's own version.
        paid_at: when the money counts as paid. The grant begins then, but never before the last change.
    Raises: Defect, for another account's grants, another catalog, or an order that was granted already.
    """
    _check_belongs(quote, grants, catalog, order_number)
    at = max([paid_at, *(grant.effective_at for grant in grants)])
    lines = _lines(quote, project(grants, at=at), grants[quote.entitlement_version :], catalog, at)
    if isinstance(lines, Review):
        return lines
    return Grant(
        id=grant_id,
        account=quote.account,
        kind="order",
        effective_at=at,
        order_number=order_number,
        lines=lines,
        paid=Paid(net=quote.net, total=quote.total),
    )


def _lines(
    quote: Quote, held: Entitlement, since: Sequence[Grant], catalog: Catalog, at: datetime
) -> tuple[GrantLine, ...] | Review:
    match quote.purchase:
        case New():
            return _new(quote, held, catalog, at)
        case AddCapacity():
            return _add_capacity(quote, held, catalog, at)
        case Switch() if catalog.policies.switch == "at_once":
            return _switch_at_once(quote, held, since, catalog, at)
        case Renew() | Switch():
            return _follow(quote, held, catalog, at)


def _new(quote: Quote, held: Entitlement, catalog: Catalog, at: datetime) -> tuple[GrantLine, ...] | Review:
    if held.state not in {State.NONE, State.TRIAL} or held.future is not None:
        return Review(f"a first package was paid, but the account is {held.state} or has a term to come")
    return _term_lines(quote, catalog, _from_payment(quote, catalog, at), joins="at_once")


def _add_capacity(
    quote: Quote, held: Entitlement, catalog: Catalog, at: datetime
) -> tuple[GrantLine, ...] | Review:
    if held.state is not State.ACTIVE or held.held is None:
        return Review(f"extra capacity was paid, but the account is {held.state}")
    if held.held.grant != quote.running_grant:
        return Review("extra capacity was paid for a term that has ended; another one runs")
    term = held.held.term
    return (_capacity_line(quote, catalog, local_date(at, term.zone), term.end_date),)


def _follow(
    quote: Quote, held: Entitlement, catalog: Catalog, at: datetime
) -> tuple[GrantLine, ...] | Review:
    """A renewal, or a switch at the end: after the running term, or from payment when it has ended."""
    if held.state is State.EXPIRED and held.future is None:
        return _term_lines(quote, catalog, _from_payment(quote, catalog, at), joins="at_once")
    if held.state is not State.ACTIVE or held.held is None:
        return Review(f"a following term was paid, but the account is {held.state}")
    if held.future is not None:
        return Review("a following term was paid, but one stands already")
    months, bonus = _months(quote, catalog)
    term = next_term(held.held.term, months=months, bonus_months=bonus)
    return _term_lines(quote, catalog, term, joins="at_end")


def _switch_at_once(
    quote: Quote, held: Entitlement, since: Sequence[Grant], catalog: Catalog, at: datetime
) -> tuple[GrantLine, ...] | Review:
    """`since`: the grants that came after the quote was made."""
    if held.state not in {State.ACTIVE, State.EXPIRED}:
        return Review(f"a switch was paid, but the account is {held.state}")
    if held.future is not None and held.future.is_suspended:
        return Review("a switch was paid, but the term that it would replace is suspended")
    credited = set(quote.credited_grants)
    if any(grant.of in credited for grant in since):
        return Review("a switch was paid with the credit of a grant that was taken back or suspended since")
    if not credited <= held.standing:
        return Review("a switch was paid with a credit that another switch has spent")
    if not set(creditable(held, at)) <= credited:
        return Review("a switch was paid, but something bought since its quote would be lost uncredited")
    return _term_lines(quote, catalog, _from_payment(quote, catalog, at), joins="at_once")


def _from_payment(quote: Quote, catalog: Catalog, at: datetime) -> Term:
    months, bonus = _months(quote, catalog)
    return first_term(
        at, zone=catalog.zone, months=months, bonus_months=bonus, surplus_days=quote.surplus_days
    )


def _months(quote: Quote, catalog: Catalog) -> tuple[int, int]:
    assert not isinstance(quote.purchase, AddCapacity), "added capacity has no term of its own"
    term = catalog.package(quote.package).term(quote.purchase.months)
    return term.months, term.bonus_months


def _term_lines(
    quote: Quote, catalog: Catalog, term: Term, *, joins: Literal["at_once", "at_end"]
) -> tuple[GrantLine, ...]:
    package = catalog.package(quote.package)
    line = TermLine(
        package=package.id,
        names=package.names,
        included_gb=package.included_gb,
        term=term,
        joins=joins,
        price=_price(quote, "package"),
    )
    if _steps(quote) == 0:
        return (line,)
    return (line, _capacity_line(quote, catalog, term.start_date, term.end_date))


def _capacity_line(quote: Quote, catalog: Catalog, start_date: date, end_date: date) -> CapacityLine:
    return CapacityLine(
        gb=_steps(quote) * extra_capacity_of(catalog).step_gb,
        start_date=start_date,
        end_date=end_date,
        price=_price(quote, "extra_capacity"),
    )


def _steps(quote: Quote) -> int:
    purchase = quote.purchase
    return purchase.steps if isinstance(purchase, AddCapacity) else purchase.extra_steps


def _price(quote: Quote, goods: Goods) -> Price:
    """After promotions, before credit."""
    lines = [line for line in quote.lines if line.on == goods and line.kind != "credit"]
    return Price(
        net=total([line.net for line in lines], quote.currency),
        gross=total([line.gross for line in lines], quote.currency),
    )


def _check_belongs(quote: Quote, grants: Sequence[Grant], catalog: Catalog, order_number: str) -> None:
    if (
        catalog.version != quote.catalog_version
        or any(grant.account != quote.account for grant in grants)
        or any(grant.kind == "order" and grant.order_number == order_number for grant in grants)
    ):
        raise Defect(
            field="quote",
            problem="met another account's grants, another catalog, or its own grant",
            remedy="Grant nothing, and look at the order",
        )
