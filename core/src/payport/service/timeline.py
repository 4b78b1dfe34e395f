"""Everything that happened to an order, on one line, oldest first: for whoever answers the telephone.

The spine are the entries of the order's chain. Between them stand what came in and went out: callbacks as
they were judged, calls to gateways, lines of bank statements; and what happened to the account that touches
what the order gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, bindparam, select

from payport.errors import Defect
from payport.journal.entry import Entry, parse_entry
from payport.rules import moment_words as words
from payport.rules.calendar import local_date
from payport.rules.entitlement import project
from payport.rules.grant import DaysLine, Grant
from payport.rules.money import Money
from payport.rules.standing import grant_of
from payport.service import viewing
from payport.service.errands import errands_of
from payport.service.events import event_id
from payport.service.income import merchant_zone
from payport.service.moments import Links, Moment
from payport.service.naming import gateway_words
from payport.service.seller import Seller
from payport.service.timeline_entries import Subjects, moment_of
from payport.service.told_events import deliveries_of
from payport.storage import tables as t
from payport.storage.account_records import grants_of
from payport.storage.chargeback_records import chargebacks_of
from payport.storage.order_records import find_order

__all__ = ["timeline"]

_Place: TypeAlias = tuple[datetime, int, int]
_BEFORE, _AT, _BEHIND = range(3)  # among what is of one moment: what came in, the entry, what went out
_CHAIN: Final = (
    select(t.journal).where(t.journal.c.chain == bindparam("chain")).order_by(t.journal.c.sequence)
)
_CALLBACKS: Final = select(t.callbacks)
_CALLS: Final = select(t.gateway_calls)
_BEGUN_BY: Final = {"initiate": "payment.created", "refund": "refund.requested"}
"""Which entry is committed before the first byte of a call leaves."""
_BEGINNINGS: Final = frozenset({"payment.created", "payment.handed_over", "refund.requested"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of the journal, read."""

    id: int
    number: int | None
    hash: str
    because: str | None
    entry: Entry


def timeline(connection: Connection, seller: Seller, order_number: str) -> tuple[Moment, ...]:
    """The order's whole story. Raises NotFound; Defect, where its chain cannot be read."""
    view = viewing.order(connection, number=order_number)
    order = find_order(connection, number=view.number)
    if order is None:
        raise Defect(field=view.number, problem="is gone", remedy="Restore it from a backup")
    grants = grants_of(connection, view.account)
    about = Subjects(
        order=order,
        quote=view.quote,
        refunds={each.reference: each for each in view.refunds},
        chargebacks={each.reference: each for each in chargebacks_of(connection, view.number)},
        grants={each.id: each for each in grants},
    )
    spine = [*_entries(connection, view.number)]
    beside = [*_of_account(connection, view.account, view.number, grants)]
    told = deliveries_of(connection, [each.id for each in (*spine, *beside)])
    placed: list[tuple[_Place, Moment]] = [
        ((each.entry.at, place, _AT), _linked(each, about, seller, told.get(each.id, ())))
        for place, each in enumerate((*spine, *beside))
    ]
    payments = [each.merchant_reference for each in view.payments]
    placed += [*_callbacks(connection, seller, payments, spine)]
    placed += [*_calls(connection, seller, view, spine)]
    placed += [*_statement_lines(connection, seller, view.number, spine)]
    placed += [*_errands(connection, view.number, spine)]
    return tuple(moment for _, moment in sorted(placed, key=lambda each: each[0]))


def _entries(connection: Connection, chain: str) -> Iterator[_Entry]:
    """Raises Defect for one that is not what was written: then nothing of the line can be believed."""
    for row in connection.execute(_CHAIN, {"chain": chain}):
        try:
            entry = parse_entry(row.text)
        except ValueError as error:
            raise Defect(
                field=chain,
                problem=f"entry {row.sequence} of its chain cannot be read: {error}",
                remedy="Keep the database as it is, and run `payport journal check`",
            ) from None
        yield _Entry(row.id, row.number, row.hash, row.because, entry)


def _of_account(
    connection: Connection, account: str, order_number: str, grants: Sequence[Grant]
) -> Iterator[_Entry]:
    """Adjustments by staff of what the order gave, and the erasure of its buyer."""
    touching = _adjustments(grants, order_number)
    for each in _entries(connection, f"account {account}"):
        if each.entry.kind == "account.erased" or each.entry.reference in touching:
            yield each


def _adjustments(grants: Sequence[Grant], order_number: str) -> frozenset[str]:
    """Those that came while what the order gave was held, or stood next."""
    granted = grant_of(grants, order_number)
    if granted is None:
        return frozenset()
    return frozenset(
        grant.id
        for index, grant in enumerate(grants)
        if grant.kind == "adjustment" and _touches(grant, grants[:index], granted)
    )


