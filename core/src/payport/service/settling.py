"""Carries a judgement out: payment, proven money, order and grant change together, or not at all.

The account's row is locked by the caller. Callbacks, queries and zero totals all come through here, so
that there is one way in which an order becomes paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from payport.errors import Defect
from payport.gateways.accounts import GatewayAccount
from payport.gateways.types import PaymentReport
from payport.rules.effect import Review, effect
from payport.rules.money import Money
from payport.rules.order import Order, State, move
from payport.rules.payment import Flag, Payment
from payport.service.judge import Judgement, Known, judge, when_paid
from payport.service.references import new_id
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.records import add_grant, find_order, find_quote, grants_of, save_order, save_payment

__all__ = ["fulfil", "settle", "weigh"]

_LATE: Final = frozenset({State.EXPIRED, State.CANCELLED})
_COVERED: Final = frozenset({State.PAID, State.PARTLY_REFUNDED, State.REFUNDED})


def weigh(
    connection: Connection,
    account: GatewayAccount,
    payment: Payment,
    report: PaymentReport,
    *,
    at: datetime,
    asked: bool,
) -> Judgement:
    """Judge a report by what is stored. `at`: when it reached us; `asked`: it answers our own query."""
    known = Known(
        merchant_account=account.merchant_account,
        environment=str(account.environment),
        now=at,
        reference_is_anothers=_reference_is_anothers(connection, payment, report.gateway_reference),
        reference_is_counted=_reference_is_counted(connection, payment, report.gateway_reference),
    )
    return judge(payment, report, known, asked=asked)


def settle(
    connection: Connection,
    seller: Seller,
    before: Payment,
    judgement: Judgement,
    *,
    report: PaymentReport,
    received_at: datetime,
    proof: str,
    columns: Mapping[str, Any],
) -> Payment:
    """Store what was judged.

    Args:
        report: what the judgement is about; its gateway reference names the receipt.
        proof: what proved it, for the auditor: "callback 17" or "query".
        columns: when to ask next, and the like; stored with the payment.
    """
    after = judgement.payment
    order = find_order(connection, number=before.order_number)
    if order is None:
        raise _lost("order", before.order_number)
    if judgement.receipt is not None:
        if report.gateway_reference is None:
            raise _lost("gateway reference of proven money", before.merchant_reference)
        paid_at = when_paid(before, report.paid_at, received_at)
        after = replace(after, paid_at=before.paid_at or paid_at)
        if order.received + judgement.receipt > order.total:
            after = replace(after, flags=after.flags | {Flag.SURPLUS})
        connection.execute(
            insert(t.receipts).values(
                gateway_account=before.gateway_account,
                gateway_reference=report.gateway_reference,
                merchant_reference=before.merchant_reference,
                amount_minor=judgement.receipt.minor,
                currency=judgement.receipt.currency,
                paid_at=paid_at,
                received_at=received_at,
                proof=proof,
            )
        )
    save_payment(
        connection, before, after, at=received_at, because=f"{judgement.because} ({proof})", **columns
    )
    if judgement.receipt is not None:
        _credit(connection, seller, order, after, judgement.receipt, at=received_at)
    return after


def fulfil(
    connection: Connection, seller: Seller, order: Order, *, paid_at: datetime, at: datetime, because: str
) -> Order:
    """Let a covered order take its effect: paid with one grant, or in review with the reason."""
    quote = find_quote(connection, order.quote_id)
    if quote is None:
        raise _lost("quote", order.number)
    catalog = seller.catalogs.version(quote.catalog_version)
    if order.state in _LATE and catalog.policies.late_success == "review":
        return _review(
            connection, order, at=at, because="paid after it had ended; the policy asks for a person"
        )
    grants = grants_of(connection, order.account)
    result = effect(
        quote, grants=grants, catalog=catalog, paid_at=paid_at, grant_id=new_id(), order_number=order.number
    )
    if isinstance(result, Review):
        return _review(connection, order, at=at, because=result.reason)
    paid = move(order, State.PAID, at=paid_at)
    save_order(connection, order, paid, at=at, because=because)
    add_grant(connection, result, sequence=len(grants) + 1)
    return paid


def _reference_is_anothers(connection: Connection, payment: Payment, gateway_reference: str | None) -> bool:
    """Whether a transaction, by the gateway's name for it, belongs to another payment of the same account."""
    if gateway_reference is None:
        return False
    for table in (t.payments, t.receipts):
        found = connection.execute(
            select(table.c.merchant_reference).where(
                table.c.gateway_account == payment.gateway_account,
                table.c.gateway_reference == gateway_reference,
                table.c.merchant_reference != payment.merchant_reference,
            )
        ).first()
        if found is not None:
            return True
    return False


def _reference_is_counted(connection: Connection, payment: Payment, gateway_reference: str | None) -> bool:
    """Whether this transaction's money is among the receipts already."""
    if gateway_reference is None:
        return False
    counted = connection.execute(
        select(func.count())
        .select_from(t.receipts)
        .where(
            t.receipts.c.gateway_account == payment.gateway_account,
            t.receipts.c.gateway_reference == gateway_reference,
        )
    ).scalar_one()
    return bool(counted)


def _credit(
    connection: Connection, seller: Seller, order: Order, payment: Payment, receipt: Money, *, at: datetime
) -> None:
    """Add proven money to its order, and let the order take effect once its total is covered."""
    richer = replace(order, received=order.received + receipt)
    save_order(connection, order, richer, at=at, because="money received")
    _use_code_again(connection, order)
    if order.state in _COVERED or order.state is State.REVIEW or richer.received < richer.total:
        return
    if Flag.AMOUNT in payment.flags or Flag.REFERENCE in payment.flags:
        _review(
            connection, richer, at=at, because=f"payment {payment.merchant_reference} needs a person first"
        )
        return
    fulfil(
        connection,
        seller,
        richer,
        paid_at=payment.paid_at or at,
        at=at,
        because=f"covered by payment {payment.merchant_reference}",
    )


def _review(connection: Connection, order: Order, *, at: datetime, because: str) -> Order:
    held = move(order, State.REVIEW, at=at, because=because)
    save_order(connection, order, held, at=at, because=because)
    return held


def _use_code_again(connection: Connection, order: Order) -> None:
    """A late success keeps its price even when the code's use was freed; the use counts again."""
    if order.state in _LATE:
        connection.execute(
            update(t.code_uses).where(t.code_uses.c.order_number == order.number).values(freed_at=None)
        )


def _lost(what: str, of: str) -> Defect:
    return Defect(
        field=of, problem=f"its {what} is not stored", remedy="Restore it from a backup; keep the evidence"
    )
