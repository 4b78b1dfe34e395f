"""Which rows wait for a person: said once, for whoever counts them and for whoever lists them.

Conditions on parts of a table are written as constants, so that both databases find the index of that part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, Table, literal_column, or_, select

from payport.rules import chargeback as chargebacks_rules
from payport.rules import order as orders_rules
from payport.rules import refund as refunds_rules
from payport.rules.confirmation import State as Seen
from payport.rules.payment import Flag, State
from payport.rules.statement import Fate
from payport.service.asking import ASKABLE
from payport.service.work_list import is_parked
from payport.storage import tables as t

__all__ = [
    "CHARGEBACKS", "CONFIRMATIONS", "LINES_UNDECIDED", "LINES_UNNAMED", "ORDERS_IN_REVIEW", "PARKED",
    "PAYMENTS_IN_REVIEW", "PROPOSALS", "REFUNDS_IN_DOUBT", "REFUNDS_UNKNOWN", "SURPLUS", "UNASKED",
    "UNDONE", "WORK", "Waiting", "used_up",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of one table.

    Args:
        reference: what a person opens. `since`: from when it waits.
        amount: in minor units, of the row's currency; None where it is no money.
        order, account: the columns that name the order and the gateway account, where there are such.
    """

    table: Table
    reference: ColumnElement[str]
    since: ColumnElement[Any]
    where: tuple[ColumnElement[bool], ...]
    amount: ColumnElement[int] | None = None

    @property
    def order(self) -> ColumnElement[str] | None:
        return self.table.c.number if self.table is t.orders else self.table.c.get("order_number")

    @property
    def account(self) -> ColumnElement[str] | None:
        return self.table.c.get("gateway_account")


def _constant(word: str) -> ColumnElement[str]:
    return literal_column(f"'{word}'", String)


def _lines(*fates: Fate) -> Waiting:
    """Of bank statements, with one of these fates; confirmed by nobody, or with another amount; and dismissed
    by nobody. One that is used without that stands under two references: it may be money that came twice."""
    lines, confirmed, dismissed = t.statement_lines.c, t.confirmations.c, t.dismissals.c
    is_confirmed = (
        select(confirmed.id)
        .where(
            confirmed.gateway_account == lines.gateway_account,
            confirmed.bank_reference == lines.reference,
            confirmed.amount_minor == lines.amount_minor,
            confirmed.state != str(Seen.WITHDRAWN),
        )
        .exists()
    )
    is_dismissed = (
        select(dismissed.reference)
        .where(
            dismissed.gateway_account == lines.gateway_account,
            dismissed.reference == lines.reference,
        )
        .exists()
    )
    return Waiting(
        t.statement_lines,
        lines.reference,
        lines.booked_at,
        (lines.fate.in_([str(fate) for fate in fates]), ~is_confirmed, ~is_dismissed),
        lines.amount_minor,
    )


_ORDERS, _PAYMENTS, _REFUNDS = t.orders.c, t.payments.c, t.refunds.c
_FLAGGED: Final = _PAYMENTS.flags != _constant("[]")
UNDONE: Final = tuple(str(state) for state in refunds_rules.State if state not in refunds_rules.FINISHED)
_IN_DOUBT: Final = or_(
    _REFUNDS.due_at.is_(None) & _REFUNDS.lease_until.is_(None), _REFUNDS.reported_minor.is_not(None)
)

ORDERS_IN_REVIEW: Final = Waiting(
    t.orders,
    _ORDERS.number,
    _ORDERS.placed_at,
    (_ORDERS.state == str(orders_rules.State.REVIEW),),
    _ORDERS.received_minor,
)
PAYMENTS_IN_REVIEW: Final = Waiting(
    t.payments,
    _PAYMENTS.merchant_reference,
    _PAYMENTS.handed_over_at,
    (_PAYMENTS.state == str(State.REVIEW),),
    _PAYMENTS.amount_minor,
)
SURPLUS: Final = Waiting(
    t.payments,
    _PAYMENTS.merchant_reference,
    _PAYMENTS.handed_over_at,
    (_FLAGGED, _PAYMENTS.flags.contains(f'"{Flag.SURPLUS}"')),
)
UNASKED: Final = Waiting(
    t.payments,
    _PAYMENTS.merchant_reference,
    _PAYMENTS.closes_at,
    (_FLAGGED, _PAYMENTS.flags.contains(f'"{Flag.UNASKED}"')),
    _PAYMENTS.amount_minor,
)
REFUNDS_IN_DOUBT: Final = Waiting(
    t.refunds,
    _REFUNDS.reference,
    _REFUNDS.requested_at,
    (_REFUNDS.state.in_(UNDONE), _IN_DOUBT),
    _REFUNDS.amount_minor,
)
REFUNDS_UNKNOWN: Final = Waiting(
    t.refunds,
    _REFUNDS.reference,
    _REFUNDS.requested_at,
    (_REFUNDS.state == str(refunds_rules.State.UNKNOWN), ~_IN_DOUBT),
    _REFUNDS.amount_minor,
)
CONFIRMATIONS: Final = Waiting(
    t.confirmations,
    t.confirmations.c.bank_reference,
    t.confirmations.c.first_at,
    (t.confirmations.c.state == _constant(Seen.WAITING),),
    t.confirmations.c.amount_minor,
)
CHARGEBACKS: Final = Waiting(
    t.chargebacks,
    t.chargebacks.c.reference,
    t.chargebacks.c.opened_at,
    (t.chargebacks.c.state == _constant(chargebacks_rules.State.OPENED),),
    t.chargebacks.c.amount_minor,
)
LINES_UNDECIDED: Final = _lines(Fate.AMBIGUOUS, Fate.WRONG_AMOUNT, Fate.ALREADY_USED)
LINES_UNNAMED: Final = _lines(Fate.UNMATCHED)
PROPOSALS: Final = Waiting(
    t.proposals,
    t.proposals.c.id,
    t.proposals.c.proposed_at,
    (t.proposals.c.state == "waiting",),
    t.proposals.c.amount_minor,
)
WORK: Final = (
    (t.payments, ASKABLE),
    (t.refunds, UNDONE),
    (t.orders, (str(orders_rules.State.PLACED),)),
)
"""Tables whose rows are work, and the states in which they are."""
PARKED: Final = tuple(
    Waiting(table, next(iter(table.primary_key)), table.c.parked_at, (is_parked(table, states),))
    for table, states in WORK
)


def used_up(now: datetime) -> Waiting:
    """Pending, their window closed, and no ask is planned any more."""
    return Waiting(
        t.payments,
        _PAYMENTS.merchant_reference,
        _PAYMENTS.closes_at,
        (
            _PAYMENTS.state == str(State.PENDING),
            _PAYMENTS.due_at.is_(None),
            _PAYMENTS.lease_until.is_(None),
            _PAYMENTS.closes_at <= now,
        ),
        _PAYMENTS.amount_minor,
    )
