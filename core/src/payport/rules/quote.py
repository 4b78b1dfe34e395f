"""A quote: one purchase, priced, for a while. Rules: "Price" and "Quote and order".

The steps, in order: goods → promotions → credit → tax → total. Pure: the same input gives the same quote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from payport.rules.calendar import first_term, local_date
from payport.rules.catalog import Catalog, Package, PackageTerm
from payport.rules.credit import credit_at, credit_line, left_over, surplus_days, taken_off
from payport.rules.document import Document, Id, Instant
from payport.rules.entitlement import Entitlement, Holding, State
from payport.rules.line import Draft, Line, TaxSum, bounded
from payport.rules.money import Money
from payport.rules.openness import check_open
from payport.rules.pricing import added_capacity_line, extra_capacity_line, package_line
from payport.rules.promotions import Asked, apply_promotions
from payport.rules.purchase import AddCapacity, New, Purchase, Renew, Switch
from payport.rules.tax import price_holds_until, with_tax
from payport.rules.words import Text

__all__ = ["Line", "Quote", "TaxSum", "make_quote"]

_NOTHING: Final[Mapping[str, Money]] = MappingProxyType({})


def _not_negative(money: Money) -> Money:
    if money.minor < 0:
        raise ValueError("nobody is owed anything by a quote")
    return money


class Quote(Document):
    """A price that holds until `expires_at`, for an account whose grants do not change meanwhile.

    Args:
        package: which it is about; for added capacity the one that is held.
        entitlement_version: how many grants the account had.
        code: the code that it uses up, as the catalog writes it; None where none is used.
        notes: what the buyer should know besides.
        running_grant: the grant whose term runs at quoting; what is added is priced for that term.
        credited_grants: those whose unused value a switch takes off.
        surplus_days: by which the credit beyond the price lengthens the term.
    """

    id: Id
    account: Annotated[str, Field(min_length=1, max_length=200)]
    purchase: Purchase
    package: Id
    catalog_version: Id
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    prices: Literal["net", "gross"]
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]
    taxes: tuple[TaxSum, ...]
    net: Money
    tax: Money
    total: Annotated[Money, AfterValidator(_not_negative)]
    entitlement_version: Annotated[int, Field(ge=0)]
    code: Annotated[str, Field(max_length=40)] | None
    made_at: Instant
    expires_at: Instant
    notes: tuple[Text, ...] = ()
    running_grant: Id | None = None
    credited_grants: tuple[Id, ...] = ()
    surplus_days: Annotated[int, Field(ge=0)] = 0


def make_quote(
    *,
    id: str,  # noqa: A002
    account: str,
    purchase: New | AddCapacity | Renew | Switch,
    catalog: Catalog,
    entitlement: Entitlement,
    at: datetime,
    code_uses: Mapping[str, int],
    refunded: Mapping[str, Money] = _NOTHING,
) -> Quote:
    """Price a purchase.

    Args:
        entitlement: the account's, at `at`.
        code_uses: for each code as the catalog writes it, the uses that are reserved or spent.
        refunded: for each order number of the account, what of its money was given back; for a switch.
    Raises: PurchaseNotOpen, RequestRefused or NotFound, naming the field.
    """
    case = _Case(purchase, entitlement, catalog, at)
    check_open(purchase, entitlement, catalog, at)
    goods = _goods(case)
    asked = Asked(goods.package.id, goods.term.months if goods.term else None, purchase.code, case.day)
    applied = apply_promotions(goods.lines, asked, catalog, code_uses)
    drafts = (*goods.lines, *applied.discounts)
    credit = _credit(case, goods, drafts, refunded)
    lines, taxes = with_tax((*drafts, *credit.lines), catalog, case.day)
    running = entitlement.held if entitlement.state is State.ACTIVE else None
    return Quote(
        id=id,
        account=account,
        purchase=purchase,
        package=goods.package.id,
        catalog_version=catalog.version,
        currency=catalog.currency,
        prices=catalog.prices,
        lines=lines,
        taxes=taxes,
        net=_sum([line.net for line in lines], catalog),
        tax=_sum([line.tax for line in lines], catalog),
        total=_sum([line.gross for line in lines], catalog),
        entitlement_version=entitlement.version,
        code=applied.code,
        made_at=at,
        expires_at=price_holds_until(catalog, at, catalog.policies.quote_lifetime),
        notes=(*applied.notes, *credit.notes),
        running_grant=running.grant if running else None,
        credited_grants=credit.grants,
        surplus_days=credit.surplus_days,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    purchase: New | AddCapacity | Renew | Switch
    entitlement: Entitlement
    catalog: Catalog
    at: datetime

    @property
    def day(self) -> date:
        return local_date(self.at, self.catalog.zone)

    @property
    def held(self) -> Holding:
        assert self.entitlement.held is not None, "a purchase that needs a term was refused without one"
        return self.entitlement.held


@dataclass(frozen=True, slots=True)
class _Goods:
    package: Package
    term: PackageTerm | None
    lines: tuple[Draft, ...]


def _goods(case: _Case) -> _Goods:
    """The lines of what is bought; `check_open` has seen that all of it is sold."""
    match case.purchase:
        case AddCapacity(steps=steps):
            held = case.held
            line = added_capacity_line(steps, held.term, case.catalog, case.at)
            return _Goods(case.catalog.package(held.line.package), None, (line,))
        case Renew(months=months, extra_steps=steps):
            package = case.catalog.package(case.held.line.package)
        case (
            New(package=id, months=months, extra_steps=steps)
            | Switch(package=id, months=months, extra_steps=steps)
        ):
            package = case.catalog.package(id)
    term = package.term(months)
    lines = [package_line(package, term)]
    if steps:
        lines.append(extra_capacity_line(steps, term, case.catalog))
    return _Goods(package, term, tuple(lines))


@dataclass(frozen=True, slots=True)
class _Credit:
    lines: tuple[Draft, ...] = ()
    grants: tuple[str, ...] = ()
    surplus_days: int = 0
    notes: tuple[Text, ...] = ()


def _credit(case: _Case, goods: _Goods, drafts: Sequence[Draft], refunded: Mapping[str, Money]) -> _Credit:
    """At a switch at once: a negative line, and what it leaves of the credit as days."""
    if case.purchase.kind != "switch" or case.catalog.policies.switch == "at_end" or goods.term is None:
        return _Credit()
    credit = credit_at(case.entitlement, case.catalog, case.at, refunded)
    taken = taken_off(credit.value, drafts, goods.package, case.catalog, case.day)
    lines = (credit_line(taken, credit, case.held, goods.package, case.catalog),) if taken else ()
    term = first_term(
        case.at, zone=case.catalog.zone, months=goods.term.months, bonus_months=goods.term.bonus_months
    )
    rest = credit.value - taken
    days = surplus_days(rest, drafts, term, case.catalog)
    notes = (left_over(rest, case.catalog),) if rest and not days else ()
    return _Credit(lines, credit.grants, days, notes)


def _sum(amounts: Sequence[Money], catalog: Catalog) -> Money:
    return Money(bounded(sum(amount.minor for amount in amounts), field="total"), catalog.currency)
