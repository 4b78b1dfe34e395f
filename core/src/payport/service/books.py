"""The books of one payment: all that says what of its money is left, read while its account is locked."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from payport.errors import Defect, NotFound
from payport.rules.chargeback import Chargeback
from payport.rules.grant import Grant
from payport.rules.left import Left, left_of, left_of_order, surplus
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.payment import Payment
from payport.rules.refund import Of, Refund
from payport.storage.account_records import grants_of, lock_account
from payport.storage.chargeback_records import chargebacks_of
from payport.storage.order_records import find_order
from payport.storage.payment_records import find_payment, payment_owner, payments_of
from payport.storage.refund_records import refunds_of

__all__ = ["Books", "books_of", "locked_payment", "payment_named"]


@dataclass(frozen=True, slots=True)
class Books:
    """A payment with its order, and with all entries about that order's money and grant.

    `payments`, `chargebacks` and `refunds` are those of the whole order, `grants` those of its account.
    """

    payment: Payment
    order: Order
    payments: tuple[Payment, ...]
    grants: tuple[Grant, ...]
    chargebacks: tuple[Chargeback, ...]
    refunds: tuple[Refund, ...]

    @property
    def left(self) -> Money:
        """Of the payment."""
        return left_of(self.payment, self.chargebacks, self.refunds)

    @property
    def by_kind(self) -> Left:
        """Of the payment, at most what is left of the order's money of that kind."""
        of_order = left_of_order(self.grants, self.order, self.chargebacks, self.refunds)
        return Left(own=min(self.left, of_order.own), surplus=min(self.left, of_order.surplus))

    @property
    def surplus(self) -> Money:
        """Of the order, what is to be given back."""
        return surplus(self.grants, self.order, self.chargebacks, self.refunds)

    def left_of_kind(self, of: Of) -> Money:
        return self.by_kind.own if of is Of.ORDER else self.by_kind.surplus


def books_of(connection: Connection, payment: Payment) -> Books:
    order = find_order(connection, number=payment.order_number)
    if order is None:
        raise Defect(
            field=payment.merchant_reference,
            problem="its order is not stored",
            remedy="Restore it from a backup; keep the evidence",
        )
    return Books(
        payment=payment,
        order=order,
        payments=payments_of(connection, order.number),
        grants=grants_of(connection, order.account),
        chargebacks=chargebacks_of(connection, order.number),
        refunds=refunds_of(connection, order.number),
    )


def locked_payment(connection: Connection, merchant_reference: str) -> Payment:
    """As it stands while its account is ours. Raises NotFound."""
    owner = payment_owner(connection, merchant_reference=merchant_reference)
    if owner is not None:
        lock_account(connection, owner)
    return payment_named(connection, merchant_reference)


def payment_named(connection: Connection, merchant_reference: str) -> Payment:
    """Raises NotFound."""
    payment = find_payment(connection, merchant_reference=merchant_reference)
    if payment is None:
        raise NotFound(
            field="merchant_reference", problem="no such payment", remedy="`payport order` lists an order's"
        )
    return payment
