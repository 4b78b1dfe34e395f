"""Asking a gateway what became of a payment: claimed by lease, asked in no transaction, settled by owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from payport.errors import PayportError
from payport.gateways import types as boundary
from payport.gateways.accounts import GatewayAccount
from payport.gateways.flow import Called
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.payment import FINISHED, Payment, State
from payport.service.calls import context_for, keep_call, plugin_view
from payport.service.references import new_id
from payport.service.schedule import next_ask, soonest_ask
from payport.service.seller import Seller
from payport.service.settling import settle, weigh
from payport.storage import tables as t
from payport.storage.records import find_payment, lock_account, payment_from

__all__ = ["LEASE", "Question", "claim", "claim_one", "conclude"]

LEASE: Final = timedelta(seconds=15)  # taken over by another worker after it, so within 30 s
_ASKABLE: Final = (str(State.PENDING), str(State.REVIEW))
_UNKNOWN: Final = PaymentReport(
    outcome=Outcome.UNKNOWN,
    gateway_code="",
    merchant_account=None,
    merchant_reference=None,
    amount=None,
)


@dataclass(frozen=True, slots=True)
class Question:
    """One payment that is being asked about, by one owner of a lease."""

    payment: Payment
    account: GatewayAccount
    flow: boundary.Flow[PaymentReport]
    owner: str


def claim(connection: Connection, seller: Seller) -> Question | None:
    """Take the payment that has been due longest, and that nobody else is asking about."""
    now = seller.clock()
    row = connection.execute(
        select(t.payments)
        .where(
            t.payments.c.due_at <= now,
            t.payments.c.state.in_(_ASKABLE),
            t.payments.c.gateway_account.in_(_askable_accounts(seller)),
            (t.payments.c.lease_until.is_(None)) | (t.payments.c.lease_until <= now),
        )
        .order_by(t.payments.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    return None if row is None else _leased(connection, seller, payment_from(row), now)


def claim_one(connection: Connection, seller: Seller, merchant_reference: str) -> Question | None:
    """Ask about this payment now, unless it is finished, being asked about, or was asked within the gap."""
    now = seller.clock()
    row = connection.execute(
        select(t.payments).where(t.payments.c.merchant_reference == merchant_reference).with_for_update()
    ).first()
    if row is None or row.state not in _ASKABLE or row.gateway_account not in _askable_accounts(seller):
        return None
    leased = row.lease_until is not None and row.lease_until > now
    if leased or soonest_ask(seller.account(row.gateway_account), asked_at=row.asked_at, now=now) > now:
        return None
    return _leased(connection, seller, payment_from(row), now)


def conclude(
    connection: Connection, seller: Seller, question: Question, called: Called[PaymentReport]
) -> Payment | None:
    """Judge the answer and settle it. None where the lease was lost: its late result is discarded."""
    now = seller.clock()
    lock_account(connection, question.payment.account)
    reference = question.payment.merchant_reference
    row = connection.execute(
        select(t.payments.c.lease_owner).where(t.payments.c.merchant_reference == reference)
    ).one()
    payment = find_payment(connection, merchant_reference=reference)
    if payment is None or row.lease_owner != question.owner:
        return None
    keep_call(connection, payment, "query", called, at=now)
    report = _about(payment, called)
    judgement = weigh(connection, question.account, payment, report, at=now, asked=True)
    finished = judgement.payment.state in FINISHED
    again = None if finished else next_ask(question.account, payment, asked_at=now, now=now)
    return settle(
        connection,
        seller,
        payment,
        judgement,
        report=report,
        received_at=now,
        proof="query",
        columns={"due_at": again, "asked_at": now, "lease_owner": None, "lease_until": None, "tries": 0},
    )


def _about(payment: Payment, called: Called[PaymentReport]) -> PaymentReport:
    """The report, if it is about the payment that was asked about; else nothing is known (CHN-08)."""
    report = called.value
    if report is None or report.merchant_reference not in {None, payment.merchant_reference}:
        return _UNKNOWN
    if report.outcome is Outcome.DONE and report.merchant_reference is None:
        return _UNKNOWN
    return report


def _askable_accounts(seller: Seller) -> tuple[str, ...]:
    return tuple(
        name
        for name, account in seller.accounts.items()
        if account.gateway is not None and "query" in account.gateway.capabilities
    )


def _leased(connection: Connection, seller: Seller, payment: Payment, now: datetime) -> Question:
    owner = new_id()
    connection.execute(
        update(t.payments)
        .where(t.payments.c.merchant_reference == payment.merchant_reference)
        .values(
            lease_owner=owner,
            lease_until=now + LEASE,
            tries=t.payments.c.tries + 1,
            asks=t.payments.c.asks + 1,
            asked_at=now,
        )
    )
    account = seller.account(payment.gateway_account)
    assert account.gateway is not None
    try:
        flow = account.gateway.query(
            plugin_view(connection, payment), context_for(connection, seller, payment)
        )
    except PayportError as error:
        flow = _cannot_begin(error)
    return Question(payment, account, flow, owner)


def _cannot_begin(error: PayportError) -> boundary.Flow[PaymentReport]:
    """A gateway whose plugin is out of order answers nothing; the payments of the others are asked about."""
    yield from ()
    raise error
