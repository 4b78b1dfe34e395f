"""Money that named people saw: counted once for each bank reference, by two people above a limit.

Rules: "Order only". Nobody is both pairs of eyes; that nobody confirms an order of their own, acting.py sees.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TypeAlias

from sqlalchemy import Connection

from payport.errors import NotFound, RequestRefused
from payport.rules.catalog import Catalog
from payport.rules.confirmation import Confirmation, State, is_one_person, needs_second
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.payment import Payment
from payport.service.by_hand import check_by_hand
from payport.service.confirmation_checks import (
    check_amount,
    check_day,
    check_note,
    check_same,
    check_statements,
    reference_given,
    told,
)
from payport.service.counting import count_by_hand
from payport.service.order_only import is_by_hand_payment, payment_for_money
from payport.service.seller import Seller
from payport.storage.confirmation_records import (
    add_confirmation,
    confirmations_of,
    find_confirmation,
    record_confirmation,
    save_confirmation,
)
from payport.storage.order_records import locked_order
from payport.storage.payment_records import payments_of
from payport.storage.quote_records import find_quote

__all__ = ["Settled", "confirm", "withdraw"]

Settled: TypeAlias = tuple[Payment, Payment]  # before and after


def confirm(
    connection: Connection,
    seller: Seller,
    order_number: str,
    amount: Money,
    *,
    actor: str,
    booked_on: date,
    bank_reference: str,
    note: str,
    gateway_account: str | None,
) -> tuple[Confirmation, Settled | None]:
    """Record that a person saw this money, and count it, unless a second person must see it too.

    The same again gives the same one. It takes a name, the bank's reference, that another may take meanwhile.
    Returns: the confirmation; the payment before and after, where its money counts now.
    Raises: NotFound; RequestRefused, naming the field.
    """
    check_by_hand(actor=actor, reason="confirmed")
    reference = reference_given(bank_reference)
    check_note(note)
    actor, note = actor.strip(), note.strip()
    now = seller.clock()
    order = _locked(connection, order_number)
    payment = _payment(connection, seller, order, gateway_account)
    catalog = _catalog(connection, seller, order)
    check_amount(amount, order)
    check_day(booked_on, catalog, now)
    claimed = Confirmation(
        gateway_account=payment.gateway_account,
        bank_reference=reference,
        merchant_reference=payment.merchant_reference,
        order_number=order.number,
        state=State.WAITING,
        amount=amount,
        booked_on=booked_on,
        note=note,
        first_by=actor,
        first_at=now,
    )
    earlier = find_confirmation(connection, payment.gateway_account, reference)
    if earlier is None or earlier.state is State.WITHDRAWN:
        check_statements(connection, claimed)
        others = confirmations_of(connection, order.number)
        if not needs_second(amount, others, above=catalog.policies.four_eyes_above):
            claimed = replace(claimed, state=State.COUNTED)
        (add_confirmation if earlier is None else save_confirmation)(connection, claimed)
        return _settled(connection, seller, payment, claimed, at=now)
    check_same(claimed, earlier)
    if earlier.state is State.COUNTED:
        return earlier, None
    if is_one_person(actor, earlier.first_by):
        raise RequestRefused(
            field="actor",
            problem=f"{earlier.first_by} confirmed it already, and it waits for a second person",
            remedy="Let another person confirm the same, or withdraw it",
        )
    check_statements(connection, claimed)
    seconded = replace(
        earlier,
        merchant_reference=payment.merchant_reference,
        state=State.COUNTED,
        note="; ".join(part for part in (earlier.note, claimed.note) if part),
        second_by=claimed.first_by,
        second_at=now,
    )
    save_confirmation(connection, seconded)
    return _settled(connection, seller, payment, seconded, at=now)


def withdraw(
    connection: Connection,
    seller: Seller,
    order_number: str,
    bank_reference: str,
    *,
    actor: str,
    reason: str,
    gateway_account: str | None,
) -> Confirmation:
    """Take back a confirmation that waits for a second person: its reference may then be confirmed anew.

    Raises: NotFound; RequestRefused for one whose money is counted.
    """
    check_by_hand(actor=actor, reason=reason)
    reference = reference_given(bank_reference)
    order = _locked(connection, order_number)
    found = [
        one
        for one in confirmations_of(connection, order.number)
        if one.bank_reference == reference and gateway_account in {None, one.gateway_account}
    ]
    if not found:
        raise NotFound(
            field="bank_reference",
            problem="no confirmation of this order has it",
            remedy="`confirmations` lists an order's",
        )
    waiting = next((one for one in found if one.state is State.WAITING), None)
    if waiting is None:
        raise RequestRefused(
            field="bank_reference",
            problem=f"its confirmation is {found[0].state}",
            remedy="Only one that waits can be withdrawn; money that is counted is refunded",
        )
    withdrawn = replace(waiting, state=State.WITHDRAWN)
    save_confirmation(connection, withdrawn)
    because = f"{told(withdrawn)}: withdrawn by {actor}: {reason}"
    record_confirmation(connection, State.WAITING, withdrawn, at=seller.clock(), because=because)
    return withdrawn


def _settled(
    connection: Connection, seller: Seller, payment: Payment, confirmation: Confirmation, *, at: datetime
) -> tuple[Confirmation, Settled | None]:
    before = None if confirmation.second_by is None else State.WAITING
    waits = "; a second person must see it" if confirmation.state is State.WAITING else ""
    because = f"{told(confirmation)}: confirmed by {confirmation.people}{waits}"
    record_confirmation(connection, before, confirmation, at=at, because=because)
    if confirmation.state is State.WAITING:
        return confirmation, None
    after = count_by_hand(
        connection,
        seller,
        payment,
        confirmation.amount,
        reference=confirmation.bank_reference,
        proof=f"confirmation by {confirmation.people}",
        at=at,
    )
    return confirmation, (payment, after)


def _locked(connection: Connection, number: str) -> Order:
    found = locked_order(connection, number)
    if found is None:
        raise NotFound(field="order", problem="no such order", remedy="Check the number")
    return found


def _payment(connection: Connection, seller: Seller, order: Order, gateway_account: str | None) -> Payment:
    """The payment by hand that the money belongs to. Raises RequestRefused where not one can be meant."""
    by_hand = [
        payment
        for payment in payments_of(connection, order.number)
        if is_by_hand_payment(seller, payment) and gateway_account in {None, payment.gateway_account}
    ]
    found = payment_for_money(by_hand)
    if found is None:
        raise RequestRefused(
            field="order",
            problem="it is not to be paid by transfer or in cash",
            remedy="Choose order only for it with `pay` first; its money is then confirmed",
        )
    names = sorted({payment.gateway_account for payment in by_hand})
    if len(names) > 1:
        raise RequestRefused(
            field="gateway_account",
            problem=f"the order is to be paid through {' and '.join(names)}",
            remedy="Name the one that the money came to",
        )
    return found


def _catalog(connection: Connection, seller: Seller, order: Order) -> Catalog:
    quote = find_quote(connection, order.quote_id)
    assert quote is not None
    return seller.shelf.of(connection, quote)
