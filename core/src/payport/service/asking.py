"""Asking a gateway what became of a payment: claimed by lease, asked in no transaction, settled by owner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from payport.errors import PayportError
from payport.gateways import types as boundary
from payport.gateways.accounts import GatewayAccount
from payport.gateways.flow import Called, FlowLimits
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.payment import FINISHED, Payment, State, expire_unasked, is_known_to_nobody
from payport.service.asking_due import askable, cannot_begin, lease_to_ask, named, next_to_ask
from payport.service.calls import context_for, keep_call, plugin_view
from payport.service.leasing import RELEASED, Kind, Taken
from payport.service.schedule import next_ask, soonest_ask
from payport.service.seller import Seller
from payport.service.settling import settle, weigh
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.payment_records import find_payment, payment_from, payment_owner

__all__ = ["ASKABLE", "LIMITS", "NEVER_SHOWN", "PAYMENTS", "Question", "claim", "claim_one", "conclude"]

LIMITS: Final = FlowLimits(seconds=12.0)  # a slow answer is cut while its lease still holds
NEVER_SHOWN: Final = "its window is closed, its page reached nobody, and no gateway could say more"
ASKABLE: Final = (  # one that ended unpaid is asked about where a hint, or a person, says that money came
    str(State.PENDING), str(State.REVIEW), str(State.FAILED), str(State.EXPIRED),
)  # fmt: skip
PAYMENTS: Final = Kind(
    "payment",
    t.payments,
    t.payments.c.merchant_reference,
    ASKABLE,
    lambda seller: askable(seller, "query"),
)
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

    @property
    def taken(self) -> Taken:
        return Taken(self.payment.merchant_reference, self.owner)


def claim(connection: Connection, seller: Seller) -> Question | None:
    """Take the payment that has been due longest, and that nobody else is asking about."""
    row = next_to_ask(connection, seller, PAYMENTS)
    return None if row is None else _leased(connection, seller, row)


def claim_one(connection: Connection, seller: Seller, merchant_reference: str) -> Question | None:
    """Ask about this payment now, unless it succeeded, is being asked about, or was asked within the gap."""
    if payment_owner(connection, merchant_reference=merchant_reference) is None:
        return None
    row = named(connection, seller, PAYMENTS, merchant_reference, hook="query")
    return None if row is None else _leased(connection, seller, row)


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
        columns={**RELEASED, "due_at": again, "asked_at": now},
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


def _leased(connection: Connection, seller: Seller, row: Row[Any]) -> Question:
    payment, account = payment_from(row), seller.account(row.gateway_account)
    owner = lease_to_ask(connection, seller, PAYMENTS, row)
    try:
        flow = account.ready.query(plugin_view(connection, payment), context_for(connection, seller, payment))
    except PayportError as error:
        flow = cannot_begin(error)
    return Question(payment, account, flow, owner, row.due_at)
