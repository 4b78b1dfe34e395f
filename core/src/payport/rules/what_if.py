"""What another catalog would have done to prices that were quoted, counted and summed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from payport.rules.money import Money, total
from payport.rules.purchase import Purchase

__all__ = ["Repriced", "WhatIf", "what_if_of"]

_MOST_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Repriced:
    """A quote as it was made, and what the same purchase would have cost then by the other catalog.

    `after` None: it would not have been open, or not sold; `problem` says why.
    """

    quote_id: str
    account: str
    purchase: Purchase
    package: str
    made_at: datetime
    before: Money
    after: Money | None
    problem: str | None = None

    @property
    def difference(self) -> Money:
        """Above zero: dearer. Zero for one that would not be open."""
        return Money(0, self.before.currency) if self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What another catalog does to the last quotes, tax and all.

    Args:
        version: of that catalog.
        quotes: how many were repriced: they are the same, dearer, cheaper or closed.
        dearer_by, cheaper_by: sums, both above zero. `before`, `after`: the sums of all that stay open.
        reasons: why some are open no longer, and how many of each.
        dearest: the ten that rise most. `cheapest`: that fall most. `closed_first`: the newest ten of those.
    """

    version: str
    quotes: int
    same: int
    dearer: int
    cheaper: int
    closed: int
    dearer_by: Money
    cheaper_by: Money
    before: Money
    after: Money
    reasons: Mapping[str, int]
    dearest: tuple[Repriced, ...]
    cheapest: tuple[Repriced, ...]
    closed_first: tuple[Repriced, ...]


def what_if_of(version: str, currency: str, repriced: Sequence[Repriced]) -> WhatIf:
    """`repriced`: in `currency`, the newest first."""
    stays = [each for each in repriced if each.after is not None]
    closed = [each for each in repriced if each.after is None]
    dearer = sorted(
        (each for each in stays if each.difference.minor > 0), key=lambda each: -each.difference.minor
    )
    cheaper = sorted(
        (each for each in stays if each.difference.minor < 0), key=lambda each: each.difference.minor
    )
    return WhatIf(
        version=version,
        quotes=len(repriced),
        same=len(stays) - len(dearer) - len(cheaper),
        dearer=len(dearer),
        cheaper=len(cheaper),
        closed=len(closed),
        dearer_by=total([each.difference for each in dearer], currency),
        cheaper_by=-total([each.difference for each in cheaper], currency),
        before=total([each.before for each in stays], currency),
        after=total([each.after for each in stays if each.after is not None], currency),
        reasons=dict(Counter(each.problem or "" for each in closed).most_common()),
        dearest=tuple(dearer[:_MOST_SHOWN]),
        cheapest=tuple(cheaper[:_MOST_SHOWN]),
        closed_first=tuple(closed[:_MOST_SHOWN]),
    )
