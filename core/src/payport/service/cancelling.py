"""Ends an order by hand, before it is paid or while it waits for a person. Rules: "Quote and order"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from payport.errors import NotFound, RequestRefused
from payport.rules.chargeback import left_of, lost_of
from payport.rules.order import MOVES, Order, State, move
from payport.rules.payment import Flag
from payport.service.by_hand import check_by_hand
from payport.service.seller import Seller
from payport.storage.records import (
    chargebacks_of,
    free_code,
    locked_order,
    payments_of,
    save_order,
    save_payment,
)

__all__ = ["cancel"]


def cancel(connection: Connection, seller: Seller, number: str, *, actor: str, reason: str) -> Order:
    """End an order that is placed or in review, and free the use of its promotion code.

    Money that was received for it is flagged as surplus, to be given back. A payment that is open stays
    open: its gateway may still say that it was paid, and policy `late_success` says what is done then.

    Args:
        actor: who ends it, a name that an auditor can follow; the host has seen who it is.
        reason: kept with the order's history.
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
    because = f"cancelled by {actor}: {reason}"
    cancelled = move(order, State.CANCELLED, at=now)
    save_order(connection, order, cancelled, at=now, because=because)
    free_code(connection, number, at=now)
    _flag_money(connection, number, at=now, because=because)
    return cancelled


def _locked(connection: Connection, number: str) -> Order:
    """The order as it stands while its account is ours. Raises NotFound."""
    found = locked_order(connection, number)
    if found is None:
        raise NotFound(field="order", problem="no such order", remedy="Check the number, or the link")
    return found


def _flag_money(connection: Connection, number: str, *, at: datetime, because: str) -> None:
    """All that came in, but what an issuer has taken already."""
    lost = lost_of(chargebacks_of(connection, number))
    for payment in payments_of(connection, number):
        if left_of(payment, lost).minor:
            flagged = replace(payment, flags=payment.flags | {Flag.SURPLUS})
            save_payment(connection, payment, flagged, at=at, because=because)
