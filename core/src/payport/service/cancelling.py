"""Ends an order by hand, before it is paid or while it waits for a person. Rules: "Quote and order"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from payport.errors import NotFound, RequestRefused
from payport.rules.order import MOVES, Order, State, move
from payport.rules.payment import Payment
from payport.service.books import books_of
from payport.service.by_hand import check_by_hand
from payport.service.order_only import end_by_hand
from payport.service.seller import Seller
from payport.service.surplus import flag_surplus
from payport.storage.order_records import free_code, locked_order, save_order
from payport.storage.payment_records import payments_of

__all__ = ["cancel", "end_order"]


def cancel(
    connection: Connection, seller: Seller, number: str, *, actor: str, reason: str
) -> tuple[tuple[Payment, Payment], ...]:
    """End an order that is placed or in review, and free the use of its promotion code.

    Money that was received for it is flagged as surplus, to be given back. A payment that is open stays
    open: its gateway may still say that it was paid, and policy `late_success` says what is done then. One
    by hand ends with its order; its money is taken likewise if it comes.

    Args:
        actor: who ends it, a name that an auditor can follow; the host has seen who it is.
        reason: kept with the order's history.
    Returns: the payments that ended with it, each before and after.
    Raises: NotFound; RequestRefused for an order in any other state, or without actor or reason.
    """
    check_by_hand(actor=actor, reason=reason)
    now = seller.clock()
    order = _locked(connection, number)
    if State.CANCELLED not in MOVES[order.state]:
        raise RequestRefused(
            field="order",
            problem=f"it is {order.state}",
            remedy="Only an order that is placed or in review can be cancelled",
        )
    return end_order(connection, seller, order, at=now, because=f"cancelled by {actor}: {reason}")


def end_order(
    connection: Connection, seller: Seller, order: Order, *, at: datetime, because: str
) -> tuple[tuple[Payment, Payment], ...]:
    """Cancel it: its code is free, and what is left of its money is flagged to be given back.

    Returns: the payments that ended with it, each before and after.
    """
    save_order(connection, order, move(order, State.CANCELLED, at=at), at=at, because=because)
    free_code(connection, order.number, at=at)
    payments = payments_of(connection, order.number)
    if payments:
        flag_surplus(connection, books_of(connection, payments[0]), at=at, because=because)
    return end_by_hand(connection, seller, order.number, at=at, because=because)


def _locked(connection: Connection, number: str) -> Order:
    """The order as it stands while its account is ours. Raises NotFound."""
    found = locked_order(connection, number)
    if found is None:
        raise NotFound(field="order", problem="no such order", remedy="Check the number, or the link")
    return found
