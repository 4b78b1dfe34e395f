"""The lines of a price: first as drafted, by the catalog's amounts alone; then finished, with their tax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from payport.errors import RequestRefused
from payport.rules.document import Document, Id
from payport.rules.money import MOST_MINOR, Money
from payport.rules.words import Text

__all__ = ["Draft", "Goods", "Line", "LineKind", "TaxSum", "bounded"]

Goods: TypeAlias = Literal["package", "extra_capacity"]
LineKind: TypeAlias = Literal["package", "extra_capacity", "promotion", "credit"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A line before tax. `amount` is net in a net catalog, gross in a gross one; below zero it takes off.

    Args:
        on: what a promotion takes off from; the goods themselves for their own line.
        unit_price: as the catalog lists it, for one `unit`.
        how: how the amount came about.
    """

    kind: LineKind
    on: Goods
    title: Text
    quantity: int
    unit: Text
    unit_price: int
    amount: int
    how: Text
    tax: str


class Line(Document):
    """A line as shown and kept. `amount` is `net` or `gross`, whichever the catalog's prices are."""

    kind: LineKind
    on: Goods
    title: Text
    quantity: Annotated[int, Field(ge=1)]
    unit: Text
    unit_price: Money
    amount: Money
    how: Text
    tax_class: Id
    treatment: Literal["taxed", "zero_rated", "not_subject"]
    tax_percent: Annotated[int, Field(ge=0, le=100)]
    net: Money
    tax: Money
    gross: Money


class TaxSum(Document):
    """The tax of all lines that have one rate, rounded once."""

    names: Text
    treatment: Literal["taxed", "zero_rated", "not_subject"]
    percent: Annotated[int, Field(ge=0, le=100)]
    net: Money
    tax: Money
    gross: Money


def bounded(minor: int, *, field: str) -> int:
    """The same number. Raises: RequestRefused where money cannot hold it; nothing wraps or is cut."""
    if abs(minor) > MOST_MINOR:
        raise RequestRefused(
            field=field, problem="the price would be more than can be paid", remedy="Choose less of it"
        )
    return minor
