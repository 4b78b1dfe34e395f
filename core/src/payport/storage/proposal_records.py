"""Rows of proposals to values and back, each step with its entry in the journal.

An entry names who proposed and who closed, and the act by its digest: what was approved can be proven, and
the words of it stand beside, where they can be erased.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from payport.journal.entry import leaf_hash
from payport.journal.witnesses import act_digest
from payport.rules.acts import act_from_json, act_to_json
from payport.rules.four_eyes import Proposal, State
from payport.rules.money import Money
from payport.storage import tables as t
from payport.storage.changes import SUBJECTS, record_change
from payport.storage.journal_records import facts_from
from payport.storage.rows import is_kept

__all__ = ["add_proposal", "find_proposal", "find_same", "list_proposals", "save_proposal", "untrue"]

_OUTSIDE: Final = SUBJECTS["proposal"].left_out  # words, which can be erased
_BY_ID: Final = select(t.proposals).where(t.proposals.c.id == bindparam("named"))
_SAME: Final = (
    select(t.proposals)
    .where(
        t.proposals.c.account == bindparam("account"),
        t.proposals.c.digest == bindparam("digest"),
        t.proposals.c.proposed_by == bindparam("proposed_by"),
        t.proposals.c.state == str(State.WAITING),
    )
    .limit(1)
)
_LAST_ENTRY: Final = (
    select(t.journal.c.text, t.journal.c.hash)
    .where(
        t.journal.c.chain == bindparam("chain"),
        t.journal.c.subject == "proposal",
        t.journal.c.reference == bindparam("named"),
    )
    .order_by(t.journal.c.sequence.desc())
    .limit(1)
)
_LISTED: Final = (
    select(t.proposals)
    .where(t.proposals.c.state.in_(bindparam("states", expanding=True)))
    .order_by(t.proposals.c.proposed_at.desc(), t.proposals.c.id.desc())
    .limit(bindparam("most"))
)


def add_proposal(connection: Connection, proposal: Proposal) -> None:
    row = _values(proposal)
    connection.execute(insert(t.proposals), row)
    reason = getattr(proposal.act, "reason", "as recorded")  # the end of a chargeback has none
    because = f"{proposal.act.act} proposed by {proposal.proposed_by}: {reason}"
    _record(connection, None, proposal, row, because=because)


def save_proposal(connection: Connection, before: Proposal, after: Proposal, *, because: str) -> None:
    row = _values(after)
    connection.execute(update(t.proposals).where(t.proposals.c.id == after.id).values(row))
    _record(connection, before.state, after, row, because=because)


def find_proposal(connection: Connection, proposal_id: str) -> Proposal | None:
    row = connection.execute(_BY_ID, {"named": proposal_id}).first() if is_kept(proposal_id) else None
    return None if row is None else _proposal(row)


def find_same(connection: Connection, proposal: Proposal) -> Proposal | None:
    """One that waits already, of the same act by the same person: a second click, not a second wish."""
    row = _values(proposal)
    named = {name: row[name] for name in ("account", "digest", "proposed_by")}
    found = connection.execute(_SAME, named).first()
    return None if found is None else _proposal(found)


def untrue(connection: Connection, proposal_id: str) -> tuple[str, ...]:
    """The columns in which a proposal is not what its last entry says; none: it is as it was proposed."""
    row = connection.execute(_BY_ID, {"named": proposal_id}).one()
    chain = _chain(row.order_number, row.account)
    entry = connection.execute(_LAST_ENTRY, {"chain": chain, "named": proposal_id}).first()
    if entry is None or leaf_hash(entry.text) != entry.hash:
        return ("entries",)
    said: dict[str, Any] = json.loads(entry.text)["facts"]
    has = facts_from(dict(row._mapping), without=_OUTSIDE)
    differs = [column for column, value in has.items() if said.get(column) != value]
    is_document = sha256(row.document.encode("utf-8", "surrogatepass")).hexdigest() == said.get("digest")
    return (*differs, *(() if is_document else ("document",)))


def list_proposals(
    connection: Connection, states: Collection[State], *, order_number: str | None, limit: int
) -> tuple[Proposal, ...]:
    """The newest first."""
    if order_number is not None and not is_kept(order_number):
        return ()
    statement = _LISTED
    if order_number is not None:
        statement = statement.where(t.proposals.c.order_number == order_number)
    rows = connection.execute(statement, {"states": [str(state) for state in states], "most": limit})
    return tuple(_proposal(row) for row in rows)


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        id=row.id,
        act=act_from_json(row.document),
        state=State(row.state),
        account=row.account,
        order_number=row.order_number,
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        proposed_at=row.proposed_at,
        proposed_by=row.proposed_by,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        reason=row.reason,
        result=row.result,
    )


def _values(proposal: Proposal) -> dict[str, Any]:
    document = act_to_json(proposal.act)
    return {
        "id": proposal.id,
        "account": proposal.account,
        "order_number": proposal.order_number,
        "act": proposal.act.act,
        "document": document,
        "digest": sha256(document.encode()).hexdigest(),
        "state": str(proposal.state),
        "amount_minor": None if proposal.amount is None else proposal.amount.minor,
        "currency": None if proposal.amount is None else proposal.amount.currency,
        "proposed_at": proposal.proposed_at,
        "proposed_by": proposal.proposed_by,
        "closed_at": proposal.closed_at,
        "closed_by": proposal.closed_by,
        "reason": proposal.reason,
        "result": proposal.result,
    }


def _record(
    connection: Connection, before: State | None, after: Proposal, row: dict[str, Any], *, because: str
) -> None:
    record_change(
        connection,
        "proposal",
        row,
        reference=after.id,
        chain=_chain(row["order_number"], row["account"]),
        states=(None if before is None else str(before), str(after.state)),
        at=after.closed_at or after.proposed_at,
        account=after.account,
        because=because,
        more={"act_sha256": act_digest(row["document"])},
    )


def _chain(order_number: str | None, account: str) -> str:
    return order_number or f"account {account}"
