"""Chargebacks as a person records them, and the grants that follow. Rules: "Quote and order", "Entitlement".

No grant is touched by hand: each opening and closing asks the rules where all chargebacks of the order put
its grant, and writes the one entry that is missing, or none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from payport.errors import Defect, NotFound, RequestRefused
from payport.rules import order as orders
from payport.rules.chargeback import (
    MOVES,
    Chargeback,
    State,
    answer,
    because,
    left_of,
    lost_of,
    move,
    surplus,
)
from payport.rules.money import Money
from payport.rules.payment import Flag, Payment
from payport.service.by_hand import check_by_hand
from payport.service.references import new_id, new_reference
from payport.service.seller import Seller
from payport.storage.records import (
    add_chargeback,
    add_grant,
    chargebacks_of,
    find_chargeback,
    find_order,
    find_payment,
    grants_of,
    lock_account,
    payment_owner,
    payments_of,
    save_chargeback,
    save_order,
    save_payment,
)

__all__ = ["close_chargeback", "open_chargeback"]


def open_chargeback(
    connection: Connection,
    seller: Seller,
    merchant_reference: str,
    amount: Money,
    *,
    actor: str,
    reason: str,
) -> Chargeback:
    """Record that an issuer claims money back; the order's grant is suspended, unless other money covers it.

    An order that waits for the rest of its money goes to review: what may be gone must not complete it.
    Raises: NotFound; RequestRefused, naming the field.
    """
    check_by_hand(actor=actor, reason=reason)
    now = seller.clock()
    payment = _locked_payment(connection, merchant_reference)
    _check_amount(amount, payment, chargebacks_of(connection, payment.order_number))
    opened = Chargeback(
        reference=new_reference(seller.reference_prefix),
        merchant_reference=payment.merchant_reference,
        order_number=payment.order_number,
        state=State.OPENED,
        amount=amount,
        opened_at=now,
        opened_by=actor,
        reason=reason,
    )
    add_chargeback(connection, opened, because=f"opened by {actor}: {reason}")
    _follow(connection, seller, opened, actor=actor)
    return opened


def close_chargeback(
    connection: Connection, seller: Seller, reference: str, to: State, *, actor: str
) -> Chargeback:
    """Record how it ended. Won: the grant is restored, when no other one holds it. Lost: it is reversed.

    Raises: NotFound; RequestRefused for one that is closed, and where `actor` is no name.
    """
    recorded = f"{to}, recorded by {actor}"
    check_by_hand(actor=actor, reason=recorded)
    now = seller.clock()
    opened = _locked_chargeback(connection, reference)
    if to not in MOVES[opened.state]:
        raise RequestRefused(
            field="chargeback",
            problem=f"it is {opened.state} already, recorded by {opened.closed_by}",
            remedy="Open another one if the issuer claims again",
        )
    closed = move(opened, to, at=now, actor=actor)
    save_chargeback(connection, opened, closed, at=now, because=recorded)
    _follow(connection, seller, closed, actor=actor)
    return closed


def _locked_payment(connection: Connection, merchant_reference: str) -> Payment:
    """As it stands while its account is ours. Raises NotFound."""
    owner = payment_owner(connection, merchant_reference=merchant_reference)
    if owner is not None:
        lock_account(connection, owner)
    payment = find_payment(connection, merchant_reference=merchant_reference)
    if payment is None:
        raise NotFound(
            field="merchant_reference", problem="no such payment", remedy="`payport order` lists an order's"
        )
    return payment


def _locked_chargeback(connection: Connection, reference: str) -> Chargeback:
    found = find_chargeback(connection, reference=reference)
    if found is not None:
        _locked_payment(connection, found.merchant_reference)
        found = find_chargeback(connection, reference=reference)
    if found is None:
        raise NotFound(field="chargeback", problem="no such chargeback", remedy="Check its reference")
    return found


def _check_amount(amount: Money, payment: Payment, of_the_order: tuple[Chargeback, ...]) -> None:
    """Never more than the payment received, with all that is gone or may yet be."""
    left = left_of(payment, of_the_order)
    if left.minor == 0:
        problem = "all of it is claimed already" if payment.received.minor else "it received no money"
        raise RequestRefused(
            field="merchant_reference", problem=problem, remedy="Check which payment the issuer names"
        )
    if type(amount) is not Money or amount.currency != left.currency or not 1 <= amount.minor <= left.minor:
        raise RequestRefused(
            field="amount",
            problem=f"not an amount of money up to the {left} that are left of the payment",
            remedy=f"Give from 1 to {left}",
        )


def _follow(connection: Connection, seller: Seller, changed: Chargeback, *, actor: str) -> None:
    """Bring the order's grant, or the order that has none yet, to where its chargebacks put it."""
    order = find_order(connection, number=changed.order_number)
    if order is None:
        raise Defect(
            field=changed.merchant_reference,
            problem="its order is not stored",
            remedy="Restore it from a backup; keep the evidence",
        )
    now, reason = seller.clock(), because(changed.reference, changed.state)
    if changed.state is State.OPENED and order.state is orders.State.PLACED:
        held = orders.move(order, orders.State.REVIEW, at=now, because=reason)
        save_order(connection, order, held, at=now, because=reason)
        return
    grants = grants_of(connection, order.account)
    entry = answer(
        grants,
        order,
        chargebacks_of(connection, order.number),
        id=new_id(),
        at=now,
        actor=actor,
        reason=reason,
    )
    if entry is not None:
        add_grant(connection, entry, sequence=len(grants) + 1)
    if changed.state is State.LOST:
        _keep_no_false_surplus(connection, order, at=now, because=reason)


def _keep_no_false_surplus(
    connection: Connection, order: orders.Order, *, at: datetime, because: str
) -> None:
    """What an issuer took, or what now pays for the order, must not be given back as well."""
    chargebacks = chargebacks_of(connection, order.number)
    is_none = surplus(grants_of(connection, order.account), order, chargebacks).minor == 0
    for payment in payments_of(connection, order.number):
        if Flag.SURPLUS in payment.flags and (is_none or left_of(payment, lost_of(chargebacks)).minor == 0):
            unflagged = replace(payment, flags=payment.flags - {Flag.SURPLUS})
            save_payment(connection, payment, unflagged, at=at, because=because)
