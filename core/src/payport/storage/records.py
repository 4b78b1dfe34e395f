"""Rows to values and back: the only place that knows which column holds what.

Statements are made once and run with parameters: building one anew costs more than running it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from payport.rules import chargeback as chargebacks_rules
from payport.rules import order as orders_rules
from payport.rules import payment as payments_rules
from payport.rules.chargeback import Chargeback
from payport.rules.entitlement import Grant, Usage
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.payment import Flag, Payment
from payport.rules.quote import Quote
from payport.storage import tables as t
from payport.storage.changes import record_change

__all__ = [
    "StoredCatalog", "add_catalog", "add_chargeback", "add_grant", "add_order", "add_payment",
    "add_quote", "add_receipt", "chargebacks_of", "find_catalog", "find_chargeback", "find_order",
    "find_payment", "find_quote", "free_code", "grants_of", "hand_over", "insert_if_absent", "is_kept",
    "lock_account", "locked_order", "locked_payment", "order_from", "order_values", "payment_from",
    "payment_owner",
    "payment_values", "payments_of", "save_chargeback", "save_order", "save_payment", "stored_catalogs",
    "usage_of",
]  # fmt: skip


_LOCK_ACCOUNT: Final = (
    select(t.accounts.c.id).where(t.accounts.c.id == bindparam("account")).with_for_update()
)
_ONLY_WORK_READS: Final = frozenset(  # each column of an answer costs time, whether it is read or not
    {
        "asked_at", "asks", "buyer", "checkout", "due_at", "erased_at", "last_error", "lease_owner",
        "lease_until", "parked_at", "tries",
    }
)  # fmt: skip
_USAGE: Final = select(t.accounts.c.used_bytes, t.accounts.c.used_at).where(
    t.accounts.c.id == bindparam("account")
)
_GRANTS: Final = (
    select(t.grants.c.document)
    .where(t.grants.c.account == bindparam("account"))
    .order_by(t.grants.c.sequence)
)
_ADD_GRANT: Final = insert(t.grants)
_CATALOGS: Final = select(t.catalogs)
_CATALOG: Final = _CATALOGS.where(t.catalogs.c.version == bindparam("version"))
_ADD_QUOTE: Final = insert(t.quotes)
_QUOTE: Final = select(t.quotes.c.document).where(t.quotes.c.id == bindparam("id"))
_ADD_ORDER: Final = insert(t.orders)
_SAVE_ORDER: Final = update(t.orders).where(t.orders.c.number == bindparam("saved"))
_ADD_PAYMENT: Final = insert(t.payments)
_ADD_RECEIPT: Final = insert(t.receipts)
_SAVE_PAYMENT: Final = update(t.payments).where(t.payments.c.merchant_reference == bindparam("saved"))
_PAYMENTS: Final = (
    select(t.payments)
    .where(t.payments.c.order_number == bindparam("order_number"))
    .order_by(t.payments.c.handed_over_at, t.payments.c.merchant_reference)
)
_ADD_CHARGEBACK: Final = insert(t.chargebacks)
_SAVE_CHARGEBACK: Final = update(t.chargebacks).where(t.chargebacks.c.reference == bindparam("saved"))
_CHARGEBACKS: Final = (
    select(t.chargebacks)
    .where(t.chargebacks.c.order_number == bindparam("order_number"))
    .order_by(t.chargebacks.c.opened_at, t.chargebacks.c.reference)
)
_FREE_CODE: Final = update(t.code_uses).where(
    t.code_uses.c.order_number == bindparam("order"), t.code_uses.c.freed_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class StoredCatalog:
    """A catalog version as it stands in the database: its document is JSON."""

    version: str
    digest: str
    document: str


def insert_if_absent(connection: Connection, table: Any, values: Mapping[str, Any]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), [values])


def lock_account(connection: Connection, account: str) -> None:
    """The one lock, taken first: the buyer account's row, made if it is not there."""
    named = {"account": account}
    if connection.execute(_LOCK_ACCOUNT, named).first() is None:
        insert_if_absent(connection, t.accounts, {"id": account})
        connection.execute(_LOCK_ACCOUNT, named).one()


def usage_of(connection: Connection, account: str) -> Usage | None:
    row = connection.execute(_USAGE, {"account": account}).first()
    return None if row is None or row.used_bytes is None else Usage(used_bytes=row.used_bytes, at=row.used_at)


