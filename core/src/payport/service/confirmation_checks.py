"""What a person may say of money that they saw, and what contradicts it: each check names the field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from payport.errors import RequestRefused
from payport.gateways.believed import believe_text
from payport.rules.catalog import Catalog
from payport.rules.confirmation import LONGEST_REFERENCE, Confirmation, plain_reference
from payport.rules.money import MOST_MINOR, Money
from payport.rules.order import Order
from payport.storage import tables as t

__all__ = [
    "check_amount", "check_day", "check_note", "check_same", "check_statements", "reference_given", "told",
]  # fmt: skip

_LONGEST_NOTE: Final = 500


def reference_given(text: str) -> str:
    try:
        believe_text("bank_reference", text, most=4 * LONGEST_REFERENCE)
        plain = plain_reference(text)
        believe_text("bank_reference", plain, least=1, most=LONGEST_REFERENCE)
    except ValueError:
        raise RequestRefused(
            field="bank_reference",
            problem=f"not a text of 1 to {LONGEST_REFERENCE} signs in one line",
            remedy="Give the transfer's number on the statement, or the number of the cash receipt",
        ) from None
    return plain


def check_note(note: str) -> None:
    try:
        believe_text("note", note, most=_LONGEST_NOTE)
    except ValueError:
        raise RequestRefused(
            field="note",
            problem=f"not a text of at most {_LONGEST_NOTE} signs in one line",
            remedy="Say it shorter, or leave it out",
        ) from None


def check_amount(amount: Money, order: Order) -> None:
    most = MOST_MINOR - order.received.minor
    is_fit = type(amount) is Money and amount.currency == order.total.currency
    if not is_fit or not 1 <= amount.minor <= most:
        raise RequestRefused(
            field="amount",
            problem=f"not an amount of money in {order.total.currency} above zero",
            remedy="Give what came in, to the last unit",
        )


def check_day(booked_on: date, catalog: Catalog, now: datetime) -> None:
    is_day = isinstance(booked_on, date) and not isinstance(booked_on, datetime)
    if not is_day or booked_on > now.astimezone(ZoneInfo(catalog.zone)).date():
        raise RequestRefused(
            field="booked_on", problem="not a day up to today", remedy="Give the day on which the money came"
        )


def check_same(claimed: Confirmation, earlier: Confirmation) -> None:
    """One reference is one transfer, for ever. Raises RequestRefused, naming what it was used for."""
    what = ("order_number", "amount", "booked_on")
    if any(getattr(claimed, name) != getattr(earlier, name) for name in what):
        raise RequestRefused(
            field="bank_reference",
            problem=f"used for order {earlier.order_number}: {told(earlier)}, by {earlier.people}",
            remedy="Give the reference of this money; one transfer pays for one order",
        )


def check_statements(connection: Connection, claimed: Confirmation) -> None:
    """What a statement says of this reference stands: its amount, and that its money was counted."""
    named = {"account": claimed.gateway_account, "reference": claimed.bank_reference}
    receipt = _row(connection, t.receipts, t.receipts.c.gateway_reference, named)
    if receipt is not None:
        payment = _row_of_payment(connection, receipt.merchant_reference)
        raise RequestRefused(
            field="bank_reference",
            problem=f"its money was counted for order {payment.order_number} ({receipt.proof})",
            remedy="Nothing is left to confirm",
        )
    line = _row(connection, t.statement_lines, t.statement_lines.c.reference, named)
    if line is not None and (line.amount_minor, line.currency) != (
        claimed.amount.minor,
        claimed.amount.currency,
    ):
        raise RequestRefused(
            field="amount",
            problem=f"the statement says {Money(line.amount_minor, line.currency)}",
            remedy="Give what came in, as the statement has it",
        )


def told(confirmation: Confirmation) -> str:
    return f"{confirmation.amount}, bank reference {confirmation.bank_reference}, of {confirmation.booked_on}"


def _row(connection: Connection, table: Any, column: Any, named: dict[str, str]) -> Row[Any] | None:
    return connection.execute(
        select(table).where(table.c.gateway_account == named["account"], column == named["reference"])
    ).first()


def _row_of_payment(connection: Connection, merchant_reference: str) -> Row[Any]:
    this = t.payments.c.merchant_reference == merchant_reference
    return connection.execute(select(t.payments.c.order_number).where(this)).one()
