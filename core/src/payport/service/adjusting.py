"""What staff give or take by hand, under the account's lock. Rules: "Entitlement", an adjustment by staff."""

from __future__ import annotations

from sqlalchemy import Connection

from payport.errors import RequestRefused
from payport.rules.adjustment import adjustment_grant
from payport.rules.entitlement import Entitlement
from payport.service.by_hand import check_by_hand
from payport.service.holding import check_account, entitlement
from payport.service.references import new_id
from payport.service.seller import Seller
from payport.storage.account_records import add_grant, grants_of, lock_account

__all__ = ["adjust"]


def adjust(
    connection: Connection,
    seller: Seller,
    account: str,
    *,
    actor: str,
    reason: str,
    gb: int,
    days: int,
    package: str | None,
    months: int | None,
    seen_version: int | None,
) -> Entitlement:
    """Add one grant of all that is asked for; what the account holds then. `Payport.adjust` says more.

    Raises: RequestRefused, naming the field; NotFound for an unknown package.
    """
    check_account(account)
    check_by_hand(actor=actor, reason=reason)
    lock_account(connection, account)
    grants = grants_of(connection, account)
    if seen_version is not None and seen_version != len(grants):
        raise RequestRefused(
            field="seen_version",
            problem="what the account holds has changed since",
            remedy="Look at it again, and adjust it if that is still needed",
        )
    now = seller.clock()
    given = adjustment_grant(
        grants,
        id=new_id(),
        account=account,
        at=now,
        catalog=seller.catalogs.in_force(now),
        actor=actor,
        reason=reason,
        gb=gb,
        days=days,
        package=package,
        months=months,
    )
    because = f"adjusted by {actor}: {reason}"
    add_grant(connection, given, sequence=len(grants) + 1, at=now, because=because)
    return entitlement(connection, account, at=given.effective_at)