def grants_of(connection: Connection, account: str) -> tuple[Grant, ...]:
    rows = connection.execute(_GRANTS, {"account": account})
    return tuple(Grant.model_validate_json(row.document) for row in rows)


def add_grant(connection: Connection, grant: Grant, *, sequence: int, at: datetime, because: str) -> None:
    """`sequence` counts an account's grants from 1; the account is locked, so none is skipped or doubled."""
    row = {
        "account": grant.account,
        "sequence": sequence,
        "id": grant.id,
        "kind": str(grant.kind),
        "order_number": grant.order_number if grant.kind == "order" else None,
        "effective_at": grant.effective_at,
        "document": grant.model_dump_json(),
    }
    connection.execute(_ADD_GRANT, row)
    record_change(
        connection,
        "grant",
        row,
        reference=grant.id,
        chain=grant.order_number or f"account {grant.account}",
        account=grant.account,
        states=(None, None),
        at=at,
        because=because,
        kind="entitlement.changed",
        more={"grant": grant.model_dump(mode="json", exclude={"reason"})},
    )


def add_catalog(connection: Connection, catalog: StoredCatalog, *, at: datetime) -> None:
    """Store a version for good, unless one of its name is there: that one stays as it is."""
    values = {"version": catalog.version, "digest": catalog.digest, "document": catalog.document}
    insert_if_absent(connection, t.catalogs, {**values, "first_used_at": at})


def find_catalog(connection: Connection, version: str) -> StoredCatalog | None:
    row = _first(connection, _CATALOG, version=version)
    return None if row is None else _catalog_from(row)


def stored_catalogs(connection: Connection) -> tuple[StoredCatalog, ...]:
    return tuple(_catalog_from(row) for row in connection.execute(_CATALOGS))


def _catalog_from(row: Row[Any]) -> StoredCatalog:
    return StoredCatalog(version=row.version, digest=row.digest, document=row.document)


def add_quote(connection: Connection, quote: Quote) -> None:
    connection.execute(
        _ADD_QUOTE,
        {
            "id": quote.id,
            "account": quote.account,
            "document": quote.model_dump_json(),
            "total_minor": quote.total.minor,
            "currency": quote.currency,
            "expires_at": quote.expires_at,
        },
    )


def find_quote(connection: Connection, quote_id: str) -> Quote | None:
    row = _first(connection, _QUOTE, id=quote_id)
    return None if row is None else Quote.model_validate_json(row.document)


def find_order(connection: Connection, **where: str) -> Order | None:
    """By `number`, `token` or `quote_id`: exact text, case and blanks count."""
    row = _first(connection, _by(t.orders, *where), **where)
    return None if row is None else order_from(row)


def locked_order(connection: Connection, number: str) -> Order | None:
    """The order as it stands once its buyer account is locked."""
    found = find_order(connection, number=number)
    if found is None:
        return None
    lock_account(connection, found.account)
    return find_order(connection, number=number)


def order_from(row: Row[Any]) -> Order:
    return Order(
        number=row.number,
        token=row.token,
        account=row.account,
        quote_id=row.quote_id,
        state=orders_rules.State(row.state),
        total=Money(row.total_minor, row.currency),
        received=Money(row.received_minor, row.currency),
        locale=row.locale,
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        paid_at=row.paid_at,
        review_reason=row.review_reason,
    )


def order_values(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "token": order.token,
        "account": order.account,
        "quote_id": order.quote_id,
        "state": str(order.state),
        "total_minor": order.total.minor,
        "received_minor": order.received.minor,
        "currency": order.total.currency,
        "locale": order.locale,
        "placed_at": order.placed_at,
        "expires_at": order.expires_at,
        "paid_at": order.paid_at,
        "review_reason": order.review_reason,
    }


def add_order(connection: Connection, order: Order, *, because: str, **columns: Any) -> None:
    """`columns` are the buyer's details, and what only work knows."""
    connection.execute(_ADD_ORDER, {**order_values(order), **columns})
    _record_order(connection, None, order, at=order.placed_at, because=because)


def save_order(connection: Connection, before: Order, after: Order, *, at: datetime, because: str) -> None:
    """Store a change, and how it came about. Only a placed order is ever due: old ones burden no search."""
    over: dict[str, Any] = {} if after.state is orders_rules.State.PLACED else {"due_at": None}
    connection.execute(_SAVE_ORDER, {"saved": after.number, **order_values(after), **over})
    if after != before:
        _record_order(connection, before, after, at=at, because=because)


