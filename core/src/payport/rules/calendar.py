"""Terms: from an instant to a local midnight of the merchant's zone. Rules: "Calendar".

All of a term follows from six facts; `end_date` is the anchor plus all months since the anchor, never a
month added to a month. Nothing here reads the host's zone.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from payport.rules.document import Document, Instant

__all__ = ["Term", "Zone", "add_months", "first_term", "local_date", "local_midnight", "next_term"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("not a time zone of the IANA database") from None
    return name


Zone: TypeAlias = Annotated[str, AfterValidator(_known_zone)]
"""An IANA name, as `Asia/Ho_Chi_Minh`."""


class Term(Document):
    """A span for which a package is held.

    Args:
        start: first instant.
        zone: where its midnights are.
        anchor: the day from which all months are counted.
        anchor_months: months from the anchor to the end, those of earlier terms included.
        months: paid months of this term; 0 for a trial.
        bonus_months: given on top.
        surplus_days: by which the end was moved; a later term then counts from a new anchor.
    """

    start: Instant
    zone: Zone
    anchor: date
    anchor_months: Annotated[int, Field(ge=0)]
    months: Annotated[int, Field(ge=0)]
    bonus_months: Annotated[int, Field(ge=0)] = 0
    surplus_days: int = 0

    @property
    def start_date(self) -> date:
        return local_date(self.start, self.zone)

    @property
    def end_date(self) -> date:
        """The first day that no longer belongs to the term."""
        return add_months(self.anchor, self.anchor_months) + timedelta(days=self.surplus_days)

    @property
    def end(self) -> datetime:
        """Exclusive: local midnight at which `end_date` begins."""
        return local_midnight(self.end_date, self.zone)

    @property
    def valid_to(self) -> date:
        """The last day, as a page says it."""
        return self.end_date - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.end_date - self.start_date).days

    def covers(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def remaining(self, at: datetime) -> int:
        """Whole days left, today counted; 0 after the end, all of them before the start."""
        return min(max((self.end_date - local_date(at, self.zone)).days, 0), self.days)

    def whole_months_left(self, at: datetime, *, rounding: Literal["up", "down"]) -> int:
        """Months from `at` to the end, marked from the anchor; at most the paid months.

        An end that was moved by days is an anchor of its own, from which the marks are counted back.
        Up: a month of which only a part is left counts; down: it does not.
        """
        today = local_date(at, self.zone)
        anchor, at_end = (self.end_date, 0) if self.surplus_days else (self.anchor, self.anchor_months)
        passed = (today.year - anchor.year) * 12 + today.month - anchor.month
        mark = add_months(anchor, passed)  # in this month
        if rounding == "up" and mark > today:
            passed -= 1
        if rounding == "down" and mark < today:
            passed += 1
        return min(at_end - passed, self.months)

    def moved(self, days: int) -> Term:
        """The same term with another end; never before its first day."""
        return self.model_copy(update={"surplus_days": self.surplus_days + max(days, -self.days)})


def first_term(at: datetime, *, zone: str, months: int, bonus_months: int = 0, surplus_days: int = 0) -> Term:
    """A term from `at` on that anchors its own calendar."""
    return Term(
        start=at,
        zone=zone,
        anchor=local_date(at, zone),
        anchor_months=months + bonus_months,
        months=months,
        bonus_months=bonus_months,
        surplus_days=surplus_days,
    )


def next_term(last: Term, *, months: int, bonus_months: int = 0) -> Term:
    """The term that begins where `last` ends, so that no day is lost, and keeps its anchor."""
    moved = last.surplus_days != 0
    return Term(
        start=last.end,
        zone=last.zone,
        anchor=last.end_date if moved else last.anchor,
        anchor_months=(0 if moved else last.anchor_months) + months + bonus_months,
        months=months,
        bonus_months=bonus_months,
    )


def add_months(anchor: date, count: int) -> date:
    """The same day `count` months on, or that month's last: 31 January + 1 is 28 or 29 February."""
    years, month0 = divmod(anchor.month - 1 + count, 12)
    year, month = anchor.year + years, month0 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def local_date(at: datetime, zone: str) -> date:
    """The calendar's day at this instant in that zone. `at` is aware."""
    return at.astimezone(ZoneInfo(zone)).date()


def local_midnight(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which that day begins there."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
