"""The way of a callback: verified, parsed, compared, carried out and kept in one commit, then answered.

The raw row and what follows from it are one transaction; what follows stands in a savepoint, so that a
failure inside leaves the raw row and an answer that makes the gateway call again. Nothing final is answered
before the commit. The door itself calls no gateway.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DBAPIError

from payport.errors import CallbackRejected, Incomplete, NoInput, PayportError
from payport.gateways.accounts import GatewayAccount
from payport.gateways.types import PaymentReport, Reply
from payport.rules.payment import FINISHED, Payment
from payport.service.judge import Decision, Judgement
from payport.service.schedule import soonest_ask
from payport.service.seller import Seller
from payport.service.settling import settle, weigh
from payport.signing.received import Callback, Channel, Hint
from payport.storage import tables as t
from payport.storage.database import is_lost_race
from payport.storage.records import find_payment, lock_account, payment_owner

__all__ = ["MOST_BODY", "MOST_HEADERS", "MOST_QUERY", "Receipt", "receive"]

MOST_BODY: Final = 64 * 1024
MOST_QUERY: Final = 16 * 1024
MOST_HEADERS: Final = 16 * 1024
_NOT_KEPT: Final = frozenset(
    {b"cookie", b"authorization", b"proxy-authorization"}
)  # the sender's own secrets
_NEUTRAL: Final = Reply(503, b"try again", "text/plain; charset=utf-8")
_ADD_CALLBACK: Final = insert(t.callbacks)
_log = logging.getLogger("payport.callbacks")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What to answer, and for the browser's return, whose page to show.

    `order_token` is None unless the message was authentic and named a payment of ours.
    """

    reply: Reply
    decision: Decision
    order_token: str | None = None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What verification and the plugin made of the bytes, before any row was read."""

    word: str  # proof, hint, rejected, unjudged
    decision: Decision  # what it comes to if there is nothing to compare
    contract: str | None = None
    key_id: str | None = None
    reason: str | None = None
    report: PaymentReport | None = None
    hint: Hint | None = None


def receive(seller: Seller, callback: Callback) -> Receipt:
    """Take one callback. Raises NotFound for an account that payport.toml does not name; nothing else.

    A storage failure is answered with the gateway's "call again": nothing was kept, nothing is lost.
    """
    account = seller.account(callback.account)
    verdict = _judge_bytes(account, callback)
    try:
        decision, token = seller.database.transaction(
            lambda connection: _keep(connection, seller, account, callback, verdict)
        )
    except DBAPIError as error:
        _log.error("callback not stored: %s", type(error.orig).__name__)
        decision, token = Decision.TRY_AGAIN, None
    return Receipt(_reply(account, decision), decision, token)


def _judge_bytes(account: GatewayAccount, callback: Callback) -> _Verdict:
    """Verify, then let the plugin say what it claims. Pure; what it raises is kept as the verdict."""
    if account.gateway is None:
        return _Verdict("unjudged", Decision.TRY_AGAIN, reason="its plugin is missing or refused")
    contract = key_id = None
    try:
        proven = account.verify(callback)
        if isinstance(proven, Hint):
            return _Verdict("hint", Decision.UNKNOWN_REFERENCE, contract=proven.contract, hint=proven)
        contract, key_id = proven.contract, proven.key_id
        report = account.gateway.parse(proven)
    except CallbackRejected as error:
        return _Verdict("rejected", _decision_of(error), reason=_why(error), contract=contract, key_id=key_id)
    except PayportError as error:
        return _Verdict(
            "unjudged",
            Decision.TRY_AGAIN,
            reason=f"{error.code}: {error.field}",
            contract=contract,
            key_id=key_id,
        )
    return _Verdict("proof", Decision.UNKNOWN_REFERENCE, report=report, contract=contract, key_id=key_id)


def _decision_of(error: CallbackRejected) -> Decision:
    """`no_input` and `incomplete` tell only what the sender knows already; all else is one answer."""
    match error:
        case NoInput():
            return Decision.NO_INPUT
        case Incomplete():
            return Decision.INCOMPLETE
        case _:
            return Decision.NOT_AUTHENTIC


def _keep(
    connection: Connection, seller: Seller, account: GatewayAccount, callback: Callback, verdict: _Verdict
) -> tuple[Decision, str | None]:
    """The one transaction. Returns the decision and, for a return that was authentic, the order's token."""
    payment = _locked_payment(connection, account, verdict)
    judgement = None
    decision, reason = verdict.decision, verdict.reason
    if payment is None:
        if _names_another_merchant(account, verdict):
            decision = Decision.NOT_AUTHENTIC
    elif verdict.report is None:
        decision = Decision.HINT_TAKEN
    else:
        judgement = weigh(connection, account, payment, verdict.report, at=callback.received_at, asked=False)
        decision, reason = judgement.decision, judgement.because
    row = _raw_row(callback, verdict, payment, decision, reason)
    (callback_id,) = connection.execute(_ADD_CALLBACK, row).inserted_primary_key or (0,)
    if payment is not None:
        try:
            with connection.begin_nested():
                _carry_out(connection, seller, account, payment, verdict, judgement, callback, callback_id)
        except (DBAPIError, PayportError) as error:
            if is_lost_race(error):
                raise
            _log.error("callback %s is kept, and not carried out: %s", callback_id, type(error).__name__)
            decision = Decision.TRY_AGAIN
            connection.execute(
                update(t.callbacks).where(t.callbacks.c.id == callback_id).values(decision=str(decision))
            )
    token = None
    if payment is not None and callback.channel is Channel.RETURN:
        order = select(t.orders.c.token).where(t.orders.c.number == payment.order_number)
        token = connection.execute(order).scalar()
    return decision, token