def _record_order(
    connection: Connection, before: Order | None, after: Order, *, at: datetime, because: str
) -> None:
    record_change(
        connection,
        "order",
        order_values(after),
        reference=after.number,
        chain=after.number,
        account=after.account,
        states=(None if before is None else str(before.state), str(after.state)),
        at=at,
        because=because,
    )


def free_code(connection: Connection, order_number: str, *, at: datetime) -> None:
    """Give back the use of a promotion code that the order holds, if it holds one."""
    connection.execute(_FREE_CODE, {"order": order_number, "freed_at": at})


def find_payment(connection: Connection, **where: str) -> Payment | None:
    """By `merchant_reference`, or any columns that are unique together."""
    row = _first(connection, _by(t.payments, *where), **where)
    return None if row is None else payment_from(row)


def locked_payment(connection: Connection, **where: str) -> Payment | None:
    """As `find_payment`, as it stands once its buyer account is locked.

    In two statements, so that the second sees what was committed while the first waited.
    """
    if _first(connection, _lock_owner(*where), **where) is None:
        return None
    return find_payment(connection, **where)


def payment_owner(connection: Connection, **where: str) -> str | None:
    """The buyer account that a payment belongs to, which is what to lock before the payment is read."""
    row = _first(connection, _by(t.payments, *where), **where)
    return None if row is None else str(row.account)


def payments_of(connection: Connection, order_number: str) -> tuple[Payment, ...]:
    """In the order in which they were handed over."""
    rows = connection.execute(_PAYMENTS, {"order_number": order_number})
    return tuple(payment_from(row) for row in rows)


def payment_from(row: Row[Any]) -> Payment:
    return Payment(
        merchant_reference=row.merchant_reference,
        order_number=row.order_number,
        account=row.account,
        gateway_account=row.gateway_account,
        gateway=row.gateway,
        environment=row.environment,
        method=row.method,
        choice=row.choice,
        state=payments_rules.State(row.state),
        amount=Money(row.amount_minor, row.currency),
        received=Money(row.received_minor, row.currency),
        handed_over_at=row.handed_over_at,
        closes_at=row.closes_at,
        buyer_ip=row.buyer_ip,
        language=row.language,
        gateway_reference=row.gateway_reference,
        checkout_reference=row.checkout_reference,
        paid_at=row.paid_at,
        paid_with=row.paid_with,
        flags=frozenset(Flag(flag) for flag in json.loads(row.flags)),
    )


def payment_values(payment: Payment) -> dict[str, Any]:
    return {
        "merchant_reference": payment.merchant_reference,
        "order_number": payment.order_number,
        "account": payment.account,
        "gateway_account": payment.gateway_account,
        "gateway": payment.gateway,
        "environment": payment.environment,
        "method": payment.method,
        "choice": payment.choice,
        "state": str(payment.state),
        "amount_minor": payment.amount.minor,
        "received_minor": payment.received.minor,
        "currency": payment.amount.currency,
        "handed_over_at": payment.handed_over_at,
        "closes_at": payment.closes_at,
        "buyer_ip": payment.buyer_ip,
        "language": payment.language,
        "gateway_reference": payment.gateway_reference,
        "checkout_reference": payment.checkout_reference,
        "paid_at": payment.paid_at,
        "paid_with": payment.paid_with,
        "flags": json.dumps(sorted(payment.flags)),
    }


def save_payment(
    connection: Connection,
    before: Payment,
    after: Payment,
    *,
    at: datetime,
    because: str,
    **columns: Any,
) -> None:
    """Store a change; `columns` are those that only work and asking know (due_at, checkout …)."""
    connection.execute(_SAVE_PAYMENT, {"saved": after.merchant_reference, **payment_values(after), **columns})
    if after == before:
        return
    _record_payment(connection, before.state, after, at=at, because=because)
    if Flag.SURPLUS in after.flags - before.flags:
        _record_payment(connection, after.state, after, at=at, because=because, kind="money.surplus")


def add_payment(connection: Connection, payment: Payment, *, because: str, **columns: Any) -> None:
    """One that is begun: it is handed over as soon as its gateway has answered."""
    connection.execute(_ADD_PAYMENT, {**payment_values(payment), **columns})
    created = payments_rules.State.CREATED
    _record_payment(connection, created, payment, at=payment.handed_over_at, because=because)


def hand_over(
    connection: Connection, before: Payment, after: Payment, *, at: datetime, because: str, **columns: Any
) -> None:
    """Store the checkout of a payment that the buyer can now go and pay."""
    connection.execute(_SAVE_PAYMENT, {"saved": after.merchant_reference, **payment_values(after), **columns})
    _record_payment(connection, before.state, after, at=at, because=because, kind="payment.handed_over")


