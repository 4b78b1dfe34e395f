"""The way of a callback: verified, parsed, compared, carried out and kept in one commit, then answered.

The raw row and what follows from it are one transaction. If what follows cannot be carried out, all of it is
undone, and a transaction of its own keeps the raw row, with an answer that makes the gateway call again.
Nothing final is answered before the commit. The door itself calls no gateway.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from payport.gateways.accounts import GatewayAccount
from payport.gateways.guard import describe_error
from payport.gateways.types import Reply
from payport.journal.callback import callback_digest
from payport.masking import without_cards
from payport.rules.payment import FINISHED, Payment, State
from payport.service.floods import has_room, hour_of, store_counts, tell_full
from payport.service.judge import Decision, Judgement
from payport.service.schedule import soonest_ask
from payport.service.seller import Seller
from payport.service.settling import settle, tell_settled, weigh
from payport.service.unmatched import is_news, tell_unmatched
from payport.service.verdict import Verdict, judge_bytes
from payport.signing.received import Callback, Channel
from payport.storage import tables as t
from payport.storage.payment_records import locked_payment, reference_of
from payport.storage.refused_records import kept_of

__all__ = ["MOST_BODY", "MOST_HEADERS", "MOST_QUERY", "Receipt", "receive"]

MOST_BODY: Final = 64 * 1024
MOST_QUERY: Final = 16 * 1024
MOST_HEADERS: Final = 16 * 1024
_SENDERS_SECRETS: Final = frozenset({b"cookie", b"authorization", b"proxy-authorization"})
_NEUTRAL: Final = Reply(503, b"try again", "text/plain; charset=utf-8")
_NOT_KEPT: Final = 0  # no row has this number, and no receipt rests on one that tells nothing new
_ADD_CALLBACK: Final = insert(t.callbacks)
_TOKEN: Final = (
    select(t.orders.c.token)
    .join(t.payments, t.payments.c.order_number == t.orders.c.number)
    .where(t.payments.c.merchant_reference == bindparam("reference"))
)
_OUR_FAULTS: Final = (DataError, IntegrityError, ProgrammingError)
_log = logging.getLogger("payport.callbacks")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What to answer, and for the browser's return, whose page to show.

    `order_token` is None unless the message was authentic and named a payment of ours.
    """

    reply: Reply
    decision: Decision
    order_token: str | None = None


