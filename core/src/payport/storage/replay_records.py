"""Rows as the facts that their entries tell, and the entries themselves, by buyer accounts.

An account at a time keeps a check's memory small, however many orders there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, func, select

from payport.journal.entry import Fact
from payport.journal.replay import Facts, Key, Told
from payport.journal.witnesses import act_digest
from payport.storage import tables as t
from payport.storage.changes import SUBJECTS
from payport.storage.journal_records import facts_from

__all__ = ["NAMES", "accounts_after", "count_rows", "entries_of", "find_row", "rows_of"]

NAMES: Final[Mapping[str, tuple[str, ...]]] = {  # what names a row of a subject, now and in a copy
    "order": ("number",),
    "payment": ("merchant_reference",),
    "receipt": ("gateway_account", "gateway_reference"),
    "refund": ("reference",),
    "chargeback": ("reference",),
    "confirmation": ("gateway_account", "bank_reference"),
    "grant": ("id",),
    "proposal": ("id",),
}
_IN_ACCOUNTS: Final[BindParameter[Any]] = bindparam("accounts", expanding=True)
_ACCOUNTS: Final = tuple(
    select(column).distinct().where(column > bindparam("after")).order_by(column).limit(bindparam("most"))
    for column in (t.accounts.c.id, t.journal.c.account)
)
_ENTRIES: Final = (
    select(t.journal.c.chain, t.journal.c.sequence, t.journal.c.text)
    .where(t.journal.c.account.in_(_IN_ACCOUNTS))
    .order_by(t.journal.c.number.is_(None), t.journal.c.number, t.journal.c.id)  # as the journal is checked
)
_COUNTS: Final = select(
    *(
        select(func.count()).select_from(subject.table).scalar_subquery().label(name)
        for name, subject in SUBJECTS.items()
    )
)


def accounts_after(connection: Connection, after: str | None, *, most: int) -> list[str]:
    """The next buyer accounts that have a row or an entry, in order; `after` None: from the first."""
    found: set[str] = set() if after is not None else {""}  # money that belongs to no account
    named = {"after": after or "", "most": most}
    for statement in _ACCOUNTS:
        found.update(connection.execute(statement, named).scalars())
    return sorted(found)[:most]


def entries_of(connection: Connection, accounts: Sequence[str]) -> list[Told]:
    """All of these accounts, in the order in which they were made."""
    rows = connection.execute(_ENTRIES, {"accounts": accounts})
    return [(row.chain, row.sequence, row.text) for row in rows]


def rows_of(connection: Connection, subject: str, accounts: Sequence[str]) -> dict[Key, Facts]:
    """What hangs on these accounts and their orders."""
    rows = connection.execute(_OF_ACCOUNTS[subject], {"accounts": accounts})
    return {_key(subject, row): _facts(subject, row) for row in rows}


def find_row(connection: Connection, key: Key) -> Facts | None:
    """The row of this name, whatever it hangs on."""
    subject, *values = key
    row = connection.execute(_BY_NAME[subject], dict(zip(NAMES[subject], values, strict=True))).first()
    return None if row is None else _facts(subject, row)


def count_rows(connection: Connection) -> Mapping[str, int]:
    """For each subject."""
    return dict(connection.execute(_COUNTS).one()._mapping)


def _of_accounts(subject: str) -> Select[Any]:
    table = SUBJECTS[subject].table
    columns = select(*_told_columns(subject))
    if subject in {"order", "grant", "proposal"}:
        return columns.where(table.c.account.in_(_IN_ACCOUNTS))
    if subject == "receipt":
        columns = columns.join(
            t.payments, t.payments.c.merchant_reference == t.receipts.c.merchant_reference
        ).join(t.orders, t.orders.c.number == t.payments.c.order_number)
    else:
        columns = columns.join(t.orders, t.orders.c.number == table.c.order_number)
    return columns.where(t.orders.c.account.in_(_IN_ACCOUNTS))


def _by_name(subject: str) -> Select[Any]:
    table = SUBJECTS[subject].table
    return select(*_told_columns(subject)).where(
        *(table.c[name] == bindparam(name) for name in NAMES[subject])
    )


def _told_columns(subject: str) -> list[Any]:
    """Those that are facts, and the document of a grant or a proposal: all of it but the words is one."""
    about = SUBJECTS[subject]
    also = {"document"} if subject in {"grant", "proposal"} else set()
    return [column for column in about.table.c if column.name not in about.left_out - also]


_OF_ACCOUNTS: Final = {subject: _of_accounts(subject) for subject in SUBJECTS}
_BY_NAME: Final = {subject: _by_name(subject) for subject in SUBJECTS}


def _key(subject: str, row: Row[Any]) -> Key:
    return (subject, *(str(row._mapping[name]) for name in NAMES[subject]))


def _facts(subject: str, row: Row[Any]) -> Facts:
    facts = facts_from(dict(row._mapping), without=SUBJECTS[subject].left_out)
    if subject == "grant":
        facts["grant"] = _without_reason(row.document)
    elif subject == "proposal":
        facts["act_sha256"] = act_digest(row.document)
    return facts


def _without_reason(document: str) -> Fact:
    try:
        read = json.loads(document)
    except ValueError:
        return "not JSON"
    return (
        {name: value for name, value in read.items() if name != "reason"} if isinstance(read, dict) else None
    )
