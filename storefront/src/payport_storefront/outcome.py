"""What a purchase brings: the term that it begins, or the capacity that it adds to the running one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from payport import Entitlement, Holding, Quote

__all__ = ["Bought", "Brings", "bought"]


class Brings(StrEnum):
    CAPACITY = "capacity"  # more of it, until the running term ends
    NEXT_TERM = "next_term"  # a term that begins where the running one ends
    TERM = "term"  # a term that begins with the payment


@dataclass(frozen=True, slots=True)
class Bought:
    """Args: held: the term that was bought, or that the capacity was added to."""

    brings: Brings
    held: Holding


def bought(quote: Quote, after: Entitlement) -> Bought | None:
    """What the purchase brings, read from what is held once it is paid; None where nothing of it is left."""
    kind = quote.purchase.kind
    if kind in {"renew", "switch"} and after.future and after.future.line.package == quote.package:
        return Bought(Brings.NEXT_TERM, after.future)
    if after.state != "active" or after.held is None or after.held.line.package != quote.package:
        return None
    return Bought(Brings.CAPACITY if kind == "add_capacity" else Brings.TERM, after.held)
