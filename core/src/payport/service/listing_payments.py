"""Payments and refunds as lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, literal_column, or_, select

from payport.errors import NotFound
from payport.rules import payment as payments_rules
from payport.rules import refund as refunds_rules
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.refund import Refund
from payport.service.paging import Page, between, checked, is_amount, is_text, page
from payport.storage import tables as t
from payport.storage.order_records import find_order
from payport.storage.payment_records import payment_from
from payport.storage.refund_records import refund_from

__all__ = ["list_payments", "list_refunds"]

_PAYMENT_STATES: Final = tuple(str(state) for state in payments_rules.State)
_FLAGS: Final = tuple(str(flag) for flag in payments_rules.Flag)
_IS_FLAGGED: Final = t.payments.c.flags != literal_column("'[]'")  # as an index says it
_REFUND_STATES: Final = tuple(str(state) for state in refunds_rules.State)


def list_payments(
    connection: Connection,
    *,
    states: Sequence[str] = (),
    order_number: str | None = None,
    account: str | None = None,
    gateway_account: str | None = None,
    method: str | None = None,
    flags: Sequence[str] = (),
    handed_over_from: datetime | None = None,
    handed_over_until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Payment]:
    """The newest handed over first. `flags`: those that have one of them."""
    payments = t.payments.c
    named = checked("flags", flags, _FLAGS)
    wanted = checked("states", states, _PAYMENT_STATES)
    exact = is_text(
        t.payments, order_number=order_number, account=account, gateway_account=gateway_account, method=method
    )
    asked = select(t.payments).where(
        *exact,
        *between(payments.handed_over_at, "handed_over", handed_over_from, handed_over_until),
    )
    if named:
        asked = asked.where(_IS_FLAGGED, or_(*(payments.flags.contains(f'"{flag}"') for flag in named)))
    is_few = order_number is not None or account is not None or bool(named)
    if is_few and wanted:
        asked = asked.where(payments.state.in_(wanted))
    return page(
        connection,
        asked,
        (payments.handed_over_at, payments.merchant_reference),
        lambda rows: [payment_from(row) for row in rows],
        parts=() if is_few else [payments.state == state for state in wanted or _PAYMENT_STATES],
        after=after,
        limit=limit,
    )


def list_refunds(
    connection: Connection,
    order_number: str | None = None,
    *,
    states: Sequence[str] = (),
    merchant_reference: str | None = None,
    gateway_account: str | None = None,
    amount: Money | None = None,
    requested_from: datetime | None = None,
    requested_until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Refund]:
    """The newest requested first. Raises NotFound for an order that is not there."""
    if order_number is not None and find_order(connection, number=order_number) is None:
        raise NotFound(field="order", problem="no such order", remedy="Check the number")
    refunds = t.refunds.c
    wanted = checked("states", states, _REFUND_STATES)
    exact = is_text(
        t.refunds,
        order_number=order_number,
        merchant_reference=merchant_reference,
        gateway_account=gateway_account,
    )
    asked = select(t.refunds).where(
        *exact,
        *between(refunds.requested_at, "requested", requested_from, requested_until),
        *is_amount(refunds.amount_minor, amount),
    )
    is_few = any(each is not None for each in (order_number, merchant_reference, amount))
    if is_few and wanted:
        asked = asked.where(refunds.state.in_(wanted))
    return page(
        connection,
        asked,
        (refunds.requested_at, refunds.reference),
        lambda rows: [refund_from(row) for row in rows],
        parts=() if is_few else [refunds.state == state for state in wanted or _REFUND_STATES],
        after=after,
        limit=limit,
    )
