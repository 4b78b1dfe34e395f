"""Which acts of the back office need a second person, and what waits for one. Pure.

Confirming money has a policy of its own, the catalog's `four_eyes_above`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from payport.rules.acts import Act
from payport.rules.money import Money

__all__ = ["FourEyes", "Proposal", "State"]


class State(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"  # and done, in the same transaction
    DECLINED = "declined"  # by anybody, whoever proposed it too


@dataclass(frozen=True, slots=True)
class FourEyes:
    """The seller's policy. `above`: by the act's name, the minor units above which one person is not enough;
    True: one never is. An act that is not named needs one person."""

    above: Mapping[str, int | bool] = field(default_factory=dict)

    def asks(self, act: str, amount: Money | None) -> bool:
        """Whether a second person must approve. `amount`: what it is about; one that is not known asks."""
        limit = self.above.get(act, False)
        if isinstance(limit, bool):
            return limit
        return amount is None or amount.minor > limit


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one person wants done, exactly so, and what became of it.

    Args:
        account: of the buyer; empty for money that belongs to nobody.
        amount: of the money that it is about, when it was proposed.
        closed_by: who approved or declined it. `reason`: why it was declined.
        result: the reference of what came of it: a refund, a chargeback, an order.
    """

    id: str
    act: Act
    state: State
    account: str
    order_number: str | None
    amount: Money | None
    proposed_at: datetime
    proposed_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str | None = None
    result: str | None = None
