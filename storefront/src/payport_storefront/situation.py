"""What a customer must be told about what is held: the words of the Wall hang on this."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from payport import Entitlement, Offer

__all__ = ["Situation", "situations"]


class Situation(StrEnum):
    NONE = "none"
    TRIAL = "trial"
    SUSPENDED = "suspended"
    ENDED = "ended"
    ENDED_AND_FULL = "ended_and_full"
    FULL = "full"
    OVER_FULL = "over_full"  # more is in use than is held, as after a change to a smaller package
    ENDING = "ending"  # the next term can be bought


def situations(held: Entitlement, offers: Mapping[str, Offer]) -> tuple[Situation, ...]:
    """The most urgent first; nothing for a package with time and room left."""
    match held.state:
        case "none":
            return (Situation.NONE,)
        case "trial":
            return (Situation.TRIAL,)
        case "suspended":
            return (Situation.SUSPENDED,)
        case "expired":
            return (Situation.ENDED_AND_FULL if held.exhausted else Situation.ENDED,)
    found = []
    if held.exhausted:
        over = (held.used_bytes or 0) > held.capacity_bytes
        found.append(Situation.OVER_FULL if over else Situation.FULL)
    if held.future is None and _is_ending(held, offers):
        found.append(Situation.ENDING)
    return tuple(found)


def _is_ending(held: Entitlement, offers: Mapping[str, Offer]) -> bool:
    """A package that is not sold any more cannot be renewed: then another one must be open in its place."""
    renew, switch = offers["renew"], offers["switch"]
    return renew.is_open or (renew.opens_at is None and switch.is_open and not held.exhausted)
