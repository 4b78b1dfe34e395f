"""How the installation stands, read from the database: what is due, what waits for a person, what failed.

Facts and counts alone, for operators; whether one of them is bad is for the reader to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, func, select

from payport.rules import chargeback as chargebacks_rules
from payport.rules import confirmation as confirmations_rules
from payport.rules import order as orders_rules
from payport.rules import refund as refunds_rules
from payport.rules.payment import FINISHED, Flag, State
from payport.rules.statement import Fate
from payport.service.asking import ASKABLE
from payport.service.judge import Decision
from payport.service.seller import Seller
from payport.service.work_list import is_parked
from payport.storage import tables as t
from payport.storage.refused_records import RefusedHour, refused_hours

__all__ = [
    "Backlog",
    "Call",
    "Engine",
    "Inspection",
    "Refusals",
    "inspect_engine",
    "inspect_work",
    "last_call",
]

_LATELY: Final = timedelta(days=1)
_OPEN: Final = tuple(str(state) for state in State if state not in FINISHED)
_UNDONE: Final = tuple(str(state) for state in refunds_rules.State if state not in refunds_rules.FINISHED)
_WORK: Final = (
    (t.payments, ASKABLE),
    (t.refunds, _UNDONE),
    (t.orders, (str(orders_rules.State.PLACED),)),
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many of a kind, and since when the oldest of them has been waiting; None where there is none."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Callbacks at one gateway account that came to the same end. `reason` is a word, as errors.py lists."""

    account: str
    reason: str
    count: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """The end of one call to a gateway."""

    kind: str
    at: datetime
    outcome: str
    gateway_code: str


@dataclass(frozen=True, slots=True)
class Engine:
    """The database server, and what makes its commits durable: names and values of its own settings.

    `clock` is the server's own, None where it has none of its own (SQLite).
    """

    version: str
    settings: tuple[tuple[str, str], ...]
    clock: datetime | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """`at` is the moment that "due", "late" and "lately" (one day) are judged by.

    Args:
        leased: units of work that somebody has; `abandoned` are those whose lease ran out without a result:
            another worker takes them over. `parked` ones failed several times, and wait for a person.
        refunds_in_doubt: sent, and nobody will ask any more, or the gateway's word settles nothing.
        used_up: pending, their window closed, and no ask is planned any more.
        unasked: expired, though no gateway could say what became of them.
        chargebacks: open, neither won nor lost.
        unmatched: proven callbacks that named no payment of ours; `unjudged`: those of lately that nobody
            could judge or carry out.
        confirmations: of money, by one person, that a second one must confirm.
        undecided: lines of bank statements that a person must look at and has not confirmed as they are;
            `unnamed` are those that name no order.
        strangers: gateway accounts that are not configured, each with the number of its payments and refunds
            that are open.
        floods: hours of lately in which more callbacks that prove nothing came than are kept.
        newest: the latest instant that anything of ours was recorded at.
    """

    at: datetime
    payments_due: Backlog
    orders_due: Backlog
    leased: int
    abandoned: Backlog
    parked: Backlog
    payments_in_review: Backlog
    orders_in_review: Backlog
    surplus: Backlog
    chargebacks: Backlog
    refunds_due: Backlog
    refunds_in_doubt: Backlog
    used_up: Backlog
    unasked: Backlog
    unmatched: tuple[Refusals, ...]
    rejected: tuple[Refusals, ...]
    unjudged: tuple[Refusals, ...]
    floods: tuple[RefusedHour, ...]
    confirmations: Backlog
    undecided: Backlog
    unnamed: Backlog
    strangers: tuple[tuple[str, int], ...]
    newest: datetime | None


