"""What is stored about the lines of a bank statement: the orders that they name, and money counted before.

Asked for many lines at once: a statement has thousands, and names few orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from payport.gateways.accounts import GatewayAccount
from payport.rules.confirmation import State
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.statement import Codes, Found, Standing, Used, fingerprint
from payport.rules.statement_file import StatementLine
from payport.service.order_only import payment_for_money
from payport.service.own_orders import is_buyer
from payport.storage import tables as t
from payport.storage.confirmation_records import confirmation_from
from payport.storage.payment_records import payment_from

__all__ = ["find", "stored_references"]

_AT_ONCE: Final = 500  # values in one IN


def find(
    connection: Connection,
    account: GatewayAccount,
    lines: Sequence[tuple[StatementLine, Codes]],
    *,
    in_file: Collection[str],
    actor: str,
) -> Found:
    """All that is known about these lines, to `actor` who imports them.

    `in_file`: the bank references of the whole statement.
    """
    form = account.statement
    own = account.merchant_account if form is None or form.own_account is None else form.own_account
    references = {line.reference for line, _ in lines}
    fingerprints = {fingerprint(line) for line, _ in lines}
    of_account = t.statement_lines.c.gateway_account == account.name
    stored = {
        row.reference: row.fingerprint
        for row in _all(
            connection, select(t.statement_lines).where(of_account), t.statement_lines.c.reference, references
        )
    }
    alike = {
        row.reference: row.fingerprint
        for row in _all(
            connection,
            select(t.statement_lines).where(of_account),
            t.statement_lines.c.fingerprint,
            fingerprints,
        )
    }
    used = _used(connection, account.name, references | alike.keys())
    return Found(
        orders=_orders(
            connection, account.name, {number for _, codes in lines for number in codes.all}, in_file, actor
        ),
        used=used,
        seen={
            mark: f"the same transfer stands under reference {reference}: {used[reference].because}"
            for reference, mark in alike.items()
            if reference in used
        },
        stored=stored,
        own_account="".join(own.split()),
    )


def stored_references(
    connection: Connection, gateway_account: str, references: Collection[str]
) -> frozenset[str]:
    """Those of these bank references that stand in a statement which was imported."""
    lines = t.statement_lines.c
    rows = _all(
        connection,
        select(lines.reference).where(lines.gateway_account == gateway_account),
        lines.reference,
        references,
    )
    return frozenset(row.reference for row in rows)


def _orders(
    connection: Connection,
    gateway_account: str,
    numbers: Collection[str],
    in_file: Collection[str],
    actor: str,
) -> Mapping[str, Standing]:
    columns = t.orders.c
    asked = select(columns.number, columns.placed_at, columns.account, columns.buyer)
    rows = [*_all(connection, asked, columns.number, numbers)]
    there = {row.number for row in rows}
    payments: dict[str, list[Payment]] = defaultdict(list)
    through = t.payments.c.gateway_account == gateway_account
    for row in _all(connection, select(t.payments).where(through), t.payments.c.order_number, there):
        payments[row.order_number].append(payment_from(row))
    doubted = _doubted(connection, gateway_account, there, in_file)
    return {
        row.number: Standing(
            row.number,
            row.placed_at,
            _due(payments[row.number]),
            doubted.get(row.number, frozenset()),
            own=is_buyer(actor, row.account, [row.buyer]),
        )
        for row in rows
    }


def _due(payments: Iterable[Payment]) -> Money | None:
    payment = payment_for_money(payments)
    if payment is None:
        return None
    return max(payment.amount - payment.received, Money(0, payment.amount.currency))


def _doubted(
    connection: Connection, gateway_account: str, orders: Collection[str], in_file: Collection[str]
) -> Mapping[str, frozenset[Money]]:
    """Amounts that people confirmed by references which no statement holds, nor this one."""
    columns = t.confirmations.c
    confirmed = [
        confirmation_from(row)
        for row in _all(
            connection,
            select(t.confirmations).where(
                columns.gateway_account == gateway_account, columns.state != str(State.WITHDRAWN)
            ),
            columns.order_number,
            orders,
        )
    ]
    known = stored_references(connection, gateway_account, {one.bank_reference for one in confirmed})
    amounts: dict[str, set[Money]] = defaultdict(set)
    for one in confirmed:
        if one.bank_reference not in known and one.bank_reference not in in_file:
            amounts[one.order_number].add(one.amount)
    return {number: frozenset(of_order) for number, of_order in amounts.items()}


def _used(connection: Connection, gateway_account: str, references: Collection[str]) -> Mapping[str, Used]:
    """Bank references whose money is counted, or that a person has confirmed."""
    receipts, confirmations = t.receipts.c, t.confirmations.c
    waiting = _all(
        connection,
        select(t.confirmations).where(
            confirmations.gateway_account == gateway_account,
            confirmations.state == str(State.WAITING),
        ),
        confirmations.bank_reference,
        references,
    )
    counted = _all(
        connection,
        select(
            receipts.gateway_reference,
            receipts.proof,
            receipts.amount_minor,
            receipts.currency,
            t.payments.c.order_number,
        )
        .join(t.payments, t.payments.c.merchant_reference == receipts.merchant_reference)
        .where(receipts.gateway_account == gateway_account),
        receipts.gateway_reference,
        references,
    )
    return {
        row.bank_reference: Used(
            amount := Money(row.amount_minor, row.currency),
            row.order_number,
            f"{row.first_by} confirmed {amount} for order {row.order_number}; it waits for a second person",
        )
        for row in waiting
    } | {
        row.gateway_reference: Used(
            amount := Money(row.amount_minor, row.currency),
            row.order_number,
            f"{amount} were counted for order {row.order_number} ({row.proof})",
        )
        for row in counted
    }


def _all(
    connection: Connection, statement: Select[Any], column: ColumnElement[Any], values: Collection[str]
) -> Iterator[Row[Any]]:
    wanted = sorted(values)
    for start in range(0, len(wanted), _AT_ONCE):
        yield from connection.execute(statement.where(column.in_(wanted[start : start + _AT_ONCE])))
