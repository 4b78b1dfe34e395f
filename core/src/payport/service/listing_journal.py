"""The journal's entries, and the lines of bank statements, as lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select

from payport.errors import RequestRefused
from payport.rules.money import Money
from payport.rules.statement import Fate
from payport.service.events import BEHIND_ALL_DIGITS, event_id, hash_beginning
from payport.service.paging import Page, between, checked, is_amount, is_text, page
from payport.storage import tables as t
from payport.storage.dismissal_records import Dismissed, dismissals_of

__all__ = ["JournalRow", "StatementLineRow", "list_journal", "list_statement_lines"]

_FATES: Final = tuple(str(fate) for fate in Fate)
_MOST_KINDS: Final = 50
_DISMISSED: Final = (
    select(1)
    .where(
        t.dismissals.c.gateway_account == t.statement_lines.c.gateway_account,
        t.dismissals.c.reference == t.statement_lines.c.reference,
    )
    .exists()
)


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One entry.

    Args:
        number: in the whole journal; None until a seal numbered it.
        chain: an order's number, or the name of another chain; `sequence` counts in it.
        text: what was hashed, canonical JSON: ids, amounts, states and times.
        because: the words beside it; None where there were none or an erasure took them.
        event_id: as hosts are told of it.
    """

    number: int | None
    order_number: str | None
    chain: str
    sequence: int
    account: str
    account_sequence: int
    at: datetime
    kind: str
    subject: str
    reference: str
    from_state: str | None
    to_state: str | None
    because: str | None
    hash: str
    text: str
    event_id: str


@dataclass(frozen=True, slots=True)
class StatementLineRow:
    """A line of a bank statement, what became of it, and the order that it names or was counted for.

    Args:
        dismissed: by whom and why, where a person has said that nothing more is to be done about it.
    """

    gateway_account: str
    reference: str
    booked_at: datetime
    amount: Money
    text: str
    fate: Fate
    order_number: str | None
    imported_at: datetime
    imported_by: str
    dismissed: Dismissed | None = None


def list_journal(
    connection: Connection,
    *,
    order_number: str | None = None,
    account: str | None = None,
    kinds: Sequence[str] = (),
    at_from: datetime | None = None,
    at_until: datetime | None = None,
    number: int | None = None,
    event: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[JournalRow]:
    """The newest first.

    Args:
        kinds: such as "order.paid", at most 50; see docs/journal.md.
        number: the entry of this number alone.
        event: the entry of which hosts are told by this id; it has one before a seal numbers it.
    """
    journal = t.journal.c
    if isinstance(kinds, str) or len(kinds) > _MOST_KINDS:
        raise RequestRefused(
            field="kinds", problem=f"not a list of at most {_MOST_KINDS}", remedy="Name fewer kinds"
        )
    wanted = [kind for each in dict.fromkeys(kinds) for kind in is_text(t.journal, kind=each)]
    asked = select(t.journal).where(
        *is_text(t.journal, chain=order_number, account=account),
        *between(journal.at, "at", at_from, at_until),
    )
    if number is not None:
        asked = asked.where(journal.number == max(0, min(number, 2**63 - 1)))
    if event is not None:
        beginning = hash_beginning(event)
        if beginning is None:
            return Page()
        asked = asked.where(journal.hash >= beginning, journal.hash < f"{beginning}{BEHIND_ALL_DIGITS}")
    is_few = any(each is not None for each in (order_number, account, number, event))
    if is_few and wanted:
        asked = asked.where(or_(*wanted))
    return page(
        connection,
        asked,
        (journal.at, journal.id),
        lambda rows: [_entry(row) for row in rows],
        parts=() if is_few else wanted,
        after=after,
        limit=limit,
    )


def list_statement_lines(
    connection: Connection,
    *,
    fates: Sequence[str] = (),
    gateway_account: str | None = None,
    order_number: str | None = None,
    amount: Money | None = None,
    is_dismissed: bool | None = None,
    booked_from: datetime | None = None,
    booked_until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[StatementLineRow]:
    """The newest booked first."""
    lines = t.statement_lines.c
    wanted = checked("fates", fates, _FATES)
    asked = select(t.statement_lines).where(
        *is_text(t.statement_lines, gateway_account=gateway_account, order_number=order_number),
        *between(lines.booked_at, "booked", booked_from, booked_until),
        *is_amount(lines.amount_minor, amount),
    )
    if is_dismissed is not None:
        asked = asked.where(_DISMISSED if is_dismissed else ~_DISMISSED)
    is_few = amount is not None
    if is_few and wanted:
        asked = asked.where(lines.fate.in_(wanted))
    return page(
        connection,
        asked,
        (lines.booked_at, lines.gateway_account, lines.reference),
        lambda rows: _lines(connection, rows),
        parts=() if is_few else [lines.fate == fate for fate in wanted or _FATES],
        after=after,
        limit=limit,
    )


def _lines(connection: Connection, rows: Sequence[Row[Any]]) -> list[StatementLineRow]:
    dismissed = dismissals_of(connection, [(row.gateway_account, row.reference) for row in rows])
    return [_line(row, dismissed.get((row.gateway_account, row.reference))) for row in rows]


def _line(row: Row[Any], dismissed: Dismissed | None) -> StatementLineRow:
    return StatementLineRow(
        gateway_account=row.gateway_account,
        reference=row.reference,
        booked_at=row.booked_at,
        amount=Money(row.amount_minor, row.currency),
        text=row.text,
        fate=Fate(row.fate),
        order_number=row.order_number,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
        dismissed=dismissed,
    )


def _entry(row: Row[Any]) -> JournalRow:
    return JournalRow(
        number=row.number,
        order_number=None if " " in row.chain else row.chain,
        chain=row.chain,
        sequence=row.sequence,
        account=row.account,
        account_sequence=row.account_sequence,
        at=row.at,
        kind=row.kind,
        subject=row.subject,
        reference=row.reference,
        from_state=row.from_state,
        to_state=row.to_state,
        because=row.because,
        hash=row.hash,
        text=row.text,
        event_id=event_id(row.hash),
    )
