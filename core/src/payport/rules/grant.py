"""Grants: the entries that gave or took what an account may use. Nothing is edited; a later grant answers.

Lines say what is given, with the price facts that a credit at a switch needs later. What an account holds at
some moment is read from its grants by entitlement.py.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, model_validator

from payport.rules.calendar import Term
from payport.rules.document import Document, Id, Instant
from payport.rules.money import Money
from payport.rules.words import Text

__all__ = ["CapacityLine", "DaysLine", "Grant", "GrantKind", "GrantLine", "Paid", "Price", "TermLine"]

GrantKind: TypeAlias = Literal["order", "trial", "adjustment", "reversal", "suspension", "restoring"]
_Words = Annotated[str, Field(min_length=1, max_length=500)]
_GIVING: Final = {"order", "trial", "adjustment"}


class Price(Document):
    """What a line cost after promotions and before credit, without and with tax."""

    net: Money
    gross: Money


class Paid(Document):
    """What the whole order cost: after credit too, so it is what was received for it."""

    net: Money
    total: Money


class TermLine(Document):
    """A package for a term. `at_once` takes the place of all that is held; `at_end` follows it."""

    kind: Literal["term"] = "term"
    package: Id
    names: Text
    included_gb: Annotated[int, Field(ge=0)]
    term: Term
    joins: Literal["at_once", "at_end"]
    price: Price | None = None


class CapacityLine(Document):
    """Extra capacity: with the term of its own grant, or else with the term that runs when it is given.

    It lasts as long as that term. `start_date` and `end_date` are those it was priced for. An adjustment may
    take some away: then `gb` is below zero.
    """

    kind: Literal["capacity"] = "capacity"
    gb: int
    start_date: date
    end_date: date
    price: Price | None = None


class DaysLine(Document):
    """Moves the end of a term by days: an adjustment by staff.

    `of`: the grant of that term, without which nothing is moved; None: whichever term is the last.
    """

    kind: Literal["days"] = "days"
    days: int
    of: Id | None = None


GrantLine: TypeAlias = Annotated[TermLine | CapacityLine | DaysLine, Field(discriminator="kind")]


class Grant(Document):
    """One entry of an account, in the order in which they took effect.

    Args:
        effective_at: from when it counts; never before that of the grant before it.
        order_number: the order that paid for it, or for the grant that it is about.
        actor: who did it, where a person did.
        reason: in that person's words, or the chargeback that it follows from.
        lines: what an order, a trial or an adjustment gives.
        of: the grant that a reversal, a suspension or a restoring is about.
        reversed_lines: which of its lines a reversal takes, counted from 0; each line once for ever.
        paid: of an order.
    """

    id: Id
    account: Annotated[str, Field(min_length=1, max_length=200)]
    kind: GrantKind
    effective_at: Instant
    order_number: Id | None = None
    actor: _Words | None = None
    reason: _Words | None = None
    lines: tuple[GrantLine, ...] = ()
    of: Id | None = None
    reversed_lines: tuple[Annotated[int, Field(ge=0)], ...] = ()
    paid: Paid | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Grant:
        if (self.kind in _GIVING) != bool(self.lines):
            raise ValueError("an order, a trial or an adjustment has lines, and nothing else has")
        if (self.kind in _GIVING) != (self.of is None):
            raise ValueError("a reversal, a suspension or a restoring names the grant that it is about")
        if (self.kind == "reversal") != bool(self.reversed_lines):
            raise ValueError("a reversal names lines, and nothing else does")
        if (self.kind == "order") != (self.paid is not None) or (
            self.kind == "order" and not self.order_number
        ):
            raise ValueError("an order's grant has its number and what was paid, and no other grant has")
        if self.kind == "adjustment" and not (self.actor and self.reason):
            raise ValueError("an adjustment has an actor and a reason")
        return self
