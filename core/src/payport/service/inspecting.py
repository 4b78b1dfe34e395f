"""How the installation stands, read from the database: what is due, what waits for a person, what failed.

Facts and counts alone, for operators; whether one of them is bad is for the reader to say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from payport.rules import order as orders_rules
from payport.rules.payment import FINISHED, State
from payport.service import waiting
from payport.service.asking import ASKABLE
from payport.service.backlogs import Backlog, backlog, due, together
from payport.service.inspecting_callbacks import Refusals, refusals
from payport.service.judge import Decision
from payport.service.seller import Seller
from payport.service.waiting import Waiting
from payport.storage import tables as t
from payport.storage.refused_records import RefusedHour, refused_hours

__all__ = ["Inspection", "inspect_work", "strangers"]

_LATELY: Final = timedelta(days=1)
_OPEN: Final = tuple(str(state) for state in State if state not in FINISHED)


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


def inspect_work(connection: Connection, seller: Seller) -> Inspection:
    """Look at all rows that a worker, an operator or an administrator should know of."""
    now = seller.clock()
    payments, orders, callbacks = t.payments.c, t.orders.c, t.callbacks.c
    lately = callbacks.received_at > now - _LATELY
    askable = payments.state.in_(ASKABLE)
    placed = orders.state == str(orders_rules.State.PLACED)
    proven = callbacks.verdict == "proof"
    return Inspection(
        at=now,
        payments_due=due(connection, t.payments, askable, now),
        orders_due=due(connection, t.orders, placed, now),
        leased=together(
            backlog(connection, table, table.c.lease_until, [table.c.lease_until > now])
            for table, _ in waiting.WORK
        ).count,
        abandoned=together(
            backlog(
                connection,
                table,
                table.c.lease_until,
                [table.c.state.in_(states), table.c.lease_until <= now],
            )
            for table, states in waiting.WORK
        ),
        parked=together(_backlog(connection, each) for each in waiting.PARKED),
        payments_in_review=_backlog(connection, waiting.PAYMENTS_IN_REVIEW),
        orders_in_review=_backlog(connection, waiting.ORDERS_IN_REVIEW),
        surplus=_backlog(connection, waiting.SURPLUS),
        chargebacks=_backlog(connection, waiting.CHARGEBACKS),
        refunds_due=due(connection, t.refunds, t.refunds.c.state.in_(waiting.UNDONE), now),
        refunds_in_doubt=_backlog(connection, waiting.REFUNDS_IN_DOUBT),
        used_up=_backlog(connection, waiting.used_up(now)),
        unasked=_backlog(connection, waiting.UNASKED),
        unmatched=refusals(connection, [proven, callbacks.decision == str(Decision.UNKNOWN_REFERENCE)]),
        rejected=refusals(connection, [lately, callbacks.verdict == "rejected"]),
        floods=tuple(refused_hours(connection, since=now - _LATELY, more_than=seller.floods.limits.an_hour)),
        unjudged=refusals(connection, [lately, callbacks.decision == str(Decision.TRY_AGAIN)]),
        confirmations=_backlog(connection, waiting.CONFIRMATIONS),
        undecided=_backlog(connection, waiting.LINES_UNDECIDED),
        unnamed=_backlog(connection, waiting.LINES_UNNAMED),
        strangers=strangers(connection, seller),
        newest=_newest(connection),
    )


def _backlog(connection: Connection, rows: Waiting) -> Backlog:
    return backlog(connection, rows.table, rows.since, rows.where)


def strangers(connection: Connection, seller: Seller) -> tuple[tuple[str, int], ...]:
    found = Counter[str]()
    for table, open_ in ((t.payments, _OPEN), (t.refunds, waiting.UNDONE)):
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
