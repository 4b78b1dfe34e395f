"""An adjustment: what staff give or take by hand, without a payment. Rules: "Entitlement".

It gives no credit at a switch. What makes no sense for what is held is refused, with what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from payport.errors import RequestRefused
from payport.rules.calendar import Term, first_term, local_date, next_term
from payport.rules.catalog import Catalog
from payport.rules.entitlement import Entitlement, State, project
from payport.rules.grant import CapacityLine, DaysLine, Grant, GrantLine, TermLine

__all__ = ["adjustment_grant"]

_MOST_GB: Final = 10**6
_MOST_DAYS: Final = 3660
_MOST_MONTHS: Final = 120
_FARTHEST_END: Final = 36_500  # days from today, however often a term is lengthened


def adjustment_grant(
    grants: Sequence[Grant],
    *,
    id: str,  # noqa: A002
    account: str,
    at: datetime,
    catalog: Catalog,
    actor: str,
    reason: str,
    gb: int = 0,
    days: int = 0,
    package: str | None = None,
    months: int | None = None,
) -> Grant:
    """One grant of all that is asked for, judged on what is held.

    Args:
        grants: all of the account, in order. The adjustment never begins before the last of them.
        gb: on the running term until its end, below zero to take away; extra capacity stays 0 or more.
        days: on the end of the last term, below zero to shorten it, at most so that it ends today.
        package, months: a term of it, without bonus months: after the running term, or else from now. `gb`
            and `days` given with it are the new term's.
    Raises: RequestRefused for a wrong number, or where what is held leaves no room for it, naming the field;
        NotFound for an unknown package.
    """
    _check_numbers(gb=gb, days=days, package=package, months=months)
    at = max([at, *(grant.effective_at for grant in grants)])
    held = project(grants, at=at)
    if held.state is State.SUSPENDED:
        raise _no_room("account", "it is suspended", "Win or lose its chargeback first")
    if package is None or months is None:
        lines = [*_on_running(held, gb), *_on_last(held, at, days)]
    else:
        lines = list(_new_term(held, at, catalog, package=package, months=months, gb=gb, days=days, grant=id))
    return Grant(
        id=id,
        account=account,
        kind="adjustment",
        effective_at=at,
        actor=actor,
        reason=reason,
        lines=tuple(lines),
    )


def _on_running(held: Entitlement, gb: int) -> Iterator[GrantLine]:
    if gb == 0:
        return
    if held.held is None or held.state not in {State.ACTIVE, State.TRIAL}:
        raise _no_room(
            "gb", f"the account is {held.state}", "Give a term of a package, or days where one ended"
        )
    term = held.held.term
    _check_extra(gb, held.extra_gb)
    yield CapacityLine(gb=gb, start_date=local_date(held.at, term.zone), end_date=term.end_date)


def _on_last(held: Entitlement, at: datetime, days: int) -> Iterator[GrantLine]:
    if days == 0:
        return
    last = held.future or (None if held.state is State.NONE else held.held)
    if last is None:
        raise _no_room("days", "no term is held", "Give a term of a package")
    _check_days(days, last.term, at)
    yield DaysLine(days=days, of=last.grant)


def _new_term(
    held: Entitlement,
    at: datetime,
    catalog: Catalog,
    *,
    package: str,
    months: int,
    gb: int,
    days: int,
    grant: str,
) -> Iterator[GrantLine]:
    if held.future is not None:
        raise _no_room("package", "a term to come stands already", "Lengthen that one by days")
    given = catalog.package(package)
    running = held.held if held.state is State.ACTIVE else None
    term = (
        first_term(at, zone=catalog.zone, months=months)
        if running is None
        else next_term(running.term, months=months)
    )
    yield TermLine(
        package=given.id,
        names=given.names,
        included_gb=given.included_gb,
        term=term,
        joins="at_once" if running is None else "at_end",
    )
    if gb:
        _check_extra(gb, 0)
        yield CapacityLine(gb=gb, start_date=term.start_date, end_date=term.end_date)
    if days:
        _check_days(days, term, at)
        yield DaysLine(days=days, of=grant)


def _check_numbers(*, gb: int, days: int, package: str | None, months: int | None) -> None:
    for field, number, most in (("gb", gb, _MOST_GB), ("days", days, _MOST_DAYS)):
        if type(number) is not int or abs(number) > most:
            raise RequestRefused(
                field=field, problem="not a whole number that fits", remedy=f"Give -{most} to {most}"
            )
    if (package is None) != (months is None):
        field = "package" if package is None else "months"
        raise RequestRefused(
            field=field, problem="not given with the other", remedy="Give package and months, or neither"
        )
    if months is not None and (type(months) is not int or not 1 <= months <= _MOST_MONTHS):
        raise RequestRefused(
            field="months", problem="not a number of months", remedy=f"Give 1 to {_MOST_MONTHS}"
        )
    if gb == 0 and days == 0 and package is None:
        raise RequestRefused(
            field="gb", problem="nothing to adjust", remedy="Give gb, days, or package and months"
        )


def _check_extra(gb: int, there: int) -> None:
    if not 0 <= there + gb <= _MOST_GB:
        raise RequestRefused(
            field="gb",
            problem=f"extra capacity would be below 0 or above {_MOST_GB} GB",
            remedy=f"It is {there} GB now; give {-there} to {_MOST_GB - there}",
        )


def _check_days(days: int, term: Term, at: datetime) -> None:
    """One that has not begun keeps a day, a running one may end today, one that ended must live again."""
    left = (term.end_date - local_date(at, term.zone)).days
    if term.start >= at:
        least = 1 - term.days
    elif term.end > at:
        least = -left
    else:
        least = 1 - left
    if not least <= days <= _FARTHEST_END - left:
        raise RequestRefused(
            field="days",
            problem=f"the term ends {term.end_date}, and may be moved by {least} to {_FARTHEST_END - left}",
            remedy="Give a number between the two"
            if least <= 0
            else "Give more days, or a term of a package",
        )


def _no_room(field: str, problem: str, remedy: str) -> RequestRefused:
    return RequestRefused(field=field, problem=problem, remedy=remedy)