def inspect_engine(connection: Connection) -> Engine:
    """Asks the server about itself; needs no tables."""
    if connection.dialect.name == "sqlite":
        names = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
        journal = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
        synchronous = str(connection.exec_driver_sql("PRAGMA synchronous").scalar())
        version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
        settings = (("journal_mode", journal.upper()), ("synchronous", names.get(synchronous, synchronous)))
        return Engine(version, settings, None)
    shown = tuple(
        (name, str(connection.exec_driver_sql(f"SHOW {name}").scalar()))
        for name in ("fsync", "synchronous_commit", "full_page_writes")
    )
    version = str(connection.exec_driver_sql("SHOW server_version").scalar())
    return Engine(version, shown, connection.exec_driver_sql("SELECT clock_timestamp()").scalar())


def inspect_work(connection: Connection, seller: Seller) -> Inspection:
    """Look at all rows that a worker, an operator or an administrator should know of."""
    now = seller.clock()
    payments, orders, callbacks, refunds = t.payments.c, t.orders.c, t.callbacks.c, t.refunds.c
    lately = callbacks.received_at > now - _LATELY
    askable = payments.state.in_(ASKABLE)
    placed = orders.state == str(orders_rules.State.PLACED)
    proven = callbacks.verdict == "proof"
    return Inspection(
        at=now,
        payments_due=_due(connection, t.payments, askable, now),
        orders_due=_due(connection, t.orders, placed, now),
        leased=_sum(
            _backlog(connection, table, table.c.lease_until, [table.c.lease_until > now])
            for table, _ in _WORK
        ).count,
        abandoned=_sum(
            _backlog(
                connection,
                table,
                table.c.lease_until,
                [table.c.state.in_(states), table.c.lease_until <= now],
            )
            for table, states in _WORK
        ),
        parked=_sum(
            _backlog(connection, table, table.c.parked_at, [is_parked(table, states)])
            for table, states in _WORK
        ),
        payments_in_review=_backlog(
            connection, t.payments, payments.handed_over_at, [payments.state == str(State.REVIEW)]
        ),
        orders_in_review=_backlog(
            connection, t.orders, orders.placed_at, [orders.state == str(orders_rules.State.REVIEW)]
        ),
        surplus=_backlog(
            connection, t.payments, payments.handed_over_at, [payments.flags.contains(f'"{Flag.SURPLUS}"')]
        ),
        chargebacks=_backlog(
            connection,
            t.chargebacks,
            t.chargebacks.c.opened_at,
            [t.chargebacks.c.state == str(chargebacks_rules.State.OPENED)],
        ),
        refunds_due=_due(connection, t.refunds, refunds.state.in_(_UNDONE), now),
        refunds_in_doubt=_backlog(
            connection,
            t.refunds,
            refunds.requested_at,
            [
                refunds.state.in_(_UNDONE),
                (refunds.due_at.is_(None) & refunds.lease_until.is_(None))
                | refunds.reported_minor.is_not(None),
            ],
        ),
        used_up=_backlog(
            connection,
            t.payments,
            payments.closes_at,
            [
                payments.state == str(State.PENDING),
                payments.due_at.is_(None),
                payments.lease_until.is_(None),
                payments.closes_at <= now,
            ],
        ),
        unasked=_backlog(
            connection, t.payments, payments.closes_at, [payments.flags.contains(f'"{Flag.UNASKED}"')]
        ),
        unmatched=_callbacks(connection, [proven, callbacks.decision == str(Decision.UNKNOWN_REFERENCE)]),
        rejected=_callbacks(connection, [lately, callbacks.verdict == "rejected"]),
        floods=tuple(refused_hours(connection, since=now - _LATELY, more_than=seller.floods.limits.an_hour)),
        unjudged=_callbacks(connection, [lately, callbacks.decision == str(Decision.TRY_AGAIN)]),
        confirmations=_backlog(
            connection,
            t.confirmations,
            t.confirmations.c.first_at,
            [t.confirmations.c.state == str(confirmations_rules.State.WAITING)],
        ),
        undecided=_lines(connection, Fate.AMBIGUOUS, Fate.WRONG_AMOUNT, Fate.ALREADY_USED),
        unnamed=_lines(connection, Fate.UNMATCHED),
        strangers=_strangers(connection, seller),
        newest=_newest(connection),
    )


