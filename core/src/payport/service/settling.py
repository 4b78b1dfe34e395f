"""Carries a judgement out: payment, proven money, order and grant change together, or not at all.

The account's row is locked by the caller. Callbacks, queries, people, statements and zero totals all come
through here, so that there is one way in which an order becomes paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, literal, select, union_all, update

from payport.errors import Defect
from payport.gateways.accounts import GatewayAccount
from payport.gateways.observers import PaymentSettled
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.effect import Review, effect
from payport.rules.grant import Grant
from payport.rules.money import Money
from payport.rules.order import Order, Received, State, move, part_payments
from payport.rules.payment import Flag, Payment
from payport.rules.payment import State as PaymentState
from payport.service.credited_money import credit_went_back
from payport.service.judge import Judgement, Known, judge, when_paid
from payport.service.references import new_id
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.account_records import add_grant, grants_of
from payport.storage.order_records import paid_order, save_order
from payport.storage.payment_records import add_receipt, save_payment
from payport.storage.quote_records import find_quote

__all__ = ["RESOLUTION", "count", "fulfil", "give", "settle", "tell_settled", "weigh", "would_give"]

RESOLUTION: Final = "resolution by "
"""What the proof of money begins with that a person counted, by a transaction's name that nobody signed."""
_LATE: Final = frozenset({State.EXPIRED, State.CANCELLED})
_REFERENCE_OWNERS: Final = union_all(
    *(
        select(table.c.merchant_reference, literal(is_receipt)).where(
            table.c.gateway_account == bindparam("account"),
            table.c.gateway_reference == bindparam("reference"),
        )
        for table, is_receipt in ((t.payments, False), (t.receipts, True))
    )
)
_BY_A_PERSON: Final = select(t.receipts.c.id).where(
    t.receipts.c.merchant_reference == bindparam("payment"),
    t.receipts.c.proof.startswith(RESOLUTION, autoescape=True),
)
_OPEN: Final = _LATE | {State.PLACED}  # what money may still turn into a paid order
_CONTRADICTED: Final = frozenset({Flag.AMOUNT, Flag.ORDER, Flag.REFERENCE})


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
    owners = _reference_owners(connection, payment.gateway_account, report.gateway_reference)
    known = Known(
        merchant_account=account.merchant_account,
        environment=str(account.environment),
        now=at,
        reference_is_anothers=any(owner != payment.merchant_reference for owner, _ in owners),
        reference_is_counted=(payment.merchant_reference, True) in owners,
        counted_by_a_person=_counted_by_a_person(connection, payment, report),
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
    digest: str | None = None,
) -> Payment:
    """Store what was judged.

    Args:
        report: what the judgement is about; its gateway reference names the receipt.
        proof: what proved it, for the auditor: "callback 17" or "query".
        columns: when to ask next, and the like; stored with the payment.
        digest: of the callback, where it is one: the receipt names its bytes too.
    """
    after, receipt = judgement.payment, judgement.receipt
    if receipt is None:
        save_payment(connection, before, after, at=received_at, because=judgement.because, **columns)
        return after
    if report.gateway_reference is None:
        raise _lost("transaction's name", before.merchant_reference)
    paid_at = when_paid(before, report.paid_at, received_at)
    return count(
        connection,
        seller,
        before,
        replace(after, paid_at=before.paid_at or paid_at),
        receipt,
        reference=report.gateway_reference,
        paid_at=paid_at,
        received_at=received_at,
        proof=proof,
        because=judgement.because,
        columns=columns,
        digest=digest,
    )


def count(
    connection: Connection,
    seller: Seller,
    before: Payment,
    after: Payment,
    receipt: Money,
    *,
    reference: str,
    paid_at: datetime,
    received_at: datetime,
    proof: str,
    because: str,
    columns: Mapping[str, Any],
    digest: str | None = None,
    line: str | None = None,
) -> Payment:
    """Keep money that was proven: one receipt, and all that follows for payment, order and grant.

    Args:
        after: the payment with that money in it.
        reference: the transaction's name; of one gateway account it is counted once, for ever.
        paid_at: when this money counts as paid; it is the order's instant if it completes the total.
        digest, line: of the callback, or of the statement's line, that proved it.
    """
    order = paid_order(connection, before)
    if order is None:
        raise _lost("order", before.merchant_reference)
    richer = replace(order, received=order.received + receipt)
    if part_payments(richer) is Received.OVER:
        after = replace(after, flags=after.flags | {Flag.SURPLUS})
    add_receipt(
        connection,
        before,
        {
            "gateway_reference": reference,
            "amount_minor": receipt.minor,
            "currency": receipt.currency,
            "paid_at": paid_at,
            "received_at": received_at,
            "proof": proof if digest is None else f"{proof} sha256:{digest}",
        },
        because=f"{receipt}, {proof}",
        line=line,
    )
    save_payment(connection, before, after, at=received_at, because=f"{because} ({proof})", **columns)
    _credit(connection, seller, order, richer, after, paid_at=paid_at, at=received_at)
    return after


