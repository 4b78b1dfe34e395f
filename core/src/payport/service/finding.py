"""Finding an order by whatever a person has at hand: a number, a name, a phone, an amount, a bank's memo.

Each way of finding is one search of an index, so a million orders cost no more than a thousand do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final
from unicodedata import normalize

from sqlalchemy import Connection, func, select

from payport.errors import RequestRefused
from payport.rules.confirmation import plain_reference
from payport.rules.money import MOST_MINOR, vnd
from payport.rules.search_terms import MOST_WORDS, as_amount, compact, words
from payport.rules.statement import Fate, read_codes
from payport.service.finding_buyers import orders_of_buyers
from payport.service.found import (
    LINE,
    ORDER,
    PAYMENT,
    REFUND,
    Found,
    found_line,
    found_orders,
    found_payments,
    found_refunds,
)
from payport.service.listing_orders import list_orders, order_rows
from payport.service.seller import Seller
from payport.storage import tables as t

__all__ = ["MOST_FOUND", "find"]

MOST_FOUND: Final = 100
_WITHIN: Final = 5  # signs of a word that is looked for inside others, too
_LONGEST: Final = 500  # signs of what is searched for; a memo has at most 210 or so
_MOST_CODES: Final = 64
_LINES_READ: Final = 5_000  # of those that no order took, the newest: their memos are gone through
_RECEIPTS_READ: Final = 1_000  # of one amount, the newest
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32}")  # of 24 bytes, see service/references.py
_LOOSE: Final = tuple(str(fate) for fate in Fate if fate is not Fate.MATCHED)


def find(connection: Connection, seller: Seller, text: str, *, limit: int = 20) -> tuple[Found, ...]:
    """What fits best comes first: what is named exactly, then buyers, then amounts, then memos.

    Of each the newest first. Nothing is found for a text without a letter or digit.
    Raises: RequestRefused for a limit that is not from 1 to 100.
    """
    if not 1 <= limit <= MOST_FOUND:
        raise RequestRefused(field="limit", problem=f"not from 1 to {MOST_FOUND}", remedy="Ask for less")
    asked = _clean(text)
    if not compact(asked):
        return ()
    found: dict[tuple[str, str, str | None], Found] = {}
    for each in _ways(connection, seller, asked, limit):
        found.setdefault((each.kind, each.reference, each.gateway_account), each)
        if len(found) == limit:
            break
    orders = order_rows(connection, {each.order_number for each in found.values() if each.order_number})
    return tuple(replace(each, order=orders.get(each.order_number or "")) for each in found.values())


def _clean(text: str) -> str:
    """In one line, of signs that a column can hold."""
    plain = normalize("NFC", text[:_LONGEST].encode("utf-8", "ignore").decode())
    return " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())


def _ways(connection: Connection, seller: Seller, asked: str, limit: int) -> Iterator[Found]:
    """Each way is tried only where the ones before it left room, the dearest only for what has no name."""
    prefix, is_named = seller.reference_prefix, False
    codes = sorted(read_codes(asked, prefix).all)[:_MOST_CODES]
    for each in chain(
        _by_names(connection, _names(asked, prefix), by="number"),
        _by_link(connection, asked),
        _by_their_references(connection, asked),
        _by_names(connection, codes, by="memo"),
    ):
        is_named = True
        yield each
    yield from _by_account(connection, asked, limit)
    yield from _by_buyer(connection, asked, limit)
    amount = as_amount(asked)
    if amount is not None and 0 < amount <= MOST_MINOR:
        yield from _by_amount(connection, amount, limit)
    if not is_named:
        yield from _by_memo(connection, asked, limit)


def _names(asked: str, prefix: str) -> tuple[str, ...]:
    """As it was typed, and as our references are written, should blanks or small letters be in it."""
    ours = compact(asked)
    return (asked, ours) if ours.startswith(prefix) and ours != asked else (asked,)


def _by_names(connection: Connection, names: Sequence[str], *, by: str) -> Iterator[Found]:
    """References that we made: of orders, payments and refunds."""
    if names:
        yield from found_orders(connection, ORDER.where(t.orders.c.number.in_(names)), by)
        yield from found_payments(
            connection, PAYMENT.where(t.payments.c.merchant_reference.in_(names)), "reference"
        )
        yield from found_refunds(connection, REFUND.where(t.refunds.c.reference.in_(names)), "reference")


def _by_link(connection: Connection, asked: str) -> Iterator[Found]:
    tokens = _TOKEN.findall(asked) if len(asked) >= 32 else []
    if tokens:
        yield from found_orders(connection, ORDER.where(t.orders.c.token.in_(tokens)), "link")


def _by_account(connection: Connection, asked: str, limit: int) -> Iterator[Found]:
    orders = t.orders.c
    newest = ORDER.where(orders.account == asked).order_by(orders.placed_at.desc(), orders.number.desc())
    yield from found_orders(connection, newest.limit(limit), "account")


def _by_their_references(connection: Connection, asked: str) -> Iterator[Found]:
    """Names that gateways and banks gave: at each account, since an index begins with it. What people
    typed for a bank is kept without blanks and in capitals."""
    named = tuple({asked, plain_reference(asked)})
    receipts, payments, refunds = t.receipts.c, t.payments.c, t.refunds.c
    lines, confirmed = t.statement_lines.c, t.confirmations.c
    by_receipt = select(receipts.merchant_reference).where(
        receipts.gateway_account.in_(_accounts(connection, receipts.gateway_account)),
        receipts.gateway_reference.in_(named),
    )
    by_confirmation = select(confirmed.merchant_reference).where(
        confirmed.gateway_account.in_(_accounts(connection, confirmed.gateway_account)),
        confirmed.bank_reference.in_(named),
    )
    accounts = _accounts(connection, payments.gateway_account)
    for condition, by in (
        (payments.gateway_reference.in_(named), "gateway_reference"),
        (payments.checkout_reference.in_(named), "checkout_reference"),
    ):
        paid = PAYMENT.where(payments.gateway_account.in_(accounts), condition)
        yield from found_payments(connection, paid, by)
    for names, by in ((by_receipt, "gateway_reference"), (by_confirmation, "bank_reference")):
        merchant_references = connection.execute(names).scalars().all()
        if merchant_references:
            yield from found_payments(
                connection, PAYMENT.where(payments.merchant_reference.in_(merchant_references)), by
            )
    at_one = refunds.gateway_account.in_(_accounts(connection, refunds.gateway_account))
    yield from found_refunds(
        connection, REFUND.where(at_one, refunds.gateway_reference.in_(named)), "gateway_reference"
    )
    at_one = lines.gateway_account.in_(_accounts(connection, lines.gateway_account))
    rows = connection.execute(LINE.where(at_one, lines.reference.in_(named)))
    yield from (found_line(row, "bank_reference") for row in rows)


def _by_buyer(connection: Connection, asked: str, limit: int) -> Iterator[Found]:
    numbers = orders_of_buyers(connection, asked, limit=limit)
    if numbers:
        rows = found_orders(connection, ORDER.where(t.orders.c.number.in_(numbers)), "buyer")
        found = {each.reference: each for each in rows}
        yield from (found[number] for number in numbers)


def _by_amount(connection: Connection, amount: int, limit: int) -> Iterator[Found]:
    """Money that came in or went back and is no order's total, before the many orders that cost this."""
    receipts, refunds, lines = t.receipts.c, t.refunds.c, t.statement_lines.c
    of_it = (
        select(receipts.merchant_reference)
        .where(receipts.amount_minor == amount)
        .order_by(receipts.id.desc())
        .limit(_RECEIPTS_READ)
    )
    other = PAYMENT.where(
        t.payments.c.merchant_reference.in_(select(of_it.subquery())), t.payments.c.amount_minor != amount
    ).order_by(t.payments.c.handed_over_at.desc())
    yield from found_payments(connection, other.limit(limit), "amount")
    gone = REFUND.where(refunds.amount_minor == amount).order_by(
        refunds.requested_at.desc(), refunds.reference.desc()
    )
    yield from found_refunds(connection, gone.limit(limit), "amount")
    few = max(1, limit // 2)
    loose = (
        LINE.where(lines.amount_minor == amount, lines.fate.in_(_LOOSE))
        .order_by(lines.booked_at.desc())
        .limit(few)
    )
    yield from (found_line(row, "amount") for row in connection.execute(loose))
    for order in list_orders(connection, amount=vnd(amount), limit=limit):
        yield Found("order", order.number, "amount", order.total, order.placed_at, order_number=order.number)


def _by_memo(connection: Connection, asked: str, limit: int) -> Iterator[Found]:
    """Lines of bank statements whose money no order took, by all words in any order, or run together.

    Those that an order took are found with it.
    """
    lines, parts = t.statement_lines.c, words(asked)[:MOST_WORDS]
    found = 0
    for fate in _LOOSE:
        newest = LINE.where(lines.fate == fate).order_by(
            lines.booked_at.desc(), lines.gateway_account.desc(), lines.reference.desc()
        )
        for row in connection.execute(newest.limit(_LINES_READ)):
            memo = words(row.text)
            run = "".join(memo)
            if all(part in memo or (len(part) >= _WITHIN and part in run) for part in parts):
                yield found_line(row, "memo")
                found += 1
                if found == limit:
                    return


def _accounts(connection: Connection, column: Any) -> list[str]:
    """The gateway accounts that a table knows, configured or not: each is one step in its index."""
    found: list[str] = []
    last = connection.execute(select(func.min(column))).scalar()
    while last is not None:
        found.append(last)
        last = connection.execute(select(func.min(column)).where(column > last)).scalar()
    return found