def last_call(connection: Connection, merchant_reference: str) -> Call | None:
    """The latest call to a gateway about a payment."""
    calls = t.gateway_calls.c
    row = connection.execute(
        select(calls.kind, calls.at, calls.outcome, calls.gateway_code)
        .where(calls.merchant_reference == merchant_reference)
        .order_by(calls.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Call(row.kind, row.at, row.outcome, row.gateway_code)


def _backlog(
    connection: Connection, table: Table, since: ColumnElement[Any], where: Iterable[ColumnElement[bool]]
) -> Backlog:
    statement = select(func.count(), func.min(since)).select_from(table).where(*where)
    count, oldest = connection.execute(statement).one()
    return Backlog(count, oldest)


def _due(connection: Connection, table: Table, is_work: ColumnElement[bool], now: datetime) -> Backlog:
    """What is parked is not due."""
    columns = table.c
    return _backlog(
        connection, table, columns.due_at, [is_work, columns.due_at <= now, columns.parked_at.is_(None)]
    )


def _sum(backlogs: Iterable[Backlog]) -> Backlog:
    found = tuple(backlogs)
    oldest = min((each.oldest for each in found if each.oldest is not None), default=None)
    return Backlog(sum(each.count for each in found), oldest)


def _callbacks(connection: Connection, where: Iterable[ColumnElement[bool]]) -> tuple[Refusals, ...]:
    """Counted by account and by the word that a reason begins with, the most first."""
    columns = t.callbacks.c
    statement = (
        select(columns.gateway_account, columns.reason, func.count(), func.max(columns.received_at))
        .where(*where)
        .group_by(columns.gateway_account, columns.reason)
    )
    sums: dict[tuple[str, str], Refusals] = {}
    for account, reason, count, latest in connection.execute(statement):
        key = (account, (reason or "").partition(":")[0])
        known = sums.get(key, Refusals(*key, 0, latest))
        sums[key] = Refusals(*key, known.count + count, max(known.latest, latest))
    return tuple(sorted(sums.values(), key=lambda entry: (-entry.count, entry.account, entry.reason)))


def _lines(connection: Connection, *fates: Fate) -> Backlog:
    """Of bank statements, with one of these fates, and confirmed by nobody, or with another amount. One that
    is used without that stands under two references: it may be money that came twice."""
    lines, confirmed = t.statement_lines.c, t.confirmations.c
    is_confirmed = (
        select(confirmed.id)
        .where(
            confirmed.gateway_account == lines.gateway_account,
            confirmed.bank_reference == lines.reference,
            confirmed.amount_minor == lines.amount_minor,
            confirmed.state != str(confirmations_rules.State.WITHDRAWN),
        )
        .exists()
    )
    where = [lines.fate.in_([str(fate) for fate in fates]), ~is_confirmed]
    return _backlog(connection, t.statement_lines, lines.booked_at, where)


def _strangers(connection: Connection, seller: Seller) -> tuple[tuple[str, int], ...]:
    found = Counter[str]()
    for table, open_ in ((t.payments, _OPEN), (t.refunds, _UNDONE)):
        account = table.c.gateway_account
        rows = connection.execute(
            select(account, func.count())
            .where(table.c.state.in_(open_), account.not_in(tuple(seller.accounts)))
            .group_by(account)
        )
        found.update({row[0]: row[1] for row in rows})
    return tuple(sorted(found.items()))


def _newest(connection: Connection) -> datetime | None:
    found = [
        connection.execute(select(func.max(column))).scalar()
        for column in (t.journal.c.at, t.callbacks.c.received_at, t.gateway_calls.c.at)
    ]
    return max((at for at in found if at is not None), default=None)
