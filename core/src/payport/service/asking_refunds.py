"""Asking a gateway what became of a refund: claimed by lease, asked in no transaction, settled once.

A refund whose sender died is never sent again: it is `unknown` from then on, and asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from payport.errors import PayportError
from payport.gateways import types as boundary
from payport.gateways.accounts import GatewayAccount
from payport.gateways.flow import Called, FlowLimits
from payport.gateways.types import RefundReport
from payport.rules.payment import Payment
from payport.rules.refund import FINISHED, Refund, State
from payport.service.books import locked_payment
from payport.service.calls import context_for, keep_call, refund_view
from payport.service.references import new_id
from payport.service.refund_judge import Finding, Known, judge_refund
from payport.service.schedule import soonest_ask
from payport.service.seller import Seller
from payport.service.settling_refunds import Settled, locked_refund, settle_refund
from payport.storage import tables as t
from payport.storage.records import find_payment
from payport.storage.refund_records import names_something_else, refund_from

__all__ = [
    "LIMITS", "Inquiry", "abandoned", "claim", "claim_one", "conclude", "give_up_sending", "next_refund_ask",
    "weigh_refund",
]  # fmt: skip

LIMITS: Final = FlowLimits(seconds=12.0)
_LEASE: Final = timedelta(seconds=15)
_ASKABLE: Final = (str(State.SUBMITTED), str(State.UNKNOWN))
_LOST: Final = "nobody came back from sending it: it may have been sent"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One refund that is being asked about, by one owner of a lease."""

    refund: Refund
    account: GatewayAccount
    flow: boundary.Flow[RefundReport]
    owner: str


def abandoned(connection: Connection, seller: Seller, limit: int) -> tuple[str, ...]:
    """The refunds whose sender died, the oldest first."""
    now = seller.clock()
    rows = connection.execute(
        select(t.refunds.c.reference)
        .where(t.refunds.c.state == str(State.REQUESTED), t.refunds.c.lease_until <= now)
        .order_by(t.refunds.c.lease_until)
        .limit(limit)
    )
    return tuple(rows.scalars())


def give_up_sending(connection: Connection, seller: Seller, reference: str) -> Settled | None:
    """Make it unknown, if that is still due."""
    now = seller.clock()
    refund = locked_refund(connection, reference)
    until = connection.execute(
        select(t.refunds.c.lease_until).where(t.refunds.c.reference == reference)
    ).scalar_one()
    if refund.state is not State.REQUESTED or until is None or until > now:
        return None
    askable = refund.gateway_account in _askable_accounts(seller)
    return settle_refund(
        connection,
        seller,
        refund,
        Finding(State.UNKNOWN, _LOST, problem=_LOST),
        at=now,
        by="worker",
        columns={"due_at": now if askable else None, "lease_owner": None, "lease_until": None},
    )


