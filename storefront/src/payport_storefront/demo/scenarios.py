"""What there is to try: each row of the rules' table "Which purchases are open", as it befalls a customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from payport_web.languages import msg

__all__ = ["SCENARIOS", "Scenario"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """How a new customer gets there.

    Args:
        title, opens: for whoever tries it; `opens` is what the table says.
        begins: with nothing, on trial, or with the middle package bought for a year.
        days_left: where the clock is moved to, counted from the end; None: it stays.
        next_term: renewed after that.
        used_percent: of the capacity, at last; None: as a newcomer uses it.
        disputed: the bank has taken the payment back.
    """

    title: str
    opens: str
    begins: Literal["nothing", "trial", "term"] = "term"
    days_left: int | None = None
    next_term: bool = False
    used_percent: int | None = None
    disputed: bool = False


_ENDED: Final = msg("Renew and switch, from the payment on. Capacity cannot be added to what has ended.")

SCENARIOS: Final[Mapping[str, Scenario]] = {
    "nothing": Scenario(msg("Nothing held"), msg("Buy a package."), begins="nothing"),
    "trial": Scenario(msg("On trial"), msg("Buy a package; the trial ends when it is paid."), begins="trial"),
    "trial-over": Scenario(
        msg("The trial is over"), msg("Buy a package: nothing is held again."), begins="trial", days_left=0
    ),
    "mid-term": Scenario(
        msg("In mid-term, capacity left"),
        msg("Nothing, until the renewal window opens or the capacity is used up."),
        days_left=300,
        used_percent=40,
    ),
    "used-up": Scenario(
        msg("In mid-term, capacity used up"),
        msg("Add capacity, or switch with credit for the unused days. Renewing waits for its window."),
        days_left=300,
        used_percent=100,
    ),
    "window": Scenario(
        msg("10 days before the end"),
        msg("Renew, from the old end on, or switch."),
        days_left=10,
        used_percent=40,
    ),
    "window-used-up": Scenario(
        msg("10 days before the end, capacity used up"),
        msg("Add capacity, renew and switch."),
        days_left=10,
        used_percent=100,
    ),
    "next-term": Scenario(
        msg("10 days before the end, next term bought"),
        msg("Switch: both terms are credited. There is nothing more to renew."),
        days_left=10,
        next_term=True,
        used_percent=40,
    ),
    "over": Scenario(msg("Time over, capacity left"), _ENDED, days_left=0, used_percent=40),
    "both-over": Scenario(msg("Time and capacity over"), _ENDED, days_left=0, used_percent=100),
    "suspended": Scenario(
        msg("The bank takes the payment back (chargeback)"),
        msg("Nothing: what was bought is suspended until that is decided."),
        used_percent=40,
        disputed=True,
    ),
}
