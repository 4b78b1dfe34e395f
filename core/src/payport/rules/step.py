"""What an explanation is made of: steps, each with what was held before and after, and with its money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from payport.rules.entitlement import Entitlement
from payport.rules.money import Money
from payport.rules.words import Text

__all__ = ["Charged", "Step", "StepKind"]

StepKind: TypeAlias = Literal[
    "order", "trial", "adjustment", "reversal", "suspension", "restoring",
    "chargeback", "refund", "not_granted", "time", "now",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charged:
    """Money of one order, with tax.

    Args:
        lines: how the price came about, as the quote said it.
        price: after promotions, before credit.
        credit: taken off: the unused value of what `credited_orders` gave.
        received: more than `total` where money came twice.
        paid_at: when the money counts as paid.
        surplus_days: by which the rest of the credit lengthened the term.
    """

    lines: tuple[Text, ...]
    price: Money
    credit: Money
    credited_orders: tuple[str, ...]
    total: Money
    received: Money
    paid_at: datetime | None
    surplus_days: int
    catalog_version: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, or what holds now.

    Args:
        rule: which rule made it so.
        lines: what was given, or is suspended, restored or taken.
        notes: what a person should see.
        before, after: what was held; None of a step that by itself changes nothing.
        actor, reason: of what a person did; a reason also of what was not granted.
    """

    at: datetime
    kind: StepKind
    what: Text
    rule: Text | None = None
    lines: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    before: Entitlement | None = None
    after: Entitlement | None = None
    order_number: str | None = None
    actor: str | None = None
    reason: str | None = None
    money: Charged | None = None
