"""Settles a refund by a gateway's answer, to the call that sent it or to a question about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from payport.gateways.accounts import GatewayAccount
from payport.gateways.flow import Called
from payport.gateways.types import RefundReport
from payport.rules.refund import FINISHED, Refund
from payport.service.leasing import RELEASED
from payport.service.refund_judge import Finding, Known, judge_refund
from payport.service.schedule import soonest_ask
from payport.service.seller import Seller
from payport.service.settling_refunds import Settled, settle_refund
from payport.storage.refund_records import names_its_payment, names_something_else

__all__ = ["settle_answer"]


def settle_answer(
    connection: Connection,
    seller: Seller,
    account: GatewayAccount,
    refund: Refund,
    *,
    called: Called[RefundReport],
    asked: bool,
    at: datetime,
) -> Settled:
    """Judge it, store what follows, and plan the next question.

    Args:
        asked: it answers `query_refund`; else it is the refund's own call.
    """
    finding = _weighed(connection, account, refund, called, asked=asked)
    is_over = refund.state in FINISHED or finding.to in FINISHED
    again = None if is_over else _next_ask(account, refund, now=at)
    return settle_refund(
        connection,
        seller,
        refund,
        finding,
        at=at,
        by=account.name,
        gateway_code=called.gateway_code,
        columns={**RELEASED, "due_at": again, "asked_at": at},
    )


def _weighed(
    connection: Connection,
    account: GatewayAccount,
    refund: Refund,
    called: Called[RefundReport],
    *,
    asked: bool,
) -> Finding:
    """Judge an answer by what is stored. A name of what brought the money does not name the refund."""
    report = called.value
    named = None if report is None else report.gateway_reference
    if report is not None and named is not None and names_its_payment(connection, refund, named):
        report, named = replace(report, gateway_reference=None), None
    known = Known(
        merchant_account=account.merchant_account,
        reference_is_anothers=named is not None and names_something_else(connection, refund, named),
    )
    return judge_refund(refund, called.outcome, report, known, asked=asked)


def _next_ask(account: GatewayAccount, refund: Refund, *, now: datetime) -> datetime | None:
    """The next of the gateway's delays, counted from the request, and none within its gap after this answer;
    None once they are used up, or where nobody can be asked."""
    gateway = account.gateway
    if gateway is None or "query_refund" not in account.capabilities:
        return None
    earliest = soonest_ask(account, asked_at=now, now=now)
    planned = (refund.requested_at + delay for delay in gateway.info.refund_ask_after)
    return next((max(at, earliest) for at in planned if at > now), None)
