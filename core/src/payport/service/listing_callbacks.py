"""What gateways sent to us, and what we sent to them: as lists, and one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, literal_column, select

from payport.errors import NotFound
from payport.service.judge import Decision
from payport.service.paging import Page, between, checked, is_text, page
from payport.storage import tables as t
from payport.storage.rows import is_kept

__all__ = ["CallRow", "CallbackRow", "CallbackView", "callback_view", "calls_of", "list_callbacks"]

_VERDICTS: Final = ("proof", "hint", "rejected", "unjudged")
_DECISIONS: Final = tuple(str(decision) for decision in Decision)
_CALLBACKS: Final = t.callbacks.c
_ROW: Final = (
    _CALLBACKS.id, _CALLBACKS.received_at, _CALLBACKS.gateway_account, _CALLBACKS.channel,
    _CALLBACKS.contract, _CALLBACKS.key_id, _CALLBACKS.verdict, _CALLBACKS.reason, _CALLBACKS.decision,
    _CALLBACKS.merchant_reference, t.payments.c.order_number,
)  # fmt: skip
_OF_PAYMENT: Final = t.callbacks.outerjoin(
    t.payments, t.payments.c.merchant_reference == t.callbacks.c.merchant_reference
)
_WHOLE: Final[Select[Any]] = select(
    *_ROW, _CALLBACKS.method, _CALLBACKS.query, _CALLBACKS.headers, _CALLBACKS.body
).select_from(_OF_PAYMENT)
_PROVES_NOTHING: Final = _CALLBACKS.verdict != literal_column("'proof'")  # as an index says it
_ODD: Final = ("to_review", "wrong_amount", "unknown_reference")
_IS_ODD: Final = _CALLBACKS.decision.in_([literal_column(f"'{decision}'") for decision in _ODD])
_MOST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """One message of a gateway, and what it came to.

    Args:
        verdict: proof, hint, rejected or unjudged; `reason` says why it proves nothing.
        contract: id and version of the contract that judged it, by the key `key_id`.
        decision: what was done with it, a word of `Decision`.
        merchant_reference: the payment that it names, and `order_number` of that; None where it is none.
    """

    id: int
    received_at: datetime
    gateway_account: str
    channel: str
    contract: str | None
    key_id: str | None
    verdict: str
    reason: str | None
    decision: str
    merchant_reference: str | None
    order_number: str | None


@dataclass(frozen=True, slots=True)
class CallbackView:
    """A callback with the request as it is kept: card data masked, secrets of the sender and what an erasure
    took left out of the headers."""

    row: CallbackRow
    method: str
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of ours to a gateway. `transcript`: requests and answers, redacted when they were kept."""

    id: int
    kind: str
    at: datetime
    outcome: str
    gateway_code: str
    transcript: tuple[Mapping[str, Any], ...]


def list_callbacks(
    connection: Connection,
    *,
    gateway_account: str | None = None,
    verdict: str | None = None,
    decision: str | None = None,
    merchant_reference: str | None = None,
    order_number: str | None = None,
    received_from: datetime | None = None,
    received_until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[CallbackRow]:
    """The newest received first; of those that prove nothing, the ones that are still kept."""
    checked("verdict", () if verdict is None else (verdict,), _VERDICTS)
    checked("decision", () if decision is None else (decision,), _DECISIONS)
    exact = is_text(
        t.callbacks,
        gateway_account=gateway_account,
        verdict=verdict,
        decision=decision,
        merchant_reference=merchant_reference,
    )
    asked = (
        select(*_ROW)
        .select_from(_OF_PAYMENT)
        .where(*exact, *between(_CALLBACKS.received_at, "received", received_from, received_until))
    )
    if verdict is not None and verdict != "proof":
        asked = asked.where(_PROVES_NOTHING)
    if decision in _ODD:
        asked = asked.where(_IS_ODD)
    if order_number is not None:
        of_order = select(t.payments.c.merchant_reference).where(
            *is_text(t.payments, order_number=order_number)
        )
        asked = asked.where(_CALLBACKS.merchant_reference.in_(of_order))
    return page(
        connection,
        asked,
        (_CALLBACKS.received_at, _CALLBACKS.id),
        lambda rows: [_row(row) for row in rows],
        after=after,
        limit=limit,
    )


def callback_view(connection: Connection, callback_id: int) -> CallbackView:
    """Raises NotFound, also for one that was deleted because it proved nothing and was old."""
    row: Row[Any] | None = None
    if 0 < callback_id <= _MOST_ID:
        row = connection.execute(_WHOLE.where(_CALLBACKS.id == callback_id)).first()
    if row is None:
        raise NotFound(
            field="callback", problem="no such callback is kept", remedy="Take a number that the list shows"
        )
    headers = tuple((str(name), str(value)) for name, value in json.loads(row.headers))
    return CallbackView(_row(row), row.method, row.query, headers, row.body)


def calls_of(connection: Connection, merchant_reference: str) -> tuple[CallRow, ...]:
    """Of one payment and its refunds, oldest first; none for a payment that is not there."""
    calls = t.gateway_calls.c
    if not is_kept(merchant_reference):
        return ()
    rows = connection.execute(
        select(t.gateway_calls).where(calls.merchant_reference == merchant_reference).order_by(calls.id)
    )
    return tuple(
        CallRow(row.id, row.kind, row.at, row.outcome, row.gateway_code, tuple(json.loads(row.transcript)))
        for row in rows
    )


def _row(row: Row[Any]) -> CallbackRow:
    return CallbackRow(
        id=row.id,
        received_at=row.received_at,
        gateway_account=row.gateway_account,
        channel=row.channel,
        contract=row.contract,
        key_id=row.key_id,
        verdict=row.verdict,
        reason=row.reason,
        decision=row.decision,
        merchant_reference=row.merchant_reference,
        order_number=row.order_number,
    )