def _carry_out(  # noqa: PLR0917 - one step of _keep, named for its savepoint
    connection: Connection,
    seller: Seller,
    account: GatewayAccount,
    payment: Payment,
    verdict: _Verdict,
    judgement: Judgement | None,
    callback: Callback,
    callback_id: int,
) -> None:
    if judgement is None or verdict.report is None:
        if payment.state not in FINISHED:
            _make_ask_due(connection, account, payment, callback.received_at)
        return
    finished = judgement.payment.state in FINISHED
    if judgement.payment != payment or judgement.receipt is not None:
        settle(
            connection,
            seller,
            payment,
            judgement,
            report=verdict.report,
            received_at=callback.received_at,
            proof=f"callback {callback_id}",
            columns={"due_at": None} if finished else {},
        )
    if judgement.ask and not finished:
        _make_ask_due(connection, account, judgement.payment, callback.received_at)


def _make_ask_due(connection: Connection, account: GatewayAccount, payment: Payment, now: datetime) -> None:
    """Soonest wins: an ask that is due earlier stays so; never within the gateway's gap."""
    row = connection.execute(
        select(t.payments.c.asked_at, t.payments.c.due_at).where(
            t.payments.c.merchant_reference == payment.merchant_reference
        )
    ).one()
    at = soonest_ask(account, asked_at=row.asked_at, now=now)
    if row.due_at is None or at < row.due_at:
        connection.execute(
            update(t.payments)
            .where(t.payments.c.merchant_reference == payment.merchant_reference)
            .values(due_at=at)
        )


def _locked_payment(connection: Connection, account: GatewayAccount, verdict: _Verdict) -> Payment | None:
    """The payment that is named, read after its buyer account was locked.

    Exact match within the gateway account: case and blanks count.
    """
    if verdict.report is not None:
        column, value = "merchant_reference", verdict.report.merchant_reference
    elif verdict.hint is not None:
        column, value = verdict.hint.locator, verdict.hint.value
    else:
        return None
    if not value or "\x00" in value:
        return None
    named = {"gateway_account": account.name, column: value}
    owner = payment_owner(connection, **named)
    if owner is None:
        return None
    lock_account(connection, owner)
    return find_payment(connection, **named)


def _names_another_merchant(account: GatewayAccount, verdict: _Verdict) -> bool:
    report = verdict.report
    return report is not None and report.merchant_account not in {None, account.merchant_account}


def _raw_row(
    callback: Callback, verdict: _Verdict, payment: Payment | None, decision: Decision, reason: str | None
) -> dict[str, Any]:
    headers = [
        [name.decode("latin-1"), "[not kept]" if name.lower() in _NOT_KEPT else value.decode("latin-1")]
        for name, value in callback.headers
    ]
    return {
        "received_at": callback.received_at,
        "gateway_account": callback.account,
        "channel": str(callback.channel),
        "method": callback.method[:10],
        "query": callback.query[:MOST_QUERY],
        "headers": json.dumps(headers)[:MOST_HEADERS],
        "body": callback.body[:MOST_BODY],
        "contract": verdict.contract,
        "key_id": verdict.key_id,
        "verdict": verdict.word,
        "reason": reason,
        "decision": str(decision),
        "merchant_reference": None if payment is None else payment.merchant_reference,
    }


def _why(error: CallbackRejected) -> str:
    """For the operator: the reason's word and the field's name, never a value."""
    return f"{error.reason}: {error.field}"[:200]


def _reply(account: GatewayAccount, decision: Decision) -> Reply:
    if account.gateway is None:
        return _NEUTRAL
    reply: Reply = getattr(account.gateway.info.answers, str(decision))
    return reply
