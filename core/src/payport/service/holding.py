"""What an account holds, and what its host reports about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, update

from payport.errors import RequestRefused
from payport.rules.entitlement import Entitlement, project
from payport.rules.grant import Grant
from payport.rules.trial import trial_grant
from payport.service.references import new_id
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.account_records import add_grant, grants_of, lock_account, usage_of

__all__ = ["check_account", "entitlement", "report_usage", "start_trial"]

_LONGEST_ACCOUNT: Final = 120  # what its column holds


def check_account(account: str) -> None:
    """A buyer account is an id that the host gives. Raises RequestRefused for one that cannot be kept."""
    if not 1 <= len(account) <= _LONGEST_ACCOUNT or not account.isprintable():
        raise RequestRefused(
            field="account",
            problem=f"not an id of 1 to {_LONGEST_ACCOUNT} printable signs",
            remedy="Give the id by which the host knows the account",
        )


def entitlement(connection: Connection, account: str, *, at: datetime) -> Entitlement:
    """What the account holds at that instant: a projection of its grants, nothing is stored twice.

    Never before its last change: whose host's clock is behind sees what is paid as well.
    Raises: RequestRefused for an account id that cannot be kept.
    """
    check_account(account)
    grants = grants_of(connection, account)
    return project(grants, at=_not_before(grants, at), usage=usage_of(connection, account))


def report_usage(connection: Connection, seller: Seller, account: str, used_bytes: int, at: datetime) -> None:
    """Keep the newest report; an older one that arrives late changes nothing.

    Raises: RequestRefused, naming the field.
    """
    if type(used_bytes) is not int or not 0 <= used_bytes < 2**63:
        raise RequestRefused(
            field="used_bytes", problem="not a whole number of bytes", remedy="Give bytes, 0 or more"
        )
    if at.tzinfo is None or at > seller.clock():
        raise RequestRefused(
            field="at",
            problem="without a time zone, or in the future",
            remedy="Give the instant of the measurement",
        )
    check_account(account)
    lock_account(connection, account)
    connection.execute(
        update(t.accounts)
        .where(t.accounts.c.id == account, (t.accounts.c.used_at.is_(None)) | (t.accounts.c.used_at < at))
        .values(used_bytes=used_bytes, used_at=at)
    )


def start_trial(
    connection: Connection, seller: Seller, account: str, *, package: str | None, days: int | None
) -> Entitlement:
    """Let a new account try a package. Raises PurchaseNotOpen where anything is held already."""
    check_account(account)
    lock_account(connection, account)
    now, grants = seller.clock(), grants_of(connection, account)
    at = _not_before(grants, now)
    given = trial_grant(
        id=new_id(),
        account=account,
        at=at,
        catalog=seller.catalogs.in_force(now),
        entitlement=project(grants, at=at),
        package=package,
        days=days,
    )
    add_grant(connection, given, sequence=len(grants) + 1, at=now, because="trial")
    return entitlement(connection, account, at=at)


def _not_before(grants: Sequence[Grant], at: datetime) -> datetime:
    """That instant, or that of the last change, by the clock of the host that made it."""
    return max([at, *(grant.effective_at for grant in grants)])