def _record_payment(
    connection: Connection,
    before: payments_rules.State,
    payment: Payment,
    *,
    at: datetime,
    because: str,
    kind: str | None = None,
) -> None:
    record_change(
        connection,
        "payment",
        payment_values(payment),
        reference=payment.merchant_reference,
        chain=payment.order_number,
        account=payment.account,
        states=(str(before), str(payment.state)),
        at=at,
        because=because,
        kind=kind,
    )


def add_receipt(connection: Connection, payment: Payment, values: Mapping[str, Any], *, because: str) -> None:
    """Money that was proven for the payment; `values` are the columns that do not name the payment."""
    names = {"gateway_account": payment.gateway_account, "merchant_reference": payment.merchant_reference}
    row = {**names, **values}
    connection.execute(_ADD_RECEIPT, row)
    record_change(
        connection,
        "receipt",
        row,
        reference=row["gateway_reference"],
        chain=payment.order_number,
        account=payment.account,
        states=(None, "counted"),
        at=row["received_at"],
        because=because,
        kind="money.received",
    )


def add_chargeback(connection: Connection, opened: Chargeback, *, because: str) -> None:
    connection.execute(_ADD_CHARGEBACK, _chargeback_values(opened))
    _record_chargeback(connection, None, opened, at=opened.opened_at, because=because)


def find_chargeback(connection: Connection, **where: str) -> Chargeback | None:
    """By `reference`."""
    row = _first(connection, _by(t.chargebacks, *where), **where)
    return None if row is None else _chargeback_from(row)


def chargebacks_of(connection: Connection, order_number: str) -> tuple[Chargeback, ...]:
    """Of all payments of the order, in the order in which they were opened."""
    rows = connection.execute(_CHARGEBACKS, {"order_number": order_number})
    return tuple(_chargeback_from(row) for row in rows)


def save_chargeback(
    connection: Connection,
    before: Chargeback,
    after: Chargeback,
    *,
    at: datetime,
    because: str,
) -> None:
    connection.execute(_SAVE_CHARGEBACK, {"saved": after.reference, **_chargeback_values(after)})
    _record_chargeback(connection, str(before.state), after, at=at, because=because)


def _record_chargeback(
    connection: Connection,
    before: str | None,
    after: Chargeback,
    *,
    at: datetime,
    because: str,
) -> None:
    record_change(
        connection,
        "chargeback",
        _chargeback_values(after),
        reference=after.reference,
        chain=after.order_number,
        states=(before, str(after.state)),
        at=at,
        because=because,
    )


def _chargeback_from(row: Row[Any]) -> Chargeback:
    return Chargeback(
        reference=row.reference,
        merchant_reference=row.merchant_reference,
        order_number=row.order_number,
        state=chargebacks_rules.State(row.state),
        amount=Money(row.amount_minor, row.currency),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        reason=row.reason,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def _chargeback_values(chargeback: Chargeback) -> dict[str, Any]:
    return {
        "reference": chargeback.reference,
        "merchant_reference": chargeback.merchant_reference,
        "order_number": chargeback.order_number,
        "state": str(chargeback.state),
        "amount_minor": chargeback.amount.minor,
        "currency": chargeback.amount.currency,
        "opened_at": chargeback.opened_at,
        "opened_by": chargeback.opened_by,
        "reason": chargeback.reason,
        "closed_at": chargeback.closed_at,
        "closed_by": chargeback.closed_by,
    }


def _first(connection: Connection, statement: Select[Any], **where: str) -> Row[Any] | None:
    return connection.execute(statement, where).first() if all(map(is_kept, where.values())) else None


def is_kept(text: str) -> bool:
    """Whether a column can hold it: PostgreSQL knows no NUL, and UTF-8 no half of a surrogate pair."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


@cache
def _by(table: Table, *names: str) -> Select[Any]:
    columns = (column for column in table.c if column.name not in _ONLY_WORK_READS)
    return select(*columns).where(*(table.c[name] == bindparam(name) for name in names))


@cache
def _lock_owner(*names: str) -> Select[Any]:
    return (
        select(t.accounts.c.id)
        .join(t.payments, t.payments.c.account == t.accounts.c.id)
        .where(*(t.payments.c[name] == bindparam(name) for name in names))
        .with_for_update(of=t.accounts)
    )
