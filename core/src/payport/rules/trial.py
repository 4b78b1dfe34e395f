"""A trial: what a new account may use before it buys anything. Rules: "Entitlement"."""

from __future__ import annotations

from datetime import datetime

from payport.errors import PurchaseNotOpen, RequestRefused
from payport.rules.calendar import first_term
from payport.rules.catalog import MOST_TRIAL_DAYS, Catalog
from payport.rules.entitlement import Entitlement, State
from payport.rules.grant import Grant, TermLine

__all__ = ["trial_grant"]


def trial_grant(
    *,
    id: str,  # noqa: A002
    account: str,
    at: datetime,
    catalog: Catalog,
    entitlement: Entitlement,
    package: str | None = None,
    days: int | None = None,
) -> Grant:
    """A trial from now until the local midnight that is `days` calendar days on.

    Args:
        package, days: the catalog's policy where not given.
    Raises: PurchaseNotOpen, unless nothing is held; RequestRefused for other `days`;
        NotFound for an unknown package.
    """
    if entitlement.state is not State.NONE or entitlement.future is not None:
        raise PurchaseNotOpen(
            field="account",
            problem="a trial or a package is held",
            remedy="Start trials for new accounts only",
        )
    length = catalog.policies.trial_days if days is None else days
    if type(length) is not int or not 1 <= length <= MOST_TRIAL_DAYS:
        raise RequestRefused(
            field="days",
            problem="not a number of days that a trial may have",
            remedy=f"Give 1 to {MOST_TRIAL_DAYS}",
        )
    tried = catalog.trial_package if package is None else catalog.package(package)
    term = first_term(at, zone=catalog.zone, months=0, surplus_days=length)
    line = TermLine(
        package=tried.id, names=tried.names, included_gb=tried.included_gb, term=term, joins="at_once"
    )
    return Grant(id=id, account=account, kind="trial", effective_at=at, lines=(line,))
