"""The invariants that hold after every test, whatever it did: one oracle, reading the database itself.

INV-1 to INV-3 and INV-7 have a meaning now; INV-4 to INV-6 wait for refunds and the journal. INV-8 and INV-9
are asserted where a request is made.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection, Row, select

from payport.doors.host import Payport
from payport.storage import tables as t
from payport.storage.tables import metadata

__all__ = ["check_invariants", "everything_stored"]

_PAID = {"paid", "partly_refunded", "refunded"}


def check_invariants(payport: Payport) -> None:
    with payport.seller.database.reading() as connection:
        _received_is_what_was_proven(connection)
        _paid_orders_are_covered(connection)
        _one_grant_for_each_paid_order(connection)
        _no_secret_is_stored(connection, payport)


def everything_stored(connection: Connection) -> str:
    """All columns of all tables as one text, to search for what must not be there."""
    parts: list[str] = []
    for table in metadata.sorted_tables:
        for row in connection.execute(select(table)):
            parts += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(parts)


def _received_is_what_was_proven(connection: Connection) -> None:
    """INV-1: money received for a payment is the sum of its receipts, and an order's that of its payments."""
    receipts: Counter[str] = Counter()
    for receipt in connection.execute(select(t.receipts)):
        receipts[receipt.merchant_reference] += receipt.amount_minor
        proof = receipt.proof.split()
        assert proof[0] in {"callback", "query"}, f"INV-1: receipt {receipt.id} names no proof"
        if proof[0] == "callback":
            row = connection.execute(select(t.callbacks).where(t.callbacks.c.id == int(proof[1]))).one()
            assert row.verdict == "proof", f"INV-1: receipt {receipt.id} rests on a callback without proof"
    by_order: Counter[str] = Counter()
    for payment in connection.execute(select(t.payments)):
        reference = payment.merchant_reference
        assert payment.received_minor == receipts[reference], f"INV-1: {reference} is not what was proven"
        by_order[payment.order_number] += payment.received_minor
    for order in connection.execute(select(t.orders)):
        assert order.received_minor == by_order[order.number], (
            f"INV-1: {order.number} is not its payments' sum"
        )


def _paid_orders_are_covered(connection: Connection) -> None:
    """INV-2: paid only when covered; covered and not paid: in review, or ended with its money flagged."""
    for order in connection.execute(select(t.orders)):
        covered = order.received_minor >= order.total_minor
        if order.state in _PAID:
            assert covered, f"INV-2: {order.number} is {order.state} without its money"
        elif covered and order.state != "review":
            assert order.state in {"cancelled", "expired"}, (
                f"INV-2: {order.number} is covered, and {order.state}"
            )
            assert any(payment.flags != "[]" for payment in _payments(connection, order)), (
                f"INV-2: the money of {order.number} is not flagged"
            )


def _one_grant_for_each_paid_order(connection: Connection) -> None:
    """INV-3: exactly one grant for each paid order, none for any other; no gap in an account's sequence."""
    granted = Counter(
        row.order_number
        for row in connection.execute(select(t.grants.c.order_number).where(t.grants.c.kind == "order"))
    )
    for order in connection.execute(select(t.orders)):
        due = 1 if order.state in _PAID else 0
        assert granted[order.number] == due, (
            f"INV-3: {order.number} is {order.state}, {granted[order.number]} grants"
        )
    sequences: dict[str, list[int]] = {}
    for row in connection.execute(
        select(t.grants.c.account, t.grants.c.sequence).order_by(t.grants.c.sequence)
    ):
        sequences.setdefault(row.account, []).append(row.sequence)
    for account, numbers in sequences.items():
        assert numbers == list(range(1, len(numbers) + 1)), f"INV-3: the grants of {account} have a gap"


def _no_secret_is_stored(connection: Connection, payport: Payport) -> None:
    """INV-7, for what is stored: no key of any account stands in any column of any table."""
    stored = everything_stored(connection)
    for account in payport.seller.accounts.values():
        assert not account.holds_secret(stored), f"INV-7: a key of {account.name} is stored"


def _payments(connection: Connection, order: Row[Any]) -> list[Row[Any]]:
    return list(connection.execute(select(t.payments).where(t.payments.c.order_number == order.number)))
