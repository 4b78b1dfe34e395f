"""What an account holds at a moment: a projection of its grants. Rules: "Entitlement".

A fold over the grants in the order in which they took effect, without the lines that a reversal has taken.
So when what stood on top is reversed, what lay beneath it stands again. Later grants do not count.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from payport.errors import Defect
from payport.rules.calendar import Term
from payport.rules.grant import CapacityLine, DaysLine, Grant, Paid, TermLine
from payport.rules.words import Text

__all__ = ["GB", "Entitlement", "Grant", "Holding", "Received", "State", "Usage", "project"]

GB: Final = 2**30


class State(StrEnum):
    NONE = "none"
    TRIAL = "trial"
    ACTIVE = "active"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Usage:
    """What the host last reported: bytes in use, and when that was true."""

    used_bytes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """One term that stands, with the extra capacity that lasts as long. `term` has its end as moved since.

    One that is suspended keeps its dates, so that nothing else takes its place.
    """

    grant: str
    line: TermLine
    term: Term
    is_trial: bool
    is_suspended: bool = False
    extra: tuple[tuple[str, CapacityLine], ...] = ()  # each with its grant

    @property
    def grants(self) -> tuple[str, ...]:
        return (self.grant, *(grant for grant, _ in self.extra))

    @property
    def included_gb(self) -> int:
        return self.line.included_gb

    @property
    def extra_gb(self) -> int:
        """Never below zero, even where what an adjustment took from was taken away since."""
        return max(sum(line.gb for _, line in self.extra), 0)

    @property
    def capacity_bytes(self) -> int:
        return (self.included_gb + self.extra_gb) * GB


@dataclass(frozen=True, slots=True)
class Received:
    """What one order of the running chain brought in."""

    order_number: str
    paid: Paid


@dataclass(frozen=True, slots=True)
class Entitlement:
    """State, term and capacity at `at`.

    Args:
        version: how many grants it rests on.
        held: the running term; where none runs, the last paid one that ended.
        future: the term that follows.
        usage: as reported last; None: never.
        chain: what was received for the terms that follow each other without a gap up to this one.
        standing: grants of all terms, ended ones too, that nothing has taken the place of.
    """

    state: State
    at: datetime
    version: int
    held: Holding | None = None
    future: Holding | None = None
    usage: Usage | None = None
    chain: tuple[Received, ...] = ()
    standing: frozenset[str] = frozenset()

    @property
    def package(self) -> str | None:
        return self.held.line.package if self.held else None

    @property
    def package_names(self) -> Text | None:
        return self.held.line.names if self.held else None

    @property
    def term(self) -> Term | None:
        return self.held.term if self.held else None

    @property
    def valid_to(self) -> date | None:
        """The last day, as a page says it."""
        return self.held.term.valid_to if self.held else None

    @property
    def included_gb(self) -> int:
        return self.held.included_gb if self.held else 0

    @property
    def extra_gb(self) -> int:
        return self.held.extra_gb if self.held else 0

    @property
    def capacity_bytes(self) -> int:
        return self.held.capacity_bytes if self.held else 0

    @property
    def used_bytes(self) -> int | None:
        """None where the host has never reported."""
        return self.usage.used_bytes if self.usage else None

    @property
    def exhausted(self) -> bool:
        """Apart from the state: what is used fills what is held, or more."""
        return (
            self.held is not None and self.usage is not None and self.usage.used_bytes >= self.capacity_bytes
        )


def project(grants: Sequence[Grant], *, at: datetime, usage: Usage | None = None) -> Entitlement:
    """What these grants amount to at `at`.

    Args:
        grants: all of one account, in the order in which they took effect.
    Raises: Defect, for grants out of order, of two accounts, or reversing what is not there.
    """
    _check_order(grants)
    taken = [grant for grant in grants if grant.effective_at <= at]
    reversed_lines, suspended = _reversed_lines(taken), _suspended(taken)
    fold = _Fold()
    for grant in taken:
        standing = [line for index, line in enumerate(grant.lines) if (grant.id, index) not in reversed_lines]
        fold = _apply(fold, grant, standing)
    holdings = [_judged(holding, suspended) for holding in fold.holdings]
    running = next((holding for holding in holdings if holding.term.covers(at)), None)
    ended = [holding for holding in holdings if holding.term.end <= at and not holding.is_trial]
    return Entitlement(
        state=_state(running, bool(ended)),
        at=at,
        version=len(taken),
        held=running or (ended[-1] if ended else None),
        future=next((holding for holding in holdings if holding.term.start > at), None),
        usage=usage,
        chain=fold.chain,
        standing=frozenset(grant for holding in holdings for grant in holding.grants),
    )


@dataclass(frozen=True, slots=True)
class _Fold:
    """The terms since the last that took the place of all, and what the chain brought in."""

    holdings: tuple[Holding, ...] = ()
    chain: tuple[Received, ...] = ()


def _apply(fold: _Fold, grant: Grant, lines: Sequence[TermLine | CapacityLine | DaysLine]) -> _Fold:
    had_term = any(isinstance(line, TermLine) for line in grant.lines)
    for line in lines:
        match line:
            case TermLine():
                fold = _add_term(fold, grant, line)
            case CapacityLine() if had_term:
                fold = _add_capacity(fold, grant, line, [h for h in fold.holdings if h.grant == grant.id])
            case CapacityLine():
                at = grant.effective_at
                fold = _add_capacity(fold, grant, line, [h for h in fold.holdings if h.term.covers(at)])
            case DaysLine():
                fold = _move_end(fold, line)
    if grant.paid and grant.order_number and lines:
        fold = replace(fold, chain=(*fold.chain, Received(grant.order_number, grant.paid)))
    return fold


def _add_term(fold: _Fold, grant: Grant, line: TermLine) -> _Fold:
    holding = Holding(grant=grant.id, line=line, term=line.term, is_trial=grant.kind == "trial")
    if line.joins == "at_end":
        return replace(fold, holdings=(*fold.holdings, holding))
    start = line.term.start
    unbroken = any(not held.is_trial and held.term.start <= start <= held.term.end for held in fold.holdings)
    return _Fold(holdings=(holding,), chain=fold.chain if unbroken else ())


def _add_capacity(fold: _Fold, grant: Grant, line: CapacityLine, to: Sequence[Holding]) -> _Fold:
    """To one of the holdings; to none where the term that it was bought for does not stand any more.

    What a reversal uncovers is such another term: where that lasts longer, so would the capacity, unpaid.
    """
    if not to or min(to[-1].line.term.end_date, to[-1].term.end_date) > line.end_date:
        return fold
    wider = replace(to[-1], extra=(*to[-1].extra, (grant.id, line)))
    return replace(fold, holdings=tuple(wider if held is to[-1] else held for held in fold.holdings))


def _move_end(fold: _Fold, line: DaysLine) -> _Fold:
    """Of the term that the line names; of none where that one does not stand any more."""
    named = [held for held in fold.holdings if line.of in {None, held.grant}]
    if not named:
        return fold
    moved = replace(named[-1], term=named[-1].term.moved(line.days))
    return replace(fold, holdings=tuple(moved if held is named[-1] else held for held in fold.holdings))


def _check_order(grants: Sequence[Grant]) -> None:
    for earlier, later in pairwise(grants):
        if later.effective_at < earlier.effective_at or later.account != earlier.account:
            raise Defect(
                field="grants",
                problem="out of order, or of two accounts",
                remedy="Stop selling to this account and look at its grants",
            )


def _reversed_lines(grants: Sequence[Grant]) -> Collection[tuple[str, int]]:
    there = {(grant.id, index) for grant in grants for index in range(len(grant.lines))}
    taken: set[tuple[str, int]] = set()
    for grant in grants:
        for index in grant.reversed_lines:
            line = (grant.of or "", index)
            if line not in there or line in taken:
                raise Defect(
                    field="reversed_lines",
                    problem="a reversal takes a line that is not there, or twice",
                    remedy="Stop selling to this account and look at its grants",
                )
            taken.add(line)
    return taken


def _suspended(grants: Sequence[Grant]) -> Collection[str]:
    suspended: set[str] = set()
    for grant in grants:
        if grant.kind == "suspension" and grant.of:
            suspended.add(grant.of)
        if grant.kind == "restoring" and grant.of:
            suspended.discard(grant.of)
    return suspended


def _judged(holding: Holding, suspended: Collection[str]) -> Holding:
    """Extra capacity of another grant that is suspended does not count; a suspended term keeps its own."""
    counted = tuple(
        (grant, line) for grant, line in holding.extra if grant == holding.grant or grant not in suspended
    )
    return replace(holding, extra=counted, is_suspended=holding.grant in suspended)


def _state(running: Holding | None, has_ended: bool) -> State:
    if running is None:
        return State.EXPIRED if has_ended else State.NONE
    if running.is_suspended:
        return State.SUSPENDED
    return State.TRIAL if running.is_trial else State.ACTIVE
