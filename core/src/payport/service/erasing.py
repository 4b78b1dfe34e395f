"""Erasing who a buyer is, at the buyer's request, while what happened to the money stays.

Vietnam's Law 91/2025/QH15 lets a person have personal data erased; the law on accounting keeps the facts for
years. Entries of the journal hold no personal data, only a digest of the words beside them: the words go, and
the journal still verifies.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from payport.errors import NotFound, RequestRefused
from payport.journal.entry import instant
from payport.rules import refund as refunds_rules
from payport.rules.payment import FINISHED, State
from payport.service.by_hand import check_by_hand
from payport.service.placing import BuyerDetails
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.journal_records import record
from payport.storage.rows import is_kept
from payport.storage.search_records import forget_terms

__all__ = ["NOBODY", "Erased", "erase_buyer"]

NOBODY: Final = json.dumps(asdict(BuyerDetails(name="[erased]", email="erased@buyer.invalid")))
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - what a gateway is told that wants one
_ERASED: Final = "[erased]"
_OPEN_PAYMENTS: Final = tuple(str(state) for state in State if state not in FINISHED)
_OPEN_REFUNDS: Final = tuple(
    str(state) for state in refunds_rules.State if state not in refunds_rules.FINISHED
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was found and emptied: rows by table. `at`: when."""

    account: str
    at: datetime
    rows: Mapping[str, int]


def erase_buyer(connection: Connection, seller: Seller, account: str, *, actor: str, reason: str) -> Erased:
    """Empty all that says who the buyer of an account is. It cannot be undone.

    What goes: the buyer's details in orders, addresses of browsers, pages that were shown, words that people
    and gateways wrote (reasons, notes, memos of transfers), headers of callbacks. What stays: ids, amounts,
    states, times, references, and the names of staff.

    Args:
        actor, reason: who does it and why, as an auditor should read it: kept, so it names no buyer.
    Raises: NotFound; RequestRefused while money of the account is on its way: it must still find its owner.
    """
    check_by_hand(actor=actor, reason=reason)
    if not is_kept(account) or not _is_there(connection, account):
        raise NotFound(field="account", problem="no such buyer account", remedy="Check the id")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")  # else the old text stays in the file's pages
    lock_account(connection, account)
    on_its_way = [f"{count} {name}" for name, count in _open(connection, account) if count]
    if on_its_way:
        raise RequestRefused(
            field="account",
            problem=f"money is on its way: {', '.join(on_its_way)}",
            remedy="Let them end first, or end them",
        )
    now = seller.clock()
    rows = Counter[str]()
    for table, where, values in _all(account, now):
        rows[table.name] += _emptied(connection, table, where, values)
    rows["search_terms"] = forget_terms(connection, account)
    rows["grants"] = _empty_documents(connection, t.grants, account)
    rows["proposals"] = _empty_documents(connection, t.proposals, account)
    record(
        connection,
        chain=f"account {account}",
        account=account,
        at=now,
        kind="account.erased",
        subject="account",
        reference=account,
        from_state=None,
        to_state=None,
        facts={"account": account, "erased_at": instant(now)},
        because=f"erased by {actor}: {reason}",
    )
    return Erased(account, now, rows)


def _is_there(connection: Connection, account: str) -> bool:
    return connection.execute(select(t.accounts.c.id).where(t.accounts.c.id == account)).first() is not None


