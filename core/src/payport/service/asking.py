"""Asking a gateway what became of a payment: claimed by lease, asked in no transaction, settled by owner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from payport.errors import PayportError
from payport.gateways import types as boundary
from payport.gateways.accounts import GatewayAccount
from payport.gateways.flow import Called, FlowLimits
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.payment import FINISHED, Payment, State, expire_unasked, is_known_to_nobody
from payport.service.calls import context_for, keep_call, plugin_view
from payport.service.references import new_id
from payport.service.schedule import next_ask, soonest_ask
from payport.service.seller import Seller
from payport.service.settling import settle, weigh
from payport.storage import tables as t
from payport.storage.records import find_payment, lock_account, payment_from, payment_owner

__all__ = ["ASKABLE", "LEASE", "LIMITS", "NEVER_SHOWN", "Question", "claim", "claim_one", "conclude"]

LEASE: Final = timedelta(seconds=15)  # taken over by another worker after it, so within 30 s
LIMITS: Final = FlowLimits(seconds=12.0)  # a slow answer is cut while its lease still holds
NEVER_SHOWN: Final = "its window is closed, its page reached nobody, and no gateway could say more"
ASKABLE: Final = (  # one that ended unpaid is asked about where a hint, or a person, says that money came
    str(State.PENDING), str(State.REVIEW), str(State.FAILED), str(State.EXPIRED),
)  # fmt: skip
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
    due_at: datetime | None = None  # as it was when the payment was claimed


def claim(connection: Connection, seller: Seller) -> Question | None:
    """Take the payment that has been due longest, and that nobody else is asking about."""
    now = seller.clock()
    row = connection.execute(
        select(t.payments)
        .where(
            t.payments.c.due_at <= now,
            t.payments.c.state.in_(ASKABLE),
            t.payments.c.gateway_account.in_(_askable_accounts(seller)),
            (t.payments.c.lease_until.is_(None)) | (t.payments.c.lease_until <= now),
        )
        .order_by(t.payments.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    return None if row is None else _leased(connection, seller, row, now)


def claim_one(connection: Connection, seller: Seller, merchant_reference: str) -> Question | None:
    """Ask about this payment now, unless it succeeded, is being asked about, or was asked within the gap."""
    now = seller.clock()
    if payment_owner(connection, merchant_reference=merchant_reference) is None:
        return None
    row = connection.execute(
        select(t.payments).where(t.payments.c.merchant_reference == merchant_reference).with_for_update()
    ).one()
    if row.state not in ASKABLE or row.gateway_account not in _askable_accounts(seller):
        return None
    leased = row.lease_until is not None and row.lease_until > now
    if leased or soonest_ask(seller.account(row.gateway_account), asked_at=row.asked_at, now=now) > now:
        return None
    return _leased(connection, seller, row, now)


def conclude(
    connection: Connection, seller: Seller, question: Question, called: Called[PaymentReport]
) -> tuple[Payment, Payment] | None:
    """Judge the answer and settle it.

    Returns: the payment as it stood (a callback may have come meanwhile) and as it stands; None where the
        lease was lost: its late result is discarded.
    """
    now = seller.clock()
    lock_account(connection, question.payment.account)
    reference = question.payment.merchant_reference
    row = connection.execute(
        select(t.payments.c.lease_owner, t.payments.c.due_at, t.payments.c.checkout).where(
            t.payments.c.merchant_reference == reference
        )
    ).one()
    payment = find_payment(connection, merchant_reference=reference)
    if payment is None or row.lease_owner != question.owner:
        return None
    keep_call(connection, payment, "query", called, at=now)
    report = _about(payment, called)
    judgement = weigh(connection, question.account, payment, report, at=now, asked=True)
    again = None if _is_known(judgement.payment, report) else _again(question, row.due_at, now)
    if (
        again is None
        and report.outcome is Outcome.UNKNOWN
        and is_known_to_nobody(payment, shown=row.checkout is not None, at=now)
    ):
        judgement = replace(judgement, payment=expire_unasked(payment), because=NEVER_SHOWN)
    after = settle(
        connection,
        seller,
        payment,
        judgement,
        report=report,
        received_at=now,
        proof="query",
        columns={"due_at": again, "asked_at": now, "lease_owner": None, "lease_until": None, "tries": 0},
    )
    return payment, after


def _is_known(payment: Payment, report: PaymentReport) -> bool:
    """Whether nothing is left to ask. One that ended unpaid and is asked again waits for an answer."""
    if payment.state not in FINISHED:
        return False
    return payment.state is State.SUCCEEDED or report.outcome is not Outcome.UNKNOWN


def _again(question: Question, due_at: datetime | None, now: datetime) -> datetime | None:
    """By the gateway's delays; sooner where a callback made an ask due while this one was under way."""
    planned = next_ask(question.account, question.payment, asked_at=now, now=now)
    if due_at is None or due_at == question.due_at:
        return planned
    wanted = max(due_at, soonest_ask(question.account, asked_at=now, now=now))
    return wanted if planned is None else min(planned, wanted)


def _about(payment: Payment, called: Called[PaymentReport]) -> PaymentReport:
    """The report, if it is about the payment that was asked about; else nothing is known (CHN-08)."""
    report = called.value
    if report is None or report.merchant_reference not in {None, payment.merchant_reference}:
        return _UNKNOWN
    if report.outcome is Outcome.DONE and report.merchant_reference is None:
        return _UNKNOWN
    return report


def _askable_accounts(seller: Seller) -> tuple[str, ...]:
    return tuple(name for name, account in seller.accounts.items() if "query" in account.capabilities)


def _leased(connection: Connection, seller: Seller, row: Row[Any], now: datetime) -> Question:
    """A first try that died is taken over soon; one that fails again and again waits the gateway's gap."""
    payment, account, owner = payment_from(row), seller.account(row.gateway_account), new_id()
    assert account.gateway is not None
    lease = LEASE if row.tries == 0 else max(LEASE, account.gateway.info.ask_gap)
    connection.execute(
        update(t.payments)
        .where(t.payments.c.merchant_reference == payment.merchant_reference)
        .values(
            lease_owner=owner,
            lease_until=now + lease,
            tries=t.payments.c.tries + 1,
            asks=t.payments.c.asks + 1,
            asked_at=now,
        )
    )
    try:
        flow = account.gateway.query(
            plugin_view(connection, payment), context_for(connection, seller, payment)
        )
    except PayportError as error:
        flow = _cannot_begin(error)
    return Question(payment, account, flow, owner, row.due_at)


def _cannot_begin(error: PayportError) -> boundary.Flow[PaymentReport]:
    """A gateway whose plugin is out of order answers nothing; the payments of the others are asked about."""
    yield from ()
    raise error