def _touches(adjustment: Grant, before: Sequence[Grant], granted: Grant) -> bool:
    if any(isinstance(line, DaysLine) and line.of == granted.id for line in adjustment.lines):
        return True
    held = project(before, at=adjustment.effective_at)
    standing = [each for each in (held.held, held.future) if each is not None]
    return any(granted.id in each.grants for each in standing)


def _linked(each: _Entry, about: Subjects, seller: Seller, told: Iterable[Any]) -> Moment:
    moment = moment_of(each.entry, each.because, about, seller)
    links = replace(moment.links, entry=each.number, entry_hash=each.hash, event=event_id(each.hash))
    return replace(moment, links=links, told=tuple(told))


def _callbacks(
    connection: Connection, seller: Seller, payments: Sequence[str], spine: Sequence[_Entry]
) -> Iterator[tuple[_Place, Moment]]:
    columns = t.callbacks.c
    wanted = _CALLBACKS.where(columns.merchant_reference.in_(payments)).order_by(columns.id)
    for row in connection.execute(wanted):
        who = gateway_words(seller, row.gateway_account)
        yield (
            _before(row.received_at, spine, partial(_answers, row.merchant_reference)),
            Moment(
                at=row.received_at,
                kind="callback",
                name=f"callback.{row.channel}",
                what=words.called_back(row.channel, row.verdict, row.decision, row.contract, who),
                state=row.verdict,
                because=row.reason,
                links=Links(
                    callback=row.id,
                    contract=row.contract,
                    key_id=row.key_id,
                    gateway_account=row.gateway_account,
                    merchant_reference=row.merchant_reference,
                ),
            ),
        )


def _calls(
    connection: Connection, seller: Seller, view: viewing.OrderView, spine: Sequence[_Entry]
) -> Iterator[tuple[_Place, Moment]]:
    accounts = {each.merchant_reference: each.gateway_account for each in view.payments}
    columns = t.gateway_calls.c
    wanted = _CALLS.where(columns.merchant_reference.in_(list(accounts))).order_by(columns.id)
    for row in connection.execute(wanted):
        account = accounts[row.merchant_reference]
        yield (
            _of_call(row, spine),
            Moment(
                at=row.at,
                kind="call",
                name=f"call.{row.kind}",
                what=words.called(row.kind, row.outcome, gateway_words(seller, account)),
                state=row.outcome,
                because=f"code {row.gateway_code}" if row.gateway_code else None,
                links=Links(call=row.id, gateway_account=account, merchant_reference=row.merchant_reference),
            ),
        )


def _statement_lines(
    connection: Connection, seller: Seller, order_number: str, spine: Sequence[_Entry]
) -> Iterator[tuple[_Place, Moment]]:
    lines = t.statement_lines
    zone = merchant_zone(seller)
    wanted = select(lines).where(lines.c.order_number == order_number).order_by(lines.c.reference)
    for row in connection.execute(wanted):
        amount = Money(row.amount_minor, row.currency)
        yield (
            _before(row.imported_at, spine, partial(_counts, row.reference)),
            Moment(
                at=row.imported_at,
                kind="statement",
                name="statement.line",
                what=words.of_statement(amount, local_date(row.booked_at, zone), row.fate),
                state=row.fate,
                money=amount,
                actor=row.imported_by,
                links=Links(gateway_account=row.gateway_account, bank_reference=row.reference),
            ),
        )


def _errands(
    connection: Connection, order_number: str, spine: Sequence[_Entry]
) -> Iterator[tuple[_Place, Moment]]:
    for each in errands_of(connection, order_number):
        yield (
            (each.at, len(spine), _BEFORE),
            Moment(
                at=each.at,
                kind="errand",
                name=f"errand.{each.kind}",
                what=words.ran(each.kind, each.about),
                because=each.reason or None,
                actor=each.actor,
            ),
        )


def _before(at: datetime, spine: Sequence[_Entry], made: Callable[[Entry], bool]) -> _Place:
    """Before the first entry of that moment which it `made`; behind the others."""
    for place, each in enumerate(spine):
        if each.entry.at == at and made(each.entry):
            return at, place, _BEFORE
    return at, len(spine), _BEFORE


def _answers(merchant_reference: str, entry: Entry) -> bool:
    """Whether the entry may follow from what a gateway said of the payment."""
    named = merchant_reference in (entry.reference, entry.facts.get("merchant_reference"))
    return named and entry.kind not in _BEGINNINGS


def _counts(bank_reference: str, entry: Entry) -> bool:
    return entry.subject == "receipt" and entry.reference == bank_reference


def _of_call(row: Row[Any], spine: Sequence[_Entry]) -> _Place:
    """Behind the entry that was committed before the call, where both are of one moment."""
    begun = _BEGUN_BY.get(row.kind)
    for place, each in enumerate(spine):
        entry = each.entry
        named = row.merchant_reference in (entry.reference, entry.facts.get("merchant_reference"))
        if entry.at == row.at and entry.kind == begun and named:
            return row.at, place, _BEHIND
    return _before(row.at, spine, partial(_answers, row.merchant_reference))
