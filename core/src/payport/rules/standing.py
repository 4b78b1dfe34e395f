"""What of an order's grant still stands, by the entries that reversed, suspended or restored it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from payport.rules.grant import Grant

__all__ = ["grant_of", "is_suspended", "reversal", "standing_lines"]


def grant_of(grants: Sequence[Grant], order_number: str) -> Grant | None:
    """What the order gave; None where it gave nothing."""
    of_orders = (grant for grant in grants if grant.kind == "order")
    return next((grant for grant in of_orders if grant.order_number == order_number), None)


def standing_lines(grants: Sequence[Grant], granted: Grant) -> tuple[int, ...]:
    """Its lines that no reversal has taken yet, counted from 0."""
    taken = {line for grant in grants if grant.of == granted.id for line in grant.reversed_lines}
    return tuple(line for line in range(len(granted.lines)) if line not in taken)


def is_suspended(grants: Sequence[Grant], granted: Grant) -> bool:
    switches = [
        grant.kind for grant in grants if grant.of == granted.id and grant.kind in {"suspension", "restoring"}
    ]
    return bool(switches) and switches[-1] == "suspension"


def reversal(
    grants: Sequence[Grant],
    granted: Grant,
    lines: Collection[int],
    *,
    id: str,  # noqa: A002
    at: datetime,
    actor: str,
    reason: str,
) -> Grant | None:
    """The entry that takes those of the lines that still stand; None where none of them does.

    It never begins before the last of `grants`.
    """
    standing = tuple(line for line in standing_lines(grants, granted) if line in lines)
    if not standing:
        return None
    return Grant(
        id=id,
        account=granted.account,
        kind="reversal",
        effective_at=max([at, *(grant.effective_at for grant in grants)]),
        order_number=granted.order_number,
        actor=actor,
        reason=reason,
        of=granted.id,
        reversed_lines=standing,
    )
