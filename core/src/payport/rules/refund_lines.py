"""Which lines of an order's grant a refund takes, what they cost, and whose money goes back on the invoice.

Rules: "Refund and entitlement".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payport.errors import RequestRefused
from payport.rules.entitlement import project
from payport.rules.grant import DaysLine, Grant, TermLine
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.refund import Of, Refund, State, because, refunded
from payport.rules.rounding import shares
from payport.rules.standing import grant_of, reversal, standing_lines

__all__ = ["check_lines", "invoice_shares", "line_prices", "stand_on", "taken_by"]


def line_prices(granted: Grant) -> tuple[Money, ...]:
    """What was paid for each line, tax and all; they add up to the order's total.

    A credit came off the term's line, as on the invoice, and off the others where it was larger.
    """
    assert granted.paid is not None
    paid = granted.paid.total
    prices = [
        0 if isinstance(line, DaysLine) or line.price is None else line.price.gross.minor
        for line in granted.lines
    ]
    beyond = sum(prices) - paid.minor
    terms_first = sorted(range(len(prices)), key=lambda index: not isinstance(granted.lines[index], TermLine))
    for index in terms_first:
        off = min(prices[index], beyond)
        prices[index], beyond = prices[index] - off, beyond - off
    return tuple(Money(price, paid.currency) for price in prices)


def check_lines(
    lines: Sequence[int], grants: Sequence[Grant], order: Order, refunds: Sequence[Refund]
) -> None:
    """Raises RequestRefused, naming `lines`, for one that is not there, was taken, or is being taken."""
    granted = grant_of(grants, order.number)
    if granted is None:
        raise _refused("the order gave nothing", "Leave the lines out")
    standing = standing_lines(grants, granted)
    for line in lines:
        if type(line) is not int or not 0 <= line < len(granted.lines):
            raise _refused("no such line", f"Count them from 0 to {len(granted.lines) - 1}")
        if line not in standing:
            raise _refused(f"line {line} was taken back already", "Leave it out, and give the amount")
        if any(line in refund.lines and refund.state is not State.FAILED for refund in refunds):
            raise _refused(f"line {line} is being refunded already", "Wait for that refund, or leave it out")
    if len(set(lines)) != len(lines):
        raise _refused("a line is named twice", "Name each once")


def taken_by(
    refund: Refund,
    grants: Sequence[Grant],
    order: Order,
    refunds: Sequence[Refund],
    *,
    id: str,  # noqa: A002
    at: datetime,
) -> Grant | None:
    """The entry that takes what a refund that succeeded takes; None where there is nothing to take.

    Args:
        refunds: all of the order, this one as it stands now. Once those of its own money reach the total, all
            that still stands is taken.
    """
    granted = grant_of(grants, order.number)
    if granted is None or refund.of is not Of.ORDER:
        return None
    all_is_back = refunded(refunds, Of.ORDER, order.total.currency) >= order.total
    lines = range(len(granted.lines)) if all_is_back else refund.lines
    reason = because(refund.reference, refund.state)
    return reversal(
        grants, granted, lines, id=id, at=at, actor=refund.closed_by or refund.requested_by, reason=reason
    )


def stand_on(entry: Grant, grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """The later grants that were held beside what a reversal took, or after it: a person should look.

    None where what it took was not held any more, as after a switch.

    Args:
        grants: all of the account that came before the reversal.
    """
    held = project(grants, at=entry.effective_at).standing
    if entry.of not in held:
        return ()
    place = next((index for index, grant in enumerate(grants) if grant.id == entry.of), len(grants))
    return tuple(grant for grant in grants[place + 1 :] if grant.id in held)


def invoice_shares(refund: Refund, granted: Grant) -> tuple[tuple[int, Money], ...]:
    """For the invoice: of which lines the money is, of the named ones or of all, by largest remainder."""
    prices = line_prices(granted)
    lines = refund.lines or tuple(range(len(prices)))
    weights = [prices[line].minor for line in lines]
    if not any(weights):
        weights[0] = 1
    parts = shares([refund.spent.minor * weight for weight in weights], sum(weights), refund.spent.minor)
    return tuple(
        (line, Money(part, refund.amount.currency)) for line, part in zip(lines, parts, strict=True) if part
    )


def _refused(problem: str, remedy: str) -> RequestRefused:
    return RequestRefused(field="lines", problem=problem, remedy=remedy)
