"""Chargebacks as a person records them, and the grants that follow. Rules: "Quote and order", "Entitlement".

No grant is touched by hand: each opening and closing asks the rules where all chargebacks of the order put
its grant, and writes the one entry that is missing, or none.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from payport.errors import NotFound, RequestRefused
from payport.rules import order as orders
from payport.rules.chargeback import MOVES, Chargeback, State, answer, because, move
from payport.rules.money import Money
from payport.service.books import Books, books_of, locked_payment
from payport.service.by_hand import check_by_hand, check_seen
from payport.service.references import new_id, new_reference
from payport.service.seller import Seller
from payport.service.surplus import flag_surplus
from payport.storage.account_records import add_grant
from payport.storage.chargeback_records import add_chargeback, find_chargeback, save_chargeback
from payport.storage.order_records import save_order

__all__ = ["answer_all", "close_chargeback", "open_chargeback"]


def open_chargeback(
    connection: Connection,
    seller: Seller,
    merchant_reference: str,
    amount: Money,
    *,
    actor: str,
    reason: str,
    seen_left: Money | None = None,
) -> Chargeback:
    """Record that an issuer claims money back; the order's grant is suspended, unless other money covers it.

    An order that waits for the rest of its money goes to review: what may be gone must not complete it.
    Raises: NotFound; RequestRefused, naming the field.
    """
    check_by_hand(actor=actor, reason=reason)
    now = seller.clock()
    payment = locked_payment(connection, merchant_reference)
    books = books_of(connection, payment)
    check_seen(seen_left, books.left)
    _check_amount(amount, books)
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
    _follow(connection, opened, at=now, actor=actor)
    return opened


def close_chargeback(
    connection: Connection, seller: Seller, reference: str, to: State, *, actor: str, reason: str = ""
) -> Chargeback:
    """Record how it ended. Won: the grant is restored, when no other one holds it. Lost: it is reversed.

    Raises: NotFound; RequestRefused for one that is closed, and where `actor` or `reason` cannot be kept.
    """
    recorded = f"{to}, recorded by {actor}" + (f": {reason}" if reason else "")
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
    _follow(connection, closed, at=now, actor=actor)
    return closed


def answer_all(connection: Connection, books: Books, *, at: datetime, actor: str, reason: str) -> None:
    """Bring the order's grant to where all its chargebacks put it; nothing where it is there."""
    entry = answer(
        books.grants,
        books.order,
        books.chargebacks,
        books.refunds,
        id=new_id(),
        at=at,
        actor=actor,
        reason=reason,
    )
    if entry is not None:
        add_grant(connection, entry, sequence=len(books.grants) + 1, at=at, because=f"{reason}, by {actor}")


def _locked_chargeback(connection: Connection, reference: str) -> Chargeback:
    found = find_chargeback(connection, reference=reference)
    if found is not None:
        locked_payment(connection, found.merchant_reference)
        found = find_chargeback(connection, reference=reference)
    if found is None:
        raise NotFound(field="chargeback", problem="no such chargeback", remedy="Check its reference")
    return found


def _check_amount(amount: Money, books: Books) -> None:
    """Never more than the payment received, with all that is gone, or may yet be: to issuer and buyer."""
    left = books.left
    if left.minor == 0:
        problem = "all of it is claimed or given back already"
        if not books.payment.received.minor:
            problem = "it received no money"
        raise RequestRefused(
            field="merchant_reference", problem=problem, remedy="Check which payment the issuer names"
        )
    if type(amount) is not Money or amount.currency != left.currency or not 1 <= amount.minor <= left.minor:
        raise RequestRefused(
            field="amount",
            problem=f"not an amount of money up to the {left} that are left of the payment",
            remedy=f"Give from 1 to {left}",
        )


def _follow(connection: Connection, changed: Chargeback, *, at: datetime, actor: str) -> None:
    """Bring the order's grant, or the order that has none yet, to where its chargebacks put it."""
    books = books_of(connection, locked_payment(connection, changed.merchant_reference))
    order, reason = books.order, because(changed.reference, changed.state)
    if changed.state is State.OPENED and order.state is orders.State.PLACED:
        held = orders.move(order, orders.State.REVIEW, at=at, because=reason)
        save_order(connection, order, held, at=at, because=reason)
        return
    answer_all(connection, books, at=at, actor=actor, reason=reason)
    if changed.state is State.LOST:
        flag_surplus(connection, books_of(connection, books.payment), at=at, because=reason)
