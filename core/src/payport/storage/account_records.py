"""A buyer account: its lock, what it uses, and what it was granted."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from payport.rules.entitlement import Grant, Usage
from payport.storage import tables as t
from payport.storage.changes import record_change
from payport.storage.rows import insert_if_absent

__all__ = ["add_grant", "grants_of", "lock_account", "usage_of"]

_LOCK_ACCOUNT: Final = (
    select(t.accounts.c.id).where(t.accounts.c.id == bindparam("account")).with_for_update()
)
_USAGE: Final = select(t.accounts.c.used_bytes, t.accounts.c.used_at).where(
    t.accounts.c.id == bindparam("account")
)
_GRANTS: Final = (
    select(t.grants.c.document)
    .where(t.grants.c.account == bindparam("account"))
    .order_by(t.grants.c.sequence)
)
_ADD_GRANT: Final = insert(t.grants)


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
