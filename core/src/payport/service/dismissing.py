"""Money of no order of ours, that a person looked at and found to need nothing more: it is asked for no more.

Nothing is counted and nothing is taken back. A bank's line that is dismissed is still a line: imported again,
it is counted where it matches an order after all.
"""

from __future__ import annotations

from sqlalchemy import Connection

from payport.errors import NotFound, RequestRefused
from payport.rules.money import Money
from payport.service.by_hand import check_by_hand
from payport.service.seller import Seller
from payport.storage.account_records import lock_account
from payport.storage.dismissal_records import Dismissed, add_dismissal, find_dismissal, find_unclaimed
from payport.storage.rows import is_kept

__all__ = ["dismiss"]


def dismiss(
    connection: Connection, seller: Seller, gateway_account: str, reference: str, *, actor: str, reason: str
) -> tuple[Dismissed, Money | None, bool]:
    """Keep who looked at it, and why nothing more is to be done.

    Args:
        reference: the bank's, of a statement's line, or the gateway's, of a transaction without a payment.
    Returns: what is kept, with the amount that it is about, None where nobody said how much; and whether that
        is news.
    Raises: NotFound; RequestRefused for money that was counted, or dismissed already by another.
    """
    check_by_hand(actor=actor, reason=reason)
    lock_account(connection, "")
    known = is_kept(gateway_account) and is_kept(reference)
    unclaimed = find_unclaimed(connection, gateway_account, reference) if known else None
    if unclaimed is None:
        raise NotFound(
            field="reference",
            problem="no such line of a statement, and no such transaction without a payment",
            remedy="Check the gateway account and the reference",
        )
    if unclaimed.matched:
        raise RequestRefused(
            field="reference",
            problem="its money was counted for an order",
            remedy="Look at that order; its money is given back by a refund",
        )
    earlier = find_dismissal(connection, gateway_account, reference)
    if earlier is not None:
        if (earlier.dismissed_by, earlier.reason) == (actor, reason):
            return earlier, unclaimed.amount, False
        raise RequestRefused(
            field="reference",
            problem=f"{earlier.dismissed_by} dismissed it already",
            remedy="Nothing more is to be done",
        )
    dismissed = Dismissed(gateway_account, reference, unclaimed.subject, seller.clock(), actor, reason)
    add_dismissal(connection, dismissed, unclaimed.amount)
    return dismissed, unclaimed.amount, True
