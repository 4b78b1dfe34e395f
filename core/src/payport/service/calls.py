"""What a gateway call is given, and what is kept of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select

from payport.gateways import types as boundary
from payport.gateways.flow import Called
from payport.rules.payment import Payment
from payport.rules.refund import Of, Refund
from payport.service.references import new_request_id
from payport.service.seller import Seller
from payport.storage import tables as t

__all__ = ["Call", "context_for", "keep_call", "last_call", "plugin_view", "refund_view"]

_TOKEN: Final = select(t.orders.c.token).where(t.orders.c.number == bindparam("of"))
_BUYER: Final = select(t.orders.c.buyer).where(t.orders.c.number == bindparam("of"))
_KEEP: Final = insert(t.gateway_calls)


@dataclass(frozen=True, slots=True)
class Call:
    """The end of one call to a gateway."""

    kind: str
    at: datetime
    outcome: str
    gateway_code: str


def context_for(connection: Connection, seller: Seller, payment: Payment) -> boundary.Context[Any]:
    """Values only. URLs come from the configuration, never from a request."""
    account = seller.account(payment.gateway_account)
    return account.context(
        public_url=seller.public_url,
        cancel_url=seller.order_url(connection.execute(_TOKEN, {"of": payment.order_number}).scalar_one()),
        now=seller.clock(),
        request_id=new_request_id(),
        language=payment.language,
    )


def plugin_view(connection: Connection, payment: Payment) -> boundary.Payment:
    """A payment as its plugin sees it. The order text is the reference: no personal data leaves."""
    details = json.loads(connection.execute(_BUYER, {"of": payment.order_number}).scalar_one())
    return boundary.Payment(
        merchant_reference=payment.merchant_reference,
        amount=payment.amount,
        choice=payment.choice,
        buyer=boundary.Buyer(name=details["name"], email=details["email"], phone=details["phone"]),
        buyer_ip=payment.buyer_ip,
        handed_over_at=payment.handed_over_at,
        closes_at=payment.closes_at,
        checkout_reference=payment.checkout_reference,
        gateway_reference=payment.gateway_reference,
        order_text=payment.order_number,
    )


def refund_view(connection: Connection, refund: Refund, payment: Payment) -> boundary.Refund:
    """A refund as its plugin sees it: of the transaction that brought the money."""
    paid = plugin_view(connection, payment)
    if refund.of is Of.SURPLUS:
        paid = replace(paid, gateway_reference=_last_receipt(connection, refund) or paid.gateway_reference)
    return boundary.Refund(
        amount=refund.amount,
        refund_reference=refund.reference,
        idempotency_key=refund.idempotency_key,
        gateway_reference=refund.gateway_reference,
        requested_at=refund.requested_at,
        requested_by=refund.requested_by,
        payment=paid,
    )


def _last_receipt(connection: Connection, refund: Refund) -> str | None:
    """The payment's newest transaction when the refund was requested: what made its money too much."""
    receipts = t.receipts.c
    return connection.execute(
        select(receipts.gateway_reference)
        .where(
            receipts.merchant_reference == refund.merchant_reference,
            receipts.received_at <= refund.requested_at,
        )
        .order_by(receipts.id.desc())
        .limit(1)
    ).scalar()


def keep_call(
    connection: Connection, payment: Payment, kind: str, called: Called[Any], *, at: datetime
) -> None:
    """The redacted transcript, for the operator and the auditor."""
    connection.execute(
        _KEEP,
        {
            "merchant_reference": payment.merchant_reference,
            "kind": kind,
            "at": at,
            "outcome": str(called.outcome),
            "gateway_code": called.gateway_code[:40],
            "transcript": json.dumps(called.transcript),
        },
    )


def last_call(connection: Connection, merchant_reference: str) -> Call | None:
    """The latest call to a gateway about a payment."""
    calls = t.gateway_calls.c
    row = connection.execute(
        select(calls.kind, calls.at, calls.outcome, calls.gateway_code)
        .where(calls.merchant_reference == merchant_reference)
        .order_by(calls.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Call(row.kind, row.at, row.outcome, row.gateway_code)