def _of_orders(account: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column.in_(select(t.orders.c.number).where(t.orders.c.account == account))


def _open(connection: Connection, account: str) -> Iterator[tuple[str, int]]:
    for name, table, where in (
        ("orders", t.orders, (t.orders.c.account == account) & t.orders.c.state.in_(("placed", "review"))),
        (
            "payments",
            t.payments,
            (t.payments.c.account == account) & t.payments.c.state.in_(_OPEN_PAYMENTS),
        ),
        (
            "refunds",
            t.refunds,
            _of_orders(account, t.refunds.c.order_number) & t.refunds.c.state.in_(_OPEN_REFUNDS),
        ),
        (
            "chargebacks",
            t.chargebacks,
            _of_orders(account, t.chargebacks.c.order_number) & (t.chargebacks.c.state == "opened"),
        ),
        (
            "confirmations",
            t.confirmations,
            _of_orders(account, t.confirmations.c.order_number) & (t.confirmations.c.state == "waiting"),
        ),
        ("proposals", t.proposals, (t.proposals.c.account == account) & (t.proposals.c.state == "waiting")),
    ):
        yield name, connection.execute(select(func.count()).select_from(table).where(where)).scalar_one()


def _all(account: str, now: datetime) -> Iterator[tuple[Table, ColumnElement[bool], Mapping[str, Any]]]:
    """Which rows, and what they hold from now on."""
    payments = select(t.payments.c.merchant_reference).where(t.payments.c.account == account)
    yield t.orders, t.orders.c.account == account, {
        "buyer": NOBODY, "review_reason": None, "last_error": None, "erased_at": now,
    }  # fmt: skip
    yield (
        t.payments,
        t.payments.c.account == account,
        {"buyer_ip": _NO_ADDRESS, "checkout": None, "paid_with": "", "last_error": None},
    )
    yield (
        t.refunds,
        _of_orders(account, t.refunds.c.order_number),
        {"reason": _ERASED, "problem": None, "last_error": None},
    )
    yield t.chargebacks, _of_orders(account, t.chargebacks.c.order_number), {"reason": _ERASED}
    yield t.errands, _of_orders(account, t.errands.c.order_number), {"reason": ""}
    yield t.confirmations, _of_orders(account, t.confirmations.c.order_number), {"note": ""}
    twin = t.statement_lines.alias("twin")  # the same transfer, under another reference
    same = t.statement_lines.c.fingerprint.in_(select(twin.c.fingerprint).where(_is_line_of(account, twin)))
    of_lines = or_(_is_line_of(account, t.statement_lines), same)
    owner, reference = t.statement_lines.c.gateway_account, t.statement_lines.c.reference
    dismissed = tuple_(t.dismissals.c.gateway_account, t.dismissals.c.reference)
    yield t.dismissals, dismissed.in_(select(owner, reference).where(of_lines)), {"reason": _ERASED}
    told = tuple_(t.journal.c.chain, t.journal.c.reference)
    of_entries = told.in_(select(literal("gateway ").concat(owner), reference).where(of_lines))
    yield t.journal, (t.journal.c.kind == "money.dismissed") & of_entries, {"because": None}
    yield t.statement_lines, of_lines, {"text": ""}
    yield t.callbacks, t.callbacks.c.merchant_reference.in_(payments), {"headers": "[]"}
    of_account = or_(t.journal.c.account == account, _of_orders(account, t.journal.c.chain))
    yield t.journal, of_account, {"because": None}


def _is_line_of(account: str, lines: FromClause) -> ColumnElement[bool]:
    """A bank's line that was matched with an order of the account, that a person confirmed for one, or whose
    memo names one, as banks write it: in capitals or not, with blanks in it."""
    memo = func.replace(func.upper(lines.c.text), " ", "")
    confirmed = select(t.confirmations.c.id).where(
        t.confirmations.c.gateway_account == lines.c.gateway_account,
        t.confirmations.c.bank_reference == lines.c.reference,
        _of_orders(account, t.confirmations.c.order_number),
    )
    named = select(t.orders.c.number).where(t.orders.c.account == account, memo.contains(t.orders.c.number))
    return or_(_of_orders(account, lines.c.order_number), confirmed.exists(), named.exists())


def _emptied(
    connection: Connection, table: Table, where: ColumnElement[bool], values: Mapping[str, Any]
) -> int:
    return connection.execute(update(table).where(where).values(**values)).rowcount


def _empty_documents(connection: Connection, table: Table, account: str) -> int:
    """The words of whoever adjusted, proposed or declined; the rest of a grant or an act is a fact."""
    emptied = 0
    for row in connection.execute(select(table).where(table.c.account == account)).all():
        document, own = json.loads(row.document), {"reason": None} if "reason" in table.c else {}
        if document.get("reason"):
            document["reason"] = _ERASED
            text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            connection.execute(update(table).where(table.c.id == row.id).values(document=text, **own))
            emptied += 1
    return emptied