def claim(connection: Connection, seller: Seller) -> Inquiry | None:
    """Take the refund that has been due longest, and that nobody else is asking about."""
    now = seller.clock()
    row = connection.execute(
        select(t.refunds)
        .where(
            t.refunds.c.due_at <= now,
            t.refunds.c.state.in_(_ASKABLE),
            t.refunds.c.gateway_account.in_(_askable_accounts(seller)),
            (t.refunds.c.lease_until.is_(None)) | (t.refunds.c.lease_until <= now),
        )
        .order_by(t.refunds.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    return None if row is None else _leased(connection, seller, row, now)


def claim_one(connection: Connection, seller: Seller, reference: str) -> Inquiry | None:
    """Ask about this refund now, unless it is finished, being asked about, or was asked within the gap.

    Raises: NotFound.
    """
    now = seller.clock()
    locked_refund(connection, reference)
    row = connection.execute(
        select(t.refunds).where(t.refunds.c.reference == reference).with_for_update()
    ).one()
    if row.state not in _ASKABLE or row.gateway_account not in _askable_accounts(seller):
        return None
    leased = row.lease_until is not None and row.lease_until > now
    if leased or soonest_ask(seller.account(row.gateway_account), asked_at=row.asked_at, now=now) > now:
        return None
    return _leased(connection, seller, row, now)


def conclude(
    connection: Connection, seller: Seller, inquiry: Inquiry, called: Called[RefundReport]
) -> Settled | None:
    """Judge the answer and settle it; None where the lease was lost: its late result is discarded.

    But for what contradicts how a person ended the refund meanwhile: it is kept for people.
    """
    now, reference = seller.clock(), inquiry.refund.reference
    refund = locked_refund(connection, reference)
    payment = locked_payment(connection, refund.merchant_reference)
    owner = connection.execute(
        select(t.refunds.c.lease_owner).where(t.refunds.c.reference == reference)
    ).scalar_one()
    keep_call(connection, payment, "query_refund", called, at=now)
    is_over = refund.state in FINISHED
    if owner != inquiry.owner and not is_over:
        return None
    finding = weigh_refund(connection, inquiry.account, payment, refund, called, asked=True)
    is_over = is_over or finding.to in FINISHED
    again = None if is_over else next_refund_ask(inquiry.account, refund, asked_at=now, now=now)
    return settle_refund(
        connection,
        seller,
        refund,
        finding,
        at=now,
        by=inquiry.account.name,
        gateway_code=called.gateway_code,
        columns={"due_at": again, "asked_at": now, "lease_owner": None, "lease_until": None, "tries": 0},
    )


def weigh_refund(
    connection: Connection,
    account: GatewayAccount,
    payment: Payment,
    refund: Refund,
    called: Called[RefundReport],
    *,
    asked: bool,
) -> Finding:
    """Judge an answer by what is stored. A name that is the payment's own does not name the refund."""
    report = called.value
    if report is not None and report.gateway_reference == payment.gateway_reference:
        report = replace(report, gateway_reference=None)
    named = None if report is None else report.gateway_reference
    known = Known(
        merchant_account=account.merchant_account,
        reference_is_anothers=named is not None and names_something_else(connection, refund, named),
    )
    return judge_refund(refund, called.outcome, report, known, asked=asked)


def next_refund_ask(
    account: GatewayAccount, refund: Refund, *, asked_at: datetime | None, now: datetime
) -> datetime | None:
    """The next of the gateway's delays, counted from the request; None once they are used up, or where nobody
    can be asked."""
    gateway = account.gateway
    if gateway is None or "query_refund" not in account.capabilities:
        return None
    earliest = soonest_ask(account, asked_at=asked_at, now=now)
    planned = (refund.requested_at + delay for delay in gateway.info.refund_ask_after)
    return next((max(at, earliest) for at in planned if at > now), None)


def _askable_accounts(seller: Seller) -> tuple[str, ...]:
    return tuple(name for name, account in seller.accounts.items() if "query_refund" in account.capabilities)


def _leased(connection: Connection, seller: Seller, row: Row[Any], now: datetime) -> Inquiry:
    """A first try that died is taken over soon; one that fails again and again waits the gateway's gap."""
    refund, account, owner = refund_from(row), seller.account(row.gateway_account), new_id()
    lease = _LEASE if row.tries == 0 else max(_LEASE, account.ready.info.ask_gap)
    connection.execute(
        update(t.refunds)
        .where(t.refunds.c.reference == refund.reference)
        .values(
            lease_owner=owner,
            lease_until=now + lease,
            tries=t.refunds.c.tries + 1,
            asks=t.refunds.c.asks + 1,
            asked_at=now,
        )
    )
    payment = find_payment(connection, merchant_reference=refund.merchant_reference)
    assert payment is not None
    try:
        flow = account.ready.query_refund(
            refund_view(connection, refund, payment), context_for(connection, seller, payment)
        )
    except PayportError as error:
        flow = _cannot_begin(error)
    return Inquiry(refund, account, flow, owner)


def _cannot_begin(error: PayportError) -> boundary.Flow[RefundReport]:
    """A gateway whose plugin is out of order answers nothing; the refunds of the others are asked about."""
    yield from ()
    raise error
