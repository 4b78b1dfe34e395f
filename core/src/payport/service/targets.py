"""What an act is about, locked before anything is read of it; and text in it that no column holds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import Connection

from payport.errors import RequestRefused
from payport.rules.acts import (
    Act,
    Adjust,
    Cancel,
    CloseChargeback,
    Confirm,
    Dismiss,
    ResolveOrder,
    SettleRefund,
    Withdraw,
)
from payport.service.holding import check_account
from payport.storage.account_records import lock_account
from payport.storage.chargeback_records import find_chargeback
from payport.storage.order_records import find_order
from payport.storage.payment_records import find_payment
from payport.storage.refund_records import find_refund
from payport.storage.rows import is_kept

__all__ = ["Target", "locked_target"]

_NAMES: Final = frozenset({"order_number", "merchant_reference", "reference"})  # such a thing is not found


@dataclass(frozen=True, slots=True)
class Target:
    """A buyer account, an order and a payment of it, as far as the act names them and they are there."""

    account: str | None = None
    order_number: str | None = None
    merchant_reference: str | None = None


def locked_target(connection: Connection, act: Act) -> Target:
    """What the act names, once its account is ours.

    Raises: RequestRefused, naming the field, for text that no column holds, and for an account that is none.
    """
    for field in fields(act):
        value = getattr(act, field.name)
        if isinstance(value, str) and field.name not in _NAMES and not is_kept(value):
            raise RequestRefused(
                field=field.name,
                problem="it holds a NUL, or half of a sign",
                remedy="Give text as a person would type it",
            )
    target = _target(connection, act)
    if target.account is not None:
        lock_account(connection, target.account)
    return target


def _target(connection: Connection, act: Act) -> Target:
    match act:
        case Adjust():
            check_account(act.account)
            return Target(account=act.account)
        case Dismiss():
            return Target()
        case Confirm() | Withdraw() | ResolveOrder() | Cancel():
            order = find_order(connection, number=act.order_number)
            return Target() if order is None else Target(order.account, order.number)
        case SettleRefund():
            refund = find_refund(connection, reference=act.reference)
            return _of_payment(connection, None if refund is None else refund.merchant_reference)
        case CloseChargeback():
            chargeback = find_chargeback(connection, reference=act.reference)
            return _of_payment(connection, None if chargeback is None else chargeback.merchant_reference)
        case _:
            return _of_payment(connection, act.merchant_reference)


def _of_payment(connection: Connection, merchant_reference: str | None) -> Target:
    if merchant_reference is None:
        return Target()
    payment = find_payment(connection, merchant_reference=merchant_reference)
    return Target() if payment is None else Target(payment.account, payment.order_number, merchant_reference)
