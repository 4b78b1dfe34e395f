"""Many orders without placing each: rows of one real order, repeated by SQL under other names.

The names come in an order that looks random, as real ones do, so that an index grows as it would.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Table, text

from payport.rules.payment import Payment
from payport.signing.received import Callback, Channel
from payport.storage import tables as t
from payport.storage.database import Database
from payport.storage.tables import SCHEMA
from tests.support.shop import Shop
from tests.support.sign import ipn_query

__all__ = ["FIRST", "PendingPayments", "add_terms", "answer_to", "genuine_success", "repeat_order"]

FIRST: Final = "the-first-of-many"  # a buyer account for `repeat_order`: nothing else is called so
_TRANSACTIONS: Final = 100_000_000  # the first of the repeated payments' transactions
_AMOUNT: Final = 1_100_000  # what the shop's tests sell for
_HEADERS: Final = ((b"host", b"shop.example.vn"),)
_PRIME, _STEP = 10_000_019, 7_368_787
_NAME: Final = f"CAST(((CAST(i AS BIGINT) * {_STEP}) % {_PRIME}) AS VARCHAR(10))"
_NUMBERS: Final = (
    "WITH RECURSIVE n(i) AS (SELECT CAST(:first AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
)
_KEYS: Final[tuple[tuple[Table, str, Mapping[str, str]], ...]] = (  # table, owner column, other names
    (t.accounts, "id", {"id": "B"}),
    (t.quotes, "account", {"id": "Q", "account": "B"}),
    (t.orders, "number", {"number": "N", "token": "T", "account": "B", "quote_id": "Q"}),
    (t.search_terms, "order_number", {"order_number": "N"}),
    (t.payments, "order_number", {"merchant_reference": "P", "order_number": "N", "account": "B"}),
    (t.receipts, "merchant_reference", {"merchant_reference": "P"}),
    (t.grants, "account", {"account": "B", "id": "G", "order_number": "N"}),
    (t.callbacks, "merchant_reference", {"merchant_reference": "P"}),
    (t.journal, "chain", {"chain": "N", "account": "B"}),
)
_LEFT_OUT: Final = {t.receipts: {"id"}, t.callbacks: {"id"}, t.journal: {"id", "number"}}


class PendingPayments:
    """Payments of fresh orders, each of a buyer of its own, made by hundreds as they are needed."""

    def __init__(self, shop: Shop) -> None:
        self._database, self._next = shop.payport.seller.database, 1
        self._payment = shop.pay(shop.order(FIRST))

    def take(self, count: int) -> range:
        """Numbers of payments that nobody took before."""
        numbers = range(self._next, self._next + count)
        self._next += count
        repeat_order(self._database, self._payment, count=count, first=numbers.start)
        return numbers


def genuine_success(number: int) -> bytes:
    """The gateway's message that the payment of this number succeeded."""
    return ipn_query(_named("P", number), _AMOUNT, transaction=str(10_000_000 + number))


def answer_to(shop: Shop, query: bytes) -> bytes:
    """What the door answers. `Shop.deliver` would look each time whether the answer was durable, too."""
    callback = Callback("GET", query, _HEADERS, b"", shop.clock(), "vnpay-main", Channel.IPN)
    return shop.payport.receive(callback).reply.body


def repeat_order(
    database: Database,
    payment: Payment,
    *,
    count: int,
    first: int = 1,
    without: Collection[Table] = (),
) -> None:
    """Repeat its order with all that hangs on it but deliveries and calls; `first` numbers the first one.

    The order is the only one of its buyer account, which is called `FIRST`.

    Args:
        without: tables that are not filled, where nothing is read of them.
    """
    order = payment.order_number
    owner = {"id": FIRST, "account": FIRST, "number": order, "chain": order, "order_number": order}
    owner["merchant_reference"] = payment.merchant_reference

    def use(connection: Connection) -> None:
        if database.is_sqlite:  # room for the indexes' pages in memory, or a million takes hours
            connection.execute(text("PRAGMA cache_size = -4000000"))
        for table, column, renamed in _KEYS:
            if table in without:
                continue
            connection.execute(
                text(_statement(table, column, renamed, sqlite=database.is_sqlite)),
                {"first": first, "last": first + count - 1, "owner": owner[column]},
            )
        if not database.is_sqlite:
            connection.execute(text("ANALYZE"))

    database.transaction(use)


def add_terms(database: Database, order_number: str, terms: Sequence[str], *, count: int, first: int) -> None:
    """Let the orders that `repeat_order` made of this one be found by more: SQL of `i`, an order's place."""
    name = t.search_terms.name if database.is_sqlite else f"{SCHEMA}.{t.search_terms.name}"
    orders = t.orders.name if database.is_sqlite else f"{SCHEMA}.{t.orders.name}"

    def use(connection: Connection) -> None:
        for term in terms:
            connection.execute(
                text(
                    f"{_NUMBERS} INSERT INTO {name} (term, placed_at, order_number)"
                    f" SELECT {term}, one.placed_at, 'N' || {_NAME} FROM {orders} AS one CROSS JOIN n"
                    " WHERE one.number = :owner"
                ),
                {"first": first, "last": first + count - 1, "owner": order_number},
            )

    database.transaction(use)


def _statement(table: Table, owner: str, renamed: Mapping[str, str], *, sqlite: bool) -> str:
    kept = [column.name for column in table.c if column.name not in _LEFT_OUT.get(table, set())]
    values = [_value(name, renamed) for name in kept]
    name = table.name if sqlite else f"{SCHEMA}.{table.name}"
    return (
        f"{_NUMBERS} INSERT INTO {name} ({', '.join(kept)})"
        f" SELECT {', '.join(values)} FROM {name} AS one CROSS JOIN n WHERE one.{owner} = :owner"
    )


def _value(column: str, renamed: Mapping[str, str]) -> str:
    if column in renamed:
        return f"'{renamed[column]}' || {_NAME}"
    if column == "reference":  # of an entry: the row that it tells of has another name, too
        others = f"WHEN 'order' THEN 'N' || {_NAME} WHEN 'payment' THEN 'P' || {_NAME}"
        return f"CASE one.subject {others} ELSE one.reference END"
    if column == "document" and "account" in renamed:  # a quote's, a grant's: it names the account too
        return f"replace(one.{column}, :owner, '{renamed['account']}' || {_NAME})"
    if column == "gateway_reference":
        numbered = f"CAST({_TRANSACTIONS} + i AS VARCHAR(20))"
        return f"CASE WHEN one.{column} IS NULL THEN NULL ELSE {numbered} END"
    return f"one.{column}"


def _named(kind: str, number: int) -> str:
    return f"{kind}{number * _STEP % _PRIME}"