def receive(seller: Seller, callback: Callback) -> Receipt:
    """Take one callback. Raises NotFound for an account that payport.toml does not name; nothing else.

    A storage failure is answered with the gateway's "call again": nothing was kept, nothing is lost.
    """
    account = seller.account(callback.account)
    verdict = judge_bytes(account, callback)
    hour = hour_of(callback.received_at)
    if verdict.names_nothing and seller.floods.is_full(account.name, hour):
        seller.floods.count(account.name, hour)
        store_counts(seller)
        return Receipt(_reply(account, verdict.decision), verdict.decision)
    taken = _taken(_Taking(seller, account, callback, verdict))
    if taken.no_room:
        tell_full(seller, account.name, callback.received_at)
        store_counts(seller)
    if taken.before is not None and taken.after is not None:
        tell_settled(seller, taken.before, taken.after, at=callback.received_at)
    return Receipt(_reply(account, taken.decision), taken.decision, taken.order_token)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one callback came to, once it is committed."""

    decision: Decision
    order_token: str | None = None
    before: Payment | None = None
    after: Payment | None = None
    no_room: bool = False  # it proves nothing, and this hour's were enough


def _taken(taking: _Taking) -> _Taken:
    database = taking.seller.database
    try:
        try:
            return database.transaction(taking.keep)
        except Exception as error:
            if _is_the_databases(error):
                raise
            fault = describe_error(error)
        return database.transaction(lambda connection: taking.keep_undone(connection, fault))
    except SQLAlchemyError as error:
        _log.error("callback not stored: %s", type(getattr(error, "orig", error)).__name__)
        return _Taken(Decision.TRY_AGAIN)


@dataclass(frozen=True, slots=True)
class _Taking:
    """One callback on its way through its one transaction, which may be run again after a lost race."""

    seller: Seller
    account: GatewayAccount
    callback: Callback
    verdict: Verdict

    def keep(self, connection: Connection) -> _Taken:
        payment = self._locked_payment(connection)
        if payment is None:
            return self._keep_alone(connection, self._without_a_payment())
        judgement, reference = self._judged(connection, payment), payment.merchant_reference
        decision = Decision.HINT_TAKEN if judgement is None else judgement.decision
        reason = self.verdict.reason if judgement is None else judgement.because
        row = _NOT_KEPT
        if not _tells_nothing_new(payment, judgement) or self._has_room_of(connection, reference):
            row = self._add_row(connection, reference, decision, reason)
        after = self._carry_out(connection, payment, judgement, row)
        return _Taken(decision, self._token(connection, reference), payment, after)

    def keep_undone(self, connection: Connection, fault: str) -> _Taken:
        """What could not be judged or carried out is kept with the fault's name. The payment is not read: it
        may be what is broken."""
        column, value = self.verdict.names
        named = {"gateway_account": self.account.name, column: value or ""}
        reference = reference_of(connection, **named)
        if reference is None:
            has_room = self._has_room(connection)
        else:
            has_room = self._has_room_of(connection, reference, Decision.TRY_AGAIN)
        if has_room:
            row = self._add_row(connection, reference, Decision.TRY_AGAIN, f"defect: {fault}")
            _log.error("callback %s is kept, and not carried out: %s", row, fault)
        return _Taken(Decision.TRY_AGAIN, None if reference is None else self._token(connection, reference))

    def _keep_alone(self, connection: Connection, decision: Decision) -> _Taken:
        """One that names no payment of ours. Money that nobody was told of yet is always kept, and told."""
        report, name = self.verdict.report, self.account.name
        if (
            report is None
            or decision is not Decision.UNKNOWN_REFERENCE
            or not is_news(connection, name, report)
        ):
            if not self._has_room(connection):
                return _Taken(decision, no_room=True)
            self._add_row(connection, None, decision, self.verdict.reason)
            return _Taken(decision)
        row = self._add_row(connection, None, decision, self.verdict.reason)
        proof = f"callback {row} sha256:{self._digest()}"
        tell_unmatched(connection, name, report, at=self.callback.received_at, proof=proof)
        return _Taken(decision)

    def _has_room(self, connection: Connection) -> bool:
        """For one that names no payment of ours, and tells of no money: as much as an hour may bring."""
        floods, at = self.seller.floods, self.callback.received_at
        if floods.is_full(self.account.name, hour_of(at)):
            floods.count(self.account.name, hour_of(at))
            return False
        return has_room(connection, self.seller, self.account.name, at)

    def _has_room_of(self, connection: Connection, reference: str, decision: Decision | None = None) -> bool:
        """For one that changes nothing of a payment: what a browser saw, anybody may send again."""
        return kept_of(connection, reference, decision) < self.seller.floods.limits.of_a_payment

    def _locked_payment(self, connection: Connection) -> Payment | None:
        """The payment that is named, read after its buyer account was locked.

        Exact match within the gateway account: case and blanks count.
        """
        column, value = self.verdict.names
        if not value:
            return None
        return locked_payment(connection, **{"gateway_account": self.account.name, column: value})

    def _without_a_payment(self) -> Decision:
        """Another merchant's message is not ours to know or not to know."""
        report = self.verdict.report
        if report is not None and report.merchant_account not in {None, self.account.merchant_account}:
            return Decision.NOT_AUTHENTIC
        return self.verdict.decision

    def _judged(self, connection: Connection, payment: Payment) -> Judgement | None:
        report, at = self.verdict.report, self.callback.received_at
        return (
            None if report is None else weigh(connection, self.account, payment, report, at=at, asked=False)
        )

    def _carry_out(
        self, connection: Connection, payment: Payment, judgement: Judgement | None, row: int
    ) -> Payment:
        """The payment as it stands afterwards."""
        after, report = payment, self.verdict.report
        if judgement is not None and report is not None:
            after = judgement.payment
            if after != payment or judgement.receipt is not None:
                after = settle(
                    connection,
                    self.seller,
                    payment,
                    judgement,
                    report=report,
                    received_at=self.callback.received_at,
                    proof=f"callback {row}",
                    digest=None if judgement.receipt is None else self._digest(),
                    columns={"due_at": None} if after.state in FINISHED else {},
                )
        if self._is_to_be_asked(after, judgement):
            self._make_ask_due(connection, payment)
        return after

    def _is_to_be_asked(self, payment: Payment, judgement: Judgement | None) -> bool:
        """A hint may tell of money that came after its payment ended unpaid: late, and never dropped."""
        if "query" not in self.account.capabilities:
            return False
        if judgement is None:
            return payment.state is not State.SUCCEEDED
        return judgement.ask and payment.state not in FINISHED

    def _make_ask_due(self, connection: Connection, payment: Payment) -> None:
        """Soonest wins: an ask that is due earlier stays so; never within the gateway's gap. An ask that is
        under way may have missed what this callback tells of: another one follows it."""
        this = t.payments.c.merchant_reference == payment.merchant_reference
        row = connection.execute(
            select(t.payments.c.asked_at, t.payments.c.due_at, t.payments.c.lease_until).where(this)
        ).one()
        now = self.callback.received_at
        at = soonest_ask(self.account, asked_at=row.asked_at, now=now)
        under_way = row.lease_until is not None and row.lease_until > now
        if row.due_at is None or at < row.due_at or under_way:
            connection.execute(update(t.payments).where(this).values(due_at=at))

    def _digest(self) -> str:
        """Of the callback as it is kept."""
        callback = self.callback
        return callback_digest(
            account=callback.account,
            channel=str(callback.channel),
            method=callback.method[:10],
            query=without_cards(callback.query[:MOST_QUERY]),
            body=without_cards(callback.body[:MOST_BODY]),
        )

    def _token(self, connection: Connection, merchant_reference: str) -> str | None:
        if self.callback.channel is not Channel.RETURN:
            return None
        return connection.execute(_TOKEN, {"reference": merchant_reference}).scalar()

    def _add_row(
        self, connection: Connection, reference: str | None, decision: Decision, reason: str | None
    ) -> int:
        """Keep the callback as it came, bounded and without card data, with its verdict; its number names
        it as a proof."""
        callback, verdict = self.callback, self.verdict
        headers = [[name.decode("latin-1"), _kept(name, value)] for name, value in callback.headers]
        row = {
            "received_at": callback.received_at,
            "gateway_account": callback.account,
            "channel": str(callback.channel),
            "method": callback.method[:10],
            "query": without_cards(callback.query[:MOST_QUERY]),
            "headers": without_cards(_within(headers).encode()).decode(),
            "body": without_cards(callback.body[:MOST_BODY]),
            "contract": verdict.contract,
            "key_id": verdict.key_id,
            "verdict": verdict.word,
            "reason": reason,
            "decision": str(decision),
            "merchant_reference": reference,
        }
        (number,) = connection.execute(_ADD_CALLBACK, row).inserted_primary_key or (0,)
        return int(number)


def _is_the_databases(fault: Exception) -> bool:
    """It is away, full or busy: another transaction would fare no better."""
    return isinstance(fault, SQLAlchemyError) and not isinstance(fault, _OUR_FAULTS)


def _tells_nothing_new(payment: Payment, judgement: Judgement | None) -> bool:
    return judgement is None or (judgement.payment == payment and judgement.receipt is None)


def _within(headers: list[list[str]]) -> str:
    """As JSON, without the last ones where all would be too long: what is kept can be read again."""
    text = json.dumps(headers)
    while len(text) > MOST_HEADERS:
        headers = headers[: len(headers) * 3 // 4]
        text = json.dumps(headers)
    return text


def _kept(header: bytes, value: bytes) -> str:
    return "[not kept]" if header.lower() in _SENDERS_SECRETS else value.decode("latin-1")


def _reply(account: GatewayAccount, decision: Decision) -> Reply:
    if account.gateway is None:
        return _NEUTRAL
    reply: Reply = getattr(account.gateway.info.answers, str(decision))
    return reply