def fulfil(
    connection: Connection, seller: Seller, order: Order, *, paid_at: datetime, at: datetime, because: str
) -> Order:
    """Let a covered order take its effect: paid with one grant, or in review with the reason."""
    grants = grants_of(connection, order.account)
    result = would_give(connection, seller, order, grants, paid_at=paid_at, at=at)
    if isinstance(result, Review):
        return _review(connection, order, at=at, because=result.reason)
    sequence = len(grants) + 1
    return give(connection, order, result, sequence=sequence, paid_at=paid_at, at=at, because=because)


def would_give(
    connection: Connection,
    seller: Seller,
    order: Order,
    grants: Sequence[Grant],
    *,
    paid_at: datetime,
    at: datetime,
) -> Grant | Review:
    """What a covered order's effect is on what its account was granted; the quote's catalog is kept."""
    quote = find_quote(connection, order.quote_id)
    if quote is None:
        raise _lost("quote", order.number)
    catalog = seller.shelf.of(connection, quote)
    seller.shelf.keep(connection, catalog, at=at)
    if order.state in _LATE and catalog.policies.late_success == "review":
        return Review("paid after it had ended; the policy asks for a person")
    if credit_went_back(connection, quote, grants, at=paid_at):
        return Review("a switch was paid with the credit of money that was given back since")
    return effect(
        quote, grants=grants, catalog=catalog, paid_at=paid_at, grant_id=new_id(), order_number=order.number
    )


def give(
    connection: Connection,
    order: Order,
    granted: Grant,
    *,
    sequence: int,
    paid_at: datetime,
    at: datetime,
    because: str,
) -> Order:
    """Keep the order as paid, with its one grant: the next of its account, as `would_give` made it."""
    paid = move(order, State.PAID, at=paid_at)
    save_order(connection, order, paid, at=at, because=because)
    add_grant(connection, granted, sequence=sequence, at=at, because=because)
    return paid


def tell_settled(seller: Seller, before: Payment, after: Payment, *, at: datetime) -> None:
    """Tell observers of a state that was reached; call it once the change is committed."""
    if after.state is not before.state:
        seller.observers.tell(
            PaymentSettled(
                merchant_reference=after.merchant_reference,
                account=after.gateway_account,
                gateway=after.gateway,
                state=str(after.state),
                at=at,
            )
        )


def _reference_owners(
    connection: Connection, gateway_account: str, gateway_reference: str | None
) -> set[tuple[str, bool]]:
    """Whose transaction this is, by the gateway's name for it; True where its money was counted already."""
    if gateway_reference is None:
        return set()
    named = {"account": gateway_account, "reference": gateway_reference}
    return {(owner, bool(counted)) for owner, counted in connection.execute(_REFERENCE_OWNERS, named)}


def _counted_by_a_person(connection: Connection, payment: Payment, report: PaymentReport) -> bool:
    """Read where it matters alone: for a success of a payment that succeeded."""
    if payment.state is not PaymentState.SUCCEEDED or report.outcome is not Outcome.DONE:
        return False
    return connection.execute(_BY_A_PERSON, {"payment": payment.merchant_reference}).first() is not None


def _credit(
    connection: Connection,
    seller: Seller,
    order: Order,
    richer: Order,
    payment: Payment,
    *,
    paid_at: datetime,
    at: datetime,
) -> None:
    """Keep the order with its new money, and let it take effect once its total is covered."""
    if order.state in _LATE:
        _use_code_again(connection, order)
    doubt = _doubt(order, richer, payment)
    if doubt is not None:
        _review(connection, richer, at=at, because=doubt)
    elif order.state not in _OPEN or part_payments(richer) is Received.UNDER:
        save_order(connection, order, richer, at=at, because="money received")
    else:
        because = f"covered by payment {payment.merchant_reference}"
        fulfil(connection, seller, richer, paid_at=paid_at, at=at, because=because)


def _doubt(order: Order, richer: Order, payment: Payment) -> str | None:
    """Why a person must see the money first, if it is money for an order that waits for some."""
    late, under = order.state in _LATE, part_payments(richer) is Received.UNDER
    if late and order.received.minor:
        return f"payment {payment.merchant_reference} came after the order's money was to be given back"
    if late and under:
        return f"payment {payment.merchant_reference} came late, and {richer.received} do not cover the total"
    if order.state in _OPEN and not under and payment.flags & _CONTRADICTED:
        return f"payment {payment.merchant_reference} needs a person first"
    return None


def _review(connection: Connection, order: Order, *, at: datetime, because: str) -> Order:
    held = move(order, State.REVIEW, at=at, because=because)
    save_order(connection, order, held, at=at, because=because)
    return held


def _use_code_again(connection: Connection, order: Order) -> None:
    """A late success keeps its price even when the code's use was freed; the use counts again."""
    connection.execute(
        update(t.code_uses).where(t.code_uses.c.order_number == order.number).values(freed_at=None)
    )


def _lost(what: str, of: str) -> Defect:
    return Defect(
        field=of, problem=f"its {what} is not stored", remedy="Restore it from a backup; keep the evidence"
    )
